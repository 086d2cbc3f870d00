/* SPDX-License-Identifier: MIT */
#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-util.h"

#define OFFSET(field) G_STRUCT_OFFSET (QsReverseSequenceAttributes, field)

static const QsField fields[] = {
  { "batch_axis", QS_FIELD_INT, OFFSET (batch_axis) },
  { "time_axis", QS_FIELD_INT, OFFSET (time_axis) },
  { NULL },
};

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  const QsReverseSequenceAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, 0, error);
  QsTensor *lengths = x != NULL ? qs_layer_require_input (layer, 1, error) : NULL;

  if (lengths == NULL || !qs_axis_check (attributes->batch_axis, x->shape.n_dims, error) ||
      !qs_axis_check (attributes->time_axis, x->shape.n_dims, error))
    return FALSE;

  if (attributes->batch_axis == attributes->time_axis || lengths->shape.n_dims != 1 ||
      lengths->shape.dims[0] != x->shape.dims[attributes->batch_axis] ||
      (lengths->type != QS_DATA_TYPE_INT64 && lengths->type != QS_DATA_TYPE_INT32))
    {
      g_autofree char *shape = qs_shape_to_string (&lengths->shape);

      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "lengths of shape %s and type %s do not suit the axes %" G_GINT64_FORMAT
                   " (batch) and %" G_GINT64_FORMAT " (time)", shape,
                   qs_data_type_name (lengths->type), attributes->batch_axis,
                   attributes->time_axis);
      return FALSE;
    }

  return qs_layer_set_output (layer, 0, x->type, &x->shape, error);
}

/* A length outside the sequence is cut, as there is nothing beyond its end. */
static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  const QsReverseSequenceAttributes *attributes = layer->attributes;
  const QsView *x = &inputs[0], *lengths = &inputs[1], *y = &outputs[0];
  gint64 n = x->shape.dims[attributes->time_axis];
  gint64 step = x->strides[attributes->time_axis];
  gsize size = qs_data_type_size (y->type);
  QsWalk walk;

  qs_walk_init (&walk, &y->shape);
  qs_walk_add (&walk, y->strides);
  qs_walk_add (&walk, x->strides);
  for (; !walk.done; qs_walk_next (&walk))
    {
      gint64 time = walk.index[attributes->time_axis];
      gint64 length = CLAMP (qs_view_get_int (lengths, walk.index[attributes->batch_axis] *
                                                         lengths->strides[0]), 0, n);
      gint64 shift = time < length ? length - 1 - 2 * time : 0;

      qs_copy_element (y->data, walk.offset[0], x->data, walk.offset[1] + shift * step, size);
    }

  return TRUE;
}

static gboolean
parse (QsImporter       *importer,
       const QsOperator *op,
       const QsOnnxNode *node,
       GError          **error)
{
  QsReverseSequenceAttributes attributes;

  return qs_onnx_node_get_int (node, "batch_axis", 1, &attributes.batch_axis, error) &&
         qs_onnx_node_get_int (node, "time_axis", 0, &attributes.time_axis, error) &&
         qs_importer_add_layer (importer, node, QS_LAYER_REVERSE_SEQUENCE, &attributes,
                                error) != NULL;
}

const QsLayerClass qs_layer_classes_reverse_sequence[] = {
  { QS_LAYER_REVERSE_SEQUENCE, "ReverseSequence", QS_PLACEMENT_FLOAT,
    sizeof (QsReverseSequenceAttributes), fields, infer, evaluate },
  { .name = NULL },
};

const QsOperator qs_operators_reverse_sequence[] = {
  { "ReverseSequence", 10, 0, 0, parse },
  { .op_type = NULL },
};
