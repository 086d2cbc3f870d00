/* SPDX-License-Identifier: MIT */
#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-util.h"

/* Reshape, Flatten, Squeeze and Unsqueeze: the elements in the same order under another shape. */

enum
{
  MODE_RESHAPE,
  MODE_FLATTEN,
  MODE_SQUEEZE,
  MODE_UNSQUEEZE,
};

static const char *const mode_names[] = { "Reshape", "Flatten", "Squeeze", "Unsqueeze", NULL };

static const QsField fields[] = {
  { "mode", QS_FIELD_ENUM, G_STRUCT_OFFSET (QsShuffleAttributes, mode), mode_names },
  { "axis", QS_FIELD_INT, G_STRUCT_OFFSET (QsShuffleAttributes, axis) },
  { "axes", QS_FIELD_INTS, G_STRUCT_OFFSET (QsShuffleAttributes, axes) },
  { "allowzero", QS_FIELD_FLAG, G_STRUCT_OFFSET (QsShuffleAttributes, allow_zero) },
  { NULL },
};

static gboolean
does_not_fit (const QsShape *from,
              const QsShape *to,
              GError       **error)
{
  g_autofree char *a = qs_shape_to_string (from);
  g_autofree char *b = qs_shape_to_string (to);

  g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "a tensor of shape %s cannot take the shape %s", a, b);
  return FALSE;
}

/* -1 stands for what is left, 0 (unless allowed) for the input's own dimension. */
static gboolean
resolve_reshape (const QsShape *from,
                 const QsInts  *wanted,
                 gboolean       allow_zero,
                 QsShape       *to,
                 GError       **error)
{
  gint64 n = qs_shape_n_elements (from);
  gint64 known;
  int open = -1;

  if (!qs_shape_init (to, (gsize) wanted->n, wanted->v, error))
    return FALSE;

  for (int i = 0; i < to->n_dims; i++)
    {
      if (to->dims[i] == 0 && !allow_zero && i < from->n_dims)
        to->dims[i] = from->dims[i];
      if (to->dims[i] >= 0)
        continue;
      if (open >= 0)
        return does_not_fit (from, to, error);
      open = i;
      to->dims[i] = 1;
    }

  known = qs_shape_n_elements (to);
  if (open >= 0 && known > 0 && n % known == 0)
    to->dims[open] = n / known;
  else if (open >= 0)
    to->dims[open] = -1;

  return qs_shape_n_elements (to) == n || does_not_fit (from, to, error);
}

static void
flatten (const QsShape *from,
         gint64         axis,
         QsShape       *to)
{
  *to = (QsShape) { .n_dims = 2, .dims = { 1, 1 } };
  for (int i = 0; i < from->n_dims; i++)
    to->dims[i < axis ? 0 : 1] *= from->dims[i];
}

static gboolean
squeeze (const QsShape *from,
         const QsInts  *axes,
         QsShape       *to,
         GError       **error)
{
  to->n_dims = 0;
  for (int i = 0; i < from->n_dims; i++)
    {
      if (!qs_ints_contain (axes, i))
        to->dims[to->n_dims++] = from->dims[i];
      else if (from->dims[i] != 1)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                       "dimension %d has the size %" G_GINT64_FORMAT
                       ", but only dimensions of size 1 can be squeezed", i, from->dims[i]);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
unsqueeze (const QsShape *from,
           const QsInts  *axes,
           QsShape       *to,
           GError       **error)
{
  QsInts sorted = *axes;
  gint64 dims[QS_MAX_DIMS];
  int n = from->n_dims + axes->n;
  int next = 0;

  /* Each new axis once, so that the others have as many places as there are. */
  if (n > QS_MAX_DIMS)
    return qs_shape_init (to, (gsize) n, axes->v, error);
  if (!qs_axes_resolve (&sorted, n, error))
    return FALSE;

  for (int i = 0; i < n; i++)
    dims[i] = qs_ints_contain (&sorted, i) ? 1 : from->dims[next++];

  return qs_shape_init (to, (gsize) n, dims, error);
}

static gboolean
infer_shape (QsLayer       *layer,
             const QsShape *from,
             QsShape       *to,
             GError       **error)
{
  const QsShuffleAttributes *attributes = layer->attributes;
  QsInts wanted;

  switch (attributes->mode)
    {
    case MODE_FLATTEN:
      flatten (from, attributes->axis, to);
      return TRUE;
    case MODE_SQUEEZE:
      return squeeze (from, &attributes->axes, to, error);
    case MODE_UNSQUEEZE:
      return unsqueeze (from, &attributes->axes, to, error);
    default:
      return qs_layer_input_ints (layer, 1, "the new shape", &wanted, error) &&
             resolve_reshape (from, &wanted, attributes->allow_zero, to, error);
    }
}

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  QsTensor *x = qs_layer_require_input (layer, 0, error);
  QsShape shape;

  return x != NULL && infer_shape (layer, &x->shape, &shape, error) &&
         qs_layer_set_output (layer, 0, x->type, &shape, error);
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  gsize size = qs_data_type_size (outputs[0].type);
  QsWalk from, to;

  qs_walk_init (&from, &inputs[0].shape);
  qs_walk_add (&from, inputs[0].strides);
  qs_walk_init (&to, &outputs[0].shape);
  qs_walk_add (&to, outputs[0].strides);

  for (; !from.done && !to.done; qs_walk_next (&from), qs_walk_next (&to))
    qs_copy_element (outputs[0].data, to.offset[0], inputs[0].data, from.offset[0], size);
  return TRUE;
}

