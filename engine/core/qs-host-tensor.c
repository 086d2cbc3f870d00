/* SPDX-License-Identifier: MIT */
#include "qs-host-tensor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "qs-error.h"
#include "qs-float16.h"

#define ALIGNMENT 64

struct _QsHostTensor
{
  gatomicrefcount ref_count;
  QsDataType type;
  QsShape shape;
  gsize size;
  gpointer data;
  GBytes *bytes; /* owner of data, or NULL when data is ours */
  gboolean mapped; /* data lies in a file that is mapped for reading only */
};

static gboolean
check_type_and_shape (QsDataType     type,
                      const QsShape *shape,
                      gsize         *size,
                      GError       **error)
{
  if (!qs_data_type_is_valid ((int) type))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_TYPE, "tensors of type %s are not supported",
                   qs_data_type_name (type));
      return FALSE;
    }

  return qs_shape_check_bytes (shape, qs_data_type_size (type), size, error);
}

static QsHostTensor *
host_tensor_alloc (QsDataType     type,
                   const QsShape *shape,
                   gsize          size)
{
  QsHostTensor *self = g_new0 (QsHostTensor, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->type = type;
  self->shape = *shape;
  self->size = size;
  return self;
}

/**
 * qs_host_tensor_new:
 *
 * A tensor filled with zeros.
 *
 * Errors: %QS_ERROR_TYPE, %QS_ERROR_SHAPE, %QS_ERROR_LIMIT; also when memory is short.
 */
QsHostTensor *
qs_host_tensor_new (QsDataType     type,
                    const QsShape *shape,
                    GError       **error)
{
  QsHostTensor *self;
  gpointer data = NULL;
  gsize size;

  if (!check_type_and_shape (type, shape, &size, error))
    return NULL;

  /* Not g_malloc(): the size came from a file, and running out of memory must not end the program. */
  if (posix_memalign (&data, ALIGNMENT, MAX (size, ALIGNMENT)) != 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "there is not enough memory for %" G_GSIZE_FORMAT " bytes", size);
      return NULL;
    }
  memset (data, 0, MAX (size, ALIGNMENT));

  self = host_tensor_alloc (type, shape, size);
  self->data = data;
  return self;
}

/**
 * qs_host_tensor_new_from_data:
 * @data: (array length=size): dense row-major elements in host byte order, copied
 *
 * Errors: as [ctor@HostTensor.new], and %QS_ERROR_SHAPE when @size is not the shape's size.
 */
QsHostTensor *
qs_host_tensor_new_from_data (QsDataType     type,
                              const QsShape *shape,
                              gconstpointer  data,
                              gsize          size,
                              GError       **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, size);
  g_autoptr (QsHostTensor) borrowed = qs_host_tensor_new_for_bytes (type, shape, bytes, error);
  QsHostTensor *self;

  if (borrowed == NULL)
    return NULL;

  self = qs_host_tensor_new (type, shape, error);
  if (self != NULL && size > 0)
    memcpy (self->data, data, size);
  return self;
}

/**
 * qs_host_tensor_new_for_bytes:
 * @bytes: the elements, kept and not copied (a mapped file, for instance)
 *
 * Errors: as [ctor@HostTensor.new_from_data].
 */
QsHostTensor *
qs_host_tensor_new_for_bytes (QsDataType     type,
                              const QsShape *shape,
                              GBytes        *bytes,
                              GError       **error)
{
  QsHostTensor *self;
  gsize size;

  if (!check_type_and_shape (type, shape, &size, error))
    return NULL;

  if (g_bytes_get_size (bytes) != size)
    {
      g_autofree char *text = qs_shape_to_string (shape);
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "%" G_GSIZE_FORMAT " bytes of data do not fill a %s tensor of shape %s",
                   g_bytes_get_size (bytes), qs_data_type_name (type), text);
      return NULL;
    }

  self = host_tensor_alloc (type, shape, size);
  self->bytes = g_bytes_ref (bytes);
  self->data = (gpointer) g_bytes_get_data (bytes, NULL);
  return self;
}

/**
 * qs_host_tensor_new_for_mapping:
 * @bytes: the elements, in a file that is mapped for reading only
 *
 * As [ctor@HostTensor.new_for_bytes], for contents that the system can read again from their file.
 */
QsHostTensor *
qs_host_tensor_new_for_mapping (QsDataType     type,
                                const QsShape *shape,
                                GBytes        *bytes,
                                GError       **error)
{
  QsHostTensor *self = qs_host_tensor_new_for_bytes (type, shape, bytes, error);

  if (self != NULL)
    self->mapped = TRUE;
  return self;
}

/**
 * qs_host_tensor_drop_pages:
 *
 * Gives back the memory of a mapped tensor that will not be needed soon. Its contents stay what
 * they are: whoever reads them again has them read from the file. Nothing happens to a tensor that
 * is not mapped.
 */
