/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-histogram-draw.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "qs-draw-util.h"
#include "qs-histogram-handle.h"

#define MARGIN_LEFT 46.0
#define MARGIN_RIGHT 14.0
#define MARGIN_BOTTOM 24.0
#define CURVE_GAP 44.0
#define LABEL_ROW 17.0
#define TEXT 11.0
#define MIN_BARS_HEIGHT 60.0

/* A column higher than this many times the second highest is cut, and its share written. */
#define SPIKE_RATIO 2.5

typedef struct
{
  cairo_t *cr;
  QsHistogramPlot *plot;
  const QsStyle *style;
  const QsHistogramMarks *marks;
  QsHistogramFrame frame;
  double *columns;     /* count by pixel column */
  int n_columns;
  double top;          /* count at the top of the axis */
  gboolean has_spike;
} Drawing;

static gboolean
has_curve (QsHistogramPlot *plot)
{
  guint n;
  int chosen;
  const char *label;

  return qs_histogram_plot_get_curve (plot, &n, &chosen, &label) != NULL;
}

/* Rows of labels above the bars: one for each marker, but no more than a fifth of the height. */
static int
count_label_rows (QsHistogramPlot *plot,
                  double           height)
{
  int room = MAX ((int) (height * 0.2 / LABEL_ROW), 1);

  return CLAMP ((int) qs_histogram_plot_get_n_markers (plot), 1, room);
}

void
qs_histogram_frame_init (QsHistogramFrame       *self,
                         QsHistogramPlot        *plot,
                         const QsHistogramMarks *marks,
                         double                  width,
                         double                  height)
{
  double top = 6 + LABEL_ROW * count_label_rows (plot, height);
  double room = height - top - MARGIN_BOTTOM;
  double range = qs_histogram_plot_get_range (plot);

  self->x = MARGIN_LEFT;
  self->y = top;
  self->width = MAX (width - MARGIN_LEFT - MARGIN_RIGHT, 1);
  self->curve_height = 0;
  self->curve_y = height;
  if (has_curve (plot) && room > 2 * MIN_BARS_HEIGHT + CURVE_GAP)
    {
      self->curve_height = MIN (floor (room * 0.28), 110);
      room -= self->curve_height + CURVE_GAP;
      self->curve_y = top + room + CURVE_GAP;
    }
  self->height = MAX (room, 1);
  self->from = marks->from;
  self->to = marks->to > marks->from ? marks->to : range > 0 ? range : 1;
}

double
qs_histogram_frame_to_value (const QsHistogramFrame *self,
                             double                  x)
{
  return self->from + (x - self->x) / self->width * (self->to - self->from);
}

double
qs_histogram_frame_to_x (const QsHistogramFrame *self,
                         double                  value)
{
  return self->x + (value - self->from) / (self->to - self->from) * self->width;
}

/* Spreads bins over pixel columns. A column holds the values that lie under it, however many bins
 * share it; where bins are wider than columns, it holds its bin's. */
static void
fill_columns (Drawing *self)
{
  guint n_bins = qs_histogram_plot_get_n_bins (self->plot);
  double bin_width = qs_histogram_plot_get_range (self->plot) / MAX (n_bins, 1);

  self->n_columns = MAX ((int) self->frame.width, 1);
  self->columns = g_new0 (double, self->n_columns);
  if (bin_width <= 0)
    return;

  for (guint i = 0; i < n_bins; i++)
    {
      double count = (double) qs_histogram_plot_get_count (self->plot, i);
      double left = qs_histogram_frame_to_x (&self->frame, i * bin_width) - self->frame.x;
      double right = qs_histogram_frame_to_x (&self->frame, (i + 1) * bin_width) - self->frame.x;
      int first = CLAMP ((int) floor (left), 0, self->n_columns);
      int last = CLAMP ((int) ceil (right), 0, self->n_columns);

      if (count <= 0 || right <= 0 || left >= self->n_columns)
        continue;
      for (int c = first; c < last; c++)
        {
          double share = (MIN (right, c + 1) - MAX (left, c)) / (right - left);

          self->columns[c] += count * MAX (share, 0) * MAX (right - left, 1);
        }
    }
}

