/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "backends/qs-weighted.h"
#include "core/qs-error.h"
#include "kernels/qs-hopper-arguments.h"
#include "kernels/qs-hopper-tiles.h"
#include "operators/qs-op-matrix-multiply.h"
#include "operators/qs-op-window.h"
#include "qs-cuda-product.h"

#define ARCHITECTURE 90 /* kernels are compiled for sm_90a, which no other device runs */
#define ALIGNMENT 16    /* bytes, of what bulk copies read and step over */
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

/**
 * HopperProduct:
 * @geometry: of the convolution; a product of matrices is one with a single tap, all of whose rows are
 *   pixels of one line
 *
 * Convolutions and products with constant matrices, for devices of compute capability 9.0.
 */
typedef struct
{
  QsHopperProduct args;
  QsCudaProduct product;
  const QsCudaDriver *driver;
  const HopperTile *tile;
  QsConvolutionGeometry geometry;
  gint64 step_values;
} HopperProduct;

static void
product_free (gpointer data)
{
  HopperProduct *self = data;

  qs_cuda_product_clear (&self->product);
  free (self);
}

static const HopperTile *
get_tile (const QsKernel *kernel)
{
  return (const HopperTile *) ((const QsCudaKernel *) kernel)->tile;
}

static gint64
count_columns (const QsLayer *layer)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const QsShape *w = &qs_layer_get_input (layer, QS_INPUT_WEIGHTS)->shape;

  return w->dims[attributes->trans_b ? 0 : 1];
}

static void
read_matrices (QsConvolutionGeometry *g,
               const QsLayer         *layer)
{
  const QsShape *x = &qs_layer_get_input (layer, QS_INPUT_X)->shape;
  gint64 rows = 1;

  for (int i = 0; i + 1 < x->n_dims; i++)
    rows *= x->dims[i];
  *g = (QsConvolutionGeometry) {
    .batch = 1,
    .groups = 1,
    .in_channels = x->dims[x->n_dims - 1],
    .out_channels = count_columns (layer),
    .kernel = { 1, 1, 1 },
    .stride = { 1, 1, 1 },
    .dilation = { 1, 1, 1 },
    .in = { 1, 1, rows },
    .out = { 1, 1, rows },
  };
}

static void
read_layer (QsConvolutionGeometry *g,
            const QsLayer         *layer)
{
  if (layer->klass->kind == QS_LAYER_MATRIX_MULTIPLY)
    read_matrices (g, layer);
  else
    qs_convolution_geometry_init (g, layer->attributes,
                                  &qs_layer_get_input (layer, QS_INPUT_X)->shape,
                                  &qs_layer_get_output (layer, 0)->shape);
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
plan (HopperProduct *self)
{
  const QsConvolutionGeometry *g = &self->geometry;
  QsHopperProduct *args = &self->args;

  self->step_values = self->tile->step / self->product.value_size;
  args->tap_steps = (g->in_channels + self->step_values - 1) / self->step_values;
  args->n_steps = args->tap_steps * g->kernel[1] * g->kernel[2];
  args->kernel_width = g->kernel[2];
  args->is_windowed = !is_plain (g);
  args->out_width = qs_cuda_divisor (g->out[2]);
  args->out_height = qs_cuda_divisor (g->out[1]);
  for (int i = 0; i < 2; i++)
    {
      args->stride[i] = g->stride[1 + i];
      args->begin[i] = g->begin[1 + i];
      args->dilation[i] = g->dilation[1 + i];
    }

  self->product.args.rows = g->batch * g->out[1] * g->out[2];
  qs_cuda_product_plan_columns (&self->product, 1, g->out_channels);
  args->rows = self->product.args.rows;
  args->columns = self->product.args.columns;
  args->padded_columns = self->product.args.padded_columns;
  args->k_splits = self->product.args.k_splits;
}

/* One column's values of k: tap after tap, each with its channels and padding. @k_stride is from channel
 * to channel of the weights as they are given, whose taps lie side by side. */
static void
pack_column (const HopperProduct *self,
             const guint8        *weights,
             gint64               k_stride,
             guint8              *to)
{
  const QsConvolutionGeometry *g = &self->geometry;
  const gsize size = self->product.value_size;
  const gint64 taps = g->kernel[1] * g->kernel[2];
  const gint64 tap_values = self->args.tap_steps * self->step_values;

  for (gint64 c = 0; c < g->in_channels; c++)
    for (gint64 t = 0; t < taps; t++)
      memcpy (to + (t * tap_values + c) * size, weights + (c * k_stride + t) * size, size);
}

static gboolean
upload_weights (HopperProduct *self,
                const QsLayer *layer,
                GError       **error)
{
  const QsConvolutionGeometry *g = &self->geometry;
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const gboolean across = layer->klass->kind == QS_LAYER_MATRIX_MULTIPLY && !attributes->trans_b;
  const gint64 taps = g->kernel[1] * g->kernel[2];
  const gint64 k_stride = across ? g->out_channels : taps;
  const gint64 column_stride = across ? 1 : g->in_channels * taps;
  const guint8 *weights =
    qs_host_tensor_get_data (qs_layer_get_input (layer, QS_INPUT_WEIGHTS)->value);
  const gsize column_bytes = (gsize) self->args.n_steps * self->tile->step;
  const gsize size = column_bytes * g->out_channels;
  g_autofree guint8 *packed = g_try_malloc0 (size);

  if (packed == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "there is no memory for %" G_GSIZE_FORMAT " bytes of packed weights", size);
      return FALSE;
    }

  for (gint64 j = 0; j < g->out_channels; j++)
    pack_column (self, weights + j * column_stride * self->product.value_size, k_stride,
                 packed + j * column_bytes);
  return qs_cuda_product_upload_weights (&self->product, packed, size, error);
}

