/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "numerics/qs-int8.h"
#include "qs-access.h"
#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-matrix-multiply.h"
#include "qs-op-rows.h"
#include "qs-op-util.h"

#define OFFSET(field) G_STRUCT_OFFSET (QsMatrixMultiplyAttributes, field)

static const QsField fields[] = {
  { "transA", QS_FIELD_FLAG, OFFSET (trans_a) },
  { "transB", QS_FIELD_FLAG, OFFSET (trans_b) },
  { "alpha", QS_FIELD_FLOAT, OFFSET (alpha) },
  { "beta", QS_FIELD_FLOAT, OFFSET (beta) },
  { "dimsA", QS_FIELD_INTS, OFFSET (a.dims) },
  { "stridesA", QS_FIELD_INTS, OFFSET (a.strides) },
  { "offsetA", QS_FIELD_INT, OFFSET (a.offset) },
  { "dimsB", QS_FIELD_INTS, OFFSET (b.dims) },
  { "stridesB", QS_FIELD_INTS, OFFSET (b.strides) },
  { "offsetB", QS_FIELD_INT, OFFSET (b.offset) },
  { "permY", QS_FIELD_INTS, OFFSET (perm_y) },
  { NULL },
};

static gint64
from_end (const QsShape *shape,
          int            axis)
{
  return shape->dims[shape->n_dims - 1 - axis];
}

static gboolean
fail (GError       **error,
      const QsShape *a,
      const QsShape *b)
{
  g_autofree char *first = qs_shape_to_string (a);
  g_autofree char *second = qs_shape_to_string (b);

  g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "matrices of shapes %s and %s cannot be multiplied",
               first, second);
  return FALSE;
}

/* Batch axes of one operand: everything in front of the matrix. */
static QsShape
batch_shape (const QsShape *shape)
{
  QsShape batch = { .n_dims = MAX (shape->n_dims - 2, 0) };

  memcpy (batch.dims, shape->dims, sizeof (gint64) * (gsize) batch.n_dims);
  return batch;
}

/* The order in which the axes of the result are stored must name each of them once. */
static gboolean
store (QsMatrixGeometry  *self,
       const QsInts      *perm,
       GError           **error)
{
  guint seen = 0;

  self->stored = self->y;
  if (perm->n == 0)
    return TRUE;

  for (int i = 0; i < perm->n && perm->n == self->y.n_dims; i++)
    if (perm->v[i] >= 0 && perm->v[i] < self->y.n_dims)
      {
        self->stored.dims[i] = self->y.dims[perm->v[i]];
        seen |= 1u << perm->v[i];
      }
  if (perm->n == self->y.n_dims && seen == (1u << self->y.n_dims) - 1)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
               "the order of the result's axes does not name each of %d axes once", self->y.n_dims);
  return FALSE;
}

/**
 * qs_matrix_geometry_init:
 *
 * The operands have the shapes @a and @b, or are read as the attributes say.
 *
 * NumPy's matmul: a vector counts as one row on the left, one column on the right, and that axis
 * is dropped from the result; axes before the last two are broadcast.
 *
 * Errors: %QS_ERROR_SHAPE when the operands do not fit together
 */
gboolean
qs_matrix_geometry_init (QsMatrixGeometry                 *self,
                         const QsMatrixMultiplyAttributes *attributes,
                         const QsShape                    *a,
                         const QsShape                    *b,
                         GError                          **error)
{
  QsShape read_a, read_b, batch_a, batch_b;
  gint64 k_of_b;

  memset (self, 0, sizeof *self);
  qs_access_shape (&attributes->a, a, &read_a);
  qs_access_shape (&attributes->b, b, &read_b);
  batch_a = batch_shape (&read_a);
  batch_b = batch_shape (&read_b);
  if (read_a.n_dims < 1 || read_b.n_dims < 1 ||
      !qs_shape_broadcast (&batch_a, &batch_b, &self->batch))
    return fail (error, &read_a, &read_b);

  self->vector_a = read_a.n_dims == 1;
  self->vector_b = read_b.n_dims == 1;
  self->m = self->vector_a ? 1 : from_end (&read_a, attributes->trans_a ? 0 : 1);
  self->k = self->vector_a ? read_a.dims[0] : from_end (&read_a, attributes->trans_a ? 1 : 0);
  self->n = self->vector_b ? 1 : from_end (&read_b, attributes->trans_b ? 1 : 0);
  k_of_b = self->vector_b ? read_b.dims[0] : from_end (&read_b, attributes->trans_b ? 0 : 1);
  if (self->k != k_of_b)
    return fail (error, &read_a, &read_b);

  self->y = self->batch;
  if (!self->vector_a)
    self->y.dims[self->y.n_dims++] = self->m;
  if (!self->vector_b)
    self->y.dims[self->y.n_dims++] = self->n;
  return store (self, &attributes->perm_y, error);
}

