/* SPDX-License-Identifier: MIT */
#include "qs-cache-format-private.h"

#include <math.h>
#include <string.h>

#include "core/qs-error.h"

gboolean
qs_cache_text_read (const char     *text,
                    QsCacheLineFunc func,
                    QsScaleTable   *scales,
                    GPtrArray      *warnings,
                    GError        **error)
{
  for (guint number = 1; *text != '\0'; number++)
    {
      gsize length = strcspn (text, "\n");
      g_autofree char *line = g_strchomp (g_strndup (text, length));

      if (line[0] != '\0' && !func (line, number, scales, warnings, error))
        return FALSE;
      text += length + (text[length] == '\n');
    }

  return TRUE;
}

gboolean
qs_cache_text_number (const char *text,
                      double     *value)
{
  char *end;

  *value = g_ascii_strtod (text, &end);
  while (g_ascii_isspace (*end))
    end++;
  return end != text && *end == '\0' && isfinite (*value) && *value >= 0.0;
}

gboolean
qs_cache_text_entry (char         *line,
                     char          separator,
                     guint         number,
                     QsScaleTable *scales,
                     GPtrArray    *warnings,
                     GError      **error)
{
  char *split = strrchr (line, separator);
  double range;

  if (split == NULL || split == line)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "line %u: there is no name and range",
                   number);
      return FALSE;
    }
  if (!qs_cache_text_number (split + 1, &range))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                   "line %u: “%s” is not a range, which is a number and not negative", number,
                   split + 1);
      return FALSE;
    }

  *split = '\0';
  qs_cache_format_set (scales, warnings, g_strchomp (line), range / 127.0);
  return TRUE;
}

void
qs_cache_text_append (GString    *text,
                      const char *name,
                      const char *separator,
                      double      value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (text, "%s%s%s\n", name, separator,
                          g_ascii_formatd (buffer, sizeof buffer, QS_RANGE_DIGITS, value));
}
