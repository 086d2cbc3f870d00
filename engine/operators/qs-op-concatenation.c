/* SPDX-License-Identifier: MIT */
#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-util.h"

static const QsField fields[] = {
  { "axis", QS_FIELD_INT, G_STRUCT_OFFSET (QsAxisAttributes, axis) },
  { NULL },
};

static gboolean
check_input (const QsTensor *first,
             const QsTensor *x,
             guint           index,
             int             axis,
             GError        **error)
{
  QsShape shape = x->shape;

  if (x->type != first->type)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_TYPE, "input %u has the type %s, but input 0 has %s",
                   index, qs_data_type_name (x->type), qs_data_type_name (first->type));
      return FALSE;
    }

  if (shape.n_dims == first->shape.n_dims)
    shape.dims[axis] = first->shape.dims[axis];
  if (!qs_shape_equal (&shape, &first->shape))
    {
      g_autofree char *a = qs_shape_to_string (&first->shape);
      g_autofree char *b = qs_shape_to_string (&x->shape);

      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "input %u of shape %s cannot be joined along axis %d to input 0 of shape %s",
                   index, b, axis, a);
      return FALSE;
    }

  return TRUE;
}

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  const QsAxisAttributes *attributes = layer->attributes;
  QsTensor *first = qs_layer_require_input (layer, 0, error);
  QsShape shape;
  int axis;

  if (first == NULL || !qs_axis_check (attributes->axis, first->shape.n_dims, error))
    return FALSE;

  axis = (int) attributes->axis;
  shape = first->shape;
  for (guint i = 1; i < layer->inputs->len; i++)
    {
      QsTensor *x = qs_layer_require_input (layer, i, error);

      if (x == NULL || !check_input (first, x, i, axis, error))
        return FALSE;
      shape.dims[axis] += x->shape.dims[axis];
    }

  return qs_layer_set_output (layer, 0, first->type, &shape, error);
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  const QsAxisAttributes *attributes = layer->attributes;
  gsize size = qs_data_type_size (outputs[0].type);
  QsView part = outputs[0];

  for (guint i = 0; i < layer->inputs->len; i++)
    {
      part.shape = inputs[i].shape;
      qs_view_copy (&inputs[i], &part);
      part.data = (guint8 *) part.data +
                  (gsize) (inputs[i].shape.dims[attributes->axis] *
                           part.strides[attributes->axis]) * size;
    }

  return TRUE;
}

static gboolean
parse_concat (QsImporter       *importer,
              const QsOperator *op,
              const QsOnnxNode *node,
              GError          **error)
{
  QsAxisAttributes attributes;
  QsTensor *first = qs_importer_require_input (importer, node, 0, error);
  gint64 wanted;
  int axis;

  if (first == NULL || !qs_onnx_node_get_int (node, "axis", G_MAXINT64, &wanted, error))
    return FALSE;
  if (!qs_onnx_node_has (node, "axis"))
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_MISSING, "the attribute “axis” is missing");
      return FALSE;
    }
  if (!qs_axis_resolve (wanted, first->shape.n_dims, &axis, error))
    return FALSE;

  attributes.axis = axis;
  return qs_importer_add_layer (importer, node, QS_LAYER_CONCATENATION, &attributes, error) != NULL;
}

const QsLayerClass qs_layer_classes_concatenation[] = {
  { QS_LAYER_CONCATENATION, "Concatenation", QS_PLACEMENT_COMMUTES, sizeof (QsAxisAttributes),
    fields, infer, evaluate },
  { .name = NULL },
};

const QsOperator qs_operators_concatenation[] = {
  { "Concat", 4, 0, 0, parse_concat },
  { .op_type = NULL },
};
