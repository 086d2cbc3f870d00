/* SPDX-License-Identifier: MIT */
#include "qs-op-rows.h"

#include <math.h>
#include <string.h>

#include "core/qs-error.h"
#include "core/qs-float16.h"
#include "core/qs-rounding.h"

/**
 * qs_rows_init:
 * @shape: the shape to walk over, usually an output's
 * @views: (array length=n_views): views of this shape, or that broadcast to it
 *
 * Starts a walk in row-major order of @shape, whatever the memory order of the views.
 */
void
qs_rows_init (QsRows        *self,
              const QsShape *shape,
              const QsView  *views[],
              guint          n_views)
{
  memset (self, 0, sizeof *self);
  self->n_views = n_views;
  self->shape = *shape;
  self->finished = qs_shape_n_elements (shape) <= 0;

  /* A scalar is one row of one element. */
  if (shape->n_dims == 0)
    self->shape = qs_shape_make (1, 1);

  for (guint v = 0; v < n_views; v++)
    {
      const QsView *view = views[v];
      int skip = self->shape.n_dims - view->shape.n_dims;

      for (int i = MAX (skip, 0); i < self->shape.n_dims; i++)
        if (view->shape.n_dims > 0 && view->shape.dims[i - skip] != 1)
          self->strides[v][i] = view->strides[i - skip];
    }
}

static void
step_outer_axes (QsRows *self)
{
  int last = self->shape.n_dims - 1;

  self->index[last] = 0;
  for (int i = last - 1; i >= 0; i--)
    {
      if (++self->index[i] < self->shape.dims[i])
        return;
      self->index[i] = 0;
    }

  self->finished = TRUE;
}

/**
 * qs_rows_next:
 *
 * Moves to the first or next row.
 *
 * Returns: whether there is one
 */
gboolean
qs_rows_next (QsRows *self)
{
  int last = self->shape.n_dims - 1;

  if (self->length > 0)
    {
      self->index[last] += self->length;
      if (self->index[last] >= self->shape.dims[last])
        step_outer_axes (self);
    }

  if (self->finished)
    return FALSE;

  self->length = MIN (self->shape.dims[last] - self->index[last], QS_ROW_LENGTH);
  for (guint v = 0; v < self->n_views; v++)
    {
      self->offsets[v] = 0;
      for (int i = 0; i <= last; i++)
        self->offsets[v] += self->index[i] * self->strides[v][i];
      self->steps[v] = self->strides[v][last];
    }

  return TRUE;
}

/**
 * qs_view_domain:
 *
 * The domain in which @view's numbers are computed without loss. Quantized INT8 are floats.
 */
QsDomain
qs_view_domain (const QsView *view)
{
  if (view->type == QS_DATA_TYPE_DOUBLE)
    return QS_DOMAIN_DOUBLE;
  if (qs_data_type_is_float (view->type) || view->scale > 0)
    return QS_DOMAIN_FLOAT;

  return QS_DOMAIN_INT;
}

/* Conversions between an element and the domains. Out-of-range floats saturate, NaN becomes 0. */
static gint64
double_to_int (double value,
               double low,
               double high)
{
  if (isnan (value))
    return 0;

  return value <= low ? (gint64) low : value >= high ? (gint64) high : (gint64) value;
}

#define LOAD_LOOP(ctype, target, expression)          \
  {                                                   \
    const ctype *p = (const ctype *) view->data + offset; \
    for (gint64 k = 0; k < length; k++, p += step)    \
      target[k] = (expression);                       \
  }                                                   \
  break;