static gboolean
upload_parameters (HopperProduct *self,
                   const QsLayer *layer,
                   GError       **error)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const gboolean is_product = layer->klass->kind == QS_LAYER_MATRIX_MULTIPLY;

  return qs_cuda_product_upload_parameters (&self->product, layer,
                                            is_product ? attributes->alpha : 1.0f,
                                            is_product ? attributes->beta : 1.0f, error);
}

static int
get_tensor_type (const HopperProduct *self)
{
  return self->product.value_size == 1 ? QS_CUDA_TENSOR_UINT8 : QS_CUDA_TENSOR_FLOAT16;
}

static int
get_swizzle (const HopperProduct *self)
{
  return self->tile->step == 128 ? QS_CUDA_SWIZZLE_128 : QS_CUDA_SWIZZLE_64;
}

/* A map of rows of values, of which boxes of @n_rows rows and one step are copied. */
static gboolean
map_rows (const HopperProduct *self,
          QsCudaTensorMap     *map,
          gpointer             address,
          guint64              n_values,
          guint64              n_rows,
          guint32              box_rows,
          GError             **error)
{
  const guint64 dims[] = { n_values, n_rows };
  const guint64 stride = n_values * self->product.value_size;
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
map_windows (const HopperProduct *self,
             QsCudaTensorMap     *map,
             gpointer             address,
             GError             **error)
{
  const QsConvolutionGeometry *g = &self->geometry;
  const guint64 dims[] = { g->in_channels, g->in[2], g->in[1], g->batch };
  const guint64 pixel = g->in_channels * self->product.value_size;
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

static gboolean
product_init (HopperProduct  *self,
              const QsKernel *kernel,
              const QsLayer  *layer,
              GError        **error)
{
  const gsize size = qs_data_type_size (qs_layer_get_input (layer, QS_INPUT_X)->type);
  const gint64 row = self->geometry.out_channels;

  if (!qs_cuda_product_init (&self->product, kernel, size, error))
    return FALSE;

  plan (self);
  if (!upload_weights (self, layer, error) || !upload_parameters (self, layer, error) ||
      !map_rows (self, &self->args.right, self->product.weights,
                 self->args.n_steps * self->step_values, self->args.columns,
                 self->tile->base.columns, error))
    return FALSE;
  qs_cuda_product_plan_epilogue (&self->product, layer, row, row);
  return TRUE;
}

static gpointer
product_prepare (const QsKernel  *kernel,
                 const QsLayer   *layer,
                 GError         **error)
{
  const QsCudaDriver *driver = qs_cuda_driver_get (error);
  HopperProduct *self;

  if (driver == NULL)
    return NULL;
  self = qs_kernel_alloc (sizeof *self, error); /* aligned as tensor maps */
  if (self == NULL)
    return NULL;

  self->driver = driver;
  self->tile = get_tile (kernel);
  read_layer (&self->geometry, layer);
  if (!product_init (self, kernel, layer, error))
    g_clear_pointer (&self, product_free);
  return self;
}

static gsize
product_workspace_size (const QsKernel *kernel,
                        const QsLayer  *layer,
                        gpointer        state,
                        guint           n_threads)
{
  return qs_cuda_product_get_partial_size (&((const HopperProduct *) state)->product);
}

static gboolean
product_run (const HopperProduct *self,
             QsHopperProduct     *args,
             QsCudaConvolution   *common,
             gpointer             partial,
             GError             **error)
{
  const QsCudaTile *tile = self->product.tile;
  const QsCudaLaunch launch = {
    .kernel = tile->kernel,
    .grid = { (args->rows + tile->rows - 1) / tile->rows,
              (args->columns + tile->columns - 1) / tile->columns, args->k_splits },
    .n_threads = tile->n_threads,
    .shared_size = tile->shared_size,
  };

  args->epilogue = common->epilogue;
  args->partial = common->partial = args->k_splits > 1 ? partial : NULL;
  return qs_cuda_device_launch (self->product.device, &launch, args, error) &&
         (args->k_splits == 1 || qs_cuda_product_reduce (&self->product, common, error));
}

/* The map of the input is made for each run, because its address is in it. */
static gboolean
product_execute (const QsKernel    *kernel,
                 const QsLayer     *layer,
                 gpointer           state,
                 const QsExecution *execution,
                 GError           **error)
{
  const HopperProduct *self = state;
  QsHopperProduct args = self->args;
  QsCudaConvolution common = self->product.args;
  gpointer x;

  if (!qs_kernel_check_views (kernel, layer, execution, error))
    return FALSE;

  x = execution->inputs[QS_INPUT_X].data;
  qs_cuda_product_take_memory (&common, execution);
  return (args.is_windowed ? map_windows (self, &args.left, x, error)
                           : map_rows (self, &args.left, x, self->geometry.in_channels, args.rows,
                                       self->product.tile->rows, error)) &&
         product_run (self, &args, &common, execution->workspace, error);
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
      values > G_MAXINT32 / 4 || g->in[1] > G_MAXINT32 ||
      g->in[2] > G_MAXINT32)
    return qs_cuda_refuse (reason, "it is too large for the CUDA kernels");
  if (rows == 0 || g->in_channels == 0 || g->out_channels == 0)
    return qs_cuda_refuse (reason, "it is empty");
  return is_plain (g) || supports_windows (g, reason);
}

static gboolean
supports_geometry (const QsKernel              *kernel,
                   const QsLayer               *layer,
                   const QsConvolutionGeometry *g,
                   const char                 **reason)
{
  const gsize size = qs_data_type_size (qs_layer_get_input (layer, QS_INPUT_X)->type);
  const gint64 n_k = g->in_channels * g->kernel[1] * g->kernel[2];

  return supports_sizes (g, size, reason) &&
         qs_cuda_product_supports (kernel, g->batch * g->out[1] * g->out[2], g->out_channels,
                                   n_k * size, 1, reason) &&
         qs_weighted_supports (kernel, layer, n_k, g->out_channels, TRUE, reason);
}

static gboolean
convolution_supports (const QsKernel  *kernel,
                      const QsLayer   *layer,
                      const char     **reason)
{
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);
  const QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  QsConvolutionGeometry geometry;

  if (!supports_device (get_tile (kernel), reason))
    return FALSE;
  if (x->shape.n_dims < 3 || x->shape.n_dims > 5)
    return qs_cuda_refuse (reason, "only one to three spatial dimensions");
  if (!qs_shape_is_known (&x->shape) || weights->shape.n_dims != x->shape.n_dims)
    return qs_cuda_refuse (reason, "the shapes are not known");

  read_layer (&geometry, layer);
  return supports_geometry (kernel, layer, &geometry, reason);
}

