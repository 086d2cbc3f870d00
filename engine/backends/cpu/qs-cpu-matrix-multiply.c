/* SPDX-License-Identifier: MIT */
#include "qs-cpu-kernel.h"

#include <stdlib.h>
#include <string.h>

#include "operators/qs-attributes.h"
#include "operators/qs-op-matrix-multiply.h"
#include "operators/qs-op-util.h"
#include "qs-cpu-range.h"
#include "qs-cpu-weighted.h"

/*
 * Matrix products. With a constant right matrix, all leading axes of the left one are rows of a
 * single product whose right side was packed beforehand; otherwise the right matrices are packed at
 * every run, and batches are what threads share.
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

  self->multiplier = qs_cpu_alloc (n * sizeof (float), error);
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
  return qs_cpu_weighted_parameters (layer, 1, n, n_padded, attributes->beta, &self->multiplier,
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

  if (!qs_cpu_check_views (kernel, layer, execution, error))
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
  if (attributes->trans_a)
    return qs_cpu_refuse (reason, "the first operand is transposed");
  if (kernel->precision == QS_PRECISION_INT8
      && (attributes->alpha != 1.0f
          || (attributes->beta != 1.0f && qs_layer_get_input (layer, QS_INPUT_BIAS) != NULL)))
    return qs_cpu_refuse (reason, "alpha and beta have no INT8 form");

  return qs_cpu_weighted_supports (kernel, layer, x->shape.dims[x->shape.n_dims - 1],
                                   n_columns (layer), reason);
}

/* ---- both operands are computed at run time ---- */

typedef struct
{
  QsCpuProduct product;   /* one group per right matrix; `packed` lies in the workspace */
  QsMatrixGeometry g;
  gint64 n_batches;
  gint64 *left_matrix;    /* for every batch, which matrix of the left operand */
  gint64 *right_matrix;
  gboolean trans_a;
  gboolean trans_b;
  float *multiplier;
  float *bias;
} Dynamic;

static void
dynamic_free (gpointer state)
{
  Dynamic *self = state;

  free (self->left_matrix);
  free (self->right_matrix);
  free (self->multiplier);
  free (self->bias);
  g_free (self);
}

/* Strides over matrices, aligned at the end to @batch, 0 where the operand is broadcast. */
static void
matrix_strides (const QsShape *operand,
                const QsShape *batch,
                gint64        *strides)
{
  int shift = batch->n_dims - (operand->n_dims - 2);
  gint64 step = 1;

  for (int i = batch->n_dims - 1; i >= 0; i--)
    {
      gint64 dim = i < shift ? 1 : operand->dims[i - shift];

      strides[i] = dim == 1 ? 0 : step;
      step *= dim;
    }
}

static gint64
n_matrices (const QsShape *operand)
{
  gint64 n = 1;

  for (int i = 0; i < operand->n_dims - 2; i++)
    n *= operand->dims[i];
  return n;
}

static gboolean
number_matrices (Dynamic        *self,
                 const QsShape  *a,
                 const QsShape  *b,
                 GError        **error)
{
  gint64 left[QS_MAX_DIMS], right[QS_MAX_DIMS];
  QsWalk walk;

  self->n_batches = qs_shape_n_elements (&self->g.batch);
  self->left_matrix = qs_cpu_alloc (self->n_batches * sizeof (gint64), error);
  if (self->left_matrix == NULL)
    return FALSE;
  self->right_matrix = qs_cpu_alloc (self->n_batches * sizeof (gint64), error);
  if (self->right_matrix == NULL)
    return FALSE;

  matrix_strides (a, &self->g.batch, left);
  matrix_strides (b, &self->g.batch, right);

  qs_walk_init (&walk, &self->g.batch);
  qs_walk_add (&walk, left);
  qs_walk_add (&walk, right);
  for (gint64 i = 0; !walk.done; qs_walk_next (&walk), i++)
    {
      self->left_matrix[i] = walk.offset[0];
      self->right_matrix[i] = walk.offset[1];
    }

  return TRUE;
}

