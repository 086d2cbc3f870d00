/* SPDX-License-Identifier: MIT */
#include "qs-cuda-product.h"

#include <stdlib.h>

#include "backends/qs-weighted.h"

#define CHUNK 16 /* bytes */
#define PIECE 4  /* elements */
#define ROUND_UP(n, to) (((n) + (to) - 1) / (to) * (to))

/* Blocks of a grid's second and third axis. */
#define MAX_BLOCKS 65535

/* With this many tiles every device is busy without splitting k. */
#define ENOUGH_TILES 256

#define TILE(id, product, n_rows, n_columns, warps_m, warps_n, stages) \
  const QsCudaTile qs_cuda_tile_##id = { \
    .kernel = "qs_convolution_" #id, \
    .rows = n_rows, \
    .columns = n_columns, \
    .n_threads = 32 * warps_m * warps_n, \
    .shared_size = QS_CUDA_TILE_SHARED (n_rows, n_columns, warps_m, warps_n, stages), \
  };

QS_CUDA_INT8_TILES (TILE)
QS_CUDA_HALF_TILES (TILE)
QS_CUDA_FLOAT_TILES (TILE)

gboolean
qs_cuda_product_init (QsCudaProduct   *self,
                      const QsKernel  *kernel,
                      gsize            value_size,
                      GError         **error)
{
  const QsCudaKernel *tactic = (const QsCudaKernel *) kernel;

  self->device = qs_cuda_device_get (error);
  self->tile = tactic->tile;
  self->value_size = value_size;
  self->args.is_integer = value_size == 1;
  self->args.k_splits = MAX (tactic->k_splits, 1);
  return self->device != NULL;
}

void
qs_cuda_product_clear (QsCudaProduct *self)
{
  if (self->device == NULL)
    return;

  qs_cuda_device_free (self->device, self->weights);
  qs_cuda_device_free (self->device, self->taps);
  qs_cuda_device_free (self->device, self->places);
  qs_cuda_device_free (self->device, self->multiplier);
  qs_cuda_device_free (self->device, self->bias);
}

/**
 * qs_cuda_product_plan_k:
 * @channels: values of k of every tap
 *
 * Sizes along k: whole chunks of channels are copied as they lie, others are put together from
 * pieces of four, as the three channels of an image are.
 */
void
qs_cuda_product_plan_k (QsCudaProduct *self,
                        gint64         n_taps,
                        gint64         channels)
{
  const gint64 per_chunk = CHUNK / (gint64) self->value_size;
  const gboolean pieced = channels % per_chunk != 0;
  QsCudaConvolution *args = &self->args;
  gint64 n_values;

  self->tap_values = pieced ? ROUND_UP (channels, PIECE) : channels;
  n_values = self->tap_values * n_taps;
  args->n_taps = n_taps;
  args->channels = channels;
  args->is_pieced = !pieced                 ? QS_CUDA_WHOLE_CHUNKS
                    : channels % PIECE == 0 ? QS_CUDA_ALIGNED_PIECES
                                            : QS_CUDA_SINGLE_VALUES;
  args->tap_chunks = qs_cuda_divisor (MAX (self->tap_values / (pieced ? PIECE : per_chunk), 1));
  args->n_k_chunks = ROUND_UP (n_values, per_chunk) / per_chunk;
  args->n_chunks = ROUND_UP (args->n_k_chunks, QS_CUDA_STEP_BYTES / CHUNK);
  args->weights_stride = (gint64) args->n_chunks * CHUNK;
}

void
qs_cuda_product_plan_columns (QsCudaProduct *self,
                              gint64         n_groups,
                              gint64         n_columns)
{
  QsCudaConvolution *args = &self->args;

  args->n_groups = n_groups;
  args->columns = n_columns;
  args->padded_columns = ROUND_UP (n_columns, QS_CUDA_COLUMN_PADDING);
  args->weights_group = args->padded_columns * args->weights_stride / (gint64) self->value_size;
}

