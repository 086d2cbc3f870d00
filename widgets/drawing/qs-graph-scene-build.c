/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-graph-scene-private.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#include "qs-style.h"
#include "qs-text-meter.h"

/*
 * From a network to a scene: which layers and tensors are drawn, their words, and how large the
 * boxes must be for them. It runs in any thread.
 */

#define PADDING 12.0
#define MIN_WIDTH 92.0
#define MAX_WIDTH 248.0
#define LINE_HEIGHT 17.0
#define BOX_HEIGHT 46.0
#define DIAMOND_SIZE 24.0
#define QUANTIZE_WIDTH 44.0
#define QUANTIZE_HEIGHT 22.0
#define TERMINAL_HEIGHT 42.0
#define BADGE_ROOM 46.0

/* Names of hostile files may be megabytes long; nobody reads more than this. */
#define MAX_NAME_BYTES 400

typedef struct
{
  QsGraphScene *scene;
  QsNetwork *network;
  gboolean built;
  QsTextMeter *bold;
  QsTextMeter *plain;
  int *seen;          /* by node: the last net that listed it */
} Builder;

static const char *
keep (Builder    *self,
      const char *text)
{
  g_autofree char *cut = NULL;

  if (text == NULL)
    return NULL;

  if (strlen (text) > MAX_NAME_BYTES)
    {
      cut = g_strndup (text, MAX_NAME_BYTES);
      text = cut;
    }
  if (!g_utf8_validate (text, -1, NULL))
    {
      g_autofree char *valid = g_utf8_make_valid (text, -1);

      return g_string_chunk_insert (self->scene->strings, valid);
    }

  return g_string_chunk_insert (self->scene->strings, text);
}

static gboolean
is_float_layer (const QsLayer *layer)
{
  for (guint i = 0; i < layer->outputs->len; i++)
    {
      const QsTensor *tensor = qs_layer_get_output (layer, i);

      if (tensor != NULL && (qs_data_type_is_float (tensor->type) ||
                             tensor->type == QS_DATA_TYPE_INT8))
        return TRUE;
    }

  return FALSE;
}

static QsSceneClass
classify (Builder       *self,
          const QsLayer *layer)
{
  QsLayerKind kind = layer->klass->kind;

  if (kind == QS_LAYER_REFORMAT)
    return QS_SCENE_REFORMAT;
  if (kind == QS_LAYER_REFUSED)
    return QS_SCENE_REFUSED;
  if (kind == QS_LAYER_QUANTIZE || kind == QS_LAYER_DEQUANTIZE)
    return self->built ? QS_SCENE_REFORMAT : QS_SCENE_QUANTIZE;
  if (!self->built || !is_float_layer (layer))
    return QS_SCENE_NEUTRAL;
  if (layer->precision == QS_PRECISION_INT8)
    return QS_SCENE_INT8;
  return layer->precision == QS_PRECISION_FP16 ? QS_SCENE_HALF : QS_SCENE_FLOAT;
}

static const char *
get_badge (QsSceneClass klass)
{
  static const char *const badges[QS_N_SCENE_CLASSES] = {
    [QS_SCENE_INT8] = "INT8",
    [QS_SCENE_FLOAT] = "FP32",
    [QS_SCENE_HALF] = "FP16",
    [QS_SCENE_REFUSED] = "✕",
  };

  return badges[klass];
}

/* Classes that do one of many things: the ONNX operator says which. */
static gboolean
is_general (QsLayerKind kind)
{
  return kind == QS_LAYER_ELEMENT_WISE || kind == QS_LAYER_UNARY || kind == QS_LAYER_REDUCE;
}

/* Layers without a class of their own: the node's operator is all that is known. */
static gboolean
is_sketched (const QsLayer *layer)
{
  return layer->klass->kind == QS_LAYER_REFUSED ||
         (layer->klass->kind == QS_LAYER_OTHER && layer->klass->evaluate == NULL);
}