static gboolean
dynamic_init (Dynamic        *self,
              const QsKernel *kernel,
              const QsLayer  *layer,
              GError        **error)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const QsCpuFunctions *functions = qs_cpu_kernel_functions (kernel);
  const QsShape *a = &qs_layer_get_input (layer, 0)->shape;
  const QsShape *b = &qs_layer_get_input (layer, 1)->shape;
  gint64 n_padded;

  if (!qs_matrix_geometry_init (&self->g, attributes, a, b, error)
      || !number_matrices (self, a, b, error))
    return FALSE;

  self->trans_a = attributes->trans_a;
  self->trans_b = attributes->trans_b;
  qs_cpu_product_measure (&self->product, functions, functions->product_f32, n_matrices (b),
                          self->g.n, 1, self->g.k);
  n_padded = qs_cpu_product_n_padded (&self->product);
  self->multiplier = qs_cpu_alloc (n_padded * sizeof (float), error);
  for (gint64 j = 0; self->multiplier != NULL && j < n_padded; j++)
    self->multiplier[j] = attributes->alpha;

  return self->multiplier != NULL
         && qs_cpu_weighted_parameters (layer, 1, self->g.n, n_padded, attributes->beta,
                                        &self->multiplier, &self->bias, error);
}

static gpointer
dynamic_prepare (const QsKernel  *kernel,
                 const QsLayer   *layer,
                 GError         **error)
{
  Dynamic *self = g_new0 (Dynamic, 1);

  if (!dynamic_init (self, kernel, layer, error))
    g_clear_pointer (&self, dynamic_free);

  return self;
}

static gsize
dynamic_scratch_per_row (const Dynamic *self)
{
  return self->trans_a ? self->g.k * sizeof (float) : 0;
}

static gsize
share_bytes (const Dynamic *self)
{
  return qs_cpu_product_workspace (&self->product, self->g.m, dynamic_scratch_per_row (self), 1);
}

static gsize
packed_bytes (const Dynamic *self)
{
  return (self->product.n_groups * self->product.n_panels * self->product.panel_bytes + 63) / 64
         * 64;
}

static gsize
dynamic_workspace_size (const QsKernel *kernel,
                        const QsLayer  *layer,
                        gpointer        state,
                        guint           n_threads)
{
  return packed_bytes (state) + n_threads * share_bytes (state);
}

typedef struct
{
  const Dynamic *dynamic;
  const float *left;
} DynamicSource;

static void
dynamic_rows (gconstpointer  data,
              gint64         group,
              gint64         first,
              guint          n_rows,
              guint8        *scratch,
              const guint8 **rows)
{
  const DynamicSource *source = data;
  const QsMatrixGeometry *g = &source->dynamic->g;

  for (guint r = 0; r < n_rows; r++)
    if (source->dynamic->trans_a)
      {
        float *row = (float *) (gpointer) scratch + r * g->k;

        for (gint64 k = 0; k < g->k; k++)
          row[k] = source->left[k * g->m + first + r];
        rows[r] = (const guint8 *) row;
      }
    else
      rows[r] = (const guint8 *) (source->left + (first + r) * g->k);
}

typedef struct
{
  const Dynamic *dynamic;
  QsCpuProduct product;
  const float *left;
  const float *right;
  QsCpuEpilogue epilogue;
  guint8 *shares;
} DynamicRun;

static void
pack_matrices (gint64   first,
               gint64   last,
               guint    thread,
               gpointer user_data)
{
  DynamicRun *run = user_data;
  const Dynamic *self = run->dynamic;

  for (gint64 i = first; i < last; i++)
    qs_cpu_product_pack (&run->product, i, run->right + i * self->g.k * self->g.n,
                         self->trans_b ? 1 : self->g.n, self->trans_b ? self->g.k : 1);
}

