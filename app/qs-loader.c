/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-loader.h"

#include <glib/gi18n.h>

#include "builder/qs-manual-scales.h"
#include "calibration/qs-histogram-file.h"
#include "core/qs-error.h"
#include "qs-dimension-store.h"
#include "qs-worker.h"

typedef struct
{
  GFile *file;
  GFile *data_folder;    /* (nullable) */
  QsNetwork *network;    /* (nullable): what samples have to fit */
  QsModel *model;        /* (nullable): read already */
  GPtrArray *dimensions; /* (nullable): chosen for it */
} QsLoadRequest;

static void
load_request_free (gpointer data)
{
  QsLoadRequest *request = data;

  g_object_unref (request->file);
  g_clear_object (&request->data_folder);
  g_clear_pointer (&request->network, qs_network_unref);
  g_clear_pointer (&request->model, qs_model_unref);
  g_clear_pointer (&request->dimensions, g_ptr_array_unref);
  g_free (request);
}

void
qs_loaded_free (QsLoaded *self)
{
  g_clear_object (&self->file);
  g_clear_pointer (&self->model, qs_model_unref);
  g_clear_pointer (&self->import, qs_import_free);
  g_clear_pointer (&self->dimensions, g_ptr_array_unref);
  g_clear_pointer (&self->profile, qs_profile_free);
  g_clear_error (&self->error);
  g_free (self->missing_data);
  g_clear_pointer (&self->samples, qs_samples_unref);
  g_clear_pointer (&self->cache, qs_scale_file_unref);
  g_clear_pointer (&self->histograms, qs_histogram_set_unref);
  g_clear_pointer (&self->sources, g_ptr_array_unref);
  g_clear_pointer (&self->engine, qs_engine_unref);
  g_clear_pointer (&self->document, qs_document_free);
  g_clear_pointer (&self->labelled, qs_samples_unref);
  g_free (self->missing);
  g_clear_pointer (&self->graph, qs_trex_graph_unref);
  g_clear_pointer (&self->graph_network, qs_network_unref);
  g_free (self);
}

QsLoaded *
qs_loaded_steal (QsLoaded *self)
{
  QsLoaded *stolen = g_memdup2 (self, sizeof *self);

  *self = (QsLoaded) { .kind = stolen->kind };
  return stolen;
}

static gboolean
load_unknown (QsLoaded             *self,
              const QsLoadRequest  *request,
              GError              **error)
{
  g_autofree char *name = g_file_get_basename (self->file);

  g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
               _("“%s” is not a model, calibration set, calibration cache, engine plan, graph or file "
                 "of histograms"),
               name);
  return FALSE;
}

static gboolean
import_model (QsLoaded  *self,
              GError   **error)
{
  self->profile = qs_profile_new ();
  qs_dimensions_apply (self->dimensions, self->model, self->profile);
  if (!qs_profile_check (self->profile, self->model, error))
    return FALSE;

  self->import = qs_import_run (self->model, self->profile, error);
  return self->import != NULL;
}

/* With the sizes that were chosen for the model, or usual ones. */
static gboolean
import_kept (QsLoaded  *self,
             GError   **error)
{
  g_autofree char *kept = qs_dimension_store_lookup (qs_model_get_checksum (self->model));

  self->dimensions = qs_dimensions_find (self->model);
  if (kept != NULL)
    qs_dimensions_parse (self->dimensions, kept);
  return import_model (self, error);
}

/* A model whose dimensions nobody has chosen yet waits for them. */
static gboolean
load_model (QsLoaded             *self,
            const QsLoadRequest  *request,
            GError              **error)
{
  g_autofree char *kept = NULL;

  self->model = qs_model_load_file_full (self->file, request->data_folder, &self->missing_data,
                                         error);
  if (self->model == NULL)
    return FALSE;

  self->dimensions = qs_dimensions_find (self->model);
  kept = qs_dimension_store_lookup (qs_model_get_checksum (self->model));
  if (self->dimensions->len > 0 &&
      (kept == NULL || !qs_dimensions_parse (self->dimensions, kept)))
    return TRUE;

  return import_model (self, error);
}

