/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-session.h"

#include <glib/gi18n.h>

#include "core/qs-error.h"
#include "qs-comparison.h"

struct _QsSession
{
  GObject parent_instance;

  QsModel *model;
  QsImport *import;
  QsProfile *profile;
  QsEngine *engine;
  char *engine_source;
  double engine_ms;    /* negative while it is not known */
  GArray *layer_ms;    /* (element-type double) (nullable) */
  GFile *file;

  QsSamples *calibration;
  QsSamples *labelled;
  QsHistogramSet *histograms;
  GPtrArray *sources;
  GPtrArray *evaluations;
  QsBuildSettings settings;

  QsHistory *history;

  QsProgress *progress;
  QsBuild *build; /* while it runs */
  char *live_name;
  QsHistogram *live_histogram;
};

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (QsSession, qs_session, G_TYPE_OBJECT)

static void
session_changed (QsSession  *self,
                 const char *what)
{
  g_signal_emit (self, signals[SIGNAL_CHANGED], g_quark_from_string (what));
}

static void
session_all_changed (QsSession *self)
{
  static const char *const changes[] = {
    QS_CHANGED_MODEL, QS_CHANGED_SAMPLES, QS_CHANGED_SCALES, QS_CHANGED_EVALUATIONS,
    QS_CHANGED_ENGINE, QS_CHANGED_SELECTION,
  };

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    session_changed (self, changes[i]);
}

static GPtrArray *
session_new_sources (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) qs_scale_source_unref);
}

static void
session_clear_live (QsSession *self)
{
  g_clear_pointer (&self->live_name, g_free);
  g_clear_pointer (&self->live_histogram, qs_histogram_free);
}

static void
session_begin (QsSession  *self,
               QsProgress *progress)
{
  g_set_object (&self->progress, progress);
  session_changed (self, QS_CHANGED_PROGRESS);
}

static void
session_end (QsSession *self)
{
  g_clear_object (&self->build);
  session_clear_live (self);
  g_clear_object (&self->progress);
  session_changed (self, QS_CHANGED_PROGRESS);
}

/* The set that a run is over, without those of caches. */
static void
session_drop_histograms (QsSession *self)
{
  g_clear_pointer (&self->histograms, qs_histogram_set_unref);
  g_clear_pointer (&self->evaluations, g_ptr_array_unref);

  for (guint i = self->sources->len; i-- > 0;)
    if (qs_scale_source_get_calibrator (g_ptr_array_index (self->sources, i)) != NULL)
      g_ptr_array_remove_index (self->sources, i);
}

static void
session_drop_engine (QsSession *self)
{
  g_clear_pointer (&self->engine, qs_engine_unref);
  g_clear_pointer (&self->engine_source, g_free);
  g_clear_pointer (&self->layer_ms, g_array_unref);
  self->engine_ms = -1.0;
}

static void
session_drop_document (QsSession *self)
{
  session_drop_histograms (self);
  g_ptr_array_set_size (self->sources, 0);
  g_clear_pointer (&self->model, qs_model_unref);
  g_clear_pointer (&self->import, qs_import_free);
  session_drop_engine (self);
  g_clear_pointer (&self->calibration, qs_samples_unref);
  g_clear_pointer (&self->labelled, qs_samples_unref);
  g_clear_object (&self->file);
  qs_history_clear (self->history);
}

QsModel *
qs_session_get_model (QsSession *self)
{
  return self->model;
}

QsImport *
qs_session_get_import (QsSession *self)
{
  return self->import;
}

QsNetwork *
qs_session_get_network (QsSession *self)
{
  return self->import == NULL ? NULL : qs_import_get_network (self->import);
}

QsNetwork *
qs_session_get_shown_network (QsSession *self)
{
  return self->engine != NULL ? qs_engine_get_network (self->engine)
                              : qs_session_get_network (self);
}

QsEngine *
qs_session_get_engine (QsSession *self)
{
  return self->engine;
}

const QsEngineLayer *
qs_session_get_engine_layer (QsSession     *self,
                             const QsLayer *layer)
{
  return self->engine == NULL ? NULL : qs_engine_get_layer (self->engine, layer->id);
}

