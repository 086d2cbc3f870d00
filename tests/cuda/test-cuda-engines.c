/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "../engine/passes/qs-test-networks.h"
#include "builder/qs-builder.h"
#include "core/qs-error.h"
#include "export/qs-qdq-writer.h"
#include "import/qs-import.h"
#include "qs-emulator.h"
#include "qs-stand-in-driver.h"
#include "qs-test.h"
#include "runtime/qs-context.h"

/*
 * Whole engines on the emulated device: INT8 outputs have the bits of the CPU's, whatever is computed
 * by CUDA kernels and whatever by the host between copies.
 */

#define N_NETWORKS 30

static gboolean
is_product (const QsLayer *layer)
{
  return layer->klass->kind == QS_LAYER_CONVOLUTION || layer->klass->kind == QS_LAYER_DECONVOLUTION ||
         layer->klass->kind == QS_LAYER_MATRIX_MULTIPLY;
}

/* Products are what the device is there for: none of a model's is left to the host. */
static void
assert_on_device (QsEngine *engine)
{
  QsNetwork *network = qs_engine_get_network (engine);

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (network->layers, i);
      const char *kernel = qs_engine_get_layer (engine, i)->kernel;

      if (is_product (layer) && !g_str_has_prefix (kernel, "cuda_"))
        g_error ("%s %s runs %s", layer->klass->name, layer->name, kernel);
      g_test_message ("%s %s: %s", layer->klass->name, layer->name, kernel);
    }
}

static GPtrArray *
build_and_run (QsNetwork    *network,
               QsScaleTable *scales,
               const char   *backend,
               QsInt8Mode    mode,
               QsFp16Mode    fp16,
               guint32       seed)
{
  QsBuilderOptions options = {
    .backend = qs_backend_lookup (backend),
    .n_threads = 1,
    .fuse = TRUE,
    .int8 = mode,
    .fp16 = fp16,
    .repeatable = TRUE,
  };
  GPtrArray *results = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsEngine) engine = qs_builder_build (network, scales, &options, NULL, &error);
  g_autoptr (QsContext) context = NULL;
  g_autoptr (QsHostTensor) input = NULL;

  g_assert_no_error (error);
  if (options.backend == qs_backend_lookup ("cuda"))
    assert_on_device (engine);
  context = qs_context_new (engine, 1, &error);
  g_assert_no_error (error);
  input = qs_test_input_value (g_ptr_array_index (network->inputs, 0), seed);
  g_ptr_array_set_size (results, (int) network->outputs->len);
  qs_context_run (context, &input, (QsHostTensor **) results->pdata, &error);
  g_assert_no_error (error);
  return results;
}

static void
assert_same (QsNetwork  *network,
             const char *name,
             guint32     seed)
{
  g_autoptr (QsScaleTable) scales = qs_test_make_scales (network, seed);
  g_autoptr (GPtrArray) a = build_and_run (network, scales, "reference", QS_INT8_ALL,
                                            QS_FP16_OFF, seed);
  g_autoptr (GPtrArray) b = build_and_run (network, scales, "cuda", QS_INT8_ALL, QS_FP16_OFF,
                                            seed);

  for (guint i = 0; i < a->len; i++)
    {
      QsHostTensor *x = g_ptr_array_index (a, i), *y = g_ptr_array_index (b, i);

      if (memcmp (qs_host_tensor_get_data (x), qs_host_tensor_get_data (y),
                  qs_host_tensor_get_size (x)) != 0)
        g_error ("%s, seed %u: output %u differs by %g", name, seed, i,
                 (double) qs_test_max_difference (x, y));
    }
}

static void
test_random_networks (void)
{
  for (guint32 seed = 0; seed < N_NETWORKS; seed++)
    {
      g_autoptr (QsNetwork) network = qs_test_random_network (seed);

      assert_same (network, "random network", seed);
    }
}

