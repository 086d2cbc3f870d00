/* SPDX-License-Identifier: MIT */
#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-util.h"

/* CumSum and Trilu: what an element becomes depends on its place along an axis. */

static const QsField cumulative_fields[] = {
  { "axis", QS_FIELD_INT, G_STRUCT_OFFSET (QsCumulativeAttributes, axis) },
  { "exclusive", QS_FIELD_FLAG, G_STRUCT_OFFSET (QsCumulativeAttributes, exclusive) },
  { "reverse", QS_FIELD_FLAG, G_STRUCT_OFFSET (QsCumulativeAttributes, reverse) },
  { NULL },
};

static const QsField trilu_fields[] = {
  { "upper", QS_FIELD_FLAG, G_STRUCT_OFFSET (QsTriluAttributes, upper) },
  { "k", QS_FIELD_INT, G_STRUCT_OFFSET (QsTriluAttributes, k) },
  { NULL },
};

static gboolean
check (const QsLayer *layer,
       const QsShape *x,
       GError       **error)
{
  const QsTriluAttributes *trilu = layer->attributes;

  if (layer->klass->kind == QS_LAYER_CUMULATIVE)
    return qs_axis_check (((const QsCumulativeAttributes *) layer->attributes)->axis, x->n_dims,
                          error);
  if (x->n_dims >= 2 && ABS (CLAMP (trilu->k, -G_MAXINT64, G_MAXINT64)) <= QS_MAX_DIM)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
               "diagonal %" G_GINT64_FORMAT " of a tensor of %d dimensions is no triangle's edge",
               trilu->k, x->n_dims);
  return FALSE;
}

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  QsTensor *x = qs_layer_require_input (layer, 0, error);

  return x != NULL && check (layer, &x->shape, error) &&
         qs_layer_set_output (layer, 0, x->type, &x->shape, error);
}

/* Sums of integers are exact up to 2^53. */
/* Sums wrap around, as numpy's do. */
static void
accumulate_ints (const QsCumulativeAttributes *attributes,
                 const QsView                 *x,
                 gint64                        from,
                 const QsView                 *y,
                 gint64                        to)
{
  gint64 n = x->shape.dims[attributes->axis];
  guint64 sum = 0;

  for (gint64 i = 0; i < n; i++)
    {
      gint64 at = attributes->reverse ? n - 1 - i : i;
      guint64 next = sum + (guint64) qs_view_get_int (x, from + at * x->strides[attributes->axis]);

      qs_view_set_int (y, to + at * y->strides[attributes->axis],
                       (gint64) (attributes->exclusive ? sum : next));
      sum = next;
    }
}

static gboolean
evaluate_cumulative (const QsLayer *layer,
                     const QsView  *inputs,
                     QsView        *outputs,
                     GError       **error)
{
  const QsCumulativeAttributes *attributes = layer->attributes;
  int axis = (int) attributes->axis;
  gint64 n = inputs[0].shape.dims[axis];
  QsShape outer = inputs[0].shape;
  QsWalk walk;

  outer.dims[axis] = MIN (n, 1);
  qs_walk_init (&walk, &outer);
  qs_walk_add (&walk, outputs[0].strides);
  qs_walk_add (&walk, inputs[0].strides);
  for (; !walk.done; qs_walk_next (&walk))
    {
      double sum = 0.0;

      if (!qs_data_type_is_float (inputs[0].type))
        {
          accumulate_ints (attributes, &inputs[0], walk.offset[1], &outputs[0], walk.offset[0]);
          continue;
        }
      for (gint64 i = 0; i < n; i++)
        {
          gint64 at = attributes->reverse ? n - 1 - i : i;
          double value = qs_view_get_number (&inputs[0],
                                             walk.offset[1] + at * inputs[0].strides[axis]);

          qs_view_set_number (&outputs[0], walk.offset[0] + at * outputs[0].strides[axis],
                              attributes->exclusive ? sum : sum + value);
          sum += value;
        }
    }

  return TRUE;
}

static gboolean
evaluate_trilu (const QsLayer *layer,
                const QsView  *inputs,
                QsView        *outputs,
                GError       **error)
{
  const QsTriluAttributes *attributes = layer->attributes;
  gsize size = qs_data_type_size (outputs[0].type);
  int n = outputs[0].shape.n_dims;
  QsWalk walk;

  qs_walk_init (&walk, &outputs[0].shape);
  qs_walk_add (&walk, outputs[0].strides);
  qs_walk_add (&walk, inputs[0].strides);
  for (; !walk.done; qs_walk_next (&walk))
    {
      gint64 distance = walk.index[n - 1] - walk.index[n - 2] - attributes->k;

      if (attributes->upper ? distance >= 0 : distance <= 0)
        qs_copy_element (outputs[0].data, walk.offset[0], inputs[0].data, walk.offset[1], size);
      else
        qs_view_set_number (&outputs[0], walk.offset[0], 0.0);
    }

  return TRUE;
}

static gboolean
parse_cum_sum (QsImporter       *importer,
               const QsOperator *op,
               const QsOnnxNode *node,
               GError          **error)
{
  QsCumulativeAttributes attributes = { 0 };
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  QsInts wanted;
  int axis;

  if (x == NULL || qs_importer_require_input (importer, node, 1, error) == NULL ||
      !qs_importer_get_constant_ints (importer, node, 1, "the axis", &wanted, error))
    return FALSE;
  if (!qs_axis_resolve (wanted.n == 1 ? wanted.v[0] : G_MAXINT64, x->shape.n_dims, &axis, error))
    return FALSE;

  attributes.axis = axis;
  return qs_onnx_node_get_flag (node, "exclusive", FALSE, &attributes.exclusive, error) &&
         qs_onnx_node_get_flag (node, "reverse", FALSE, &attributes.reverse, error) &&
         qs_importer_add_layer_full (importer, node, QS_LAYER_CUMULATIVE, &attributes, &x, 1, 1,
                                     error) != NULL;
}

static gboolean
parse_trilu (QsImporter       *importer,
             const QsOperator *op,
             const QsOnnxNode *node,
             GError          **error)
{
  QsTriluAttributes attributes = { 0 };
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  QsInts k;

  if (x == NULL || !qs_onnx_node_get_flag (node, "upper", TRUE, &attributes.upper, error) ||
      !qs_importer_get_constant_ints (importer, node, 1, "the diagonal", &k, error))
    return FALSE;
  if (x->shape.n_dims < 2)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "a tensor of %d dimensions has no triangle",
                   x->shape.n_dims);
      return FALSE;
    }

  if (k.n > 0)
    attributes.k = CLAMP (k.v[0], -QS_MAX_DIM, QS_MAX_DIM);
  return qs_importer_add_layer_full (importer, node, QS_LAYER_TRILU, &attributes, &x, 1, 1,
                                     error) != NULL;
}

const QsLayerClass qs_layer_classes_cumulative[] = {
  { QS_LAYER_CUMULATIVE, "Cumulative", QS_PLACEMENT_FLOAT, sizeof (QsCumulativeAttributes),
    cumulative_fields, infer, evaluate_cumulative },
  { QS_LAYER_TRILU, "Trilu", QS_PLACEMENT_FLOAT, sizeof (QsTriluAttributes), trilu_fields, infer,
    evaluate_trilu },
  { .name = NULL },
};

const QsOperator qs_operators_cumulative[] = {
  { "CumSum", 11, 0, 0, parse_cum_sum },
  { "Trilu", 14, 0, 0, parse_trilu },
  { .op_type = NULL },
};
