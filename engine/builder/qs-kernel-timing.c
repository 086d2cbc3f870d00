/* SPDX-License-Identifier: MIT */
#include "qs-kernel-timing.h"

#include "qs-tactic-queue.h"

/* Forgets what was said of kernels in @precision while nothing was timed, and takes away the others,
 * which are not where the layer's choice is. */
static GPtrArray *
take_others (QsLayerPlan *plan,
             QsPrecision  precision)
{
  GPtrArray *others = g_ptr_array_new ();

  while (plan->tactics->len > 0)
    {
      QsTactic *tactic = g_ptr_array_index (plan->tactics, 0);

      if (tactic->precision == precision)
        g_ptr_array_remove_index (plan->tactics, 0);
      else
        g_ptr_array_add (others, g_ptr_array_steal_index (plan->tactics, 0));
    }
  return others;
}

static void
time_layer (QsBuild     *self,
            QsLayerPlan *plan)
{
  const QsPrecision precision = qs_layer_plan_get_precision (plan);
  QsCandidate *candidate = qs_layer_plan_get_candidate (plan);
  g_autoptr (QsTacticQueue) tactics = qs_tactic_queue_new (self, plan);
  g_autoptr (QsNetwork) probe = qs_build_probe_chosen (self, plan, candidate->format);
  g_autoptr (GPtrArray) kernels = NULL, others = NULL;

  if (probe == NULL)
    return;
  kernels = qs_backend_find_kernels (self->backend, g_ptr_array_index (probe->layers, 0), precision,
                                     candidate->format, NULL);
  others = take_others (plan, precision);
  qs_tactic_queue_add (tactics, probe, candidate->format, precision, kernels, candidate);
  qs_tactic_queue_run (tactics);
  g_ptr_array_extend (plan->tactics, others, NULL, NULL);
}

gboolean
qs_build_time_kernels (QsBuild  *self,
                       GError  **error)
{
  const guint n = self->network->layers->len;

  qs_progress_set_phase (self->progress, "Timing layers");
  for (guint i = 0; i < n; i++)
    {
      if (!qs_progress_check (self->progress, error))
        return FALSE;
      time_layer (self, qs_build_get_plan (self, g_ptr_array_index (self->network->layers, i)));
      qs_progress_set_fraction (self->progress, (i + 1.0) / n);
    }

  return qs_tactic_timer_check (self->timer, error);
}
