/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "backends/qs-weighted.h"
#include "core/qs-error.h"
#include "kernels/qs-cuda-tiles.h"
#include "operators/qs-op-window.h"
#include "qs-cuda-kernel.h"

#define CHUNK 16        /* bytes */
#define PIECE 4         /* elements */
#define COLUMN_PADDING 16
#define ROUND_UP(n, to) (((n) + (to) - 1) / (to) * (to))

/* Convolutions and deconvolutions as products of matrices on the device. */
typedef struct
{
  QsCudaDevice *device;
  const QsCudaTile *tile;
  QsConvolutionGeometry geometry;
  gboolean is_transposed;
  gsize value_size;
  gint64 tap_values;  /* of k for one tap, padded */
  QsCudaConvolution args;
  gpointer weights;
  gpointer taps;
  gpointer multiplier;
  gpointer bias;
} Convolution;

static void
convolution_free (gpointer data)
{
  Convolution *self = data;

  qs_cuda_device_free (self->device, self->weights);
  qs_cuda_device_free (self->device, self->taps);
  qs_cuda_device_free (self->device, self->multiplier);
  qs_cuda_device_free (self->device, self->bias);
  g_free (self);
}

static gint64
n_taps (const QsConvolutionGeometry *g)
{
  return g->kernel[0] * g->kernel[1] * g->kernel[2];
}

static void
read_layer (Convolution   *self,
            const QsLayer *layer)
{
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);

  self->is_transposed = layer->klass->kind == QS_LAYER_DECONVOLUTION;
  qs_convolution_geometry_init (&self->geometry, layer->attributes, &x->shape,
                                &qs_layer_get_output (layer, 0)->shape);
  self->value_size = qs_data_type_size (x->type);
}

/* Sizes along k: whole chunks of channels are copied as they lie, others are put together from
 * pieces of four. */
static void
plan_k (Convolution *self)
{
  const QsConvolutionGeometry *g = &self->geometry;
  const gint64 per_chunk = CHUNK / self->value_size;
  const gboolean pieced = g->in_channels % per_chunk != 0;
  gint64 n_values;

  self->tap_values = pieced ? ROUND_UP (g->in_channels, PIECE) : g->in_channels;
  n_values = self->tap_values * n_taps (g);
  self->args.is_pieced = pieced;
  self->args.tap_chunks = qs_cuda_divisor (self->tap_values / (pieced ? PIECE : per_chunk));
  self->args.n_k_chunks = ROUND_UP (n_values, per_chunk) / per_chunk;
  self->args.n_chunks = ROUND_UP (self->args.n_k_chunks, QS_CUDA_STEP_BYTES / CHUNK);
}

static void
plan (Convolution *self)
{
  const QsConvolutionGeometry *g = &self->geometry;
  const gint64 channels = g->groups * g->in_channels;
  QsCudaConvolution *args = &self->args;

  plan_k (self);
  args->in_strides[2] = channels;
  args->in_strides[1] = channels * g->in[2];
  args->in_strides[0] = args->in_strides[1] * g->in[1];
  args->in_sample = args->in_strides[0] * g->in[0];
  for (int i = 0; i < 3; i++)
    {
      args->in[i] = g->in[i];
      args->stride[i] = g->stride[i];
    }
  args->out_depth = qs_cuda_divisor (g->out[0]);
  args->out_height = qs_cuda_divisor (g->out[1]);
  args->out_width = qs_cuda_divisor (g->out[2]);
  args->rows = g->batch * g->out[0] * g->out[1] * g->out[2];
  args->columns = g->out_channels;
  args->padded_columns = ROUND_UP (g->out_channels, COLUMN_PADDING);
  args->channels = g->in_channels;
  args->n_taps = n_taps (g);
  args->k_splits = 1;
  args->is_transposed = self->is_transposed;
}