void
qs_session_count_layers (QsSession *self,
                         guint     *n_int8,
                         guint     *n_layers)
{
  QsNetwork *network = qs_session_get_shown_network (self);
  guint n = network == NULL ? 0 : network->layers->len;

  *n_int8 = *n_layers = 0;
  for (guint i = 0; i < n; i++)
    {
      QsLayer *layer = network->layers->pdata[i];

      if (layer->klass->kind == QS_LAYER_REFORMAT)
        continue;
      (*n_layers)++;
      if (self->engine != NULL && layer->precision == QS_PRECISION_INT8)
        (*n_int8)++;
    }
}

double
qs_session_get_time (QsSession     *self,
                     const QsLayer *layer)
{
  if (layer == NULL)
    return self->engine_ms;
  if (self->layer_ms == NULL || layer->id >= self->layer_ms->len)
    return -1.0;

  return g_array_index (self->layer_ms, double, layer->id);
}

const char *
qs_session_get_engine_source (QsSession *self)
{
  return self->engine_source;
}

char *
qs_session_dup_title (QsSession *self)
{
  return self->file == NULL ? NULL : g_file_get_basename (self->file);
}

gboolean
qs_session_is_empty (QsSession *self)
{
  return self->model == NULL && self->engine == NULL;
}

QsSamples *
qs_session_get_calibration (QsSession *self)
{
  return self->calibration;
}

void
qs_session_set_calibration (QsSession *self,
                            QsSamples *samples)
{
  qs_samples_ref (samples);
  g_clear_pointer (&self->calibration, qs_samples_unref);
  self->calibration = samples;
  session_drop_histograms (self);
  session_changed (self, QS_CHANGED_SAMPLES);
  session_changed (self, QS_CHANGED_SCALES);
  session_changed (self, QS_CHANGED_EVALUATIONS);
}

QsSamples *
qs_session_get_labelled (QsSession *self)
{
  return self->labelled;
}

void
qs_session_set_labelled (QsSession *self,
                         QsSamples *samples)
{
  qs_samples_ref (samples);
  g_clear_pointer (&self->labelled, qs_samples_unref);
  self->labelled = samples;
  g_clear_pointer (&self->evaluations, g_ptr_array_unref);
  session_changed (self, QS_CHANGED_SAMPLES);
  session_changed (self, QS_CHANGED_EVALUATIONS);
}

QsHistogramSet *
qs_session_get_histograms (QsSession *self)
{
  return self->histograms;
}

QsHistogram *
qs_session_get_histogram (QsSession  *self,
                          const char *tensor)
{
  if (g_strcmp0 (self->live_name, tensor) == 0)
    return self->live_histogram;

  return self->histograms == NULL ? NULL : qs_histogram_set_lookup (self->histograms, tensor);
}

GPtrArray *
qs_session_get_sources (QsSession *self)
{
  return self->sources;
}

QsScaleSource *
qs_session_find_source (QsSession  *self,
                        const char *id)
{
  for (guint i = 0; i < self->sources->len; i++)
    {
      QsScaleSource *source = g_ptr_array_index (self->sources, i);

      if (g_strcmp0 (qs_scale_source_get_id (source), id) == 0)
        return source;
    }

  return NULL;
}

GPtrArray *
qs_session_get_evaluations (QsSession *self)
{
  return self->evaluations;
}

const QsBuildSettings *
qs_session_get_settings (QsSession *self)
{
  return &self->settings;
}

void
qs_session_set_settings (QsSession             *self,
                         const QsBuildSettings *settings)
{
  self->settings = *settings;
  self->settings.source = g_intern_string (settings->source);
  session_changed (self, QS_CHANGED_SETTINGS);
}

/* Selection */

QsSelectionKind
qs_session_get_selection_kind (QsSession *self)
{
  return qs_history_get_kind (self->history);
}

const char *
qs_session_get_selection_name (QsSession *self)
{
  return qs_history_get_name (self->history);
}

