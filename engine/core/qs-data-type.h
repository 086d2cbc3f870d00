/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * QsDataType:
 *
 * Element types, with the numbers of ONNX TensorProto.DataType so that a file's value can be used
 * as it is after [func@qs_data_type_is_valid].
 */
typedef enum
{
  QS_DATA_TYPE_UNDEFINED = 0,
  QS_DATA_TYPE_FLOAT = 1,
  QS_DATA_TYPE_UINT8 = 2,
  QS_DATA_TYPE_INT8 = 3,
  QS_DATA_TYPE_UINT16 = 4,
  QS_DATA_TYPE_INT16 = 5,
  QS_DATA_TYPE_INT32 = 6,
  QS_DATA_TYPE_INT64 = 7,
  QS_DATA_TYPE_STRING = 8, /* named in messages only: no tensor can have it */
  QS_DATA_TYPE_BOOL = 9,
  QS_DATA_TYPE_FLOAT16 = 10,
  QS_DATA_TYPE_DOUBLE = 11,
  QS_DATA_TYPE_UINT32 = 12,
  QS_DATA_TYPE_UINT64 = 13,
} QsDataType;

gboolean    qs_data_type_is_valid      (int         onnx_value);
gsize       qs_data_type_size          (QsDataType  type);
const char *qs_data_type_name          (QsDataType  type);
gboolean    qs_data_type_is_float      (QsDataType  type);
gboolean    qs_data_type_is_integer    (QsDataType  type);

G_END_DECLS
