/* SPDX-License-Identifier: MIT */
#include "qs-onnx-private.h"

#include <string.h>

#include "core/qs-error.h"
#include "qs-tensor-proto.h"
#include "core/qs-wire.h"

#if G_BYTE_ORDER != G_LITTLE_ENDIAN
#error "raw_data is little endian and is used as it is"
#endif

/*
 * Where a TensorProto keeps its elements when they are not in raw_data: one of five typed arrays,
 * chosen by the data type. Narrow types, float16 as its bits, come one by one in int32_data.
 */
typedef enum
{
  STORED_FLOAT,
  STORED_INT32,
  STORED_INT64,
  STORED_DOUBLE,
  STORED_UINT64,
} Storage;

typedef struct
{
  QsDataType type;
  Storage storage;
} StorageRow;

static const StorageRow storages[] = {
  { QS_DATA_TYPE_FLOAT, STORED_FLOAT },
  { QS_DATA_TYPE_DOUBLE, STORED_DOUBLE },
  { QS_DATA_TYPE_INT64, STORED_INT64 },
  { QS_DATA_TYPE_UINT32, STORED_UINT64 },
  { QS_DATA_TYPE_UINT64, STORED_UINT64 },
  { QS_DATA_TYPE_INT32, STORED_INT32 },
  { QS_DATA_TYPE_INT16, STORED_INT32 },
  { QS_DATA_TYPE_UINT16, STORED_INT32 },
  { QS_DATA_TYPE_INT8, STORED_INT32 },
  { QS_DATA_TYPE_UINT8, STORED_INT32 },
  { QS_DATA_TYPE_BOOL, STORED_INT32 },
  { QS_DATA_TYPE_FLOAT16, STORED_INT32 },
};

typedef struct
{
  const void *data;
  gsize n;
  gsize element_size;
} TypedData;

static TypedData
find_typed_data (const Onnx__TensorProto *proto,
                 QsDataType               type)
{
  const TypedData fields[] = {
    [STORED_FLOAT] = { proto->float_data, proto->n_float_data, sizeof (float) },
    [STORED_INT32] = { proto->int32_data, proto->n_int32_data, sizeof (gint32) },
    [STORED_INT64] = { proto->int64_data, proto->n_int64_data, sizeof (gint64) },
    [STORED_DOUBLE] = { proto->double_data, proto->n_double_data, sizeof (double) },
    [STORED_UINT64] = { proto->uint64_data, proto->n_uint64_data, sizeof (guint64) },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (storages); i++)
    if (storages[i].type == type)
      return fields[storages[i].storage];

  return (TypedData) { NULL, 0, 1 };
}

/* The low bytes of each stored number: all types are little endian and two's complement. */
static QsHostTensor *
read_typed (QsDataType     type,
            const QsShape *shape,
            TypedData      stored,
            GError       **error)
{
  g_autoptr (QsHostTensor) tensor = NULL;
  gsize size = qs_data_type_size (type);
  guint8 *to;

  if ((guint64) qs_shape_n_elements (shape) != stored.n)
    {
      g_autofree char *text = qs_shape_to_string (shape);
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "%" G_GSIZE_FORMAT " values do not fill a %s tensor of shape %s",
                   stored.n, qs_data_type_name (type), text);
      return NULL;
    }

  tensor = qs_host_tensor_new (type, shape, error);
  if (tensor == NULL)
    return NULL;

  to = qs_host_tensor_get_mutable (tensor);
  for (gsize i = 0; i < stored.n; i++)
    memcpy (to + i * size, (const guint8 *) stored.data + i * stored.element_size, size);
  return g_steal_pointer (&tensor);
}

/* Kernels load whole elements, so contents that start at an odd address are copied. */
static gboolean
is_aligned (GBytes     *bytes,
            QsDataType  type)
{
  return (guintptr) g_bytes_get_data (bytes, NULL) % qs_data_type_size (type) == 0;
}

static QsHostTensor *
copy (QsDataType     type,
      const QsShape *shape,
      GBytes        *bytes,
      GError       **error)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  return qs_host_tensor_new_from_data (type, shape, data, size, error);
}

static QsHostTensor *
read_raw (const Onnx__TensorProto *proto,
          QsDataType               type,
          const QsShape           *shape,
          GBytes                  *owner,
          GError                 **error)
{
  g_autoptr (GBytes) bytes = NULL;

  if (proto->raw_data.len == 0)
    bytes = g_bytes_new_static ("", 0);
  else
    bytes = g_bytes_new_with_free_func (proto->raw_data.data, proto->raw_data.len,
                                        (GDestroyNotify) g_bytes_unref, g_bytes_ref (owner));

  return is_aligned (bytes, type) ? qs_host_tensor_new_for_bytes (type, shape, bytes, error)
                                  : copy (type, shape, bytes, error);
}

