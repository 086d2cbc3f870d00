/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/qs-error.h"
#include "passes/qs-placement.h"
#include "qs-engine-private.h"
#include "qs-ranges.h"

/* Entries that name scales; they are written anew. */
static gboolean
speaks_of_scales (const QsJournalEntry *entry)
{
  static const char *const rules[] = { QS_PLACEMENT_SHARED_SCALE, QS_PLACEMENT_SOFT_MAX_RANGE,
                                       "manual-range", NULL };

  return g_strv_contains (rules, entry->rule);
}

static QsJournal *
copy_journal (QsJournal *journal)
{
  QsJournal *copy = qs_journal_new ();

  for (guint i = 0; i < qs_journal_get_n (journal); i++)
    {
      const QsJournalEntry *entry = qs_journal_get (journal, i);

      if (!speaks_of_scales (entry))
        qs_journal_add_copy (copy, entry);
    }

  return copy;
}

static void
note_manual (QsJournal    *journal,
             QsScaleTable *scales)
{
  for (guint i = 0; i < qs_scale_table_get_n (scales); i++)
    {
      const char *name = qs_scale_table_get_name (scales, i);
      const char *tensors[] = { name, NULL };

      if (qs_scale_table_is_manual (scales, name))
        qs_journal_add (journal, QS_JOURNAL_DECISION, "manual-range", NULL, tensors, NULL,
                        "The range of %s was set by hand, so its scale is %g.", name,
                        (double) qs_scale_table_get_scale (scales, i));
    }
}

/* Only what the tables disagree on is changed: scales that came with the model stay. */
static gboolean
change_scales (QsNetwork       *network,
               const QsRanges  *before,
               const QsRanges  *after,
               GError         **error)
{
  for (guint i = 0; i < network->tensors->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (network->tensors, i);
      float old, new;

      if (tensor->type != QS_DATA_TYPE_INT8 || !qs_tensor_is_scalable (tensor))
        continue;
      old = qs_ranges_get_scale (before, tensor);
      new = qs_ranges_get_scale (after, tensor);
      if (new == old)
        continue;
      if (new == 0.0f)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_MISSING,
                       "tensor “%s”: it is INT8 in this engine and has no scale any more; build "
                       "the engine again", tensor->name);
          return FALSE;
        }
      tensor->scale = new;
    }

  return TRUE;
}

static gboolean
touches_change (const QsLayer *layer,
                const QsLayer *old)
{
  for (guint i = 0; i < layer->inputs->len; i++)
    if (qs_layer_get_input (layer, i) != NULL &&
        qs_layer_get_input (layer, i)->scale != qs_layer_get_input (old, i)->scale)
      return TRUE;
  for (guint i = 0; i < layer->outputs->len; i++)
    if (qs_layer_get_output (layer, i) != NULL &&
        qs_layer_get_output (layer, i)->scale != qs_layer_get_output (old, i)->scale)
      return TRUE;

  return FALSE;
}

static gboolean
add_layer (QsEngine             *self,
           QsLayer              *layer,
           const QsEngineLayer  *old,
           GError              **error)
{
  const QsKernel *kernel = qs_backend_lookup_kernel (self->backend, old->kernel);
  QsEngineLayer *result;
  const char *why_not = NULL;

  if (kernel != NULL && kernel->supports != NULL && touches_change (layer, old->layer) &&
      !kernel->supports (kernel, layer, &why_not))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "%s %s: its kernel cannot work with these scales: %s Build the engine again",
                   layer->klass->name, layer->name, why_not != NULL ? why_not : "");
      return FALSE;
    }

  result = qs_engine_layer_new (layer);
  result->kernel = g_strdup (old->kernel);
  result->ms = old->ms;
  result->reason = g_strdup (old->reason);
  g_ptr_array_unref (result->tactics);
  result->tactics = g_ptr_array_ref (old->tactics);
  qs_engine_add_layer (self, result);
  return TRUE;
}

gboolean
qs_engine_take_layers (QsEngine *self,
                       QsEngine *old,
                       GError  **error)
{
  for (guint i = 0; i < self->network->layers->len; i++)
    if (!add_layer (self, g_ptr_array_index (self->network->layers, i),
                    g_ptr_array_index (old->layers, i), error))
      return FALSE;

  return TRUE;
}

/**
 * qs_engine_rescale:
 * @scales: in the place of those it was built with
 *
 * The same engine with other scales: precisions, kernels, layouts and weights stay, and only the
 * scales of INT8 tensors are derived anew, groups that share one included. The outcome is, bit by
 * bit, what a build with @scales gives when it comes to the same choices. A tensor that is in
 * floating point stays so, even when it has a scale now.
 *
 * Errors: %QS_ERROR_MISSING for an INT8 tensor that would have no scale any more,
 * %QS_ERROR_UNSUPPORTED for a kernel that cannot work with the new scales.
 */
QsEngine *
qs_engine_rescale (QsEngine      *self,
                   QsScaleTable  *scales,
                   GError       **error)
{
  g_autoptr (QsNetwork) network = qs_network_copy (self->network);
  g_autoptr (QsJournal) journal = copy_journal (self->journal);
  g_autoptr (QsRanges) before = NULL;
  g_autoptr (QsRanges) after = qs_ranges_new (network, scales, journal);
  g_autoptr (QsEngine) result = qs_engine_new (network, journal, self->backend);

  g_return_val_if_fail (self->scales != NULL, NULL);

  before = qs_ranges_new (network, self->scales, NULL);
  note_manual (journal, scales);
  result->model_checksum = g_strdup (self->model_checksum);
  result->rounding = self->rounding;
  result->scales = qs_scale_table_copy (scales);

  if (!change_scales (network, before, after, error))
    return NULL;
  if (!qs_engine_take_layers (result, self, error))
    return NULL;

  return qs_engine_plan_memory (result, error) ? g_steal_pointer (&result) : NULL;
}

/**
 * qs_engine_can_rescale:
 *
 * Whether a build with @scales could only differ from this engine in the values of scales: no
 * tensor gets a scale that had none, or loses the one it had.
 */
gboolean
qs_engine_can_rescale (QsEngine     *self,
                       QsScaleTable *scales)
{
  g_autoptr (QsRanges) before = NULL;
  g_autoptr (QsRanges) after = NULL;

  if (self->scales == NULL || scales == NULL)
    return FALSE;

  before = qs_ranges_new (self->network, self->scales, NULL);
  after = qs_ranges_new (self->network, scales, NULL);
  for (guint i = 0; i < self->network->tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (self->network->tensors, i);

      if ((qs_ranges_get_scale (before, tensor) > 0.0f) !=
          (qs_ranges_get_scale (after, tensor) > 0.0f))
        return FALSE;
    }

  return TRUE;
}