/* What a timed build chooses is not known, only that it can be made and run. */
static void
test_timed_build (void)
{
  g_autoptr (QsNetwork) network = qs_test_random_network (1);
  g_autoptr (QsScaleTable) scales = qs_test_make_scales (network, 1);
  g_autoptr (GPtrArray) outputs = build_and_run (network, scales, "cuda", QS_INT8_FASTER,
                                                  QS_FP16_OFF, 1);

  g_assert_cmpuint (outputs->len, ==, network->outputs->len);
  g_assert_cmpuint (qs_emulator_get_used (), ==, 0);
}

/* Whatever decides about precisions, each tile that could compute a product in the layer's precision is
 * timed by the device's events; one is chosen, the others say why they are not. Returns how many. */
static guint
check_timed_layer (const QsEngineLayer *layer)
{
  guint n = 0, n_chosen = 0;

  for (guint i = 0; i < layer->tactics->len; i++)
    {
      const QsTactic *tactic = g_ptr_array_index (layer->tactics, i);

      g_assert_true (tactic->chosen != (tactic->reason != NULL));
      n_chosen += tactic->chosen;
      if (tactic->precision != layer->layer->precision ||
          g_str_has_prefix (tactic->kernel, "reference"))
        continue;
      n++;
      g_assert_cmpfloat (tactic->ms, >, 0.0);
    }
  g_assert_cmpuint (n_chosen, ==, 1);
  g_assert_cmpfloat (layer->ms, >, 0.0);
  return n;
}

static void
check_timed_mode (QsInt8Mode mode,
                  QsFp16Mode fp16)
{
  const QsShape shape = qs_shape_make (4, 1, 16, 8, 8);
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (QsScaleTable) scales = NULL;
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (GError) error = NULL;
  QsTestMaker maker;
  QsTensor *t;
  guint n = 0;

  qs_test_maker_init (&maker, 1);
  t = qs_test_input (&maker, "x", &shape);
  qs_network_mark_output (maker.network,
                          qs_test_convolution (&maker, "convolution", t, 64, 1, 1, TRUE));
  scales = qs_test_make_scales (maker.network, 1);
  options.backend = qs_backend_lookup ("cuda");
  options.int8 = mode;
  options.fp16 = fp16;
  engine = qs_builder_build (maker.network, scales, &options, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < qs_engine_get_network (engine)->layers->len; i++)
    {
      const QsEngineLayer *layer = qs_engine_get_layer (engine, i);

      if (is_product (layer->layer))
        n = MAX (n, check_timed_layer (layer));
    }
  g_assert_cmpuint (n, >, 1);
  qs_test_maker_clear (&maker);
}

static void
test_timed_modes (void)
{
  check_timed_mode (QS_INT8_OFF, QS_FP16_OFF);
  check_timed_mode (QS_INT8_OFF, QS_FP16_ALL);
  check_timed_mode (QS_INT8_ALL, QS_FP16_OFF);
  g_assert_cmpuint (qs_emulator_get_used (), ==, 0);
}

/* A device that has no memory left is an error with its name, and nothing stays allocated. */
static void
test_out_of_memory (void)
{
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (QsNetwork) network = qs_test_random_network (1);
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (QsContext) context = NULL;
  g_autoptr (GError) error = NULL;

  options.backend = qs_backend_lookup ("cuda");
  options.int8 = QS_INT8_OFF;
  options.repeatable = TRUE;
  engine = qs_builder_build (network, NULL, &options, NULL, &error);
  g_assert_no_error (error);

  qs_stand_in_driver_fail ("cuMemAlloc_v2", 1, QS_CUDA_ERROR_OUT_OF_MEMORY);
  context = qs_context_new (engine, 1, &error);
  g_assert_null (context);
  g_assert_error (error, QS_DEVICE_ERROR, QS_DEVICE_ERROR_MEMORY);
  g_assert_nonnull (strstr (error->message, "Emulated device"));
  g_assert_cmpuint (qs_emulator_get_used (), ==, 0);
}

