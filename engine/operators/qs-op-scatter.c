/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-util.h"

/* ScatterElements, ScatterND and their older form Scatter: a copy of the data with elements
 * replaced by, or combined with, updates. Updates are taken in row-major order. */

static const char *const mode_names[] = { "element", "nd", NULL };
static const char *const reduction_names[] = { "none", "add", "mul", "max", "min", NULL };

static const QsField fields[] = {
  { "mode", QS_FIELD_ENUM, G_STRUCT_OFFSET (QsScatterAttributes, mode), mode_names },
  { "reduction", QS_FIELD_ENUM, G_STRUCT_OFFSET (QsScatterAttributes, reduction), reduction_names },
  { "axis", QS_FIELD_INT, G_STRUCT_OFFSET (QsScatterAttributes, axis) },
  { NULL },
};

static gboolean
element_shapes_fit (const QsScatterAttributes *attributes,
                    const QsShape             *data,
                    const QsShape             *indices,
                    const QsShape             *updates)
{
  if (data->n_dims != indices->n_dims || !qs_shape_equal (indices, updates) ||
      attributes->axis < 0 || attributes->axis >= data->n_dims)
    return FALSE;

  for (int i = 0; i < data->n_dims; i++)
    if (i != attributes->axis && indices->dims[i] > data->dims[i])
      return FALSE;

  return TRUE;
}

static gboolean
nd_shapes_fit (const QsShape *data,
               const QsShape *indices,
               const QsShape *updates)
{
  int last = indices->n_dims - 1;
  gint64 depth = last >= 0 ? indices->dims[last] : -1;

  if (depth < 0 || depth > data->n_dims || updates->n_dims != last + data->n_dims - depth)
    return FALSE;

  for (int i = 0; i < updates->n_dims; i++)
    if (updates->dims[i] != (i < last ? indices->dims[i] : data->dims[i - last + depth]))
      return FALSE;

  return TRUE;
}

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  const QsScatterAttributes *attributes = layer->attributes;
  QsTensor *inputs[3];
  gboolean fits;

  for (guint i = 0; i < 3; i++)
    {
      inputs[i] = qs_layer_require_input (layer, i, error);
      if (inputs[i] == NULL)
        return FALSE;
    }

  fits = attributes->mode == QS_SCATTER_ELEMENT
           ? element_shapes_fit (attributes, &inputs[0]->shape, &inputs[1]->shape, &inputs[2]->shape)
           : nd_shapes_fit (&inputs[0]->shape, &inputs[1]->shape, &inputs[2]->shape);
  if (!fits || inputs[0]->type != inputs[2]->type ||
      (inputs[1]->type != QS_DATA_TYPE_INT64 && inputs[1]->type != QS_DATA_TYPE_INT32))
    {
      g_autofree char *data = qs_shape_to_string (&inputs[0]->shape);
      g_autofree char *indices = qs_shape_to_string (&inputs[1]->shape);
      g_autofree char *updates = qs_shape_to_string (&inputs[2]->shape);

      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "data %s %s, indices %s %s and updates %s %s do not fit together",
                   qs_data_type_name (inputs[0]->type), data, qs_data_type_name (inputs[1]->type),
                   indices, qs_data_type_name (inputs[2]->type), updates);
      return FALSE;
    }

  return qs_layer_set_output (layer, 0, inputs[0]->type, &inputs[0]->shape, error);
}

static gboolean
read_index (const QsView *indices,
            gint64        offset,
            gint64        dim,
            gint64       *index,
            GError      **error)
{
  gint64 value = qs_view_get_int (indices, offset);

  if (value < -dim || value >= dim)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                   "index %" G_GINT64_FORMAT " is outside a dimension of %" G_GINT64_FORMAT,
                   value, dim);
      return FALSE;
    }

  *index = value < 0 ? value + dim : value;
  return TRUE;
}

static gint64
combine_ints (QsScatterReduction reduction,
              gint64             a,
              gint64             b)
{
  if (reduction == QS_SCATTER_ADD)
    return (gint64) ((guint64) a + (guint64) b);
  if (reduction == QS_SCATTER_MUL)
    return (gint64) ((guint64) a * (guint64) b);

  return reduction == QS_SCATTER_MAX ? MAX (a, b) : MIN (a, b);
}

static void
put (const QsScatterAttributes *attributes,
     const QsView              *y,
     gint64                     to,
     const QsView              *updates,
     gint64                     from)
{
  double a, b;

  if (attributes->reduction == QS_SCATTER_REPLACE)
    {
      qs_copy_element (y->data, to, updates->data, from, qs_data_type_size (y->type));
      return;
    }
  if (!qs_data_type_is_float (y->type))
    {
      qs_view_set_int (y, to, combine_ints (attributes->reduction, qs_view_get_int (y, to),
                                            qs_view_get_int (updates, from)));
      return;
    }

  a = qs_view_get_number (y, to);
  b = qs_view_get_number (updates, from);
  if (attributes->reduction == QS_SCATTER_ADD)
    a += b;
  else if (attributes->reduction == QS_SCATTER_MUL)
    a *= b;
  else if (attributes->reduction == QS_SCATTER_MAX)
    a = MAX (a, b);
  else
    a = MIN (a, b);
  qs_view_set_number (y, to, a);
}

