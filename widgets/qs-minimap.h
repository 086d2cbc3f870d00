/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-graph-view.h"

G_BEGIN_DECLS

/**
 * QsMinimap:
 *
 * The whole graph in the small, with a frame around what the graph view shows; drag the frame or
 * click to go somewhere. Very tall graphs are squeezed, so that they are no thinner than a strip.
 *
 * ## Properties
 *
 * - view (QsGraphView, nullable)
 */
#define QS_TYPE_MINIMAP (qs_minimap_get_type ())
G_DECLARE_FINAL_TYPE (QsMinimap, qs_minimap, QS, MINIMAP, GtkWidget)

GtkWidget   *qs_minimap_new      (QsGraphView  *view);
void         qs_minimap_set_view (QsMinimap    *self,
                                  QsGraphView  *view);
QsGraphView *qs_minimap_get_view (QsMinimap    *self);

G_END_DECLS
