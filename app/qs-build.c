/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-build.h"

#include <glib/gi18n.h>

#include "core/qs-error.h"
#include "passes/qs-pass.h"
#include "qs-timing-store.h"
#include "qs-worker.h"

/* Pauses between two views of a growing histogram, in microseconds. */
#define AUTOMATIC "auto"
#define LIVE_INTERVAL (G_USEC_PER_SEC / 10)

/* Enough for a median, few enough for slow models. */
#define MEASURED_RUNS 10

struct _QsBuild
{
  GObject parent_instance;

  QsModel *model;
  QsNetwork *network;
  QsProfile *profile;
  QsBuildSettings settings;
  QsSamples *samples;
  QsHistogramSet *histograms;
  GPtrArray *sources;
  QsDynamicRanges *ranges;
  QsEngine *engine;
  QsProfileResult times;
  QsProgress *progress;

  GMutex mutex;
  char *watched;        /* under the mutex */
  gint64 last_live;     /* worker only */
};

enum
{
  SIGNAL_HISTOGRAM,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (QsBuild, qs_build, G_TYPE_OBJECT)

/* A copy of one histogram on its way from the engine's thread to the window's. */
typedef struct
{
  QsBuild *build;
  char *tensor;
  QsHistogram *histogram;
} QsLiveHistogram;

static void
live_histogram_free (gpointer data)
{
  QsLiveHistogram *live = data;

  g_object_unref (live->build);
  g_free (live->tensor);
  qs_histogram_free (live->histogram);
  g_free (live);
}

static gboolean
live_histogram_deliver (gpointer data)
{
  QsLiveHistogram *live = data;

  g_signal_emit (live->build, signals[SIGNAL_HISTOGRAM], 0, live->tensor, live->histogram);
  return G_SOURCE_REMOVE;
}

static void
partial_cb (QsHistogramSet *set,
            gpointer        data)
{
  QsBuild *self = data;
  gint64 now = g_get_monotonic_time ();
  g_autofree char *watched = NULL;
  QsLiveHistogram *live;
  QsHistogram *histogram;

  if (now - self->last_live < LIVE_INTERVAL)
    return;

  g_mutex_lock (&self->mutex);
  watched = g_strdup (self->watched);
  g_mutex_unlock (&self->mutex);

  histogram = watched == NULL ? NULL : qs_histogram_set_lookup (set, watched);
  if (histogram == NULL)
    return;

  self->last_live = now;
  live = g_new0 (QsLiveHistogram, 1);
  live->build = g_object_ref (self);
  live->tensor = g_steal_pointer (&watched);
  live->histogram = qs_histogram_copy (histogram);
  g_idle_add_full (G_PRIORITY_DEFAULT, live_histogram_deliver, live, live_histogram_free);
}

const QsBackend *
qs_build_settings_get_backend (const QsBuildSettings *self)
{
  return self->backend != NULL ? self->backend : qs_backend_get_automatic ();
}

const char *
qs_build_settings_get_device (const QsBuildSettings *self)
{
  return self->backend != NULL ? self->backend->id : AUTOMATIC;
}

void
qs_build_settings_set_device (QsBuildSettings *self,
                              const char      *id)
{
  self->backend = NULL;
  if (g_strcmp0 (id, AUTOMATIC) == 0)
    return;
  self->backend = id != NULL ? qs_backend_lookup (id) : NULL;
  if (self->backend == NULL)
    self->backend = qs_backend_get_default ();
}

static gboolean
build_calibrate (QsBuild  *self,
                 GError  **error)
{
  QsCalibrationRunOptions options = QS_CALIBRATION_RUN_OPTIONS_INIT;

  if (self->samples == NULL)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_MISSING,
                           _("INT8 needs a calibration set or a calibration cache"));
      return FALSE;
    }

  options.batch = self->settings.calibration_batch;
  options.backend = qs_build_settings_get_backend (&self->settings);
  options.n_threads = self->settings.n_threads;
  self->histograms = qs_calibration_run (self->model, self->profile, self->samples, &options,
                                         self->progress, partial_cb, self, error);
  return self->histograms != NULL;
}

