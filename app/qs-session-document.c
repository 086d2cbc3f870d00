/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-session-private.h"

#include "qs-worker.h"

/* A session as a document: written to a file, and taken from one. */

static void
describe_set (QsDocumentSet *set,
              QsSamples     *samples,
              GFile         *file)
{
  GFile *source = samples != NULL ? qs_samples_get_file (samples) : NULL;

  if (source == NULL)
    return;
  set->path = qs_document_dup_path (source, file);
  set->recipe = *qs_samples_get_recipe (samples);
}

/* Everything is shared or copied, so that the engine's thread can write it. */
static QsDocument *
make_document (QsSession *self,
               GFile     *file)
{
  QsDocument *document = qs_document_new ();
  const QsBuildSettings *settings = &self->work.settings;
  QsScaleSource *cache = qs_workspace_find_source (&self->work, QS_SCALE_SOURCE_CACHE);

  describe_set (&document->calibration, self->work.calibration, file);
  describe_set (&document->labelled, self->work.labelled, file);
  if (cache != NULL)
    {
      document->cache_name = g_strdup (qs_scale_source_get_name (cache));
      document->cache = qs_scale_table_ref (qs_scale_source_get_scales (cache));
    }
  if (self->work.histograms != NULL)
    document->histograms = qs_histogram_set_ref (self->work.histograms);
  document->ranges = qs_dynamic_ranges_ref (qs_session_get_ranges (self));
  for (guint i = 0; i < self->work.advice->len; i++)
    g_ptr_array_add (document->edits, qs_lint_copy (g_ptr_array_index (self->work.advice, i)));
  if (self->work.built != NULL)
    document->engine = qs_engine_ref (self->work.built);
  document->source = g_strdup (settings->source);
  document->backend = g_strdup (qs_build_settings_get_device (settings));
  document->int8 = settings->int8;
  document->fp16 = settings->fp16;
  document->rounding = (int) settings->rounding;
  document->emulate_tensorrt = settings->emulate_tensorrt;
  document->before_fusion = settings->before_fusion;
  document->n_threads = settings->n_threads;
  document->calibration_batch = settings->calibration_batch;
  return document;
}

typedef struct
{
  QsDocument *document;
  QsModel *model;
  GFile *file;
  QsDynamicRanges *ranges; /* that are saved */
} Save;

static void
save_free (gpointer data)
{
  Save *save = data;

  qs_document_free (save->document);
  qs_model_unref (save->model);
  qs_dynamic_ranges_unref (save->ranges);
  g_object_unref (save->file);
  g_free (save);
}

