/* SPDX-License-Identifier: MIT */
#include "core/qs-error.h"
#include "qs-fold.h"
#include "qs-importer-private.h"
#include "qs-node-order.h"
#include "qs-refusals.h"

/* Branches within functions within branches: real models have two or three levels, and a function
 * of a hostile one may call itself. */
#define MAX_DEPTH 16

/* Nodes within branches and functions, all together: functions that call functions multiply. */
#define MAX_INNER_NODES 1000000

/* Errors when a result that the model uses was not given a tensor (an optional output). */
static gboolean
check_outputs (QsImporter       *self,
               const QsOnnxNode *node,
               GError          **error)
{
  for (guint i = 0; i < qs_onnx_node_get_n_outputs (node); i++)
    {
      const char *name = qs_onnx_node_get_output (node, i);

      if (name != NULL && qs_importer_is_wanted (self, name) &&
          qs_importer_find_value (self, name) == NULL)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                       "the model uses its output %u (“%s”), which cannot be computed", i, name);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
fold_layers (QsImporter  *self,
             guint        first,
             GError     **error)
{
  QsNetwork *network = qs_importer_get_network (self);
  GPtrArray *layers = qs_importer_get_layers (self);

  for (guint i = first; i < layers->len;)
    {
      QsLayer *layer = g_ptr_array_index (layers, i);
      guint before = network->layers->len;

      if (qs_fold_is_possible (layer) &&
          !qs_fold_layer (network, layer, qs_importer_get_folded_bytes (self), error))
        return FALSE;

      if (network->layers->len < before)
        g_ptr_array_remove_index (layers, i);
      else
        i++;
    }

  return TRUE;
}

typedef struct
{
  QsImporter *importer;
  const QsOnnxGraph *graph;
} Inner;

/* An input that the caller of a function leaves out is known to be absent. */
static gboolean
is_known (const char *value,
          gpointer    user_data)
{
  const Inner *inner = user_data;

  for (guint i = 0; i < qs_onnx_graph_get_n_inputs (inner->graph); i++)
    if (g_str_equal (qs_onnx_graph_get_input (inner->graph, i), value))
      return TRUE;

  return qs_importer_find_value (inner->importer, value) != NULL;
}

static gboolean
import_inner_node (QsImporter       *self,
                   const QsOnnxNode *node,
                   GError          **error)
{
  g_autofree char *name = qs_importer_node_name (node);
  g_autofree char *refusal = qs_refusal_explain (node, qs_importer_get_model (self));

  if (refusal != NULL)
    g_set_error_literal (error, QS_ERROR, QS_ERROR_UNSUPPORTED, refusal);
  else if (qs_importer_count_inner_node (self) > MAX_INNER_NODES)
    g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                 "the model's functions and branches come to more than %d nodes", MAX_INNER_NODES);
  else if (qs_importer_import_node (self, node, error))
    return TRUE;

  g_prefix_error (error, "%s “%s” in it: ", qs_onnx_node_get_op_type (node), name);
  return FALSE;
}

/* The nodes of a branch or function, in the scope that the caller has pushed. */
static gboolean
import_inner_graph (QsImporter        *self,
                    const QsOnnxGraph *graph,
                    GError           **error)
{
  g_autofree guint *order = NULL;
  Inner inner = { self, graph };

  qs_importer_want (self, graph);
  qs_importer_add_constants (self, graph);
  order = qs_node_order (graph, is_known, &inner, error);
  if (order == NULL)
    return FALSE;

  for (guint i = 0; i < qs_onnx_graph_get_n_nodes (graph); i++)
    if (!import_inner_node (self, qs_onnx_graph_get_node (graph, order[i]), error))
      return FALSE;

  return TRUE;
}

/* A tensor made inside takes the name that it has outside, where the name matters. */
static void
take_name (QsImporter *self,
           QsTensor   *tensor,
           const char *name)
{
  if (tensor->producer != NULL &&
      g_ptr_array_find (qs_importer_get_layers (self), tensor->producer, NULL))
    qs_network_rename_tensor (qs_importer_get_network (self), tensor, name);
}

