/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-scale-plot.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "qs-draw-util.h"

#define LEGEND_SPACING 16
#define TEXT 12.0
#define SMALL_TEXT 11.0
#define NAME_WIDTH_SHARE 0.32
#define MAX_NAME_WIDTH 240.0
#define MIN_NAME_WIDTH 90.0
#define MARGIN 12.0
#define RATIO_WIDTH 54.0
#define DOT 4.2
#define WHISKER_STEP 2.5
#define WHISKER_CAP 3.0

typedef struct
{
  QsScalePlot *plot;
  cairo_t *cr;
  const QsStyle *style;
  const QsScaleMarks *marks;
  double width;
  double height;
  double left;     /* of the axis */
  double right;
  double low;
  double high;
} Drawing;

static double
to_x (const Drawing *self,
      double         range)
{
  return self->left + (log (range) - log (self->low)) / (log (self->high) - log (self->low)) *
                        (self->right - self->left);
}

static void
draw_name (Drawing     *self,
           const char  *name,
           double       y,
           PangoWeight  weight)
{
  g_autoptr (PangoLayout) layout = qs_draw_create_layout (self->cr);
  PangoFontDescription *font = qs_draw_create_font (TEXT, weight);

  pango_layout_set_font_description (layout, font);
  pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_MIDDLE);
  pango_layout_set_single_paragraph_mode (layout, TRUE);
  pango_layout_set_width (layout, (int) ((self->left - 2 * MARGIN) * PANGO_SCALE));
  pango_layout_set_text (layout, name, -1);
  pango_font_description_free (font);
  qs_color_set (&self->style->text, self->cr);
  cairo_move_to (self->cr, MARGIN, y);
  pango_cairo_show_layout (self->cr, layout);
}

static void
draw_dot (Drawing *self,
          guint    series,
          double   x,
          double   y)
{
  const QsSeriesStyle *look = qs_style_get_series (self->style, series);

  cairo_new_path (self->cr);
  cairo_arc (self->cr, x, y, DOT, 0, 2 * G_PI);
  if (qs_scale_plot_is_ghost (self->plot, series))
    {
      qs_color_set (&self->style->background, self->cr);
      cairo_fill_preserve (self->cr);
      qs_color_set (&look->color, self->cr);
      cairo_set_line_width (self->cr, 1.6);
      cairo_stroke (self->cr);
      return;
    }

  qs_color_set (&look->color, self->cr);
  cairo_fill_preserve (self->cr);
  /* A rim of the ground keeps overlapping dots apart. */
  qs_color_set (&self->style->background, self->cr);
  cairo_set_line_width (self->cr, 1);
  cairo_stroke (self->cr);
}

static void
draw_diamond (Drawing *self,
              double   x,
              double   y)
{
  qs_draw_add_shape (self->cr, QS_SCENE_REFORMAT, x, y, 13, 13, 0);
  qs_color_set (&self->style->background, self->cr);
  cairo_fill_preserve (self->cr);
  qs_color_set (&self->style->text, self->cr);
  cairo_set_line_width (self->cr, 1.8);
  cairo_stroke (self->cr);
}

/* A line with a cap at either end, in the series' colour and at a height of its own, so that those of
 * several calibrators are told apart. */
static void
draw_whisker (Drawing *self,
              guint    row,
              guint    series,
              double   middle)
{
  guint n = qs_scale_plot_get_n_series (self->plot);
  double y = round (middle + ((double) series - (n - 1) / 2.0) * WHISKER_STEP) + 0.5;
  double low, high;

  if (!qs_scale_plot_get_spread (self->plot, row, series, &low, &high))
    return;

  qs_color_set (&qs_style_get_series (self->style, series)->color, self->cr);
  cairo_set_line_width (self->cr, 1.5);
  cairo_move_to (self->cr, to_x (self, low), y - WHISKER_CAP);
  cairo_rel_line_to (self->cr, 0, 2 * WHISKER_CAP);
  cairo_move_to (self->cr, to_x (self, low), y);
  cairo_line_to (self->cr, to_x (self, high), y);
  cairo_move_to (self->cr, to_x (self, high), y - WHISKER_CAP);
  cairo_rel_line_to (self->cr, 0, 2 * WHISKER_CAP);
  cairo_stroke (self->cr);
}

static void
draw_ranges (Drawing *self,
             guint    row,
             double   y)
{
  double low = INFINITY;
  double high = 0;

  for (guint i = 0; i < qs_scale_plot_get_n_series (self->plot); i++)
    {
      double range = qs_scale_plot_get_range (self->plot, row, i);

      if (range <= 0)
        continue;
      low = MIN (low, range);
      high = MAX (high, range);
    }

  if (high > low)
    {
      qs_color_set (&self->style->edge, self->cr);
      cairo_set_line_width (self->cr, 2);
      cairo_move_to (self->cr, to_x (self, low), y);
      cairo_line_to (self->cr, to_x (self, high), y);
      cairo_stroke (self->cr);
    }

  for (guint i = 0; i < qs_scale_plot_get_n_series (self->plot); i++)
    draw_whisker (self, row, i, y);
  for (guint i = qs_scale_plot_get_n_series (self->plot); i > 0; i--)
    {
      double range = qs_scale_plot_get_range (self->plot, row, i - 1);

      if (range > 0)
        draw_dot (self, i - 1, to_x (self, range), y);
    }
  if (qs_scale_plot_get_manual (self->plot, row) > 0)
    draw_diamond (self, to_x (self, qs_scale_plot_get_manual (self->plot, row)), y);
}

