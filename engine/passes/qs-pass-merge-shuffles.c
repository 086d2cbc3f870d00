/* SPDX-License-Identifier: MIT */
#include "qs-pass-list.h"
#include "qs-pass-tools.h"

#define ID "merge-shuffles"

/* Shapes are fixed, so two reshapes are one to the last shape, said by a constant. */
static gboolean
merge_reshapes (QsNetwork *network,
                QsLayer   *first,
                QsLayer   *second,
                GError   **error)
{
  const QsTensor *output = qs_layer_get_output (second, 0);
  QsShape shape = { .n_dims = 1, .dims = { output->shape.n_dims } };
  QsShuffleAttributes *attributes = first->attributes;
  g_autofree char *name = g_strconcat (output->name, "_shape", NULL);
  g_autoptr (QsHostTensor) value = qs_host_tensor_new_from_data (
    QS_DATA_TYPE_INT64, &shape, output->shape.dims, sizeof (gint64) * (gsize) output->shape.n_dims,
    error);

  if (value == NULL)
    return FALSE;

  /* Zeros in the shape are zeros, not “copy this dimension”. */
  *attributes = (QsShuffleAttributes) { .mode = 0, .allow_zero = TRUE };
  qs_network_set_input (network, first, 1, qs_network_add_constant (network, name, value));
  return TRUE;
}

static gboolean
merge_transposes (QsLayer *first,
                  QsLayer *second)
{
  QsTransposeAttributes *a = first->attributes;
  const QsTransposeAttributes *b = second->attributes;
  QsInts perm = { .n = b->perm.n };

  if (a->perm.n != b->perm.n)
    return FALSE;

  for (int i = 0; i < perm.n; i++)
    perm.v[i] = a->perm.v[b->perm.v[i]];
  a->perm = perm;
  return TRUE;
}

static gboolean
try_merge (QsNetwork  *network,
           QsJournal  *journal,
           QsLayer    *layer,
           gboolean   *merged,
           GError    **error)
{
  QsTensor *output = qs_layer_get_output (layer, 0);
  QsLayer *next = qs_pass_only_reader (network, output, NULL);
  g_autofree char *before = g_strdup (layer->name);
  g_autofree char *next_name = NULL;

  *merged = FALSE;
  if (next == NULL || next->klass != layer->klass || qs_layer_get_input (next, 0) != output)
    return TRUE;

  next_name = g_strdup (next->name);
  if (layer->klass->kind == QS_LAYER_TRANSPOSE && !merge_transposes (layer, next))
    return TRUE;
  if (layer->klass->kind == QS_LAYER_SHUFFLE && !merge_reshapes (network, layer, next, error))
    return FALSE;

  qs_pass_absorb (network, layer, next);
  qs_pass_note (journal, QS_JOURNAL_REWRITE, ID, before, next_name, output, layer->name,
                "Two layers in a row that only rearrange elements are one.");
  *merged = TRUE;
  return TRUE;
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);
      gboolean merged = layer->klass->kind == QS_LAYER_SHUFFLE ||
                        layer->klass->kind == QS_LAYER_TRANSPOSE;

      while (merged)
        if (!try_merge (network, journal, layer, &merged, error))
          return FALSE;
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_merge_shuffles = {
  .id = ID,
  .title = "Merge reshapes and transposes that follow each other",
  .run = run,
};
