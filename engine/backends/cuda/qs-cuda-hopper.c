/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "backends/qs-weighted.h"
#include "core/qs-error.h"
#include "kernels/qs-hopper-arguments.h"
#include "kernels/qs-hopper-tiles.h"
#include "operators/qs-op-window.h"
#include "qs-cuda-kernel.h"

#define ARCHITECTURE 90 /* kernels are compiled for sm_90a, which no other device runs */
#define ALIGNMENT 16    /* bytes, of what bulk copies read and step over */
#define COLUMN_PADDING 16
#define ROUND_UP(n, to) (((n) + (to) - 1) / (to) * (to))

/* What a tensor map of windows can hold (cuda.h, cuTensorMapEncodeIm2col; PTX ISA, im2col offsets). */
#define MAX_STRIDE 8
#define MIN_CORNER (-128)
#define MAX_CORNER 127
#define MAX_OFFSET 255

/**
 * HopperTile:
 * @base: as for other kernels
 * @step: bytes of k in a step
 *
 * A shape that a kernel is made for (kernels/qs-hopper-tiles.h).
 */
typedef struct
{
  QsCudaTile base;
  guint step;
} HopperTile;

/* Convolutions as products of matrices, for devices of compute capability 9.0. */
typedef struct
{
  QsCudaDevice *device;
  const QsCudaDriver *driver;
  const HopperTile *tile;
  QsConvolutionGeometry geometry;
  gsize value_size;
  gint64 step_values;
  QsHopperProduct args;
  gpointer weights;
  gpointer multiplier;
  gpointer bias;
} Product;

static void
product_free (gpointer data)
{
  Product *self = data;

  qs_cuda_device_free (self->device, self->weights);
  qs_cuda_device_free (self->device, self->multiplier);
  qs_cuda_device_free (self->device, self->bias);
  free (self);
}

static const HopperTile *
get_tile (const QsKernel *kernel)
{
  return (const HopperTile *) ((const QsCudaKernel *) kernel)->tile;
}

static void
read_layer (Product       *self,
            const QsLayer *layer)
{
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);

  qs_convolution_geometry_init (&self->geometry, layer->attributes, &x->shape,
                                &qs_layer_get_output (layer, 0)->shape);
  self->value_size = qs_data_type_size (x->type);
}

/* Every output pixel reads the input pixel at its own place: the input is a matrix as it lies. */
static gboolean
is_plain (const QsConvolutionGeometry *g)
{
  for (int i = 0; i < QS_MAX_SPATIAL; i++)
    if (g->kernel[i] != 1 || g->stride[i] != 1 || g->begin[i] != 0 || g->in[i] != g->out[i])
      return FALSE;
  return TRUE;
}

/* Where the last window along an axis starts, less the last pixel's place. */
static gint64
upper_corner (const QsConvolutionGeometry *g,
              int                          axis)
{
  return (g->out[axis] - 1) * g->stride[axis] - g->begin[axis] - (g->in[axis] - 1);
}

static void
plan (Product *self)
{
  const QsConvolutionGeometry *g = &self->geometry;
  QsHopperProduct *args = &self->args;

  self->step_values = self->tile->step / self->value_size;
  args->tap_steps = (g->in_channels + self->step_values - 1) / self->step_values;
  args->n_steps = args->tap_steps * g->kernel[1] * g->kernel[2];
  args->kernel_width = g->kernel[2];
  args->is_windowed = !is_plain (g);
  args->out_width = qs_cuda_divisor (g->out[2]);
  args->out_height = qs_cuda_divisor (g->out[1]);
  args->rows = g->batch * g->out[1] * g->out[2];
  args->columns = g->out_channels;
  args->padded_columns = ROUND_UP (g->out_channels, COLUMN_PADDING);
  args->k_splits = 1;
  for (int i = 0; i < 2; i++)
    {
      args->stride[i] = g->stride[1 + i];
      args->begin[i] = g->begin[1 + i];
      args->dilation[i] = g->dilation[1 + i];
    }
}

static gsize
get_column_bytes (const Product *self)
{
  return (gsize) self->args.n_steps * self->tile->step;
}

/* One column's values of k: tap after tap, each with its channels and padding. */
static void
pack_column (const Product *self,
             const guint8  *weights,
             gint64         column,
             guint8        *to)
{
  const QsConvolutionGeometry *g = &self->geometry;
  const gsize size = self->value_size;
  const gint64 taps = g->kernel[1] * g->kernel[2];
  const gint64 tap_values = self->args.tap_steps * self->step_values;

  for (gint64 c = 0; c < g->in_channels; c++)
    for (gint64 t = 0; t < taps; t++)
      memcpy (to + (t * tap_values + c) * size,
              weights + ((column * g->in_channels + c) * taps + t) * size, size);
}

