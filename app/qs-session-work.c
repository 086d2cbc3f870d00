/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-session-private.h"

#include <glib/gi18n.h>

#include "passes/qs-pass.h"
#include "qs-comparison.h"
#include "qs-order-run.h"

/* The long work of a session: reading files, building, comparing. One piece at a time. */

void
qs_session_begin (QsSession  *self,
                  QsProgress *progress)
{
  g_set_object (&self->progress, progress);
  qs_session_emit_changed (self, QS_CHANGED_PROGRESS);
}

void
qs_session_end (QsSession *self)
{
  g_clear_object (&self->build);
  qs_session_clear_live (self);
  g_clear_object (&self->progress);
  qs_session_emit_changed (self, QS_CHANGED_PROGRESS);
}

QsProgress *
qs_session_get_progress (QsSession *self)
{
  return self->progress;
}

gboolean
qs_session_is_busy (QsSession *self)
{
  return self->progress != NULL;
}

void
qs_session_cancel (QsSession *self)
{
  if (self->progress != NULL)
    qs_progress_cancel (self->progress);
}

gboolean
qs_session_check_idle (QsSession *self,
                       GTask     *task)
{
  if (!qs_session_is_busy (self))
    return TRUE;

  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_BUSY,
                           _("Wait for the work under way, or cancel it"));
  return FALSE;
}

void
qs_session_drop_document (QsSession *self)
{
  qs_workspace_drop_document (&self->work);
  qs_live_effect_set_subject (self->effect, NULL, NULL, NULL, 0);
  qs_history_clear (self->history);
}

/* A set that fits the model's new dimensions stays. */
static QsSamples *
keep_samples (QsNetwork *network,
              QsSamples *samples)
{
  for (guint i = 0; network != NULL && samples != NULL && i < network->inputs->len; i++)
    {
      QsTensor *input = network->inputs->pdata[i];

      if (!qs_samples_check_input (samples, input->name, input->type, &input->shape, NULL))
        return NULL;
    }

  return network == NULL || samples == NULL ? NULL : qs_samples_ref (samples);
}

static gboolean
session_take_model (QsSession  *self,
                    QsLoaded   *loaded,
                    GError    **error)
{
  gboolean is_same = loaded->model == self->work.model;
  QsNetwork *network = loaded->import != NULL ? qs_import_get_network (loaded->import) : NULL;
  QsSamples *calibration = is_same ? keep_samples (network, self->work.calibration) : NULL;
  QsSamples *labelled = is_same ? keep_samples (network, self->work.labelled) : NULL;

  if (loaded->import == NULL)
    {
      self->waiting = qs_loaded_steal (loaded);
      return TRUE;
    }

  qs_session_drop_document (self);
  self->work.model = g_steal_pointer (&loaded->model);
  self->work.import = g_steal_pointer (&loaded->import);
  self->work.dimensions = g_steal_pointer (&loaded->dimensions);
  qs_profile_free (self->work.profile);
  self->work.profile = g_steal_pointer (&loaded->profile);
  self->work.file = g_object_ref (loaded->file);
  self->work.calibration = calibration;
  self->work.labelled = labelled;
  qs_session_emit_all (self);
  return TRUE;
}

static gboolean
session_take_plan (QsSession  *self,
                   QsLoaded   *loaded,
                   GError    **error)
{
  QsScaleTable *scales;
  g_autofree char *name = g_file_get_basename (loaded->file);

  qs_session_drop_document (self);
  qs_workspace_take_engine (&self->work, g_steal_pointer (&loaded->engine));
  self->work.file = g_object_ref (loaded->file);

  scales = qs_engine_get_scales (self->work.engine);
  if (scales != NULL)
    g_ptr_array_add (self->work.sources, qs_scale_source_new_cache (name, scales));
  qs_session_emit_all (self);
  return TRUE;
}

static gboolean
session_take_graph (QsSession  *self,
                    QsLoaded   *loaded,
                    GError    **error)
{
  qs_session_drop_document (self);
  self->work.graph = g_steal_pointer (&loaded->graph);
  self->work.graph_network = g_steal_pointer (&loaded->graph_network);
  self->work.file = g_object_ref (loaded->file);
  qs_session_emit_all (self);
  return TRUE;
}

static gboolean
session_take_profile (QsSession  *self,
                      QsLoaded   *loaded,
                      GError    **error)
{
  if (!qs_workspace_add_profile (&self->work, loaded->file, error))
    return FALSE;

  qs_session_emit_changed (self, QS_CHANGED_ENGINE);
  qs_session_emit_changed (self, QS_CHANGED_SELECTION);
  return TRUE;
}

static void
cache_changed_cb (QsSession     *self,
                  QsCacheEditor *cache)
{
  if (cache != self->work.cache)
    return;

  qs_workspace_refresh_cache (&self->work);
  qs_session_emit_changed (self, QS_CHANGED_SCALES);
}

