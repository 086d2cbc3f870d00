/* SPDX-License-Identifier: MIT */
#include "qs-node-order.h"

#include "core/qs-error.h"
#include "qs-importer-private.h"

/*
 * ONNX wants nodes sorted, but files in the wild are not always. Nodes that are ready are taken in
 * the file's order, so that a sorted file keeps it.
 */

typedef struct
{
  const QsOnnxGraph *graph;
  QsNodeOrderIsKnown is_known;
  gpointer user_data;
  GHashTable *writers;  /* value name to node number + 1 */
  guint *pending;       /* by node: inputs that are not computed yet */
  GArray **readers;     /* by node: the nodes that read its outputs, once per use */
} Order;

static void
collect_writers (Order *self)
{
  for (guint i = 0; i < qs_onnx_graph_get_n_nodes (self->graph); i++)
    {
      const QsOnnxNode *node = qs_onnx_graph_get_node (self->graph, i);

      for (guint k = 0; k < qs_onnx_node_get_n_outputs (node); k++)
        if (qs_onnx_node_get_output (node, k) != NULL)
          g_hash_table_insert (self->writers, (gpointer) qs_onnx_node_get_output (node, k),
                               GUINT_TO_POINTER (i + 1));
    }
}

static gboolean
add_reader (Order      *self,
            guint       index,
            const char *name,
            GError    **error)
{
  gpointer writer = g_hash_table_lookup (self->writers, name);
  guint number = GPOINTER_TO_UINT (writer) - 1;

  if (writer == NULL && !self->is_known (name, self->user_data))
    {
      const QsOnnxNode *node = qs_onnx_graph_get_node (self->graph, index);
      g_autofree char *label = qs_importer_node_name (node);

      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "%s “%s” reads “%s”, which nothing computes",
                   qs_onnx_node_get_op_type (node), label, name);
      return FALSE;
    }
  if (writer == NULL)
    return TRUE;

  if (self->readers[number] == NULL)
    self->readers[number] = g_array_new (FALSE, FALSE, sizeof (guint));
  g_array_append_val (self->readers[number], index);
  self->pending[index]++;
  return TRUE;
}

/* What a branch or loop body captures from outside may be missing: the branch may not be taken. */
static gboolean
collect_readers (Order   *self,
                 guint    index,
                 GError **error)
{
  const QsOnnxNode *node = qs_onnx_graph_get_node (self->graph, index);

  for (guint k = 0; k < qs_onnx_node_get_n_inputs (node); k++)
    if (qs_onnx_node_get_input (node, k) != NULL &&
        !add_reader (self, index, qs_onnx_node_get_input (node, k), error))
      return FALSE;

  for (guint k = 0; k < qs_onnx_node_get_n_captured (node); k++)
    if (g_hash_table_contains (self->writers, qs_onnx_node_get_captured (node, k)) &&
        !add_reader (self, index, qs_onnx_node_get_captured (node, k), error))
      return FALSE;

  return TRUE;
}

static gint
compare_numbers (gconstpointer a,
                 gconstpointer b,
                 gpointer      user_data)
{
  guint na = GPOINTER_TO_UINT (a);
  guint nb = GPOINTER_TO_UINT (b);

  return na < nb ? -1 : na > nb;
}

static guint
sort (Order *self,
      guint  n,
      guint *order)
{
  g_autoptr (GSequence) ready = g_sequence_new (NULL);
  guint done = 0;

  for (guint i = 0; i < n; i++)
    if (self->pending[i] == 0)
      g_sequence_append (ready, GUINT_TO_POINTER (i));

  while (!g_sequence_is_empty (ready))
    {
      GSequenceIter *first = g_sequence_get_begin_iter (ready);
      guint index = GPOINTER_TO_UINT (g_sequence_get (first));
      GArray *readers = self->readers[index];

      g_sequence_remove (first);
      order[done++] = index;

      for (guint k = 0; readers != NULL && k < readers->len; k++)
        {
          guint reader = g_array_index (readers, guint, k);

          if (--self->pending[reader] == 0)
            g_sequence_insert_sorted (ready, GUINT_TO_POINTER (reader), compare_numbers, NULL);
        }
    }

  return done;
}

static void
report_cycle (Order   *self,
              guint    n,
              GError **error)
{
  for (guint i = 0; i < n; i++)
    if (self->pending[i] > 0)
      {
        const QsOnnxNode *node = qs_onnx_graph_get_node (self->graph, i);
        g_autofree char *label = qs_importer_node_name (node);

        g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                     "the graph has a cycle: %s “%s” waits for its own result",
                     qs_onnx_node_get_op_type (node), label);
        return;
      }
}

/**
 * qs_node_order:
 * @is_known: says which values come from outside the graph's nodes
 *
 * Returns: (transfer full) (array): the numbers of all nodes, every node after those whose results
 *   it reads
 *
 * Errors: %QS_ERROR_MALFORMED for a value that nothing computes, or a cycle.
 */
guint *
qs_node_order (const QsOnnxGraph   *graph,
               QsNodeOrderIsKnown   is_known,
               gpointer             user_data,
               GError             **error)
{
  guint n = qs_onnx_graph_get_n_nodes (graph);
  g_autoptr (GHashTable) writers = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree guint *pending = g_new0 (guint, MAX (n, 1));
  g_autofree GArray **readers = g_new0 (GArray *, MAX (n, 1));
  g_autofree guint *order = g_new0 (guint, MAX (n, 1));
  Order self = { graph, is_known, user_data, writers, pending, readers };
  gboolean ok = TRUE;

  collect_writers (&self);
  for (guint i = 0; ok && i < n; i++)
    ok = collect_readers (&self, i, error);

  if (ok && sort (&self, n, order) < n)
    {
      report_cycle (&self, n, error);
      ok = FALSE;
    }

  for (guint i = 0; i < n; i++)
    g_clear_pointer (&readers[i], g_array_unref);
  return ok ? g_steal_pointer (&order) : NULL;
}
