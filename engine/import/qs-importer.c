/* SPDX-License-Identifier: MIT */
#include "qs-importer-private.h"

#include <string.h>

#include "core/qs-error.h"

struct _QsImporter
{
  QsModel *model;
  QsNetwork *network;
  GPtrArray *scopes;       /* Scope, the innermost last */
  GHashTable *wanted;      /* set of values that something reads */
  GHashTable *layer_names; /* names in use to the number to try next */
  GPtrArray *layers;       /* of the present node of the model's graph */
  GHashTable *own;         /* the same as a set */
  const QsOnnxNode *outer; /* that node */
  const QsOnnxNode *node;  /* the one that is parsed: it, or one within it */
  QsFoldBudget budget;
  guint n_inner_nodes;
};

typedef struct
{
  GHashTable *values; /* ONNX value name to QsTensor */
  gboolean closed;
} Scope;

static void
scope_free (gpointer data)
{
  Scope *scope = data;

  g_hash_table_unref (scope->values);
  g_free (scope);
}

QsImporter *
qs_importer_new (QsModel   *model,
                 QsNetwork *network)
{
  QsImporter *self = g_new0 (QsImporter, 1);

  self->model = model;
  self->network = network;
  self->scopes = g_ptr_array_new_with_free_func (scope_free);
  self->wanted = g_hash_table_new (g_str_hash, g_str_equal);
  self->layer_names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->layers = g_ptr_array_new ();
  self->own = g_hash_table_new (NULL, NULL);
  qs_fold_budget_init (&self->budget);
  qs_importer_push_scope (self, TRUE);
  return self;
}

void
qs_importer_free (QsImporter *self)
{
  g_ptr_array_unref (self->scopes);
  g_hash_table_unref (self->wanted);
  g_hash_table_unref (self->layer_names);
  g_ptr_array_unref (self->layers);
  g_hash_table_unref (self->own);
  g_free (self);
}

QsModel *
qs_importer_get_model (QsImporter *self)
{
  return self->model;
}

void
qs_importer_push_scope (QsImporter *self,
                        gboolean    closed)
{
  Scope *scope = g_new (Scope, 1);

  scope->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  scope->closed = closed;
  g_ptr_array_add (self->scopes, scope);
}

void
qs_importer_pop_scope (QsImporter *self)
{
  g_ptr_array_set_size (self->scopes, (int) self->scopes->len - 1);
}

guint
qs_importer_get_depth (QsImporter *self)
{
  return self->scopes->len - 1;
}

QsTensor *
qs_importer_find_value (QsImporter *self,
                        const char *name)
{
  for (guint i = self->scopes->len; i > 0; i--)
    {
      Scope *scope = g_ptr_array_index (self->scopes, i - 1);
      QsTensor *tensor = g_hash_table_lookup (scope->values, name);

      if (tensor != NULL || scope->closed)
        return tensor;
    }

  return NULL;
}

static GHashTable *
innermost (QsImporter *self)
{
  return ((Scope *) g_ptr_array_index (self->scopes, self->scopes->len - 1))->values;
}

void
qs_importer_set_value (QsImporter *self,
                       const char *name,
                       QsTensor   *tensor)
{
  g_hash_table_insert (innermost (self), g_strdup (name), tensor);
}

/* The names stay in the model's memory, so they are not copied. */
void
qs_importer_want (QsImporter        *self,
                  const QsOnnxGraph *graph)
{
  for (guint i = 0; i < qs_onnx_graph_get_n_outputs (graph); i++)
    g_hash_table_add (self->wanted, (gpointer) qs_onnx_graph_get_output (graph, i));

  for (guint i = 0; i < qs_onnx_graph_get_n_nodes (graph); i++)
    {
      const QsOnnxNode *node = qs_onnx_graph_get_node (graph, i);

      for (guint k = 0; k < qs_onnx_node_get_n_inputs (node); k++)
        if (qs_onnx_node_get_input (node, k) != NULL)
          g_hash_table_add (self->wanted, (gpointer) qs_onnx_node_get_input (node, k));
      for (guint k = 0; k < qs_onnx_node_get_n_captured (node); k++)
        g_hash_table_add (self->wanted, (gpointer) qs_onnx_node_get_captured (node, k));
    }
}