static int
compare_doubles (const void *a,
                 const void *b)
{
  double da = *(const double *) a;
  double db = *(const double *) b;

  return da < db ? -1 : da > db;
}

/* On a linear axis one column of zeros would flatten all others: the axis then ends above the
 * highest of the rest and the column is broken. */
static void
find_top (Drawing *self)
{
  g_autofree double *sorted = g_memdup2 (self->columns, sizeof (double) * (gsize) self->n_columns);
  double highest, rest;

  qsort (sorted, (gsize) self->n_columns, sizeof (double), compare_doubles);
  highest = sorted[self->n_columns - 1];
  rest = sorted[MAX (self->n_columns - 4, 0)];
  self->has_spike = !self->marks->logarithmic && rest > 0 && highest > SPIKE_RATIO * rest;
  self->top = MAX (self->has_spike ? rest * 1.3 : highest, 1);
}

static double
count_to_height (const Drawing *self,
                 double         count)
{
  double share;

  if (count <= 0)
    return 0;
  if (!self->marks->logarithmic)
    share = count / self->top;
  else
    /* From half a value up, so that a single value is visible. */
    share = log (MAX (count, 0.5) / 0.5) / log (self->top / 0.5);

  return CLAMP (share, 0, 1) * self->frame.height;
}

static void
draw_grid_line (Drawing    *self,
                double      count,
                const char *label)
{
  double y = round (self->frame.y + self->frame.height - count_to_height (self, count)) + 0.5;

  qs_color_set (&self->style->grid, self->cr);
  cairo_set_line_width (self->cr, 1);
  cairo_move_to (self->cr, self->frame.x, y);
  cairo_line_to (self->cr, self->frame.x + self->frame.width, y);
  cairo_stroke (self->cr);
  qs_draw_text (self->cr, label, self->frame.x - 6, y - 8, 1, TEXT, PANGO_WEIGHT_NORMAL,
                &self->style->dim_text);
}

static char *
format_count (double count)
{
  static const char *const powers[] = {
    "1", "10", "100", "1 k", "10 k", "100 k", "1 M", "10 M", "100 M", "1 G", "10 G", "100 G",
  };
  int power = (int) round (log10 (MAX (count, 1)));

  if (fabs (count - pow (10, power)) < count * 1e-6 && power < (int) G_N_ELEMENTS (powers))
    return g_strdup (powers[power]);
  if (count >= 1e9)
    return g_strdup_printf ("%.3g G", count / 1e9);
  if (count >= 1e6)
    return g_strdup_printf ("%.3g M", count / 1e6);
  if (count >= 1e3)
    return g_strdup_printf ("%.3g k", count / 1e3);
  return g_strdup_printf ("%.3g", count);
}

static void
draw_count_axis (Drawing *self)
{
  double spacing = 26;

  if (self->marks->logarithmic)
    {
      int powers = (int) floor (log10 (self->top));
      int step = MAX (1, (int) ceil ((powers + 1) * spacing / self->frame.height));

      for (int i = 0; i <= powers; i += step)
        {
          g_autofree char *label = format_count (pow (10, i));

          draw_grid_line (self, pow (10, i), label);
        }
    }
  else
    {
      double step = qs_draw_tick_step (self->top, MAX ((int) (self->frame.height / spacing), 2));

      for (double count = 0; count <= self->top * 1.0001; count += step)
        {
          g_autofree char *label = format_count (count);

          draw_grid_line (self, count, count == 0 ? "0" : label);
        }
    }
}