/* One batch; on its own thread when @pool is %NULL. */
static void
multiply_batch (const DynamicRun *run,
                gint64            batch,
                gpointer          workspace,
                QsThreadPool     *pool)
{
  const Dynamic *self = run->dynamic;
  QsCpuProduct product = run->product;
  DynamicSource source = { self, run->left + self->left_matrix[batch] * self->g.m * self->g.k };
  QsCpuProductRun product_run = {
    .product = &product,
    .n_rows = self->g.m,
    .rows = dynamic_rows,
    .source = &source,
    .scratch_per_row = dynamic_scratch_per_row (self),
    .epilogue = run->epilogue,
  };
  const gint64 offset = batch * self->g.m * self->g.n;

  product.packed += self->right_matrix[batch] * product.n_panels * product.panel_bytes;
  product.n_groups = 1;
  product_run.epilogue.out = (float *) product_run.epilogue.out + offset;
  if (product_run.epilogue.residual != NULL)
    product_run.epilogue.residual = (const float *) product_run.epilogue.residual + offset;
  qs_cpu_product_run (&product_run, workspace, pool);
}

static void
multiply_batches (gint64   first,
                  gint64   last,
                  guint    thread,
                  gpointer user_data)
{
  const DynamicRun *run = user_data;

  for (gint64 i = first; i < last; i++)
    multiply_batch (run, i, run->shares + thread * share_bytes (run->dynamic), NULL);
}

static gboolean
dynamic_execute (const QsKernel     *kernel,
                 const QsLayer      *layer,
                 gpointer            state,
                 const QsExecution  *execution,
                 GError            **error)
{
  const Dynamic *self = state;
  guint8 *workspace = execution->workspace;
  DynamicRun run = {
    .dynamic = self,
    .product = self->product,
    .left = execution->inputs[0].data,
    .right = execution->inputs[1].data,
    .shares = workspace + packed_bytes (self),
  };

  if (!qs_cpu_check_views (kernel, layer, execution, error))
    return FALSE;

  run.product.packed = workspace;
  qs_cpu_weighted_epilogue (layer, execution, self->multiplier, self->bias, self->g.n,
                            &run.epilogue);
  qs_thread_pool_run (execution->pool, run.product.n_groups,
                      1 + 16384 / MAX (1, self->g.k * self->g.n), pack_matrices, &run);
  if (self->n_batches > 1)
    qs_thread_pool_run (execution->pool, self->n_batches,
                        1 + 100000 / MAX (1, self->g.m * self->g.k * self->g.n), multiply_batches,
                        &run);
  else if (self->n_batches == 1)
    multiply_batch (&run, 0, run.shares, execution->pool);
  return TRUE;
}

static gboolean
dynamic_supports (const QsKernel  *kernel,
                  const QsLayer   *layer,
                  const char     **reason)
{
  const QsTensor *a = qs_layer_get_input (layer, 0), *b = qs_layer_get_input (layer, 1);
  QsMatrixGeometry g;

  if (a->type != QS_DATA_TYPE_FLOAT || b->type != QS_DATA_TYPE_FLOAT
      || qs_layer_get_output (layer, 0)->type != QS_DATA_TYPE_FLOAT)
    return qs_cpu_refuse (reason, "an operand or the output is not float");
  if (!qs_matrix_geometry_init (&g, layer->attributes, &a->shape, &b->shape, NULL))
    return qs_cpu_refuse (reason, "the shapes do not fit together");
  if (g.k == 0)
    return qs_cpu_refuse (reason, "the sums are empty");

  return qs_cpu_weighted_supports_extras (kernel, layer, g.n, reason);
}

#define WEIGHTED \
  .kind = QS_LAYER_MATRIX_MULTIPLY, .format = QS_FORMAT_LINEAR, .supports = weighted_supports, \
  .prepare = weighted_prepare, .workspace_size = weighted_workspace_size, \
  .execute = weighted_execute, .release = weighted_free

const QsKernel qs_cpu_matrix_multiply_kernels[] = {
  { .name = "matmul_s8", .precision = QS_PRECISION_INT8, WEIGHTED },
  { .name = "matmul_f32", .precision = QS_PRECISION_FP32, WEIGHTED },
  {
    .name = "matmul_dynamic_f32",
    .kind = QS_LAYER_MATRIX_MULTIPLY,
    .precision = QS_PRECISION_FP32,
    .format = QS_FORMAT_LINEAR,
    .supports = dynamic_supports,
    .prepare = dynamic_prepare,
    .workspace_size = dynamic_workspace_size,
    .execute = dynamic_execute,
    .release = dynamic_free,
  },
  { .name = NULL },
};