static const char *
make_title (Builder       *self,
            const QsLayer *layer)
{
  const QsOrigin *origin = layer->origins->len == 1 ? g_ptr_array_index (layer->origins, 0) : NULL;
  g_autofree char *title = NULL;

  if (layer->klass->kind == QS_LAYER_QUANTIZE && !self->built)
    return "Q";
  if (layer->klass->kind == QS_LAYER_DEQUANTIZE && !self->built)
    return "DQ";
  if (origin != NULL && is_sketched (layer))
    return keep (self, origin->op_type);
  if (layer->activation.type == QS_ACTIVATION_NONE && origin != NULL &&
      is_general (layer->klass->kind))
    {
      title = g_strdup_printf ("%s %s", layer->klass->name, origin->op_type);
      return keep (self, title);
    }
  if (layer->activation.type == QS_ACTIVATION_NONE)
    return keep (self, layer->klass->name);
  if (layer->klass->kind == QS_LAYER_ACTIVATION)
    return keep (self, qs_activation_name (layer->activation.type));

  title = g_strdup_printf ("%s + %s", layer->klass->name,
                           qs_activation_name (layer->activation.type));
  return keep (self, title);
}

/* The ONNX nodes inside a fused layer. */
static const char *
make_parts (Builder       *self,
            const QsLayer *layer)
{
  g_autoptr (GString) parts = g_string_new (NULL);

  if (layer->origins->len < 2)
    return NULL;

  for (guint i = 0; i < layer->origins->len && parts->len < MAX_NAME_BYTES; i++)
    {
      const QsOrigin *origin = g_ptr_array_index (layer->origins, i);

      g_string_append_printf (parts, "%s%s", i > 0 ? " + " : "", origin->op_type);
    }

  return keep (self, parts->str);
}

static const char *
make_short_name (Builder       *self,
                 const QsLayer *layer)
{
  const char *end = strstr (layer->name, " + ");
  g_autofree char *first = NULL;

  if (end == NULL || end == layer->name || layer->origins->len < 2)
    return keep (self, layer->name);

  first = g_strndup (layer->name, (gsize) (end - layer->name));
  return keep (self, first);
}

static double
measure (QsTextMeter *meter,
         const char  *text)
{
  return text != NULL ? qs_text_meter_measure (meter, text) : 0;
}

static void
size_layer (Builder     *self,
            QsSceneNode *node)
{
  double width;

  if (node->klass == QS_SCENE_REFORMAT)
    {
      node->width = node->height = DIAMOND_SIZE;
      return;
    }
  if (node->klass == QS_SCENE_QUANTIZE)
    {
      node->width = QUANTIZE_WIDTH;
      node->height = QUANTIZE_HEIGHT;
      return;
    }

  width = measure (self->bold, node->title) + (node->badge != NULL ? BADGE_ROOM : 0);
  width = MAX (width, measure (self->plain, node->short_name));
  width = MAX (width, measure (self->plain, node->parts));
  node->width = CLAMP (ceil (width) + 2 * PADDING, MIN_WIDTH, MAX_WIDTH);
  node->height = BOX_HEIGHT + (node->parts != NULL ? LINE_HEIGHT : 0);
}

static void
add_node (Builder     *self,
          QsSceneNode *node)
{
  self->scene->n_of_class[node->klass]++;
  g_array_append_val (self->scene->nodes, *node);
}

static void
add_layer (Builder       *self,
           const QsLayer *layer)
{
  QsSceneNode node = { .layer_id = (int) layer->id, .tensor_id = -1 };

  node.klass = classify (self, layer);
  node.badge = get_badge (node.klass);
  node.title = make_title (self, layer);
  node.name = keep (self, layer->name);
  node.short_name = make_short_name (self, layer);
  node.parts = make_parts (self, layer);
  size_layer (self, &node);
  self->scene->node_of_layer[layer->id] = (int) self->scene->nodes->len;
  add_node (self, &node);
}

