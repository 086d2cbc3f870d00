/* SPDX-License-Identifier: MIT */
#include "core/qs-error.h"
#include "qs-fold.h"
#include "qs-importer-private.h"
#include "qs-refusals.h"

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
          !qs_fold_layer (network, layer, qs_importer_get_budget (self), error))
        return FALSE;

      if (network->layers->len < before)
        qs_importer_forget_layer (self, i);
      else
        i++;
    }

  return TRUE;
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
  gboolean ok = TRUE;

  for (guint i = 0; ok && i < n; i++)
    if (qs_onnx_node_get_output (node, i) != NULL)
      ok = (tensors[i] = qs_importer_take_result (self, graph, i, error)) != NULL;
  qs_importer_pop_scope (self);

  for (guint i = 0; ok && i < n; i++)
    if (tensors[i] != NULL)
      qs_importer_give_result (self, node, i, tensors[i]);
  return ok;
}

/* Which branch an If takes must be known now, as it is when it depends on shapes only. */
static gboolean
import_if (QsImporter       *self,
           const QsOnnxNode *node,
           GError          **error)
{
  QsTensor *condition = qs_importer_require_input (self, node, 0, error);
  g_autoptr (QsOnnxGraph) branch = NULL;

  if (condition == NULL || !qs_importer_check_depth (self, error))
    return FALSE;
  if (condition->value == NULL || qs_host_tensor_get_n_elements (condition->value) != 1)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "its condition (“%s”) depends on the data, and control flow is not supported; "
                   "export the model with a fixed condition, or fold it with a simplifier",
                   condition->name);
      return FALSE;
    }

  branch = qs_onnx_node_open_graph (node, qs_host_tensor_get_number (condition->value, 0) != 0.0
                                            ? "then_branch" : "else_branch", error);
  if (branch == NULL)
    return FALSE;

  qs_importer_push_scope (self, FALSE);
  if (!qs_importer_import_graph (self, branch, error))
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

  if (!qs_importer_check_depth (self, error))
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

  if (!qs_importer_import_graph (self, body, error))
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
  if (g_str_equal (op_type, "Loop"))
    return qs_importer_import_loop (self, node, error);

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