static void
save_run (GTask *task)
{
  Save *save = g_task_get_task_data (task);
  GError *error = NULL;

  qs_document_set_model (save->document, save->model, save->file);
  if (qs_document_save (save->document, save->file, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

gboolean
qs_session_can_save (QsSession *self)
{
  return self->work.model != NULL;
}

void
qs_session_save_async (QsSession           *self,
                       GFile               *file,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  Save *save = g_new0 (Save, 1);

  g_return_if_fail (qs_session_can_save (self));

  save->document = make_document (self, file);
  save->model = qs_model_ref (self->work.model);
  save->file = g_object_ref (file);
  save->ranges = qs_dynamic_ranges_ref (qs_session_get_ranges (self));
  g_task_set_source_tag (task, qs_session_save_async);
  g_task_set_task_data (task, save, save_free);
  qs_worker_run (task, save_run);
}

gboolean
qs_session_save_finish (QsSession     *self,
                        GAsyncResult  *result,
                        GError       **error)
{
  Save *save = g_task_get_task_data (G_TASK (result));

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;

  g_set_object (&self->work.document, save->file);
  g_set_object (&self->work.file, save->file);
  self->work.is_modified = save->ranges != qs_session_get_ranges (self);
  qs_session_emit_changed (self, QS_CHANGED_MODIFIED);
  return TRUE;
}

GFile *
qs_session_get_document (QsSession *self)
{
  return self->work.document;
}

gboolean
qs_session_is_modified (QsSession *self)
{
  return self->work.is_modified && qs_session_can_save (self);
}

const char *
qs_session_get_missing (QsSession *self)
{
  return self->work.missing;
}

static void
take_settings (QsSession        *self,
               const QsDocument *document)
{
  QsBuildSettings *settings = &self->work.settings;

  if (document->source != NULL && qs_workspace_find_source (&self->work, document->source) != NULL)
    settings->source = g_intern_string (document->source);
  qs_build_settings_set_device (settings, document->backend);
  settings->int8 = document->int8;
  settings->fp16 = document->fp16;
  settings->rounding = (QsRoundingMode) document->rounding;
  settings->emulate_tensorrt = document->emulate_tensorrt;
  settings->before_fusion = document->before_fusion;
  settings->n_threads = (guint) document->n_threads;
  settings->calibration_batch = document->calibration_batch;
}

static void
take_sources (QsSession        *self,
              QsLoaded         *loaded,
              const QsDocument *document)
{
  self->work.histograms = g_steal_pointer (&loaded->histograms);
  g_ptr_array_unref (self->work.sources);
  self->work.sources = g_steal_pointer (&loaded->sources);
  if (document->cache != NULL)
    g_ptr_array_add (self->work.sources,
                     qs_scale_source_new_cache (document->cache_name != NULL ? document->cache_name
                                                                             : "", document->cache));
}

/* The engine as it was built, and the ranges that were set since then or before. */
static void
take_engine (QsSession  *self,
             QsDocument *document)
{
  QsScaleSource *source = qs_workspace_find_source (&self->work, self->work.settings.source);

  qs_range_history_reset (self->work.ranges, document->ranges);
  if (document->engine == NULL)
    return;

  qs_workspace_take_engine (&self->work, g_steal_pointer (&document->engine));
  if (source != NULL && qs_engine_get_scales (self->work.built) != NULL)
    self->work.base_scales = qs_scale_table_ref (qs_scale_source_get_scales (source));
}

/* Whether the model's network can be changed as it was; the document is of another one otherwise. */
static gboolean
check_edits (QsLoaded  *loaded,
             GError   **error)
{
  QsNetwork *network = loaded->import != NULL ? qs_import_get_network (loaded->import) : NULL;
  g_autoptr (QsNetwork) edited = NULL;

  if (network == NULL || loaded->document->edits->len == 0)
    return TRUE;

  edited = qs_lint_fix_all (network, loaded->document->edits, error);
  g_prefix_error (error, "the edits of the network: ");
  return edited != NULL;
}

static void
take_edits (QsSession        *self,
            const QsDocument *document)
{
  for (guint i = 0; qs_workspace_get_network (&self->work) != NULL && i < document->edits->len; i++)
    qs_workspace_add_edit (&self->work, g_ptr_array_index (document->edits, i), NULL);
}

gboolean
qs_session_take_document (QsSession  *self,
                          QsLoaded   *loaded,
                          GError    **error)
{
  if (!check_edits (loaded, error))
    return FALSE;

  qs_session_drop_document (self);
  self->work.model = g_steal_pointer (&loaded->model);
  self->work.import = g_steal_pointer (&loaded->import);
  self->work.dimensions = g_steal_pointer (&loaded->dimensions);
  qs_profile_free (self->work.profile);
  self->work.profile = g_steal_pointer (&loaded->profile);
  self->work.calibration = g_steal_pointer (&loaded->samples);
  self->work.labelled = g_steal_pointer (&loaded->labelled);
  self->work.missing = g_steal_pointer (&loaded->missing);
  self->work.file = g_object_ref (loaded->file);
  self->work.document = g_object_ref (loaded->file);
  take_edits (self, loaded->document);
  take_sources (self, loaded, loaded->document);
  take_settings (self, loaded->document);
  take_engine (self, loaded->document);
  qs_session_rescale (self);
  qs_session_emit_all (self);
  qs_session_emit_changed (self, QS_CHANGED_SETTINGS);
  return TRUE;
}