static QsScaleSource *
build_find_source (QsBuild    *self,
                   const char *id)
{
  for (guint i = 0; i < self->sources->len; i++)
    {
      QsScaleSource *source = g_ptr_array_index (self->sources, i);

      if (g_str_equal (qs_scale_source_get_id (source), id))
        return source;
    }

  return NULL;
}

/* Scales that were found on the other side of layer fusion are dropped. */
static gboolean
build_has_scales (QsBuild            *self,
                  const QsCalibrator *calibrator)
{
  QsScaleSource *source = build_find_source (self, calibrator->id);

  if (source == NULL)
    return FALSE;
  if (qs_scale_source_get_portability (source) ==
      qs_portability_of_calibrator (calibrator, self->settings.before_fusion))
    return TRUE;

  g_ptr_array_remove (self->sources, source);
  return FALSE;
}

static gboolean
build_compute_scales (QsBuild  *self,
                      GError  **error)
{
  guint n = qs_calibrator_get_n ();

  for (guint i = 0; i < n; i++)
    {
      const QsCalibrator *calibrator = qs_calibrator_get (i);
      g_autofree char *phase = NULL;

      if (build_has_scales (self, calibrator))
        continue;
      if (!qs_progress_check (self->progress, error))
        return FALSE;

      /* Translators: the name of a calibrator, such as “Entropy 2”. */
      phase = g_strdup_printf (_("Computing scales: %s"), calibrator->name);
      qs_progress_set_phase (self->progress, phase);
      qs_progress_set_fraction (self->progress, (double) i / n);
      g_ptr_array_insert (self->sources, (int) MIN (i, self->sources->len),
                          qs_scale_source_new_calibrator (calibrator, self->histograms,
                                                          self->settings.before_fusion));
    }

  return TRUE;
}

/* A network with Q/DQ brings its scales along. */
static gboolean
build_needs_scales (QsBuild *self)
{
  return self->settings.int8 != QS_INT8_OFF && !qs_network_is_explicit (self->network);
}

/* Histograms and scales, as far as this build needs them and they are not there yet. */
static gboolean
build_prepare (QsBuild  *self,
               GError  **error)
{
  gboolean from_cache = g_str_equal (self->settings.source, QS_SCALE_SOURCE_CACHE);

  if (!build_needs_scales (self) || from_cache)
    return TRUE;
  if (self->histograms == NULL && !build_calibrate (self, error))
    return FALSE;

  return build_compute_scales (self, error);
}

static gboolean
build_engine (QsBuild  *self,
              GError  **error)
{
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (QsTimingCache) timings = NULL;
  QsScaleTable *scales = NULL;
  QsScaleSource *source;

  if (build_needs_scales (self))
    {
      source = build_find_source (self, self->settings.source);
      if (source == NULL)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_MISSING, _("There are no scales from “%s”"),
                       self->settings.source);
          return FALSE;
        }
      scales = qs_scale_source_get_scales (source);
    }

  options.backend = qs_build_settings_get_backend (&self->settings);
  options.n_threads = self->settings.n_threads;
  options.int8 = self->settings.int8;
  options.fp16 = self->settings.fp16;
  options.ranges = self->ranges;
  options.rounding = self->settings.rounding;
  options.emulate_tensorrt = self->settings.emulate_tensorrt;
  options.model_checksum = qs_model_get_checksum (self->model);
  options.timings = timings = qs_timing_store_open ();
  self->engine = qs_builder_build (self->network, scales, &options, self->progress, error);
  qs_timing_store_close (timings);
  return self->engine != NULL;
}

static gboolean
build_measure (QsBuild  *self,
               GError  **error)
{
  g_autoptr (QsContext) context = qs_context_new (self->engine, self->settings.n_threads, error);

  if (context == NULL)
    return FALSE;

  qs_progress_set_phase (self->progress, _("Measuring"));
  return qs_context_profile (context, MEASURED_RUNS, self->progress, &self->times, error);
}