#define LOAD_CASES(target, number)                                                            \
  switch (view->type)                                                                         \
    {                                                                                         \
    case QS_DATA_TYPE_FLOAT: LOAD_LOOP (float, target, (number) *p)                           \
    case QS_DATA_TYPE_DOUBLE: LOAD_LOOP (double, target, (number) *p)                         \
    case QS_DATA_TYPE_FLOAT16: LOAD_LOOP (guint16, target, (number) qs_float16_to_float (*p)) \
    case QS_DATA_TYPE_UINT8: LOAD_LOOP (guint8, target, (number) *p)                          \
    case QS_DATA_TYPE_INT8: LOAD_LOOP (gint8, target, (number) *p)                            \
    case QS_DATA_TYPE_UINT16: LOAD_LOOP (guint16, target, (number) *p)                        \
    case QS_DATA_TYPE_INT16: LOAD_LOOP (gint16, target, (number) *p)                          \
    case QS_DATA_TYPE_UINT32: LOAD_LOOP (guint32, target, (number) *p)                        \
    case QS_DATA_TYPE_INT32: LOAD_LOOP (gint32, target, (number) *p)                          \
    case QS_DATA_TYPE_UINT64: LOAD_LOOP (guint64, target, (number) *p)                        \
    case QS_DATA_TYPE_INT64: LOAD_LOOP (gint64, target, (number) *p)                          \
    case QS_DATA_TYPE_BOOL: LOAD_LOOP (guint8, target, (number) (*p != 0))                    \
    case QS_DATA_TYPE_UNDEFINED:                                                              \
    case QS_DATA_TYPE_STRING:                                                                 \
      break;                                                                                  \
    }

#define STORE_LOOP(ctype, source, expression)   \
  {                                             \
    ctype *p = (ctype *) view->data + offset;   \
    for (gint64 k = 0; k < length; k++, p += step) \
      *p = (ctype) (expression);                \
  }                                             \
  break;

#define CLAMPED(value, low, high) double_to_int ((double) (value), (low), (high))

#define STORE_CASES_FROM_REAL(source)                                                        \
  switch (view->type)                                                                        \
    {                                                                                        \
    case QS_DATA_TYPE_FLOAT: STORE_LOOP (float, source, source[k])                           \
    case QS_DATA_TYPE_DOUBLE: STORE_LOOP (double, source, source[k])                         \
    case QS_DATA_TYPE_FLOAT16:                                                               \
      STORE_LOOP (guint16, source, qs_float16_from_float ((float) source[k]))                \
    case QS_DATA_TYPE_UINT8: STORE_LOOP (guint8, source, CLAMPED (source[k], 0, 255))        \
    case QS_DATA_TYPE_INT8: STORE_LOOP (gint8, source, CLAMPED (source[k], -128, 127))       \
    case QS_DATA_TYPE_UINT16: STORE_LOOP (guint16, source, CLAMPED (source[k], 0, 65535))    \
    case QS_DATA_TYPE_INT16: STORE_LOOP (gint16, source, CLAMPED (source[k], -32768, 32767)) \
    case QS_DATA_TYPE_UINT32: STORE_LOOP (guint32, source, CLAMPED (source[k], 0, 4294967295.0)) \
    case QS_DATA_TYPE_INT32:                                                                 \
      STORE_LOOP (gint32, source, CLAMPED (source[k], -2147483648.0, 2147483647.0))          \
    case QS_DATA_TYPE_UINT64: STORE_LOOP (guint64, source, CLAMPED (source[k], 0, 0x1p62))   \
    case QS_DATA_TYPE_INT64: STORE_LOOP (gint64, source, CLAMPED (source[k], -0x1p62, 0x1p62)) \
    case QS_DATA_TYPE_BOOL: STORE_LOOP (guint8, source, source[k] != 0)                      \
    case QS_DATA_TYPE_UNDEFINED:                                                             \
    case QS_DATA_TYPE_STRING:                                                                \
      break;                                                                                 \
    }

#define STORE_CASES_FROM_INT(source)                                                         \
  switch (view->type)                                                                        \
    {                                                                                        \
    case QS_DATA_TYPE_FLOAT: STORE_LOOP (float, source, source[k])                           \
    case QS_DATA_TYPE_DOUBLE: STORE_LOOP (double, source, source[k])                         \
    case QS_DATA_TYPE_FLOAT16:                                                               \
      STORE_LOOP (guint16, source, qs_float16_from_float ((float) source[k]))                \
    case QS_DATA_TYPE_UINT8:                                                                 \
    case QS_DATA_TYPE_INT8: STORE_LOOP (guint8, source, source[k])                           \
    case QS_DATA_TYPE_UINT16:                                                                \
    case QS_DATA_TYPE_INT16: STORE_LOOP (guint16, source, source[k])                         \
    case QS_DATA_TYPE_UINT32:                                                                \
    case QS_DATA_TYPE_INT32: STORE_LOOP (guint32, source, source[k])                         \
    case QS_DATA_TYPE_UINT64:                                                                \
    case QS_DATA_TYPE_INT64: STORE_LOOP (gint64, source, source[k])                          \
    case QS_DATA_TYPE_BOOL: STORE_LOOP (guint8, source, source[k] != 0)                      \
    case QS_DATA_TYPE_UNDEFINED:                                                             \
    case QS_DATA_TYPE_STRING:                                                                \
      break;                                                                                 \
    }