static void
draw_value_axis (Drawing *self)
{
  const QsHistogramFrame *frame = &self->frame;
  double span = frame->to - frame->from;
  double step = qs_draw_tick_step (span, MAX ((int) (frame->width / 80), 2));
  int decimals = CLAMP ((int) ceil (-log10 (step) - 1e-9), 0, 9);
  double bottom = frame->y + frame->height;

  qs_color_set (&self->style->dim_text, self->cr);
  cairo_set_line_width (self->cr, 1);
  cairo_move_to (self->cr, frame->x, round (bottom) + 0.5);
  cairo_line_to (self->cr, frame->x + frame->width, round (bottom) + 0.5);
  cairo_stroke (self->cr);

  for (double i = ceil (frame->from / step - 1e-9); i * step <= frame->to + step * 1e-6; i++)
    {
      double value = i == 0 ? 0 : i * step; /* never “−0” */
      double x = round (qs_histogram_frame_to_x (frame, value)) + 0.5;
      g_autofree char *label = span >= 1e6 || span < 1e-5
        ? qs_draw_format_number (value) : g_strdup_printf ("%.*f", decimals, value);

      qs_color_set (&self->style->dim_text, self->cr);
      cairo_move_to (self->cr, x, bottom);
      cairo_line_to (self->cr, x, bottom + 4);
      cairo_stroke (self->cr);
      qs_draw_text (self->cr, label, x, bottom + 5, 0.5, TEXT, PANGO_WEIGHT_NORMAL,
                    &self->style->dim_text);
    }
}

static double
get_limit (const Drawing *self)
{
  int index = qs_histogram_plot_find_marker (self->plot, self->marks->selected);

  if (index < 0)
    return INFINITY;
  return qs_histogram_plot_get_marker (self->plot, (guint) index)->threshold;
}

/* The bars from column @first on; those beyond the range in the colour of what is clipped. */
static void
add_bars (Drawing *self,
          int      first,
          int      end)
{
  double bottom = self->frame.y + self->frame.height;

  for (int c = first; c < end; c++)
    {
      double height = count_to_height (self, self->columns[c]);

      if (height > 0)
        cairo_rectangle (self->cr, self->frame.x + c, bottom - height, 1, height);
    }
}

static void
draw_bars (Drawing *self)
{
  double limit_x = qs_histogram_frame_to_x (&self->frame, get_limit (self)) - self->frame.x;
  int limit = isfinite (limit_x)
    ? CLAMP ((int) ceil (limit_x), 0, self->n_columns) : self->n_columns;

  cairo_save (self->cr);
  cairo_set_antialias (self->cr, CAIRO_ANTIALIAS_NONE);
  qs_color_set (&self->style->bar, self->cr);
  add_bars (self, 0, limit);
  cairo_fill (self->cr);
  qs_color_set (&self->style->clipped, self->cr);
  add_bars (self, limit, self->n_columns);
  cairo_fill (self->cr);
  cairo_restore (self->cr);
}

/* Tints the ground beyond the selected range and hatches it, so that clipping cannot be missed
 * without seeing colours either. */
static void
draw_clipped_ground (Drawing *self)
{
  const QsHistogramFrame *frame = &self->frame;
  double limit = get_limit (self);
  double left, width;
  QsColor color = self->style->clipped;

  if (!(limit < frame->to))
    return;

  left = MAX (qs_histogram_frame_to_x (frame, limit), frame->x);
  width = frame->x + frame->width - left;
  cairo_save (self->cr);
  cairo_rectangle (self->cr, left, frame->y, width, frame->height);
  cairo_clip_preserve (self->cr);
  color.a = self->style->dark ? 0.16 : 0.09;
  qs_color_set (&color, self->cr);
  cairo_fill (self->cr);

  color.a = self->style->dark ? 0.22 : 0.16;
  qs_color_set (&color, self->cr);
  cairo_set_line_width (self->cr, 1);
  for (double x = left - frame->height; x < left + width; x += 9)
    {
      cairo_move_to (self->cr, x, frame->y + frame->height);
      cairo_line_to (self->cr, x + frame->height, frame->y);
    }
  cairo_stroke (self->cr);
  cairo_restore (self->cr);
}

