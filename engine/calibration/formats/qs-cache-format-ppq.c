/* SPDX-License-Identifier: MIT */
#include "qs-cache-format-private.h"

/* PPQ's export for TensorRT: { "act_quant_info": { tensor: range } }. */

static gboolean
ppq_probe (const char *text)
{
  return qs_cache_json_probe (text, "act_quant_info");
}

static gboolean
ppq_read (const char   *text,
          QsScaleTable *scales,
          GPtrArray    *warnings,
          GError      **error)
{
  return qs_cache_json_read (text, "act_quant_info", scales, warnings, error);
}

static void
ppq_write (QsScaleTable *scales,
           GString      *text,
           GPtrArray    *warnings)
{
  qs_cache_json_write (scales, "act_quant_info", text, warnings);
}

const QsCacheFormat qs_cache_format_ppq = {
  .id = "ppq",
  .name = "PPQ",
  .suffix = ".json",
  .probe = ppq_probe,
  .read = ppq_read,
  .write = ppq_write,
};