/* Leaves the scope and binds the node's outputs to the graph's. */
static gboolean
bind_results (QsImporter        *self,
              const QsOnnxNode  *node,
              const QsOnnxGraph *graph,
              GError           **error)
{
  guint n = MIN (qs_onnx_node_get_n_outputs (node), qs_onnx_graph_get_n_outputs (graph));
  g_autofree QsTensor **tensors = g_new0 (QsTensor *, MAX (n, 1));

  for (guint i = 0; i < n; i++)
    tensors[i] = qs_importer_find_value (self, qs_onnx_graph_get_output (graph, i));
  qs_importer_pop_scope (self);

  for (guint i = 0; i < n; i++)
    {
      const char *name = qs_onnx_node_get_output (node, i);

      if (name == NULL)
        continue;
      if (tensors[i] == NULL)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "nothing in it computes its output “%s”",
                       qs_onnx_graph_get_output (graph, i));
          return FALSE;
        }
      take_name (self, tensors[i], name);
      qs_importer_set_value (self, name, tensors[i]);
    }

  return TRUE;
}

static gboolean
check_depth (QsImporter *self,
             GError    **error)
{
  if (qs_importer_get_depth (self) < MAX_DEPTH)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
               "branches and functions are nested more than %d deep", MAX_DEPTH);
  return FALSE;
}

/* Which branch an If takes must be known now, as it is when it depends on shapes only. */
static gboolean
import_if (QsImporter       *self,
           const QsOnnxNode *node,
           GError          **error)
{
  QsTensor *condition = qs_importer_require_input (self, node, 0, error);
  g_autoptr (QsOnnxGraph) branch = NULL;

  if (condition == NULL || !check_depth (self, error))
    return FALSE;
  if (condition->value == NULL || qs_host_tensor_get_n_elements (condition->value) != 1)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "its condition (“%s”) depends on the data, and control flow is not supported; "
                   "export the model with a fixed condition", condition->name);
      return FALSE;
    }

  branch = qs_onnx_node_open_graph (node, qs_host_tensor_get_number (condition->value, 0) != 0.0
                                            ? "then_branch" : "else_branch", error);
  if (branch == NULL)
    return FALSE;

  qs_importer_push_scope (self, FALSE);
  if (!import_inner_graph (self, branch, error))
    {
      qs_importer_pop_scope (self);
      return FALSE;
    }
  return bind_results (self, node, branch, error);
}

static gboolean
import_function (QsImporter       *self,
                 const QsOnnxNode *node,
                 GError          **error)
{
  g_autoptr (QsOnnxGraph) body = NULL;
  g_autofree QsTensor **given = NULL;
  guint n;

  if (!check_depth (self, error))
    return FALSE;
  body = qs_model_open_function (qs_importer_get_model (self), node, error);
  if (body == NULL)
    return FALSE;

  n = qs_onnx_graph_get_n_inputs (body);
  given = g_new0 (QsTensor *, MAX (n, 1));
  for (guint i = 0; i < n; i++)
    given[i] = qs_importer_get_input (self, node, i);

  qs_importer_push_scope (self, TRUE);
  for (guint i = 0; i < n; i++)
    if (given[i] != NULL)
      qs_importer_set_value (self, qs_onnx_graph_get_input (body, i), given[i]);

  if (!import_inner_graph (self, body, error))
    {
      qs_importer_pop_scope (self);
      return FALSE;
    }
  return bind_results (self, node, body, error);
}

static gboolean
parse (QsImporter       *self,
       const QsOnnxNode *node,
       GError          **error)
{
  const char *op_type = qs_onnx_node_get_op_type (node);
  const QsOperator *op;

  if (qs_model_has_function (qs_importer_get_model (self), qs_onnx_node_get_domain (node), op_type))
    return import_function (self, node, error);
  if (g_str_equal (op_type, "If"))
    return import_if (self, node, error);

  op = qs_operator_lookup (op_type, qs_onnx_node_get_opset (node));
  g_return_val_if_fail (op != NULL, FALSE);
  return op->parse (self, op, node, error);
}

/**
 * qs_importer_import_node: (skip)
 * @node: a node that [func@qs_refusal_explain] has no objection to
 *
 * Adds the layers of @node, computes those with constant inputs, and sees that all results that
 * are used are there. On failure the caller rolls back.
 */
gboolean
qs_importer_import_node (QsImporter       *self,
                         const QsOnnxNode *node,
                         GError          **error)
{
  const QsOnnxNode *before = qs_importer_enter (self, node);
  guint first = qs_importer_get_layers (self)->len;
  gboolean ok = parse (self, node, error) && fold_layers (self, first, error) &&
                check_outputs (self, node, error);

  qs_importer_enter (self, before);
  return ok;
}