gboolean
qs_importer_is_wanted (QsImporter *self,
                       const char *value)
{
  return g_hash_table_contains (self->wanted, value);
}

guint
qs_importer_count_inner_node (QsImporter *self)
{
  return ++self->n_inner_nodes;
}

QsFoldBudget *
qs_importer_get_budget (QsImporter *self)
{
  return &self->budget;
}

void
qs_importer_add_constants (QsImporter        *self,
                           const QsOnnxGraph *graph)
{
  for (guint i = 0; i < qs_onnx_graph_get_n_initializers (graph); i++)
    {
      const char *name;
      QsHostTensor *value = qs_onnx_graph_get_initializer (graph, i, &name);

      qs_importer_set_value (self, name, qs_network_add_constant (self->network, name, value));
    }
}

/* A layer name that no other layer has; it is taken from then on. Next to each name stands the
 * number to try next, so that many equal names cost no more than different ones. */
char *
qs_importer_unique_name (QsImporter *self,
                         const char *wanted)
{
  g_autofree char *name = g_strdup (wanted);
  guint next = GPOINTER_TO_UINT (g_hash_table_lookup (self->layer_names, wanted));

  while (g_hash_table_contains (self->layer_names, name))
    {
      g_free (name);
      name = g_strdup_printf ("%s_%u", wanted, next++);
    }

  g_hash_table_insert (self->layer_names, g_strdup (wanted), GUINT_TO_POINTER (MAX (next, 1)));
  if (strcmp (name, wanted) != 0)
    g_hash_table_insert (self->layer_names, g_strdup (name), GUINT_TO_POINTER (1));
  return g_steal_pointer (&name);
}

/* The node's name, or one made from its operator and first output. */
char *
qs_importer_node_name (const QsOnnxNode *node)
{
  const char *name = qs_onnx_node_get_name (node);
  const char *output = NULL;

  if (name[0] != '\0')
    return g_strdup (name);

  for (guint i = 0; output == NULL && i < qs_onnx_node_get_n_outputs (node); i++)
    output = qs_onnx_node_get_output (node, i);

  return g_strdup_printf ("%s_%s", qs_onnx_node_get_op_type (node), output != NULL ? output : "");
}

void
qs_importer_begin (QsImporter       *self,
                   const QsOnnxNode *node)
{
  self->outer = node;
  g_ptr_array_set_size (self->layers, 0);
  g_hash_table_remove_all (self->own);
}

const QsOnnxNode *
qs_importer_enter (QsImporter       *self,
                   const QsOnnxNode *node)
{
  const QsOnnxNode *before = self->node;

  self->node = node;
  return before;
}

GPtrArray *
qs_importer_get_layers (QsImporter *self)
{
  return self->layers;
}

static void
add_own_layer (QsImporter *self,
               QsLayer    *layer)
{
  g_ptr_array_add (self->layers, layer);
  g_hash_table_add (self->own, layer);
}

/* Layer @index of the present node was computed and is gone. */
void
qs_importer_forget_layer (QsImporter *self,
                          guint       index)
{
  g_hash_table_remove (self->own, g_ptr_array_index (self->layers, index));
  g_ptr_array_remove_index (self->layers, index);
}

/* Whether the present node has added @layer. */
gboolean
qs_importer_owns (QsImporter *self,
                  QsLayer    *layer)
{
  return g_hash_table_contains (self->own, layer);
}

/* Takes back what the present node has added, the last layer first. */
void
qs_importer_roll_back (QsImporter *self)
{
  for (guint i = self->layers->len; i > 0; i--)
    qs_network_remove_layer (self->network, g_ptr_array_index (self->layers, i - 1));
  g_ptr_array_set_size (self->layers, 0);
  g_hash_table_remove_all (self->own);

  for (guint i = 0; i < qs_onnx_node_get_n_outputs (self->outer); i++)
    {
      const char *name = qs_onnx_node_get_output (self->outer, i);

      if (name != NULL)
        g_hash_table_remove (innermost (self), name);
    }
}