static void
add_terminal (Builder        *self,
              const QsTensor *tensor,
              gboolean        is_output)
{
  QsSceneNode node = {
    .klass = QS_SCENE_TERMINAL,
    .layer_id = -1,
    .tensor_id = (int) tensor->id,
    .is_output = is_output,
    .height = TERMINAL_HEIGHT,
  };
  g_autofree char *shape = qs_shape_to_string (&tensor->shape);
  double width;

  node.title = is_output ? C_("graph", "Output") : C_("graph", "Input");
  node.name = node.short_name = keep (self, tensor->name);
  node.parts = keep (self, shape);
  width = MAX (measure (self->bold, node.name), measure (self->plain, node.parts));
  node.width = CLAMP (ceil (width) + 2 * TERMINAL_HEIGHT / 2, MIN_WIDTH, MAX_WIDTH);

  if (self->scene->terminal_of_tensor[tensor->id] < 0 || is_output)
    self->scene->terminal_of_tensor[tensor->id] = (int) self->scene->nodes->len;
  add_node (self, &node);
}

static void
add_consumer (Builder    *self,
              QsSceneNet *net,
              int         node)
{
  int number = (int) self->scene->nets->len;

  if (self->seen[node] == number || node == net->producer)
    return;

  self->seen[node] = number;
  g_array_append_val (self->scene->consumers, node);
  net->n_consumers++;
}

static const char *
make_details (Builder        *self,
              const QsTensor *tensor)
{
  g_autofree char *shape = qs_shape_to_string (&tensor->shape);
  g_autofree char *details = NULL;

  if (tensor->scale > 0)
    /* Translators: type, dimensions and quantization scale of a tensor */
    details = g_strdup_printf (_("%s, %s, scale %.6g"), qs_data_type_name (tensor->type), shape,
                               (double) tensor->scale);
  else
    details = g_strdup_printf ("%s, %s", qs_data_type_name (tensor->type), shape);

  return keep (self, details);
}

/* @input: the terminal that feeds the tensor, or -1; @output: the one that it feeds, or -1 */
static void
add_net (Builder        *self,
         const QsTensor *tensor,
         int             input,
         int             output)
{
  QsGraphScene *scene = self->scene;
  QsSceneNet net = { .tensor_id = (int) tensor->id };

  if (tensor->producer != NULL)
    net.producer = scene->node_of_layer[tensor->producer->id];
  else if (input >= 0)
    net.producer = input;
  else
    return;

  net.name = keep (self, tensor->name);
  net.details = make_details (self, tensor);
  net.is_int8 = tensor->type == QS_DATA_TYPE_INT8;
  for (guint i = 0; i < tensor->consumers->len; i++)
    {
      const QsLayer *consumer = g_ptr_array_index (tensor->consumers, i);

      add_consumer (self, &net, scene->node_of_layer[consumer->id]);
    }
  if (output >= 0)
    add_consumer (self, &net, output);

  if (net.n_consumers == 0)
    return;
  scene->net_of_tensor[tensor->id] = (int) scene->nets->len;
  g_array_append_val (scene->nets, net);
}

static void
add_nets (Builder *self)
{
  g_autofree int *input = g_new (int, self->network->tensors->len + 1);
  g_autofree int *output = g_new (int, self->network->tensors->len + 1);
  gsize used = 0;

  memset (input, 0xff, sizeof (int) * (self->network->tensors->len + 1));
  memset (output, 0xff, sizeof (int) * (self->network->tensors->len + 1));
  for (guint v = 0; v < self->scene->nodes->len; v++)
    {
      const QsSceneNode *node = &g_array_index (self->scene->nodes, QsSceneNode, v);

      if (node->tensor_id >= 0)
        (node->is_output ? output : input)[node->tensor_id] = (int) v;
    }

  for (guint i = 0; i < self->network->tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (self->network->tensors, i);

      if (tensor->value == NULL)
        add_net (self, tensor, input[i], output[i]);
    }

  /* The array does not move any more. */
  for (guint i = 0; i < self->scene->nets->len; i++)
    {
      QsSceneNet *net = &g_array_index (self->scene->nets, QsSceneNet, i);

      net->consumers = &g_array_index (self->scene->consumers, int, used);
      used += (gsize) net->n_consumers;
    }
}