static gboolean
upload_weights (Product       *self,
                const QsLayer *layer,
                GError       **error)
{
  const guint8 *weights =
    qs_host_tensor_get_data (qs_layer_get_input (layer, QS_INPUT_WEIGHTS)->value);
  const gsize column_bytes = get_column_bytes (self);
  const gsize size = column_bytes * self->geometry.out_channels;
  g_autofree guint8 *packed = g_try_malloc0 (size);

  if (packed == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "there is no memory for %" G_GSIZE_FORMAT " bytes of packed weights", size);
      return FALSE;
    }

  for (gint64 j = 0; j < self->geometry.out_channels; j++)
    pack_column (self, weights, j, packed + j * column_bytes);

  self->weights = qs_cuda_device_upload_new (self->device, packed, size, error);
  return self->weights != NULL;
}

static gboolean
upload_parameters (Product       *self,
                   const QsLayer *layer,
                   GError       **error)
{
  const gint64 n = self->args.padded_columns;
  float *multiplier = NULL, *bias = NULL;
  gboolean ok =
    qs_weighted_parameters (layer, 1, self->args.columns, n, 1.0f, &multiplier, &bias, error);

  if (ok)
    self->bias = qs_cuda_device_upload_new (self->device, bias, n * sizeof (float), error);
  if (ok && multiplier != NULL)
    self->multiplier = qs_cuda_device_upload_new (self->device, multiplier, n * sizeof (float),
                                                  error);
  ok = ok && self->bias != NULL && (multiplier == NULL || self->multiplier != NULL);
  free (multiplier);
  free (bias);
  return ok;
}

static void
plan_epilogue (Product       *self,
               const QsLayer *layer)
{
  const QsTensor *y = qs_layer_get_output (layer, 0);
  const QsTensor *residual = qs_layer_get_input (layer, QS_INPUT_RESIDUAL);

  self->args.epilogue = (QsCudaEpilogue) {
    .multiplier = self->multiplier,
    .bias = self->bias,
    .row_stride = self->geometry.out_channels,
    .residual_row_stride = self->geometry.out_channels,
    .residual_scale = residual != NULL ? residual->scale : 0.0f,
    .residual_type = residual != NULL ? qs_cuda_type (residual->type) : QS_CUDA_FLOAT,
    .reciprocal = y->type == QS_DATA_TYPE_INT8 ? 1.0f / y->scale : 0.0f,
    .alpha = layer->activation.alpha,
    .beta = layer->activation.beta,
    .activation = layer->activation.type,
    .out_type = qs_cuda_type (y->type),
    .is_vectorised = self->geometry.out_channels % 4 == 0,
  };
}

static int
get_tensor_type (const Product *self)
{
  return self->value_size == 1 ? QS_CUDA_TENSOR_UINT8 : QS_CUDA_TENSOR_FLOAT16;
}

static int
get_swizzle (const Product *self)
{
  return self->tile->step == 128 ? QS_CUDA_SWIZZLE_128 : QS_CUDA_SWIZZLE_64;
}

/* A map of rows of values, of which boxes of @n_rows rows and one step are copied. */
static gboolean
map_rows (const Product   *self,
          QsCudaTensorMap *map,
          gpointer         address,
          guint64          n_values,
          guint64          n_rows,
          guint32          box_rows,
          GError         **error)
{
  const guint64 dims[] = { n_values, n_rows };
  const guint64 stride = n_values * self->value_size;
  const guint32 box[] = { self->step_values, box_rows };
  const guint32 steps[] = { 1, 1 };

  return qs_cuda_driver_check (self->driver,
                               self->driver->encode_tiled (map, get_tensor_type (self), 2, address,
                                                           dims, &stride, box, steps, 0,
                                                           get_swizzle (self),
                                                           QS_CUDA_L2_PROMOTION_256, 0),
                               "describing a matrix to the CUDA device", error);
}

/* A map of the input's windows, of which the tile's rows and one step are copied. The driver wants the
 * innermost dimension first everywhere, in corners too. */