/* What is clipped, in words, over the tinted ground where it fits. */
static void
draw_clipped_label (Drawing *self)
{
  const QsHistogramFrame *frame = &self->frame;
  int index = qs_histogram_plot_find_marker (self->plot, self->marks->selected);
  const QsPlotMarker *marker;
  g_autofree char *share = NULL;
  g_autofree char *text = NULL;
  double left, room, width;

  if (index < 0)
    return;

  marker = qs_histogram_plot_get_marker (self->plot, (guint) index);
  if (marker->clipped <= 0 || marker->threshold >= frame->to)
    return;

  share = qs_draw_format_share (marker->clipped);
  /* Translators: the share of values beyond a calibrator's range */
  text = g_strdup_printf (_("%s clipped"), share);
  left = MAX (qs_histogram_frame_to_x (frame, marker->threshold), frame->x);
  room = frame->x + frame->width - left;
  width = qs_draw_text_width (self->cr, text, 13, PANGO_WEIGHT_BOLD) + 16;

  if (width > room)
    left = frame->x + frame->width - width;
  else
    left += 6;
  qs_color_set (&self->style->background, self->cr);
  qs_draw_add_round_rectangle (self->cr, left, frame->y + 6, width, 22, 5);
  cairo_fill_preserve (self->cr);
  qs_color_set (&self->style->clipped, self->cr);
  cairo_set_line_width (self->cr, 1.2);
  cairo_stroke (self->cr);
  qs_draw_text (self->cr, text, left + 8, frame->y + 8, 0, 13, PANGO_WEIGHT_BOLD,
                &self->style->clipped);
}

/* Two slanted strokes through a column that is cut at the top. */
static void
draw_spike_break (Drawing *self)
{
  int highest = 0;
  double x, y = self->frame.y + 12;

  if (!self->has_spike)
    return;

  for (int c = 1; c < self->n_columns; c++)
    if (self->columns[c] > self->columns[highest])
      highest = c;

  x = self->frame.x + highest;
  cairo_set_line_width (self->cr, 2);
  qs_color_set (&self->style->background, self->cr);
  for (int i = 0; i < 2; i++)
    {
      cairo_move_to (self->cr, x - 4, y + 5 * i + 3);
      cairo_line_to (self->cr, x + 6, y + 5 * i - 2);
    }
  cairo_stroke (self->cr);
}

/* After a ReLU most values are zero: one column that is easily overlooked, so it is written. */
static void
draw_zeros_label (Drawing *self)
{
  double share = (double) qs_histogram_plot_get_n_zeros (self->plot) /
                 (double) MAX (qs_histogram_plot_get_total (self->plot), 1);
  g_autofree char *number = NULL;
  g_autofree char *text = NULL;
  QsColor ground = self->style->background;
  double width;

  if (self->frame.from > 0 || share < 0.02 || share >= 1)
    return;

  number = qs_draw_format_share (share);
  /* Translators: share of all values that are zero */
  text = g_strdup_printf (_("%s zeros"), number);
  width = qs_draw_text_width (self->cr, text, TEXT, PANGO_WEIGHT_NORMAL);
  ground.a = 0.8;
  qs_color_set (&ground, self->cr);
  qs_draw_add_round_rectangle (self->cr, self->frame.x + 6, self->frame.y + 3, width + 8, 18, 4);
  cairo_fill (self->cr);
  qs_draw_text (self->cr, text, self->frame.x + 10, self->frame.y + 4, 0, TEXT,
                PANGO_WEIGHT_NORMAL, &self->style->text);
}

static void
set_series (Drawing *self,
            guint    series,
            double   width)
{
  const QsSeriesStyle *look = qs_style_get_series (self->style, series);

  qs_color_set (&look->color, self->cr);
  cairo_set_line_width (self->cr, width);
  cairo_set_dash (self->cr, look->dashes, look->n_dashes, 0);
}

/* What is taken of a row of labels. */
typedef struct
{
  double left[8];
  double right[8];
  int n;
} LabelRow;