static gboolean
layer_contains_node (QsLayer    *layer,
                     const char *name)
{
  for (guint i = 0; i < layer->origins->len; i++)
    if (g_strcmp0 (((QsOrigin *) g_ptr_array_index (layer->origins, i))->name, name) == 0)
      return TRUE;

  return FALSE;
}

/* A selected layer may have gone into a fused one, or have come out of one, since it was selected:
 * the layers that carry out the same ONNX node stand for each other. */
static QsLayer *
session_find_layer (QsSession  *self,
                    const char *name)
{
  QsNetwork *network = qs_session_get_shown_network (self);
  QsLayer *layer;

  if (network == NULL || name == NULL)
    return NULL;

  layer = qs_network_find_layer (network, name);
  for (guint i = 0; layer == NULL && i < network->layers->len; i++)
    if (layer_contains_node (g_ptr_array_index (network->layers, i), name))
      layer = g_ptr_array_index (network->layers, i);

  return layer;
}

QsLayer *
qs_session_get_selected_layer (QsSession *self)
{
  if (qs_session_get_selection_kind (self) != QS_SELECTION_LAYER)
    return NULL;

  return session_find_layer (self, qs_session_get_selection_name (self));
}

QsTensor *
qs_session_find_tensor (QsSession  *self,
                        const char *name)
{
  QsNetwork *shown = qs_session_get_shown_network (self);
  QsNetwork *network = qs_session_get_network (self);
  QsTensor *tensor = NULL;

  if (name == NULL)
    return NULL;
  if (shown != NULL)
    tensor = qs_network_find_tensor (shown, name);
  if (tensor == NULL && network != NULL)
    tensor = qs_network_find_tensor (network, name);
  return tensor;
}

QsTensor *
qs_session_get_selected_tensor (QsSession *self)
{
  if (qs_session_get_selection_kind (self) != QS_SELECTION_TENSOR)
    return NULL;

  return qs_session_find_tensor (self, qs_session_get_selection_name (self));
}

/* The tensor whose histogram the inspector shows. */
static const char *
session_get_watched (QsSession *self)
{
  QsLayer *layer = qs_session_get_selected_layer (self);
  QsTensor *output = layer == NULL ? NULL : qs_layer_get_output (layer, 0);

  if (qs_session_get_selection_kind (self) == QS_SELECTION_TENSOR)
    return qs_session_get_selection_name (self);
  return output == NULL ? NULL : output->name;
}

static void
session_selection_changed (QsSession *self)
{
  if (self->build != NULL)
    qs_build_set_watched (self->build, session_get_watched (self));
  session_changed (self, QS_CHANGED_SELECTION);
}

/**
 * qs_session_select:
 * @name: (nullable): the layer's or tensor's name
 *
 * Selects it in every view.
 */
void
qs_session_select (QsSession       *self,
                   QsSelectionKind  kind,
                   const char      *name)
{
  if (qs_history_visit (self->history, kind, name))
    session_selection_changed (self);
}

gboolean
qs_session_can_step (QsSession *self,
                     int        by)
{
  return qs_history_can_step (self->history, by);
}

void
qs_session_step (QsSession *self,
                 int        by)
{
  if (qs_history_step (self->history, by))
    session_selection_changed (self);
}

/* Work */

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

static gboolean
session_check_idle (QsSession *self,
                    GTask     *task)
{
  if (!qs_session_is_busy (self))
    return TRUE;

  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_BUSY,
                           _("Wait for the work under way, or cancel it"));
  return FALSE;
}

static void
session_take_model (QsSession *self,
                    QsLoaded  *loaded)
{
  session_drop_document (self);
  self->model = g_steal_pointer (&loaded->model);
  self->import = g_steal_pointer (&loaded->import);
  self->file = g_object_ref (loaded->file);
  session_all_changed (self);
}

static void
session_take_engine (QsSession *self,
                     QsEngine  *engine)
{
  QsScaleTable *scales = qs_engine_get_scales (engine);

  session_drop_engine (self);
  self->engine = engine;
  self->engine_source = g_strdup (scales == NULL ? NULL : qs_scale_table_get_source (scales));
}

