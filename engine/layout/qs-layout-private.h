/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-graph-layout.h"

G_BEGIN_DECLS

/* Distances between the outlines of neighbours in a layer, in the unit of the nodes' sizes. */
#define QS_LAYOUT_NODE_GAP 28.0
#define QS_LAYOUT_LANE_GAP 14.0

/* No graph gets more dummy vertices than this; nets that would are drawn as straight lines. */
#define QS_LAYOUT_MAX_DUMMIES (1 << 20)

/* Edges between vertices of neighbouring layers, from one side: those of vertex v are
 * start[v] … start[v + 1] - 1. */
typedef struct
{
  int *start;
  int *vertex; /* at the other end */
  int *edge;   /* number of the edge, the same from both sides */
} QsLayoutLinks;

/* The state of a layout while it is made. Vertices are the nodes, in their order, and behind them
 * the dummies of the nets' chains. */
typedef struct
{
  const QsLayoutNode *nodes;
  int n_nodes;
  const QsLayoutNet *nets;
  int n_nets;
  GCancellable *cancellable;

  /* The nets in an order of their own, which makes the drawing independent of the caller's; the
   * consumers of sorted[i] are consumers[start[i]] … consumers[start[i + 1] - 1], each once. */
  int *sorted;
  int *start;
  int *consumers;
  int *chain_first;  /* by sorted net: its first dummy, or -1 */
  int *chain_length;
  gboolean *straight; /* too long for a chain */

  int n_vertices;
  int *layer;
  double *half;       /* half of the width */
  int *component;
  int n_components;

  int n_edges;
  QsLayoutLinks up;
  QsLayoutLinks down;

  int n_layers;
  int *layer_start;
  int *order;         /* vertices from left to right, layer by layer */
  int *position;      /* of a vertex within its layer */
  guint64 n_crossings;

  double *x;
} QsLayoutWork;

static inline gboolean
qs_layout_is_dummy (const QsLayoutWork *self,
                    int                 vertex)
{
  return vertex >= self->n_nodes;
}

static inline int
qs_layout_layer_size (const QsLayoutWork *self,
                      int                 layer)
{
  return self->layer_start[layer + 1] - self->layer_start[layer];
}

static inline gboolean
qs_layout_is_cancelled (const QsLayoutWork  *self,
                        GError             **error)
{
  return g_cancellable_set_error_if_cancelled (self->cancellable, error);
}

gboolean qs_layout_make_layers (QsLayoutWork  *self,
                                GError       **error);
gboolean qs_layout_sort_layers (QsLayoutWork  *self,
                                GError       **error);
gboolean qs_layout_place       (QsLayoutWork  *self,
                                GError       **error);

G_END_DECLS
