/* SPDX-License-Identifier: MIT */
#include "qs-pass.h"

#include "qs-pass-list.h"

/* In the order they run. */
static const QsPass *const passes[] = {
  &qs_pass_merge_shuffles, /* before the next: two transposes may leave nothing to do */
  &qs_pass_remove_identity,
  &qs_pass_fold_factors,
  &qs_pass_fold_bias,
  &qs_pass_fold_batch_norm,
  &qs_pass_simplify_activations,
  &qs_pass_recognise_swish,
  &qs_pass_recognise_gelu,
  &qs_pass_recognise_layer_norm,
  &qs_pass_fuse_residual,
  &qs_pass_fuse_activation,
};

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
