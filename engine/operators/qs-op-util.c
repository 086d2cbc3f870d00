/* SPDX-License-Identifier: MIT */
#include "qs-op-util.h"

#include <math.h>
#include <string.h>

#include "core/qs-float16.h"

/**
 * qs_axis_resolve:
 * @axis: an axis, counted from the end when negative
 * @n_dims: rank of the tensor
 * @result: (out): 0 … @n_dims - 1
 *
 * Errors: %QS_ERROR_SHAPE when there is no such axis.
 */
gboolean
qs_axis_resolve (gint64   axis,
                 int      n_dims,
                 int     *result,
                 GError **error)
{
  if (axis < -n_dims || axis >= n_dims)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "axis %" G_GINT64_FORMAT " does not exist in a tensor of %d dimensions",
                   axis, n_dims);
      return FALSE;
    }

  *result = (int) (axis < 0 ? axis + n_dims : axis);
  return TRUE;
}

/**
 * qs_axis_check:
 * @axis: an axis that is not counted from the end
 *
 * For inference: the attributes of a plan file never went through an importer.
 *
 * Errors: %QS_ERROR_SHAPE unless @axis is 0 … @n_dims - 1.
 */
gboolean
qs_axis_check (gint64   axis,
               int      n_dims,
               GError **error)
{
  int resolved;

  return qs_axis_resolve (axis < 0 ? G_MININT64 : axis, n_dims, &resolved, error);
}

/**
 * qs_data_type_check:
 *
 * Errors: %QS_ERROR_TYPE unless @value is a #QsDataType.
 */
gboolean
qs_data_type_check (gint64   value,
                    GError **error)
{
  if (value > 0 && value <= G_MAXINT && qs_data_type_is_valid ((int) value))
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_TYPE, "%" G_GINT64_FORMAT " is not a supported data type",
               value);
  return FALSE;
}

/**
 * qs_axes_resolve:
 * @axes: (inout): axes in any order, negative ones counted from the end
 *
 * Makes @axes non-negative and sorts them.
 *
 * Errors: %QS_ERROR_SHAPE for an axis that does not exist or is there twice.
 */
gboolean
qs_axes_resolve (QsInts  *axes,
                 int      n_dims,
                 GError **error)
{
  gboolean wanted[QS_MAX_INTS] = { FALSE };
  int n = 0;

  g_return_val_if_fail (n_dims <= QS_MAX_INTS, FALSE);

  for (int i = 0; i < axes->n; i++)
    {
      int axis;

      if (!qs_axis_resolve (axes->v[i], n_dims, &axis, error))
        return FALSE;
      if (wanted[axis])
        {
          g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "axis %d is there twice", axis);
          return FALSE;
        }
      wanted[axis] = TRUE;
    }

  for (int axis = 0; axis < n_dims; axis++)
    if (wanted[axis])
      axes->v[n++] = axis;

  return TRUE;
}

gboolean
qs_ints_contain (const QsInts *self,
                 gint64        value)
{
  for (int i = 0; i < self->n; i++)
    if (self->v[i] == value)
      return TRUE;

  return FALSE;
}

/**
 * qs_ints_check_range:
 * @what: the attribute's name
 *
 * Checks numbers from a file before anything is computed from them.
 *
 * Errors: %QS_ERROR_LIMIT for a value outside @low … @high.
 */
gboolean
qs_ints_check_range (const QsInts *self,
                     const char   *what,
                     gint64        low,
                     gint64        high,
                     GError      **error)
{
  for (int i = 0; i < self->n; i++)
    if (self->v[i] < low || self->v[i] > high)
      {
        g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                     "%s has the value %" G_GINT64_FORMAT ", which is outside %" G_GINT64_FORMAT
                     " to %" G_GINT64_FORMAT, what, self->v[i], low, high);
        return FALSE;
      }

  return TRUE;
}

/**
 * qs_layer_require_input:
 *
 * Input @index, or %QS_ERROR_MISSING.
 */
QsTensor *
qs_layer_require_input (const QsLayer *self,
                        guint          index,
                        GError       **error)
{
  QsTensor *tensor = qs_layer_get_input (self, index);

  if (tensor == NULL)
    g_set_error (error, QS_ERROR, QS_ERROR_MISSING, "input %u is missing", index);
  return tensor;
}

/**
 * qs_layer_set_output:
 *
 * Sets type and shape of output @index if it is wanted; for infer functions.
 *
 * Errors: %QS_ERROR_LIMIT for a tensor that is too large.
 */
gboolean
qs_layer_set_output (QsLayer       *self,
                     guint          index,
                     QsDataType     type,
                     const QsShape *shape,
                     GError       **error)
{
  QsTensor *tensor = qs_layer_get_output (self, index);

  if (!qs_shape_check_bytes (shape, qs_data_type_size (type), NULL, error))
    return FALSE;
  if (tensor != NULL)
    {
      tensor->type = type;
      tensor->shape = *shape;
    }

  return TRUE;
}

