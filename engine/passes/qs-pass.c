/* SPDX-License-Identifier: MIT */
#include "qs-pass.h"

#include "qs-pass-list.h"

#define PASS_ROW(x) &qs_pass_##x,

static const QsPass *const passes[] = { QS_PASSES (PASS_ROW) };
static const QsPass *const all_passes[] = { QS_PASSES (PASS_ROW) QS_EXPLICIT_PASSES (PASS_ROW) };

static const char *const proof_names[] = {
  [QS_PROOF_NONE] = "does not touch quantization",
  [QS_PROOF_COMMUTES_WITH_Q] = "commutes with Q",
  [QS_PROOF_COMMUTES_WITH_DQ] = "commutes with DQ",
  [QS_PROOF_FUSES] = "fuses",
  [QS_PROOF_EQUAL_SCALES] = "equal scales",
};

/* In a few words, for people. */
const char *
qs_proof_name (QsProof proof)
{
  return proof_names[proof];
}

guint
qs_pass_get_n (void)
{
  return G_N_ELEMENTS (all_passes);
}

const QsPass *
qs_pass_get (guint index)
{
  return index < qs_pass_get_n () ? all_passes[index] : NULL;
}

const QsPass *
qs_pass_lookup (const char *id)
{
  for (guint i = 0; i < G_N_ELEMENTS (all_passes); i++)
    if (g_strcmp0 (all_passes[i]->id, id) == 0)
      return all_passes[i];

  return NULL;
}

gboolean
qs_pass_run (const QsPass *pass,
             QsNetwork    *network,
             QsJournal    *journal,
             GError      **error)
{
  if (!pass->run (network, journal, error) || !qs_network_check (network, error))
    {
      g_prefix_error (error, "pass %s: ", pass->id);
      return FALSE;
    }

  qs_journal_flush (journal, pass->id, "Layers whose results nobody reads any more were removed.");
  return TRUE;
}

gboolean
qs_pass_is_wanted (const QsPass *pass,
                   QsPassFlags   flags)
{
  return (pass->needs & ~flags) == 0;
}

/**
 * qs_passes_run:
 *
 * Runs all passes in order, those that need more than @flags left out.
 *
 * Errors: those of a pass, with its id in front; an inconsistent network, which is a defect of the
 * pass that ran last.
 */
gboolean
qs_passes_run (QsNetwork   *network,
               QsPassFlags  flags,
               QsJournal   *journal,
               GError     **error)
{
  gboolean done = TRUE;

  qs_journal_watch (journal, network);
  for (guint i = 0; i < G_N_ELEMENTS (passes) && done; i++)
    if (qs_pass_is_wanted (passes[i], flags))
      done = qs_pass_run (passes[i], network, journal, error);
  qs_journal_unwatch (journal, network);
  return done;
}

GHashTable *
qs_passes_find_survivors (QsNetwork *network,
                          GError   **error)
{
  g_autoptr (QsNetwork) fused = qs_network_copy (network);
  g_autoptr (QsJournal) journal = qs_journal_new ();
  GHashTable *names;

  if (!qs_passes_run (fused, QS_PASS_EMULATE_TENSORRT, journal, error))
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
