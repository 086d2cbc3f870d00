/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "analysis/qs-range-effect.h"
#include "calibration/qs-calibration-run.h"

/*
 * Measures how long the network's output error takes to follow a range that is dragged: for every
 * INT8 tensor of a model in turn, its scale is changed by a tenth and the error of the first
 * samples is measured. A program to look at, not a test.
 *
 *     qs-bench-ranges THREADS CALIBRATION.npz MODEL.onnx…
 *
 * The samples are preprocessed as the bundled models want it.
 */

#define N_CALIBRATION 64

static int
compare_doubles (const void *a,
                 const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static QsSamples *
open_samples (const char  *path,
              GError     **error)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);
  QsPreprocessing preprocessing;
  QsSamples *samples = qs_samples_open (file, error);

  qs_preprocessing_init (&preprocessing);
  if (samples == NULL || !qs_preprocessing_parse (&preprocessing, "0.00392156862745098", "0.2860",
                                                  "0.3530", error))
    return NULL;

  qs_samples_set_preprocessing (samples, &preprocessing);
  qs_samples_set_limit (samples, N_CALIBRATION);
  return samples;
}

/* Milliseconds of one change of every tensor in the table. */
static gboolean
measure_all (QsRangeEffect  *effect,
             QsScaleTable   *scales,
             GArray         *times,
             GError        **error)
{
  QsOutputError result;

  for (guint i = 0; i < qs_scale_table_get_n (scales); i++)
    {
      g_autoptr (QsScaleTable) changed = qs_scale_table_copy (scales);
      float scale = qs_scale_table_get_scale (scales, i);
      gint64 start = g_get_monotonic_time ();
      double ms;

      qs_scale_table_set (changed, qs_scale_table_get_name (scales, i), scale * 0.9f);
      if (!qs_range_effect_measure (effect, changed, &result, error))
        return FALSE;
      ms = (double) (g_get_monotonic_time () - start) * 1e-3;
      g_array_append_val (times, ms);
    }

  return TRUE;
}

static gboolean
bench (const char *path,
       QsSamples  *samples,
       guint       n_threads,
       GError    **error)
{
  const QsCalibratorOptions calibrator_options = QS_CALIBRATOR_OPTIONS_INIT;
  QsCalibrationRunOptions run = QS_CALIBRATION_RUN_OPTIONS_INIT;
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  QsRangeEffectOptions effect_options = QS_RANGE_EFFECT_OPTIONS_INIT;
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);
  g_autoptr (QsProfile) profile = qs_profile_new ();
  g_autoptr (QsModel) model = qs_model_load_file (file, error);
  g_autoptr (QsNetwork) network = model != NULL ? qs_import_network (model, profile, error) : NULL;
  g_autoptr (QsHistogramSet) histograms = NULL;
  g_autoptr (QsScaleTable) scales = NULL;
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (QsRangeEffect) effect = NULL;
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (double));
  gint64 start;

  run.n_threads = options.n_threads = effect_options.n_threads = n_threads;
  options.int8 = QS_INT8_ALL;
  if (network == NULL || (histograms = qs_calibration_run (model, profile, samples, &run, NULL, NULL,
                                                           NULL, error)) == NULL)
    return FALSE;

  scales = qs_histogram_set_calibrate (histograms, qs_calibrator_lookup ("entropy2"),
                                       &calibrator_options);
  engine = qs_builder_build (network, scales, &options, NULL, error);
  start = g_get_monotonic_time ();
  effect = engine == NULL ? NULL : qs_range_effect_new (engine, network, samples, &effect_options,
                                                        NULL, error);
  if (effect == NULL)
    return FALSE;

  g_print ("%s: %" G_GINT64_FORMAT " samples, prepared in %.0f ms\n", path,
           qs_range_effect_get_base (effect)->n_samples,
           (double) (g_get_monotonic_time () - start) * 1e-3);
  if (!measure_all (effect, scales, times, error))
    return FALSE;

  g_array_sort (times, compare_doubles);
  g_print ("  %u tensors: median %.1f ms, slowest %.1f ms\n", times->len,
           g_array_index (times, double, times->len / 2),
           g_array_index (times, double, times->len - 1));
  return TRUE;
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamples) samples = NULL;

  if (argc < 4)
    {
      g_printerr ("usage: qs-bench-ranges THREADS CALIBRATION.npz MODEL.onnx…\n");
      return 2;
    }

  samples = open_samples (argv[2], &error);
  for (int i = 3; samples != NULL && i < argc; i++)
    if (!bench (argv[i], samples, (guint) atoi (argv[1]), &error))
      break;
  if (error == NULL)
    return 0;

  g_printerr ("qs-bench-ranges: %s\n", error->message);
  return 1;
}
