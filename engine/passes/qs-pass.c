/* SPDX-License-Identifier: MIT */
#include "qs-pass.h"

#include "qs-pass-list.h"

#define PASS_ROW(x) &qs_pass_##x,

static const QsPass *const passes[] = { QS_PASSES (PASS_ROW) };

guint
qs_pass_get_n (void)
{
  return G_N_ELEMENTS (passes);
}

const QsPass *
qs_pass_get (guint index)
{
  return index < qs_pass_get_n () ? passes[index] : NULL;
}

/**
 * qs_passes_run:
 *
 * Runs all passes in order.
 *
 * Errors: those of a pass, with its id in front; an inconsistent network, which is a defect of the
 * pass that ran last.
 */
gboolean
qs_passes_run (QsNetwork *network,
               QsJournal *journal,
               GError   **error)
{
  for (guint i = 0; i < qs_pass_get_n (); i++)
    if (!passes[i]->run (network, journal, error) || !qs_network_check (network, error))
      {
        g_prefix_error (error, "pass %s: ", passes[i]->id);
        return FALSE;
      }

  return TRUE;
}

GHashTable *
qs_passes_find_survivors (QsNetwork *network,
                          GError   **error)
{
  g_autoptr (QsNetwork) fused = qs_network_copy (network);
  g_autoptr (QsJournal) journal = qs_journal_new ();
  GHashTable *names;

  if (!qs_passes_run (fused, journal, error))
    return NULL;

  names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < fused->tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (fused->tensors, i);

      if (qs_tensor_is_activation (tensor))
        g_hash_table_add (names, g_strdup (tensor->name));
    }

  return names;
}