static QsNetwork *
load_network (GFile *file)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) model = qs_model_load_file (file, &error);
  QsProfile *profile = qs_profile_new ();
  QsNetwork *network;

  g_assert_no_error (error);
  qs_profile_set_batch (profile, 1);
  network = qs_import_network (model, profile, &error);
  g_assert_no_error (error);
  qs_profile_free (profile);
  return network;
}

static QsNetwork *
load_sample (const char *name)
{
  g_autofree char *path = g_strdup_printf ("%s.onnx", name);
  g_autoptr (GFile) file = qs_test_sample (path);

  return load_network (file);
}

static void
test_model (gconstpointer data)
{
  g_autoptr (QsNetwork) network = load_sample (data);
  guint before = qs_stand_in_driver_count_launches ();

  assert_same (network, data, 1);
  g_assert_cmpuint (qs_stand_in_driver_count_launches (), >, before);
}

static float
find_largest (const QsHostTensor *tensor)
{
  const float *values = qs_host_tensor_get_floats (tensor);
  float largest = 0.0f;

  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (tensor); i++)
    largest = MAX (largest, fabsf (values[i]));
  return largest;
}

/* In floating point the sums have another order than the CPU's. Some tens of layers in a row each add
 * errors of a few 2^-24 of the largest value, which 1e-5 is far above; where FP16 is stored, a sum
 * beside a rounding boundary may fall to the other side, which is 2^-11 of the value. */
static void
assert_close (QsNetwork  *network,
              QsFp16Mode  fp16,
              double      tolerance)
{
  g_autoptr (GPtrArray) a = build_and_run (network, NULL, "cpu", QS_INT8_OFF, fp16, 1);
  g_autoptr (GPtrArray) b = build_and_run (network, NULL, "cuda", QS_INT8_OFF, fp16, 1);
  QsHostTensor *x = g_ptr_array_index (a, 0), *y = g_ptr_array_index (b, 0);

  g_assert_cmpfloat ((double) find_largest (x), >, 0.0);
  g_assert_cmpfloat ((double) qs_test_max_difference (x, y), <=,
                     tolerance * (double) find_largest (x));
}

static void
test_floats (gconstpointer data)
{
  g_autoptr (QsNetwork) network = load_sample (data);

  assert_close (network, QS_FP16_OFF, 1e-5);
  assert_close (network, QS_FP16_ALL, 4.0 / 2048.0);
}

/* Networks that TensorRT was given with Q/DQ: all that is INT8 has the bits of the CPU's. */
static void
test_qdq_model (gconstpointer data)
{
  g_autofree char *path = g_strdup_printf ("tensorrt/%s.onnx", (const char *) data);
  g_autoptr (GFile) file = qs_test_shared (path);
  g_autoptr (QsNetwork) network = file != NULL ? load_network (file) : NULL;
  g_autoptr (GPtrArray) a = NULL;
  g_autoptr (GPtrArray) b = NULL;

  if (network == NULL)
    return;

  a = build_and_run (network, NULL, "cpu", QS_INT8_ALL, QS_FP16_OFF, 1);
  b = build_and_run (network, NULL, "cuda", QS_INT8_ALL, QS_FP16_OFF, 1);
  g_assert_cmpfloat ((double) qs_test_max_difference (g_ptr_array_index (a, 0),
                                                      g_ptr_array_index (b, 0)), ==, 0.0);
}