static gboolean
matrix_multiply_supports (const QsKernel  *kernel,
                          const QsLayer   *layer,
                          const char     **reason)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);
  const QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  QsConvolutionGeometry geometry;

  if (!supports_device (get_tile (kernel), reason))
    return FALSE;
  if (weights->value == NULL || weights->shape.n_dims != 2)
    return qs_cuda_refuse (reason, "the second operand is not a constant matrix");
  if (x->shape.n_dims < 1 || !qs_shape_is_known (&x->shape))
    return qs_cuda_refuse (reason, "the shapes are not known");
  if (!qs_matrix_reads_plainly (attributes) || attributes->trans_a)
    return qs_cuda_refuse (reason, "an operand is transposed or read through strides");
  if (kernel->precision == QS_PRECISION_INT8 &&
      (attributes->alpha != 1.0f ||
       (attributes->beta != 1.0f && qs_layer_get_input (layer, QS_INPUT_BIAS) != NULL)))
    return qs_cuda_refuse (reason, "alpha and beta have no INT8 form");

  read_layer (&geometry, layer);
  return supports_geometry (kernel, layer, &geometry, reason);
}

#define TILE(id, product, groups, n_columns, step_bytes, stages, blocks) \
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

/*
 * What the builder chooses from: name, tile, parts of k, precision. Parts are added in their order;
 * sums of floats are another order's then.
 */
