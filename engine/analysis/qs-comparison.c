/* SPDX-License-Identifier: MIT */
#include "qs-evaluation.h"

#include "qs-evaluator.h"

/* Share of the whole work that building takes; the evaluation takes the rest. */
#define BUILD_SHARE 0.3

typedef struct
{
  QsNetwork *network;
  const QsBuilderOptions *options;
  QsHistogramSet *histograms;
  QsProgress *progress;
  QsEvaluator *evaluator;
  QsEngine *fp32;
} Comparison;

static void
enter_build (Comparison *self,
             guint       index)
{
  double step = BUILD_SHARE / (double) (qs_calibrator_get_n () + 1);

  qs_progress_set_range (self->progress, index * step, (index + 1) * step);
}

static gboolean
add_fp32 (Comparison  *self,
          GError     **error)
{
  QsBuilderOptions options = *self->options;

  options.int8 = QS_INT8_OFF;
  options.fp16 = QS_FP16_OFF;
  options.constraints = NULL;
  enter_build (self, 0);
  self->fp32 = qs_builder_build (self->network, NULL, &options, self->progress, error);

  return self->fp32 != NULL &&
         qs_evaluator_add (self->evaluator, "fp32", self->fp32, self->fp32, error);
}

static gboolean
add_calibrator (Comparison  *self,
                guint        index,
                GError     **error)
{
  const QsCalibrator *calibrator = qs_calibrator_get (index);
  QsCalibratorOptions options = QS_CALIBRATOR_OPTIONS_INIT;
  g_autoptr (QsScaleTable) scales =
    qs_histogram_set_calibrate (self->histograms, calibrator, &options);
  g_autoptr (QsEngine) engine = NULL;

  enter_build (self, index + 1);
  engine = qs_builder_build (self->network, scales, self->options, self->progress, error);

  return engine != NULL &&
         qs_evaluator_add (self->evaluator, calibrator->id, engine, self->fp32, error);
}

static gboolean
add_all (Comparison  *self,
         GError     **error)
{
  if (!add_fp32 (self, error))
    return FALSE;

  for (guint i = 0; i < qs_calibrator_get_n (); i++)
    if (!add_calibrator (self, i, error))
      return FALSE;

  return TRUE;
}

/* FP32 is its own reference: it agrees with itself, with an infinite SQNR. */
GPtrArray *
qs_compare (QsModel                 *model,
            const QsProfile         *profile,
            QsHistogramSet          *histograms,
            QsSamples               *samples,
            const QsBuilderOptions  *options,
            QsProgress              *progress,
            GError                 **error)
{
  g_autoptr (QsNetwork) network = qs_import_network (model, profile, error);
  g_autoptr (QsEvaluator) evaluator = qs_evaluator_new (options->n_threads);
  g_autoptr (QsTimingCache) timings = qs_timing_cache_new ();
  QsBuilderOptions timed = *options;
  Comparison self = { network, &timed, histograms, progress, evaluator, NULL };
  GPtrArray *results = NULL;

  /* What one calibrator's build measures, the others need not. */
  if (timed.timings == NULL)
    timed.timings = timings;

  if (network == NULL)
    return NULL;

  if (add_all (&self, error))
    {
      qs_progress_set_range (progress, BUILD_SHARE, 1.0);
      results = qs_evaluator_run (evaluator, samples, progress, error);
    }

  qs_progress_set_range (progress, 0.0, 1.0);
  g_clear_pointer (&self.fp32, qs_engine_unref);
  return results;
}
