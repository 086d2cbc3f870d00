/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "drawing/qs-scale-plot.h"

G_BEGIN_DECLS

/**
 * QsScaleChart:
 *
 * Ranges of all calibrators, one row per tensor on a logarithmic axis. It scrolls by itself: put it
 * into a GtkScrolledWindow. Up, Down, Page Up, Page Down, Home and End move the selection.
 *
 * ## Properties
 *
 * - plot (boxed QsScalePlot, nullable)
 * - selected-tensor (int): tensor id of the selected row, -1 for none
 * - sort-by-ratio (boolean): most disagreement first, default %FALSE (data-flow order)
 *
 * ## Signals
 *
 * - row-activated (int tensor_id): double click or Return
 */
#define QS_TYPE_SCALE_CHART (qs_scale_chart_get_type ())
G_DECLARE_FINAL_TYPE (QsScaleChart, qs_scale_chart, QS, SCALE_CHART, GtkWidget)

GtkWidget   *qs_scale_chart_new                 (void);
void         qs_scale_chart_set_plot            (QsScaleChart  *self,
                                                 QsScalePlot   *plot);
QsScalePlot *qs_scale_chart_get_plot            (QsScaleChart  *self);
void         qs_scale_chart_set_selected_tensor (QsScaleChart  *self,
                                                 int            tensor_id);
int          qs_scale_chart_get_selected_tensor (QsScaleChart  *self);
void         qs_scale_chart_set_sort_by_ratio   (QsScaleChart  *self,
                                                 gboolean       sort_by_ratio);
gboolean     qs_scale_chart_get_sort_by_ratio   (QsScaleChart  *self);

G_END_DECLS