void
qs_host_tensor_drop_pages (const QsHostTensor *self)
{
  guintptr page = (guintptr) sysconf (_SC_PAGESIZE);
  guintptr begin = ((guintptr) self->data + page - 1) / page * page;
  guintptr end = ((guintptr) self->data + self->size) / page * page;

  if (self->mapped && end > begin)
    madvise ((gpointer) begin, end - begin, MADV_DONTNEED);
}

QsHostTensor *
qs_host_tensor_ref (QsHostTensor *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_host_tensor_unref (QsHostTensor *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  if (self->bytes != NULL)
    g_bytes_unref (self->bytes);
  else
    free (self->data);
  g_free (self);
}

QsDataType
qs_host_tensor_get_data_type (const QsHostTensor *self)
{
  return self->type;
}

const QsShape *
qs_host_tensor_get_shape (const QsHostTensor *self)
{
  return &self->shape;
}

gint64
qs_host_tensor_get_n_elements (const QsHostTensor *self)
{
  return qs_shape_n_elements (&self->shape);
}

gsize
qs_host_tensor_get_size (const QsHostTensor *self)
{
  return self->size;
}

gconstpointer
qs_host_tensor_get_data (const QsHostTensor *self)
{
  return self->data;
}

/**
 * qs_host_tensor_get_mutable:
 *
 * The elements for writing. Only for the one who has just created the tensor with
 * [ctor@HostTensor.new] and not shared it yet.
 */
gpointer
qs_host_tensor_get_mutable (QsHostTensor *self)
{
  g_assert (self->bytes == NULL);
  return self->data;
}

/**
 * qs_host_tensor_get_floats:
 *
 * The elements of a float32 tensor; %NULL for any other type.
 */
const float *
qs_host_tensor_get_floats (const QsHostTensor *self)
{
  return self->type == QS_DATA_TYPE_FLOAT ? self->data : NULL;
}

/* Unaligned loads: a tensor may lie anywhere in a mapped file. */
#define LOAD(ctype) \
  ({ ctype v_; memcpy (&v_, (const guint8 *) self->data + (gsize) index * sizeof v_, sizeof v_); v_; })

/**
 * qs_host_tensor_get_number:
 * @index: flat index, 0 … n_elements - 1
 *
 * One element as a double; exact for all types but 64-bit integers beyond 2^53.
 */
double
qs_host_tensor_get_number (const QsHostTensor *self,
                           gint64              index)
{
  switch ((int) self->type)
    {
    case QS_DATA_TYPE_FLOAT:
      return LOAD (float);
    case QS_DATA_TYPE_DOUBLE:
      return LOAD (double);
    case QS_DATA_TYPE_FLOAT16:
      return qs_float16_to_float (LOAD (guint16));
    case QS_DATA_TYPE_INT8:
      return LOAD (gint8);
    case QS_DATA_TYPE_UINT8:
      return LOAD (guint8);
    case QS_DATA_TYPE_BOOL:
      return LOAD (guint8) != 0;
    case QS_DATA_TYPE_INT16:
      return LOAD (gint16);
    case QS_DATA_TYPE_UINT16:
      return LOAD (guint16);
    case QS_DATA_TYPE_INT32:
      return LOAD (gint32);
    case QS_DATA_TYPE_UINT32:
      return LOAD (guint32);
    case QS_DATA_TYPE_INT64:
      return (double) LOAD (gint64);
    case QS_DATA_TYPE_UINT64:
      return (double) LOAD (guint64);
    default:
      g_return_val_if_reached (0.0);
    }
}

/**
 * qs_host_tensor_get_int64s:
 * @values: (out caller-allocates) (array length=n_max): the elements
 * @n_max: room in @values
 * @n_values: (out): how many there are
 *
 * Reads a small int64 or int32 tensor: axes, sizes, pads and the like.
 *
 * Returns: %FALSE for another type or more than @n_max elements
 */
gboolean
qs_host_tensor_get_int64s (const QsHostTensor *self,
                           gint64             *values,
                           gsize               n_max,
                           gsize              *n_values)
{
  gint64 n = qs_host_tensor_get_n_elements (self);

  if ((self->type != QS_DATA_TYPE_INT64 && self->type != QS_DATA_TYPE_INT32) || n > (gint64) n_max)
    return FALSE;

  for (gint64 index = 0; index < n; index++)
    values[index] = self->type == QS_DATA_TYPE_INT64 ? LOAD (gint64) : LOAD (gint32);

  *n_values = (gsize) n;
  return TRUE;
}

/**
 * qs_host_tensor_reshape:
 *
 * The same elements under another shape, without a copy of them.
 */
QsHostTensor *
qs_host_tensor_reshape (QsHostTensor  *self,
                        const QsShape *shape,
                        GError       **error)
{
  g_autoptr (GBytes) bytes =
    g_bytes_new_with_free_func (self->data, self->size, (GDestroyNotify) qs_host_tensor_unref,
                                qs_host_tensor_ref (self));

  return self->mapped ? qs_host_tensor_new_for_mapping (self->type, shape, bytes, error)
                      : qs_host_tensor_new_for_bytes (self->type, shape, bytes, error);
}

/**
 * qs_host_tensor_slice:
 * @first: first index along axis 0
 * @n: number of indices along axis 0
 *
 * Rows @first … @first + @n - 1 of the first axis, without a copy.
 */
QsHostTensor *
qs_host_tensor_slice (QsHostTensor *self,
                      gint64        first,
                      gint64        n,
                      GError      **error)
{
  g_autoptr (GBytes) bytes = NULL;
  QsShape shape = self->shape;
  gsize row;

  if (shape.n_dims == 0 || first < 0 || n < 0 || first > shape.dims[0] || n > shape.dims[0] - first)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "rows %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " are outside the tensor",
                   first, first + n);
      return NULL;
    }

  row = shape.dims[0] > 0 ? self->size / (gsize) shape.dims[0] : 0;
  shape.dims[0] = n;
  bytes = g_bytes_new_with_free_func ((const guint8 *) self->data + (gsize) first * row,
                                      (gsize) n * row, (GDestroyNotify) qs_host_tensor_unref,
                                      qs_host_tensor_ref (self));
  return qs_host_tensor_new_for_bytes (self->type, &shape, bytes, error);
}

