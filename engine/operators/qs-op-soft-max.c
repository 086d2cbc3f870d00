/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "numerics/qs-math.h"
#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-rows.h"
#include "qs-op-util.h"

#define OFFSET(field) G_STRUCT_OFFSET (QsSoftMaxAttributes, field)

static const QsField fields[] = {
  { "axis", QS_FIELD_INT, OFFSET (axis) },
  { "n_axes", QS_FIELD_INT, OFFSET (n_axes) },
  { "log", QS_FIELD_FLAG, OFFSET (log) },
  { "hard", QS_FIELD_FLAG, OFFSET (hard) },
  { NULL },
};

enum
{
  SOFT,
  LOG,
  HARD,
};

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  const QsSoftMaxAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, 0, error);

  if (x == NULL || !qs_layer_check_float (x, "the input", error))
    return FALSE;
  if (attributes->axis < 0 || attributes->axis > x->shape.n_dims || attributes->n_axes < 0 ||
      attributes->n_axes > x->shape.n_dims - attributes->axis)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "axis %" G_GINT64_FORMAT " does not exist in a tensor of %d dimensions",
                   attributes->axis, x->shape.n_dims);
      return FALSE;
    }

  return qs_layer_set_output (layer, 0, x->type, &x->shape, error);
}

static gint64
find_largest (const float *values,
              gint64       n)
{
  gint64 best = 0;

  for (gint64 i = 1; i < n; i++)
    if (values[i] > values[best])
      best = i;

  return best;
}

/* e^(x - max) / sum, summed in index order in float32. */
static void
soft_max (float *values,
          gint64 n)
{
  float largest = values[find_largest (values, n)], sum = 0;

  for (gint64 i = 0; i < n; i++)
    {
      values[i] = qs_math_exp (values[i] - largest);
      sum += values[i];
    }
  for (gint64 i = 0; i < n; i++)
    values[i] /= sum;
}

static void
log_soft_max (float *values,
              gint64 n)
{
  float largest = values[find_largest (values, n)], sum = 0;

  for (gint64 i = 0; i < n; i++)
    {
      values[i] -= largest;
      sum += qs_math_exp (values[i]);
    }
  sum = logf (sum);
  for (gint64 i = 0; i < n; i++)
    values[i] -= sum;
}

/* 1 for the first of the largest, else 0. */
static void
hard_max (float *values,
          gint64 n)
{
  gint64 best = find_largest (values, n);

  for (gint64 i = 0; i < n; i++)
    values[i] = i == best;
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  const QsSoftMaxAttributes *attributes = layer->attributes;
  const QsView *x = &inputs[0];
  QsInts axes = { .n = (int) attributes->n_axes };
  g_autofree float *values = NULL;
  QsShape outer, inner;
  QsWalk walk;
  gint64 n;

  for (int i = 0; i < axes.n; i++)
    axes.v[i] = attributes->axis + i;
  qs_shape_split (&x->shape, &axes, &outer, &inner);
  n = qs_shape_n_elements (&inner);
  if (n == 0)
    return TRUE;

  values = qs_try_new (n, sizeof (float), error);
  if (values == NULL)
    return FALSE;

  qs_walk_init (&walk, &outer);
  qs_walk_add (&walk, x->strides);
  qs_walk_add (&walk, outputs[0].strides);
  for (; !walk.done; qs_walk_next (&walk))
    {
      qs_floats_gather (values, x, walk.offset[0], &inner);
      (attributes->hard ? hard_max : attributes->log ? log_soft_max : soft_max) (values, n);
      qs_floats_scatter (values, &outputs[0], walk.offset[1], &inner);
    }

  return TRUE;
}

static gboolean
add_soft_max (QsImporter       *importer,
              const QsOperator *op,
              const QsOnnxNode *node,
              gint64            axis_default,
              gboolean          coerce,
              GError          **error)
{
  QsSoftMaxAttributes attributes = { .log = op->variant == LOG, .hard = op->variant == HARD };
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  int axis;

  if (x == NULL ||
      !qs_onnx_node_get_int (node, "axis", axis_default, &attributes.axis, error))
    return FALSE;

  /* Before opset 13 axis = rank is a matrix of one column. */
  if (coerce && attributes.axis == x->shape.n_dims)
    axis = x->shape.n_dims;
  else if (!qs_axis_resolve (attributes.axis, x->shape.n_dims, &axis, error))
    return FALSE;

  attributes.axis = axis;
  attributes.n_axes = coerce ? x->shape.n_dims - axis : 1;
  return qs_importer_add_layer (importer, node, QS_LAYER_SOFT_MAX, &attributes, error) != NULL;
}

/* Up to opset 12 all axes from `axis` on count as one. */
static gboolean
parse_coerced (QsImporter       *importer,
               const QsOperator *op,
               const QsOnnxNode *node,
               GError          **error)
{
  return add_soft_max (importer, op, node, 1, TRUE, error);
}

static gboolean
parse (QsImporter       *importer,
       const QsOperator *op,
       const QsOnnxNode *node,
       GError          **error)
{
  return add_soft_max (importer, op, node, -1, FALSE, error);
}

const QsLayerClass qs_layer_classes_soft_max[] = {
  {
    .kind = QS_LAYER_SOFT_MAX,
    .name = "SoftMax",
    .placement = QS_PLACEMENT_FLOAT,
    .attributes_size = sizeof (QsSoftMaxAttributes),
    .fields = fields,
    .infer = infer,
    .evaluate = evaluate,
  },
  { 0 },
};

const QsOperator qs_operators_soft_max[] = {
  { "Softmax", 1, 12, SOFT, parse_coerced },
  { "Softmax", 13, 0, SOFT, parse },
  { "LogSoftmax", 1, 12, LOG, parse_coerced },
  { "LogSoftmax", 13, 0, LOG, parse },
  { "Hardmax", 1, 12, HARD, parse_coerced },
  { "Hardmax", 13, 0, HARD, parse },
  { 0 },
};
