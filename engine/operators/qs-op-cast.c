/* SPDX-License-Identifier: MIT */
#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-util.h"

static const QsField fields[] = {
  { "to", QS_FIELD_INT, G_STRUCT_OFFSET (QsCastAttributes, to) },
  { NULL },
};

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  const QsCastAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, 0, error);

  return x != NULL && qs_data_type_check (attributes->to, error) &&
         qs_layer_set_output (layer, 0, (QsDataType) attributes->to, &x->shape, error);
}

/* Values outside the new type's range are clamped, as TensorRT does; ONNX leaves them open. */
static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  gboolean wide = (inputs[0].type == QS_DATA_TYPE_INT64 || inputs[0].type == QS_DATA_TYPE_UINT64) &&
                  (outputs[0].type == QS_DATA_TYPE_INT64 || outputs[0].type == QS_DATA_TYPE_UINT64);
  gboolean rounds = inputs[0].type == QS_DATA_TYPE_INT64 && outputs[0].type == QS_DATA_TYPE_FLOAT;
  QsWalk walk;

  qs_walk_init (&walk, &outputs[0].shape);
  qs_walk_add (&walk, outputs[0].strides);
  qs_walk_add (&walk, inputs[0].strides);
  for (; !walk.done; qs_walk_next (&walk))
    {
      /* Doubles do not hold all 64-bit integers; the sign bit is the only one that can be lost. */
      gint64 value = wide || rounds ? qs_view_get_int (&inputs[0], walk.offset[1]) : 0;

      if (rounds)
        qs_view_set_int (&outputs[0], walk.offset[0], value);
      else if (!wide)
        qs_view_set_number (&outputs[0], walk.offset[0],
                            qs_view_get_number (&inputs[0], walk.offset[1]));
      else if (value >= 0)
        ((gint64 *) outputs[0].data)[walk.offset[0]] = value;
      else
        ((gint64 *) outputs[0].data)[walk.offset[0]] =
          inputs[0].type == QS_DATA_TYPE_UINT64 ? G_MAXINT64 : 0;
    }

  return TRUE;
}

static gboolean
add_cast (QsImporter       *importer,
          const QsOnnxNode *node,
          QsTensor         *x,
          gint64            to,
          GError          **error)
{
  QsCastAttributes attributes = { .to = to };

  if (to < 0 || to > G_MAXINT || !qs_data_type_is_valid ((int) to))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "casts to ONNX data type %" G_GINT64_FORMAT " are not supported", to);
      return FALSE;
    }

  if (x->type == (QsDataType) to)
    {
      qs_importer_bind_output (importer, node, 0, x);
      return TRUE;
    }

  return qs_importer_add_layer_full (importer, node, QS_LAYER_CAST, &attributes, &x, 1, 1,
                                     error) != NULL;
}

static gboolean
parse_cast (QsImporter       *importer,
            const QsOperator *op,
            const QsOnnxNode *node,
            GError          **error)
{
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  gint64 to;

  return x != NULL && qs_onnx_node_get_int (node, "to", 0, &to, error) &&
         add_cast (importer, node, x, to, error);
}

static gboolean
parse_cast_like (QsImporter       *importer,
                 const QsOperator *op,
                 const QsOnnxNode *node,
                 GError          **error)
{
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  QsTensor *like = x != NULL ? qs_importer_require_input (importer, node, 1, error) : NULL;

  return like != NULL && add_cast (importer, node, x, (gint64) like->type, error);
}

const QsLayerClass qs_layer_classes_cast[] = {
  { QS_LAYER_CAST, "Cast", QS_PLACEMENT_FLOAT, sizeof (QsCastAttributes), fields, infer, evaluate },
  { .name = NULL },
};

const QsOperator qs_operators_cast[] = {
  { "Cast", 6, 0, 0, parse_cast },
  { "CastLike", 15, 0, 0, parse_cast_like },
  { .op_type = NULL },
};