/**
 * qs_layer_input_ints:
 * @what: what the input holds, for messages ("the new shape")
 * @values: (out): empty when the input is absent
 *
 * Reads the value of a constant int64 or int32 input.
 *
 * Errors: %QS_ERROR_UNSUPPORTED when it is not constant, %QS_ERROR_DATA when it does not fit.
 */
gboolean
qs_layer_input_ints (const QsLayer *self,
                     guint          index,
                     const char    *what,
                     QsInts        *values,
                     GError       **error)
{
  QsTensor *tensor = qs_layer_get_input (self, index);
  gsize n;

  values->n = 0;
  if (tensor == NULL)
    return TRUE;

  if (tensor->value == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "%s (tensor “%s”) is computed while the network runs, but it must be constant",
                   what, tensor->name);
      return FALSE;
    }
  if (!qs_host_tensor_get_int64s (tensor->value, values->v, QS_MAX_INTS, &n))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                   "%s (tensor “%s”) is not a short list of integers", what, tensor->name);
      return FALSE;
    }

  values->n = (int) n;
  return TRUE;
}

/**
 * qs_layer_require_value:
 *
 * Input @index, which the shape of the layer's output depends on, with its value.
 *
 * Errors: %QS_ERROR_MISSING, or %QS_ERROR_UNSUPPORTED when it is computed while the network runs.
 */
QsTensor *
qs_layer_require_value (const QsLayer *self,
                        guint          index,
                        GError       **error)
{
  QsTensor *tensor = qs_layer_require_input (self, index, error);

  if (tensor == NULL || tensor->value != NULL)
    return tensor;

  g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
               "the shape of its result depends on the data (“%s”), but all shapes are fixed here; "
               "end the model before it and leave it to the application, or export the model so "
               "that its inputs are constant", tensor->name);
  return NULL;
}

/**
 * qs_layer_check_steps:
 * @steps: how many steps of the reference kernel inference would need
 *
 * For layers whose inference computes their result.
 *
 * Errors: %QS_ERROR_LIMIT when that would take minutes.
 */
gboolean
qs_layer_check_steps (double    steps,
                      GError  **error)
{
  if (steps <= QS_MAX_INFER_STEPS)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
               "finding the shape of its result would take %.0f million steps, more than %.0f",
               steps * 1e-6, QS_MAX_INFER_STEPS * 1e-6);
  return FALSE;
}

/**
 * qs_broadcast_strides:
 * @to: a shape that @view broadcasts to
 * @strides: (out caller-allocates): %QS_MAX_DIMS numbers, 0 along stretched axes
 */
void
qs_broadcast_strides (const QsView  *view,
                      const QsShape *to,
                      gint64        *strides)
{
  int lead = to->n_dims - view->shape.n_dims;

  for (int i = 0; i < to->n_dims; i++)
    strides[i] = i < lead || view->shape.dims[i - lead] == 1 ? 0 : view->strides[i - lead];
}

#define AT(ctype) (((const ctype *) self->data)[offset])

/**
 * qs_view_get_number:
 * @offset: in elements
 *
 * One element as a double; exact but for 64-bit integers beyond 2^53. The scale of an INT8 view
 * is not applied.
 */
double
qs_view_get_number (const QsView *self,
                    gint64        offset)
{
  switch ((int) self->type)
    {
    case QS_DATA_TYPE_FLOAT:
      return AT (float);
    case QS_DATA_TYPE_DOUBLE:
      return AT (double);
    case QS_DATA_TYPE_FLOAT16:
      return qs_float16_to_float (AT (guint16));
    case QS_DATA_TYPE_UINT64:
      return (double) AT (guint64);
    default:
      return (double) qs_view_get_int (self, offset);
    }
}

/**
 * qs_view_get_int:
 *
 * One element as an integer: exact for integer types and bool, towards zero for float types.
 */
gint64
qs_view_get_int (const QsView *self,
                 gint64        offset)
{
  double value;

  switch ((int) self->type)
    {
    case QS_DATA_TYPE_INT8:
      return AT (gint8);
    case QS_DATA_TYPE_UINT8:
      return AT (guint8);
    case QS_DATA_TYPE_BOOL:
      return AT (guint8) != 0;
    case QS_DATA_TYPE_INT16:
      return AT (gint16);
    case QS_DATA_TYPE_UINT16:
      return AT (guint16);
    case QS_DATA_TYPE_INT32:
      return AT (gint32);
    case QS_DATA_TYPE_UINT32:
      return AT (guint32);
    case QS_DATA_TYPE_INT64:
      return AT (gint64);
    case QS_DATA_TYPE_UINT64:
      return (gint64) AT (guint64);
    default:
      value = qs_view_get_number (self, offset);
      if (isnan (value))
        return 0;
      return value >= 0x1p63 ? G_MAXINT64 : value <= -0x1p63 ? G_MININT64 : (gint64) value;
    }
}