gboolean
qs_cuda_product_upload_taps (QsCudaProduct    *self,
                             const QsCudaTap  *taps,
                             GError          **error)
{
  self->taps = qs_cuda_device_upload_new (self->device, taps, self->args.n_taps * sizeof *taps,
                                          error);
  self->args.taps = self->taps;
  return self->taps != NULL;
}

gboolean
qs_cuda_product_upload_weights (QsCudaProduct  *self,
                                gconstpointer   weights,
                                gsize           size,
                                GError        **error)
{
  self->weights = qs_cuda_device_upload_new (self->device, weights, size, error);
  self->args.weights = self->weights;
  return self->weights != NULL;
}

static gboolean
upload_floats (QsCudaProduct  *self,
               const float    *values,
               gint64          n,
               gpointer       *memory,
               GError        **error)
{
  *memory = qs_cuda_device_upload_new (self->device, values, (gsize) n * sizeof *values, error);
  return *memory != NULL;
}

/* What sums are multiplied by where that is the same for all columns: s_a * s_b * alpha of two INT8
 * activations, each product rounded (qs-int8.h); alpha of floats. */
static gboolean
fill_multiplier (const QsLayer *layer,
                 float          alpha,
                 gint64         n,
                 float        **multiplier,
                 GError       **error)
{
  const QsTensor *a = qs_layer_get_input (layer, 0), *b = qs_layer_get_input (layer, 1);
  float factor = alpha;

  if (a->type == QS_DATA_TYPE_INT8)
    {
      factor = a->scale * b->scale;
      factor = factor * alpha;
    }
  else if (alpha == 1.0f)
    return TRUE;

  *multiplier = qs_kernel_alloc ((gsize) n * sizeof (float), error);
  for (gint64 i = 0; *multiplier != NULL && i < n; i++)
    (*multiplier)[i] = factor;
  return *multiplier != NULL;
}

/**
 * qs_cuda_product_upload_parameters:
 * @alpha: what sums are multiplied by
 * @beta: what the bias is multiplied by
 *
 * Multiplier and bias of every column, after the columns are planned.
 */
gboolean
qs_cuda_product_upload_parameters (QsCudaProduct  *self,
                                   const QsLayer  *layer,
                                   float           alpha,
                                   float           beta,
                                   GError        **error)
{
  const gint64 n_groups = self->args.places != NULL ? 1 : self->args.n_groups;
  const gint64 n = n_groups * self->args.padded_columns;
  float *multiplier = NULL, *bias = NULL;
  gboolean ok = layer->weight_scales != NULL
                  ? qs_weighted_parameters (layer, n_groups, self->args.columns,
                                            self->args.padded_columns, beta, &multiplier, &bias,
                                            error)
                  : qs_weighted_bias (layer, n_groups, self->args.columns,
                                      self->args.padded_columns, beta, &bias, error) &&
                      fill_multiplier (layer, alpha, n, &multiplier, error);

  ok = ok && upload_floats (self, bias, n, &self->bias, error) &&
       (multiplier == NULL || upload_floats (self, multiplier, n, &self->multiplier, error));
  self->args.epilogue.bias = self->bias;
  self->args.epilogue.multiplier = self->multiplier;
  free (multiplier);
  free (bias);
  return ok;
}

/**
 * qs_cuda_product_plan_epilogue:
 * @row_stride: elements from row to row of the output
 * @residual_row_stride: and of the residual
 *
 * Whether four columns move at once is for those to say who know where matrices begin.
 */
void
qs_cuda_product_plan_epilogue (QsCudaProduct *self,
                               const QsLayer *layer,
                               gint64         row_stride,
                               gint64         residual_row_stride)
{
  const QsTensor *y = qs_layer_get_output (layer, 0);
  const QsTensor *residual = qs_layer_get_input (layer, QS_INPUT_RESIDUAL);
  QsCudaEpilogue *epilogue = &self->args.epilogue;

  epilogue->row_stride = row_stride;
  epilogue->residual_row_stride = residual_row_stride;
  epilogue->residual_scale = residual != NULL ? residual->scale : 0.0f;
  epilogue->residual_type = residual != NULL ? qs_cuda_type (residual->type) : QS_CUDA_FLOAT;
  epilogue->reciprocal = y->type == QS_DATA_TYPE_INT8 ? 1.0f / y->scale : 0.0f;
  epilogue->alpha = layer->activation.alpha;
  epilogue->beta = layer->activation.beta;
  epilogue->activation = layer->activation.type;
  epilogue->out_type = qs_cuda_type (y->type);
  epilogue->is_vectorised = self->args.columns % 4 == 0 && row_stride % 4 == 0 &&
                            residual_row_stride % 4 == 0;
}