static gboolean
map_windows (const Product   *self,
             QsCudaTensorMap *map,
             gpointer         address,
             GError         **error)
{
  const QsConvolutionGeometry *g = &self->geometry;
  const guint64 dims[] = { g->in_channels, g->in[2], g->in[1], g->batch };
  const guint64 pixel = g->in_channels * self->value_size;
  const guint64 strides[] = { pixel, pixel * g->in[2], pixel * g->in[2] * g->in[1] };
  const int lower[] = { -g->begin[2], -g->begin[1] };
  const int upper[] = { upper_corner (g, 2), upper_corner (g, 1) };
  const guint32 steps[] = { 1, g->stride[2], g->stride[1], 1 };

  return qs_cuda_driver_check (self->driver,
                               self->driver->encode_im2col (map, get_tensor_type (self), 4, address,
                                                            dims, strides, lower, upper,
                                                            self->step_values, self->tile->base.rows,
                                                            steps, 0, get_swizzle (self),
                                                            QS_CUDA_L2_PROMOTION_256, 0),
                               "describing a convolution's windows to the CUDA device", error);
}

static gpointer
product_prepare (const QsKernel  *kernel,
                 const QsLayer   *layer,
                 GError         **error)
{
  Product *self;
  QsCudaDevice *device = qs_cuda_device_get (error);
  const QsCudaDriver *driver = device != NULL ? qs_cuda_driver_get (error) : NULL;

  if (driver == NULL)
    return NULL;

  self = qs_kernel_alloc (sizeof *self, error); /* aligned as tensor maps */
  if (self == NULL)
    return NULL;

  self->device = device;
  self->driver = driver;
  self->tile = get_tile (kernel);
  read_layer (self, layer);
  plan (self);
  if (!upload_weights (self, layer, error) || !upload_parameters (self, layer, error) ||
      !map_rows (self, &self->args.right, self->weights, self->args.n_steps * self->step_values,
                 self->args.columns, self->tile->base.columns, error))
    {
      product_free (self);
      return NULL;
    }

  plan_epilogue (self, layer);
  return self;
}

/* The map of the input is made for each run, because its address is in it. */
static gboolean
product_execute (const QsKernel    *kernel,
                 const QsLayer     *layer,
                 gpointer           state,
                 const QsExecution *execution,
                 GError           **error)
{
  const Product *self = state;
  QsHopperProduct args = self->args;
  const QsCudaTile *tile = &self->tile->base;
  const QsCudaLaunch launch = {
    .kernel = tile->kernel,
    .grid = { (args.rows + tile->rows - 1) / tile->rows,
              (args.columns + tile->columns - 1) / tile->columns, args.k_splits },
    .n_threads = tile->n_threads,
    .shared_size = tile->shared_size,
  };
  gpointer x;

  if (!qs_kernel_check_views (kernel, layer, execution, error))
    return FALSE;

  x = execution->inputs[QS_INPUT_X].data;
  args.epilogue.out = execution->outputs[0].data;
  if (execution->n_inputs > QS_INPUT_RESIDUAL)
    args.epilogue.residual = execution->inputs[QS_INPUT_RESIDUAL].data;
  return (args.is_windowed ? map_windows (self, &args.left, x, error)
                           : map_rows (self, &args.left, x, self->geometry.in_channels, args.rows,
                                       tile->rows, error)) &&
         qs_cuda_device_launch (self->device, &launch, &args, error);
}

static gboolean
supports_device (const HopperTile *tile,
                 const char      **reason)
{
  QsCudaDevice *device = qs_cuda_device_get (NULL);
  const QsCudaDriver *driver = device != NULL ? qs_cuda_driver_get (NULL) : NULL;

  if (driver == NULL)
    return qs_cuda_refuse (reason, "there is no CUDA device");
  if (qs_cuda_device_get_architecture (device) != ARCHITECTURE)
    return qs_cuda_refuse (reason, "the device has not compute capability 9.0");
  if (driver->encode_tiled == NULL || driver->encode_im2col == NULL)
    return qs_cuda_refuse (reason, "the driver is too old to describe tensors for bulk copies");
  if (qs_cuda_device_get_shared_memory (device) < (int) tile->base.shared_size)
    return qs_cuda_refuse (reason, "the device has too little shared memory");
  return TRUE;
}

