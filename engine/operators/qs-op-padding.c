/* SPDX-License-Identifier: MIT */
#include "core/qs-rounding.h"
#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-padding.h"
#include "qs-op-util.h"

static const char *const mode_names[] = { "constant", "reflect", "edge", "wrap", NULL };

static const QsField fields[] = {
  { "mode", QS_FIELD_ENUM, G_STRUCT_OFFSET (QsPaddingAttributes, mode), mode_names },
  { "pads", QS_FIELD_INTS, G_STRUCT_OFFSET (QsPaddingAttributes, pads) },
  { "value", QS_FIELD_FLOAT, G_STRUCT_OFFSET (QsPaddingAttributes, value) },
  { "int_value", QS_FIELD_INT, G_STRUCT_OFFSET (QsPaddingAttributes, int_value) },
  { NULL },
};

static gboolean
check_axis (const QsPaddingAttributes *attributes,
            int                        axis,
            int                        n_dims,
            gint64                     dim,
            GError                   **error)
{
  gint64 begin = attributes->pads.v[axis];
  gint64 end = attributes->pads.v[axis + n_dims];

  if (begin < -dim || end < -dim || dim + begin + end < 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "pads of %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT
                   " take away more than axis %d has", begin, end, axis);
      return FALSE;
    }
  if (attributes->mode != QS_PADDING_CONSTANT && dim == 0 && begin + end > 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "axis %d is empty, so there is nothing to pad it with", axis);
      return FALSE;
    }
  if (attributes->mode == QS_PADDING_REFLECT && MAX (begin, end) > MAX (dim - 1, 0))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "axis %d of size %" G_GINT64_FORMAT " is too short to be reflected by %"
                   G_GINT64_FORMAT, axis, dim, MAX (begin, end));
      return FALSE;
    }

  return TRUE;
}

static gboolean
check_pads (const QsPaddingAttributes *attributes,
            int                        n_dims,
            GError                   **error)
{
  if (attributes->pads.n != 2 * n_dims)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "there are %d pads for %d dimensions",
                   attributes->pads.n, n_dims);
      return FALSE;
    }

  return qs_ints_check_range (&attributes->pads, "pads", -QS_MAX_DIM, QS_MAX_DIM, error);
}

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  const QsPaddingAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, 0, error);
  gint64 dims[QS_MAX_DIMS];
  QsShape shape;

  if (x == NULL || !check_pads (attributes, x->shape.n_dims, error))
    return FALSE;

  for (int i = 0; i < x->shape.n_dims; i++)
    {
      if (!check_axis (attributes, i, x->shape.n_dims, x->shape.dims[i], error))
        return FALSE;
      dims[i] = x->shape.dims[i] + attributes->pads.v[i] + attributes->pads.v[i + x->shape.n_dims];
    }

  return qs_shape_init (&shape, (gsize) x->shape.n_dims, dims, error) &&
         qs_layer_set_output (layer, 0, x->type, &shape, error);
}

/* Where a padded position comes from; -1 for nowhere. */
gint64
qs_padding_source (QsPaddingMode mode,
                   gint64        position,
                   gint64        dim)
{
  if (position >= 0 && position < dim)
    return position;
  if (mode == QS_PADDING_CONSTANT)
    return -1;
  if (mode == QS_PADDING_EDGE)
    return position < 0 ? 0 : dim - 1;
  if (mode == QS_PADDING_WRAP)
    return ((position % dim) + dim) % dim;

  return position < 0 ? -position : 2 * (dim - 1) - position;
}

static gint64
source_offset (const QsPaddingAttributes *attributes,
               const QsView              *x,
               const gint64              *index)
{
  gint64 offset = 0;

  for (int i = 0; i < x->shape.n_dims; i++)
    {
      gint64 position = qs_padding_source (attributes->mode, index[i] - attributes->pads.v[i],
                                           x->shape.dims[i]);

      if (position < 0)
        return -1;
      offset += position * x->strides[i];
    }

  return offset;
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  const QsPaddingAttributes *attributes = layer->attributes;
  gsize size = qs_data_type_size (outputs[0].type);
  gboolean is_float = qs_data_type_is_float (outputs[0].type);
  gint64 integer = attributes->int_value;
  QsWalk walk;

  /* The value is a real number; quantized zeros are zeros, other values are scaled. */
  if (outputs[0].type == QS_DATA_TYPE_INT8 && outputs[0].scale > 0.0f)
    integer = qs_quantize (attributes->value, 1.0f / outputs[0].scale);

  qs_walk_init (&walk, &outputs[0].shape);
  qs_walk_add (&walk, outputs[0].strides);
  for (; !walk.done; qs_walk_next (&walk))
    {
      gint64 from = source_offset (attributes, &inputs[0], walk.index);

      if (from >= 0)
        qs_copy_element (outputs[0].data, walk.offset[0], inputs[0].data, from, size);
      else if (is_float)
        qs_view_set_number (&outputs[0], walk.offset[0], (double) attributes->value);
      else
        qs_view_set_int (&outputs[0], walk.offset[0], integer);
    }

  return TRUE;
}

