/* SPDX-License-Identifier: MIT */
#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-util.h"

/* Expand and Tile. */

static const QsField expand_fields[] = {
  { "shape", QS_FIELD_INTS, G_STRUCT_OFFSET (QsRepeatAttributes, values) },
  { NULL },
};

static const QsField tile_fields[] = {
  { "repeats", QS_FIELD_INTS, G_STRUCT_OFFSET (QsRepeatAttributes, values) },
  { NULL },
};

static gboolean
infer_expand (QsLayer *layer,
              GError **error)
{
  const QsRepeatAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, 0, error);
  QsShape wanted, shape;

  if (x == NULL ||
      !qs_shape_init (&wanted, (gsize) attributes->values.n, attributes->values.v, error))
    return FALSE;

  if (!qs_shape_broadcast (&x->shape, &wanted, &shape))
    {
      g_autofree char *a = qs_shape_to_string (&x->shape);
      g_autofree char *b = qs_shape_to_string (&wanted);

      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "a tensor of shape %s cannot be expanded to %s",
                   a, b);
      return FALSE;
    }

  return qs_layer_set_output (layer, 0, x->type, &shape, error);
}

static gboolean
evaluate_expand (const QsLayer *layer,
                 const QsView  *inputs,
                 QsView        *outputs,
                 GError       **error)
{
  QsView stretched = inputs[0];

  stretched.shape = outputs[0].shape;
  qs_broadcast_strides (&inputs[0], &outputs[0].shape, stretched.strides);
  qs_view_copy (&stretched, &outputs[0]);
  return TRUE;
}

static gboolean
infer_tile (QsLayer *layer,
            GError **error)
{
  const QsRepeatAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, 0, error);
  gint64 dims[QS_MAX_DIMS];
  QsShape shape;

  if (x == NULL || !qs_ints_check_range (&attributes->values, "repeats", 0, QS_MAX_DIM, error))
    return FALSE;
  if (attributes->values.n != x->shape.n_dims)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "there are %d repeats for %d dimensions",
                   attributes->values.n, x->shape.n_dims);
      return FALSE;
    }

  /* Both factors have 31 bits, so the product does not overflow. */
  for (int i = 0; i < x->shape.n_dims; i++)
    dims[i] = x->shape.dims[i] * attributes->values.v[i];
  return qs_shape_init (&shape, (gsize) x->shape.n_dims, dims, error) &&
         qs_layer_set_output (layer, 0, x->type, &shape, error);
}

static gboolean
evaluate_tile (const QsLayer *layer,
               const QsView  *inputs,
               QsView        *outputs,
               GError       **error)
{
  const QsView *x = &inputs[0];
  gsize size = qs_data_type_size (outputs[0].type);
  QsWalk walk;

  qs_walk_init (&walk, &outputs[0].shape);
  qs_walk_add (&walk, outputs[0].strides);
  for (; !walk.done; qs_walk_next (&walk))
    {
      gint64 from = 0;

      for (int i = 0; i < x->shape.n_dims; i++)
        from += walk.index[i] % x->shape.dims[i] * x->strides[i];
      qs_copy_element (outputs[0].data, walk.offset[0], x->data, from, size);
    }

  return TRUE;
}

static gboolean
parse_repeat (QsImporter       *importer,
              const QsOperator *op,
              const QsOnnxNode *node,
              GError          **error)
{
  gboolean is_tile = op->variant == QS_LAYER_TILE;
  QsRepeatAttributes attributes = { { 0 } };
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);

  if (x == NULL || qs_importer_require_input (importer, node, 1, error) == NULL)
    return FALSE;

  return qs_importer_get_constant_ints (importer, node, 1,
                                        is_tile ? "the number of repeats" : "the new shape",
                                        &attributes.values, error) &&
         qs_ints_check_range (&attributes.values, is_tile ? "repeats" : "the new shape", 0,
                              QS_MAX_DIM, error) &&
         qs_importer_add_layer_full (importer, node, (QsLayerKind) op->variant, &attributes, &x, 1,
                                     1, error) != NULL;
}

const QsLayerClass qs_layer_classes_expand[] = {
  { QS_LAYER_EXPAND, "Expand", QS_PLACEMENT_COMMUTES, sizeof (QsRepeatAttributes), expand_fields,
    infer_expand, evaluate_expand },
  { QS_LAYER_TILE, "Tile", QS_PLACEMENT_COMMUTES, sizeof (QsRepeatAttributes), tile_fields,
    infer_tile, evaluate_tile },
  { .name = NULL },
};

const QsOperator qs_operators_expand[] = {
  { "Expand", 8, 0, QS_LAYER_EXPAND, parse_repeat },
  { "Tile", 6, 0, QS_LAYER_TILE, parse_repeat },
  { .op_type = NULL },
};
