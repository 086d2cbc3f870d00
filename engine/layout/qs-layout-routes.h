/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-layout-private.h"

G_BEGIN_DECLS

/* Where everything stands after the parts of the graph were put beside each other. By vertex: x,
 * layer; by node: y; by layer: the bands. */
typedef struct
{
  double *x;
  double *y;
  int *layer;
  double *band_top;
  double *band_bottom;
} QsLayoutFrame;

void qs_layout_make_routes (const QsLayoutWork  *work,
                            const QsLayoutFrame *frame,
                            GArray              *routes,
                            GArray              *points);

G_END_DECLS
