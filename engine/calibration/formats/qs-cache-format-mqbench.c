/* SPDX-License-Identifier: MIT */
#include "qs-cache-format-private.h"

/* MQBench's export for TensorRT: { "blob_range": { tensor: range } }. */

static gboolean
mqbench_probe (const char *text)
{
  return qs_cache_json_probe (text, "blob_range");
}

static gboolean
mqbench_read (const char   *text,
              QsScaleTable *scales,
              GPtrArray    *warnings,
              GError      **error)
{
  return qs_cache_json_read (text, "blob_range", scales, warnings, error);
}

static void
mqbench_write (QsScaleTable *scales,
               GString      *text,
               GPtrArray    *warnings)
{
  qs_cache_json_write (scales, "blob_range", text, warnings);
}

const QsCacheFormat qs_cache_format_mqbench = {
  .id = "mqbench",
  .name = "MQBench",
  .suffix = ".json",
  .probe = mqbench_probe,
  .read = mqbench_read,
  .write = mqbench_write,
};
