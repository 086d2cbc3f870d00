/* SPDX-License-Identifier: MIT */
#include "qs-explicit-choice.h"

#include "core/qs-error.h"
#include "passes/qs-explanation.h"
#include "qs-capability.h"

static void
choose_format (QsBuild     *self,
               QsLayerPlan *plan)
{
  QsCandidate *candidate = qs_layer_plan_get_candidate (plan);
  g_autoptr (QsNetwork) probe = qs_layer_in_format (plan->layer, QS_FORMAT_LINEAR);

  qs_build_prefer_format (self, g_ptr_array_index (probe->layers, 0), candidate);
  if (!candidate->any_format)
    return;

  candidate->format = QS_FORMAT_LINEAR;
  for (guint i = 0; i < plan->layer->inputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (plan->layer->inputs, i);

      if (tensor == NULL || tensor->producer == NULL || tensor->shape.n_dims < 3)
        continue;
      candidate->format = qs_layer_plan_get_candidate (qs_build_get_plan (self, tensor->producer))->format;
      return;
    }
}

/* A sentence for the layer's precision: what the journal says, else what its neighbours do. */
static void
explain (QsBuild     *self,
         QsLayerPlan *plan)
{
  const char *layers[] = { plan->layer->name, NULL };
  char *why_float = plan->int8 ? NULL : qs_explain_float (self->journal, plan->layer);

  plan->reason = plan->int8 ? g_strdup ("QuantizeLinear and DequantizeLinear around it make it INT8.")
                            : why_float;
  qs_journal_add (self->journal, QS_JOURNAL_DECISION, "precision", layers, NULL, plan->layer->name,
                  "%s", plan->reason);
}

static gboolean
find_candidate (QsBuild        *self,
                QsLayerPlan    *plan,
                QsTacticQueue  *tactics,
                GError        **error)
{
  QsCandidate *candidate = qs_layer_plan_get_candidate (plan);
  QsPrecision precision = plan->layer->precision;
  g_autoptr (QsNetwork) probe = NULL;
  g_autoptr (GPtrArray) kernels = NULL;
  const char *why_not = NULL;

  choose_format (self, plan);
  probe = qs_layer_in_format (plan->layer, candidate->format);
  kernels = qs_backend_find_kernels (self->backend, g_ptr_array_index (probe->layers, 0), precision,
                                     candidate->format, &why_not);
  if (plan->int8 && kernels->len == 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "%s “%s”: the %s backend has no INT8 kernel for it: %s; remove QuantizeLinear and "
                   "DequantizeLinear around it", plan->layer->klass->name, plan->layer->name,
                   self->backend->name, why_not);
      return FALSE;
    }

  qs_tactic_queue_add (tactics, probe, candidate->format, precision, kernels, candidate);
  explain (self, plan);
  return TRUE;
}

gboolean
qs_build_find_explicit_candidates (QsBuild  *self,
                                   GError  **error)
{
  guint n = self->network->layers->len;

  for (guint i = 0; i < n; i++)
    {
      QsLayerPlan *plan = qs_build_get_plan (self, g_ptr_array_index (self->network->layers, i));
      g_autoptr (QsTacticQueue) tactics = qs_tactic_queue_new (self, plan);

      plan->int8 = plan->can_int8 = plan->layer->precision == QS_PRECISION_INT8;
      if (!qs_progress_check (self->progress, error) || !find_candidate (self, plan, tactics, error) ||
          !qs_build_find_fp16_candidate (self, plan, tactics, error))
        return FALSE;
      qs_tactic_queue_run (tactics);
      qs_progress_set_fraction (self->progress, (i + 1.0) / n);
    }

  return TRUE;
}