static gboolean
check_extra_input (const QsLayer *layer,
                   guint          index,
                   const char    *what,
                   const QsShape *y,
                   GError       **error)
{
  QsTensor *tensor = qs_layer_get_input (layer, index);
  QsShape both;

  if (tensor == NULL ||
      (qs_shape_broadcast (&tensor->shape, y, &both) && qs_shape_equal (&both, y)))
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "the %s “%s” does not broadcast to the output",
               what, tensor->name);
  return FALSE;
}

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  QsTensor *a = qs_layer_require_input (layer, QS_INPUT_X, error);
  QsTensor *b = a != NULL ? qs_layer_require_input (layer, QS_INPUT_WEIGHTS, error) : NULL;
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  QsMatrixGeometry geometry;

  if (b == NULL || !qs_access_check (&attributes->a, &a->shape, error) ||
      !qs_access_check (&attributes->b, &b->shape, error) ||
      !qs_layer_check_float (a, "the first input", error) ||
      !qs_layer_check_float (b, "the second input", error) ||
      !qs_matrix_geometry_init (&geometry, layer->attributes, &a->shape, &b->shape, error) ||
      !check_extra_input (layer, QS_INPUT_BIAS, "bias", &geometry.y, error) ||
      !check_extra_input (layer, QS_INPUT_RESIDUAL, "residual input", &geometry.y, error))
    return FALSE;

  return qs_layer_set_output (layer, 0, qs_layer_weighted_type (layer), &geometry.stored, error);
}

static void
init_operand (QsMatrixLayout         *self,
              const QsMatrixGeometry *geometry,
              const QsView           *view,
              gboolean                transposed)
{
  int last = view->shape.n_dims - 1;
  QsView outer = *view;

  self->row = view->strides[transposed ? last : last - 1];
  self->column = view->strides[transposed ? last - 1 : last];
  outer.shape = batch_shape (&view->shape);
  qs_broadcast_strides (&outer, &geometry->batch, self->batch);
}

void
qs_matrix_layout_init_left (QsMatrixLayout                   *self,
                            const QsMatrixGeometry           *geometry,
                            const QsMatrixMultiplyAttributes *attributes,
                            const QsView                     *a)
{
  *self = (QsMatrixLayout) { .column = a->strides[0] };
  if (!geometry->vector_a)
    init_operand (self, geometry, a, attributes->trans_a);
}

void
qs_matrix_layout_init_right (QsMatrixLayout                   *self,
                             const QsMatrixGeometry           *geometry,
                             const QsMatrixMultiplyAttributes *attributes,
                             const QsView                     *b)
{
  *self = (QsMatrixLayout) { .row = b->strides[0] };
  if (!geometry->vector_b)
    init_operand (self, geometry, b, attributes->trans_b);
}

gboolean
qs_matrix_reads_plainly (const QsMatrixMultiplyAttributes *attributes)
{
  return !qs_access_is_set (&attributes->a) && !qs_access_is_set (&attributes->b) &&
         attributes->perm_y.n == 0;
}

void
qs_matrix_result_view (const QsMatrixGeometry           *geometry,
                       const QsMatrixMultiplyAttributes *attributes,
                       const QsView                     *stored,
                       QsView                           *view)
{
  const QsView from = *stored;

  *view = from;
  view->shape = geometry->y;
  for (int i = 0; i < attributes->perm_y.n; i++)
    view->strides[attributes->perm_y.v[i]] = from.strides[i];
}

