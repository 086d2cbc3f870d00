/* SPDX-License-Identifier: MIT */
#include "qs-families.h"
#include "qs-op-util.h"

/* Where: elements of input 1 where input 0 is true, of input 2 elsewhere. */

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  QsTensor *inputs[3];
  QsShape shape;

  for (guint i = 0; i < 3; i++)
    {
      inputs[i] = qs_layer_require_input (layer, i, error);
      if (inputs[i] == NULL)
        return FALSE;
    }

  if (inputs[0]->type != QS_DATA_TYPE_BOOL || inputs[1]->type != inputs[2]->type)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_TYPE,
                   "the condition is of type %s and the values are of types %s and %s",
                   qs_data_type_name (inputs[0]->type), qs_data_type_name (inputs[1]->type),
                   qs_data_type_name (inputs[2]->type));
      return FALSE;
    }
  if (!qs_shape_broadcast (&inputs[0]->shape, &inputs[1]->shape, &shape) ||
      !qs_shape_broadcast (&shape, &inputs[2]->shape, &shape))
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_SHAPE,
                           "the shapes of its inputs do not broadcast");
      return FALSE;
    }

  return qs_layer_set_output (layer, 0, inputs[1]->type, &shape, error);
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  const guint8 *condition = inputs[0].data;
  gsize size = qs_data_type_size (outputs[0].type);
  QsWalk walk;

  qs_walk_init (&walk, &outputs[0].shape);
  qs_walk_add (&walk, outputs[0].strides);
  for (int i = 0; i < 3; i++)
    qs_walk_add_broadcast (&walk, &inputs[i]);

  for (; !walk.done; qs_walk_next (&walk))
    {
      int chosen = condition[walk.offset[1]] != 0 ? 1 : 2;

      qs_copy_element (outputs[0].data, walk.offset[0], inputs[chosen].data,
                       walk.offset[chosen + 1], size);
    }

  return TRUE;
}

static gboolean
parse_where (QsImporter       *importer,
             const QsOperator *op,
             const QsOnnxNode *node,
             GError          **error)
{
  return qs_importer_add_layer (importer, node, QS_LAYER_SELECT, NULL, error) != NULL;
}

const QsLayerClass qs_layer_classes_select[] = {
  { QS_LAYER_SELECT, "Select", QS_PLACEMENT_FLOAT, 0, NULL, infer, evaluate },
  { .name = NULL },
};

const QsOperator qs_operators_select[] = {
  { "Where", 9, 0, 0, parse_where },
  { .op_type = NULL },
};
