/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "backends/qs-weighted.h"
#include "core/qs-error.h"
#include "operators/qs-op-window.h"
#include "qs-cuda-product.h"

/* Convolutions and deconvolutions as products of matrices on the device. */
typedef struct
{
  QsCudaProduct product;
  QsConvolutionGeometry geometry;
  gboolean is_transposed;
} Convolution;

static void
convolution_free (gpointer data)
{
  Convolution *self = data;

  qs_cuda_product_clear (&self->product);
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
}

/* Where rows, the output's pixels, read the input. */
static void
plan_rows (Convolution *self)
{
  const QsConvolutionGeometry *g = &self->geometry;
  const gint64 channels = g->groups * g->in_channels;
  QsCudaConvolution *args = &self->product.args;

  args->in_strides[2] = channels;
  args->in_strides[1] = channels * g->in[2];
  args->in_strides[0] = args->in_strides[1] * g->in[1];
  args->in_sample = args->in_strides[0] * g->in[0];
  for (int i = 0; i < 3; i++)
    {
      args->in[i] = g->in[i];
      args->stride[i] = g->stride[i];
      args->in_step[i] = qs_cuda_divisor (g->stride[i]);
    }
  args->out_depth = qs_cuda_divisor (g->out[0]);
  args->out_height = qs_cuda_divisor (g->out[1]);
  args->out_width = qs_cuda_divisor (g->out[2]);
  args->rows = g->batch * g->out[0] * g->out[1] * g->out[2];
  args->is_transposed = self->is_transposed;
}

static void
plan_tap (const Convolution *self,
          const gint64       at[3],
          QsCudaTap         *tap)
{
  const QsConvolutionGeometry *g = &self->geometry;

  for (int i = 0; i < 3; i++)
    {
      const gint64 shift = at[i] * g->dilation[i] - g->begin[i];

      tap->shift[i] = self->is_transposed ? -shift : shift;
      if (!self->is_transposed)
        tap->offset += shift * self->product.args.in_strides[i];
    }
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
      for (at[2] = 0; at[2] < g->kernel[2]; at[2]++)
        plan_tap (self, at, tap++);

  return qs_cuda_product_upload_taps (&self->product, taps, error);
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
  const gsize size = self->product.value_size;
  const gint64 taps = n_taps (g);

  for (gint64 c = 0; c < g->in_channels; c++)
    {
      gint64 filter = self->is_transposed
                        ? (group * g->in_channels + c) * g->out_channels + column
                        : (group * g->out_channels + column) * g->in_channels + c;

      for (gint64 t = 0; t < taps; t++)
        memcpy (to + (t * self->product.tap_values + c) * size, weights + (filter * taps + t) * size,
                size);
    }
}

static gboolean
upload_weights (Convolution   *self,
                const QsLayer *layer,
                GError       **error)
{
  const QsConvolutionGeometry *g = &self->geometry;
  const QsCudaConvolution *args = &self->product.args;
  const guint8 *weights =
    qs_host_tensor_get_data (qs_layer_get_input (layer, QS_INPUT_WEIGHTS)->value);
  const gsize size = g->groups * args->padded_columns * args->weights_stride;
  guint8 *packed = qs_kernel_alloc (size, error);
  gboolean ok;

  if (packed == NULL)
    return FALSE;

  for (gint64 group = 0; group < g->groups; group++)
    for (gint64 j = 0; j < g->out_channels; j++)
      pack_column (self, weights, group, j,
                   packed + (group * args->padded_columns + j) * args->weights_stride);

  ok = qs_cuda_product_upload_weights (&self->product, packed, size, error);
  free (packed);
  return ok;
}

/* What is left once weights are packed. */
static gboolean
finish_plan (Convolution   *self,
             const QsLayer *layer,
             GError       **error)
{
  const gint64 outputs = self->geometry.groups * self->geometry.out_channels;

  qs_cuda_product_plan_epilogue (&self->product, layer, outputs, outputs);
  return upload_taps (self, error) &&
         qs_cuda_product_upload_parameters (&self->product, layer, 1.0f, 1.0f, error);
}

static gpointer
convolution_prepare (const QsKernel  *kernel,
                     const QsLayer   *layer,
                     GError         **error)
{
  Convolution *self = g_new0 (Convolution, 1);
  const QsConvolutionGeometry *g = &self->geometry;
  const gsize size = qs_data_type_size (qs_layer_get_input (layer, QS_INPUT_X)->type);

  read_layer (self, layer);
  if (qs_cuda_product_init (&self->product, kernel, size, error))
    {
      qs_cuda_product_plan_k (&self->product, n_taps (g), g->in_channels);
      qs_cuda_product_plan_columns (&self->product, g->groups, g->out_channels);
      plan_rows (self);
      if (upload_weights (self, layer, error) && finish_plan (self, layer, error))
        return self;
    }

  convolution_free (self);
  return NULL;
}

