/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-session-private.h"

#include "builder/qs-refit.h"
#include "calibration/qs-scale-file.h"
#include "core/qs-error.h"
#include "qs-worker.h"

/* New scales for an engine that is built, from a file. */

typedef struct
{
  QsEngine *engine;
  GFile *file;
  guint n_changes;
} Refit;

static void
refit_free (gpointer data)
{
  Refit *job = data;

  qs_engine_unref (job->engine);
  g_object_unref (job->file);
  g_free (job);
}

static void
refit_run (GTask *task)
{
  Refit *job = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (QsScaleFile) scales = qs_scale_file_load (job->file, NULL, &error);
  QsEngine *engine = scales == NULL ? NULL
                                    : qs_engine_refit (job->engine,
                                                       qs_scale_file_get_scales (scales), &error);

  if (engine == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  job->n_changes = qs_scale_table_get_n (qs_scale_file_get_scales (scales));
  g_task_return_pointer (task, engine, (GDestroyNotify) qs_engine_unref);
}

gboolean
qs_session_can_refit (QsSession *self)
{
  return self->work.engine != NULL && !qs_session_is_busy (self);
}

gboolean
qs_session_is_refitted (QsSession *self)
{
  return self->work.is_refitted;
}

/**
 * qs_session_refit_async:
 * @file: scales in any format that caches have
 *
 * Gives the engine new scales for the tensors that @file names; the engine's thread does it.
 */
void
qs_session_refit_async (QsSession           *self,
                        GFile               *file,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  Refit *job = g_new0 (Refit, 1);

  job->engine = qs_engine_ref (self->work.engine);
  job->file = g_object_ref (file);
  g_task_set_source_tag (task, qs_session_refit_async);
  g_task_set_task_data (task, job, refit_free);
  qs_worker_run (task, refit_run);
}

/* What the ranges are applied to from now on is @engine. */
static void
put_engine (QsSession    *self,
            QsEngine     *engine,
            QsScaleTable *base_scales)
{
  self->work.serial++;
  g_clear_pointer (&self->work.base_scales, qs_scale_table_unref);
  self->work.base_scales = base_scales != NULL ? qs_scale_table_ref (base_scales) : NULL;
  qs_engine_ref (engine);
  qs_engine_unref (self->work.engine);
  qs_engine_unref (self->work.built);
  self->work.engine = engine;
  self->work.built = qs_engine_ref (engine);
  self->work.is_stale = FALSE;
  self->work.is_refitted = TRUE;
  qs_live_effect_set_subject (self->effect, NULL, NULL, NULL, 0);
  qs_session_mark_modified (self);
  qs_session_emit_changed (self, QS_CHANGED_ENGINE);
  qs_session_emit_changed (self, QS_CHANGED_SELECTION);
}

/* Undone, it is the engine as it was built, to which the ranges of then are applied again. */
gboolean
qs_session_step_refit (QsSession *self,
                       int        by)
{
  const QsRefitStep *step = qs_session_peek_refit (self, by);

  if (step == NULL)
    return FALSE;

  qs_refit_history_step (self->work.refits, by);
  put_engine (self, by < 0 ? step->before : step->after, by < 0 ? step->base_scales : NULL);
  if (by < 0 && qs_dynamic_ranges_get_n (qs_session_get_ranges (self)) > 0)
    qs_session_rescale (self);
  return TRUE;
}

const QsRefitStep *
qs_session_peek_refit (QsSession *self,
                       int        by)
{
  return qs_refit_history_peek (self->work.refits, by,
                                qs_range_history_get_position (self->work.ranges));
}

static void
take_refitted (QsSession *self,
               QsEngine  *engine)
{
  QsRefitStep step = { self->work.built, self->work.base_scales, engine,
                       qs_range_history_get_position (self->work.ranges) };

  qs_range_history_forget_undone (self->work.ranges);
  qs_refit_history_push (self->work.refits, &step);
  put_engine (self, engine, NULL);
  qs_engine_unref (engine);
}

/**
 * qs_session_refit_finish:
 * @n_changes: (out): how many scales were given
 *
 * Errors: those of [method@Engine.refit] and of reading the file; the engine is as it was then.
 */
gboolean
qs_session_refit_finish (QsSession     *self,
                         GAsyncResult  *result,
                         guint         *n_changes,
                         GError       **error)
{
  Refit *job = g_task_get_task_data (G_TASK (result));
  QsEngine *engine = g_task_propagate_pointer (G_TASK (result), error);

  if (engine == NULL)
    return FALSE;
  if (job->engine != self->work.engine)
    {
      qs_engine_unref (engine);
      g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
                   "the engine was changed meanwhile; refit it again");
      return FALSE;
    }

  *n_changes = job->n_changes;
  take_refitted (self, engine);
  return TRUE;
}
