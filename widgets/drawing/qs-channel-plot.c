/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-channel-plot.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "qs-draw-util.h"

#define TEXT 11.0
#define LEFT 58.0
#define RIGHT 8.0
#define TOP 24.0
#define BOTTOM 20.0
#define LOGARITHMIC_RATIO 20.0

typedef struct
{
  const QsChannelPlot *plot;
  cairo_t *cr;
  const QsStyle *style;
  double width;
  double height;
  double low; /* of the axis; 0 where it is linear */
  double high;
} Drawing;

static void
get_extent (const QsChannelPlot *self,
            double              *low,
            double              *high)
{
  *low = (double) INFINITY;
  *high = 0.0;
  for (gint64 i = 0; i < self->n; i++)
    if (!self->channels[i].is_dead)
      {
        *low = MIN (*low, (double) self->channels[i].scale);
        *high = MAX (*high, (double) self->channels[i].scale);
      }
}

/* Room above the largest bar; powers of two around all of them on a logarithmic axis. */
static void
init_axis (Drawing *self)
{
  get_extent (self->plot, &self->low, &self->high);
  if (self->high <= 0.0)
    self->high = 1.0;
  if (self->high > LOGARITHMIC_RATIO * self->low)
    self->low = exp2 (floor (log2 (self->low)) - 1.0);
  else
    self->low = 0.0;
  self->high *= 1.05;
}

static double
to_y (const Drawing *self,
      double         scale)
{
  double share = self->low > 0.0 ? log (scale / self->low) / log (self->high / self->low)
                                 : scale / self->high;

  return self->height - BOTTOM - share * (self->height - TOP - BOTTOM);
}

static double
to_x (const Drawing *self,
      double         channel)
{
  return LEFT + channel / (double) MAX (self->plot->n, 1) * (self->width - LEFT - RIGHT);
}

static void
draw_tick (Drawing *self,
           double   value,
           double   step)
{
  double y = round (to_y (self, value)) + 0.5;
  g_autofree char *text = qs_draw_format_tick (value, step);

  qs_color_set (&self->style->grid, self->cr);
  cairo_set_line_width (self->cr, 1);
  cairo_move_to (self->cr, LEFT, y);
  cairo_line_to (self->cr, self->width - RIGHT, y);
  cairo_stroke (self->cr);
  qs_draw_text (self->cr, text, LEFT - 6, y - 8, 1, TEXT, PANGO_WEIGHT_NORMAL,
                &self->style->dim_text);
}

static void
draw_axis (Drawing *self)
{
  double step = qs_draw_tick_step (self->high, 4);
  int first = (int) ceil (log10 (self->low)), last = (int) floor (log10 (self->high));

  if (self->low == 0.0 || last - first < 1)
    for (double value = self->low > 0.0 ? step : 0.0; value <= self->high; value += step)
      draw_tick (self, value, step);
  else
    for (int i = first; i <= last; i += MAX (1, (last - first) / 3))
      draw_tick (self, pow (10, i), pow (10, i));
}

static void
draw_cross (Drawing *self,
            double   x)
{
  double y = self->height - BOTTOM - 5;

  cairo_move_to (self->cr, x - 3, y - 3);
  cairo_line_to (self->cr, x + 3, y + 3);
  cairo_move_to (self->cr, x - 3, y + 3);
  cairo_line_to (self->cr, x + 3, y - 3);
  cairo_set_line_width (self->cr, 1.5);
  cairo_stroke (self->cr);
}

static void
draw_bar (Drawing *self,
          gint64   channel)
{
  const QsWeightChannel *bar = &self->plot->channels[channel];
  double left = to_x (self, (double) channel), right = to_x (self, (double) channel + 1);
  double gap = right - left > 4 ? 1 : 0;
  double bottom = self->height - BOTTOM, y;

  if (bar->is_dead)
    {
      draw_cross (self, (left + right) / 2);
      return;
    }

  y = to_y (self, (double) bar->scale);
  cairo_rectangle (self->cr, left, y, MAX (right - left - gap, 1), bottom - y);
  cairo_fill (self->cr);
}

