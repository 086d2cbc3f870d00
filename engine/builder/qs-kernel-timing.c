/* SPDX-License-Identifier: MIT */
#include "qs-kernel-timing.h"

#include "qs-tactic-queue.h"

/* What was said of these kernels while nothing was timed. */
static void
forget_tactics (QsLayerPlan *plan,
                QsPrecision  precision)
{
  for (guint i = plan->tactics->len; i > 0; i--)
    if (((QsTactic *) g_ptr_array_index (plan->tactics, i - 1))->precision == precision)
      g_ptr_array_remove_index (plan->tactics, i - 1);
}

static void
time_layer (QsBuild     *self,
            QsLayerPlan *plan)
{
  const QsPrecision precision = qs_layer_plan_get_precision (plan);
  QsCandidate *candidate = qs_layer_plan_get_candidate (plan);
  g_autoptr (QsTacticQueue) tactics = qs_tactic_queue_new (self, plan);
  g_autoptr (QsNetwork) probe = qs_build_probe_chosen (self, plan, candidate->format);
  g_autoptr (GPtrArray) kernels = NULL;

  if (probe == NULL)
    return;
  kernels = qs_backend_find_kernels (self->backend, g_ptr_array_index (probe->layers, 0), precision,
                                     candidate->format, NULL);
  forget_tactics (plan, precision);
  qs_tactic_queue_add (tactics, probe, candidate->format, precision, kernels, candidate);
  qs_tactic_queue_run (tactics);
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
