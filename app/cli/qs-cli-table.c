/* SPDX-License-Identifier: MIT */
#include "qs-cli-table.h"

#include <math.h>

/* Names of fused layers list all their nodes; the JSON has them whole. */
#define MAX_NAME 56

struct _QsCliTable
{
  guint n_columns;
  gboolean *is_number;
  GPtrArray *cells; /* of utf8, the titles first */
};

QsCliTable *
qs_cli_table_new (const char *const *titles)
{
  QsCliTable *self = g_new0 (QsCliTable, 1);

  self->n_columns = g_strv_length ((char **) titles);
  self->is_number = g_new0 (gboolean, self->n_columns);
  self->cells = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < self->n_columns; i++)
    {
      self->is_number[i] = titles[i][0] == '>';
      g_ptr_array_add (self->cells, g_strdup (titles[i] + (self->is_number[i] ? 1 : 0)));
    }

  return self;
}

void
qs_cli_table_free (QsCliTable *self)
{
  g_ptr_array_unref (self->cells);
  g_free (self->is_number);
  g_free (self);
}

void
qs_cli_table_add (QsCliTable *self,
                  const char *format,
                  ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  g_ptr_array_add (self->cells, g_utf8_make_valid (text, -1));
}

void
qs_cli_table_add_number (QsCliTable *self,
                         int         decimals,
                         double      value)
{
  if (isnan (value))
    qs_cli_table_add (self, "–");
  else if (isinf (value))
    qs_cli_table_add (self, value > 0 ? "∞" : "−∞");
  else
    qs_cli_table_add (self, "%.*f", decimals, value);
}

void
qs_cli_table_add_name (QsCliTable *self,
                       const char *name)
{
  g_autofree char *valid = g_utf8_make_valid (name, -1);
  glong length = g_utf8_strlen (valid, -1);
  g_autofree char *head = NULL;

  if (length <= MAX_NAME)
    {
      qs_cli_table_add (self, "%s", valid);
      return;
    }

  head = g_utf8_substring (valid, 0, MAX_NAME / 2);
  qs_cli_table_add (self, "%s…%s", head,
                    g_utf8_offset_to_pointer (valid, length - (MAX_NAME - MAX_NAME / 2 - 1)));
}

static glong
column_width (QsCliTable *self,
              guint       column)
{
  glong width = 0;

  for (guint i = column; i < self->cells->len; i += self->n_columns)
    width = MAX (width, g_utf8_strlen (g_ptr_array_index (self->cells, i), -1));

  return width;
}

/* printf pads bytes, not characters, so padding is our own. */
static void
append_cell (GString    *line,
             const char *text,
             glong       width,
             gboolean    is_number)
{
  glong padding = width - g_utf8_strlen (text, -1);

  if (!is_number)
    g_string_append (line, text);
  for (glong i = 0; i < padding; i++)
    g_string_append_c (line, ' ');
  if (is_number)
    g_string_append (line, text);
}

void
qs_cli_table_print (QsCliTable *self)
{
  g_autofree glong *widths = g_new (glong, self->n_columns);
  g_autoptr (GString) line = g_string_new (NULL);

  for (guint i = 0; i < self->n_columns; i++)
    widths[i] = column_width (self, i);

  for (guint i = 0; i < self->cells->len; i++)
    {
      guint column = i % self->n_columns;

      append_cell (line, g_ptr_array_index (self->cells, i), widths[column],
                   self->is_number[column]);
      if (column + 1 < self->n_columns)
        {
          g_string_append (line, "  ");
          continue;
        }
      g_print ("%s\n", g_strchomp (line->str));
      g_string_truncate (line, 0);
    }
}

char *
qs_cli_format_bytes (guint64 bytes)
{
  return g_format_size_full (bytes, G_FORMAT_SIZE_IEC_UNITS);
}
