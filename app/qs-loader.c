/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-loader.h"

#include <glib/gi18n.h>

#include "calibration/qs-histogram-file.h"
#include "core/qs-error.h"
#include "qs-worker.h"

typedef struct
{
  GFile *file;
  QsProfile *profile;
  QsNetwork *network;
} QsLoadRequest;

static void
load_request_free (gpointer data)
{
  QsLoadRequest *request = data;

  g_object_unref (request->file);
  qs_profile_free (request->profile);
  g_clear_pointer (&request->network, qs_network_unref);
  g_free (request);
}

void
qs_loaded_free (QsLoaded *self)
{
  g_clear_object (&self->file);
  g_clear_pointer (&self->model, qs_model_unref);
  g_clear_pointer (&self->import, qs_import_free);
  g_clear_pointer (&self->samples, qs_samples_unref);
  g_clear_pointer (&self->cache, qs_scale_file_unref);
  g_clear_pointer (&self->histograms, qs_histogram_set_unref);
  g_clear_pointer (&self->sources, g_ptr_array_unref);
  g_clear_pointer (&self->engine, qs_engine_unref);
  g_clear_pointer (&self->graph, qs_trex_graph_unref);
  g_clear_pointer (&self->graph_network, qs_network_unref);
  g_free (self);
}

static gboolean
load_unknown (QsLoaded         *self,
              const QsProfile  *profile,
              GError          **error)
{
  g_autofree char *name = g_file_get_basename (self->file);

  g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
               _("“%s” is not a model, calibration set, calibration cache, engine plan, graph or file "
                 "of histograms"),
               name);
  return FALSE;
}

static gboolean
load_model (QsLoaded         *self,
            const QsProfile  *profile,
            GError          **error)
{
  self->model = qs_model_load_file (self->file, error);
  if (self->model == NULL)
    return FALSE;

  self->import = qs_import_run (self->model, profile, error);
  return self->import != NULL;
}

static gboolean
load_samples (QsLoaded         *self,
              const QsProfile  *profile,
              GError          **error)
{
  self->samples = qs_samples_open (self->file, error);
  return self->samples != NULL;
}

static gboolean
load_cache (QsLoaded         *self,
            const QsProfile  *profile,
            GError          **error)
{
  self->cache = qs_scale_file_load (self->file, NULL, error);
  return self->cache != NULL;
}

static gboolean
load_histograms (QsLoaded         *self,
                 const QsProfile  *profile,
                 GError          **error)
{
  self->histograms = qs_histogram_set_load (self->file, error);
  if (self->histograms == NULL)
    return FALSE;

  self->sources = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_scale_source_unref);
  for (guint i = 0; i < qs_calibrator_get_n (); i++)
    g_ptr_array_add (self->sources, qs_scale_source_new_calibrator (qs_calibrator_get (i),
                                                                    self->histograms,
                                                                    QS_BEFORE_FUSION_DEFAULT));
  return TRUE;
}

static gboolean
load_plan (QsLoaded         *self,
           const QsProfile  *profile,
           GError          **error)
{
  self->engine = qs_engine_load (self->file, error);
  return self->engine != NULL;
}

static gboolean
load_graph (QsLoaded         *self,
            const QsProfile  *profile,
            GError          **error)
{
  self->graph = qs_trex_graph_load (self->file, error);
  if (self->graph == NULL)
    return FALSE;

  self->graph_network = qs_trex_graph_make_network (self->graph, error);
  return self->graph_network != NULL;
}

/* It is read when it is known which graph it belongs to. */
static gboolean
load_profile (QsLoaded         *self,
              const QsProfile  *profile,
              GError          **error)
{
  return TRUE;
}

static gboolean (*const loaders[]) (QsLoaded         *self,
                                    const QsProfile  *profile,
                                    GError          **error) = {
  [QS_FILE_UNKNOWN] = load_unknown,
  [QS_FILE_MODEL] = load_model,
  [QS_FILE_SAMPLES] = load_samples,
  [QS_FILE_CACHE] = load_cache,
  [QS_FILE_PLAN] = load_plan,
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
  if (self->samples == NULL || network == NULL)
    return TRUE;

  qs_samples_suggest_images (self->samples);
  return qs_samples_fit (self->samples, network->inputs, error);
}

static void
loader_run (GTask *task)
{
  QsLoadRequest *request = g_task_get_task_data (task);
  g_autoptr (QsLoaded) loaded = g_new0 (QsLoaded, 1);
  g_autoptr (GError) error = NULL;

  loaded->file = g_object_ref (request->file);
  if (!qs_file_kind_query (request->file, &loaded->kind, &error) ||
      !loaders[loaded->kind](loaded, request->profile, &error) ||
      !fit_samples (loaded, request->network, &error))
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, g_steal_pointer (&loaded), (GDestroyNotify) qs_loaded_free);
}

void
qs_loader_load_async (GFile               *file,
                      const QsProfile     *profile,
                      QsNetwork           *network,
                      QsProgress          *progress,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  QsLoadRequest *request = g_new0 (QsLoadRequest, 1);
  g_autoptr (GTask) task = NULL;

  request->file = g_object_ref (file);
  request->profile = qs_profile_copy (profile);
  request->network = network != NULL ? qs_network_ref (network) : NULL;
  task = g_task_new (NULL, qs_progress_get_cancellable (progress), callback, user_data);
  g_task_set_source_tag (task, qs_loader_load_async);
  g_task_set_task_data (task, request, load_request_free);
  qs_worker_run (task, loader_run);
}

QsLoaded *
qs_loader_load_finish (GAsyncResult  *result,
                       GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
