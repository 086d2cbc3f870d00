/* SPDX-License-Identifier: MIT */
#include "qs-cpu-kernel.h"

#include <stdlib.h>
#include <string.h>

#include "operators/qs-attributes.h"
#include "operators/qs-op-matrix-multiply.h"
#include "qs-cpu-range.h"
#include "qs-cpu-weighted.h"

/*
 * Matrix products with a constant right matrix: all leading axes of the left one are rows of a single
 * product whose right side was packed beforehand.
 */

typedef struct
{
  QsCpuProduct product;
  gint64 n_rows;
  gint64 n_k;
  gboolean copies;     /* rows are not a whole number of steps long */
  float *multiplier;
  float *bias;
} Weighted;

static gint64
n_columns (const QsLayer *layer)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const QsShape *w = &qs_layer_get_input (layer, QS_INPUT_WEIGHTS)->shape;

  return w->dims[attributes->trans_b ? 0 : 1];
}

static void
weighted_free (gpointer state)
{
  Weighted *self = state;

  qs_cpu_product_clear (&self->product);
  free (self->multiplier);
  free (self->bias);
  g_free (self);
}

/* alpha multiplies the sums of an FP32 product; the bias was multiplied by beta already. */
static gboolean
set_alpha (Weighted  *self,
           float      alpha,
           GError   **error)
{
  const gint64 n = qs_cpu_product_n_padded (&self->product);

  if (alpha == 1.0f)
    return TRUE;

  self->multiplier = qs_kernel_alloc (n * sizeof (float), error);
  for (gint64 j = 0; self->multiplier != NULL && j < n; j++)
    self->multiplier[j] = alpha;
  return self->multiplier != NULL;
}

static gboolean
weighted_init (Weighted       *self,
               const QsKernel *kernel,
               const QsLayer  *layer,
               GError        **error)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const QsCpuFunctions *functions = qs_cpu_kernel_functions (kernel);
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);
  const QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  const gboolean integer = kernel->precision == QS_PRECISION_INT8;
  const QsCpuProductFuncs *funcs = functions->product_f32;
  const gint64 n = n_columns (layer);
  gint64 n_padded;

  if (integer)
    funcs = qs_cpu_is_non_negative (x) ? functions->product_u7 : functions->product_s8;
  self->n_k = x->shape.dims[x->shape.n_dims - 1];
  self->n_rows = 1;
  for (int i = 0; i + 1 < x->shape.n_dims; i++)
    self->n_rows *= x->shape.dims[i];
  self->copies = self->n_k % funcs->unit != 0;
  if (!qs_cpu_product_init (&self->product, functions, funcs, 1, n, 1, self->n_k, error))
    return FALSE;

  qs_cpu_product_pack (&self->product, 0, qs_host_tensor_get_data (weights->value),
                       attributes->trans_b ? 1 : n, attributes->trans_b ? self->n_k : 1);
  n_padded = qs_cpu_product_n_padded (&self->product);
  return qs_weighted_parameters (layer, 1, n, n_padded, attributes->beta, &self->multiplier,
                                 &self->bias, error)
         && (integer || set_alpha (self, attributes->alpha, error));
}

static gpointer
weighted_prepare (const QsKernel  *kernel,
                  const QsLayer   *layer,
                  GError         **error)
{
  Weighted *self = g_new0 (Weighted, 1);

  if (!weighted_init (self, kernel, layer, error))
    g_clear_pointer (&self, weighted_free);

  return self;
}

static gsize
padded_row_bytes (const QsCpuProduct *product)
{
  return product->segment_steps * product->funcs->unit * product->funcs->left_size;
}

static gsize
weighted_workspace_size (const QsKernel *kernel,
                         const QsLayer  *layer,
                         gpointer        state,
                         guint           n_threads)
{
  const Weighted *self = state;

  return qs_cpu_left_bytes (self->product.funcs, self->n_rows * self->n_k)
         + qs_cpu_product_workspace (&self->product, self->n_rows,
                                     self->copies ? padded_row_bytes (&self->product) : 0,
                                     n_threads);
}

