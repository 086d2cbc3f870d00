/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "drawing/qs-histogram-plot.h"

G_BEGIN_DECLS

/**
 * QsHistogramView:
 *
 * The histogram of a tensor with one line per calibrator. The pointer reads out values; a click on
 * a line announces its calibrator.
 *
 * ## Properties
 *
 * - plot (boxed QsHistogramPlot, nullable)
 * - selected (string, nullable): id of the marker whose clipped tail is shaded
 * - logarithmic (boolean): counts on a logarithmic axis, default %TRUE
 *
 * ## Signals
 *
 * - marker-activated (string id): a click on a line
 *
 * ## Accessibility
 *
 * Role `img`; the description has the numbers in words.
 */
#define QS_TYPE_HISTOGRAM_VIEW (qs_histogram_view_get_type ())
G_DECLARE_FINAL_TYPE (QsHistogramView, qs_histogram_view, QS, HISTOGRAM_VIEW, GtkWidget)

GtkWidget       *qs_histogram_view_new             (void);
void             qs_histogram_view_set_plot        (QsHistogramView  *self,
                                                    QsHistogramPlot  *plot);
QsHistogramPlot *qs_histogram_view_get_plot        (QsHistogramView  *self);
void             qs_histogram_view_set_selected    (QsHistogramView  *self,
                                                    const char       *id);
const char      *qs_histogram_view_get_selected    (QsHistogramView  *self);
void             qs_histogram_view_set_logarithmic (QsHistogramView  *self,
                                                    gboolean          logarithmic);
gboolean         qs_histogram_view_get_logarithmic (QsHistogramView  *self);

G_END_DECLS