/**
 * qs_importer_get_opset:
 *
 * Version of the operator set that the present node uses: the model's, or that of the function
 * which the node is part of.
 */
int
qs_importer_get_opset (QsImporter *self)
{
  return qs_onnx_node_get_opset (self->node);
}

QsNetwork *
qs_importer_get_network (QsImporter *self)
{
  return self->network;
}

/**
 * qs_importer_get_input:
 *
 * Returns: (nullable): the tensor of the node's input @index, %NULL when the input is absent
 */
QsTensor *
qs_importer_get_input (QsImporter       *self,
                       const QsOnnxNode *node,
                       guint             index)
{
  const char *name = qs_onnx_node_get_input (node, index);

  return name != NULL ? qs_importer_find_value (self, name) : NULL;
}

/**
 * qs_importer_require_input:
 *
 * Input @index, or %QS_ERROR_MISSING.
 */
QsTensor *
qs_importer_require_input (QsImporter       *self,
                           const QsOnnxNode *node,
                           guint             index,
                           GError          **error)
{
  QsTensor *tensor = qs_importer_get_input (self, node, index);

  if (tensor == NULL)
    g_set_error (error, QS_ERROR, QS_ERROR_MISSING, "input %u is missing", index);
  return tensor;
}

/**
 * qs_importer_get_constant:
 * @what: what the input is for ("the scale"), for messages
 *
 * Returns: (transfer none) (nullable): the contents of input @index; %NULL without an error when
 *   the input is absent
 *
 * Errors: %QS_ERROR_UNSUPPORTED when the input is computed while the network runs.
 */
QsHostTensor *
qs_importer_get_constant (QsImporter       *self,
                          const QsOnnxNode *node,
                          guint             index,
                          const char       *what,
                          GError          **error)
{
  QsTensor *tensor = qs_importer_get_input (self, node, index);

  if (tensor == NULL)
    return NULL;

  if (tensor->value == NULL)
    g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                 "%s (“%s”) is computed while the network runs, but it must be constant; "
                 "export the model with fixed values", what, tensor->name);
  return tensor->value;
}

/**
 * qs_importer_get_constant_ints:
 * @values: (out): empty when the input is absent
 *
 * A short constant list of int64 or int32.
 */
gboolean
qs_importer_get_constant_ints (QsImporter       *self,
                               const QsOnnxNode *node,
                               guint             index,
                               const char       *what,
                               QsInts           *values,
                               GError          **error)
{
  QsTensor *tensor = qs_importer_get_input (self, node, index);
  gsize n = 0;

  values->n = 0;
  if (tensor == NULL)
    return TRUE;
  if (qs_importer_get_constant (self, node, index, what, error) == NULL)
    return FALSE;

  if (!qs_host_tensor_get_int64s (tensor->value, values->v, QS_MAX_INTS, &n))
    {
      g_autofree char *shape = qs_shape_to_string (&tensor->shape);

      g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                   "%s (“%s”) must be a short list of integers, but it is %s of type %s",
                   what, tensor->name, shape, qs_data_type_name (tensor->type));
      return FALSE;
    }

  values->n = (int) n;
  return TRUE;
}

/**
 * qs_importer_add_layer:
 *
 * Adds a layer whose inputs and outputs are the node's own and infers its outputs at once.
 */
QsLayer *
qs_importer_add_layer (QsImporter       *self,
                       const QsOnnxNode *node,
                       QsLayerKind       kind,
                       gconstpointer     attributes,
                       GError          **error)
{
  guint n_inputs = qs_onnx_node_get_n_inputs (node);
  g_autofree QsTensor **inputs = g_new0 (QsTensor *, MAX (n_inputs, 1));

  for (guint i = 0; i < n_inputs; i++)
    inputs[i] = qs_importer_get_input (self, node, i);

  return qs_importer_add_layer_full (self, node, kind, attributes, inputs, n_inputs,
                                     qs_onnx_node_get_n_outputs (node), error);
}

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  for (guint i = 0; i < layer->outputs->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (layer->outputs, i);

      if (tensor != NULL)
        tensor->shape = (QsShape) { .n_dims = 1, .dims = { -1 } };
    }

  return layer->klass->infer == NULL || layer->klass->infer (layer, error);
}