static gboolean
scatter_elements (const QsScatterAttributes *attributes,
                  const QsView              *inputs,
                  const QsView              *y,
                  GError                   **error)
{
  int axis = (int) attributes->axis;
  gint64 strides[QS_MAX_DIMS];
  QsWalk walk;

  memcpy (strides, y->strides, sizeof strides);
  strides[axis] = 0;

  qs_walk_init (&walk, &inputs[1].shape);
  qs_walk_add (&walk, strides);
  qs_walk_add (&walk, inputs[1].strides);
  qs_walk_add (&walk, inputs[2].strides);
  for (; !walk.done; qs_walk_next (&walk))
    {
      gint64 index;

      if (!read_index (&inputs[1], walk.offset[1], y->shape.dims[axis], &index, error))
        return FALSE;
      put (attributes, y, walk.offset[0] + index * y->strides[axis], &inputs[2], walk.offset[2]);
    }

  return TRUE;
}

static gboolean
scatter_nd (const QsScatterAttributes *attributes,
            const QsView              *inputs,
            const QsView              *y,
            GError                   **error)
{
  const QsView *indices = &inputs[1];
  int last = indices->shape.n_dims - 1;
  int depth = (int) indices->shape.dims[last];
  gint64 data_strides[QS_MAX_DIMS] = { 0 };
  gint64 index_strides[QS_MAX_DIMS] = { 0 };
  QsWalk walk;

  for (int i = 0; i < inputs[2].shape.n_dims; i++)
    if (i < last)
      index_strides[i] = indices->strides[i];
    else
      data_strides[i] = y->strides[i - last + depth];

  qs_walk_init (&walk, &inputs[2].shape);
  qs_walk_add (&walk, data_strides);
  qs_walk_add (&walk, index_strides);
  qs_walk_add (&walk, inputs[2].strides);
  for (; !walk.done; qs_walk_next (&walk))
    {
      gint64 to = walk.offset[0];

      for (int k = 0; k < depth; k++)
        {
          gint64 index;

          if (!read_index (indices, walk.offset[1] + k * indices->strides[last], y->shape.dims[k],
                           &index, error))
            return FALSE;
          to += index * y->strides[k];
        }
      put (attributes, y, to, &inputs[2], walk.offset[2]);
    }

  return TRUE;
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  const QsScatterAttributes *attributes = layer->attributes;

  qs_view_copy (&inputs[0], &outputs[0]);
  return attributes->mode == QS_SCATTER_ELEMENT
           ? scatter_elements (attributes, inputs, &outputs[0], error)
           : scatter_nd (attributes, inputs, &outputs[0], error);
}

static gboolean
read_reduction (const QsOnnxNode   *node,
                QsScatterReduction *reduction,
                GError            **error)
{
  g_autofree char *name = NULL;

  if (!qs_onnx_node_get_string (node, "reduction", "none", &name, error))
    return FALSE;

  for (int i = 0; reduction_names[i] != NULL; i++)
    if (g_str_equal (reduction_names[i], name))
      {
        *reduction = (QsScatterReduction) i;
        return TRUE;
      }

  g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "the reduction “%s” is not known", name);
  return FALSE;
}

static gboolean
parse_scatter (QsImporter       *importer,
               const QsOperator *op,
               const QsOnnxNode *node,
               GError          **error)
{
  QsScatterAttributes attributes = { .mode = (QsScatterMode) op->variant };
  QsTensor *data = qs_importer_require_input (importer, node, 0, error);
  gint64 wanted;
  int axis = 0;

  if (data == NULL || !read_reduction (node, &attributes.reduction, error))
    return FALSE;
  if (attributes.mode == QS_SCATTER_ELEMENT &&
      (!qs_onnx_node_get_int (node, "axis", 0, &wanted, error) ||
       !qs_axis_resolve (wanted, data->shape.n_dims, &axis, error)))
    return FALSE;

  attributes.axis = axis;
  return qs_importer_add_layer (importer, node, QS_LAYER_SCATTER, &attributes, error) != NULL;
}

const QsLayerClass qs_layer_classes_scatter[] = {
  { QS_LAYER_SCATTER, "Scatter", QS_PLACEMENT_FLOAT, sizeof (QsScatterAttributes), fields, infer,
    evaluate },
  { .name = NULL },
};

const QsOperator qs_operators_scatter[] = {
  { "Scatter", 9, 10, QS_SCATTER_ELEMENT, parse_scatter },
  { "ScatterElements", 11, 0, QS_SCATTER_ELEMENT, parse_scatter },
  { "ScatterND", 11, 0, QS_SCATTER_ND, parse_scatter },
  { .op_type = NULL },
};
