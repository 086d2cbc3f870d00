/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "../passes/qs-test-networks.h"
#include "builder/qs-builder.h"
#include "calibration/qs-calibration-run.h"
#include "import/qs-import.h"
#include "qs-test.h"
#include "runtime/qs-context.h"
#include "samples/qs-npz.h"
#include "samples/qs-samples.h"

/*
 * Whole models. The recorded logits are PyTorch's, of the first 256 evaluation images. 1e-4 is the
 * bound for them: logits reach 20, a float's spacing there is 2e-6, and sums of a few hundred
 * products in another order move the last bits of every layer on the way.
 */
#define TOLERANCE 1e-4f
#define BATCH 8
#define N_SAMPLES 20 /* two full batches and one that is not */

typedef struct
{
  const char *name;
  guint n_int8; /* INT8 layers that there must be at least when INT8 is wanted everywhere */
} Model;

static const Model models[] = {
  { "fashion-resnet", 10 },
  { "fashion-mobilenet", 18 },
  { "fashion-vit", 17 },
};

static QsModel *
load_model (const char *name)
{
  g_autofree char *path = g_strdup_printf ("models/%s.onnx", name);
  g_autoptr (GFile) file = qs_test_shared (path);
  g_autoptr (GError) error = NULL;
  QsModel *model;

  if (file == NULL)
    return NULL;
  model = qs_model_load_file (file, &error);
  g_assert_no_error (error);
  return model;
}

static QsNetwork *
import_model (QsModel *model)
{
  QsProfile *profile = qs_profile_new ();
  g_autoptr (GError) error = NULL;
  QsNetwork *network;

  qs_profile_set_batch (profile, BATCH);
  network = qs_import_network (model, profile, &error);
  g_assert_no_error (error);
  qs_profile_free (profile);
  return network;
}

static QsSamples *
open_samples (const char *path)
{
  g_autoptr (GFile) file = qs_test_shared (path);
  g_autoptr (GError) error = NULL;
  QsPreprocessing preprocessing;
  QsSamples *samples = qs_samples_open (file, &error);

  g_assert_no_error (error);
  qs_preprocessing_init (&preprocessing);
  qs_preprocessing_parse (&preprocessing, "0.00392156862745098", "0.2860", "0.3530", &error);
  g_assert_no_error (error);
  qs_samples_set_preprocessing (samples, &preprocessing);
  return samples;
}

static QsScaleTable *
calibrate (QsModel *model)
{
  QsProfile *profile = qs_profile_new ();
  QsCalibrationRunOptions options = QS_CALIBRATION_RUN_OPTIONS_INIT;
  QsCalibratorOptions defaults = QS_CALIBRATOR_OPTIONS_INIT;
  g_autoptr (QsSamples) samples = open_samples ("fashion/calibration-uint8.npz");
  g_autoptr (QsHistogramSet) set = NULL;
  g_autoptr (GError) error = NULL;

  qs_samples_set_limit (samples, 64);
  set = qs_calibration_run (model, profile, samples, &options, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  qs_profile_free (profile);
  return qs_histogram_set_calibrate (set, qs_calibrator_lookup ("minmax"), &defaults);
}

static QsEngine *
build (QsNetwork    *network,
       QsScaleTable *scales,
       const char   *backend,
       QsInt8Mode    mode)
{
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;
  QsEngine *engine;

  options.backend = qs_backend_lookup (backend);
  options.int8 = mode;
  engine = qs_builder_build (network, scales, &options, NULL, &error);
  g_assert_no_error (error);
  return engine;
}

static QsHostTensor *
run (QsEngine *engine,
     guint     n_threads)
{
  g_autoptr (QsSamples) samples = open_samples ("fashion/eval-uint8.npz");
  g_autoptr (GError) error = NULL;
  g_autoptr (QsHostTensor) input =
    qs_samples_read (samples, "input", QS_DATA_TYPE_FLOAT, 0, N_SAMPLES, &error);
  g_autoptr (QsContext) context = NULL;
  QsHostTensor *output = NULL;

  g_assert_no_error (error);
  context = qs_context_new (engine, n_threads, &error);
  g_assert_no_error (error);
  qs_context_run_samples (context, (QsHostTensor *[]) { input }, &output, &error);
  g_assert_no_error (error);
  return output;
}

static void
assert_same_bits (QsHostTensor *a,
                  QsHostTensor *b)
{
  g_assert_cmpmem (qs_host_tensor_get_data (a), qs_host_tensor_get_size (a),
                   qs_host_tensor_get_data (b), qs_host_tensor_get_size (b));
}

static QsHostTensor *
load_logits (const char *name)
{
  g_autofree char *path = g_strdup_printf ("models/%s-logits.npz", name);
  g_autoptr (GFile) file = qs_test_shared (path);
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) arrays = qs_npz_load (file, &error);
  QsHostTensor *rows;

  g_assert_no_error (error);
  rows = qs_host_tensor_slice (g_hash_table_lookup (arrays, "logits"), 0, N_SAMPLES, &error);
  g_assert_no_error (error);
  return rows;
}