/* C leaves a float outside the target's range undefined; ONNX models meet it (a cast of inf to
 * int64 in a mask), and TensorRT clamps. NaN becomes 0. */
static gint64
to_integer (double value,
            gint64 low,
            gint64 high)
{
  if (isnan (value))
    return 0;
  if (value <= (double) low)
    return low;
  if (value >= (double) high)
    return high;
  return (gint64) value;
}

#define CONVERT(ctype, expression) \
  for (gint64 i = 0; i < n; i++) \
    { \
      double value = qs_host_tensor_get_number (self, i); \
      ((ctype *) result->data)[i] = (ctype) (expression); \
    } \
  break

/**
 * qs_host_tensor_convert:
 * @type: the wanted element type
 *
 * The same values in another element type, as ONNX Cast does it: towards zero for float to
 * integer, clamped to the type's range, NaN to 0; bool is 0 or 1. Returns @self with a new
 * reference when nothing is to be done.
 */
QsHostTensor *
qs_host_tensor_convert (QsHostTensor *self,
                        QsDataType    type,
                        GError      **error)
{
  gint64 n = qs_host_tensor_get_n_elements (self);
  QsHostTensor *result;

  if (type == self->type)
    return qs_host_tensor_ref (self);

  result = qs_host_tensor_new (type, &self->shape, error);
  if (result == NULL)
    return NULL;

  switch ((int) type)
    {
    case QS_DATA_TYPE_FLOAT:
      CONVERT (float, value);
    case QS_DATA_TYPE_DOUBLE:
      CONVERT (double, value);
    case QS_DATA_TYPE_FLOAT16:
      CONVERT (guint16, qs_float16_from_float ((float) value));
    case QS_DATA_TYPE_BOOL:
      CONVERT (guint8, value != 0.0);
    case QS_DATA_TYPE_INT8:
      CONVERT (gint8, to_integer (value, G_MININT8, G_MAXINT8));
    case QS_DATA_TYPE_UINT8:
      CONVERT (guint8, to_integer (value, 0, G_MAXUINT8));
    case QS_DATA_TYPE_INT16:
      CONVERT (gint16, to_integer (value, G_MININT16, G_MAXINT16));
    case QS_DATA_TYPE_UINT16:
      CONVERT (guint16, to_integer (value, 0, G_MAXUINT16));
    case QS_DATA_TYPE_INT32:
      CONVERT (gint32, to_integer (value, G_MININT32, G_MAXINT32));
    case QS_DATA_TYPE_UINT32:
      CONVERT (guint32, to_integer (value, 0, G_MAXUINT32));
    case QS_DATA_TYPE_INT64:
      if (self->type == QS_DATA_TYPE_UINT64)
        {
          for (gint64 index = 0; index < n; index++)
            ((gint64 *) result->data)[index] = (gint64) MIN (LOAD (guint64), (guint64) G_MAXINT64);
          break;
        }
      CONVERT (gint64, to_integer (value, G_MININT64, G_MAXINT64));
    case QS_DATA_TYPE_UINT64:
      CONVERT (guint64, to_integer (value, 0, G_MAXINT64));
    default:
      g_assert_not_reached ();
    }

  return result;
}