/**
 * qs_floats_load:
 *
 * Loads elements of any type as float32.
 */
void
qs_floats_load (float        *values,
                const QsView *view,
                gint64        offset,
                gint64        step,
                gint64        length)
{
  LOAD_CASES (values, float)

  if (view->scale > 0 && view->type == QS_DATA_TYPE_INT8)
    for (gint64 k = 0; k < length; k++)
      values[k] *= view->scale;
}

static void
store_quantized (const float *values,
                 QsView      *view,
                 gint64       offset,
                 gint64       step,
                 gint64       length)
{
  gint8 *p = (gint8 *) view->data + offset;
  float reciprocal = 1.0f / view->scale;

  for (gint64 k = 0; k < length; k++, p += step)
    *p = qs_quantize (values[k], reciprocal);
}

/**
 * qs_floats_store:
 *
 * Stores float32 numbers in the view's element type, quantizing where it has a scale.
 */
void
qs_floats_store (const float *values,
                 QsView      *view,
                 gint64       offset,
                 gint64       step,
                 gint64       length)
{
  if (view->scale > 0 && view->type == QS_DATA_TYPE_INT8)
    {
      store_quantized (values, view, offset, step, length);
      return;
    }

  STORE_CASES_FROM_REAL (values)
}

void
qs_shape_split (const QsShape *shape,
                const QsInts  *axes,
                QsShape       *outer,
                QsShape       *inner)
{
  *outer = *shape;
  *inner = *shape;
  for (int i = 0; i < shape->n_dims; i++)
    {
      gboolean is_inner = FALSE;

      for (int k = 0; k < axes->n; k++)
        is_inner |= axes->v[k] == i;
      *(is_inner ? &outer->dims[i] : &inner->dims[i]) = 1;
    }
}

void
qs_floats_gather (float         *values,
                  const QsView  *view,
                  gint64         offset,
                  const QsShape *inner)
{
  QsView part = *view;
  const QsView *views[] = { &part };
  QsRows rows;

  part.shape = *inner;
  qs_rows_init (&rows, inner, views, 1);
  for (; qs_rows_next (&rows); values += rows.length)
    qs_floats_load (values, view, offset + rows.offsets[0], rows.steps[0], rows.length);
}

void
qs_floats_scatter (const float   *values,
                   QsView        *view,
                   gint64         offset,
                   const QsShape *inner)
{
  QsView part = *view;
  const QsView *views[] = { &part };
  QsRows rows;

  part.shape = *inner;
  qs_rows_init (&rows, inner, views, 1);
  for (; qs_rows_next (&rows); values += rows.length)
    qs_floats_store (values, view, offset + rows.offsets[0], rows.steps[0], rows.length);
}

void
qs_row_load (QsRow        *self,
             QsDomain      domain,
             const QsView *view,
             gint64        offset,
             gint64        step,
             gint64        length)
{
  if (domain == QS_DOMAIN_FLOAT)
    qs_floats_load (self->f, view, offset, step, length);
  else if (domain == QS_DOMAIN_DOUBLE)
    LOAD_CASES (self->d, double)
  else
    LOAD_CASES (self->i, gint64)
}

void
qs_row_store (const QsRow *self,
              QsDomain     domain,
              QsView      *view,
              gint64       offset,
              gint64       step,
              gint64       length)
{
  if (domain == QS_DOMAIN_FLOAT)
    qs_floats_store (self->f, view, offset, step, length);
  else if (domain == QS_DOMAIN_DOUBLE)
    STORE_CASES_FROM_REAL (self->d)
  else
    STORE_CASES_FROM_INT (self->i)
}

/**
 * qs_try_new:
 *
 * Memory for @n elements whose number an input decides; freed with g_free().
 *
 * Errors: %QS_ERROR_LIMIT when there is not that much memory
 */