static gboolean
load_samples (QsLoaded             *self,
              const QsLoadRequest  *request,
              GError              **error)
{
  self->samples = qs_samples_open (self->file, error);
  return self->samples != NULL;
}

static gboolean
load_cache (QsLoaded             *self,
            const QsLoadRequest  *request,
            GError              **error)
{
  self->cache = qs_scale_file_load (self->file, NULL, error);
  return self->cache != NULL;
}

static void compute_sources (QsLoaded *self);

static gboolean
load_histograms (QsLoaded             *self,
                 const QsLoadRequest  *request,
                 GError              **error)
{
  self->histograms = qs_histogram_set_load (self->file, error);
  if (self->histograms == NULL)
    return FALSE;

  compute_sources (self);
  return TRUE;
}

static void
compute_sources (QsLoaded *self)
{
  QsBeforeFusion before_fusion =
    self->document != NULL ? self->document->before_fusion : QS_BEFORE_FUSION_DEFAULT;

  self->sources = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_scale_source_unref);
  for (guint i = 0; self->histograms != NULL && i < qs_calibrator_get_n (); i++)
    g_ptr_array_add (self->sources, qs_scale_source_new_calibrator (qs_calibrator_get (i),
                                                                    self->histograms,
                                                                    before_fusion));
}

/* Samples may stay behind when a document travels: it opens without them. */
static QsSamples *
open_set (QsLoaded            *self,
          const QsDocumentSet *set)
{
  g_autoptr (GFile) file = set->path != NULL ? qs_document_resolve (set->path, self->file) : NULL;
  g_autoptr (GError) error = NULL;
  QsSamples *samples = file != NULL ? qs_samples_open (file, &error) : NULL;

  if (samples != NULL)
    qs_samples_set_recipe (samples, &set->recipe);
  else if (file != NULL)
    {
      g_free (self->missing);
      self->missing = g_strdup_printf ("%s: %s", set->path, error->message);
    }
  return samples;
}

static gboolean
check_ranges (QsLoaded  *self,
              GError   **error)
{
  QsNetwork *network = qs_import_get_network (self->import);
  QsDynamicRanges *ranges = self->document->ranges;

  for (guint i = 0; ranges != NULL && network != NULL && i < qs_dynamic_ranges_get_n (ranges); i++)
    if (!qs_manual_scales_check (network, qs_dynamic_ranges_get_name (ranges, i), error))
      return FALSE;

  return TRUE;
}

static gboolean
load_document (QsLoaded             *self,
               const QsLoadRequest  *request,
               GError              **error)
{
  g_autofree char *name = g_file_get_basename (self->file);

  self->document = qs_document_load (self->file, error);
  if (self->document == NULL)
    return FALSE;

  self->model = qs_document_open_model (self->document, self->file, error);
  if (self->model == NULL || !import_kept (self, error) || !check_ranges (self, error))
    {
      g_prefix_error (error, "%s: ", name);
      return FALSE;
    }

  self->histograms = g_steal_pointer (&self->document->histograms);
  compute_sources (self);
  self->samples = open_set (self, &self->document->calibration);
  self->labelled = open_set (self, &self->document->labelled);
  return TRUE;
}

static gboolean
load_plan (QsLoaded         *self,
           const QsLoadRequest  *request,
           GError              **error)
{
  self->engine = qs_engine_load (self->file, error);
  return self->engine != NULL;
}

static gboolean
load_graph (QsLoaded             *self,
            const QsLoadRequest  *request,
            GError              **error)
{
  self->graph = qs_trex_graph_load (self->file, error);
  if (self->graph == NULL)
    return FALSE;

  self->graph_network = qs_trex_graph_make_network (self->graph, error);
  return self->graph_network != NULL;
}

/* It is read when it is known which graph it belongs to. */
static gboolean
load_profile (QsLoaded             *self,
              const QsLoadRequest  *request,
              GError              **error)
{
  return TRUE;
}

