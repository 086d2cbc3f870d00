/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * Layered drawing of a directed acyclic graph: longest-path layers, one shared chain of dummy
 * nodes per net, barycentre ordering, Brandes-Köpf coordinates. Plain C on plain data: it knows
 * nothing of networks. Nodes are layers of a network (and its inputs and outputs); nets are
 * activation tensors, each with one producer and any number of consumers.
 */

typedef struct
{
  double width;
  double height;
} QsLayoutNode;

typedef struct
{
  int producer;          /* node index */
  int n_consumers;
  const int *consumers;  /* node indices */
} QsLayoutNet;

typedef struct
{
  double x;              /* centre */
  double y;
  int layer;
  int position;          /* within its layer, from the left */
} QsLayoutPlace;

typedef struct
{
  double x, y;
} QsLayoutPoint;

/* One polyline of a net: points first … first + n - 1 of the layout's point array. The trunk is
 * drawn once and consumers tap off it. */
typedef struct
{
  int net;
  int consumer;          /* node index, or -1 for the trunk */
  guint first;
  guint n;
} QsLayoutRoute;

typedef struct _QsGraphLayout QsGraphLayout;

QsGraphLayout        *qs_graph_layout_new        (const QsLayoutNode  *nodes,
                                                  int                  n_nodes,
                                                  const QsLayoutNet   *nets,
                                                  int                  n_nets,
                                                  GCancellable        *cancellable,
                                                  GError             **error);
QsGraphLayout        *qs_graph_layout_ref        (QsGraphLayout       *self);
void                  qs_graph_layout_unref      (QsGraphLayout       *self);
void                  qs_graph_layout_get_size   (QsGraphLayout       *self,
                                                  double              *width,
                                                  double              *height);
int                   qs_graph_layout_get_n_nodes (QsGraphLayout      *self);
const QsLayoutPlace  *qs_graph_layout_get_place  (QsGraphLayout       *self,
                                                  int                  node);
int                   qs_graph_layout_get_n_layers (QsGraphLayout     *self);
/* (array length=n): nodes of a layer from left to right */
const int            *qs_graph_layout_get_layer  (QsGraphLayout       *self,
                                                  int                  layer,
                                                  int                 *n);
/* Top and bottom of a layer's band. */
void                  qs_graph_layout_get_band   (QsGraphLayout       *self,
                                                  int                  layer,
                                                  double              *top,
                                                  double              *bottom);
const QsLayoutRoute  *qs_graph_layout_get_routes (QsGraphLayout       *self,
                                                  guint               *n);
const QsLayoutPoint  *qs_graph_layout_get_points (QsGraphLayout       *self,
                                                  guint               *n);
guint64               qs_graph_layout_get_n_crossings (QsGraphLayout  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsGraphLayout, qs_graph_layout_unref)

G_END_DECLS
