/* SPDX-License-Identifier: MIT */
#include "qs-histogram-handle.h"

#include <math.h>

#include "qs-draw-util.h"

#define KNOB_WIDTH 12.0
#define KNOB_HEIGHT 26.0
#define FOCUS_GAP 3.0

static void
draw_line (cairo_t                *cr,
           const QsHistogramFrame *frame,
           double                  x)
{
  cairo_set_line_width (cr, 2.0);
  cairo_move_to (cr, x, frame->y);
  cairo_rel_line_to (cr, 0, frame->height);
  cairo_stroke (cr);
}

/* Two grooves say that it can be moved. */
static void
draw_grooves (cairo_t *cr,
              double   x,
              double   y)
{
  cairo_set_line_width (cr, 1.0);
  for (int side = -1; side <= 1; side += 2)
    {
      cairo_move_to (cr, x + side * 2.0, y - 5.0);
      cairo_rel_line_to (cr, 0, 10.0);
    }
  cairo_stroke (cr);
}

void
qs_histogram_draw_handle (cairo_t                *cr,
                          const QsHistogramFrame *frame,
                          const QsStyle          *style,
                          const QsHistogramMarks *marks)
{
  double x = round (qs_histogram_frame_to_x (frame, CLAMP (marks->handle, frame->from, frame->to)));
  double y = round (frame->y + frame->height / 2);

  if (!(marks->handle >= 0))
    return;

  qs_color_set (&style->accent, cr);
  if (marks->handle_is_manual)
    draw_line (cr, frame, x);
  if (marks->handle_focus)
    {
      cairo_set_line_width (cr, 2.0);
      qs_draw_add_round_rectangle (cr, x - KNOB_WIDTH / 2 - FOCUS_GAP,
                                   y - KNOB_HEIGHT / 2 - FOCUS_GAP, KNOB_WIDTH + 2 * FOCUS_GAP,
                                   KNOB_HEIGHT + 2 * FOCUS_GAP, 8);
      cairo_stroke (cr);
    }

  qs_draw_add_round_rectangle (cr, x - KNOB_WIDTH / 2, y - KNOB_HEIGHT / 2, KNOB_WIDTH, KNOB_HEIGHT,
                               5);
  qs_color_set (marks->handle_is_manual ? &style->accent : &style->background, cr);
  cairo_fill_preserve (cr);
  qs_color_set (marks->handle_is_manual ? &style->background : &style->dim_text, cr);
  cairo_set_line_width (cr, 1.0);
  cairo_stroke (cr);
  draw_grooves (cr, x, y);
}
