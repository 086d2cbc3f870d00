/* SPDX-License-Identifier: MIT */
#include "qs-cpu-kernel.h"

#include <stdlib.h>
#include <string.h>

#include "numerics/qs-int8.h"
#include "operators/qs-access.h"
#include "operators/qs-attributes.h"
#include "operators/qs-op-matrix-multiply.h"
#include "operators/qs-op-util.h"
#include "qs-cpu-range.h"
#include "qs-cpu-weighted.h"

/*
 * Products of two activations, as in attention. The operands are taken where and how they lie: the
 * rows of the left matrix are pointers into its tensor wherever k is the innermost axis, and the
 * right matrices, transposed or not, are packed at every run. Batches are what threads share.
 */

/* Multiplications below which work is not worth handing to another thread. */
#define ITEM_WORK 100000

typedef struct
{
  QsCpuProduct product;   /* one group per right matrix; `packed` lies in the workspace */
  QsMatrixGeometry g;
  QsMatrixLayout a;
  QsMatrixLayout b;
  QsMatrixLayout y;
  QsMatrixLayout residual;
  gint64 left_offset;     /* of the first matrices in their tensors */
  gint64 right_offset;
  gint64 n_batches;
  gint64 *rights;         /* where every right matrix begins */
  gint64 *places[4];      /* for every batch: left matrix, right matrix (its number), output, residual */
  gboolean copies;        /* rows of the left side have to be converted or collected */
  float *multiplier;
  float *bias;
} Dynamic;

enum
{
  LEFT,
  RIGHT,
  OUTPUT,
  RESIDUAL,
};

static void
dynamic_free (gpointer state)
{
  Dynamic *self = state;

  free (self->rights);
  for (gsize i = 0; i < G_N_ELEMENTS (self->places); i++)
    free (self->places[i]);
  free (self->multiplier);
  free (self->bias);
  g_free (self);
}

/* A right operand that is broadcast has fewer matrices than there are batches. */
static gint64
count_rights (const Dynamic *self,
              gint64        *steps)
{
  gint64 n = 1;

  for (int i = self->g.batch.n_dims - 1; i >= 0; i--)
    {
      steps[i] = self->b.batch[i] == 0 ? 0 : n;
      n *= self->b.batch[i] == 0 ? 1 : self->g.batch.dims[i];
    }
  return n;
}

static gboolean
find_places (Dynamic  *self,
             GError  **error)
{
  gint64 steps[QS_MAX_DIMS];
  gint64 n_rights = count_rights (self, steps);
  QsWalk walk;

  self->n_batches = qs_shape_n_elements (&self->g.batch);
  self->rights = qs_kernel_alloc ((gsize) n_rights * sizeof (gint64), error);
  if (self->rights == NULL)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (self->places); i++)
    {
      self->places[i] = qs_kernel_alloc ((gsize) self->n_batches * sizeof (gint64), error);
      if (self->places[i] == NULL)
        return FALSE;
    }

  qs_walk_init (&walk, &self->g.batch);
  qs_walk_add (&walk, self->a.batch);
  qs_walk_add (&walk, self->b.batch);
  qs_walk_add (&walk, self->y.batch);
  qs_walk_add (&walk, self->residual.batch);
  for (gint64 i = 0; !walk.done; qs_walk_next (&walk), i++)
    {
      gint64 right = 0;

      for (int d = 0; d < self->g.batch.n_dims; d++)
        right += walk.index[d] * steps[d];
      self->rights[right] = self->right_offset + walk.offset[1];
      self->places[LEFT][i] = self->left_offset + walk.offset[0];
      self->places[RIGHT][i] = right;
      self->places[OUTPUT][i] = walk.offset[2];
      self->places[RESIDUAL][i] = walk.offset[3];
    }

  self->product.n_groups = n_rights;
  return TRUE;
}

static void
init_view (QsView        *view,
           const QsShape *shape)
{
  qs_view_init (view, QS_DATA_TYPE_FLOAT, QS_FORMAT_LINEAR, shape, NULL);
}

/* Where operands and result lie: the tensors are dense in row-major order. */
static gboolean
find_layouts (Dynamic        *self,
              const QsLayer  *layer,
              GError        **error)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const QsTensor *residual = qs_layer_get_input (layer, QS_INPUT_RESIDUAL);
  QsView a, b, y, r;

  init_view (&a, &qs_layer_get_input (layer, 0)->shape);
  init_view (&b, &qs_layer_get_input (layer, 1)->shape);
  if (!qs_matrix_geometry_init (&self->g, attributes, &a.shape, &b.shape, error))
    return FALSE;

  init_view (&y, &self->g.stored);
  self->left_offset = qs_access_view (&attributes->a, &a, &a);
  self->right_offset = qs_access_view (&attributes->b, &b, &b);
  qs_matrix_result_view (&self->g, attributes, &y, &y);
  qs_matrix_layout_init_left (&self->a, &self->g, attributes, &a);
  qs_matrix_layout_init_right (&self->b, &self->g, attributes, &b);
  qs_matrix_layout_init_result (&self->y, &self->g, &y);
  if (residual == NULL)
    return TRUE;

  init_view (&r, &residual->shape);
  qs_matrix_layout_init_result (&self->residual, &self->g, &r);
  return TRUE;
}