static gboolean
row_take (LabelRow *self,
          double    left,
          double    right)
{
  for (int i = 0; i < self->n; i++)
    if (left < self->right[i] && right > self->left[i])
      return FALSE;
  if (self->n == (int) G_N_ELEMENTS (self->left))
    return FALSE;

  self->left[self->n] = left;
  self->right[self->n++] = right;
  return TRUE;
}

static void
draw_marker_line (Drawing            *self,
                  const QsPlotMarker *marker,
                  double              x,
                  double              top,
                  gboolean            selected)
{
  const QsSeriesStyle *look = qs_style_get_series (self->style, marker->series);

  set_series (self, marker->series, selected ? 2.6 : 1.6);
  cairo_move_to (self->cr, x, top);
  cairo_line_to (self->cr, x, self->frame.y + self->frame.height);
  cairo_stroke (self->cr);
  cairo_set_dash (self->cr, NULL, 0, 0);

  cairo_new_path (self->cr);
  cairo_arc (self->cr, x, top, selected ? 3.5 : 2.5, 0, 2 * G_PI);
  qs_color_set (&look->color, self->cr);
  cairo_fill (self->cr);
}

/* The line of a marker, and its label in the first row that has room; without room the line alone:
 * who draws a histogram this small has a list of the ranges beside it. */
static void
draw_marker (Drawing  *self,
             guint     index,
             LabelRow *rows,
             int       n_rows)
{
  const QsPlotMarker *marker = qs_histogram_plot_get_marker (self->plot, index);
  const QsSeriesStyle *look = qs_style_get_series (self->style, marker->series);
  const QsHistogramFrame *frame = &self->frame;
  gboolean selected = g_strcmp0 (marker->id, self->marks->selected) == 0;
  gboolean inside = marker->threshold >= frame->from && marker->threshold <= frame->to * 1.0001;
  double x = qs_histogram_frame_to_x (frame, CLAMP (marker->threshold, frame->from, frame->to));
  g_autofree char *range = qs_draw_format_number (marker->threshold);
  g_autofree char *text = NULL;
  PangoWeight weight = selected ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL;
  double width, left;
  int row = 0;

  x = round (x) + (selected ? 0 : 0.5);
  /* Translators: a calibrator and its range; the second one is beyond the axis */
  text = g_strdup_printf (inside ? _("%s %s") : _("%s %s →"), marker->name, range);
  width = qs_draw_text_width (self->cr, text, TEXT, weight);
  left = x + 5 + width > frame->x + frame->width + MARGIN_RIGHT ? x - 5 - width : x + 5;

  while (row < n_rows && !row_take (&rows[row], MIN (left, x) - 4, MAX (left + width, x) + 4))
    row++;
  draw_marker_line (self, marker, x, row < n_rows ? 4 + LABEL_ROW * (row + 0.5) : frame->y,
                    selected);
  if (row < n_rows)
    qs_draw_text (self->cr, text, left, 4 + LABEL_ROW * row, 0, TEXT, weight, &look->color);
}

/* The selected one has the first choice of a place for its label. */
static void
draw_markers (Drawing *self,
              double   height)
{
  int n_rows = count_label_rows (self->plot, height);
  g_autofree LabelRow *rows = g_new0 (LabelRow, n_rows);
  int selected = qs_histogram_plot_find_marker (self->plot, self->marks->selected);

  if (selected >= 0)
    draw_marker (self, (guint) selected, rows, n_rows);
  for (guint i = 0; i < qs_histogram_plot_get_n_markers (self->plot); i++)
    if ((int) i != selected)
      draw_marker (self, i, rows, n_rows);
}

static void
find_curve_extent (const float *curve,
                   guint        n,
                   double      *low,
                   double      *high)
{
  *low = INFINITY;
  *high = -INFINITY;
  for (guint i = 0; i < n; i++)
    if (isfinite (curve[i]))
      {
        *low = MIN (*low, (double) curve[i]);
        *high = MAX (*high, (double) curve[i]);
      }
  if (!(*high > *low))
    *high = *low + 1;
}

