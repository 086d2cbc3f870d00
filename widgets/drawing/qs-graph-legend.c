/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-graph-draw.h"

#include <glib/gi18n-lib.h>

#include "qs-draw-util.h"

#define ROW_HEIGHT 22.0
#define SIGN_ROOM 38.0

const char *
qs_graph_scene_get_class_label (QsGraphScene *scene,
                                QsSceneClass  klass)
{
  static const char *const labels[QS_N_SCENE_CLASSES] = {
    [QS_SCENE_NEUTRAL] = NC_("graph", "Integers"),
    [QS_SCENE_INT8] = NC_("graph", "INT8"),
    [QS_SCENE_FLOAT] = NC_("graph", "FP32"),
    [QS_SCENE_HALF] = NC_("graph", "FP16"),
    [QS_SCENE_REFORMAT] = NC_("graph", "Reformats"),
    [QS_SCENE_QUANTIZE] = NC_("graph", "Quantize, dequantize"),
    [QS_SCENE_REFUSED] = NC_("graph", "Refused"),
    [QS_SCENE_TERMINAL] = NC_("graph", "Inputs, outputs"),
  };

  /* Before a build no layer has a precision. */
  if (klass == QS_SCENE_NEUTRAL && !qs_graph_scene_is_built (scene))
    return C_("graph", "Layers");
  return g_dpgettext2 (GETTEXT_PACKAGE, "graph", labels[klass]);
}

void
qs_graph_draw_sign (cairo_t       *cr,
                    const QsStyle *style,
                    QsSceneClass   klass,
                    double         x,
                    double         y,
                    double         size)
{
  double width = klass == QS_SCENE_REFORMAT ? size : size * 1.6;

  qs_draw_add_shape (cr, klass, x, y, width, size, size * 0.32);
  qs_color_set (&style->fill[klass], cr);
  cairo_fill_preserve (cr);
  qs_color_set (&style->outline[klass], cr);
  cairo_set_line_width (cr, 1.2);
  cairo_stroke (cr);
}

static void
draw_superfluous_sign (cairo_t       *cr,
                       const QsStyle *style,
                       double         x,
                       double         y)
{
  qs_draw_add_round_rectangle (cr, x - 13, y - 8, 26, 16, 5);
  qs_color_set (&style->superfluous, cr);
  cairo_fill_preserve (cr);
  qs_color_set (&style->edge_int8, cr);
  cairo_set_line_width (cr, 1.2);
  cairo_stroke (cr);
}

/* Returns the width of the row. */
static double
draw_superfluous_row (cairo_t       *cr,
                      QsGraphScene  *scene,
                      const QsStyle *style,
                      double         x,
                      double         top)
{
  /* Translators: a row of the graph's legend, with the number of layers. */
  g_autofree char *text = g_strdup_printf (_("Superfluous: %u"),
                                           qs_graph_scene_count_superfluous (scene));

  draw_superfluous_sign (cr, style, x + SIGN_ROOM / 2 - 5, top + ROW_HEIGHT / 2);
  return SIGN_ROOM + qs_draw_text (cr, text, x + SIGN_ROOM, top + 3, 0, 12, PANGO_WEIGHT_NORMAL,
                                   &style->text);
}

void
qs_graph_draw_legend (cairo_t       *cr,
                      QsGraphScene  *scene,
                      const QsStyle *style,
                      double         x,
                      double         y,
                      double        *width,
                      double        *height)
{
  double widest = 0;
  double top = y;

  for (guint klass = 0; klass < QS_N_SCENE_CLASSES; klass++)
    {
      guint n = qs_graph_scene_count_class (scene, klass);
      g_autofree char *text = NULL;
      double text_width;

      if (n == 0)
        continue;

      /* Translators: a row of the graph's legend: kind of layer, number of layers */
      text = g_strdup_printf (C_("legend", "%s: %u"), qs_graph_scene_get_class_label (scene, klass), n);
      qs_graph_draw_sign (cr, style, klass, x + SIGN_ROOM / 2 - 5, top + ROW_HEIGHT / 2, 14);
      text_width = qs_draw_text (cr, text, x + SIGN_ROOM, top + 3, 0, 12, PANGO_WEIGHT_NORMAL,
                                 &style->text);
      widest = MAX (widest, SIGN_ROOM + text_width);
      top += ROW_HEIGHT;
    }

  if (qs_graph_scene_count_superfluous (scene) > 0)
    {
      widest = MAX (widest, draw_superfluous_row (cr, scene, style, x, top));
      top += ROW_HEIGHT;
    }

  *width = widest;
  *height = top - y;
}

static QsColor
mix (const QsColor *a,
     const QsColor *b,
     double         t)
{
  return (QsColor) {
    a->r + t * (b->r - a->r), a->g + t * (b->g - a->g), a->b + t * (b->b - a->b), 1,
  };
}

void
qs_style_get_heat (const QsStyle *style,
                   double         value,
                   QsColor       *fill,
                   QsColor       *label)
{
  static const QsColor ramp[] = {
    { 0.94, 0.93, 0.90, 1 }, { 0.99, 0.80, 0.45, 1 }, { 0.93, 0.45, 0.15, 1 },
    { 0.66, 0.13, 0.18, 1 }, { 0.29, 0.04, 0.22, 1 },
  };
  const int n = G_N_ELEMENTS (ramp) - 1;
  double place = CLAMP (value, 0, 1) * n;
  int step = MIN ((int) place, n - 1);
  const QsColor black = { 0, 0, 0, 1 };
  const QsColor white = { 1, 1, 1, 1 };

  *fill = mix (&ramp[step], &ramp[step + 1], place - step);
  *label = qs_color_contrast (fill, &black) > qs_color_contrast (fill, &white) ? black : white;
}
