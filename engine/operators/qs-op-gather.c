/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-util.h"

/* Gather, GatherElements and GatherND (TensorRT IGatherLayer and its modes). */

static const char *const mode_names[] = { "default", "element", "nd", NULL };

static const QsField fields[] = {
  { "mode", QS_FIELD_ENUM, G_STRUCT_OFFSET (QsGatherAttributes, mode), mode_names },
  { "axis", QS_FIELD_INT, G_STRUCT_OFFSET (QsGatherAttributes, axis) },
  { "batch_dims", QS_FIELD_INT, G_STRUCT_OFFSET (QsGatherAttributes, batch_dims) },
  { NULL },
};

/* The data's dimensions with the gathered axis replaced by the dimensions of the indices. */
static gboolean
infer_axis (const QsGatherAttributes *attributes,
            const QsShape            *data,
            const QsShape            *indices,
            QsShape                  *shape,
            GError                  **error)
{
  gint64 dims[2 * QS_MAX_DIMS];
  int n = 0;

  for (int i = 0; i < data->n_dims; i++)
    {
      if (i != attributes->axis)
        dims[n++] = data->dims[i];
      else
        for (int k = 0; k < indices->n_dims; k++)
          dims[n++] = indices->dims[k];
    }

  return qs_shape_init (shape, (gsize) n, dims, error);
}

static gboolean
infer_element (const QsGatherAttributes *attributes,
               const QsShape            *data,
               const QsShape            *indices,
               QsShape                  *shape,
               GError                  **error)
{
  gboolean fits = data->n_dims == indices->n_dims;

  for (int i = 0; fits && i < data->n_dims; i++)
    fits = i == attributes->axis || indices->dims[i] <= data->dims[i];

  if (!fits)
    {
      g_autofree char *a = qs_shape_to_string (data);
      g_autofree char *b = qs_shape_to_string (indices);

      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "indices of shape %s do not fit data of shape %s", b, a);
      return FALSE;
    }

  *shape = *indices;
  return TRUE;
}

static gboolean
infer_nd (const QsGatherAttributes *attributes,
          const QsShape            *data,
          const QsShape            *indices,
          QsShape                  *shape,
          GError                  **error)
{
  gint64 batch = attributes->batch_dims;
  gint64 depth = indices->n_dims > 0 ? indices->dims[indices->n_dims - 1] : -1;
  gint64 dims[2 * QS_MAX_DIMS];
  int n = 0;

  if (batch < 0 || batch >= indices->n_dims || depth < 1 || depth > data->n_dims - batch)
    {
      g_autofree char *a = qs_shape_to_string (data);
      g_autofree char *b = qs_shape_to_string (indices);

      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "indices of shape %s and %" G_GINT64_FORMAT
                   " batch dimensions do not fit data of shape %s", b, batch, a);
      return FALSE;
    }

  for (int i = 0; i < batch; i++)
    if (data->dims[i] != indices->dims[i])
      {
        g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                     "batch dimension %d is %" G_GINT64_FORMAT " in the data, but %" G_GINT64_FORMAT
                     " in the indices", i, data->dims[i], indices->dims[i]);
        return FALSE;
      }

  for (int i = 0; i < indices->n_dims - 1; i++)
    dims[n++] = indices->dims[i];
  for (int i = (int) (batch + depth); i < data->n_dims; i++)
    dims[n++] = data->dims[i];
  return qs_shape_init (shape, (gsize) n, dims, error);
}

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  static gboolean (*const infer_mode[]) (const QsGatherAttributes *, const QsShape *,
                                         const QsShape *, QsShape *, GError **) = {
    [QS_GATHER_AXIS] = infer_axis,
    [QS_GATHER_ELEMENT] = infer_element,
    [QS_GATHER_ND] = infer_nd,
  };
  const QsGatherAttributes *attributes = layer->attributes;
  QsTensor *data = qs_layer_require_input (layer, 0, error);
  QsTensor *indices = data != NULL ? qs_layer_require_input (layer, 1, error) : NULL;
  QsShape shape;

  if (indices == NULL)
    return FALSE;
  if (indices->type != QS_DATA_TYPE_INT64 && indices->type != QS_DATA_TYPE_INT32)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_TYPE, "the indices have the type %s, not int64 or int32",
                   qs_data_type_name (indices->type));
      return FALSE;
    }

  if (attributes->mode != QS_GATHER_ND &&
      !qs_axis_check (attributes->axis, data->shape.n_dims, error))
    return FALSE;

  return infer_mode[attributes->mode] (attributes, &data->shape, &indices->shape, &shape, error) &&
         qs_layer_set_output (layer, 0, data->type, &shape, error);
}

/* Indices may depend on the network's inputs, so they are checked where they are used. */
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

/* Every element of the output has one index, which moves along @axis of the data. The strides say,
 * along the output's axes, where its index and the beginning of its line lie. */
static gboolean
gather_along (const QsView *data,
              const QsView *indices,
              const QsView *y,
              int           axis,
              const gint64 *data_strides,
              const gint64 *index_strides,
              GError      **error)
{
  gsize size = qs_data_type_size (y->type);
  QsWalk walk;

  qs_walk_init (&walk, &y->shape);
  qs_walk_add (&walk, y->strides);
  qs_walk_add (&walk, data_strides);
  qs_walk_add (&walk, index_strides);
  for (; !walk.done; qs_walk_next (&walk))
    {
      gint64 index;

      if (!read_index (indices, walk.offset[2], data->shape.dims[axis], &index, error))
        return FALSE;
      qs_copy_element (y->data, walk.offset[0], data->data,
                       walk.offset[1] + index * data->strides[axis], size);
    }

  return TRUE;
}