static gboolean
session_take_cache (QsSession  *self,
                    QsLoaded   *loaded,
                    GError    **error)
{
  QsBuildSettings settings = self->work.settings;
  gboolean is_document = self->work.model == NULL && !qs_workspace_is_built (&self->work);

  if (!qs_workspace_add_cache (&self->work, loaded->file, loaded->cache, error))
    return FALSE;

  g_signal_connect_object (self->work.cache, "changed", G_CALLBACK (cache_changed_cb), self,
                           G_CONNECT_SWAPPED);
  settings.source = QS_SCALE_SOURCE_CACHE;
  if (is_document)
    {
      qs_history_clear (self->history);
      qs_session_emit_all (self);
    }
  else
    qs_session_emit_changed (self, QS_CHANGED_SCALES);
  qs_session_set_settings (self, &settings);
  return TRUE;
}

static gboolean
session_take_histograms (QsSession  *self,
                         QsLoaded   *loaded,
                         GError    **error)
{
  g_autofree char *name = g_file_get_basename (loaded->file);

  if (!qs_workspace_add_histograms (&self->work, loaded->histograms, loaded->sources, error))
    {
      g_prefix_error (error, "%s: ", name);
      return FALSE;
    }

  qs_session_emit_changed (self, QS_CHANGED_SCALES);
  qs_session_emit_changed (self, QS_CHANGED_EVALUATIONS);
  return TRUE;
}

/* What becomes of a file's contents; samples are for the caller, who knows their use. */
static gboolean (*const takers[]) (QsSession  *self,
                                   QsLoaded   *loaded,
                                   GError    **error) = {
  [QS_FILE_MODEL] = session_take_model,
  [QS_FILE_CACHE] = session_take_cache,
  [QS_FILE_PLAN] = session_take_plan,
  [QS_FILE_DOCUMENT] = qs_session_take_document,
  [QS_FILE_GRAPH] = session_take_graph,
  [QS_FILE_PROFILE] = session_take_profile,
  [QS_FILE_HISTOGRAMS] = session_take_histograms,
};

gboolean
qs_session_take (QsSession  *self,
                 QsLoaded   *loaded,
                 GError    **error)
{
  return takers[loaded->kind] == NULL || takers[loaded->kind](self, loaded, error);
}

gboolean
qs_session_load_finish (QsSession     *self,
                        GAsyncResult  *result,
                        QsFileKind    *kind,
                        QsSamples    **samples,
                        GError       **error)
{
  g_autoptr (QsLoaded) loaded = g_task_propagate_pointer (G_TASK (result), error);

  if (loaded == NULL)
    return FALSE;

  *kind = loaded->kind;
  *samples = g_steal_pointer (&loaded->samples);
  return TRUE;
}

static void
live_histogram_cb (QsSession   *self,
                   const char  *tensor,
                   QsHistogram *histogram)
{
  qs_session_clear_live (self);
  self->live_name = g_strdup (tensor);
  self->live_histogram = qs_histogram_copy (histogram);
  qs_session_emit_changed (self, QS_CHANGED_LIVE);
}

gboolean
qs_session_can_build (QsSession *self)
{
  QsNetwork *network = qs_session_get_network (self);
  gboolean has_scales = self->work.calibration != NULL || self->work.histograms != NULL ||
                        qs_session_find_source (self, self->work.settings.source) != NULL ||
                        (network != NULL && qs_network_is_explicit (network));

  return network != NULL && !qs_session_is_busy (self) &&
         (has_scales || self->work.settings.int8 == QS_INT8_OFF);
}

/* What the engine's scales are without ranges set by hand. */
static void
session_keep_base (QsSession *self,
                   QsBuild   *build)
{
  QsScaleSource *source =
    qs_workspace_find_source (&self->work, qs_build_get_settings (build)->source);

  if (source != NULL && qs_build_get_settings (build)->int8 != QS_INT8_OFF)
    self->work.base_scales = qs_scale_table_ref (qs_scale_source_get_scales (source));
  qs_live_effect_set_subject (self->effect, NULL, NULL, NULL, 0);
}

static void
built_cb (GObject      *object,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  QsSession *self = g_task_get_source_object (task);
  g_autoptr (QsBuild) build = g_object_ref (QS_BUILD (object));
  GError *error = NULL;
  gboolean built = qs_build_run_finish (build, result, &error);

  qs_workspace_take_histograms (&self->work, build);
  if (built)
    {
      qs_workspace_take_engine (&self->work, qs_engine_ref (qs_build_get_engine (build)));
      session_keep_base (self, build);
      qs_workspace_set_times (&self->work, qs_build_get_times (build));
    }

  qs_session_end (self);
  qs_session_emit_changed (self, QS_CHANGED_SCALES);
  qs_session_mark_modified (self);
  if (built)
    {
      /* Ranges may have been edited while it was built. */
      if (qs_build_get_ranges (build) != qs_session_get_ranges (self))
        qs_session_rescale (self);
      qs_session_emit_changed (self, QS_CHANGED_ENGINE);
      qs_session_emit_changed (self, QS_CHANGED_SELECTION); /* its layers are other objects now */
      g_task_return_boolean (task, TRUE);
    }
  else
    g_task_return_error (task, error);
}