gpointer
qs_try_new (gint64   n,
            gsize    element_size,
            GError **error)
{
  gpointer memory = g_try_malloc_n ((gsize) MAX (n, 1), element_size);

  if (memory == NULL)
    g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                 "not enough memory for %" G_GINT64_FORMAT " elements", n);
  return memory;
}

static gboolean
needs_floats (const QsView *view)
{
  return view->data != NULL &&
         (view->type == QS_DATA_TYPE_FLOAT16 || view->type == QS_DATA_TYPE_INT8 ||
          view->type == QS_DATA_TYPE_UINT8);
}

static void
copy_view (const QsView *from,
           QsView       *to)
{
  const QsView *views[] = { from, to };
  QsRows rows;
  float values[QS_ROW_LENGTH];

  qs_rows_init (&rows, &to->shape, views, 2);
  while (qs_rows_next (&rows))
    {
      qs_floats_load (values, from, rows.offsets[0], rows.steps[0], rows.length);
      qs_floats_store (values, to, rows.offsets[1], rows.steps[1], rows.length);
    }
}

/* A float32 stand-in for @view when it has another type; the memory joins @owned. */
static gboolean
stand_in (const QsView *view,
          QsView       *result,
          GPtrArray    *owned,
          GError      **error)
{
  gpointer data;

  *result = *view;
  if (!needs_floats (view))
    return TRUE;

  data = qs_try_new (qs_shape_n_elements (&view->shape), sizeof (float), error);
  if (data == NULL)
    return FALSE;

  g_ptr_array_add (owned, data);
  qs_view_init (result, QS_DATA_TYPE_FLOAT, view->format, &view->shape, data);
  return TRUE;
}

/**
 * qs_evaluate_in_floats:
 * @compute: a reference kernel for float32 views
 *
 * Runs @compute on float32 copies of the inputs that have a smaller type, and converts its
 * outputs to the types that are wanted. Float32 views are passed on as they are.
 */
gboolean
qs_evaluate_in_floats (const QsLayer *layer,
                       const QsView  *inputs,
                       QsView        *outputs,
                       QsEvaluate     compute,
                       GError       **error)
{
  g_autoptr (GPtrArray) owned = g_ptr_array_new_with_free_func (g_free);
  guint n_inputs = layer->inputs->len, n_outputs = layer->outputs->len;
  g_autofree QsView *in = g_new0 (QsView, n_inputs + 1);
  g_autofree QsView *out = g_new0 (QsView, n_outputs + 1);

  for (guint i = 0; i < n_inputs; i++)
    {
      if (!stand_in (&inputs[i], &in[i], owned, error))
        return FALSE;
      if (in[i].data != inputs[i].data)
        copy_view (&inputs[i], &in[i]);
    }
  for (guint i = 0; i < n_outputs; i++)
    if (!stand_in (&outputs[i], &out[i], owned, error))
      return FALSE;

  if (!compute (layer, in, out, error))
    return FALSE;

  for (guint i = 0; i < n_outputs; i++)
    if (out[i].data != outputs[i].data)
      copy_view (&out[i], &outputs[i]);
  return TRUE;
}

/**
 * qs_layer_check_float:
 * @what: what @tensor is to the layer ("the input")
 *
 * Checks that float32 arithmetic can compute with @tensor: float32, float16, or INT8 in a
 * quantized network.
 *
 * Errors: %QS_ERROR_UNSUPPORTED for another type
 */
gboolean
qs_layer_check_float (const QsTensor *tensor,
                      const char     *what,
                      GError        **error)
{
  if (tensor->type == QS_DATA_TYPE_FLOAT || tensor->type == QS_DATA_TYPE_FLOAT16 ||
      tensor->type == QS_DATA_TYPE_INT8)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
               "%s “%s” has the type %s; only float32 and float16 can be computed here", what,
               tensor->name, qs_data_type_name (tensor->type));
  return FALSE;
}

/**
 * qs_layer_weighted_type:
 *
 * The output type of a weighted layer: its input's, except that a layer with INT8 input may have
 * a float output, which the builder decides.
 */
QsDataType
qs_layer_weighted_type (const QsLayer *layer)
{
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);
  const QsTensor *y = qs_layer_get_output (layer, 0);

  if (x->type != QS_DATA_TYPE_INT8)
    return x->type;

  return y != NULL && y->type != QS_DATA_TYPE_UNDEFINED ? y->type : QS_DATA_TYPE_FLOAT;
}