void
qs_matrix_layout_init_result (QsMatrixLayout         *self,
                              const QsMatrixGeometry *geometry,
                              const QsView           *view)
{
  gint64 strides[QS_MAX_DIMS];
  int axis = geometry->batch.n_dims;

  *self = (QsMatrixLayout) { 0 };
  qs_broadcast_strides (view, &geometry->y, strides);
  memcpy (self->batch, strides, sizeof (gint64) * (gsize) axis);
  if (!geometry->vector_a)
    self->row = strides[axis++];
  if (!geometry->vector_b)
    self->column = strides[axis];
}

static void
finish_row (const QsLayer *layer,
            const QsView  *inputs,
            const gint64  *offsets,
            const gint64  *steps,
            gint64         n,
            float         *sums)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const float *bias = offsets[0] >= 0
                        ? (const float *) inputs[QS_INPUT_BIAS].data + offsets[0] : NULL;
  const float *residual = offsets[1] >= 0
                            ? (const float *) inputs[QS_INPUT_RESIDUAL].data + offsets[1] : NULL;

  if (attributes->alpha != 1.0f)
    for (gint64 j = 0; j < n; j++)
      sums[j] *= attributes->alpha;
  if (bias != NULL && attributes->beta == 1.0f)
    for (gint64 j = 0; j < n; j++)
      sums[j] += bias[j * steps[0]];
  else if (bias != NULL)
    for (gint64 j = 0; j < n; j++)
      sums[j] += attributes->beta * bias[j * steps[0]];
  if (residual != NULL)
    for (gint64 j = 0; j < n; j++)
      sums[j] += residual[j * steps[1]];

  qs_activation_apply_row (&layer->activation, sums, n);
}

typedef struct
{
  QsMatrixGeometry g;
  QsMatrixLayout a;
  QsMatrixLayout b;
  QsMatrixLayout y;
  QsMatrixLayout extras[2]; /* bias and residual */
  gboolean has_extra[2];
} Plan;

static void
plan_init (Plan          *self,
           const QsLayer *layer,
           const QsView  *inputs,
           const QsView  *a,
           const QsView  *b,
           const QsView  *y)
{
  qs_matrix_layout_init_left (&self->a, &self->g, layer->attributes, a);
  qs_matrix_layout_init_right (&self->b, &self->g, layer->attributes, b);
  qs_matrix_layout_init_result (&self->y, &self->g, y);
  for (guint i = 0; i < 2; i++)
    {
      self->has_extra[i] = QS_INPUT_BIAS + i < layer->inputs->len &&
                           inputs[QS_INPUT_BIAS + i].data != NULL;
      if (self->has_extra[i])
        qs_matrix_layout_init_result (&self->extras[i], &self->g, &inputs[QS_INPUT_BIAS + i]);
    }
}

/* Offsets of row @i in the optional inputs, and the steps between its columns; an offset of -1 for
 * one that is absent. */
static void
find_extras (const Plan   *plan,
             const gint64 *batch_index,
             gint64        i,
             gint64       *offsets,
             gint64       *steps)
{
  for (guint e = 0; e < 2; e++)
    {
      const QsMatrixLayout *layout = &plan->extras[e];

      offsets[e] = plan->has_extra[e] ? i * layout->row : -1;
      steps[e] = layout->column;
      for (int d = 0; plan->has_extra[e] && d < plan->g.batch.n_dims; d++)
        offsets[e] += batch_index[d] * layout->batch[d];
    }
}

/*
 * A row of outputs at a time: every row of the right matrix, scaled, is added to it, so that each
 * sum runs over k in order, in float32, and the inner loop over columns is long.
 */
static void
multiply_row (const Plan  *plan,
              const float *a,
              const float *b,
              float       *sums)
{
  memset (sums, 0, sizeof (float) * (gsize) plan->g.n);
  for (gint64 k = 0; k < plan->g.k; k++)
    {
      const float *row = b + k * plan->b.row;
      float factor = a[k * plan->a.column];

      if (plan->b.column == 1)
        for (gint64 j = 0; j < plan->g.n; j++)
          sums[j] += factor * row[j];
      else
        for (gint64 j = 0; j < plan->g.n; j++)
          sums[j] += factor * row[j * plan->b.column];
    }
}