static gboolean
read_mode (const QsOnnxNode    *node,
           QsPaddingAttributes *attributes,
           GError             **error)
{
  g_autofree char *mode = NULL;

  if (!qs_onnx_node_get_string (node, "mode", "constant", &mode, error))
    return FALSE;

  for (int i = 0; mode_names[i] != NULL; i++)
    if (g_str_equal (mode_names[i], mode))
      {
        attributes->mode = (QsPaddingMode) i;
        return TRUE;
      }

  g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "the mode “%s” is not known", mode);
  return FALSE;
}

static gboolean
read_value (QsImporter          *importer,
            const QsOnnxNode    *node,
            QsPaddingAttributes *attributes,
            GError             **error)
{
  QsHostTensor *value;
  QsView view;

  if (qs_importer_get_opset (importer) < 11)
    return qs_onnx_node_get_float (node, "value", 0.0f, &attributes->value, error);
  if (qs_importer_get_input (importer, node, 2) == NULL)
    return TRUE;

  value = qs_importer_get_constant (importer, node, 2, "the value", error);
  if (value == NULL)
    return FALSE;
  if (qs_host_tensor_get_n_elements (value) != 1)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_SHAPE, "the value is not a single number");
      return FALSE;
    }

  qs_view_init_for_host (&view, value);
  attributes->value = (float) qs_view_get_number (&view, 0);
  attributes->int_value = qs_view_get_int (&view, 0);
  return TRUE;
}

/* Since opset 18 the pads may be given for some axes only. */
static gboolean
spread_pads (QsInts  *pads,
             QsInts  *axes,
             int      n_dims,
             GError **error)
{
  QsInts all = { .n = 2 * n_dims };

  if (pads->n != 2 * (axes->n > 0 ? axes->n : n_dims))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "there are %d pads for %d dimensions",
                   pads->n, axes->n > 0 ? axes->n : n_dims);
      return FALSE;
    }

  for (int i = 0; i < pads->n / 2; i++)
    {
      int axis = i;

      if (axes->n > 0 && !qs_axis_resolve (axes->v[i], n_dims, &axis, error))
        return FALSE;
      all.v[axis] = pads->v[i];
      all.v[axis + n_dims] = pads->v[i + pads->n / 2];
    }

  *pads = all;
  return TRUE;
}

static gboolean
parse_pad (QsImporter       *importer,
           const QsOperator *op,
           const QsOnnxNode *node,
           GError          **error)
{
  QsPaddingAttributes attributes = { 0 };
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  QsInts axes = { 0 };
  gboolean ok;

  if (x == NULL || !read_mode (node, &attributes, error) ||
      !read_value (importer, node, &attributes, error))
    return FALSE;

  if (qs_importer_get_opset (importer) < 11)
    ok = qs_onnx_node_get_ints (node, "pads", &attributes.pads, error);
  else
    ok = qs_importer_get_constant_ints (importer, node, 1, "the list of pads", &attributes.pads,
                                        error) &&
         qs_importer_get_constant_ints (importer, node, 3, "the list of axes", &axes, error);

  return ok && qs_ints_check_range (&attributes.pads, "pads", -QS_MAX_DIM, QS_MAX_DIM, error) &&
         spread_pads (&attributes.pads, &axes, x->shape.n_dims, error) &&
         qs_importer_add_layer_full (importer, node, QS_LAYER_PADDING, &attributes, &x, 1, 1,
                                     error) != NULL;
}

static QsPlacement
qdq_placement (const QsLayer  *layer,
               const char    **why_not)
{
  const QsPaddingAttributes *attributes = layer->attributes;

  if (attributes->mode != QS_PADDING_CONSTANT || attributes->value == 0.0f)
    return QS_PLACEMENT_COMMUTES;

  *why_not = "it pads with another number than zero, which INT8 may not have";
  return QS_PLACEMENT_FLOAT;
}

const QsLayerClass qs_layer_classes_padding[] = {
  { QS_LAYER_PADDING, "Padding", QS_PLACEMENT_COMMUTES, sizeof (QsPaddingAttributes), fields,
    infer, evaluate, qdq_placement },
  { .name = NULL },
};

const QsOperator qs_operators_padding[] = {
  { "Pad", 2, 0, 0, parse_pad },
  { .op_type = NULL },
};