/* s_a * s_b * alpha as numerics/qs-int8.h says; alpha alone for FP32. */
static gboolean
make_parameters (Dynamic        *self,
                 const QsLayer  *layer,
                 GError        **error)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const QsTensor *a = qs_layer_get_input (layer, 0), *b = qs_layer_get_input (layer, 1);
  const gint64 n = qs_cpu_product_n_padded (&self->product);
  float factor = attributes->alpha;

  if (a->type == QS_DATA_TYPE_INT8)
    {
      factor = a->scale * b->scale;
      factor = factor * attributes->alpha;
    }
  self->multiplier = qs_kernel_alloc ((gsize) n * sizeof (float), error);
  for (gint64 j = 0; self->multiplier != NULL && j < n; j++)
    self->multiplier[j] = factor;

  return self->multiplier != NULL
         && qs_weighted_bias (layer, 1, self->g.n, n, attributes->beta, &self->bias, error);
}

static const QsCpuProductFuncs *
choose_product (const QsKernel *kernel,
                const QsLayer  *layer)
{
  const QsCpuFunctions *functions = qs_cpu_kernel_functions (kernel);

  if (kernel->precision != QS_PRECISION_INT8)
    return functions->product_f32;
  return qs_cpu_is_non_negative (qs_layer_get_input (layer, QS_INPUT_X)) ? functions->product_u7
                                                                         : functions->product_s8;
}

