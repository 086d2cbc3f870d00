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