static void
session_take_plan (QsSession *self,
                   QsLoaded  *loaded)
{
  QsScaleTable *scales;
  g_autofree char *name = g_file_get_basename (loaded->file);

  session_drop_document (self);
  session_take_engine (self, g_steal_pointer (&loaded->engine));
  self->file = g_object_ref (loaded->file);

  scales = qs_engine_get_scales (self->engine);
  if (scales != NULL)
    g_ptr_array_add (self->sources, qs_scale_source_new_cache (name, scales));
  session_all_changed (self);
}

static gboolean
session_take_cache (QsSession  *self,
                    QsLoaded   *loaded,
                    GError    **error)
{
  QsScaleTable *scales = qs_calibration_cache_get_scales (loaded->cache);
  g_autofree char *name = g_file_get_basename (loaded->file);
  QsNetwork *network = qs_session_get_network (self);
  QsScaleSource *old = qs_session_find_source (self, QS_SCALE_SOURCE_CACHE);
  QsBuildSettings settings = self->settings;
  guint n_known = 0;

  if (network == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MISSING,
                   _("%s: a calibration cache needs its model; open the model first"), name);
      return FALSE;
    }

  for (guint i = 0; i < qs_scale_table_get_n (scales); i++)
    if (qs_network_find_tensor (network, qs_scale_table_get_name (scales, i)) != NULL)
      n_known++;
  if (n_known == 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
                   _("%s: none of its tensors is in this model, so it belongs to another one"),
                   name);
      return FALSE;
    }

  if (old != NULL)
    g_ptr_array_remove (self->sources, old);
  g_ptr_array_add (self->sources, qs_scale_source_new_cache (name, scales));
  settings.source = QS_SCALE_SOURCE_CACHE;
  session_changed (self, QS_CHANGED_SCALES);
  qs_session_set_settings (self, &settings);
  return TRUE;
}

static void
loaded_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  QsSession *self = g_task_get_source_object (task);
  g_autoptr (QsLoaded) loaded = NULL;
  GError *error = NULL;

  loaded = qs_loader_load_finish (result, &error);
  session_end (self);

  if (loaded == NULL ||
      (loaded->kind == QS_FILE_CACHE && !session_take_cache (self, loaded, &error)))
    {
      g_task_return_error (task, error);
      return;
    }

  if (loaded->kind == QS_FILE_MODEL)
    session_take_model (self, loaded);
  else if (loaded->kind == QS_FILE_PLAN)
    session_take_plan (self, loaded);
  g_task_return_pointer (task, g_steal_pointer (&loaded), (GDestroyNotify) qs_loaded_free);
}

void
qs_session_load_async (QsSession           *self,
                       GFile               *file,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autoptr (QsProgress) progress = NULL;
  g_autofree char *phase = NULL;
  g_autofree char *name = g_file_get_basename (file);

  g_task_set_source_tag (task, qs_session_load_async);
  if (!session_check_idle (self, task))
    return;

  progress = qs_progress_new ();
  /* Translators: the name of a file. */
  phase = g_strdup_printf (_("Opening %s"), name);
  qs_progress_set_phase (progress, phase);
  session_begin (self, progress);
  qs_loader_load_async (file, self->profile, progress, loaded_cb, g_steal_pointer (&task));
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
  session_clear_live (self);
  self->live_name = g_strdup (tensor);
  self->live_histogram = qs_histogram_copy (histogram);
  session_changed (self, QS_CHANGED_LIVE);
}

gboolean
qs_session_can_build (QsSession *self)
{
  gboolean has_scales = self->calibration != NULL || self->histograms != NULL ||
                        qs_session_find_source (self, self->settings.source) != NULL;

  return qs_session_get_network (self) != NULL && !qs_session_is_busy (self) &&
         (has_scales || self->settings.int8 == QS_INT8_OFF);
}