static gboolean
dynamic_init (Dynamic        *self,
              const QsKernel *kernel,
              const QsLayer  *layer,
              GError        **error)
{
  const QsCpuProductFuncs *funcs = choose_product (kernel, layer);

  if (!find_layouts (self, layer, error))
    return FALSE;

  qs_cpu_product_measure (&self->product, qs_cpu_kernel_functions (kernel), funcs, 1, self->g.n, 1,
                          self->g.k);
  self->copies = funcs->left != QS_CPU_LEFT_AS_IS || self->g.k % funcs->unit != 0
                 || self->a.column != 1;
  return find_places (self, error) && make_parameters (self, layer, error);
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
row_bytes (const Dynamic *self)
{
  const QsCpuProductFuncs *funcs = self->product.funcs;

  return (gsize) self->product.segment_steps * funcs->unit * funcs->left_size;
}

static gsize
scratch_per_row (const Dynamic *self)
{
  return self->copies ? row_bytes (self) : 0;
}

static gsize
share_bytes (const Dynamic *self)
{
  return qs_cpu_product_workspace (&self->product, self->g.m, scratch_per_row (self), 1);
}

static gsize
round_up (gsize size)
{
  return (size + 63) / 64 * 64;
}

static gsize
packed_bytes (const Dynamic *self)
{
  return round_up ((gsize) (self->product.n_groups * self->product.n_panels)
                   * self->product.panel_bytes);
}

static gsize
initial_bytes (const Dynamic *self)
{
  if (self->product.funcs->left != QS_CPU_LEFT_OFFSET)
    return 0;
  return round_up ((gsize) (self->product.n_groups * qs_cpu_product_n_padded (&self->product))
                   * sizeof (gint32));
}

static gsize
dynamic_workspace_size (const QsKernel *kernel,
                        const QsLayer  *layer,
                        gpointer        state,
                        guint           n_threads)
{
  return packed_bytes (state) + initial_bytes (state) + n_threads * share_bytes (state);
}

typedef struct
{
  const Dynamic *dynamic;
  const guint8 *left;
} Source;

/* Bytes of one row, collected where they do not lie side by side. */
static void
convert_bytes (const Dynamic *self,
               const gint8   *from,
               guint8        *to)
{
  const QsCpuProductFuncs *funcs = self->product.funcs;
  const QsCpuFunctions *functions = self->product.functions;
  gint8 piece[256];

  if (self->a.column == 1)
    {
      functions->left (funcs->left, from, to, self->g.k);
      return;
    }

  for (gint64 k = 0; k < self->g.k; k += (gint64) sizeof piece)
    {
      const gint64 n = MIN ((gint64) sizeof piece, self->g.k - k);

      for (gint64 i = 0; i < n; i++)
        piece[i] = from[(k + i) * self->a.column];
      functions->left (funcs->left, piece, to + k * funcs->left_size, n);
    }
}

static void
collect_floats (const Dynamic *self,
                const float   *from,
                float         *to)
{
  for (gint64 k = 0; k < self->g.k; k++)
    to[k] = from[k * self->a.column];
}

/* What is behind the last k of a row meets zeros of the right side; it only has to be there. */
static void
find_rows (gconstpointer  data,
           gint64         group,
           gint64         first,
           guint          n_rows,
           guint8        *scratch,
           const guint8 **rows)
{
  const Source *source = data;
  const Dynamic *self = source->dynamic;
  const QsCpuProductFuncs *funcs = self->product.funcs;
  const gsize size = funcs->right_size == sizeof (float) ? sizeof (float) : 1;
  const gsize filled = (gsize) self->g.k * funcs->left_size;

  for (guint r = 0; r < n_rows; r++, scratch += scratch_per_row (self))
    {
      const guint8 *from = source->left + (first + r) * self->a.row * (gint64) size;

      rows[r] = self->copies ? scratch : from;
      if (!self->copies)
        continue;
      memset (scratch + filled, 0, row_bytes (self) - filled);
      if (size == sizeof (float))
        collect_floats (self, (const float *) (gconstpointer) from, (float *) (gpointer) scratch);
      else
        convert_bytes (self, (const gint8 *) from, scratch);
    }
}

typedef struct
{
  const Dynamic *dynamic;
  QsCpuProduct product;
  const guint8 *left;
  const guint8 *right;
  gsize size;             /* bytes per element of the operands */
  QsCpuEpilogue epilogue;
  guint8 *shares;
} Run;

static void
pack_matrices (gint64   first,
               gint64   last,
               guint    thread,
               gpointer user_data)
{
  Run *run = user_data;
  const Dynamic *self = run->dynamic;

  for (gint64 i = first; i < last; i++)
    qs_cpu_product_pack (&run->product, i, run->right + self->rights[i] * (gint64) run->size,
                         self->b.row, self->b.column);
}

/* One batch; on its own thread when @pool is %NULL. */
static void
multiply_batch (const Run    *run,
                gint64        batch,
                gpointer      workspace,
                QsThreadPool *pool)
{
  const Dynamic *self = run->dynamic;
  const gint64 right = self->places[RIGHT][batch];
  QsCpuProduct product = run->product;
  Source source = { self, run->left + self->places[LEFT][batch] * (gint64) run->size };
  QsCpuProductRun product_run = {
    .product = &product,
    .n_rows = self->g.m,
    .rows = find_rows,
    .source = &source,
    .scratch_per_row = scratch_per_row (self),
    .epilogue = run->epilogue,
  };
  QsCpuEpilogue *epilogue = &product_run.epilogue;

  product.packed += (gsize) (right * product.n_panels) * product.panel_bytes;
  if (product.initial != NULL)
    product.initial += right * qs_cpu_product_n_padded (&product);
  product.n_groups = 1;
  epilogue->out = (guint8 *) epilogue->out
                  + self->places[OUTPUT][batch] * (gint64) qs_data_type_size (epilogue->out_type);
  if (epilogue->residual != NULL)
    epilogue->residual = (const guint8 *) epilogue->residual
                         + self->places[RESIDUAL][batch]
                           * (gint64) qs_data_type_size (epilogue->residual_type);
  qs_cpu_product_run (&product_run, workspace, pool);
}

static void
multiply_batches (gint64   first,
                  gint64   last,
                  guint    thread,
                  gpointer user_data)
{
  const Run *run = user_data;

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
  Run run = {
    .dynamic = self,
    .product = self->product,
    .left = execution->inputs[0].data,
    .right = execution->inputs[1].data,
    .size = qs_data_type_size (execution->inputs[0].type),
    .shares = workspace + packed_bytes (self) + initial_bytes (self),
  };

  if (!qs_kernel_check_views (kernel, layer, execution, error))
    return FALSE;

  run.product.packed = workspace;
  if (initial_bytes (self) > 0)
    run.product.initial = (gint32 *) (gpointer) (workspace + packed_bytes (self));
  qs_cpu_weighted_epilogue (layer, execution, self->multiplier, self->bias, self->y.row,
                            &run.epilogue);
  run.epilogue.residual_row_stride = self->residual.row;
  qs_thread_pool_run (execution->pool, run.product.n_groups,
                      1 + 16384 / MAX (1, self->g.k * self->g.n), pack_matrices, &run);
  if (self->n_batches > 1)
    qs_thread_pool_run (execution->pool, self->n_batches,
                        1 + ITEM_WORK / MAX (1, self->g.m * self->g.k * self->g.n),
                        multiply_batches, &run);
  else if (self->n_batches == 1)
    multiply_batch (&run, 0, run.shares, execution->pool);
  return TRUE;
}

static const char *
find_int8_obstacle (const QsLayer          *layer,
                    const QsMatrixGeometry *g)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const QsTensor *a = qs_layer_get_input (layer, 0), *b = qs_layer_get_input (layer, 1);
  const QsTensor *y = qs_layer_get_output (layer, 0);

  if (a->type != QS_DATA_TYPE_INT8 || b->type != QS_DATA_TYPE_INT8)
    return "an operand is not INT8";
  if (b->value != NULL || layer->weight_scales != NULL)
    return "the second operand is constant";
  if (!(a->scale > 0.0f) || !(b->scale > 0.0f))
    return "an operand has no scale";
  if (g->k > QS_INT8_MAX_K)
    return "the sums have more products than int32 can hold exactly";
  if (attributes->beta != 1.0f && qs_layer_get_input (layer, QS_INPUT_BIAS) != NULL)
    return "beta has no INT8 form";
  if (y->type == QS_DATA_TYPE_INT8 ? !(y->scale > 0.0f) : y->type != QS_DATA_TYPE_FLOAT)
    return "the output is neither INT8 with a scale nor float";
  return NULL;
}