static gboolean
read_number (const char *key,
             const char *text,
             guint64    *value,
             GError    **error)
{
  if (g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, value, NULL))
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "the external data's %s “%s” is not a number",
               key, text);
  return FALSE;
}

static QsHostTensor *
read_external (const Onnx__TensorProto *proto,
               QsDataType               type,
               const QsShape           *shape,
               QsExternalData          *external,
               GError                 **error)
{
  g_autoptr (GBytes) bytes = NULL;
  const char *location = NULL;
  guint64 offset = 0;
  guint64 length = G_MAXUINT64;
  gsize expected;

  if (!qs_shape_check_bytes (shape, qs_data_type_size (type), &expected, error))
    return NULL;

  for (gsize i = 0; i < proto->n_external_data; i++)
    {
      const char *key = proto->external_data[i]->key != NULL ? proto->external_data[i]->key : "";
      const char *text = proto->external_data[i]->value != NULL ? proto->external_data[i]->value : "";

      if (strcmp (key, "location") == 0)
        location = text;
      else if (strcmp (key, "offset") == 0 && !read_number (key, text, &offset, error))
        return NULL;
      else if (strcmp (key, "length") == 0 && !read_number (key, text, &length, error))
        return NULL;
    }

  if (location == NULL)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_MALFORMED,
                           "its external data has no location");
      return NULL;
    }

  /* Without a length the tensor takes what it needs. */
  bytes = qs_external_data_read (external, location, offset,
                                 length == G_MAXUINT64 ? expected : length, error);
  if (bytes == NULL)
    return NULL;
  return is_aligned (bytes, type) ? qs_host_tensor_new_for_mapping (type, shape, bytes, error)
                                  : copy (type, shape, bytes, error);
}

static gboolean
check_supported (const Onnx__TensorProto *proto,
                 GError                 **error)
{
  if (!qs_data_type_is_valid (proto->data_type))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "elements of ONNX data type %d (%s) are not supported",
                   proto->data_type, qs_data_type_name ((QsDataType) proto->data_type));
      return FALSE;
    }
  if (proto->segment != NULL)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                           "tensors stored in segments are not supported");
      return FALSE;
    }

  return TRUE;
}

/**
 * qs_onnx_tensor_read: (skip)
 * @owner: keeps @proto alive; the tensor may share its memory
 * @external: (nullable): where external data may be read
 *
 * The contents of a TensorProto after every check: type, dimensions, and that there are exactly as
 * many elements as the dimensions say.
 */
QsHostTensor *
qs_onnx_tensor_read (const Onnx__TensorProto *proto,
                     GBytes                  *owner,
                     QsExternalData          *external,
                     GError                 **error)
{
  QsDataType type = (QsDataType) proto->data_type;
  QsShape shape;

  if (!check_supported (proto, error) ||
      !qs_shape_init (&shape, proto->n_dims, proto->dims, error) ||
      !qs_shape_check_bytes (&shape, qs_data_type_size (type), NULL, error))
    return NULL;

  if (proto->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
    {
      if (external != NULL)
        return read_external (proto, type, &shape, external, error);

      g_set_error_literal (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                           "external data cannot be used here");
      return NULL;
    }
  if (proto->has_raw_data)
    return read_raw (proto, type, &shape, owner, error);

  return read_typed (type, &shape, find_typed_data (proto, type), error);
}

/**
 * qs_tensor_proto_parse:
 * @bytes: a serialized TensorProto
 * @name: (out) (optional) (nullable): the tensor's name
 *
 * Reads one tensor, as ONNX's test data and many sample sets store them.
 *
 * Errors: %QS_ERROR_MALFORMED and those of [func@qs_shape_init] and [ctor@HostTensor.new].
 */
QsHostTensor *
qs_tensor_proto_parse (GBytes  *bytes,
                       char   **name,
                       GError **error)
{
  g_autoptr (GBytes) owner = NULL;
  ProtobufCMessage *message;
  QsHostTensor *tensor;
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  message = qs_wire_unpack (&onnx__tensor_proto__descriptor, data, size, error);
  if (message == NULL)
    return NULL;

  owner = g_bytes_new_with_free_func (message, 1, (GDestroyNotify) qs_wire_free, message);
  tensor = qs_onnx_tensor_read ((const Onnx__TensorProto *) message, owner, NULL, error);
  if (tensor != NULL && name != NULL)
    *name = g_strdup (((const Onnx__TensorProto *) message)->name);
  return tensor;
}
