/* SPDX-License-Identifier: MIT */
#pragma once

#include "calibration/qs-calibrator.h"
#include "qs-style.h"

G_BEGIN_DECLS

/**
 * QsPlotMarker:
 * @id: the calibrator's id, "manual" for a range set by hand
 * @name: shown to people
 * @series: index of its colour and dash
 * @threshold: largest |x| that it represents
 * @clipped: share of the values beyond it, 0 … 1
 *
 * One calibrator's vertical line in a histogram.
 */
typedef struct
{
  char *id;
  char *name;
  guint series;
  double threshold;
  double clipped;
} QsPlotMarker;

/**
 * QsHistogramPlot:
 *
 * The numbers of a histogram drawing: counts, markers and a cost curve. Built by one owner, then
 * shared and not changed any more. Reference counted.
 */
typedef struct _QsHistogramPlot QsHistogramPlot;

#define QS_TYPE_HISTOGRAM_PLOT (qs_histogram_plot_get_type ())
GType               qs_histogram_plot_get_type     (void);

/* @counts are @n_bins counts of |x| over 0 … @range; zeros are in the first bin and @n_zeros of
 * them are known to be exactly zero. */
QsHistogramPlot    *qs_histogram_plot_new          (const char         *name,
                                                    const guint64      *counts,
                                                    guint               n_bins,
                                                    double              range,
                                                    guint64             n_zeros);
QsHistogramPlot    *qs_histogram_plot_new_for_histogram (const char        *name,
                                                    const QsHistogram  *histogram);
QsHistogramPlot    *qs_histogram_plot_ref          (QsHistogramPlot    *self);
void                qs_histogram_plot_unref        (QsHistogramPlot    *self);

/* The share beyond @threshold is computed from the counts. Returns its index. */
guint               qs_histogram_plot_add_marker   (QsHistogramPlot    *self,
                                                    const char         *id,
                                                    const char         *name,
                                                    guint               series,
                                                    double              threshold);
/* Costs by candidate m = 0 … n - 1, as in QsCalibration: candidate m keeps the bins below m. NaN
 * and infinity leave gaps. @chosen is the candidate that was taken, or -1. */
void                qs_histogram_plot_set_curve    (QsHistogramPlot    *self,
                                                    const char         *label,
                                                    const float        *costs,
                                                    guint               n,
                                                    int                 chosen);

const char         *qs_histogram_plot_get_name     (QsHistogramPlot    *self);
double              qs_histogram_plot_get_range    (QsHistogramPlot    *self);
guint64             qs_histogram_plot_get_total    (QsHistogramPlot    *self);
guint64             qs_histogram_plot_get_n_zeros  (QsHistogramPlot    *self);
guint               qs_histogram_plot_get_n_bins   (QsHistogramPlot    *self);
guint64             qs_histogram_plot_get_count    (QsHistogramPlot    *self,
                                                    guint               bin);
guint               qs_histogram_plot_get_n_markers (QsHistogramPlot   *self);
const QsPlotMarker *qs_histogram_plot_get_marker   (QsHistogramPlot    *self,
                                                    guint               index);
int                 qs_histogram_plot_find_marker  (QsHistogramPlot    *self,
                                                    const char         *id);
/* (nullable) (array length=n) */
const float        *qs_histogram_plot_get_curve    (QsHistogramPlot    *self,
                                                    guint              *n,
                                                    int                *chosen,
                                                    const char        **label);
/* Share of the values whose |x| is above @threshold, 0 … 1; the bin that it cuts counts in part. */
double              qs_histogram_plot_get_clipped  (QsHistogramPlot    *self,
                                                    double              threshold);
/* (transfer full): the drawing in words, for screen readers */
char               *qs_histogram_plot_describe     (QsHistogramPlot    *self,
                                                    const char         *selected);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsHistogramPlot, qs_histogram_plot_unref)

G_END_DECLS
