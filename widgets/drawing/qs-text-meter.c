/* SPDX-License-Identifier: MIT */
#include "qs-text-meter.h"

#include <string.h>

struct _QsTextMeter
{
  PangoLayout *layout;
  GHashTable *advances; /* gunichar → Pango units */
};

QsTextMeter *
qs_text_meter_new (const char *family,
                   double      pixels,
                   gboolean    bold)
{
  QsTextMeter *self = g_new0 (QsTextMeter, 1);
  PangoFontMap *fonts = pango_cairo_font_map_get_default ();
  PangoContext *context = pango_font_map_create_context (fonts);
  PangoFontDescription *font = pango_font_description_new ();

  pango_context_set_round_glyph_positions (context, FALSE);
  pango_font_description_set_family (font, family);
  pango_font_description_set_absolute_size (font, pixels * PANGO_SCALE);
  pango_font_description_set_weight (font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);

  self->layout = pango_layout_new (context);
  pango_layout_set_font_description (self->layout, font);
  pango_font_description_free (font);
  g_object_unref (context);
  self->advances = g_hash_table_new (NULL, NULL);
  return self;
}

void
qs_text_meter_free (QsTextMeter *self)
{
  g_object_unref (self->layout);
  g_hash_table_unref (self->advances);
  g_free (self);
}

static int
measure_char (QsTextMeter *self,
              gunichar     c)
{
  gpointer known;
  char text[6];
  int width;

  if (g_hash_table_lookup_extended (self->advances, GUINT_TO_POINTER (c), NULL, &known))
    return GPOINTER_TO_INT (known);

  pango_layout_set_text (self->layout, text, g_unichar_to_utf8 (c, text));
  pango_layout_get_size (self->layout, &width, NULL);
  g_hash_table_insert (self->advances, GUINT_TO_POINTER (c), GINT_TO_POINTER (width));
  return width;
}

double
qs_text_meter_measure (QsTextMeter *self,
                       const char  *text)
{
  gint64 width = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    width += measure_char (self, g_utf8_get_char (p));

  return (double) width / PANGO_SCALE;
}

char *
qs_text_meter_shorten (QsTextMeter *self,
                       const char  *text,
                       double       width)
{
  const char *head = text;
  const char *tail = text + strlen (text);
  double room = (width - qs_text_meter_measure (self, "…")) * PANGO_SCALE;

  if (qs_text_meter_measure (self, text) <= width)
    return g_strdup (text);

  /* A character from the end, then one from the start: names differ most at their ends. */
  for (gboolean from_end = TRUE; head < tail; from_end = !from_end)
    {
      const char *next = from_end ? g_utf8_prev_char (tail) : head;

      room -= measure_char (self, g_utf8_get_char (next));
      if (room < 0)
        break;
      if (from_end)
        tail = next;
      else
        head = g_utf8_next_char (head);
    }

  return g_strdup_printf ("%.*s…%s", (int) (head - text), text, tail);
}