/* The output's axes are [data before the axis][indices][data after it]. */
static gboolean
evaluate_axis (const QsGatherAttributes *attributes,
               const QsView             *data,
               const QsView             *indices,
               const QsView             *y,
               GError                  **error)
{
  int axis = (int) attributes->axis;
  int n = indices->shape.n_dims;
  gint64 data_strides[QS_MAX_DIMS] = { 0 };
  gint64 index_strides[QS_MAX_DIMS] = { 0 };

  for (int i = 0; i < y->shape.n_dims; i++)
    {
      if (i < axis)
        data_strides[i] = data->strides[i];
      else if (i < axis + n)
        index_strides[i] = indices->strides[i - axis];
      else
        data_strides[i] = data->strides[i - n + 1];
    }

  return gather_along (data, indices, y, axis, data_strides, index_strides, error);
}

static gboolean
evaluate_element (const QsGatherAttributes *attributes,
                  const QsView             *data,
                  const QsView             *indices,
                  const QsView             *y,
                  GError                  **error)
{
  int axis = (int) attributes->axis;
  gint64 data_strides[QS_MAX_DIMS];

  memcpy (data_strides, data->strides, sizeof data_strides);
  data_strides[axis] = 0;

  return gather_along (data, indices, y, axis, data_strides, indices->strides, error);
}

/* One index tuple, the last axis of the indices, chooses a slice of the data. */
static gboolean
read_tuple (const QsGatherAttributes *attributes,
            const QsView             *data,
            const QsView             *indices,
            gint64                    offset,
            gint64                   *position,
            GError                  **error)
{
  int last = indices->shape.n_dims - 1;

  for (gint64 k = 0; k < indices->shape.dims[last]; k++)
    {
      int axis = (int) (attributes->batch_dims + k);
      gint64 index;

      if (!read_index (indices, offset + k * indices->strides[last], data->shape.dims[axis], &index,
                       error))
        return FALSE;
      *position += index * data->strides[axis];
    }

  return TRUE;
}

static gboolean
evaluate_nd (const QsGatherAttributes *attributes,
             const QsView             *data,
             const QsView             *indices,
             const QsView             *y,
             GError                  **error)
{
  gsize size = qs_data_type_size (y->type);
  int last = indices->shape.n_dims - 1;
  int batch = (int) attributes->batch_dims;
  int first = batch + (int) indices->shape.dims[last]; /* of the data's axes that are copied whole */
  gint64 data_strides[QS_MAX_DIMS] = { 0 };
  gint64 index_strides[QS_MAX_DIMS] = { 0 };
  QsWalk walk;

  for (int i = 0; i < y->shape.n_dims; i++)
    {
      if (i < last)
        index_strides[i] = indices->strides[i];
      if (i < batch)
        data_strides[i] = data->strides[i];
      else if (i >= last)
        data_strides[i] = data->strides[i - last + first];
    }

  qs_walk_init (&walk, &y->shape);
  qs_walk_add (&walk, y->strides);
  qs_walk_add (&walk, data_strides);
  qs_walk_add (&walk, index_strides);
  for (; !walk.done; qs_walk_next (&walk))
    {
      gint64 position = walk.offset[1];

      if (!read_tuple (attributes, data, indices, walk.offset[2], &position, error))
        return FALSE;
      qs_copy_element (y->data, walk.offset[0], data->data, position, size);
    }

  return TRUE;
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  static gboolean (*const evaluate_mode[]) (const QsGatherAttributes *, const QsView *,
                                            const QsView *, const QsView *, GError **) = {
    [QS_GATHER_AXIS] = evaluate_axis,
    [QS_GATHER_ELEMENT] = evaluate_element,
    [QS_GATHER_ND] = evaluate_nd,
  };
  const QsGatherAttributes *attributes = layer->attributes;

  return evaluate_mode[attributes->mode] (attributes, &inputs[0], &inputs[1], &outputs[0], error);
}

static gboolean
parse_gather (QsImporter       *importer,
              const QsOperator *op,
              const QsOnnxNode *node,
              GError          **error)
{
  QsGatherAttributes attributes = { .mode = (QsGatherMode) op->variant };
  QsTensor *inputs[2];
  gint64 wanted;
  int axis = 0;

  inputs[0] = qs_importer_require_input (importer, node, 0, error);
  inputs[1] = inputs[0] != NULL ? qs_importer_require_input (importer, node, 1, error) : NULL;
  if (inputs[1] == NULL)
    return FALSE;

  if (op->variant == QS_GATHER_ND)
    {
      if (!qs_onnx_node_get_int (node, "batch_dims", 0, &attributes.batch_dims, error))
        return FALSE;
    }
  else if (!qs_onnx_node_get_int (node, "axis", 0, &wanted, error) ||
           !qs_axis_resolve (wanted, inputs[0]->shape.n_dims, &axis, error))
    return FALSE;

  attributes.axis = axis;
  return qs_importer_add_layer_full (importer, node, QS_LAYER_GATHER, &attributes, inputs, 2, 1,
                                     error) != NULL;
}

const QsLayerClass qs_layer_classes_gather[] = {
  { QS_LAYER_GATHER, "Gather", QS_PLACEMENT_COMMUTES, sizeof (QsGatherAttributes), fields,
    infer, evaluate },
  { .name = NULL },
};

const QsOperator qs_operators_gather[] = {
  { "Gather", 1, 0, QS_GATHER_AXIS, parse_gather },
  { "GatherElements", 11, 0, QS_GATHER_ELEMENT, parse_gather },
  { "GatherND", 11, 0, QS_GATHER_ND, parse_gather },
  { .op_type = NULL },
};
