/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-graph-scene.h"
#include "qs-style.h"

G_BEGIN_DECLS

/* Below these scales details are left out. */
#define QS_GRAPH_SCALE_TEXT 0.45
#define QS_GRAPH_SCALE_PARTS 0.75
#define QS_GRAPH_SCALE_COARSE 0.06

/**
 * QsGraphMarks:
 * @selected_node: node or -1
 * @selected_net: net or -1
 * @hover_node: node under the pointer, or -1
 * @hover_net: net under the pointer, or -1
 * @show_focus: whether the selected node gets the ring of keyboard focus
 * @matches: (nullable): per node, whether a search found it; the others are dimmed
 * @heat: (nullable): per node, 0 … 1 from cool to hot, NaN for none; replaces the classes' colours
 *
 * What is drawn over a scene. All-zero marks are not neutral: use %QS_GRAPH_MARKS_INIT.
 */
typedef struct
{
  int selected_node;
  int selected_net;
  int hover_node;
  int hover_net;
  gboolean show_focus;
  const gboolean *matches;
  const double *heat;
} QsGraphMarks;

#define QS_GRAPH_MARKS_INIT \
  { .selected_node = -1, .selected_net = -1, .hover_node = -1, .hover_net = -1 }

/* Draws the part of @scene whose left top corner is at @x, @y (scene units) and which is @width
 * by @height device pixels large at @scale, at the origin of @cr. */
void qs_graph_draw          (cairo_t             *cr,
                             QsGraphScene        *scene,
                             const QsStyle       *style,
                             const QsGraphMarks  *marks,
                             double               x,
                             double               y,
                             double               scale,
                             double               width,
                             double               height);

/* The rows of a legend: class, word, and how often it occurs. Returns its size. */
void qs_graph_draw_legend   (cairo_t             *cr,
                             QsGraphScene        *scene,
                             const QsStyle       *style,
                             double               x,
                             double               y,
                             double              *width,
                             double              *height);
/* Translated: "INT8", "FP32", "Reformat", … as the legend of @scene calls it. */
const char *qs_graph_scene_get_class_label (QsGraphScene *scene,
                                            QsSceneClass  klass);
/* The sign of a class: a small box in its shape and colours, @size high, centred at @x, @y. */
void qs_graph_draw_sign     (cairo_t             *cr,
                             const QsStyle       *style,
                             QsSceneClass         klass,
                             double               x,
                             double               y,
                             double               size);
/* Fill and text for @value 0 … 1, from pale to dark through orange: monotonic in lightness. */
void qs_style_get_heat      (const QsStyle       *style,
                             double               value,
                             QsColor             *fill,
                             QsColor             *label);

G_END_DECLS