/* What a map of windows can hold. */
static gboolean
supports_windows (const QsConvolutionGeometry *g,
                  const char                 **reason)
{
  for (int i = 1; i < QS_MAX_SPATIAL; i++)
    {
      if (g->stride[i] > MAX_STRIDE)
        return qs_cuda_refuse (reason, "bulk copies step over eight pixels at most");
      if (g->kernel[i] > MAX_OFFSET || g->dilation[i] > MAX_OFFSET ||
          (g->kernel[i] - 1) * g->dilation[i] > MAX_OFFSET)
        return qs_cuda_refuse (reason, "the window is too wide for bulk copies");
      if (-g->begin[i] < MIN_CORNER || -g->begin[i] > MAX_CORNER ||
          upper_corner (g, i) < MIN_CORNER || upper_corner (g, i) > MAX_CORNER)
        return qs_cuda_refuse (reason, "the padding is too wide for bulk copies");
    }
  return TRUE;
}

static gboolean
supports_sizes (const QsConvolutionGeometry *g,
                gsize                        value_size,
                const char                 **reason)
{
  gint64 rows = g->batch, values = g->kernel[1];

  if (g->in[0] != 1 || g->out[0] != 1 || g->kernel[0] != 1 || g->begin[0] != 0)
    return qs_cuda_refuse (reason, "only one or two spatial dimensions");
  if (g->groups != 1)
    return qs_cuda_refuse (reason, "only convolutions of one group");
  if (g->in_channels * value_size % ALIGNMENT != 0)
    return qs_cuda_refuse (reason, "a pixel's channels are not a multiple of 16 bytes");
  if (__builtin_mul_overflow (rows, g->out[1], &rows) ||
      __builtin_mul_overflow (rows, g->out[2], &rows) || rows > G_MAXINT32 - 1024 ||
      __builtin_mul_overflow (values, g->kernel[2], &values) ||
      __builtin_mul_overflow (values, ROUND_UP (g->in_channels, 128), &values) ||
      values > G_MAXINT32 / 4 || g->out_channels / 64 > 65534 || g->in[1] > G_MAXINT32 ||
      g->in[2] > G_MAXINT32)
    return qs_cuda_refuse (reason, "it is too large for the CUDA kernels");
  if (rows == 0 || g->in_channels == 0 || g->out_channels == 0)
    return qs_cuda_refuse (reason, "it is empty");
  return is_plain (g) || supports_windows (g, reason);
}

static gboolean
product_supports (const QsKernel  *kernel,
                  const QsLayer   *layer,
                  const char     **reason)
{
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);
  const QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  const QsConvolutionGeometry *g;
  Product probe = { 0 };

  if (!supports_device (get_tile (kernel), reason))
    return FALSE;
  if (x->shape.n_dims < 3 || x->shape.n_dims > 5)
    return qs_cuda_refuse (reason, "only one to three spatial dimensions");
  if (!qs_shape_is_known (&x->shape) || weights->shape.n_dims != x->shape.n_dims)
    return qs_cuda_refuse (reason, "the shapes are not known");

  read_layer (&probe, layer);
  g = &probe.geometry;
  return supports_sizes (g, probe.value_size, reason) &&
         qs_weighted_supports (kernel, layer, g->in_channels * g->kernel[1] * g->kernel[2],
                               g->out_channels, TRUE, reason);
}

#define TILE(id, product, groups, n_columns, step_bytes, stages, copying, multiplying) \
  static const HopperTile tile_##id = { \
    .base = { \
      .kernel = "qs_hopper_" #id, \
      .rows = 64 * groups, \
      .columns = n_columns, \
      .n_threads = QS_HOPPER_THREADS (groups), \
      .shared_size = QS_HOPPER_SHARED (groups, n_columns, step_bytes, stages), \
    }, \
    .step = step_bytes, \
  };

QS_HOPPER_TILES (TILE)

#define KERNEL(id, type) \
  { \
    .base = { \
      .name = "cuda_conv_wgmma_" #id, \
      .kind = QS_LAYER_CONVOLUTION, \
      .precision = type, \
      .format = QS_FORMAT_HWC, \
      .on_device = TRUE, \
      .supports = product_supports, \
      .prepare = product_prepare, \
      .execute = product_execute, \
      .release = product_free, \
    }, \
    .tile = &tile_##id.base, \
  },

#define INT8_KERNEL(id, product, groups, columns, step, stages, copying, multiplying) \
  KERNEL (id, QS_PRECISION_INT8)
#define HALF_KERNEL(id, product, groups, columns, step, stages, copying, multiplying) \
  KERNEL (id, QS_PRECISION_FP16)

const QsCudaKernel qs_cuda_hopper_kernels[] = {
  QS_HOPPER_INT8_TILES (INT8_KERNEL)
  QS_HOPPER_HALF_TILES (HALF_KERNEL)
  { .base = { .name = NULL } },
};