static gboolean
upload_taps (Convolution *self,
             GError     **error)
{
  const QsConvolutionGeometry *g = &self->geometry;
  g_autofree QsCudaTap *taps = g_new0 (QsCudaTap, n_taps (g));
  QsCudaTap *tap = taps;
  gint64 at[3];

  for (at[0] = 0; at[0] < g->kernel[0]; at[0]++)
    for (at[1] = 0; at[1] < g->kernel[1]; at[1]++)
      for (at[2] = 0; at[2] < g->kernel[2]; at[2]++, tap++)
        for (int i = 0; i < 3; i++)
          tap->shift[i] = self->is_transposed ? g->begin[i] - at[i] * g->dilation[i]
                                              : at[i] * g->dilation[i] - g->begin[i];

  self->taps = qs_cuda_device_upload_new (self->device, taps, n_taps (g) * sizeof *taps, error);
  return self->taps != NULL;
}

/* One column's values of k: tap after tap, each with its channels and padding. */
static void
pack_column (const Convolution *self,
             const guint8      *weights,
             gint64             group,
             gint64             column,
             guint8            *to)
{
  const QsConvolutionGeometry *g = &self->geometry;
  const gsize size = self->value_size;
  const gint64 taps = n_taps (g);

  for (gint64 c = 0; c < g->in_channels; c++)
    {
      gint64 filter = self->is_transposed
                        ? (group * g->in_channels + c) * g->out_channels + column
                        : (group * g->out_channels + column) * g->in_channels + c;

      for (gint64 t = 0; t < taps; t++)
        memcpy (to + (t * self->tap_values + c) * size, weights + (filter * taps + t) * size, size);
    }
}

static gboolean
upload_weights (Convolution   *self,
                const QsLayer *layer,
                GError       **error)
{
  const QsConvolutionGeometry *g = &self->geometry;
  const guint8 *weights =
    qs_host_tensor_get_data (qs_layer_get_input (layer, QS_INPUT_WEIGHTS)->value);
  const gsize column_bytes = (gsize) self->args.n_chunks * CHUNK;
  const gsize size = g->groups * self->args.padded_columns * column_bytes;
  g_autofree guint8 *packed = g_try_malloc0 (size);

  if (packed == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "there is no memory for %" G_GSIZE_FORMAT " bytes of packed weights", size);
      return FALSE;
    }

  for (gint64 group = 0; group < g->groups; group++)
    for (gint64 j = 0; j < g->out_channels; j++)
      pack_column (self, weights, group, j,
                   packed + (group * self->args.padded_columns + j) * column_bytes);

  self->weights = qs_cuda_device_upload_new (self->device, packed, size, error);
  return self->weights != NULL;
}