/* The operands as they are read: strides over row-major memory. */
static gboolean
read_operand (const QsAccess  *access,
              const QsView    *tensor,
              QsView          *view,
              GError         **error)
{
  gint64 offset;

  if (qs_access_is_set (access) && !qs_view_is_linear (tensor))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "an operand that is read through strides is not in row-major order");
      return FALSE;
    }

  offset = qs_access_view (access, tensor, view);
  view->data = (guint8 *) tensor->data + offset * (gint64) qs_data_type_size (tensor->type);
  return TRUE;
}

static gboolean
compute (const QsLayer *layer,
         const QsView  *inputs,
         QsView        *outputs,
         GError       **error)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  g_autofree float *sums = NULL;
  QsView a, b, y;
  QsWalk walk;
  Plan plan = { 0 };

  if (!qs_matrix_geometry_init (&plan.g, attributes, &inputs[0].shape, &inputs[1].shape, error) ||
      !read_operand (&attributes->a, &inputs[0], &a, error) ||
      !read_operand (&attributes->b, &inputs[1], &b, error))
    return FALSE;
  qs_matrix_result_view (&plan.g, attributes, &outputs[0], &y);
  plan_init (&plan, layer, inputs, &a, &b, &y);
  sums = qs_try_new (plan.g.n, sizeof (float), error);
  if (sums == NULL)
    return FALSE;

  qs_walk_init (&walk, &plan.g.batch);
  qs_walk_add (&walk, plan.a.batch);
  qs_walk_add (&walk, plan.b.batch);
  qs_walk_add (&walk, plan.y.batch);
  for (; !walk.done; qs_walk_next (&walk))
    for (gint64 i = 0; i < plan.g.m; i++)
      {
        float *out = (float *) y.data + walk.offset[2] + i * plan.y.row;
        gint64 offsets[2], steps[2];

        multiply_row (&plan, (const float *) a.data + walk.offset[0] + i * plan.a.row,
                      (const float *) b.data + walk.offset[1], sums);
        find_extras (&plan, walk.index, i, offsets, steps);
        finish_row (layer, inputs, offsets, steps, plan.g.n, sums);
        for (gint64 j = 0; j < plan.g.n; j++)
          out[j * plan.y.column] = sums[j];
      }

  return TRUE;
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  return qs_evaluate_in_floats (layer, inputs, outputs, compute, error);
}

static gboolean
parse_gemm (QsImporter       *importer,
            const QsOperator *op,
            const QsOnnxNode *node,
            GError          **error)
{
  QsMatrixMultiplyAttributes attributes = { 0 };
  QsTensor *a = qs_importer_require_input (importer, node, 0, error);
  QsTensor *b = a != NULL ? qs_importer_require_input (importer, node, 1, error) : NULL;

  if (b == NULL)
    return FALSE;
  if (a->shape.n_dims != 2 || b->shape.n_dims != 2)
    return fail (error, &a->shape, &b->shape);

  return qs_onnx_node_get_flag (node, "transA", FALSE, &attributes.trans_a, error) &&
         qs_onnx_node_get_flag (node, "transB", FALSE, &attributes.trans_b, error) &&
         qs_onnx_node_get_float (node, "alpha", 1, &attributes.alpha, error) &&
         qs_onnx_node_get_float (node, "beta", 1, &attributes.beta, error) &&
         qs_importer_add_layer (importer, node, QS_LAYER_MATRIX_MULTIPLY, &attributes, error) !=
           NULL;
}

static gboolean
parse_mat_mul (QsImporter       *importer,
               const QsOperator *op,
               const QsOnnxNode *node,
               GError          **error)
{
  QsMatrixMultiplyAttributes attributes = { .alpha = 1, .beta = 1 };

  return qs_importer_add_layer (importer, node, QS_LAYER_MATRIX_MULTIPLY, &attributes, error) !=
         NULL;
}

const QsLayerClass qs_layer_classes_matrix_multiply[] = {
  {
    .kind = QS_LAYER_MATRIX_MULTIPLY,
    .name = "MatrixMultiply",
    .placement = QS_PLACEMENT_WEIGHTED,
    .attributes_size = sizeof (QsMatrixMultiplyAttributes),
    .fields = fields,
    .infer = infer,
    .evaluate = evaluate,
  },
  { 0 },
};

const QsOperator qs_operators_matrix_multiply[] = {
  { "Gemm", 7, 0, 0, parse_gemm },
  { "MatMul", 1, 0, 0, parse_mat_mul },
  { 0 },
};
