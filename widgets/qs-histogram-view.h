/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "drawing/qs-histogram-plot.h"

G_BEGIN_DECLS

/**
 * QsHistogramView:
 *
 * The histogram of a tensor with one line per calibrator. The pointer reads out values; a click on
 * a line announces its calibrator. A handle stands for the end of a range that can be set by hand:
 * it is dragged, or moved by arrow keys and Page Up and Page Down where the view has the focus.
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
 * - handle-moved (double value, boolean finished): the range's end was dragged, or moved by keys;
 *   @finished when it was let go
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
/* The largest |x| of the range that can be dragged, negative for none; @is_manual: whether it was set by
 * hand already. Not while it is being dragged. */
void             qs_histogram_view_set_handle      (QsHistogramView  *self,
                                                    double            value,
                                                    gboolean          is_manual);

G_END_DECLS