typedef struct
{
  const float *costs;
  guint n;
  int chosen;
  double low;
  double high;
} Curve;

static double
curve_x (const Drawing *self,
         guint          candidate)
{
  double bin = qs_histogram_plot_get_range (self->plot) /
               MAX (qs_histogram_plot_get_n_bins (self->plot), 1);

  return qs_histogram_frame_to_x (&self->frame, candidate * bin);
}

static double
curve_y (const Drawing *self,
         const Curve   *curve,
         guint          candidate)
{
  double share = ((double) curve->costs[candidate] - curve->low) / (curve->high - curve->low);

  return self->frame.curve_y + self->frame.curve_height * (1 - share);
}

static gboolean
has_cost (const Curve *curve,
          gint64       candidate)
{
  return candidate >= 0 && candidate < curve->n && isfinite (curve->costs[candidate]);
}

/* A line through neighbouring candidates; one that stands alone, as between the few values that
 * pixels have, is a dot. */
static void
draw_costs (Drawing     *self,
            const Curve *curve)
{
  for (guint i = 0; i < curve->n; i++)
    {
      double x = curve_x (self, i);

      if (!has_cost (curve, i))
        continue;
      if (has_cost (curve, (gint64) i - 1))
        cairo_line_to (self->cr, x, curve_y (self, curve, i));
      else
        cairo_move_to (self->cr, x, curve_y (self, curve, i));
    }
  cairo_set_line_width (self->cr, 1.4);
  cairo_stroke (self->cr);

  for (guint i = 0; i < curve->n; i++)
    if (has_cost (curve, i) && !has_cost (curve, (gint64) i - 1) &&
        !has_cost (curve, (gint64) i + 1))
      {
        cairo_new_sub_path (self->cr);
        cairo_arc (self->cr, curve_x (self, i), curve_y (self, curve, i), 1.5, 0, 2 * G_PI);
      }
  cairo_fill (self->cr);
}

static void
draw_curve_axis (Drawing     *self,
                 const Curve *curve,
                 const char  *label)
{
  const QsHistogramFrame *frame = &self->frame;
  const double ys[] = { frame->curve_y, frame->curve_y + frame->curve_height };
  const double costs[] = { curve->high, curve->low };

  for (int i = 0; i < 2; i++)
    {
      /* Two digits: there is no room for more before the axis. */
      g_autofree char *text =
        qs_draw_format_tick (costs[i], pow (10, floor (log10 (MAX (costs[i], 1e-9))) - 1));

      qs_color_set (&self->style->grid, self->cr);
      cairo_set_line_width (self->cr, 1);
      cairo_move_to (self->cr, frame->x, round (ys[i]) + 0.5);
      cairo_rel_line_to (self->cr, frame->width, 0);
      cairo_stroke (self->cr);
      qs_draw_text (self->cr, text, frame->x - 6, ys[i] - 8, 1, TEXT, PANGO_WEIGHT_NORMAL,
                    &self->style->dim_text);
    }
  qs_draw_text (self->cr, label, frame->x, frame->curve_y - 18, 0, TEXT, PANGO_WEIGHT_NORMAL,
                &self->style->dim_text);
}

static void
draw_curve (Drawing *self)
{
  const QsHistogramFrame *frame = &self->frame;
  const char *label;
  Curve curve;

  curve.costs = qs_histogram_plot_get_curve (self->plot, &curve.n, &curve.chosen, &label);
  if (curve.costs == NULL || frame->curve_height <= 0)
    return;

  find_curve_extent (curve.costs, curve.n, &curve.low, &curve.high);
  if (!isfinite (curve.low))
    return;

  draw_curve_axis (self, &curve, label);
  cairo_save (self->cr);
  cairo_rectangle (self->cr, frame->x - 5, frame->curve_y - 5, frame->width + 10,
                   frame->curve_height + 10);
  cairo_clip (self->cr);
  qs_color_set (&self->style->text, self->cr);
  draw_costs (self, &curve);
  if (has_cost (&curve, curve.chosen))
    {
      guint chosen = (guint) curve.chosen;

      cairo_new_path (self->cr);
      cairo_arc (self->cr, curve_x (self, chosen), curve_y (self, &curve, chosen), 4, 0, 2 * G_PI);
      qs_color_set (&self->style->accent, self->cr);
      cairo_fill (self->cr);
    }
  cairo_restore (self->cr);
}

