/* SPDX-License-Identifier: MIT */
#pragma once

#include <cairo.h>

#include "qs-graph-scene.h"

G_BEGIN_DECLS

/* The font of all drawings; sizes are in pixels at scale 1. */
#define QS_STYLE_FONT "Sans"
#define QS_STYLE_TITLE_SIZE 13.0
#define QS_STYLE_TEXT_SIZE 11.0

typedef struct
{
  double r, g, b, a;
} QsColor;

/**
 * QsStyle:
 *
 * The colours of drawings. They come from the GNOME palette: INT8 green and float blue differ in
 * lightness as well as hue, so that they stay apart in grey print and for every kind of colour
 * vision, and every outline has a contrast of 3:1 or more with the ground.
 */
typedef struct
{
  gboolean dark;
  gboolean high_contrast;
  QsColor background;
  QsColor text;
  QsColor dim_text;
  QsColor grid;
  QsColor edge;
  QsColor edge_int8;
  QsColor accent;       /* selection and focus */
  QsColor hover;
  QsColor superfluous;  /* ground of Q/DQ pairs that should not be there; its rim is edge_int8 */
  QsColor match;        /* search results */
  QsColor bar;          /* bars of histograms */
  QsColor clipped;      /* what a range cuts off */
  QsColor fill[QS_N_SCENE_CLASSES];
  QsColor outline[QS_N_SCENE_CLASSES];
  QsColor label[QS_N_SCENE_CLASSES];
} QsStyle;

#define QS_N_SERIES_STYLES 8

/**
 * QsSeriesStyle:
 * @dashes: lengths of dashes and gaps
 *
 * Colour and dash of one calibrator's lines; the dash tells them apart without colour.
 */
typedef struct
{
  QsColor color;
  double dashes[6];
  int n_dashes;
} QsSeriesStyle;

void                 qs_style_init       (QsStyle         *self,
                                          gboolean         dark,
                                          gboolean         high_contrast);
const QsSeriesStyle *qs_style_get_series (const QsStyle   *self,
                                          guint            index);
void                 qs_color_set        (const QsColor   *self,
                                          cairo_t         *cr);
double               qs_color_contrast   (const QsColor   *a,
                                          const QsColor   *b);
void                 qs_color_to_hex     (const QsColor   *self,
                                          char             hex[8]);

G_END_DECLS
