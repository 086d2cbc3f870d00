/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/qs-error.h"
#include "qs-kernel-choice.h"

static void
note_substitute (QsEngine   *engine,
                 QsLayer    *layer,
                 const char *wanted,
                 const char *kernel)
{
  const char *layers[] = { layer->name, NULL };

  qs_journal_add (engine->journal, QS_JOURNAL_DECISION, "kernel-substituted", layers, NULL,
                  layer->name, "The kernel %s is not to be had on this machine or backend, so %s "
                  "computes the layer.", wanted, kernel);
}

QsEngineLayer *
qs_engine_restore_layer (QsEngine    *engine,
                         QsLayer     *layer,
                         const char  *kernel,
                         const char  *reason,
                         double       ms,
                         GError     **error)
{
  const char *why_not = NULL;
  gboolean own;
  QsFormat format = qs_layer_find_format (layer, engine->backend);
  const QsKernel *found =
    qs_choose_kernel (engine->backend, layer, format, kernel, &why_not, &own);
  const char *name = found != NULL ? found->name : "reference";
  QsEngineLayer *result;

  if (found == NULL && !own)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "%s %s: the %s backend cannot compute it: %s", layer->klass->name, layer->name,
                   engine->backend->name,
                   why_not != NULL ? why_not : "there is no kernel for it");
      return NULL;
    }

  result = qs_engine_layer_new (layer);
  result->kernel = g_strdup (name);
  result->reason = g_strdup (reason);
  result->ms = strcmp (name, kernel) == 0 ? ms : -1.0;
  if (strcmp (name, kernel) != 0)
    note_substitute (engine, layer, kernel, name);
  qs_engine_add_layer (engine, result);
  return result;
}

static void
copy_journal (QsJournal *from,
              QsJournal *to)
{
  for (guint i = 0; i < qs_journal_get_n (from); i++)
    qs_journal_add_copy (to, qs_journal_get (from, i));
}

/**
 * qs_engine_retarget:
 *
 * The same engine on another backend: network, precisions, scales and layouts stay, kernels are
 * that backend's. INT8 layers give the same bits.
 *
 * Errors: a layer that @backend has no kernel for.
 */
QsEngine *
qs_engine_retarget (QsEngine         *self,
                    const QsBackend  *backend,
                    GError          **error)
{
  g_autoptr (QsJournal) journal = qs_journal_new ();
  g_autoptr (QsEngine) result = qs_engine_new (self->network, journal, backend);

  copy_journal (self->journal, journal);
  result->rounding = self->rounding;
  result->is_explicit = self->is_explicit;
  result->model_checksum = g_strdup (self->model_checksum);
  result->scales = self->scales != NULL ? qs_scale_table_copy (self->scales) : NULL;

  for (guint i = 0; i < self->layers->len; i++)
    {
      const QsEngineLayer *layer = g_ptr_array_index (self->layers, i);
      QsEngineLayer *restored = qs_engine_restore_layer (result, layer->layer, layer->kernel,
                                                         layer->reason, layer->ms, error);

      if (restored == NULL)
        return NULL;
      g_ptr_array_unref (restored->tactics);
      restored->tactics = g_ptr_array_ref (layer->tactics);
    }

  return qs_engine_plan_memory (result, error) ? g_steal_pointer (&result) : NULL;
}