static void
build_run (GTask *task)
{
  QsBuild *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;

  if (build_prepare (self, &error) && build_engine (self, &error) && build_measure (self, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

void
qs_build_run_async (QsBuild             *self,
                    GAsyncReadyCallback  callback,
                    gpointer             user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (QS_IS_BUILD (self));

  task = g_task_new (self, qs_progress_get_cancellable (self->progress), callback, user_data);
  g_task_set_source_tag (task, qs_build_run_async);
  qs_worker_run (task, build_run);
}

gboolean
qs_build_run_finish (QsBuild       *self,
                     GAsyncResult  *result,
                     GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
qs_build_finalize (GObject *object)
{
  QsBuild *self = QS_BUILD (object);

  g_clear_pointer (&self->model, qs_model_unref);
  g_clear_pointer (&self->network, qs_network_unref);
  g_clear_pointer (&self->profile, qs_profile_free);
  g_clear_pointer (&self->samples, qs_samples_unref);
  g_clear_pointer (&self->histograms, qs_histogram_set_unref);
  g_clear_pointer (&self->sources, g_ptr_array_unref);
  g_clear_pointer (&self->ranges, qs_dynamic_ranges_unref);
  g_clear_pointer (&self->engine, qs_engine_unref);
  qs_profile_result_clear (&self->times);
  g_clear_object (&self->progress);
  g_clear_pointer (&self->watched, g_free);
  g_mutex_clear (&self->mutex);

  G_OBJECT_CLASS (qs_build_parent_class)->finalize (object);
}

static void
qs_build_class_init (QsBuildClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = qs_build_finalize;

  signals[SIGNAL_HISTOGRAM] =
    g_signal_new ("histogram", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_POINTER);
}

static void
qs_build_init (QsBuild *self)
{
  g_mutex_init (&self->mutex);
  self->progress = qs_progress_new ();
  self->sources = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_scale_source_unref);
}

QsBuild *
qs_build_new (QsModel               *model,
              QsNetwork             *network,
              const QsProfile       *profile,
              const QsBuildSettings *settings)
{
  QsBuild *self = g_object_new (QS_TYPE_BUILD, NULL);

  self->model = qs_model_ref (model);
  self->network = qs_network_ref (network);
  self->profile = qs_profile_copy (profile);
  self->settings = *settings;
  self->settings.source = g_intern_string (settings->source);
  return self;
}

void
qs_build_set_samples (QsBuild   *self,
                      QsSamples *samples)
{
  self->samples = samples == NULL ? NULL : qs_samples_ref (samples);
}

void
qs_build_set_histograms (QsBuild        *self,
                         QsHistogramSet *histograms)
{
  self->histograms = histograms == NULL ? NULL : qs_histogram_set_ref (histograms);
}

void
qs_build_set_sources (QsBuild   *self,
                      GPtrArray *sources)
{
  for (guint i = 0; i < sources->len; i++)
    g_ptr_array_add (self->sources, qs_scale_source_ref (g_ptr_array_index (sources, i)));
}

void
qs_build_set_ranges (QsBuild         *self,
                     QsDynamicRanges *ranges)
{
  self->ranges = qs_dynamic_ranges_ref (ranges);
}

QsDynamicRanges *
qs_build_get_ranges (QsBuild *self)
{
  return self->ranges;
}

const QsBuildSettings *
qs_build_get_settings (QsBuild *self)
{
  return &self->settings;
}

/**
 * qs_build_set_watched:
 * @tensor: (nullable): whose histogram to show while the data passes by
 */
void
qs_build_set_watched (QsBuild    *self,
                      const char *tensor)
{
  g_mutex_lock (&self->mutex);
  g_free (self->watched);
  self->watched = g_strdup (tensor);
  g_mutex_unlock (&self->mutex);
}

QsProgress *
qs_build_get_progress (QsBuild *self)
{
  return self->progress;
}

QsHistogramSet *
qs_build_get_histograms (QsBuild *self)
{
  return self->histograms;
}

GPtrArray *
qs_build_get_sources (QsBuild *self)
{
  return self->sources;
}

QsEngine *
qs_build_get_engine (QsBuild *self)
{
  return self->engine;
}

const QsProfileResult *
qs_build_get_times (QsBuild *self)
{
  return &self->times;
}
