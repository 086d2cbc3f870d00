/* SPDX-License-Identifier: MIT */
#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-util.h"

/* Start, size and step for every axis, resolved at import (TensorRT ISliceLayer). */

static const QsField fields[] = {
  { "start", QS_FIELD_INTS, G_STRUCT_OFFSET (QsSliceAttributes, starts) },
  { "size", QS_FIELD_INTS, G_STRUCT_OFFSET (QsSliceAttributes, sizes) },
  { "step", QS_FIELD_INTS, G_STRUCT_OFFSET (QsSliceAttributes, steps) },
  { NULL },
};

/* The first and the last element along an axis; none is read where the size is 0. */
static gboolean
axis_is_inside (const QsSliceAttributes *self,
                int                      axis,
                gint64                   dim)
{
  gint64 start = self->starts.v[axis], size = self->sizes.v[axis], step = self->steps.v[axis];
  gint64 last;

  if (step < -QS_MAX_DIM || step > QS_MAX_DIM || start < 0 || start > dim || size < 0 || size > dim)
    return FALSE;

  last = start + (size - 1) * step;
  return size == 0 || (start < dim && last >= 0 && last < dim);
}

static gboolean
check (const QsSliceAttributes *self,
       const QsShape           *x,
       GError                 **error)
{
  gboolean fits =
    self->starts.n == x->n_dims && self->sizes.n == x->n_dims && self->steps.n == x->n_dims;

  for (int i = 0; fits && i < x->n_dims; i++)
    fits = axis_is_inside (self, i, x->dims[i]);
  if (!fits)
    {
      g_autofree char *text = qs_shape_to_string (x);

      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "the slice is not inside its input of shape %s",
                   text);
    }

  return fits;
}

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  const QsSliceAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_require_input (layer, 0, error);
  QsShape shape;

  return x != NULL && check (attributes, &x->shape, error) &&
         qs_shape_init (&shape, (gsize) attributes->sizes.n, attributes->sizes.v, error) &&
         qs_layer_set_output (layer, 0, x->type, &shape, error);
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  const QsSliceAttributes *attributes = layer->attributes;
  QsView part = inputs[0];
  gint64 offset = 0;

  for (int i = 0; i < part.shape.n_dims; i++)
    {
      offset += attributes->starts.v[i] * part.strides[i];
      part.strides[i] *= attributes->steps.v[i];
    }

  part.shape = outputs[0].shape;
  if (qs_shape_n_elements (&part.shape) > 0)
    part.data = (guint8 *) part.data + offset * (gint64) qs_data_type_size (part.type);
  qs_view_copy (&part, &outputs[0]);
  return TRUE;
}

typedef struct
{
  QsInts starts;
  QsInts ends;
  QsInts axes;
  QsInts steps;
} Wanted;

/* Attributes until opset 9, inputs since. */
static gboolean
read_wanted (QsImporter       *importer,
             const QsOnnxNode *node,
             Wanted           *wanted,
             GError          **error)
{
  wanted->steps.n = 0;
  if (qs_importer_get_opset (importer) < 10)
    return qs_onnx_node_get_ints (node, "starts", &wanted->starts, error) &&
           qs_onnx_node_get_ints (node, "ends", &wanted->ends, error) &&
           qs_onnx_node_get_ints (node, "axes", &wanted->axes, error);

  return qs_importer_get_constant_ints (importer, node, 1, "the list of starts", &wanted->starts,
                                        error) &&
         qs_importer_get_constant_ints (importer, node, 2, "the list of ends", &wanted->ends,
                                        error) &&
         qs_importer_get_constant_ints (importer, node, 3, "the list of axes", &wanted->axes,
                                        error) &&
         qs_importer_get_constant_ints (importer, node, 4, "the list of steps", &wanted->steps,
                                        error);
}

