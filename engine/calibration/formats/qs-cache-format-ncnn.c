/* SPDX-License-Identifier: MIT */
#include "qs-cache-format-private.h"

#include <math.h>
#include <string.h>

#include "core/qs-error.h"

/* ncnn's int8 table: "layer scale" lines with scale = 127 / range, and "layer_param_0 scale scale …"
 * for the weights, which follow from the model and are not kept here. */

static gboolean
is_weights (const char *line)
{
  const char *mark = strstr (line, "_param_");

  return mark != NULL && g_ascii_isdigit (mark[strlen ("_param_")]) &&
         mark[strlen ("_param_") + 1] == ' ';
}

static gboolean
ncnn_line (char         *line,
           guint         number,
           QsScaleTable *scales,
           GPtrArray    *warnings,
           GError      **error)
{
  char *split = strchr (line, ' ');
  double value;

  if (is_weights (line))
    return TRUE;

  if (split == NULL || split == line || !qs_cache_text_number (split + 1, &value) || value == 0.0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                   "line %u: there is no name and positive scale", number);
      return FALSE;
    }

  *split = '\0';
  qs_cache_format_set (scales, warnings, line, 1.0 / value);
  return TRUE;
}

/* Only its lines of weights tell it from other tables. */
static gboolean
ncnn_probe (const char *text)
{
  g_autofree char *line = g_strndup (text, strcspn (text, "\n"));

  return is_weights (line);
}

static gboolean
ncnn_read (const char   *text,
           QsScaleTable *scales,
           GPtrArray    *warnings,
           GError      **error)
{
  return qs_cache_text_read (text, ncnn_line, scales, warnings, error);
}

static void
ncnn_write (QsScaleTable *scales,
            GString      *text,
            GPtrArray    *warnings)
{
  for (guint i = 0; i < qs_scale_table_get_n (scales); i++)
    {
      const char *name = qs_scale_table_get_name (scales, i);
      float scale = qs_scale_table_get_scale (scales, i);

      if (isfinite (scale) && scale > 0.0f && strpbrk (name, " \r\n") == NULL)
        qs_cache_text_append (text, name, " ", 1.0 / (double) scale);
      else
        qs_cache_format_warn (warnings, "Tensor %s is left out: the format cannot express it.",
                              name);
    }
}

const QsCacheFormat qs_cache_format_ncnn = {
  .id = "ncnn",
  .name = "ncnn table",
  .suffix = ".table",
  .probe = ncnn_probe,
  .read = ncnn_read,
  .write = ncnn_write,
};
