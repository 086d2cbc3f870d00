/* SPDX-License-Identifier: MIT */
#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-util.h"

static const QsField fields[] = {
  { "axis", QS_FIELD_INT, G_STRUCT_OFFSET (QsSplitAttributes, axis) },
  { "split", QS_FIELD_INTS, G_STRUCT_OFFSET (QsSplitAttributes, sizes) },
  { NULL },
};

/* Without sizes the parts are equal, but for a smaller last one. */
static gint64
part_size (const QsLayer *layer,
           gint64         dim,
           guint          index)
{
  const QsSplitAttributes *attributes = layer->attributes;
  gint64 n = (gint64) layer->outputs->len;
  gint64 chunk = (dim + n - 1) / n;

  if (attributes->sizes.n > 0)
    return attributes->sizes.v[index];

  return CLAMP (dim - chunk * (gint64) index, 0, chunk);
}

static gboolean
check_sizes (const QsLayer *layer,
             gint64         dim,
             GError       **error)
{
  const QsSplitAttributes *attributes = layer->attributes;
  gint64 sum = 0;

  if (attributes->sizes.n == 0)
    return TRUE;
  if (!qs_ints_check_range (&attributes->sizes, "split", 0, QS_MAX_DIM, error))
    return FALSE;

  if (attributes->sizes.n != (int) layer->outputs->len)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "there are %d sizes for %u outputs",
                   attributes->sizes.n, layer->outputs->len);
      return FALSE;
    }

  for (int i = 0; i < attributes->sizes.n; i++)
    sum += attributes->sizes.v[i];
  if (sum != dim)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "the sizes add up to %" G_GINT64_FORMAT ", but the dimension is %" G_GINT64_FORMAT,
                   sum, dim);
      return FALSE;
    }

  return TRUE;
}

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  const QsSplitAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, 0, error);
  QsShape shape;

  if (x == NULL || !qs_axis_check (attributes->axis, x->shape.n_dims, error) ||
      !check_sizes (layer, x->shape.dims[attributes->axis], error))
    return FALSE;

  shape = x->shape;
  for (guint i = 0; i < layer->outputs->len; i++)
    {
      shape.dims[attributes->axis] = part_size (layer, x->shape.dims[attributes->axis], i);
      if (!qs_layer_set_output (layer, i, x->type, &shape, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  const QsSplitAttributes *attributes = layer->attributes;
  gint64 axis = attributes->axis;
  QsView part = inputs[0];

  for (guint i = 0; i < layer->outputs->len; i++)
    {
      gint64 n = part_size (layer, inputs[0].shape.dims[axis], i);

      if (outputs[i].data != NULL)
        {
          part.shape = outputs[i].shape;
          qs_view_copy (&part, &outputs[i]);
        }
      part.data = (guint8 *) part.data +
                  (gsize) (n * part.strides[axis]) * qs_data_type_size (part.type);
    }

  return TRUE;
}

static gboolean
read_sizes (QsImporter       *importer,
            const QsOnnxNode *node,
            QsInts           *sizes,
            GError          **error)
{
  if (qs_importer_get_opset (importer) < 13)
    return qs_onnx_node_get_ints (node, "split", sizes, error);

  return qs_importer_get_constant_ints (importer, node, 1, "the list of sizes", sizes, error);
}

static gboolean
parse_split (QsImporter       *importer,
             const QsOperator *op,
             const QsOnnxNode *node,
             GError          **error)
{
  QsSplitAttributes attributes = { 0 };
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  guint n = qs_onnx_node_get_n_outputs (node);
  gint64 wanted;
  int axis;

  if (x == NULL || !qs_onnx_node_get_int (node, "axis", 0, &wanted, error) ||
      !qs_axis_resolve (wanted, x->shape.n_dims, &axis, error) ||
      !read_sizes (importer, node, &attributes.sizes, error) ||
      !qs_ints_check_range (&attributes.sizes, "split", 0, QS_MAX_DIM, error))
    return FALSE;

  /* Unequal parts without sizes exist since opset 18. */
  if (n == 0 || (attributes.sizes.n == 0 && qs_importer_get_opset (importer) < 18 &&
                 x->shape.dims[axis] % n != 0))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "dimension %d of size %" G_GINT64_FORMAT " cannot be split into %u equal parts",
                   axis, x->shape.dims[axis], n);
      return FALSE;
    }

  attributes.axis = axis;
  return qs_importer_add_layer_full (importer, node, QS_LAYER_SPLIT, &attributes, &x, 1, n,
                                     error) != NULL;
}

const QsLayerClass qs_layer_classes_split[] = {
  { QS_LAYER_SPLIT, "Split", QS_PLACEMENT_COMMUTES, sizeof (QsSplitAttributes), fields,
    infer, evaluate },
  { .name = NULL },
};

const QsOperator qs_operators_split[] = {
  { "Split", 2, 0, 0, parse_split },
  { .op_type = NULL },
};