static void
draw_bars (Drawing *self)
{
  const QsColor *color = &self->style->bar;

  for (gint64 i = 0; i < self->plot->n; i++)
    {
      qs_color_set (self->plot->channels[i].is_dead ? &self->style->clipped : color, self->cr);
      draw_bar (self, i);
    }
  if (self->plot->current < 0)
    return;

  qs_color_set (&self->style->accent, self->cr);
  draw_bar (self, self->plot->current);
}

static void
draw_texts (Drawing *self)
{
  g_autofree char *text = qs_channel_plot_describe (self->plot, self->plot->current);
  g_autofree char *last = g_strdup_printf ("%" G_GINT64_FORMAT, self->plot->n - 1);
  double y = self->height - BOTTOM + 3;

  qs_draw_text (self->cr, text, 2, 3, 0, TEXT, PANGO_WEIGHT_NORMAL,
                self->plot->current < 0 ? &self->style->dim_text : &self->style->text);
  qs_draw_text (self->cr, "0", LEFT, y, 0, TEXT, PANGO_WEIGHT_NORMAL, &self->style->dim_text);
  if (self->plot->n > 1)
    qs_draw_text (self->cr, last, self->width - RIGHT, y, 1, TEXT, PANGO_WEIGHT_NORMAL,
                  &self->style->dim_text);
}

static void
draw_focus (Drawing *self)
{
  qs_color_set (&self->style->accent, self->cr);
  qs_draw_add_round_rectangle (self->cr, 1, 1, self->width - 2, self->height - 2, 6);
  cairo_set_line_width (self->cr, 2);
  cairo_stroke (self->cr);
}

void
qs_channel_plot_draw (const QsChannelPlot *self,
                      cairo_t             *cr,
                      const QsStyle       *style,
                      double               width,
                      double               height)
{
  Drawing drawing = { .plot = self, .cr = cr, .style = style, .width = width, .height = height };

  init_axis (&drawing);
  cairo_save (cr);
  draw_axis (&drawing);
  draw_bars (&drawing);
  draw_texts (&drawing);
  if (self->show_focus)
    draw_focus (&drawing);
  cairo_restore (cr);
}

gint64
qs_channel_plot_find (const QsChannelPlot *self,
                      double               width,
                      double               x)
{
  double share = (x - LEFT) / MAX (width - LEFT - RIGHT, 1);

  if (self->n == 0 || share < 0.0 || share >= 1.0)
    return -1;

  return CLAMP ((gint64) (share * (double) self->n), 0, self->n - 1);
}

static char *
describe_all (const QsChannelPlot *self)
{
  double low, high;
  g_autofree char *low_text = NULL, *high_text = NULL;

  get_extent (self, &low, &high);
  if (high <= 0.0)
    return g_strdup (_("All channels are zero"));

  low_text = qs_draw_format_number (low);
  high_text = qs_draw_format_number (high);
  /* Translators: the smallest and the largest scale of a layer's weights. */
  return g_strdup_printf (_("Scales by channel, %s to %s"), low_text, high_text);
}

char *
qs_channel_plot_describe (const QsChannelPlot *self,
                          gint64               channel)
{
  const QsWeightChannel *bar;
  g_autofree char *max = NULL, *scale = NULL;

  if (channel < 0 || channel >= self->n)
    return describe_all (self);

  bar = &self->channels[channel];
  if (bar->is_dead)
    /* Translators: all weights of this output channel are zero. */
    return g_strdup_printf (_("Channel %d: dead, all weights are zero"), (int) channel);

  max = qs_draw_format_number ((double) bar->max);
  scale = qs_draw_format_number ((double) bar->scale);
  /* Translators: an output channel, its largest weight, the scale and the signal to noise ratio. */
  return g_strdup_printf (_("Channel %d: max %s, scale %s, %.1f dB"), (int) channel, max, scale,
                          bar->sqnr_db);
}