static const char *
find_float_obstacle (const QsLayer *layer)
{
  for (guint i = 0; i < 2; i++)
    if (qs_layer_get_input (layer, i)->type != QS_DATA_TYPE_FLOAT)
      return "an operand is not float";

  return qs_layer_get_output (layer, 0)->type == QS_DATA_TYPE_FLOAT ? NULL
                                                                    : "the output is not float";
}

/* A residual may be broadcast, as attention's mask is, but not along the columns. */
static const char *
find_residual_obstacle (const QsKernel         *kernel,
                        const QsLayer          *layer,
                        const QsMatrixGeometry *g)
{
  const QsTensor *residual = qs_layer_get_input (layer, QS_INPUT_RESIDUAL);
  const QsShape *shape = residual != NULL ? &residual->shape : NULL;

  if (residual == NULL)
    return NULL;
  if (residual->type != QS_DATA_TYPE_FLOAT
      && !(kernel->precision == QS_PRECISION_INT8 && residual->type == QS_DATA_TYPE_INT8
           && residual->scale > 0.0f))
    return "the residual's type does not fit";
  if (g->vector_b || shape->n_dims == 0 || shape->dims[shape->n_dims - 1] != g->n)
    return "the residual is broadcast along the columns";
  return NULL;
}

static gboolean
dynamic_supports (const QsKernel  *kernel,
                  const QsLayer   *layer,
                  const char     **reason)
{
  const QsTensor *a = qs_layer_get_input (layer, 0), *b = qs_layer_get_input (layer, 1);
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const char *obstacle;
  QsMatrixGeometry g;

  if (!qs_matrix_geometry_init (&g, attributes, &a->shape, &b->shape, NULL))
    return qs_cpu_refuse (reason, "the shapes do not fit together");
  if (g.k == 0)
    return qs_cpu_refuse (reason, "the sums are empty");
  if (attributes->perm_y.n > 0 && attributes->perm_y.v[g.y.n_dims - 1] != g.y.n_dims - 1)
    return qs_cpu_refuse (reason, "neighbours in a row of the result are not stored side by side");

  obstacle = kernel->precision == QS_PRECISION_INT8 ? find_int8_obstacle (layer, &g)
                                                    : find_float_obstacle (layer);
  if (obstacle == NULL)
    obstacle = find_residual_obstacle (kernel, layer, &g);
  if (obstacle != NULL)
    return qs_cpu_refuse (reason, obstacle);
  return qs_weighted_supports_bias (layer, g.n, FALSE, reason);
}

#define DYNAMIC(name_, precision_) \
  { \
    .name = name_, .kind = QS_LAYER_MATRIX_MULTIPLY, .precision = precision_, \
    .format = QS_FORMAT_LINEAR, .supports = dynamic_supports, .prepare = dynamic_prepare, \
    .workspace_size = dynamic_workspace_size, .execute = dynamic_execute, .release = dynamic_free, \
  }

const QsKernel qs_cpu_matrix_multiply_dynamic_kernels[] = {
  DYNAMIC ("matmul_dynamic_s8", QS_PRECISION_INT8),
  DYNAMIC ("matmul_dynamic_f32", QS_PRECISION_FP32),
  { .name = NULL },
};