typedef struct
{
  const Weighted *weighted;
  const guint8 *left;
} WeightedSource;

static void
weighted_rows (gconstpointer  data,
               gint64         group,
               gint64         first,
               guint          n_rows,
               guint8        *scratch,
               const guint8 **rows)
{
  const WeightedSource *source = data;
  const Weighted *self = source->weighted;
  const gsize row_bytes = self->n_k * self->product.funcs->left_size;
  const gsize padded = padded_row_bytes (&self->product);

  for (guint r = 0; r < n_rows; r++)
    {
      rows[r] = source->left + (first + r) * row_bytes;
      if (self->copies)
        {
          memset (scratch + r * padded, 0, padded);
          rows[r] = memcpy (scratch + r * padded, rows[r], row_bytes);
        }
    }
}

static gboolean
weighted_execute (const QsKernel     *kernel,
                  const QsLayer      *layer,
                  gpointer            state,
                  const QsExecution  *execution,
                  GError            **error)
{
  const Weighted *self = state;
  const QsCpuProductFuncs *funcs = self->product.funcs;
  const gint64 n_left = self->n_rows * self->n_k;
  guint8 *workspace = execution->workspace;
  WeightedSource source = { .weighted = self };
  QsCpuProductRun run = {
    .product = &self->product,
    .n_rows = self->n_rows,
    .rows = weighted_rows,
    .source = &source,
    .scratch_per_row = self->copies ? padded_row_bytes (&self->product) : 0,
  };

  if (!qs_kernel_check_views (kernel, layer, execution, error))
    return FALSE;

  source.left = qs_cpu_left_convert (self->product.functions, funcs,
                                     execution->inputs[QS_INPUT_X].data, n_left, workspace,
                                     execution->pool);
  qs_cpu_weighted_epilogue (layer, execution, self->multiplier, self->bias,
                            self->product.n_columns, &run.epilogue);
  qs_cpu_product_run (&run, workspace + qs_cpu_left_bytes (funcs, n_left), execution->pool);
  return TRUE;
}

static gboolean
weighted_supports (const QsKernel  *kernel,
                   const QsLayer   *layer,
                   const char     **reason)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);
  const QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);

  if (weights->value == NULL || weights->shape.n_dims != 2)
    return qs_cpu_refuse (reason, "the second operand is not a constant matrix");
  if (x->shape.n_dims < 1 || !qs_shape_is_known (&x->shape))
    return qs_cpu_refuse (reason, "the shapes are not known");
  if (!qs_matrix_reads_plainly (attributes))
    return qs_cpu_refuse (reason, "an operand is read through strides");
  if (attributes->trans_a)
    return qs_cpu_refuse (reason, "the first operand is transposed");
  if (kernel->precision == QS_PRECISION_INT8
      && (attributes->alpha != 1.0f
          || (attributes->beta != 1.0f && qs_layer_get_input (layer, QS_INPUT_BIAS) != NULL)))
    return qs_cpu_refuse (reason, "alpha and beta have no INT8 form");

  return qs_weighted_supports (kernel, layer, x->shape.dims[x->shape.n_dims - 1],
                               n_columns (layer), FALSE, reason);
}

#define WEIGHTED \
  .kind = QS_LAYER_MATRIX_MULTIPLY, .format = QS_FORMAT_LINEAR, \
  .in_place = 1 << QS_INPUT_RESIDUAL, .supports = weighted_supports, \
  .prepare = weighted_prepare, .workspace_size = weighted_workspace_size, \
  .execute = weighted_execute, .release = weighted_free

const QsKernel qs_cpu_matrix_multiply_kernels[] = {
  { .name = "matmul_s8", .precision = QS_PRECISION_INT8, WEIGHTED },
  { .name = "matmul_f32", .precision = QS_PRECISION_FP32, WEIGHTED },
  { .name = NULL },
};