static gboolean (*const loaders[]) (QsLoaded             *self,
                                    const QsLoadRequest  *request,
                                    GError              **error) = {
  [QS_FILE_UNKNOWN] = load_unknown,
  [QS_FILE_MODEL] = load_model,
  [QS_FILE_SAMPLES] = load_samples,
  [QS_FILE_CACHE] = load_cache,
  [QS_FILE_PLAN] = load_plan,
  [QS_FILE_DOCUMENT] = load_document,
  [QS_FILE_GRAPH] = load_graph,
  [QS_FILE_PROFILE] = load_profile,
  [QS_FILE_HISTOGRAMS] = load_histograms,
};

/* What a sample is depends on the network; without one there is nothing to be said yet. */
static gboolean
fit_samples (QsLoaded   *self,
             QsNetwork  *network,
             GError    **error)
{
  if (self->samples == NULL)
    return TRUE;

  qs_samples_suggest_images (self->samples);
  return network == NULL || qs_samples_fit (self->samples, network->inputs, error);
}

/* Weights that are not there are a question, which the name of their file belongs to. */
static QsLoaded *
wait_for_data (QsLoaded *loaded,
               GError   *error)
{
  loaded->error = error;
  return loaded;
}

static void
loader_run (GTask *task)
{
  QsLoadRequest *request = g_task_get_task_data (task);
  g_autoptr (QsLoaded) loaded = g_new0 (QsLoaded, 1);
  g_autoptr (GError) error = NULL;

  loaded->file = g_object_ref (request->file);
  if (qs_file_kind_query (request->file, &loaded->kind, &error) &&
      loaders[loaded->kind](loaded, request, &error) &&
      fit_samples (loaded, request->network, &error))
    g_task_return_pointer (task, g_steal_pointer (&loaded), (GDestroyNotify) qs_loaded_free);
  else if (loaded->missing_data != NULL)
    g_task_return_pointer (task, wait_for_data (g_steal_pointer (&loaded), g_steal_pointer (&error)),
                           (GDestroyNotify) qs_loaded_free);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
import_run (GTask *task)
{
  QsLoadRequest *request = g_task_get_task_data (task);
  g_autoptr (QsLoaded) loaded = g_new0 (QsLoaded, 1);
  g_autofree char *text = qs_dimensions_print (request->dimensions);
  GError *error = NULL;

  loaded->kind = QS_FILE_MODEL;
  loaded->file = g_object_ref (request->file);
  loaded->model = qs_model_ref (request->model);
  loaded->dimensions = qs_dimensions_copy (request->dimensions);
  if (!import_model (loaded, &error) ||
      (qs_import_get_network (loaded->import) != NULL &&
       !qs_import_check_range (loaded->model, loaded->profile, &error)))
    {
      g_task_return_error (task, error);
      return;
    }

  qs_dimension_store_keep (qs_model_get_checksum (loaded->model), text);
  g_task_return_pointer (task, g_steal_pointer (&loaded), (GDestroyNotify) qs_loaded_free);
}

static void
run_request (QsLoadRequest       *request,
             QsWorkerFunc         func,
             QsProgress          *progress,
             GAsyncReadyCallback  callback,
             gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, qs_progress_get_cancellable (progress), callback,
                                       user_data);

  g_task_set_source_tag (task, run_request);
  g_task_set_task_data (task, request, load_request_free);
  qs_worker_run (task, func);
}

void
qs_loader_load_async (GFile               *file,
                      GFile               *data_folder,
                      QsNetwork           *network,
                      QsProgress          *progress,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  QsLoadRequest *request = g_new0 (QsLoadRequest, 1);

  request->file = g_object_ref (file);
  request->data_folder = data_folder == NULL ? NULL : g_object_ref (data_folder);
  request->network = network == NULL ? NULL : qs_network_ref (network);
  run_request (request, loader_run, progress, callback, user_data);
}

void
qs_loader_import_async (GFile               *file,
                        QsModel             *model,
                        GPtrArray           *dimensions,
                        QsProgress          *progress,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  QsLoadRequest *request = g_new0 (QsLoadRequest, 1);

  request->file = g_object_ref (file);
  request->model = qs_model_ref (model);
  request->dimensions = qs_dimensions_copy (dimensions);
  run_request (request, import_run, progress, callback, user_data);
}

QsLoaded *
qs_loader_load_finish (GAsyncResult  *result,
                       GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