static gboolean
complete_wanted (Wanted  *wanted,
                 int      n_dims,
                 GError **error)
{
  gboolean all_axes = wanted->axes.n == 0;

  for (int i = 0; all_axes && i < wanted->starts.n; i++)
    wanted->axes.v[wanted->axes.n++] = i;
  while (wanted->steps.n < wanted->starts.n)
    wanted->steps.v[wanted->steps.n++] = 1;

  if (wanted->starts.n > n_dims || wanted->ends.n != wanted->starts.n ||
      wanted->axes.n != wanted->starts.n || wanted->steps.n != wanted->starts.n)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "there are %d starts, %d ends, %d axes and %d steps for %d dimensions",
                   wanted->starts.n, wanted->ends.n, wanted->axes.n, wanted->steps.n, n_dims);
      return FALSE;
    }

  return TRUE;
}

/* A position as ONNX writes it: negative ones count from the end, and far ones mean the end. */
static gint64
clamp_position (gint64 position,
                gint64 dim,
                gint64 low,
                gint64 high)
{
  if (position < 0)
    position = position < -dim ? G_MININT64 : position + dim;

  return CLAMP (position, low, high);
}

static gboolean
resolve_axis (QsSliceAttributes *self,
              int                axis,
              gint64             dim,
              gint64             start,
              gint64             end,
              gint64             step,
              GError           **error)
{
  gint64 length;

  if (step == 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_DATA, "the step along axis %d is 0", axis);
      return FALSE;
    }

  step = CLAMP (step, -QS_MAX_DIM, QS_MAX_DIM);
  if (step > 0)
    {
      start = clamp_position (start, dim, 0, dim);
      end = clamp_position (end, dim, 0, dim);
      length = end - start;
    }
  else
    {
      start = clamp_position (start, dim, 0, dim - 1);
      end = clamp_position (end, dim, -1, dim - 1);
      length = start - end;
    }

  self->starts.v[axis] = MAX (start, 0);
  self->sizes.v[axis] = length <= 0 || dim == 0 ? 0 : (length - 1) / ABS (step) + 1;
  /* A step that is never taken could be huge. */
  self->steps.v[axis] = self->sizes.v[axis] > 1 ? step : 1;
  return TRUE;
}

static gboolean
parse_slice (QsImporter       *importer,
             const QsOperator *op,
             const QsOnnxNode *node,
             GError          **error)
{
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  QsSliceAttributes attributes = { { 0 } };
  g_autofree Wanted *wanted = g_new0 (Wanted, 1);
  gboolean done[QS_MAX_DIMS] = { FALSE };

  if (x == NULL || !read_wanted (importer, node, wanted, error) ||
      !complete_wanted (wanted, x->shape.n_dims, error))
    return FALSE;

  attributes.starts.n = attributes.sizes.n = attributes.steps.n = x->shape.n_dims;
  for (int i = 0; i < x->shape.n_dims; i++)
    {
      attributes.sizes.v[i] = x->shape.dims[i];
      attributes.steps.v[i] = 1;
    }

  for (int i = 0; i < wanted->axes.n; i++)
    {
      int axis;

      if (!qs_axis_resolve (wanted->axes.v[i], x->shape.n_dims, &axis, error))
        return FALSE;
      if (done[axis])
        {
          g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "axis %d is there twice", axis);
          return FALSE;
        }
      done[axis] = TRUE;
      if (!resolve_axis (&attributes, axis, x->shape.dims[axis], wanted->starts.v[i],
                         wanted->ends.v[i], wanted->steps.v[i], error))
        return FALSE;
    }

  return qs_importer_add_layer_full (importer, node, QS_LAYER_SLICE, &attributes, &x, 1, 1,
                                     error) != NULL;
}

const QsLayerClass qs_layer_classes_slice[] = {
  { QS_LAYER_SLICE, "Slice", QS_PLACEMENT_COMMUTES, sizeof (QsSliceAttributes), fields,
    infer, evaluate },
  { .name = NULL },
};

const QsOperator qs_operators_slice[] = {
  { "Slice", 1, 0, 0, parse_slice },
  { .op_type = NULL },
};
