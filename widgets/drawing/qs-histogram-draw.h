/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-histogram-plot.h"

G_BEGIN_DECLS

/**
 * QsHistogramView parameters:
 * @selected: (nullable): id of the marker whose clipped tail is shaded
 * @logarithmic: counts on a logarithmic axis
 * @from: left end of the axis
 * @to: right end of the axis, 0 for the histogram's range
 * @pointer: |x| under the pointer, negative for none
 * @handle: largest |x| of the range that can be dragged, negative for none
 * @handle_is_manual: whether it was set by hand
 * @handle_focus: whether keys move it
 */
typedef struct
{
  const char *selected;
  gboolean logarithmic;
  double from;
  double to;
  double pointer;
  double handle;
  gboolean handle_is_manual;
  gboolean handle_focus;
} QsHistogramMarks;

#define QS_HISTOGRAM_MARKS_INIT { .logarithmic = TRUE, .pointer = -1, .handle = -1 }

/* Where the axes of a histogram of this size are: the widget turns pointer places into values. */
typedef struct
{
  double x, y, width, height;    /* of the bars */
  double curve_y, curve_height;  /* of the cost curve; height 0 when there is none */
  double from, to;               /* |x| at the left and the right end */
} QsHistogramFrame;

void   qs_histogram_frame_init     (QsHistogramFrame        *self,
                                    QsHistogramPlot         *plot,
                                    const QsHistogramMarks  *marks,
                                    double                   width,
                                    double                   height);
double qs_histogram_frame_to_value (const QsHistogramFrame  *self,
                                    double                   x);
double qs_histogram_frame_to_x     (const QsHistogramFrame  *self,
                                    double                   value);

void   qs_histogram_draw           (cairo_t                 *cr,
                                    QsHistogramPlot         *plot,
                                    const QsStyle           *style,
                                    const QsHistogramMarks  *marks,
                                    double                   width,
                                    double                   height);

G_END_DECLS
