/* SPDX-License-Identifier: MIT */
#include "qs-cache-format-private.h"

#include <math.h>
#include <string.h>

/* ONNX Runtime's text table for its TensorRT provider: "tensor range" lines. */

static gboolean
ort_line (char         *line,
          guint         number,
          QsScaleTable *scales,
          GPtrArray    *warnings,
          GError      **error)
{
  return qs_cache_text_entry (line, ' ', number, scales, warnings, error);
}

/* The first line decides. */
static gboolean
ort_probe (const char *text)
{
  g_autofree char *line = g_strchomp (g_strndup (text, strcspn (text, "\n")));
  const char *split = strrchr (line, ' ');
  double range;

  return split != NULL && split != line && qs_cache_text_number (split + 1, &range);
}

static gboolean
ort_read (const char   *text,
          QsScaleTable *scales,
          GPtrArray    *warnings,
          GError      **error)
{
  return qs_cache_text_read (text, ort_line, scales, warnings, error);
}

static void
ort_write (QsScaleTable *scales,
           GString      *text,
           GPtrArray    *warnings)
{
  for (guint i = 0; i < qs_scale_table_get_n (scales); i++)
    {
      const char *name = qs_scale_table_get_name (scales, i);
      float scale = qs_scale_table_get_scale (scales, i);

      if (isfinite (scale) && scale >= 0.0f && strpbrk (name, "\r\n") == NULL)
        qs_cache_text_append (text, name, " ", 127.0 * (double) scale);
      else
        qs_cache_format_warn (warnings, "Tensor %s is left out: the format cannot express it.",
                              name);
    }
}

const QsCacheFormat qs_cache_format_ort = {
  .id = "ort",
  .name = "ONNX Runtime calibration table",
  .suffix = ".cache",
  .probe = ort_probe,
  .read = ort_read,
  .write = ort_write,
};
