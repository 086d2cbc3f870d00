/* SPDX-License-Identifier: MIT */
#include "qs-onnx-graph.h"

#include "core/qs-error.h"
#include "qs-onnx-private.h"

struct _QsOnnxGraph
{
  QsOnnxNode *nodes;
  guint n_nodes;
  GPtrArray *initializers;      /* QsHostTensor */
  GPtrArray *initializer_names; /* these and the names below are borrowed from the message */
  GPtrArray *inputs;
  GPtrArray *outputs;
  int opset;
};

static QsOnnxGraph *
graph_new (int opset)
{
  QsOnnxGraph *self = g_new0 (QsOnnxGraph, 1);

  self->opset = opset;
  self->initializers = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);
  self->initializer_names = g_ptr_array_new ();
  self->inputs = g_ptr_array_new ();
  self->outputs = g_ptr_array_new ();
  return self;
}

void
qs_onnx_graph_free (QsOnnxGraph *self)
{
  g_ptr_array_unref (self->initializers);
  g_ptr_array_unref (self->initializer_names);
  g_ptr_array_unref (self->inputs);
  g_ptr_array_unref (self->outputs);
  for (guint i = 0; i < self->n_nodes; i++)
    g_clear_pointer (&self->nodes[i].captured, g_ptr_array_unref);
  g_free (self->nodes);
  g_free (self);
}

static gboolean
read_initializers (QsOnnxGraph            *self,
                   const Onnx__GraphProto *proto,
                   QsModel                *model,
                   GError                **error)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  if (proto->n_sparse_initializer > 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "the model has %" G_GSIZE_FORMAT " sparse initializers, which are not supported; "
                   "store them as dense tensors", proto->n_sparse_initializer);
      return FALSE;
    }

  for (gsize i = 0; i < proto->n_initializer; i++)
    {
      const Onnx__TensorProto *initializer = proto->initializer[i];
      QsHostTensor *tensor;

      if (initializer->name == NULL || initializer->name[0] == '\0')
        return qs_onnx_malformed (error, "initializer %" G_GSIZE_FORMAT " has no name", i);
      if (!g_hash_table_add (names, initializer->name))
        return qs_onnx_malformed (error, "initializer “%s” is there twice", initializer->name);

      tensor = qs_onnx_tensor_read (initializer, qs_model_get_owner (model),
                                    qs_model_get_external (model), error);
      if (tensor == NULL)
        {
          g_prefix_error (error, "initializer “%s”: ", initializer->name);
          return FALSE;
        }
      g_ptr_array_add (self->initializers, tensor);
      g_ptr_array_add (self->initializer_names, initializer->name);
    }

  return TRUE;
}

static gboolean
check_attributes (const Onnx__NodeProto *node,
                  const char            *label,
                  GError               **error)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (gsize i = 0; i < node->n_attribute; i++)
    {
      const char *name = node->attribute[i]->name;

      if (name == NULL || name[0] == '\0')
        return qs_onnx_malformed (error, "%s: attribute %" G_GSIZE_FORMAT " has no name", label, i);
      if (!g_hash_table_add (names, (gpointer) name))
        return qs_onnx_malformed (error, "%s: attribute “%s” is there twice", label, name);
    }

  return TRUE;
}

static char *
node_label (const Onnx__NodeProto *node,
            gsize                  index)
{
  if (node->op_type == NULL || node->op_type[0] == '\0')
    return g_strdup_printf ("node %" G_GSIZE_FORMAT, index);
  if (node->name == NULL || node->name[0] == '\0')
    return g_strdup_printf ("node %" G_GSIZE_FORMAT " (%s)", index, node->op_type);

  return g_strdup_printf ("%s “%s”", node->op_type, node->name);
}

static gboolean
check_node (const Onnx__NodeProto *node,
            gsize                  index,
            GHashTable            *values,
            GError               **error)
{
  g_autofree char *label = node_label (node, index);

  if (node->op_type == NULL || node->op_type[0] == '\0')
    return qs_onnx_malformed (error, "%s has no operator", label);

  for (gsize i = 0; i < node->n_output; i++)
    if (node->output[i][0] != '\0' && !g_hash_table_add (values, node->output[i]))
      return qs_onnx_malformed (error, "%s writes “%s”, which has a value already", label,
                                node->output[i]);

  return check_attributes (node, label, error);
}