/* The sample's own Q/DQ model: what an implicit build of it exports. */
static QsNetwork *
export_qdq (const char *name)
{
  g_autofree char *path = g_strdup_printf ("%s.onnx", name);
  g_autoptr (GFile) file = qs_test_sample (path);
  g_autoptr (QsNetwork) network = load_network (file);
  g_autoptr (QsScaleTable) scales = qs_test_make_scales (network, 1);
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_auto (QsQdqSummary) summary = { 0 };
  g_autoptr (QsProfile) profile = qs_profile_new ();
  g_autoptr (QsModel) model = NULL, exported = NULL;
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  QsNetwork *result;

  model = qs_model_load_file (file, &error);
  g_assert_no_error (error);
  options.backend = qs_backend_lookup ("cpu");
  options.int8 = QS_INT8_ALL;
  options.model_checksum = qs_model_get_checksum (model);
  engine = qs_builder_build (network, scales, &options, NULL, &error);
  g_assert_no_error (error);
  bytes = qs_qdq_make_model (engine, model, &summary, &error);
  g_assert_no_error (error);
  exported = qs_model_load_bytes (bytes, name, &error);
  g_assert_no_error (error);
  qs_profile_set_batch (profile, 1);
  result = qs_import_network (exported, profile, &error);
  g_assert_no_error (error);
  return result;
}

/* Layers in INT8 that add an INT8 residual. */
static guint
count_residuals (QsEngine *engine)
{
  QsNetwork *network = qs_engine_get_network (engine);
  guint n = 0;

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (network->layers, i);
      const QsTensor *residual = layer->klass->kind == QS_LAYER_CONVOLUTION
                                   ? qs_layer_get_input (layer, QS_INPUT_RESIDUAL) : NULL;

      n += residual != NULL && residual->type == QS_DATA_TYPE_INT8 &&
           layer->precision == QS_PRECISION_INT8;
    }
  return n;
}

/* The ResNet has three blocks, each of which adds a residual (data/samples, docs/samples.md). */
static void
test_qdq_sample (gconstpointer data)
{
  g_autoptr (QsNetwork) network = export_qdq (data);
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) a = build_and_run (network, NULL, "cpu", QS_INT8_ALL, QS_FP16_OFF, 1);
  g_autoptr (GPtrArray) b = build_and_run (network, NULL, "cuda", QS_INT8_ALL, QS_FP16_OFF, 1);

  options.backend = qs_backend_lookup ("cuda");
  options.int8 = QS_INT8_ALL;
  options.repeatable = TRUE;
  engine = qs_builder_build (network, NULL, &options, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (qs_engine_is_explicit (engine));
  g_assert_cmpuint (count_residuals (engine), >=, 3);
  g_assert_cmpfloat ((double) find_largest (g_ptr_array_index (a, 0)), >, 0.0);
  g_assert_cmpfloat ((double) qs_test_max_difference (g_ptr_array_index (a, 0),
                                                      g_ptr_array_index (b, 0)), ==, 0.0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  qs_cuda_driver_replace (qs_stand_in_driver_get ());
  g_test_add_func ("/cuda/random-networks", test_random_networks);
  g_test_add_func ("/cuda/timed-build", test_timed_build);
  g_test_add_func ("/cuda/timed-modes", test_timed_modes);
  g_test_add_func ("/cuda/out-of-memory", test_out_of_memory);
  g_test_add_data_func ("/cuda/fashion-resnet", "fashion-resnet", test_model);
  g_test_add_data_func ("/cuda/fashion-resnet/floats", "fashion-resnet", test_floats);
  g_test_add_data_func ("/cuda/fashion-mobilenet", "fashion-mobilenet", test_model);
  g_test_add_data_func ("/cuda/fashion-mobilenet/floats", "fashion-mobilenet", test_floats);
  g_test_add_data_func ("/cuda/fashion-vit", "fashion-vit", test_model);
  g_test_add_data_func ("/cuda/fashion-vit/floats", "fashion-vit", test_floats);
  g_test_add_data_func ("/cuda/fashion-resnet/qdq", "fashion-resnet", test_qdq_sample);
  g_test_add_data_func ("/cuda/resnet18-qat", "resnet18-qat", test_qdq_model);
  g_test_add_data_func ("/cuda/resnet18-qat-residual", "resnet18-qat-residual", test_qdq_model);
  return g_test_run ();
}