static void
draw_pointer (Drawing *self)
{
  const QsHistogramFrame *frame = &self->frame;
  double value = self->marks->pointer;
  guint n_bins = qs_histogram_plot_get_n_bins (self->plot);
  double range = qs_histogram_plot_get_range (self->plot);
  g_autofree char *number = NULL;
  g_autofree char *count = NULL;
  g_autofree char *clipped = NULL;
  g_autofree char *text = NULL;
  double x, width;
  guint bin;

  if (value < frame->from || value > frame->to || range <= 0)
    return;

  bin = MIN ((guint) (value / range * n_bins), n_bins - 1);
  number = qs_draw_format_number (value);
  count = g_strdup_printf ("%'" G_GUINT64_FORMAT, qs_histogram_plot_get_count (self->plot, bin));
  clipped = qs_draw_format_share (qs_histogram_plot_get_clipped (self->plot, value));
  /* Translators: value, number of values in the bin there, share of all values that are larger */
  text = g_strdup_printf (_("%s: %s here, %s beyond"), number, count, clipped);

  x = round (qs_histogram_frame_to_x (frame, value)) + 0.5;
  qs_color_set (&self->style->text, self->cr);
  cairo_set_line_width (self->cr, 1);
  cairo_move_to (self->cr, x, frame->y);
  cairo_rel_line_to (self->cr, 0, frame->height);
  cairo_stroke (self->cr);

  width = qs_draw_text_width (self->cr, text, TEXT, PANGO_WEIGHT_NORMAL) + 14;
  x = CLAMP (x + 8, frame->x, MAX (frame->x + frame->width - width, frame->x));
  qs_color_set (&self->style->text, self->cr);
  qs_draw_add_round_rectangle (self->cr, x, frame->y + frame->height - 30, width, 21, 5);
  cairo_fill (self->cr);
  qs_draw_text (self->cr, text, x + 7, frame->y + frame->height - 28, 0, TEXT,
                PANGO_WEIGHT_NORMAL, &self->style->background);
}

static void
draw_nothing (Drawing *self)
{
  qs_draw_text (self->cr, _("All values are zero"), self->frame.x + self->frame.width / 2,
                self->frame.y + self->frame.height / 2 - 10, 0.5, 13, PANGO_WEIGHT_NORMAL,
                &self->style->dim_text);
}

/* Draws a histogram into the rectangle at the origin. */
void
qs_histogram_draw (cairo_t                *cr,
                   QsHistogramPlot        *plot,
                   const QsStyle          *style,
                   const QsHistogramMarks *marks,
                   double                  width,
                   double                  height)
{
  Drawing self = { .cr = cr, .plot = plot, .style = style, .marks = marks };

  cairo_save (cr);
  cairo_rectangle (cr, 0, 0, width, height);
  cairo_clip_preserve (cr);
  qs_color_set (&style->background, cr);
  cairo_fill (cr);

  qs_histogram_frame_init (&self.frame, plot, marks, width, height);
  fill_columns (&self);
  find_top (&self);
  draw_count_axis (&self);
  draw_clipped_ground (&self);
  draw_bars (&self);
  draw_spike_break (&self);
  draw_value_axis (&self);
  draw_markers (&self, height);
  draw_zeros_label (&self);
  draw_clipped_label (&self);
  draw_curve (&self);
  qs_histogram_draw_handle (cr, &self.frame, style, marks);
  draw_pointer (&self);
  if (qs_histogram_plot_get_range (plot) <= 0)
    draw_nothing (&self);

  g_free (self.columns);
  cairo_restore (cr);
}
