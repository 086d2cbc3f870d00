/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "../passes/qs-test-networks.h"
#include "analysis/qs-weight-report.h"
#include "builder/qs-builder.h"
#include "builder/qs-weight-quantizer.h"
#include "core/qs-error.h"
#include "import/qs-import.h"
#include "qs-test.h"

/* Sums of a few thousand doubles, added in another order than NumPy does: a relative error of at
 * most n × 2^-53 in each sum, far below this in decibels. */
#define DB_TOLERANCE 1e-6

/*
 * Two channels by hand. 127 gives the scale 1 and 254 the scale 2, so the quotients are
 *    127  2.5 -2.5  0.5
 *    127  2.5 -2.5 -127
 * GPU, floor (x + 0.5):     127  3 -2  1     127  3 -2 -127
 * DLA, away from zero:      127  3 -3  1     127  3 -3 -127
 * Squares: 127² + 2 × 2.5² + 0.5² = 16141.75 against errors of 3 × 0.5² = 0.75, and
 * 2 × 254² + 2 × 5² = 129082 against 2 × (0.5 × 2)² = 2.
 */
static const float tied[8] = { 127.0f, 2.5f, -2.5f, 0.5f, 254.0f, 5.0f, -5.0f, -254.0f };
static const gint8 gpu[8] = { 127, 3, -2, 1, 127, 3, -2, -127 };
static const gint8 dla[8] = { 127, 3, -3, 1, 127, 3, -3, -127 };

/* A convolution 1 × 1 of 4 channels into the channels of @values; the tensor it writes. */
static QsTensor *
make_convolution (QsTestMaker *maker,
                  const float *values,
                  int          n_channels)
{
  QsShape shape = qs_shape_make (4, 1, 4, 2, 2);
  QsShape weights_shape = qs_shape_make (4, n_channels, 4, 1, 1);
  g_autoptr (QsHostTensor) weights = qs_host_tensor_new_from_data (
    QS_DATA_TYPE_FLOAT, &weights_shape, values, sizeof (float) * 4 * (gsize) n_channels, NULL);
  QsTensor *t;

  qs_test_maker_init (maker, 1);
  t = qs_test_convolution (maker, "conv", qs_test_input (maker, "x", &shape), n_channels, 1, 1,
                           FALSE);
  qs_network_set_input (maker->network, t->producer, QS_INPUT_WEIGHTS,
                        qs_network_add_constant (maker->network, "w", weights));
  qs_network_mark_output (maker->network, t);
  return t;
}

static void
test_ties (void)
{
  QsTestMaker maker;
  QsTensor *t = make_convolution (&maker, tied, 2);
  g_autoptr (QsWeightReport) report = qs_weight_report_new (t->producer);

  g_assert_null (report->obstacle);
  g_assert_cmpstr (report->weights, ==, "w");
  g_assert_cmpint (report->n_channels, ==, 2);
  g_assert_cmpint (report->n_weights, ==, 8);
  g_assert_cmpint (report->n_ties, ==, 5);
  g_assert_cmpint (report->n_differing, ==, 2);
  g_assert_cmpint (report->n_dead, ==, 0);
  g_assert_cmpfloat (report->ratio, ==, 2.0);

  g_assert_cmpfloat (report->channels[0].max, ==, 127.0f);
  g_assert_cmpfloat (report->channels[0].scale, ==, 1.0f);
  g_assert_cmpint (report->channels[0].n_ties, ==, 3);
  g_assert_cmpint (report->channels[0].n_differing, ==, 1);
  g_assert_cmpfloat_with_epsilon (report->channels[0].sqnr_db, 10.0 * log10 (16141.75 / 0.75),
                                  DB_TOLERANCE);
  g_assert_cmpfloat (report->channels[1].max, ==, 254.0f);
  g_assert_cmpfloat (report->channels[1].scale, ==, 2.0f);
  g_assert_cmpint (report->channels[1].n_ties, ==, 2);
  g_assert_cmpfloat_with_epsilon (report->channels[1].sqnr_db, 10.0 * log10 (129082.0 / 2.0),
                                  DB_TOLERANCE);
  g_assert_cmpfloat_with_epsilon (report->sqnr_db, 10.0 * log10 ((16141.75 + 129082.0) / 2.75),
                                  DB_TOLERANCE);
  qs_test_maker_clear (&maker);
}

