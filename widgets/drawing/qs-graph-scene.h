/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "builder/qs-engine.h"
#include "layout/qs-graph-layout.h"
#include "network/qs-network.h"

G_BEGIN_DECLS

/**
 * QsSceneClass:
 * @QS_SCENE_NEUTRAL: a layer whose precision is not decided, or that computes on integers
 * @QS_SCENE_INT8: computes in INT8
 * @QS_SCENE_FLOAT: computes in FP32
 * @QS_SCENE_HALF: computes in FP16
 * @QS_SCENE_REFORMAT: changes type, scale or memory layout: a small diamond
 * @QS_SCENE_QUANTIZE: QuantizeLinear or DequantizeLinear before a build, drawn small
 * @QS_SCENE_REFUSED: a node that cannot be imported
 * @QS_SCENE_TERMINAL: a network input or output
 *
 * How a node is drawn. Legends list the classes that a scene uses.
 */
typedef enum
{
  QS_SCENE_NEUTRAL,
  QS_SCENE_INT8,
  QS_SCENE_FLOAT,
  QS_SCENE_HALF,
  QS_SCENE_REFORMAT,
  QS_SCENE_QUANTIZE,
  QS_SCENE_REFUSED,
  QS_SCENE_TERMINAL,
  QS_N_SCENE_CLASSES
} QsSceneClass;

/**
 * QsSceneNode:
 * @klass: how it is drawn
 * @layer_id: the layer's id, -1 for a terminal
 * @tensor_id: a terminal's tensor, else -1
 * @is_output: whether a terminal is a network output
 * @title: what kind of layer it is, and its activation function
 * @name: the layer's or tensor's name
 * @short_name: what the box shows of it: of a fused layer, the name of its first part
 * @badge: "INT8", or %NULL
 * @parts: (nullable): the ONNX nodes of a fused layer, "Conv + Add + Relu"; dimensions of a terminal
 * @is_superfluous: whether it is part of a Q/DQ pair that should not be there
 * @x: centre
 * @y: centre
 *
 * A box of the graph. Coordinates are pixels at scale 1.
 */
typedef struct
{
  QsSceneClass klass;
  int layer_id;
  int tensor_id;
  gboolean is_output;
  const char *title;
  const char *name;
  const char *short_name;
  const char *badge;
  const char *parts;
  gboolean is_superfluous;
  double x;
  double y;
  double width;
  double height;
  int layer;
  int position;
} QsSceneNode;

/**
 * QsSceneNet:
 * @details: a line about the tensor: type, dimensions, scale
 *
 * An activation tensor: an edge of the graph from one producer to any number of consumers.
 */
typedef struct
{
  int tensor_id;
  const char *name;
  const char *details;
  gboolean is_int8;
  int producer;         /* node */
  const int *consumers; /* nodes, each once */
  int n_consumers;
  guint first_route;
  guint n_routes;
} QsSceneNet;

typedef enum
{
  QS_SCENE_UP,
  QS_SCENE_DOWN,
  QS_SCENE_LEFT,
  QS_SCENE_RIGHT,
} QsSceneDirection;

/**
 * QsGraphScene:
 *
 * The drawable graph of a network or an engine: boxes with texts and places, lines, and the ways
 * between layer and tensor ids and what is drawn for them. Immutable and reference counted; it
 * keeps nothing of the network it was made from.
 */
typedef struct _QsGraphScene QsGraphScene;

#define QS_TYPE_GRAPH_SCENE (qs_graph_scene_get_type ())
GType              qs_graph_scene_get_type        (void);

QsGraphScene      *qs_graph_scene_new             (QsNetwork         *network,
                                                   GCancellable      *cancellable,
                                                   GError           **error);
QsGraphScene      *qs_graph_scene_new_for_engine  (QsEngine          *engine,
                                                   GCancellable      *cancellable,
                                                   GError           **error);
QsGraphScene      *qs_graph_scene_new_for_built   (QsNetwork         *network,
                                                   GCancellable      *cancellable,
                                                   GError           **error);
QsGraphScene      *qs_graph_scene_ref             (QsGraphScene      *self);
void               qs_graph_scene_unref           (QsGraphScene      *self);

const char        *qs_graph_scene_get_title       (QsGraphScene      *self);
gboolean           qs_graph_scene_is_built        (QsGraphScene      *self);
guint              qs_graph_scene_get_n_layers    (QsGraphScene      *self);
void               qs_graph_scene_get_size        (QsGraphScene      *self,
                                                   double            *width,
                                                   double            *height);
QsGraphLayout     *qs_graph_scene_get_layout      (QsGraphScene      *self);
int                qs_graph_scene_get_n_nodes     (QsGraphScene      *self);
const QsSceneNode *qs_graph_scene_get_node        (QsGraphScene      *self,
                                                   int                node);
int                qs_graph_scene_get_n_nets      (QsGraphScene      *self);
const QsSceneNet  *qs_graph_scene_get_net         (QsGraphScene      *self,
                                                   int                net);
guint              qs_graph_scene_count_class     (QsGraphScene      *self,
                                                   QsSceneClass       klass);
/* @layer_ids: (element-type int): the Q and DQ that should not be there; before the scene is shown */
void               qs_graph_scene_set_superfluous (QsGraphScene      *self,
                                                   GArray            *layer_ids);
guint              qs_graph_scene_count_superfluous (QsGraphScene    *self);

int                qs_graph_scene_find_layer      (QsGraphScene      *self,
                                                   int                layer_id);
int                qs_graph_scene_find_tensor     (QsGraphScene      *self,
                                                   int                tensor_id);
int                qs_graph_scene_find_terminal   (QsGraphScene      *self,
                                                   int                tensor_id);
int                qs_graph_scene_pick_node       (QsGraphScene      *self,
                                                   double             x,
                                                   double             y);
int                qs_graph_scene_pick_net        (QsGraphScene      *self,
                                                   double             x,
                                                   double             y,
                                                   double             tolerance);
int                qs_graph_scene_get_neighbour   (QsGraphScene      *self,
                                                   int                node,
                                                   QsSceneDirection   direction);
GArray            *qs_graph_scene_search          (QsGraphScene      *self,
                                                   const char        *text);
void               qs_graph_scene_get_visible     (QsGraphScene      *self,
                                                   double             top,
                                                   double             bottom,
                                                   int               *first_layer,
                                                   int               *end_layer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsGraphScene, qs_graph_scene_unref)

G_END_DECLS
