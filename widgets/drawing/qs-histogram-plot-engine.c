/* SPDX-License-Identifier: MIT */
#include "qs-histogram-plot.h"

/* The bars of a calibration histogram; markers and a curve are added by the caller. */
QsHistogramPlot *
qs_histogram_plot_new_for_histogram (const char        *name,
                                     const QsHistogram *histogram)
{
  return qs_histogram_plot_new (name, qs_histogram_get_counts (histogram), QS_HISTOGRAM_BINS,
                                (double) qs_histogram_get_range (histogram),
                                qs_histogram_get_n_zeros (histogram));
}
