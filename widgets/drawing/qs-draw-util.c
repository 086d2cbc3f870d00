/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-draw-util.h"

#include <glib/gi18n-lib.h>
#include <math.h>

void
qs_draw_add_round_rectangle (cairo_t *cr,
                             double   x,
                             double   y,
                             double   width,
                             double   height,
                             double   radius)
{
  double r = MIN (radius, MIN (width, height) / 2);

  cairo_new_sub_path (cr);
  cairo_arc (cr, x + width - r, y + r, r, -G_PI_2, 0);
  cairo_arc (cr, x + width - r, y + height - r, r, 0, G_PI_2);
  cairo_arc (cr, x + r, y + height - r, r, G_PI_2, G_PI);
  cairo_arc (cr, x + r, y + r, r, G_PI, 3 * G_PI_2);
  cairo_close_path (cr);
}

static void
add_diamond (cairo_t *cr,
             double   x,
             double   y,
             double   width,
             double   height)
{
  cairo_move_to (cr, x, y - height / 2);
  cairo_line_to (cr, x + width / 2, y);
  cairo_line_to (cr, x, y + height / 2);
  cairo_line_to (cr, x - width / 2, y);
  cairo_close_path (cr);
}

void
qs_draw_add_shape (cairo_t      *cr,
                   QsSceneClass  klass,
                   double        x,
                   double        y,
                   double        width,
                   double        height,
                   double        corner)
{
  double radius = 0;

  if (klass == QS_SCENE_REFORMAT)
    {
      add_diamond (cr, x, y, width, height);
      return;
    }

  if (klass == QS_SCENE_TERMINAL || klass == QS_SCENE_QUANTIZE)
    radius = height / 2;
  else if (klass == QS_SCENE_INT8)
    radius = corner;
  else if (klass == QS_SCENE_NEUTRAL)
    radius = corner / 2;

  if (radius > 0)
    qs_draw_add_round_rectangle (cr, x - width / 2, y - height / 2, width, height, radius);
  else
    cairo_rectangle (cr, x - width / 2, y - height / 2, width, height);
}

PangoLayout *
qs_draw_create_layout (cairo_t *cr)
{
  PangoLayout *layout = pango_cairo_create_layout (cr);
  cairo_font_options_t *options = cairo_font_options_create ();

  cairo_font_options_set_hint_metrics (options, CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_hint_style (options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_antialias (options, CAIRO_ANTIALIAS_GRAY);
  pango_cairo_context_set_font_options (pango_layout_get_context (layout), options);
  pango_context_set_round_glyph_positions (pango_layout_get_context (layout), FALSE);
  pango_layout_context_changed (layout);
  cairo_font_options_destroy (options);
  return layout;
}

PangoFontDescription *
qs_draw_create_font (double      pixels,
                     PangoWeight weight)
{
  PangoFontDescription *font = pango_font_description_new ();

  pango_font_description_set_family_static (font, QS_STYLE_FONT);
  pango_font_description_set_absolute_size (font, pixels * PANGO_SCALE);
  pango_font_description_set_weight (font, weight);
  return font;
}

static PangoLayout *
create_line (cairo_t     *cr,
             const char  *text,
             double       pixels,
             PangoWeight  weight,
             double      *width)
{
  PangoLayout *layout = qs_draw_create_layout (cr);
  PangoFontDescription *font = qs_draw_create_font (pixels, weight);
  int units;

  pango_layout_set_font_description (layout, font);
  pango_layout_set_single_paragraph_mode (layout, TRUE);
  pango_layout_set_text (layout, text, -1);
  pango_font_description_free (font);
  pango_layout_get_size (layout, &units, NULL);
  *width = (double) units / PANGO_SCALE;
  return layout;
}

double
qs_draw_text (cairo_t       *cr,
              const char    *text,
              double         x,
              double         y,
              double         anchor,
              double         pixels,
              PangoWeight    weight,
              const QsColor *color)
{
  double width;
  g_autoptr (PangoLayout) layout = create_line (cr, text, pixels, weight, &width);

  qs_color_set (color, cr);
  cairo_move_to (cr, x - anchor * width, y);
  pango_cairo_show_layout (cr, layout);
  return width;
}

double
qs_draw_text_width (cairo_t     *cr,
                    const char  *text,
                    double       pixels,
                    PangoWeight  weight)
{
  double width;
  g_autoptr (PangoLayout) layout = create_line (cr, text, pixels, weight, &width);

  return width;
}

char *
qs_draw_format_number (double value)
{
  double size = fabs (value);
  int digits;

  if (size == 0)
    return g_strdup ("0");
  if (!isfinite (value))
    return g_strdup (value > 0 ? "∞" : value < 0 ? "−∞" : "NaN");
  if (size < 1e-4 || size >= 1e6)
    return g_strdup_printf ("%.2e", value);

  digits = 3 - (int) floor (log10 (size));
  return g_strdup_printf ("%.*f", CLAMP (digits, 0, 7), value);
}

char *
qs_draw_format_tick (double value,
                     double step)
{
  int decimals = step > 0 ? -(int) floor (log10 (step) + 1e-9) : 0;

  if (value == 0)
    return g_strdup ("0");
  if (decimals > 4 || fabs (value) >= 1e6)
    return g_strdup_printf ("%.0e", value);
  return g_strdup_printf ("%.*f", MAX (decimals, 0), value);
}

char *
qs_draw_format_share (double share)
{
  if (share == 0)
    /* Translators: a share of nothing */
    return g_strdup (_("0 %"));
  if (share < 1e-5)
    return g_strdup (_("< 0.001 %"));
  /* Translators: a share in percent; keep the no-break space */
  return g_strdup_printf (_("%.*f %%"), share < 0.001 ? 3 : share < 0.1 ? 2 : 1, share * 100);
}

double
qs_draw_tick_step (double span,
                   int    n)
{
  double raw = span / MAX (n, 1);
  double power = raw > 0 ? pow (10, floor (log10 (raw))) : 1;

  if (raw <= power)
    return power;
  if (raw <= 2 * power)
    return 2 * power;
  return raw <= 5 * power ? 5 * power : 10 * power;
}
