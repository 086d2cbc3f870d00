/* SPDX-License-Identifier: MIT */
#include "qs-shape.h"

#include <stdarg.h>

#include "qs-error.h"

/**
 * qs_shape_make: (skip)
 * @n_dims: number of dimensions, at most %QS_MAX_DIMS
 * @...: the dimensions, as int
 *
 * A shape from known-good numbers, for code and tests; files go through [func@qs_shape_init].
 */
QsShape
qs_shape_make (int n_dims,
               ...)
{
  QsShape self = { .n_dims = n_dims };
  va_list args;

  g_assert (n_dims >= 0 && n_dims <= QS_MAX_DIMS);

  va_start (args, n_dims);
  for (int i = 0; i < n_dims; i++)
    self.dims[i] = va_arg (args, int);
  va_end (args);

  return self;
}

/**
 * qs_shape_init:
 * @self: the shape to fill
 * @n_dims: number of dimensions
 * @dims: (array length=n_dims): dimensions, -1 where unknown
 * @error: return location
 *
 * Fills @self from untrusted numbers.
 *
 * Errors: %QS_ERROR_LIMIT for more than %QS_MAX_DIMS dimensions, %QS_ERROR_SHAPE for a dimension
 * outside -1 … %QS_MAX_DIM.
 */
gboolean
qs_shape_init (QsShape      *self,
               gsize         n_dims,
               const gint64 *dims,
               GError      **error)
{
  if (n_dims > QS_MAX_DIMS)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "%" G_GSIZE_FORMAT " dimensions are more than the %d that can be processed",
                   n_dims, QS_MAX_DIMS);
      return FALSE;
    }

  self->n_dims = (int) n_dims;
  for (gsize i = 0; i < n_dims; i++)
    {
      if (dims[i] < -1 || dims[i] > QS_MAX_DIM)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                       "dimension %" G_GSIZE_FORMAT " is %" G_GINT64_FORMAT
                       ", which is out of range", i, dims[i]);
          return FALSE;
        }
      self->dims[i] = dims[i];
    }

  return TRUE;
}

gboolean
qs_shape_is_known (const QsShape *self)
{
  for (int i = 0; i < self->n_dims; i++)
    if (self->dims[i] < 0)
      return FALSE;

  return TRUE;
}

gboolean
qs_shape_equal (const QsShape *a,
                const QsShape *b)
{
  if (a->n_dims != b->n_dims)
    return FALSE;

  for (int i = 0; i < a->n_dims; i++)
    if (a->dims[i] != b->dims[i])
      return FALSE;

  return TRUE;
}

/**
 * qs_shape_n_elements:
 *
 * The product of the dimensions, 1 for a scalar; -1 when a dimension is unknown or the product
 * does not fit into 63 bits.
 */
gint64
qs_shape_n_elements (const QsShape *self)
{
  gint64 product = 1;
  gboolean empty = FALSE;

  for (int i = 0; i < self->n_dims; i++)
    {
      if (self->dims[i] < 0)
        return -1;
      if (self->dims[i] == 0)
        empty = TRUE;
      else if (__builtin_mul_overflow (product, self->dims[i], &product))
        return -1;
    }

  return empty ? 0 : product;
}

/**
 * qs_shape_check_bytes:
 * @element_size: bytes of one element
 * @bytes: (out) (optional): the size of a dense tensor of this shape
 *
 * Checks that a tensor of this shape may be allocated at all.
 *
 * Errors: %QS_ERROR_SHAPE when a dimension is unknown, %QS_ERROR_LIMIT above
 * %QS_MAX_TENSOR_BYTES.
 */
gboolean
qs_shape_check_bytes (const QsShape *self,
                      gsize          element_size,
                      gsize         *bytes,
                      GError       **error)
{
  gint64 n = qs_shape_n_elements (self);
  guint64 total;

  if (!qs_shape_is_known (self))
    {
      g_autofree char *text = qs_shape_to_string (self);
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "shape %s is not fully known", text);
      return FALSE;
    }

  if (n < 0 || __builtin_mul_overflow ((guint64) n, (guint64) element_size, &total) ||
      total > QS_MAX_TENSOR_BYTES)
    {
      g_autofree char *text = qs_shape_to_string (self);
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "a tensor of shape %s is larger than 64 GiB", text);
      return FALSE;
    }

  if (bytes != NULL)
    *bytes = (gsize) total;
  return TRUE;
}

/**
 * qs_shape_strides:
 * @strides: (out caller-allocates): %QS_MAX_DIMS numbers
 *
 * Distances in elements between neighbours along each axis of a dense row-major tensor.
 */
void
qs_shape_strides (const QsShape *self,
                  gint64        *strides)
{
  gint64 step = 1;

  for (int i = self->n_dims - 1; i >= 0; i--)
    {
      strides[i] = step;
      step *= self->dims[i];
    }
}

/**
 * qs_shape_broadcast:
 * @result: (out): the common shape
 *
 * NumPy's multidirectional broadcasting: axes are aligned at the end, and a dimension of 1
 * stretches. Unknown dimensions do not broadcast.
 *
 * Returns: whether the shapes are compatible
 */
gboolean
qs_shape_broadcast (const QsShape *a,
                    const QsShape *b,
                    QsShape       *result)
{
  QsShape out = { .n_dims = MAX (a->n_dims, b->n_dims) };

  for (int i = 1; i <= out.n_dims; i++)
    {
      gint64 da = i <= a->n_dims ? a->dims[a->n_dims - i] : 1;
      gint64 db = i <= b->n_dims ? b->dims[b->n_dims - i] : 1;

      if (da != db && da != 1 && db != 1)
        return FALSE;
      out.dims[out.n_dims - i] = da == 1 ? db : da;
    }

  *result = out;
  return TRUE;
}

/**
 * qs_shape_to_string:
 *
 * The dimensions joined by “×”, “?” for an unknown one, “scalar” for none.
 */
char *
qs_shape_to_string (const QsShape *self)
{
  GString *text;

  if (self->n_dims == 0)
    return g_strdup ("scalar");

  text = g_string_new (NULL);
  for (int i = 0; i < self->n_dims; i++)
    {
      if (i > 0)
        g_string_append (text, "×");
      if (self->dims[i] < 0)
        g_string_append_c (text, '?');
      else
        g_string_append_printf (text, "%" G_GINT64_FORMAT, self->dims[i]);
    }

  return g_string_free (text, FALSE);
}

/**
 * qs_shape_parse:
 * @text: dimensions joined by `x`, as `1x3x224x224`
 *
 * Reads a shape as the command line writes it.
 */
gboolean
qs_shape_parse (const char *text,
                QsShape    *shape,
                GError    **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "x", -1);
  guint n = g_strv_length (parts);
  gint64 dims[QS_MAX_DIMS];

  if (n == 0 || n > QS_MAX_DIMS)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE, "“%s” is not a shape such as 1x3x224x224", text);
      return FALSE;
    }

  for (guint i = 0; i < n; i++)
    {
      if (!g_ascii_string_to_signed (parts[i], 10, 1, QS_MAX_DIM, &dims[i], NULL))
        {
          g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                       "“%s” in the shape “%s” is not a dimension", parts[i], text);
          return FALSE;
        }
    }

  return qs_shape_init (shape, n, dims, error);
}
