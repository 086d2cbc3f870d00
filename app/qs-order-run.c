/* SPDX-License-Identifier: MIT */
#include "qs-order-run.h"

#include "qs-worker.h"

typedef struct
{
  QsModel *model;
  QsProfile *profile;
  QsSamples *samples;
  QsOrderStudyOptions options;
  gint64 *batches;
  QsProgress *progress;
} QsOrderRunData;

static void
order_run_free (gpointer data)
{
  QsOrderRunData *self = data;

  qs_model_unref (self->model);
  qs_profile_free (self->profile);
  qs_samples_unref (self->samples);
  g_free (self->batches);
  g_object_unref (self->progress);
  g_free (self);
}

static void
order_run (GTask *task)
{
  QsOrderRunData *self = g_task_get_task_data (task);
  GError *error = NULL;
  QsOrderStudy *study = qs_order_study_run (self->model, self->profile, self->samples,
                                            &self->options, self->progress, &error);

  if (study == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, study, (GDestroyNotify) qs_order_study_unref);
}

void
qs_order_run_async (QsModel                   *model,
                    const QsProfile           *profile,
                    QsSamples                 *samples,
                    const QsOrderStudyOptions *options,
                    QsProgress                *progress,
                    GAsyncReadyCallback        callback,
                    gpointer                   user_data)
{
  QsOrderRunData *self = g_new0 (QsOrderRunData, 1);
  g_autoptr (GTask) task = NULL;

  self->model = qs_model_ref (model);
  self->profile = qs_profile_copy (profile);
  self->samples = qs_samples_ref (samples);
  self->options = *options;
  self->batches = g_memdup2 (options->batches, sizeof (gint64) * options->n_batches);
  self->options.batches = self->batches;
  self->progress = g_object_ref (progress);

  task = g_task_new (NULL, qs_progress_get_cancellable (progress), callback, user_data);
  g_task_set_source_tag (task, qs_order_run_async);
  g_task_set_task_data (task, self, order_run_free);
  qs_worker_run (task, order_run);
}

QsOrderStudy *
qs_order_run_finish (GAsyncResult  *result,
                     GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
