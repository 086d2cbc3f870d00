/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-histogram-plot.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "qs-draw-util.h"

struct _QsHistogramPlot
{
  gatomicrefcount ref_count;
  char *name;
  guint64 *counts;
  guint n_bins;
  double range;
  guint64 total;
  guint64 n_zeros;
  GArray *markers;
  char *curve_label;
  float *curve;
  guint n_curve;
  int chosen;
};

G_DEFINE_BOXED_TYPE (QsHistogramPlot, qs_histogram_plot,
                     qs_histogram_plot_ref, qs_histogram_plot_unref)

static void
marker_clear (gpointer data)
{
  QsPlotMarker *marker = data;

  g_free (marker->id);
  g_free (marker->name);
}

QsHistogramPlot *
qs_histogram_plot_new (const char    *name,
                       const guint64 *counts,
                       guint          n_bins,
                       double         range,
                       guint64        n_zeros)
{
  QsHistogramPlot *self = g_new0 (QsHistogramPlot, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->name = g_strdup (name);
  self->counts = g_memdup2 (counts, sizeof (guint64) * n_bins);
  self->n_bins = n_bins;
  self->range = n_bins > 0 && isfinite (range) && range > 0 ? range : 0;
  self->chosen = -1;
  self->markers = g_array_new (FALSE, FALSE, sizeof (QsPlotMarker));
  g_array_set_clear_func (self->markers, marker_clear);
  for (guint i = 0; i < n_bins; i++)
    self->total += counts[i];
  self->n_zeros = n_bins > 0 ? MIN (n_zeros, counts[0]) : 0;
  return self;
}

QsHistogramPlot *
qs_histogram_plot_ref (QsHistogramPlot *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_histogram_plot_unref (QsHistogramPlot *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_free (self->name);
  g_free (self->counts);
  g_free (self->curve_label);
  g_free (self->curve);
  g_array_unref (self->markers);
  g_free (self);
}

guint
qs_histogram_plot_add_marker (QsHistogramPlot *self,
                              const char      *id,
                              const char      *name,
                              guint            series,
                              double           threshold)
{
  QsPlotMarker marker = {
    .id = g_strdup (id),
    .name = g_strdup (name),
    .series = series,
    .threshold = threshold,
    .clipped = qs_histogram_plot_get_clipped (self, threshold),
  };

  g_array_append_val (self->markers, marker);
  return self->markers->len - 1;
}

void
qs_histogram_plot_set_curve (QsHistogramPlot *self,
                             const char      *label,
                             const float     *costs,
                             guint            n,
                             int              chosen)
{
  g_free (self->curve);
  g_free (self->curve_label);
  self->curve = costs != NULL ? g_memdup2 (costs, sizeof (float) * n) : NULL;
  self->curve_label = g_strdup (label);
  self->n_curve = costs != NULL ? n : 0;
  self->chosen = chosen;
}

const char *
qs_histogram_plot_get_name (QsHistogramPlot *self)
{
  return self->name;
}

double
qs_histogram_plot_get_range (QsHistogramPlot *self)
{
  return self->range;
}

guint64
qs_histogram_plot_get_total (QsHistogramPlot *self)
{
  return self->total;
}

guint64
qs_histogram_plot_get_n_zeros (QsHistogramPlot *self)
{
  return self->n_zeros;
}

guint
qs_histogram_plot_get_n_bins (QsHistogramPlot *self)
{
  return self->n_bins;
}

guint64
qs_histogram_plot_get_count (QsHistogramPlot *self,
                             guint            bin)
{
  g_return_val_if_fail (bin < self->n_bins, 0);

  return self->counts[bin];
}

guint
qs_histogram_plot_get_n_markers (QsHistogramPlot *self)
{
  return self->markers->len;
}

const QsPlotMarker *
qs_histogram_plot_get_marker (QsHistogramPlot *self,
                              guint            index)
{
  g_return_val_if_fail (index < self->markers->len, NULL);

  return &g_array_index (self->markers, QsPlotMarker, index);
}

int
qs_histogram_plot_find_marker (QsHistogramPlot *self,
                               const char      *id)
{
  for (guint i = 0; id != NULL && i < self->markers->len; i++)
    if (g_strcmp0 (g_array_index (self->markers, QsPlotMarker, i).id, id) == 0)
      return (int) i;

  return -1;
}

const float *
qs_histogram_plot_get_curve (QsHistogramPlot  *self,
                             guint            *n,
                             int              *chosen,
                             const char      **label)
{
  *n = self->n_curve;
  *chosen = self->chosen;
  *label = self->curve_label;
  return self->curve;
}

double
qs_histogram_plot_get_clipped (QsHistogramPlot *self,
                               double           threshold)
{
  double width = self->range / MAX (self->n_bins, 1);
  double beyond = 0;
  guint first;

  if (self->total == 0 || self->range <= 0 || !(threshold < self->range))
    return 0;

  threshold = MAX (threshold, 0);
  first = MIN ((guint) (threshold / width), self->n_bins - 1);
  for (guint i = first + 1; i < self->n_bins; i++)
    beyond += (double) self->counts[i];
  /* Zeros are never cut, however small the range. */
  beyond += (double) (self->counts[first] - (first == 0 ? self->n_zeros : 0)) *
            CLAMP ((first + 1) - threshold / width, 0, 1);
  return beyond / (double) self->total;
}

char *
qs_histogram_plot_describe (QsHistogramPlot *self,
                            const char      *selected)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *range = qs_draw_format_number (self->range);
  g_autofree char *total = g_strdup_printf ("%'" G_GUINT64_FORMAT, self->total);
  g_autofree char *zeros =
    qs_draw_format_share (self->total > 0 ? (double) self->n_zeros / (double) self->total : 0);

  /* Translators: name of a tensor, number of values, largest absolute value, share of zeros */
  g_string_append_printf (text, _("Histogram of %s: %s values up to %s, %s of them zero."),
                          self->name, total, range, zeros);
  for (guint i = 0; i < self->markers->len; i++)
    {
      const QsPlotMarker *marker = &g_array_index (self->markers, QsPlotMarker, i);
      g_autofree char *threshold = qs_draw_format_number (marker->threshold);
      g_autofree char *clipped = qs_draw_format_share (marker->clipped);

      g_string_append_c (text, ' ');
      /* Translators: name of a calibrator, its range, the share of values it clips */
      g_string_append_printf (text, _("%s: range %s, clips %s."), marker->name, threshold, clipped);
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}