static void
draw_row_ground (Drawing *self,
                 guint    row,
                 double   top)
{
  QsColor color = self->style->text;

  if ((int) row == self->marks->selected)
    {
      color = self->style->accent;
      color.a = 0.22;
    }
  else if ((int) row == self->marks->hover)
    color.a = 0.07;
  else
    return;

  qs_color_set (&color, self->cr);
  qs_draw_add_round_rectangle (self->cr, 4, top, self->width - 8, QS_SCALE_ROW_HEIGHT, 6);
  cairo_fill (self->cr);
  if ((int) row != self->marks->selected || !self->marks->show_focus)
    return;

  qs_color_set (&self->style->accent, self->cr);
  qs_draw_add_round_rectangle (self->cr, 5, top + 1, self->width - 10, QS_SCALE_ROW_HEIGHT - 2, 6);
  cairo_set_line_width (self->cr, 2);
  cairo_stroke (self->cr);
}

static void
draw_row (Drawing *self,
          guint    row,
          double   top)
{
  double ratio = qs_scale_plot_get_ratio (self->plot, row);
  gboolean selected = (int) row == self->marks->selected;

  draw_row_ground (self, row, top);
  draw_name (self, qs_scale_plot_get_tensor (self->plot, row), top + 4,
             selected ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  draw_ranges (self, row, top + QS_SCALE_ROW_HEIGHT / 2);

  if (ratio > 1.005)
    {
      g_autofree char *text = g_strdup_printf ("×%.*f", ratio < 10 ? 2 : 0, ratio);

      qs_draw_text (self->cr, text, self->width - MARGIN, top + 4, 1, SMALL_TEXT,
                    ratio >= 2 ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL,
                    ratio >= 2 ? &self->style->text : &self->style->dim_text);
    }
}

static void
draw_rows (Drawing *self)
{
  guint n = qs_scale_plot_get_n_rows (self->plot);
  double offset = MAX (self->marks->offset, 0);
  guint first = MIN ((guint) (offset / QS_SCALE_ROW_HEIGHT), n);

  cairo_save (self->cr);
  cairo_rectangle (self->cr, 0, QS_SCALE_HEADER_HEIGHT, self->width,
                   MAX (self->height - QS_SCALE_HEADER_HEIGHT, 0));
  cairo_clip (self->cr);
  for (guint i = first; i < n; i++)
    {
      double top = QS_SCALE_HEADER_HEIGHT + i * QS_SCALE_ROW_HEIGHT - offset;

      if (top > self->height)
        break;
      draw_row (self, self->marks->order != NULL ? self->marks->order[i] : i, top);
    }
  cairo_restore (self->cr);
}

static void
draw_axis (Drawing *self)
{
  int first = (int) round (log10 (self->low));
  int last = (int) round (log10 (self->high));
  int step = MAX (1, (int) ceil ((last - first) * 60 / MAX (self->right - self->left, 1)));

  for (int i = first; i <= last; i++)
    {
      double x = round (to_x (self, pow (10, i))) + 0.5;

      qs_color_set (&self->style->grid, self->cr);
      cairo_set_line_width (self->cr, 1);
      cairo_move_to (self->cr, x, QS_SCALE_HEADER_HEIGHT - 4);
      cairo_line_to (self->cr, x, self->height);
      cairo_stroke (self->cr);

      if ((i - first) % step == 0)
        {
          g_autofree char *text = i >= -3 && i <= 5
            ? g_strdup_printf ("%.*f", MAX (-i, 0), pow (10, i)) : g_strdup_printf ("1e%d", i);

          qs_draw_text (self->cr, text, x, QS_SCALE_HEADER_HEIGHT - 21, 0.5, SMALL_TEXT,
                        PANGO_WEIGHT_NORMAL, &self->style->dim_text);
        }
    }
}

static double
measure_legend (Drawing *self)
{
  double width = 0;

  for (guint i = 0; i < qs_scale_plot_get_n_series (self->plot); i++)
    width += 2 * DOT + 5 + LEGEND_SPACING +
             qs_draw_text_width (self->cr, qs_scale_plot_get_series_name (self->plot, i),
                                 SMALL_TEXT, PANGO_WEIGHT_NORMAL);

  return width;
}

/* A row with a dot and the name of every series: over the dots, or further left where there is not
 * enough room. */
static void
draw_legend (Drawing *self)
{
  double x = MAX (MIN (self->left, self->width - measure_legend (self)), MARGIN);
  const double y = 7;

  for (guint i = 0; i < qs_scale_plot_get_n_series (self->plot); i++)
    {
      draw_dot (self, i, x + DOT, y + 8);
      x += 2 * DOT + 5;
      x += qs_draw_text (self->cr, qs_scale_plot_get_series_name (self->plot, i), x, y, 0,
                         SMALL_TEXT, PANGO_WEIGHT_NORMAL, &self->style->text) + LEGEND_SPACING;
    }
}

void
qs_scale_plot_draw (QsScalePlot        *self,
                    cairo_t            *cr,
                    const QsStyle      *style,
                    const QsScaleMarks *marks,
                    double              width,
                    double              height)
{
  Drawing drawing = {
    .plot = self,
    .cr = cr,
    .style = style,
    .marks = marks,
    .width = width,
    .height = height,
  };

  drawing.left = CLAMP (width * NAME_WIDTH_SHARE, MIN_NAME_WIDTH, MAX_NAME_WIDTH) + MARGIN;
  drawing.right = MAX (width - RATIO_WIDTH - 2 * MARGIN, drawing.left + 40);
  qs_scale_plot_get_extent (self, &drawing.low, &drawing.high);

  cairo_save (cr);
  cairo_rectangle (cr, 0, 0, width, height);
  cairo_clip_preserve (cr);
  qs_color_set (&style->background, cr);
  cairo_fill (cr);
  draw_axis (&drawing);
  draw_legend (&drawing);
  draw_rows (&drawing);
  cairo_restore (cr);
}
