/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "analysis/qs-order-study.h"
#include "core/qs-error.h"
#include "qs-test.h"
#include "samples/qs-sample-order.h"

static QsModel *
load_model (void)
{
  g_autoptr (GFile) file = qs_test_sample ("fashion-mobilenet.onnx");
  g_autoptr (GError) error = NULL;
  QsModel *model = qs_model_load_file (file, &error);

  g_assert_no_error (error);
  return model;
}

static QsSamples *
open_samples (gint64 limit)
{
  g_autoptr (GFile) file = qs_test_sample ("calibration-uint8.npz");
  g_autoptr (GError) error = NULL;
  QsSamples *samples = qs_samples_open (file, &error);
  QsPreprocessing preprocessing;

  g_assert_no_error (error);
  qs_preprocessing_init (&preprocessing);
  g_assert_true (qs_preprocessing_parse (&preprocessing, "1/255", "0.2860", "0.3530", &error));
  qs_samples_set_preprocessing (samples, &preprocessing);
  qs_samples_set_limit (samples, limit);
  return samples;
}

static guint
find_calibrator (const char *id)
{
  guint k = 0;

  while (!g_str_equal (qs_calibrator_get (k)->id, id))
    k++;
  return k;
}

/* The run of the study that shuffles is a calibration of samples that were brought into that order
 * by hand. */
static void
compare_with_run (QsOrderStudy     *study,
                  guint             run,
                  QsModel          *model,
                  QsSamples        *samples,
                  const char       *calibrator)
{
  const QsOrderRun *order_run = qs_order_study_get_run (study, run);
  QsCalibrationRunOptions options = QS_CALIBRATION_RUN_OPTIONS_INIT;
  gint64 n = qs_samples_get_n (samples);
  g_autofree guint32 *order = qs_sample_order_shuffle (n, order_run->seed, NULL);
  g_autoptr (GHashTable) arrays =
    g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) qs_host_tensor_unref);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsHostTensor) all = NULL;
  g_autoptr (QsSamples) shuffled = NULL;
  g_autoptr (QsHistogramSet) set = NULL;
  g_autoptr (QsScaleTable) scales = NULL;
  float *target;

  all = qs_samples_read (samples, "input", QS_DATA_TYPE_FLOAT, 0, n, &error);
  g_assert_no_error (error);
  g_hash_table_insert (arrays, (gpointer) "input",
                       qs_host_tensor_new (QS_DATA_TYPE_FLOAT, qs_host_tensor_get_shape (all),
                                           &error));
  target = qs_host_tensor_get_mutable (g_hash_table_lookup (arrays, "input"));
  for (gint64 i = 0; i < n; i++)
    memcpy (target + i * 1024, qs_host_tensor_get_floats (all) + order[i] * 1024,
            1024 * sizeof *target);
  shuffled = qs_samples_new_for_arrays (arrays, &error);
  g_assert_no_error (error);

  options.batch = order_run->batch;
  set = qs_calibration_run (model, NULL, shuffled, &options, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  scales = qs_histogram_set_calibrate (set, qs_calibrator_lookup (calibrator), NULL);
  for (guint i = 0; i < qs_order_study_get_n (study); i++)
    {
      float scale = NAN;

      qs_scale_table_lookup (scales, qs_order_study_get_name (study, i), &scale);
      g_assert_true (memcmp (&scale, &(float) { qs_order_study_get_scale (
                                       study, run, find_calibrator (calibrator), i) },
                             sizeof scale) == 0);
    }
}