/* A channel of zeros, and one whose largest weight is far below what a float scale can hold. */
static void
test_dead (void)
{
  static const float values[12] = { 0, 0, 0, 0, 1e-38f, -1e-40f, 0, 0, 127.0f, 1.0f, -3.0f, 0 };
  QsTestMaker maker;
  QsTensor *t = make_convolution (&maker, values, 3);
  g_autoptr (QsWeightReport) report = qs_weight_report_new (t->producer);

  g_assert_cmpint (report->n_dead, ==, 2);
  g_assert_true (report->channels[0].is_dead);
  g_assert_true (report->channels[1].is_dead);
  g_assert_false (report->channels[2].is_dead);
  g_assert_true (isnan (report->channels[0].sqnr_db));
  /* Integers with the scale 1 lose nothing. */
  g_assert_true (isinf (report->channels[2].sqnr_db));
  g_assert_cmpfloat (report->ratio, ==, 1.0);
  qs_test_maker_clear (&maker);
}

static void
test_obstacle (void)
{
  static const float values[4] = { 1.0f, NAN, 0.0f, 0.0f };
  QsTestMaker maker;
  QsTensor *t = make_convolution (&maker, values, 1);
  g_autoptr (QsWeightReport) report = qs_weight_report_new (t->producer);

  g_assert_cmpstr (report->obstacle, ==, "Its weights w contain NaN or infinity.");
  g_assert_cmpint (report->n_channels, ==, 0);
  qs_test_maker_clear (&maker);
}

/* [C, K] weights have their channels in the columns: 8 is the largest of the first, 2 of the second. */
static void
test_columns (void)
{
  static const float values[6] = { 1.0f, -2.0f, -8.0f, 0.5f, 4.0f, 1.0f };
  QsShape shape = qs_shape_make (2, 1, 3), weights_shape = qs_shape_make (2, 3, 2);
  g_autoptr (QsHostTensor) weights = qs_host_tensor_new_from_data (
    QS_DATA_TYPE_FLOAT, &weights_shape, values, sizeof values, NULL);
  g_autoptr (QsWeightReport) report = NULL;
  QsTestMaker maker;
  QsTensor *t;

  qs_test_maker_init (&maker, 1);
  t = qs_test_product (&maker, "product", qs_test_input (&maker, "x", &shape), 2, FALSE);
  qs_network_set_input (maker.network, t->producer, QS_INPUT_WEIGHTS,
                        qs_network_add_constant (maker.network, "w", weights));
  report = qs_weight_report_new (t->producer);
  g_assert_cmpint (report->n_channels, ==, 2);
  g_assert_cmpfloat (report->channels[0].max, ==, 8.0f);
  g_assert_cmpfloat (report->channels[1].max, ==, 2.0f);
  g_assert_cmpfloat (report->ratio, ==, 4.0);
  qs_test_maker_clear (&maker);
}

static const QsWeightReport *
find_report (GPtrArray  *reports,
             const char *layer)
{
  for (guint i = 0; i < reports->len; i++)
    {
      const QsWeightReport *report = g_ptr_array_index (reports, i);

      if (g_str_equal (report->layer, layer))
        return report;
    }

  g_assert_not_reached ();
}

/*
 * The last layer of the sample, computed with NumPy 1.24 from the initializer fc.weight [10, 128]
 * of the file: scale = float32 (max |w|) / float32 (127), q = floor (w / scale + 0.5) in float64,
 * 10 log10 (Σ w² / Σ (w - q scale)²).
 */
