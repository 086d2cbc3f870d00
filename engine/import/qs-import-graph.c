/* SPDX-License-Identifier: MIT */
#include "core/qs-error.h"
#include "qs-importer-private.h"
#include "qs-node-order.h"
#include "qs-refusals.h"

/* The graphs within nodes: branches, loop bodies and functions. */

/* Real models have two or three levels, and a function of a hostile one may call itself. */
#define MAX_DEPTH 16

/* Nodes within branches, functions and unrolled loops, all together: functions that call functions
 * and loops within loops multiply. Real models have some ten thousand. */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define MAX_INNER_NODES 1000
#else
#define MAX_INNER_NODES 100000
#endif

gboolean
qs_importer_check_depth (QsImporter *self,
                         GError    **error)
{
  if (qs_importer_get_depth (self) < MAX_DEPTH)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
               "branches, loops and functions are nested more than %d deep", MAX_DEPTH);
  return FALSE;
}

/**
 * qs_importer_count_inner: (skip)
 *
 * Counts a node within a graph, or a step of a loop.
 *
 * Errors: %QS_ERROR_LIMIT when there are too many.
 */
gboolean
qs_importer_count_inner (QsImporter *self,
                         GError    **error)
{
  if (qs_importer_count_inner_node (self) <= MAX_INNER_NODES)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
               "the model's functions, branches and unrolled loops come to more than %d nodes",
               MAX_INNER_NODES);
  return FALSE;
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
  else if (qs_importer_count_inner (self, error) && qs_importer_import_node (self, node, error))
    return TRUE;

  g_prefix_error (error, "%s “%s” in it: ", qs_onnx_node_get_op_type (node), name);
  return FALSE;
}

/**
 * qs_importer_import_graph: (skip)
 *
 * The nodes of a branch, loop body or function, in the scope that the caller has pushed.
 */
gboolean
qs_importer_import_graph (QsImporter        *self,
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

/**
 * qs_importer_take_result: (skip)
 *
 * Output @index of @graph, in whose scope the importer still is.
 *
 * Errors: %QS_ERROR_MALFORMED when nothing computes it.
 */
QsTensor *
qs_importer_take_result (QsImporter        *self,
                         const QsOnnxGraph *graph,
                         guint              index,
                         GError           **error)
{
  const char *name = qs_onnx_graph_get_output (graph, index);
  QsTensor *tensor = qs_importer_find_value (self, name);

  if (tensor == NULL)
    g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "nothing in it computes its output “%s”",
                 name);
  return tensor;
}

/**
 * qs_importer_give_result: (skip)
 *
 * Binds output @index of @node, if it is wanted, to @tensor. A tensor made inside takes the name
 * that it has outside, where the name matters.
 */
void
qs_importer_give_result (QsImporter       *self,
                         const QsOnnxNode *node,
                         guint             index,
                         QsTensor         *tensor)
{
  const char *name = qs_onnx_node_get_output (node, index);

  if (name == NULL)
    return;

  if (tensor->producer != NULL && qs_importer_owns (self, tensor->producer))
    qs_network_rename_tensor (qs_importer_get_network (self), tensor, name);
  qs_importer_set_value (self, name, tensor);
}