void
qs_session_build_async (QsSession           *self,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, qs_session_build_async);
  if (!qs_session_check_idle (self, task))
    return;

  g_return_if_fail (qs_session_get_network (self) != NULL);

  self->build = qs_build_new (self->work.model, qs_session_get_network (self), self->work.profile,
                              &self->work.settings);
  qs_build_set_samples (self->build, self->work.calibration);
  qs_build_set_histograms (self->build, self->work.histograms);
  qs_build_set_sources (self->build, self->work.sources);
  qs_build_set_ranges (self->build, qs_session_get_ranges (self));
  qs_build_set_watched (self->build, qs_session_get_watched (self));
  g_signal_connect_object (self->build, "histogram", G_CALLBACK (live_histogram_cb), self,
                           G_CONNECT_SWAPPED);
  qs_progress_set_phase (qs_build_get_progress (self->build), _("Preparing"));
  qs_session_begin (self, qs_build_get_progress (self->build));
  qs_build_run_async (self->build, built_cb, g_steal_pointer (&task));
}

gboolean
qs_session_build_finish (QsSession     *self,
                         GAsyncResult  *result,
                         GError       **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

gboolean
qs_session_can_compare (QsSession *self)
{
  return self->work.model != NULL && self->work.histograms != NULL && self->work.labelled != NULL &&
         !qs_session_is_busy (self);
}

static void
compared_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  QsSession *self = g_task_get_source_object (task);
  GError *error = NULL;
  GPtrArray *evaluations = qs_comparison_run_finish (result, &error);

  qs_session_end (self);
  if (evaluations == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  g_clear_pointer (&self->work.evaluations, g_ptr_array_unref);
  self->work.evaluations = evaluations;
  qs_session_emit_changed (self, QS_CHANGED_EVALUATIONS);
  g_task_return_boolean (task, TRUE);
}

void
qs_session_compare_async (QsSession           *self,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autoptr (QsProgress) progress = NULL;
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;

  g_task_set_source_tag (task, qs_session_compare_async);
  if (!qs_session_check_idle (self, task))
    return;

  g_return_if_fail (qs_session_can_compare (self));

  options.backend = qs_build_settings_get_backend (&self->work.settings);
  options.n_threads = self->work.settings.n_threads;
  options.int8 = self->work.settings.int8;
  options.fp16 = self->work.settings.fp16;
  options.ranges = qs_session_get_ranges (self);
  options.rounding = self->work.settings.rounding;
  options.emulate_tensorrt = self->work.settings.emulate_tensorrt;
  progress = qs_progress_new ();
  qs_progress_set_phase (progress, _("Comparing calibrators"));
  qs_session_begin (self, progress);
  qs_comparison_run_async (self->work.model, self->work.profile, self->work.histograms, self->work.labelled, &options,
                           progress, compared_cb, g_steal_pointer (&task));
}

gboolean
qs_session_compare_finish (QsSession     *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

gboolean
qs_session_can_study_order (QsSession *self)
{
  return self->work.model != NULL && self->work.calibration != NULL && !qs_session_is_busy (self);
}

static void
studied_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  QsSession *self = g_task_get_source_object (task);
  GError *error = NULL;
  QsOrderStudy *study = qs_order_run_finish (result, &error);

  qs_session_end (self);
  if (study == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  g_clear_pointer (&self->work.order_study, qs_order_study_unref);
  self->work.order_study = study;
  qs_session_emit_changed (self, QS_CHANGED_SCALES);
  g_task_return_boolean (task, TRUE);
}

void
qs_session_study_order_async (QsSession                 *self,
                              const QsOrderStudyOptions *options,
                              GAsyncReadyCallback        callback,
                              gpointer                   user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autoptr (QsProgress) progress = NULL;
  QsOrderStudyOptions full = *options;

  g_task_set_source_tag (task, qs_session_study_order_async);
  if (!qs_session_check_idle (self, task))
    return;

  g_return_if_fail (qs_session_can_study_order (self));

  full.run.backend = qs_build_settings_get_backend (&self->work.settings);
  full.run.n_threads = self->work.settings.n_threads;
  progress = qs_progress_new ();
  qs_progress_set_phase (progress, _("Studying the order of batches"));
  qs_session_begin (self, progress);
  qs_order_run_async (self->work.model, self->work.profile, self->work.calibration, &full, progress,
                      studied_cb, g_steal_pointer (&task));
}

gboolean
qs_session_study_order_finish (QsSession     *self,
                               GAsyncResult  *result,
                               GError       **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
