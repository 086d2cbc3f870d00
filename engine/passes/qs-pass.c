/* SPDX-License-Identifier: MIT */
#include "qs-pass.h"

/* In the order they run. */
static const QsPass *const passes[] = {
  NULL,
};

guint
qs_pass_get_n (void)
{
  return G_N_ELEMENTS (passes) - 1;
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