gsize
qs_cuda_product_get_partial_size (const QsCudaProduct *self)
{
  const QsCudaConvolution *args = &self->args;

  return args->k_splits == 1 ? 0
                             : (gsize) args->k_splits * args->n_groups * args->rows
                                 * args->padded_columns * sizeof (float);
}

void
qs_cuda_product_take_memory (QsCudaConvolution *args,
                             const QsExecution *execution)
{
  args->epilogue.out = execution->outputs[0].data;
  if (execution->n_inputs > QS_INPUT_RESIDUAL)
    args->epilogue.residual = execution->inputs[QS_INPUT_RESIDUAL].data;
}

gboolean
qs_cuda_product_reduce (const QsCudaProduct  *self,
                        QsCudaConvolution    *args,
                        GError              **error)
{
  const gint64 n = (gint64) args->rows * ((args->columns + 3) / 4);
  const QsCudaLaunch launch = {
    .kernel = "qs_reduce_splits",
    .grid = { (n + QS_CUDA_FLAT_THREADS - 1) / QS_CUDA_FLAT_THREADS, 1, args->n_groups },
    .n_threads = QS_CUDA_FLAT_THREADS,
  };

  return qs_cuda_device_launch (self->device, &launch, args, error);
}

gboolean
qs_cuda_product_run (const QsCudaProduct *self,
                     QsCudaConvolution   *args,
                     gpointer             partial,
                     GError             **error)
{
  const QsCudaTile *tile = self->tile;
  const QsCudaLaunch launch = {
    .kernel = tile->kernel,
    .grid = { (args->rows + tile->rows - 1) / tile->rows,
              (args->columns + tile->columns - 1) / tile->columns,
              (guint) args->n_groups * args->k_splits },
    .n_threads = tile->n_threads,
    .shared_size = tile->shared_size,
  };

  if (args->rows == 0 || args->columns == 0 || args->n_groups == 0)
    return TRUE;

  args->partial = args->k_splits > 1 ? partial : NULL;
  return qs_cuda_device_launch (self->device, &launch, args, error) &&
         (args->k_splits == 1 || qs_cuda_product_reduce (self, args, error));
}

gboolean
qs_cuda_product_supports (const QsKernel  *kernel,
                          gint64           rows,
                          gint64           columns,
                          gint64           k_bytes,
                          gint64           n_groups,
                          const char     **reason)
{
  const QsCudaTile *tile = ((const QsCudaKernel *) kernel)->tile;
  const gint64 splits = ((const QsCudaKernel *) kernel)->k_splits;
  const gint64 across = (columns + tile->columns - 1) / tile->columns;
  const gint64 tiles = (rows + tile->rows - 1) / tile->rows * across;

  if (across > MAX_BLOCKS || n_groups > MAX_BLOCKS / splits)
    return qs_cuda_refuse (reason, "it has too many matrices, groups or channels for a CUDA grid");
  if ((tile->rows > 32 && rows <= tile->rows / 2) ||
      (tile->columns > 64 && columns <= tile->columns / 2))
    return qs_cuda_refuse (reason, "the tile is larger than the product");
  if (splits > 1 && k_bytes < 2 * QS_CUDA_STEP_BYTES * splits)
    return qs_cuda_refuse (reason, "the sums are too short to be split");
  if (splits > 1 && tiles * n_groups >= ENOUGH_TILES)
    return qs_cuda_refuse (reason, "there are enough tiles without splitting the sums");
  return TRUE;
}
