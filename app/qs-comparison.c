/* SPDX-License-Identifier: MIT */
#include "qs-comparison.h"

#include "qs-worker.h"

typedef struct
{
  QsModel *model;
  QsProfile *profile;
  QsHistogramSet *histograms;
  QsSamples *samples;
  QsBuilderOptions options;
  QsProgress *progress;
} QsComparison;

static void
comparison_free (gpointer data)
{
  QsComparison *self = data;

  qs_model_unref (self->model);
  qs_profile_free (self->profile);
  qs_histogram_set_unref (self->histograms);
  qs_samples_unref (self->samples);
  g_clear_pointer (&self->options.ranges, qs_dynamic_ranges_unref);
  g_object_unref (self->progress);
  g_free (self);
}

static void
comparison_run (GTask *task)
{
  QsComparison *self = g_task_get_task_data (task);
  GError *error = NULL;
  GPtrArray *evaluations = qs_compare (self->model, self->profile, self->histograms,
                                       self->samples, &self->options, self->progress, &error);

  if (evaluations == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, evaluations, (GDestroyNotify) g_ptr_array_unref);
}

void
qs_comparison_run_async (QsModel                *model,
                         const QsProfile        *profile,
                         QsHistogramSet         *histograms,
                         QsSamples              *samples,
                         const QsBuilderOptions *options,
                         QsProgress             *progress,
                         GAsyncReadyCallback     callback,
                         gpointer                user_data)
{
  QsComparison *self = g_new0 (QsComparison, 1);
  g_autoptr (GTask) task = NULL;

  self->model = qs_model_ref (model);
  self->profile = qs_profile_copy (profile);
  self->histograms = qs_histogram_set_ref (histograms);
  self->samples = qs_samples_ref (samples);
  self->options = *options;
  if (options->ranges != NULL)
    qs_dynamic_ranges_ref (options->ranges);
  self->progress = g_object_ref (progress);

  task = g_task_new (NULL, qs_progress_get_cancellable (progress), callback, user_data);
  g_task_set_source_tag (task, qs_comparison_run_async);
  g_task_set_task_data (task, self, comparison_free);
  qs_worker_run (task, comparison_run);
}

GPtrArray *
qs_comparison_run_finish (GAsyncResult  *result,
                          GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
