/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "builder/qs-engine.h"

G_BEGIN_DECLS

/**
 * QsTrexTensor:
 * @name: the tensor's name; several layers may write parts of one tensor
 * @shape: its dimensions; a dimension that is not known is -1
 * @format: type and layout in TensorRT's words
 *
 * An input or output of a layer of a TensorRT engine.
 */
typedef struct
{
  char *name;
  QsShape shape;
  char *format;
} QsTrexTensor;

/**
 * QsTrexProperty:
 * @name: the key ("Kernel")
 * @value: what stands behind it, as JSON text without quotation marks ("[7,7]", "RELU")
 */
typedef struct
{
  char *name;
  char *value;
} QsTrexProperty;

/**
 * QsTrexLayer:
 * @type: TensorRT's layer type ("CaskConvolution")
 * @inputs: (element-type QsTrexTensor)
 * @outputs: (element-type QsTrexTensor)
 * @properties: (element-type QsTrexProperty): everything else, in the file's order
 * @precision: what it computes in, by its weights or else by its inputs
 * @ms: median time from a profile, negative where there is none
 *
 * A layer of a TensorRT engine as its engine inspector describes it.
 */
typedef struct
{
  char *name;
  char *type;
  GPtrArray *inputs;
  GPtrArray *outputs;
  GPtrArray *properties;
  QsPrecision precision;
  double ms;
} QsTrexLayer;

/**
 * QsTrexGraph:
 * @name: the file's name
 * @layers: (element-type QsTrexLayer): in the order in which they run
 * @bindings: (element-type utf8): the network's inputs and outputs
 *
 * The graph of an engine that TensorRT built, from the JSON of its engine inspector (trtexec
 * --exportLayerInfo --profilingVerbosity=detailed), which NVIDIA's trt-engine-explorer (TREx) reads.
 * There are no weights and no scales in it: it can be looked at, not run.
 */
typedef struct
{
  gatomicrefcount ref_count;
  char *name;
  GPtrArray *layers;
  GPtrArray *bindings;
} QsTrexGraph;

QsTrexGraph  *qs_trex_graph_new          (const char      *name);
QsTrexGraph  *qs_trex_graph_ref          (QsTrexGraph     *self);
void          qs_trex_graph_unref        (QsTrexGraph     *self);
QsTrexLayer  *qs_trex_graph_add_layer    (QsTrexGraph     *self);
QsTrexTensor *qs_trex_tensor_new         (void);

/* Whether the first bytes of a file may be those of a graph, or of a profile. */
gboolean      qs_trex_graph_probe        (GBytes          *head);
gboolean      qs_trex_profile_probe      (GBytes          *head);
QsTrexGraph  *qs_trex_graph_load         (GFile           *file,
                                          GError         **error);
QsTrexGraph  *qs_trex_graph_parse        (const char      *text,
                                          gsize            length,
                                          const char      *name,
                                          GError         **error);
/* (nullable): the value of property @name */
const char   *qs_trex_layer_get_property (const QsTrexLayer *self,
                                          const char      *name);
gboolean      qs_trex_layer_computes     (const QsTrexLayer *self);

/* (transfer full): the graph as a network for looking at; layer i is `layers[i]` where the order of
 * the file is one in which the layers can run. */
QsNetwork    *qs_trex_graph_make_network (QsTrexGraph     *self,
                                          GError         **error);
/* (nullable): the layer that @layer of such a network was made from */
const QsTrexLayer *qs_trex_graph_find    (QsTrexGraph     *self,
                                          const QsLayer   *layer);
/* Milliseconds by layer of @network, negative for those without a time. */
GArray       *qs_trex_graph_get_times    (QsTrexGraph     *self,
                                          QsNetwork       *network);
guint         qs_trex_graph_count        (QsTrexGraph     *self,
                                          QsPrecision      precision);

/**
 * qs_trex_profile_apply:
 *
 * Takes the times of a profile JSON (trtexec --exportProfile) into the layers of the same names.
 *
 * Errors: %QS_ERROR_MISMATCH when it has none of the graph's layers.
 */
gboolean      qs_trex_profile_apply      (QsTrexGraph     *self,
                                          GFile           *file,
                                          GError         **error);

/* (transfer full): the engine's graph, and its times, in the same formats. @layer_mean_ms and
 * @layer_median_ms by layer id. */
char         *qs_trex_write_graph        (QsEngine        *engine);
char         *qs_trex_write_profile      (QsEngine        *engine,
                                          guint            n_runs,
                                          const double    *layer_mean_ms,
                                          const double    *layer_median_ms);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsTrexGraph, qs_trex_graph_unref)

G_END_DECLS