static void
test_sample (void)
{
  static const guint32 scales[10] = {
    0x3ad8f9e3, 0x3afe8f41, 0x3ae3d5a7, 0x3b07a161, 0x3b029830,
    0x3af9941b, 0x3afa3301, 0x3ad7a927, 0x3aff01a2, 0x3b07df0f,
  };
  static const double sqnr_db[10] = {
    47.858670046459025, 48.13040218508217, 46.29433694803545, 46.01296538776695,
    46.066638457279836, 47.758888935738675, 45.89892187380734, 48.44902957315696,
    47.401854035369404, 46.421151317079676,
  };
  g_autoptr (GFile) file = qs_test_sample ("fashion-resnet.onnx");
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) model = qs_model_load_file (file, &error);
  g_autoptr (QsProfile) profile = qs_profile_new ();
  g_autoptr (QsNetwork) network = qs_import_network (model, profile, &error);
  g_autoptr (QsNetwork) fused = qs_weight_report_fuse (network, &error);
  g_autoptr (GPtrArray) reports = qs_weight_reports_make (fused, NULL, &error);
  const QsWeightReport *report;

  g_assert_no_error (error);
  g_assert_cmpuint (reports->len, ==, 10);
  report = find_report (reports, "/fc/Gemm");
  g_assert_cmpint (report->n_channels, ==, 10);
  for (guint k = 0; k < 10; k++)
    {
      g_assert_cmpmem (&report->channels[k].scale, sizeof (float), &scales[k], sizeof (float));
      g_assert_cmpfloat_with_epsilon (report->channels[k].sqnr_db, sqnr_db[k], DB_TOLERANCE);
    }
  g_assert_cmpfloat_with_epsilon (report->sqnr_db, 47.026064305902594, DB_TOLERANCE);
  /* A quotient of floats, computed in float32 by NumPy: half a unit of 2^-23. */
  g_assert_cmpfloat_with_epsilon (report->ratio, 1.2600468, 1e-7);
}

/* An engine in this mode, and the same one from its plan. */
static void
check_engine (QsRoundingMode  mode,
              const gint8    *expected)
{
  QsTestMaker maker;
  QsTensor *t = make_convolution (&maker, tied, 2);
  g_autoptr (QsScaleTable) scales = qs_scale_table_new ();
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (QsEngine) loaded = NULL;
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "test.plan", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  const QsTensor *weights;
  QsLayer *layer;

  qs_scale_table_set (scales, "x", 1.0f);
  qs_scale_table_set (scales, t->name, 1.0f);
  options.int8 = QS_INT8_ALL;
  options.n_threads = 1;
  options.backend = qs_backend_lookup ("reference");
  options.rounding = mode;
  engine = qs_builder_build (maker.network, scales, &options, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (qs_engine_get_rounding (engine), ==, mode);

  qs_engine_save (engine, file, &error);
  loaded = qs_engine_load (file, &error);
  g_assert_no_error (error);
  g_assert_cmpint (qs_engine_get_rounding (loaded), ==, mode);
  layer = qs_network_find_layer (qs_engine_get_network (loaded), "conv");
  weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  g_assert_cmpmem (qs_host_tensor_get_data (weights->value), 8, expected, 8);
  qs_test_remove_folder (folder);
  qs_test_maker_clear (&maker);
}

static void
test_modes (void)
{
  QsRoundingMode mode;

  check_engine (QS_ROUNDING_GPU, gpu);
  check_engine (QS_ROUNDING_DLA, dla);
  g_assert_true (qs_rounding_mode_lookup ("dla", &mode));
  g_assert_cmpint (mode, ==, QS_ROUNDING_DLA);
  g_assert_false (qs_rounding_mode_lookup ("DLA", &mode));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/weight-report/ties", test_ties);
  g_test_add_func ("/weight-report/dead", test_dead);
  g_test_add_func ("/weight-report/obstacle", test_obstacle);
  g_test_add_func ("/weight-report/columns", test_columns);
  g_test_add_func ("/weight-report/sample", test_sample);
  g_test_add_func ("/weight-report/modes", test_modes);
  return g_test_run ();
}