/**
 * qs_importer_add_layer_full:
 * @n_outputs: how many of the node's outputs the layer writes, beginning with the first
 *
 * Adds a layer for @node with inputs of one's own choice and infers its outputs at once. There
 * always is a first output, which kernels rely on; nodes that nothing reads may not name it.
 */
QsLayer *
qs_importer_add_layer_full (QsImporter       *self,
                            const QsOnnxNode *node,
                            QsLayerKind       kind,
                            gconstpointer     attributes,
                            QsTensor        **inputs,
                            guint             n_inputs,
                            guint             n_outputs,
                            GError          **error)
{
  const QsLayerClass *klass = qs_layer_class_lookup (kind);
  g_autofree QsTensor **outputs = g_new0 (QsTensor *, MAX (n_outputs, 1));
  g_autofree char *wanted = qs_importer_node_name (node);
  g_autofree char *name = qs_importer_unique_name (self, wanted);
  QsLayer *layer;

  if (klass == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "layers of this kind are not supported yet");
      return NULL;
    }

  n_outputs = MAX (n_outputs, 1);
  for (guint i = 0; i < n_outputs; i++)
    {
      const char *value = qs_onnx_node_get_output (node, i);

      if (value == NULL && i > 0)
        continue;
      outputs[i] = qs_network_add_tensor (self->network, value != NULL ? value : name);
      if (value != NULL)
        qs_importer_set_value (self, value, outputs[i]);
    }

  layer = qs_network_add_layer (self->network, klass, name, attributes,
                                inputs, n_inputs, outputs, n_outputs);
  qs_layer_add_origin (layer, qs_onnx_node_get_op_type (node), wanted);
  add_own_layer (self, layer);

  return infer (layer, error) ? layer : NULL;
}

/**
 * qs_importer_add_step:
 * @suffix: what the step's output is called, behind the name of the node's own output
 *
 * Adds a layer for one step of a node that takes several, with an output of its own.
 *
 * Returns: (nullable): that output
 */
QsTensor *
qs_importer_add_step (QsImporter       *self,
                      const QsOnnxNode *node,
                      QsLayerKind       kind,
                      gconstpointer     attributes,
                      const char       *suffix,
                      QsTensor        **inputs,
                      guint             n_inputs,
                      GError          **error)
{
  const char *last = qs_onnx_node_get_output (node, 0);
  g_autofree char *value = g_strdup_printf ("%s_%s", last != NULL ? last : "", suffix);
  g_autofree char *wanted = qs_importer_node_name (node);
  g_autofree char *name = qs_importer_unique_name (self, wanted);
  QsTensor *output = qs_network_add_tensor (self->network, value);
  QsLayer *layer = qs_network_add_layer (self->network, qs_layer_class_lookup (kind), name, attributes,
                                         inputs, n_inputs, &output, 1);

  qs_layer_add_origin (layer, qs_onnx_node_get_op_type (node), wanted);
  add_own_layer (self, layer);
  return infer (layer, error) ? output : NULL;
}

/**
 * qs_importer_bind_output:
 *
 * Lets the node's output @index be @tensor, without a layer in between.
 */
void
qs_importer_bind_output (QsImporter       *self,
                         const QsOnnxNode *node,
                         guint             index,
                         QsTensor         *tensor)
{
  const char *name = qs_onnx_node_get_output (node, index);

  if (name != NULL)
    qs_importer_set_value (self, name, tensor);
}

/**
 * qs_importer_bind_constant:
 * @value: (transfer none): contents
 *
 * Makes the node's output @index a constant.
 */
void
qs_importer_bind_constant (QsImporter       *self,
                           const QsOnnxNode *node,
                           guint             index,
                           QsHostTensor     *value)
{
  const char *name = qs_onnx_node_get_output (node, index);

  if (name != NULL)
    qs_importer_set_value (self, name, qs_network_add_constant (self->network, name, value));
}