/* A float outside an integer type's range is undefined in C; it is clamped, and NaN becomes 0. */
static gint64
clamp_to (double value,
          gint64 low,
          gint64 high)
{
  if (isnan (value))
    return 0;
  return value <= (double) low ? low : value >= (double) high ? high : (gint64) value;
}

#define PUT(ctype, expression) \
  ((ctype *) self->data)[offset] = (ctype) (expression); \
  break

/**
 * qs_view_set_number:
 *
 * Stores @value in the view's element type: rounded for floats, towards zero and clamped for
 * integers, 0 or 1 for bool.
 */
void
qs_view_set_number (const QsView *self,
                    gint64        offset,
                    double        value)
{
  switch ((int) self->type)
    {
    case QS_DATA_TYPE_FLOAT:
      PUT (float, value);
    case QS_DATA_TYPE_DOUBLE:
      PUT (double, value);
    case QS_DATA_TYPE_FLOAT16:
      PUT (guint16, qs_float16_from_float ((float) value));
    case QS_DATA_TYPE_BOOL:
      PUT (guint8, value != 0.0);
    case QS_DATA_TYPE_INT8:
      PUT (gint8, clamp_to (value, G_MININT8, G_MAXINT8));
    case QS_DATA_TYPE_UINT8:
      PUT (guint8, clamp_to (value, 0, G_MAXUINT8));
    case QS_DATA_TYPE_INT16:
      PUT (gint16, clamp_to (value, G_MININT16, G_MAXINT16));
    case QS_DATA_TYPE_UINT16:
      PUT (guint16, clamp_to (value, 0, G_MAXUINT16));
    case QS_DATA_TYPE_INT32:
      PUT (gint32, clamp_to (value, G_MININT32, G_MAXINT32));
    case QS_DATA_TYPE_UINT32:
      PUT (guint32, clamp_to (value, 0, G_MAXUINT32));
    case QS_DATA_TYPE_INT64:
      PUT (gint64, clamp_to (value, G_MININT64, G_MAXINT64));
    case QS_DATA_TYPE_UINT64:
      PUT (guint64, value >= 0x1p64 ? G_MAXUINT64 : value > 0.0 ? (guint64) value : 0);
    default:
      break;
    }
}

/**
 * qs_view_set_int:
 *
 * Stores an integer without a detour over double: clamped for narrower integers, rounded once for
 * floats, 0 or 1 for bool. A uint64 view gets the bits.
 */
void
qs_view_set_int (const QsView *self,
                 gint64        offset,
                 gint64        value)
{
  switch ((int) self->type)
    {
    case QS_DATA_TYPE_INT64:
    case QS_DATA_TYPE_UINT64:
      PUT (gint64, value);
    case QS_DATA_TYPE_FLOAT:
      PUT (float, value);
    default:
      qs_view_set_number (self, offset, (double) value);
    }
}

/**
 * qs_view_copy:
 * @from: elements of the same type and shape as @to
 *
 * Copies all elements, from one memory layout to another if need be.
 */
void
qs_view_copy (const QsView *from,
              const QsView *to)
{
  gsize size = qs_data_type_size (to->type);
  QsWalk walk;

  if (qs_view_is_linear (from) && qs_view_is_linear (to))
    {
      gsize n = (gsize) qs_shape_n_elements (&to->shape) * size;

      if (n > 0)
        memmove (to->data, from->data, n);
      return;
    }

  qs_walk_init (&walk, &to->shape);
  qs_walk_add (&walk, to->strides);
  qs_walk_add (&walk, from->strides);
  for (; !walk.done; qs_walk_next (&walk))
    qs_copy_element (to->data, walk.offset[0], from->data, walk.offset[1], size);
}

void
qs_walk_init (QsWalk        *self,
              const QsShape *shape)
{
  *self = (QsWalk) { .shape = *shape, .done = qs_shape_n_elements (shape) <= 0 };
}

/**
 * qs_walk_add:
 * @strides: (array): one per axis of the walk's shape, in elements; 0 repeats, negative reverses
 *
 * Follows one more view; its number is how many were added before.
 */
void
qs_walk_add (QsWalk       *self,
             const gint64 *strides)
{
  g_return_if_fail (self->n < QS_WALK_MAX);

  memcpy (self->strides[self->n++], strides, sizeof (gint64) * (gsize) self->shape.n_dims);
}

void
qs_walk_add_broadcast (QsWalk       *self,
                       const QsView *view)
{
  gint64 strides[QS_MAX_DIMS];

  qs_broadcast_strides (view, &self->shape, strides);
  qs_walk_add (self, strides);
}

void
qs_walk_next (QsWalk *self)
{
  for (int i = self->shape.n_dims - 1; i >= 0; i--)
    {
      self->index[i]++;
      for (int k = 0; k < self->n; k++)
        self->offset[k] += self->strides[k][i];
      if (self->index[i] < self->shape.dims[i])
        return;

      for (int k = 0; k < self->n; k++)
        self->offset[k] -= self->strides[k][i] * self->shape.dims[i];
      self->index[i] = 0;
    }

  self->done = TRUE;
}