/* What was made before a failure or the wish to stop is kept. */
static void
session_take_histograms (QsSession *self,
                         QsBuild   *build)
{
  QsHistogramSet *histograms = qs_build_get_histograms (build);
  GPtrArray *sources = qs_build_get_sources (build);

  if (histograms == NULL ||
      (histograms == self->histograms && sources->len == self->sources->len))
    return;

  qs_histogram_set_ref (histograms);
  g_clear_pointer (&self->histograms, qs_histogram_set_unref);
  self->histograms = histograms;
  g_ptr_array_unref (self->sources);
  self->sources = g_ptr_array_ref (sources);
}

static void
session_take_times (QsSession             *self,
                    const QsProfileResult *times)
{
  if (times->n_runs == 0)
    return;

  self->engine_ms = times->median_ms;
  self->layer_ms = g_array_sized_new (FALSE, FALSE, sizeof (double), times->n_layers);
  g_array_append_vals (self->layer_ms, times->layer_ms, times->n_layers);
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

  session_take_histograms (self, build);
  if (built)
    {
      session_take_engine (self, qs_engine_ref (qs_build_get_engine (build)));
      session_take_times (self, qs_build_get_times (build));
    }

  session_end (self);
  session_changed (self, QS_CHANGED_SCALES);
  if (built)
    {
      session_changed (self, QS_CHANGED_ENGINE);
      session_changed (self, QS_CHANGED_SELECTION); /* its layers are other objects now */
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
  if (!session_check_idle (self, task))
    return;

  g_return_if_fail (qs_session_get_network (self) != NULL);

  self->build = qs_build_new (self->model, qs_session_get_network (self), self->profile,
                              &self->settings);
  qs_build_set_samples (self->build, self->calibration);
  qs_build_set_histograms (self->build, self->histograms);
  qs_build_set_sources (self->build, self->sources);
  qs_build_set_watched (self->build, session_get_watched (self));
  g_signal_connect_object (self->build, "histogram", G_CALLBACK (live_histogram_cb), self,
                           G_CONNECT_SWAPPED);
  qs_progress_set_phase (qs_build_get_progress (self->build), _("Preparing"));
  session_begin (self, qs_build_get_progress (self->build));
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
  return self->model != NULL && self->histograms != NULL && self->labelled != NULL &&
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

  session_end (self);
  if (evaluations == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  g_clear_pointer (&self->evaluations, g_ptr_array_unref);
  self->evaluations = evaluations;
  session_changed (self, QS_CHANGED_EVALUATIONS);
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
  if (!session_check_idle (self, task))
    return;

  g_return_if_fail (qs_session_can_compare (self));

  options.backend = self->settings.backend;
  options.n_threads = self->settings.n_threads;
  options.int8 = self->settings.int8;
  progress = qs_progress_new ();
  qs_progress_set_phase (progress, _("Comparing calibrators"));
  session_begin (self, progress);
  qs_comparison_run_async (self->model, self->profile, self->histograms, self->labelled, &options,
                           progress, compared_cb, g_steal_pointer (&task));
}

gboolean
qs_session_compare_finish (QsSession     *self,
                           GAsyncResult  *result,
                           GError       **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
qs_session_finalize (GObject *object)
{
  QsSession *self = QS_SESSION (object);

  session_drop_document (self);
  session_clear_live (self);
  g_clear_pointer (&self->profile, qs_profile_free);
  g_clear_pointer (&self->sources, g_ptr_array_unref);
  g_clear_pointer (&self->history, qs_history_free);
  g_clear_object (&self->progress);
  g_clear_object (&self->build);

  G_OBJECT_CLASS (qs_session_parent_class)->finalize (object);
}

static void
qs_session_class_init (QsSessionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = qs_session_finalize;

  signals[SIGNAL_CHANGED] =
    g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED, 0,
                  NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
qs_session_init (QsSession *self)
{
  self->profile = qs_profile_new ();
  self->history = qs_history_new ();
  self->sources = session_new_sources ();
  self->engine_ms = -1.0;
  self->settings = (QsBuildSettings) {
    .source = "entropy2",
    .int8 = QS_INT8_FASTER,
    .calibration_batch = 32,
  };
}

QsSession *
qs_session_new (void)
{
  return g_object_new (QS_TYPE_SESSION, NULL);
}
