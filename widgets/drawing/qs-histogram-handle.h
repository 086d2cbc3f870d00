/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-histogram-draw.h"

G_BEGIN_DECLS

/* The line of a range that is set by hand, with a knob to take hold of; an empty knob where the
 * range is a calibrator's and could be taken over. */
void qs_histogram_draw_handle (cairo_t                 *cr,
                               const QsHistogramFrame  *frame,
                               const QsStyle           *style,
                               const QsHistogramMarks  *marks);

G_END_DECLS
