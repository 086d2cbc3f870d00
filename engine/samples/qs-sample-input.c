/* SPDX-License-Identifier: MIT */
#include "qs-sample-input.h"

#include <string.h>

QsSampleInput *
qs_sample_input_new (const char    *name,
                     QsDataType     type,
                     const QsShape *shape)
{
  QsSampleInput *self = g_new0 (QsSampleInput, 1);

  self->name = g_strdup (name);
  self->type = type;
  self->shape = *shape;
  return self;
}

void
qs_sample_input_free (QsSampleInput *self)
{
  g_free (self->name);
  g_free (self);
}

gboolean
qs_sample_input_match (const QsSampleInput *self,
                       const char          *word)
{
  g_autofree char *plain = NULL;

  if (strcmp (self->name, word) == 0)
    return TRUE;

  plain = g_strcanon (g_strdup (self->name),
                      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_", '_');
  return strcmp (plain, word) == 0;
}

/* ONNX's test data has input_0, input_1, …; numpy.savez() without names arr_0, arr_1, …. */
int
qs_sample_input_parse_position (const char *word)
{
  static const char *const prefixes[] = { "input_", "arr_" };
  gint64 position;

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (word, prefixes[i]) &&
        g_ascii_string_to_signed (word + strlen (prefixes[i]), 10, 0, G_MAXUINT16, &position, NULL))
      return (int) position;

  return -1;
}