static gboolean
parse_reshape (QsImporter       *importer,
               const QsOperator *op,
               const QsOnnxNode *node,
               GError          **error)
{
  QsShuffleAttributes attributes = { .mode = MODE_RESHAPE };
  QsTensor *inputs[2];

  inputs[0] = qs_importer_require_input (importer, node, 0, error);
  inputs[1] = inputs[0] != NULL ? qs_importer_require_input (importer, node, 1, error) : NULL;

  return inputs[1] != NULL &&
         qs_onnx_node_get_flag (node, "allowzero", FALSE, &attributes.allow_zero, error) &&
         qs_importer_add_layer_full (importer, node, QS_LAYER_SHUFFLE, &attributes, inputs, 2, 1,
                                     error) != NULL;
}

static gboolean
parse_flatten (QsImporter       *importer,
               const QsOperator *op,
               const QsOnnxNode *node,
               GError          **error)
{
  QsShuffleAttributes attributes = { .mode = MODE_FLATTEN };
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  gint64 axis;

  if (x == NULL || !qs_onnx_node_get_int (node, "axis", 1, &axis, error))
    return FALSE;

  /* Unlike other axes, it may be the rank itself: everything goes into the first dimension. */
  if (axis != x->shape.n_dims)
    {
      int resolved;

      if (!qs_axis_resolve (axis, x->shape.n_dims, &resolved, error))
        return FALSE;
      axis = resolved;
    }

  attributes.axis = axis;
  return qs_importer_add_layer_full (importer, node, QS_LAYER_SHUFFLE, &attributes, &x, 1, 1,
                                     error) != NULL;
}

/* An attribute until opset 12, an input since. */
static gboolean
read_axes (QsImporter       *importer,
           const QsOnnxNode *node,
           QsInts           *axes,
           GError          **error)
{
  if (qs_importer_get_opset (importer) < 13)
    return qs_onnx_node_get_ints (node, "axes", axes, error);

  return qs_importer_get_constant_ints (importer, node, 1, "the list of axes", axes, error);
}

static void
all_axes_of_one (const QsShape *shape,
                 QsInts        *axes)
{
  axes->n = 0;
  for (int i = 0; i < shape->n_dims; i++)
    if (shape->dims[i] == 1)
      axes->v[axes->n++] = i;
}

static gboolean
parse_squeeze (QsImporter       *importer,
               const QsOperator *op,
               const QsOnnxNode *node,
               GError          **error)
{
  QsShuffleAttributes attributes = { .mode = op->variant };
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  QsInts *axes = &attributes.axes;

  if (x == NULL || !read_axes (importer, node, axes, error))
    return FALSE;

  if (op->variant == MODE_SQUEEZE && axes->n == 0)
    all_axes_of_one (&x->shape, axes);
  if (op->variant == MODE_UNSQUEEZE && x->shape.n_dims + axes->n > QS_MAX_DIMS)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "%d dimensions are more than the %d that can be processed",
                   x->shape.n_dims + axes->n, QS_MAX_DIMS);
      return FALSE;
    }
  if (!qs_axes_resolve (axes, x->shape.n_dims + (op->variant == MODE_UNSQUEEZE ? axes->n : 0), error))
    return FALSE;

  return qs_importer_add_layer_full (importer, node, QS_LAYER_SHUFFLE, &attributes, &x, 1, 1,
                                     error) != NULL;
}

const QsLayerClass qs_layer_classes_shuffle[] = {
  { QS_LAYER_SHUFFLE, "Shuffle", QS_PLACEMENT_COMMUTES, sizeof (QsShuffleAttributes), fields,
    infer, evaluate },
  { .name = NULL },
};

const QsOperator qs_operators_shuffle[] = {
  { "Reshape", 5, 0, 0, parse_reshape },
  { "Flatten", 1, 0, 0, parse_flatten },
  { "Squeeze", 1, 0, MODE_SQUEEZE, parse_squeeze },
  { "Unsqueeze", 1, 0, MODE_UNSQUEEZE, parse_squeeze },
  { .op_type = NULL },
};
