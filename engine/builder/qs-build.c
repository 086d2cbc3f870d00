/* SPDX-License-Identifier: MIT */
#include "qs-build.h"

static void
tactic_free (gpointer data)
{
  QsTactic *tactic = data;

  g_free (tactic->kernel);
  g_free (tactic->reason);
  g_free (tactic);
}

static void
plan_free (gpointer data)
{
  QsLayerPlan *plan = data;

  g_free (plan->obstacle);
  g_free (plan->reason);
  qs_quantized_weights_clear (&plan->weights);
  g_ptr_array_unref (plan->tactics);
  g_free (plan);
}

void
qs_build_init (QsBuild   *self,
               QsNetwork *network,
               QsJournal *journal)
{
  *self = (QsBuild) {
    .network = qs_network_ref (network),
    .journal = qs_journal_ref (journal),
    .plans = g_hash_table_new_full (NULL, NULL, NULL, plan_free),
    .int8_tensors = g_hash_table_new (NULL, NULL),
    .fp16_tensors = g_hash_table_new (NULL, NULL),
    .inner_of = g_hash_table_new (NULL, NULL),
  };

  for (guint i = 0; i < network->layers->len; i++)
    qs_build_add_plan (self, g_ptr_array_index (network->layers, i));
}

void
qs_build_clear (QsBuild *self)
{
  g_clear_pointer (&self->plans, g_hash_table_unref);
  g_clear_pointer (&self->int8_tensors, g_hash_table_unref);
  g_clear_pointer (&self->fp16_tensors, g_hash_table_unref);
  g_clear_pointer (&self->constraints, qs_precision_constraints_unref);
  g_clear_pointer (&self->inner_of, g_hash_table_unref);
  g_clear_pointer (&self->ranges, qs_ranges_free);
  g_clear_pointer (&self->timer, qs_tactic_timer_free);
  g_clear_pointer (&self->journal, qs_journal_unref);
  g_clear_pointer (&self->network, qs_network_unref);
}

QsLayerPlan *
qs_build_get_plan (QsBuild *self,
                   QsLayer *layer)
{
  return g_hash_table_lookup (self->plans, layer);
}

QsLayerPlan *
qs_build_add_plan (QsBuild *self,
                   QsLayer *layer)
{
  QsLayerPlan *plan = g_new0 (QsLayerPlan, 1);

  plan->layer = layer;
  plan->fp32.ms = plan->fp16_candidate.ms = plan->int8_candidate.ms = -1.0;
  plan->tactics = g_ptr_array_new_with_free_func (tactic_free);
  g_hash_table_insert (self->plans, layer, plan);
  return plan;
}

QsPrecision
qs_layer_plan_get_precision (const QsLayerPlan *self)
{
  return self->int8 ? QS_PRECISION_INT8 : self->fp16 ? QS_PRECISION_FP16 : QS_PRECISION_FP32;
}

QsCandidate *
qs_layer_plan_get_candidate (QsLayerPlan *self)
{
  return self->int8 ? &self->int8_candidate : self->fp16 ? &self->fp16_candidate : &self->fp32;
}

gboolean
qs_layer_plan_wants (const QsLayerPlan *self,
                     QsPrecision        precision)
{
  return self->constraint != NULL && self->constraint->precision == precision;
}

QsDataType
qs_layer_plan_get_wanted_type (const QsLayerPlan *self,
                               guint              index)
{
  const QsPrecisionConstraint *constraint = self->type_constraint;

  return constraint != NULL && index < constraint->n_types ? constraint->types[index]
                                                           : QS_DATA_TYPE_UNDEFINED;
}

gboolean
qs_build_constraints_bind (const QsBuild *self)
{
  return self->timer == NULL || (self->constraints != NULL &&
         qs_precision_constraints_get_mode (self->constraints) != QS_CONSTRAINT_HINT);
}

gboolean
qs_formats_agree (const QsShape *shape,
                  QsFormat       a,
                  QsFormat       b)
{
  QsView va, vb;

  if (a == b)
    return TRUE;

  qs_view_init (&va, QS_DATA_TYPE_FLOAT, a, shape, NULL);
  qs_view_init (&vb, QS_DATA_TYPE_FLOAT, b, shape, NULL);
  return qs_view_is_linear (&va) && qs_view_is_linear (&vb);
}
