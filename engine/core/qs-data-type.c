/* SPDX-License-Identifier: MIT */
#include "qs-data-type.h"

typedef struct
{
  const char *name;
  guint8 size;
  gboolean is_float;
  gboolean is_integer;
} DataTypeInfo;

static const DataTypeInfo data_types[] = {
  [QS_DATA_TYPE_UNDEFINED] = { "undefined", 0, FALSE, FALSE },
  [QS_DATA_TYPE_FLOAT] = { "float32", 4, TRUE, FALSE },
  [QS_DATA_TYPE_UINT8] = { "uint8", 1, FALSE, TRUE },
  [QS_DATA_TYPE_INT8] = { "int8", 1, FALSE, TRUE },
  [QS_DATA_TYPE_UINT16] = { "uint16", 2, FALSE, TRUE },
  [QS_DATA_TYPE_INT16] = { "int16", 2, FALSE, TRUE },
  [QS_DATA_TYPE_INT32] = { "int32", 4, FALSE, TRUE },
  [QS_DATA_TYPE_INT64] = { "int64", 8, FALSE, TRUE },
  [QS_DATA_TYPE_STRING] = { "string", 0, FALSE, FALSE },
  [QS_DATA_TYPE_BOOL] = { "bool", 1, FALSE, FALSE },
  [QS_DATA_TYPE_FLOAT16] = { "float16", 2, TRUE, FALSE },
  [QS_DATA_TYPE_DOUBLE] = { "float64", 8, TRUE, FALSE },
  [QS_DATA_TYPE_UINT32] = { "uint32", 4, FALSE, TRUE },
  [QS_DATA_TYPE_UINT64] = { "uint64", 8, FALSE, TRUE },
};

static const DataTypeInfo *
lookup (int value)
{
  if (value < 0 || value >= (int) G_N_ELEMENTS (data_types))
    return &data_types[QS_DATA_TYPE_UNDEFINED];

  return &data_types[value];
}

/**
 * qs_data_type_is_valid:
 * @onnx_value: a number read from a file
 *
 * Whether tensors of the ONNX data type @onnx_value can be held.
 */
gboolean
qs_data_type_is_valid (int onnx_value)
{
  return lookup (onnx_value)->size > 0;
}

/**
 * qs_data_type_size:
 *
 * Bytes of one element; 0 for types that no tensor can have.
 */
gsize
qs_data_type_size (QsDataType type)
{
  return lookup (type)->size;
}

/**
 * qs_data_type_name:
 *
 * The type's name as NumPy writes it.
 */
const char *
qs_data_type_name (QsDataType type)
{
  return lookup (type)->name;
}

gboolean
qs_data_type_is_float (QsDataType type)
{
  return lookup (type)->is_float;
}

gboolean
qs_data_type_is_integer (QsDataType type)
{
  return lookup (type)->is_integer;
}
