/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "drawing/qs-graph-scene.h"
#include "qs-viewport.h"

G_BEGIN_DECLS

/**
 * QsGraphView:
 *
 * The graph as a canvas. Drag and scroll pan, Ctrl+scroll and pinch zoom, +, -, 0 (fit), 1 (scale
 * 1) and F (fit) zoom, arrows walk along edges and within a layer, Home and End go to the first
 * and the last node, Return activates.
 *
 * ## Properties
 *
 * - scene (boxed QsGraphScene, nullable)
 * - selected-layer (int): id of a layer, -1 for none
 * - selected-tensor (int): id of a tensor, -1 for none. Selecting a layer clears it and the other
 *   way round.
 * - viewport (QsViewport, read only)
 * - search-text (string, nullable): layers that match stand out
 *
 * ## Signals
 *
 * - layer-activated (int layer_id): double click or Return
 * - tensor-activated (int tensor_id)
 * - context-menu (int layer_id, int tensor_id, double x, double y): secondary click, Menu key or
 *   Shift+F10; ids are -1 where there is none, x and y are where to point a popover to
 *
 * ## CSS nodes
 *
 * One node named `graph`.
 *
 * ## Accessibility
 *
 * Role `group`; its description follows the selection. The layer list is its twin for screen
 * readers.
 */
#define QS_TYPE_GRAPH_VIEW (qs_graph_view_get_type ())
G_DECLARE_FINAL_TYPE (QsGraphView, qs_graph_view, QS, GRAPH_VIEW, GtkWidget)

GtkWidget    *qs_graph_view_new                 (void);
void          qs_graph_view_set_scene           (QsGraphView   *self,
                                                 QsGraphScene  *scene);
QsGraphScene *qs_graph_view_get_scene           (QsGraphView   *self);
QsViewport   *qs_graph_view_get_viewport        (QsGraphView   *self);
void          qs_graph_view_set_selected_layer  (QsGraphView   *self,
                                                 int            layer_id);
int           qs_graph_view_get_selected_layer  (QsGraphView   *self);
void          qs_graph_view_set_selected_tensor (QsGraphView   *self,
                                                 int            tensor_id);
int           qs_graph_view_get_selected_tensor (QsGraphView   *self);
/* Returns how many layers match. */
guint         qs_graph_view_set_search_text     (QsGraphView   *self,
                                                 const char    *text);
const char   *qs_graph_view_get_search_text     (QsGraphView   *self);
/* Lets layers stand out as a search does; NULL for none. Another scene ends it. */
void          qs_graph_view_set_highlighted     (QsGraphView   *self,
                                                 GArray        *layer_ids);
/* Brings a layer into view without selecting it. */
void          qs_graph_view_show_layer          (QsGraphView   *self,
                                                 int            layer_id);
/* Selects the next or previous match in data-flow order and shows it. */
gboolean      qs_graph_view_select_match        (QsGraphView   *self,
                                                 gboolean       forwards);
/* Colours layers by a number 0 … 1 per layer id, NaN for none; NULL goes back to precision. */
void          qs_graph_view_set_heat            (QsGraphView   *self,
                                                 const double  *values,
                                                 guint          n_values);
void          qs_graph_view_fit                 (QsGraphView   *self);
void          qs_graph_view_set_home_inset      (QsGraphView   *self,
                                                 double         top);
void          qs_graph_view_zoom_in             (QsGraphView   *self);
void          qs_graph_view_zoom_out            (QsGraphView   *self);
void          qs_graph_view_zoom_normal         (QsGraphView   *self);
/* Brings the selection into view. */
void          qs_graph_view_show_selection      (QsGraphView   *self);

G_END_DECLS
