/* SPDX-License-Identifier: MIT */
#include "qs-trex-format.h"

#include <string.h>

/*
 * What TensorRT 8.4 to 10 write in engine graphs (the list of NVIDIA's trt-engine-explorer, module
 * trex/activations.py). A text has the words of its type somewhere in it; what is before and behind
 * them is the layout. Words that contain others come first.
 */
static const struct
{
  QsDataType type;
  const char *word;   /* in the description of a tensor */
  const char *linear; /* the whole description in the layouts that this engine has */
  const char *hwc;
  const char *name;   /* of weights */
} types[] = {
  { QS_DATA_TYPE_FLOAT16, "BFloat16", NULL, NULL, "BFloat16" },
  { QS_DATA_TYPE_FLOAT, "FP32", "Row major linear FP32", "Channel major FP32 format", "Float" },
  { QS_DATA_TYPE_FLOAT16, "FP16", "Row major linear FP16 format", "Channel major FP16 format",
    "Half" },
  { QS_DATA_TYPE_UINT8, "UInt8", "Row major linear UInt8 format", "Channel major UInt8 format",
    "UInt8" },
  { QS_DATA_TYPE_INT8, "Int8", "Row major Int8 format", "Channel major Int8 format", "Int8" },
  { QS_DATA_TYPE_INT8, "INT8", NULL, NULL, "INT8" },
  { QS_DATA_TYPE_INT32, "Int32", "Row major linear Int32", NULL, "Int32" },
  { QS_DATA_TYPE_INT64, "Int64", "Row major linear Int64 format", NULL, "Int64" },
  { QS_DATA_TYPE_BOOL, "BOOL", "Row major linear BOOL", NULL, "Bool" },
  { QS_DATA_TYPE_FLOAT, "Float", NULL, NULL, "Float" },
  { QS_DATA_TYPE_FLOAT16, "Half", NULL, NULL, "Half" },
  { QS_DATA_TYPE_BOOL, "Bool", NULL, NULL, "Bool" },
};

const char *
qs_trex_format_name (QsDataType type,
                     QsFormat   format)
{
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (types[i].type == type && types[i].linear != NULL)
      return format == QS_FORMAT_HWC && types[i].hwc != NULL ? types[i].hwc : types[i].linear;

  return NULL;
}

gboolean
qs_trex_format_parse (const char *text,
                      QsDataType *type,
                      QsFormat   *format)
{
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (strstr (text, types[i].word) != NULL)
      {
        *type = types[i].type;
        *format = g_str_has_prefix (text, "Channel major") ? QS_FORMAT_HWC : QS_FORMAT_LINEAR;
        return TRUE;
      }

  return FALSE;
}

const char *
qs_trex_type_name (QsDataType type)
{
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (types[i].type == type && types[i].linear != NULL)
      return types[i].name;

  return NULL;
}

gboolean
qs_trex_type_parse (const char *text,
                    QsDataType *type)
{
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (strcmp (text, types[i].name) == 0)
      {
        *type = types[i].type;
        return TRUE;
      }

  return FALSE;
}