#define TACTICS(ROW) \
  ROW (s8_128x256, s8_128x256, 1, QS_PRECISION_INT8) \
  ROW (s8_128x128, s8_128x128, 1, QS_PRECISION_INT8) \
  ROW (s8_128x64, s8_128x64, 1, QS_PRECISION_INT8) \
  ROW (s8_64x64, s8_64x64, 1, QS_PRECISION_INT8) \
  ROW (s8_128x128_b64, s8_128x128_b64, 1, QS_PRECISION_INT8) \
  ROW (s8_128x64_b64, s8_128x64_b64, 1, QS_PRECISION_INT8) \
  ROW (s8_128x128_k4, s8_128x128, 4, QS_PRECISION_INT8) \
  ROW (s8_64x64_k4, s8_64x64, 4, QS_PRECISION_INT8) \
  ROW (s8_64x64_k16, s8_64x64, 16, QS_PRECISION_INT8) \
  ROW (f16_128x256, f16_128x256, 1, QS_PRECISION_FP16) \
  ROW (f16_128x128, f16_128x128, 1, QS_PRECISION_FP16) \
  ROW (f16_128x64, f16_128x64, 1, QS_PRECISION_FP16) \
  ROW (f16_64x64, f16_64x64, 1, QS_PRECISION_FP16) \
  ROW (f16_128x128_k4, f16_128x128, 4, QS_PRECISION_FP16) \
  ROW (f16_64x64_k4, f16_64x64, 4, QS_PRECISION_FP16) \
  ROW (f16_64x64_k16, f16_64x64, 16, QS_PRECISION_FP16)

#define KERNEL(id, tile_id, splits, type, layer_kind, operation, layout, supports_) \
  { \
    .base = { \
      .name = "cuda_" operation "_wgmma_" #id, \
      .kind = layer_kind, \
      .precision = type, \
      .format = layout, \
      .on_device = TRUE, \
      .supports = supports_, \
      .prepare = product_prepare, \
      .workspace_size = product_workspace_size, \
      .execute = product_execute, \
      .release = product_free, \
    }, \
    .tile = &tile_##tile_id.base, \
    .k_splits = splits, \
  },

#define ROW(id, tile, splits, type) \
  KERNEL (id, tile, splits, type, QS_LAYER_CONVOLUTION, "conv", QS_FORMAT_HWC, \
          convolution_supports) \
  KERNEL (id, tile, splits, type, QS_LAYER_MATRIX_MULTIPLY, "matmul", QS_FORMAT_LINEAR, \
          matrix_multiply_supports)

const QsCudaKernel qs_cuda_hopper_kernels[] = {
  TACTICS (ROW)
  { .base = { .name = NULL } },
};
