/* SPDX-License-Identifier: MIT */
#pragma once

#include <pango/pangocairo.h>

#include "qs-style.h"

G_BEGIN_DECLS

/* What all drawings use. */

void                  qs_draw_add_round_rectangle (cairo_t       *cr,
                                                   double         x,
                                                   double         y,
                                                   double         width,
                                                   double         height,
                                                   double         radius);
/* The outline of a node of @klass: rounded for INT8, square for float, a diamond for reformats, a
 * pill for terminals. */
void                  qs_draw_add_shape           (cairo_t       *cr,
                                                   QsSceneClass   klass,
                                                   double         x,
                                                   double         y,
                                                   double         width,
                                                   double         height,
                                                   double         corner);
/* A layout whose glyphs do not jump while zooming. */
PangoLayout          *qs_draw_create_layout       (cairo_t       *cr);
PangoFontDescription *qs_draw_create_font         (double         pixels,
                                                   PangoWeight    weight);
/* One line of text; @anchor 0 puts its left end at @x, 0.5 its middle, 1 its right end. @y is its
 * top. Returns its width. */
double                qs_draw_text                (cairo_t       *cr,
                                                   const char    *text,
                                                   double         x,
                                                   double         y,
                                                   double         anchor,
                                                   double         pixels,
                                                   PangoWeight    weight,
                                                   const QsColor *color);
double                qs_draw_text_width          (cairo_t       *cr,
                                                   const char    *text,
                                                   double         pixels,
                                                   PangoWeight    weight);
/* (transfer full): “0.25”, “1.5e−6”: as many digits as a reader needs */
char                 *qs_draw_format_number       (double         value);
/* (transfer full): a number on an axis whose ticks are @step apart: “0.0005”, “0.0010”; short enough to
 * stand before it where steps are tiny. */
char                 *qs_draw_format_tick         (double         value,
                                                   double         step);
/* (transfer full): “12.5 %”, “0.03 %”, “< 0.001 %” */
char                 *qs_draw_format_share        (double         share);
/* The distance 1, 2 or 5 times a power of ten that cuts @span into at most @n parts. */
double                qs_draw_tick_step           (double         span,
                                                   int            n);

G_END_DECLS