/* Every value is defined once: by an input or initializer (a name may be both) or by one node. */
static gboolean
read_nodes (QsOnnxGraph      *self,
            Onnx__NodeProto **nodes,
            gsize             n,
            QsModel          *model,
            const QsOnnxCall *call,
            GError          **error)
{
  g_autoptr (GHashTable) values = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < self->inputs->len; i++)
    g_hash_table_add (values, g_ptr_array_index (self->inputs, i));
  for (guint i = 0; i < self->initializer_names->len; i++)
    g_hash_table_add (values, g_ptr_array_index (self->initializer_names, i));

  self->nodes = g_new0 (QsOnnxNode, MAX (n, 1));
  self->n_nodes = (guint) n;
  for (gsize i = 0; i < n; i++)
    {
      if (!check_node (nodes[i], i, values, error))
        return FALSE;
      self->nodes[i] = (QsOnnxNode) { .proto = nodes[i], .model = model, .opset = self->opset };
      self->nodes[i].captured = qs_onnx_node_find_captured (nodes[i]);
      if (call != NULL)
        self->nodes[i].call = *call;
    }

  return TRUE;
}

static void
read_value_names (GPtrArray             *names,
                  Onnx__ValueInfoProto **values,
                  gsize                  n)
{
  for (gsize i = 0; i < n; i++)
    g_ptr_array_add (names, values[i]->name != NULL ? values[i]->name : (char *) "");
}

/**
 * qs_onnx_graph_new: (skip)
 * @call: (nullable): the function call that the graph is part of
 *
 * Checks and reads a graph: names, initializers, attributes' names.
 */
QsOnnxGraph *
qs_onnx_graph_new (const Onnx__GraphProto *proto,
                   QsModel                *model,
                   int                     opset,
                   const QsOnnxCall       *call,
                   GError                **error)
{
  g_autoptr (QsOnnxGraph) self = graph_new (opset);

  read_value_names (self->inputs, proto->input, proto->n_input);
  read_value_names (self->outputs, proto->output, proto->n_output);
  if (!read_initializers (self, proto, model, error) ||
      !read_nodes (self, proto->node, proto->n_node, model, call, error))
    return NULL;

  return g_steal_pointer (&self);
}

/**
 * qs_onnx_graph_new_for_function: (skip)
 *
 * The body of a function, for one call.
 */
QsOnnxGraph *
qs_onnx_graph_new_for_function (const QsOnnxCall *call,
                                QsModel          *model,
                                int               opset,
                                GError          **error)
{
  g_autoptr (QsOnnxGraph) self = graph_new (opset);
  const Onnx__FunctionProto *proto = call->function;

  for (gsize i = 0; i < proto->n_input; i++)
    g_ptr_array_add (self->inputs, proto->input[i]);
  for (gsize i = 0; i < proto->n_output; i++)
    g_ptr_array_add (self->outputs, proto->output[i]);
  if (!read_nodes (self, proto->node, proto->n_node, model, call, error))
    return NULL;

  return g_steal_pointer (&self);
}

guint
qs_onnx_graph_get_n_nodes (const QsOnnxGraph *self)
{
  return self->n_nodes;
}

const QsOnnxNode *
qs_onnx_graph_get_node (const QsOnnxGraph *self,
                        guint              index)
{
  return &self->nodes[index];
}

guint
qs_onnx_graph_get_n_initializers (const QsOnnxGraph *self)
{
  return self->initializers->len;
}

/**
 * qs_onnx_graph_get_initializer:
 * @name: (out) (optional): its name
 *
 * Returns: (transfer none): a weight or other constant of the graph
 */
QsHostTensor *
qs_onnx_graph_get_initializer (const QsOnnxGraph *self,
                               guint              index,
                               const char       **name)
{
  if (name != NULL)
    *name = g_ptr_array_index (self->initializer_names, index);
  return g_ptr_array_index (self->initializers, index);
}

guint
qs_onnx_graph_get_n_inputs (const QsOnnxGraph *self)
{
  return self->inputs->len;
}

const char *
qs_onnx_graph_get_input (const QsOnnxGraph *self,
                         guint              index)
{
  return g_ptr_array_index (self->inputs, index);
}

guint
qs_onnx_graph_get_n_outputs (const QsOnnxGraph *self)
{
  return self->outputs->len;
}

const char *
qs_onnx_graph_get_output (const QsOnnxGraph *self,
                          guint              index)
{
  return g_ptr_array_index (self->outputs, index);
}

int
qs_onnx_graph_get_opset (const QsOnnxGraph *self)
{
  return self->opset;
}