/* Terminals of inputs first and of outputs last: that is data-flow order. */
static void
add_nodes (Builder *self)
{
  for (guint i = 0; i < self->network->inputs->len; i++)
    add_terminal (self, g_ptr_array_index (self->network->inputs, i), FALSE);
  for (guint i = 0; i < self->network->layers->len; i++)
    add_layer (self, g_ptr_array_index (self->network->layers, i));
  for (guint i = 0; i < self->network->outputs->len; i++)
    add_terminal (self, g_ptr_array_index (self->network->outputs, i), TRUE);
}

static void
make_keys (QsGraphScene *self)
{
  self->keys = g_new (const char *, self->nodes->len + 1);
  for (guint v = 0; v < self->nodes->len; v++)
    {
      const QsSceneNode *node = &g_array_index (self->nodes, QsSceneNode, v);
      g_autofree char *text = g_strjoin ("\n", node->name, node->title,
                                         node->badge != NULL ? node->badge : "",
                                         node->parts != NULL ? node->parts : "", NULL);
      g_autofree char *folded = g_utf8_casefold (text, -1);

      self->keys[v] = g_string_chunk_insert (self->strings, folded);
    }
}

static void
count_up (int  *start,
          guint n)
{
  for (guint v = 0; v < n; v++)
    start[v + 1] += start[v];
}

static void
make_links (QsGraphScene *self)
{
  guint n = self->nodes->len;
  g_autofree int *next_out = NULL;
  g_autofree int *next_in = NULL;

  self->out_start = g_new0 (int, n + 1);
  self->in_start = g_new0 (int, n + 1);
  self->out_nets = g_new (int, self->nets->len + 1);
  self->in_nets = g_new (int, self->consumers->len + 1);

  for (guint i = 0; i < self->nets->len; i++)
    self->out_start[g_array_index (self->nets, QsSceneNet, i).producer + 1]++;
  for (guint i = 0; i < self->consumers->len; i++)
    self->in_start[g_array_index (self->consumers, int, i) + 1]++;
  count_up (self->out_start, n);
  count_up (self->in_start, n);

  next_out = g_memdup2 (self->out_start, sizeof (int) * (n + 1));
  next_in = g_memdup2 (self->in_start, sizeof (int) * (n + 1));
  for (int i = 0; i < (int) self->nets->len; i++)
    {
      const QsSceneNet *net = &g_array_index (self->nets, QsSceneNet, i);

      self->out_nets[next_out[net->producer]++] = i;
      for (int k = 0; k < net->n_consumers; k++)
        self->in_nets[next_in[net->consumers[k]]++] = i;
    }
}

static void
take_places (QsGraphScene *self)
{
  guint n_routes;
  const QsLayoutRoute *routes = qs_graph_layout_get_routes (self->layout, &n_routes);

  for (guint v = 0; v < self->nodes->len; v++)
    {
      QsSceneNode *node = &g_array_index (self->nodes, QsSceneNode, v);
      const QsLayoutPlace *place = qs_graph_layout_get_place (self->layout, (int) v);

      node->x = place->x;
      node->y = place->y;
      node->layer = place->layer;
      node->position = place->position;
    }

  /* The routes of a net lie together. */
  for (guint i = n_routes; i > 0; i--)
    {
      QsSceneNet *net = &g_array_index (self->nets, QsSceneNet, routes[i - 1].net);

      net->first_route = i - 1;
      net->n_routes++;
    }
}