static gboolean
upload_parameters (Convolution   *self,
                   const QsLayer *layer,
                   GError       **error)
{
  const gint64 n = self->geometry.groups * self->args.padded_columns;
  float *multiplier = NULL, *bias = NULL;
  gboolean ok = qs_weighted_parameters (layer, self->geometry.groups, self->args.columns,
                                        self->args.padded_columns, 1.0f, &multiplier, &bias,
                                        error);

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
plan_epilogue (Convolution   *self,
               const QsLayer *layer)
{
  const QsTensor *y = qs_layer_get_output (layer, 0);
  const QsTensor *residual = qs_layer_get_input (layer, QS_INPUT_RESIDUAL);
  const gint64 outputs = self->geometry.groups * self->geometry.out_channels;

  self->args.epilogue = (QsCudaEpilogue) {
    .multiplier = self->multiplier,
    .bias = self->bias,
    .row_stride = outputs,
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

static gpointer
convolution_prepare (const QsKernel  *kernel,
                     const QsLayer   *layer,
                     GError         **error)
{
  Convolution *self;
  QsCudaDevice *device = qs_cuda_device_get (error);

  if (device == NULL)
    return NULL;

  self = g_new0 (Convolution, 1);
  self->device = device;
  self->tile = ((const QsCudaKernel *) kernel)->tile;
  read_layer (self, layer);
  plan (self);
  if (!upload_taps (self, error) || !upload_weights (self, layer, error) ||
      !upload_parameters (self, layer, error))
    {
      convolution_free (self);
      return NULL;
    }

  plan_epilogue (self, layer);
  self->args.weights = self->weights;
  self->args.taps = self->taps;
  return self;
}

static gboolean
convolution_execute (const QsKernel    *kernel,
                     const QsLayer     *layer,
                     gpointer           state,
                     const QsExecution *execution,
                     GError           **error)
{
  const Convolution *self = state;
  QsCudaConvolution args = self->args;
  QsCudaLaunch launch = {
    .kernel = self->tile->kernel,
    .grid = { (args.rows + self->tile->rows - 1) / self->tile->rows,
              (args.columns + self->tile->columns - 1) / self->tile->columns,
              self->geometry.groups * args.k_splits },
    .n_threads = self->tile->n_threads,
    .shared_size = self->tile->shared_size,
  };

  if (!qs_kernel_check_views (kernel, layer, execution, error))
    return FALSE;

  args.x = execution->inputs[QS_INPUT_X].data;
  args.epilogue.out = execution->outputs[0].data;
  if (execution->n_inputs > QS_INPUT_RESIDUAL)
    args.epilogue.residual = execution->inputs[QS_INPUT_RESIDUAL].data;
  return args.rows == 0 || args.columns == 0 ||
         qs_cuda_device_launch (self->device, &launch, &args, error);
}

/* What the kernels' 32-bit numbers and the grid can hold. */
static gboolean
supports_sizes (const QsConvolutionGeometry *g,
                const char                 **reason)
{
  gint64 rows = g->batch, inputs = g->groups * g->in_channels;

  for (int i = 0; i < 3; i++)
    if (__builtin_mul_overflow (rows, g->out[i], &rows) ||
        __builtin_mul_overflow (inputs, g->in[i], &inputs) || g->stride[i] > G_MAXINT16 ||
        g->dilation[i] > G_MAXINT16 || g->kernel[i] > G_MAXINT16)
      return qs_cuda_refuse (reason, "it is too large for the CUDA kernels");
  if (rows > G_MAXINT32 - 1024 || inputs > G_MAXINT32 || n_taps (g) * g->in_channels > G_MAXINT32 / 64)
    return qs_cuda_refuse (reason, "it is too large for the CUDA kernels");
  if (g->groups > 65535 || g->out_channels / 32 > 65535)
    return qs_cuda_refuse (reason, "it has too many groups or channels for a CUDA grid");
  return TRUE;
}

static gboolean
convolution_supports (const QsKernel  *kernel,
                      const QsLayer   *layer,
                      const char     **reason)
{
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);
  const QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  Convolution probe = { 0 };

  if (x->shape.n_dims < 3 || x->shape.n_dims > 5)
    return qs_cuda_refuse (reason, "only one to three spatial dimensions");
  if (!qs_shape_is_known (&x->shape) || weights->shape.n_dims != x->shape.n_dims)
    return qs_cuda_refuse (reason, "the shapes are not known");

  read_layer (&probe, layer);
  return supports_sizes (&probe.geometry, reason) &&
         qs_weighted_supports (kernel, layer,
                               probe.geometry.in_channels * n_taps (&probe.geometry),
                               probe.geometry.groups * probe.geometry.out_channels, TRUE, reason);
}

#define TILE(id, product, n_rows, n_columns, warps_m, warps_n, stages) \
  static const QsCudaTile tile_##id = { \
    .kernel = "qs_convolution_" #id, \
    .rows = n_rows, \
    .columns = n_columns, \
    .n_threads = 32 * warps_m * warps_n, \
    .shared_size = QS_CUDA_TILE_SHARED (n_rows, n_columns, warps_m, warps_n, stages), \
  };

QS_CUDA_INT8_TILES (TILE)

#define KERNEL(id, layer_kind, operation) \
  { \
    .base = { \
      .name = "cuda_" operation "_" #id, \
      .kind = layer_kind, \
      .precision = QS_PRECISION_INT8, \
      .format = QS_FORMAT_HWC, \
      .on_device = TRUE, \
      .supports = convolution_supports, \
      .prepare = convolution_prepare, \
      .execute = convolution_execute, \
      .release = convolution_free, \
    }, \
    .tile = &tile_##id, \
  },

#define KERNELS(id, product, n_rows, n_columns, warps_m, warps_n, stages) \
  KERNEL (id, QS_LAYER_CONVOLUTION, "conv") \
  KERNEL (id, QS_LAYER_DECONVOLUTION, "deconv")

const QsCudaKernel qs_cuda_convolution_kernels[] = {
  QS_CUDA_INT8_TILES (KERNELS)
  { .base = { .name = NULL } },
};