/* [tap][channel], where a tap's channels are padded. */
static gboolean
upload_depthwise_weights (Convolution   *self,
                          const QsLayer *layer,
                          GError       **error)
{
  const QsCudaConvolution *args = &self->product.args;
  const gsize size = self->product.value_size;
  const guint8 *weights =
    qs_host_tensor_get_data (qs_layer_get_input (layer, QS_INPUT_WEIGHTS)->value);
  const gsize bytes = (gsize) args->n_taps * (gsize) args->weights_stride;
  guint8 *packed = qs_kernel_alloc (bytes, error);
  gboolean ok;

  if (packed == NULL)
    return FALSE;

  for (gint64 c = 0; c < args->columns; c++)
    for (gint64 t = 0; t < args->n_taps; t++)
      memcpy (packed + t * args->weights_stride + c * (gint64) size,
              weights + (c * args->n_taps + t) * (gint64) size, size);

  ok = qs_cuda_product_upload_weights (&self->product, packed, bytes, error);
  free (packed);
  return ok;
}

/* One group with all channels as columns; see kernels/qs-depthwise.cu. */
static gpointer
depthwise_prepare (const QsKernel  *kernel,
                   const QsLayer   *layer,
                   GError         **error)
{
  Convolution *self = g_new0 (Convolution, 1);
  QsCudaConvolution *args = &self->product.args;
  const gsize size = qs_data_type_size (qs_layer_get_input (layer, QS_INPUT_X)->type);

  read_layer (self, layer);
  if (qs_cuda_product_init (&self->product, kernel, size, error))
    {
      qs_cuda_product_plan_k (&self->product, n_taps (&self->geometry), 1);
      qs_cuda_product_plan_columns (&self->product, 1, self->geometry.groups);
      args->weights_stride = args->padded_columns * (gint64) size;
      plan_rows (self);
      if (upload_depthwise_weights (self, layer, error) && finish_plan (self, layer, error))
        return self;
    }

  convolution_free (self);
  return NULL;
}

static gboolean
depthwise_execute (const QsKernel    *kernel,
                   const QsLayer     *layer,
                   gpointer           state,
                   const QsExecution *execution,
                   GError           **error)
{
  const Convolution *self = state;
  const QsCudaTile *tile = self->product.tile;
  QsCudaConvolution args = self->product.args;
  const gint64 n = ((args.rows + tile->rows - 1) / tile->rows) * (gint64) ((args.columns + 3) / 4);
  const QsCudaLaunch launch = {
    .kernel = tile->kernel,
    .grid = { (n + tile->n_threads - 1) / tile->n_threads, 1, 1 },
    .n_threads = tile->n_threads,
  };

  if (!qs_kernel_check_views (kernel, layer, execution, error))
    return FALSE;

  args.x = execution->inputs[QS_INPUT_X].data;
  qs_cuda_product_take_memory (&args, execution);
  return n == 0 || qs_cuda_device_launch (self->product.device, &launch, &args, error);
}

static gsize
convolution_workspace_size (const QsKernel *kernel,
                            const QsLayer  *layer,
                            gpointer        state,
                            guint           n_threads)
{
  return qs_cuda_product_get_partial_size (&((const Convolution *) state)->product);
}

static gboolean
convolution_execute (const QsKernel    *kernel,
                     const QsLayer     *layer,
                     gpointer           state,
                     const QsExecution *execution,
                     GError           **error)
{
  const Convolution *self = state;
  QsCudaConvolution args = self->product.args;

  if (!qs_kernel_check_views (kernel, layer, execution, error))
    return FALSE;

  args.x = execution->inputs[QS_INPUT_X].data;
  qs_cuda_product_take_memory (&args, execution);
  return qs_cuda_product_run (&self->product, &args, execution->workspace, error);
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
  return TRUE;
}

static gboolean
supports_layer (const QsKernel         *kernel,
                const QsLayer          *layer,
                QsConvolutionGeometry  *g,
                const char            **reason)
{
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);
  const QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  Convolution probe = { 0 };

  if (x->shape.n_dims < 3 || x->shape.n_dims > 5)
    return qs_cuda_refuse (reason, "only one to three spatial dimensions");
  if (!qs_shape_is_known (&x->shape) || weights->shape.n_dims != x->shape.n_dims)
    return qs_cuda_refuse (reason, "the shapes are not known");

  read_layer (&probe, layer);
  *g = probe.geometry;
  return supports_sizes (g, reason) &&
         qs_weighted_supports (kernel, layer, g->in_channels * n_taps (g),
                               g->groups * g->out_channels, TRUE, reason);
}