static gboolean
lay_out (QsGraphScene  *self,
         GCancellable  *cancellable,
         GError       **error)
{
  g_autofree QsLayoutNode *nodes = g_new (QsLayoutNode, self->nodes->len + 1);
  g_autofree QsLayoutNet *nets = g_new (QsLayoutNet, self->nets->len + 1);

  for (guint v = 0; v < self->nodes->len; v++)
    {
      const QsSceneNode *node = &g_array_index (self->nodes, QsSceneNode, v);

      nodes[v] = (QsLayoutNode) { node->width, node->height };
    }
  for (guint i = 0; i < self->nets->len; i++)
    {
      const QsSceneNet *net = &g_array_index (self->nets, QsSceneNet, i);

      nets[i] = (QsLayoutNet) { net->producer, net->n_consumers, net->consumers };
    }

  self->layout = qs_graph_layout_new (nodes, (int) self->nodes->len, nets, (int) self->nets->len,
                                      cancellable, error);
  return self->layout != NULL;
}

static QsGraphScene *
scene_alloc (QsNetwork *network)
{
  QsGraphScene *self = g_new0 (QsGraphScene, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->title = g_strdup (network->name != NULL ? network->name : "");
  self->nodes = g_array_new (FALSE, FALSE, sizeof (QsSceneNode));
  self->nets = g_array_new (FALSE, FALSE, sizeof (QsSceneNet));
  self->consumers = g_array_new (FALSE, FALSE, sizeof (int));
  self->strings = g_string_chunk_new (4096);
  self->n_layer_ids = (int) network->layers->len;
  self->n_tensor_ids = (int) network->tensors->len;
  self->node_of_layer = g_new (int, network->layers->len + 1);
  self->net_of_tensor = g_new (int, network->tensors->len + 1);
  self->terminal_of_tensor = g_new (int, network->tensors->len + 1);
  memset (self->net_of_tensor, 0xff, sizeof (int) * (network->tensors->len + 1));
  memset (self->terminal_of_tensor, 0xff, sizeof (int) * (network->tensors->len + 1));
  return self;
}

static QsGraphScene *
scene_new (QsNetwork     *network,
           gboolean       built,
           GCancellable  *cancellable,
           GError       **error)
{
  g_autoptr (QsGraphScene) self = scene_alloc (network);
  g_autoptr (QsTextMeter) bold = qs_text_meter_new (QS_STYLE_FONT, QS_STYLE_TITLE_SIZE, TRUE);
  g_autoptr (QsTextMeter) plain = qs_text_meter_new (QS_STYLE_FONT, QS_STYLE_TEXT_SIZE, FALSE);
  Builder builder = {
    .scene = self,
    .network = network,
    .built = built,
    .bold = bold,
    .plain = plain,
  };

  self->built = built;
  add_nodes (&builder);
  builder.seen = g_new (int, self->nodes->len + 1);
  memset (builder.seen, 0xff, sizeof (int) * (self->nodes->len + 1));
  add_nets (&builder);
  g_free (builder.seen);

  make_keys (self);
  make_links (self);
  if (!lay_out (self, cancellable, error))
    return NULL;

  take_places (self);
  return g_steal_pointer (&self);
}

/**
 * qs_graph_scene_new:
 *
 * The scene of an imported network, before anything is decided: all in neutral grey. The network
 * must not change meanwhile; afterwards it may.
 *
 * Errors: cancellation.
 */
QsGraphScene *
qs_graph_scene_new (QsNetwork     *network,
                    GCancellable  *cancellable,
                    GError       **error)
{
  return scene_new (network, FALSE, cancellable, error);
}

/**
 * qs_graph_scene_new_for_built:
 *
 * The scene of a network whose layers' precisions are decided.
 */
QsGraphScene *
qs_graph_scene_new_for_built (QsNetwork     *network,
                              GCancellable  *cancellable,
                              GError       **error)
{
  return scene_new (network, TRUE, cancellable, error);
}

/**
 * qs_graph_scene_new_for_engine:
 *
 * The scene of a built engine: INT8 green, float blue, reformats as diamonds.
 */
QsGraphScene *
qs_graph_scene_new_for_engine (QsEngine      *engine,
                               GCancellable  *cancellable,
                               GError       **error)
{
  return scene_new (qs_engine_get_network (engine), TRUE, cancellable, error);
}