static void
check_float (const Model *model,
             QsNetwork   *network,
             const char  *backend)
{
  g_autoptr (QsEngine) engine = build (network, NULL, backend, QS_INT8_OFF);
  g_autoptr (QsHostTensor) expected = load_logits (model->name);
  g_autoptr (QsHostTensor) one = run (engine, 1);
  g_autoptr (QsHostTensor) two = run (engine, 2);

  g_test_message ("%s %s: %g from PyTorch's logits, memory %" G_GSIZE_FORMAT " of at least %"
                  G_GSIZE_FORMAT, model->name, backend,
                  (double) qs_test_max_difference (expected, one),
                  qs_engine_get_memory_size (engine), qs_engine_get_memory_bound (engine));
  g_assert_cmpfloat (qs_test_max_difference (expected, one), <, TOLERANCE);
  assert_same_bits (one, two);
  g_assert_cmpfloat ((double) qs_engine_get_memory_size (engine), <=,
                     1.1 * (double) qs_engine_get_memory_bound (engine));
}

static void
test_float (gconstpointer data)
{
  const Model *model = data;
  g_autoptr (QsModel) loaded = load_model (model->name);
  g_autoptr (QsNetwork) network = NULL;

  if (loaded == NULL)
    return;
  network = import_model (loaded);
  check_float (model, network, "reference");
  check_float (model, network, "cpu");
}

static gboolean
same_class (QsHostTensor *a,
            QsHostTensor *b,
            gint64        row)
{
  const float *x = qs_host_tensor_get_floats (a) + row * 10;
  const float *y = qs_host_tensor_get_floats (b) + row * 10;
  int best_x = 0, best_y = 0;

  for (int i = 1; i < 10; i++)
    {
      best_x = x[i] > x[best_x] ? i : best_x;
      best_y = y[i] > y[best_y] ? i : best_y;
    }
  return best_x == best_y;
}

static void
test_int8 (gconstpointer data)
{
  const Model *model = data;
  g_autoptr (QsModel) loaded = load_model (model->name);
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (QsScaleTable) scales = NULL;
  g_autoptr (QsEngine) cpu = NULL;
  g_autoptr (QsEngine) reference = NULL;
  g_autoptr (QsHostTensor) expected = NULL;
  g_autoptr (QsHostTensor) one = NULL;
  g_autoptr (QsHostTensor) two = NULL;
  g_autoptr (QsHostTensor) oracle = NULL;
  guint n_same = 0;

  if (loaded == NULL)
    return;
  network = import_model (loaded);
  scales = calibrate (loaded);
  cpu = build (network, scales, "cpu", QS_INT8_ALL);
  reference = build (network, scales, "reference", QS_INT8_ALL);
  expected = load_logits (model->name);
  one = run (cpu, 1);
  two = run (cpu, 2);
  oracle = run (reference, 1);

  g_test_message ("%s: %u of %u layers INT8", model->name,
                  qs_engine_count_layers (cpu, QS_PRECISION_INT8),
                  qs_engine_get_network (cpu)->layers->len);
  assert_same_bits (one, two);
  g_assert_cmpuint (qs_engine_count_layers (cpu, QS_PRECISION_INT8), >=, model->n_int8);
  if (qs_engine_count_layers (cpu, QS_PRECISION_FP32) == 0)
    assert_same_bits (one, oracle);
  else
    g_assert_cmpfloat (qs_test_max_difference (one, oracle), <, 1.0f);

  /* It is INT8, so not PyTorch's logits, and yet nearly always PyTorch's class. */
  g_assert_cmpfloat (qs_test_max_difference (expected, one), >, TOLERANCE);
  for (gint64 row = 0; row < N_SAMPLES; row++)
    n_same += same_class (expected, one, row);
  g_assert_cmpuint (n_same, >=, N_SAMPLES - 2);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (models); i++)
    {
      g_autofree char *float_path = g_strdup_printf ("/fashion/float/%s", models[i].name);
      g_autofree char *int8_path = g_strdup_printf ("/fashion/int8/%s", models[i].name);

      g_test_add_data_func (float_path, &models[i], test_float);
      g_test_add_data_func (int8_path, &models[i], test_int8);
    }

  return g_test_run ();
}