static void
test_runs (void)
{
  const gint64 batches[] = { 4, 12 };
  QsOrderStudyOptions options = QS_ORDER_STUDY_OPTIONS_INIT;
  g_autoptr (QsModel) model = load_model ();
  g_autoptr (QsSamples) samples = open_samples (20);
  g_autoptr (QsOrderStudy) study = NULL, again = NULL;
  g_autoptr (GError) error = NULL;

  options.batches = batches;
  options.n_batches = 2;
  options.n_shuffles = 2;
  options.seed = 7;
  study = qs_order_study_run (model, NULL, samples, &options, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (qs_order_study_get_n_runs (study), ==, 6);
  g_assert_cmpint (qs_order_study_get_n_samples (study), ==, 20);
  for (guint i = 0; i < 6; i++)
    {
      const QsOrderRun *run = qs_order_study_get_run (study, i);

      g_assert_cmpint (run->batch, ==, batches[i / 3]);
      g_assert_cmpint (run->is_shuffled, ==, i % 3 > 0);
      g_assert_cmpuint (run->seed, ==, i % 3 > 0 ? 6 + i % 3 : 0);
    }

  compare_with_run (study, 2, model, samples, "entropy2");
  compare_with_run (study, 4, model, samples, "entropy");

  options.run.n_threads = 1;
  again = qs_order_study_run (model, NULL, samples, &options, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < qs_order_study_get_n (study); i++)
    g_assert_cmpfloat (qs_order_study_get_scale (study, 5, 0, i), ==,
                       qs_order_study_get_scale (again, 5, 0, i));
}

/* The largest |x| does not depend on the order, and a spread is what the scales say. */
static void
test_spread (void)
{
  QsOrderStudyOptions options = QS_ORDER_STUDY_OPTIONS_INIT;
  g_autoptr (QsModel) model = load_model ();
  g_autoptr (QsSamples) samples = open_samples (12);
  g_autoptr (QsOrderStudy) study = NULL;
  g_autoptr (GError) error = NULL;
  guint minmax = find_calibrator ("minmax"), entropy2 = find_calibrator ("entropy2");
  guint n_spread = 0;
  QsSpread spread;

  options.run.batch = 3;
  options.n_shuffles = 3;
  study = qs_order_study_run (model, NULL, samples, &options, NULL, &error);
  g_assert_no_error (error);

  for (guint i = 0; i < qs_order_study_get_n (study); i++)
    {
      double sum = 0.0, squares = 0.0, low = INFINITY, high = 0.0;

      g_assert_true (qs_order_study_get_spread (study, minmax, i, &spread));
      g_assert_cmpfloat (spread.ratio, ==, 1.0);
      g_assert_cmpfloat (spread.deviation, ==, 0.0);

      g_assert_true (qs_order_study_get_spread (study, entropy2, i, &spread));
      for (guint run = 0; run < 4; run++)
        {
          double scale = (double) qs_order_study_get_scale (study, run, entropy2, i);

          sum += scale / 4.0;
          low = MIN (low, scale);
          high = MAX (high, scale);
        }
      for (guint run = 0; run < 4; run++)
        squares += pow ((double) qs_order_study_get_scale (study, run, entropy2, i) - sum, 2.0);
      g_assert_cmpfloat (spread.min, ==, low);
      g_assert_cmpfloat (spread.max, ==, high);
      /* A few roundings of 2^-53 in values below 1. */
      g_assert_cmpfloat_with_epsilon (spread.ratio, high / low, 1e-12);
      g_assert_cmpfloat_with_epsilon (spread.mean, sum, 1e-12);
      g_assert_cmpfloat_with_epsilon (spread.deviation, sqrt (squares / 4.0), 1e-8);
      n_spread += spread.ratio > 1.0;
    }
  g_assert_cmpuint (n_spread, >, 0);
}

static void
test_cancel (void)
{
  QsOrderStudyOptions options = QS_ORDER_STUDY_OPTIONS_INIT;
  g_autoptr (QsModel) model = load_model ();
  g_autoptr (QsSamples) samples = open_samples (4);
  g_autoptr (QsProgress) progress = qs_progress_new ();
  g_autoptr (GError) error = NULL;

  qs_progress_cancel (progress);
  g_assert_null (qs_order_study_run (model, NULL, samples, &options, progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/order-study/runs", test_runs);
  g_test_add_func ("/order-study/spread", test_spread);
  g_test_add_func ("/order-study/cancel", test_cancel);

  return g_test_run ();
}
