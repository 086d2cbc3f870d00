/* SPDX-License-Identifier: MIT */
#include "qs-cache-format-private.h"

#include <math.h>
#include <string.h>

/* The text that NVIDIA's sampleINT8API reads dynamic ranges from: "tensor: range" lines. */

static gboolean
int8api_line (char         *line,
              guint         number,
              QsScaleTable *scales,
              GPtrArray    *warnings,
              GError      **error)
{
  return qs_cache_text_entry (line, ':', number, scales, warnings, error);
}

/* The first line decides. */
static gboolean
int8api_probe (const char *text)
{
  g_autofree char *line = g_strchomp (g_strndup (text, strcspn (text, "\n")));
  const char *split = strrchr (line, ':');
  double range;

  return split != NULL && split != line && qs_cache_text_number (split + 1, &range);
}

static gboolean
int8api_read (const char   *text,
              QsScaleTable *scales,
              GPtrArray    *warnings,
              GError      **error)
{
  return qs_cache_text_read (text, int8api_line, scales, warnings, error);
}

static void
int8api_write (QsScaleTable *scales,
               GString      *text,
               GPtrArray    *warnings)
{
  for (guint i = 0; i < qs_scale_table_get_n (scales); i++)
    {
      const char *name = qs_scale_table_get_name (scales, i);
      float scale = qs_scale_table_get_scale (scales, i);

      if (isfinite (scale) && scale >= 0.0f && strpbrk (name, "\r\n") == NULL)
        qs_cache_text_append (text, name, ": ", 127.0 * (double) scale);
      else
        qs_cache_format_warn (warnings, "Tensor %s is left out: the format cannot express it.",
                              name);
    }
}

const QsCacheFormat qs_cache_format_int8api = {
  .id = "int8api",
  .name = "TensorRT sampleINT8API ranges",
  .suffix = ".txt",
  .probe = int8api_probe,
  .read = int8api_read,
  .write = int8api_write,
};
