/* SPDX-License-Identifier: MIT */
#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-util.h"

/* DepthToSpace and SpaceToDepth: blocks of pixels against channels. */

static const QsField fields[] = {
  { "to_space", QS_FIELD_FLAG, G_STRUCT_OFFSET (QsSpaceToDepthAttributes, to_space) },
  { "crd", QS_FIELD_FLAG, G_STRUCT_OFFSET (QsSpaceToDepthAttributes, columns) },
  { "blocksize", QS_FIELD_INT, G_STRUCT_OFFSET (QsSpaceToDepthAttributes, block) },
  { NULL },
};

/* Its square times a dimension does not overflow. */
#define MAX_BLOCK (1 << 15)

static gboolean
divides (const QsSpaceToDepthAttributes *attributes,
         const QsShape                  *shape)
{
  gint64 block = attributes->block;

  if (shape->n_dims != 4 || block < 1 || block > MAX_BLOCK)
    return FALSE;
  if (attributes->to_space)
    return shape->dims[1] % (block * block) == 0;

  return shape->dims[2] % block == 0 && shape->dims[3] % block == 0;
}

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  const QsSpaceToDepthAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, 0, error);
  gint64 block = attributes->block;
  QsShape shape;

  if (x == NULL)
    return FALSE;
  if (!divides (attributes, &x->shape))
    {
      g_autofree char *text = qs_shape_to_string (&x->shape);

      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "a tensor of shape %s cannot be cut into blocks of %" G_GINT64_FORMAT, text, block);
      return FALSE;
    }

  shape = x->shape;
  shape.dims[1] = attributes->to_space ? shape.dims[1] / (block * block)
                                       : shape.dims[1] * block * block;
  for (int i = 2; i < 4; i++)
    shape.dims[i] = attributes->to_space ? shape.dims[i] * block : shape.dims[i] / block;
  return qs_shape_init (&shape, 4, shape.dims, error) &&
         qs_layer_set_output (layer, 0, x->type, &shape, error);
}

/* Walks the tensor with the larger planes and finds its partner in the deeper one. */
static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  const QsSpaceToDepthAttributes *attributes = layer->attributes;
  const QsView *wide = attributes->to_space ? &outputs[0] : &inputs[0];
  const QsView *deep = attributes->to_space ? &inputs[0] : &outputs[0];
  gsize size = qs_data_type_size (wide->type);
  gint64 block = attributes->block;
  gint64 channels = wide->shape.dims[1];
  QsWalk walk;

  qs_walk_init (&walk, &wide->shape);
  qs_walk_add (&walk, wide->strides);
  for (; !walk.done; qs_walk_next (&walk))
    {
      gint64 cell = walk.index[2] % block * block + walk.index[3] % block;
      gint64 index[4] = { walk.index[0],
                          attributes->columns ? walk.index[1] * block * block + cell
                                              : cell * channels + walk.index[1],
                          walk.index[2] / block, walk.index[3] / block };
      gint64 offset = qs_view_offset (deep, index);

      if (attributes->to_space)
        qs_copy_element (wide->data, walk.offset[0], deep->data, offset, size);
      else
        qs_copy_element (deep->data, offset, wide->data, walk.offset[0], size);
    }

  return TRUE;
}

static gboolean
parse (QsImporter       *importer,
       const QsOperator *op,
       const QsOnnxNode *node,
       GError          **error)
{
  QsSpaceToDepthAttributes attributes = { .to_space = op->variant };
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  g_autofree char *mode = NULL;

  if (x == NULL || !qs_onnx_node_get_int (node, "blocksize", 0, &attributes.block, error) ||
      !qs_onnx_node_get_string (node, "mode", "DCR", &mode, error))
    return FALSE;
  if (attributes.block < 1 || attributes.block > G_MAXINT16)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_DATA, "blocksize is %" G_GINT64_FORMAT,
                   attributes.block);
      return FALSE;
    }

  attributes.columns = g_str_equal (mode, "CRD");
  return qs_importer_add_layer_full (importer, node, QS_LAYER_SPACE_TO_DEPTH, &attributes, &x, 1, 1,
                                     error) != NULL;
}

const QsLayerClass qs_layer_classes_space_to_depth[] = {
  { QS_LAYER_SPACE_TO_DEPTH, "SpaceToDepth", QS_PLACEMENT_COMMUTES,
    sizeof (QsSpaceToDepthAttributes), fields, infer, evaluate },
  { .name = NULL },
};

const QsOperator qs_operators_space_to_depth[] = {
  { "DepthToSpace", 1, 0, TRUE, parse },
  { "SpaceToDepth", 1, 0, FALSE, parse },
  { .op_type = NULL },
};