static gint64
count_rows (const QsConvolutionGeometry *g)
{
  return g->batch * g->out[0] * g->out[1] * g->out[2];
}

static gboolean
convolution_supports (const QsKernel  *kernel,
                      const QsLayer   *layer,
                      const char     **reason)
{
  const gint64 size = (gint64) qs_data_type_size (qs_layer_get_input (layer, QS_INPUT_X)->type);
  QsConvolutionGeometry g;

  return supports_layer (kernel, layer, &g, reason) &&
         qs_cuda_product_supports (kernel, count_rows (&g), g.out_channels,
                                   n_taps (&g) * g.in_channels * size, g.groups, reason);
}

static gboolean
depthwise_supports (const QsKernel  *kernel,
                    const QsLayer   *layer,
                    const char     **reason)
{
  QsConvolutionGeometry g;

  if (!supports_layer (kernel, layer, &g, reason))
    return FALSE;
  if (g.groups == 1 || g.in_channels != 1 || g.out_channels != 1)
    return qs_cuda_refuse (reason, "its channels are not groups of their own");
  if (count_rows (&g) > G_MAXINT64 / g.groups ||
      count_rows (&g) * g.groups / QS_CUDA_FLAT_THREADS > G_MAXINT32)
    return qs_cuda_refuse (reason, "it is too large for the CUDA kernels");
  return TRUE;
}

#define DEPTHWISE_TILE(id, value, sum, pixels) \
  static const QsCudaTile depthwise_##id = { \
    .kernel = "qs_depthwise_" #id, \
    .rows = pixels, \
    .columns = 4, \
    .n_threads = QS_CUDA_FLAT_THREADS, \
  };

QS_CUDA_DEPTHWISE (DEPTHWISE_TILE)

#define DEPTHWISE(id, precision_, layer_kind, operation) \
  { \
    .base = { \
      .name = "cuda_depthwise_" operation "_" #id, \
      .kind = layer_kind, \
      .precision = precision_, \
      .format = QS_FORMAT_HWC, \
      .on_device = TRUE, \
      .supports = depthwise_supports, \
      .prepare = depthwise_prepare, \
      .execute = depthwise_execute, \
      .release = convolution_free, \
    }, \
    .tile = &depthwise_##id, \
    .k_splits = 1, \
  }

#define DEPTHWISE_BOTH(id, precision) \
  DEPTHWISE (id, precision, QS_LAYER_CONVOLUTION, "conv"), \
  DEPTHWISE (id, precision, QS_LAYER_DECONVOLUTION, "deconv")

#define CONVOLUTION(id, tile_id, k_splits_, precision_, layer_kind, operation) \
  { \
    .base = { \
      .name = "cuda_" operation "_" #id, \
      .kind = layer_kind, \
      .precision = precision_, \
      .format = QS_FORMAT_HWC, \
      .on_device = TRUE, \
      .supports = convolution_supports, \
      .prepare = convolution_prepare, \
      .workspace_size = convolution_workspace_size, \
      .execute = convolution_execute, \
      .release = convolution_free, \
    }, \
    .tile = &qs_cuda_tile_##tile_id, \
    .k_splits = k_splits_, \
  },

#define ROW(id, tile, k_splits, precision) \
  CONVOLUTION (id, tile, k_splits, precision, QS_LAYER_CONVOLUTION, "conv") \
  CONVOLUTION (id, tile, k_splits, precision, QS_LAYER_DECONVOLUTION, "deconv")

const QsCudaKernel qs_cuda_convolution_kernels[] = {
  DEPTHWISE_BOTH (s8_4, QS_PRECISION_INT8),
  DEPTHWISE_BOTH (s8_1, QS_PRECISION_INT8),
  DEPTHWISE_BOTH (f16_4, QS_PRECISION_FP16),
  DEPTHWISE_BOTH (f16_1, QS_PRECISION_FP16),
  DEPTHWISE_BOTH (f32_4, QS_PRECISION_FP32),
  DEPTHWISE_BOTH (f32_1, QS_PRECISION_FP32),
  QS_CUDA_PRODUCT_TACTICS (ROW)
  { .base = { .name = NULL } },
};
