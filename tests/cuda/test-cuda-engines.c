/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "../engine/passes/qs-test-networks.h"
#include "builder/qs-builder.h"
#include "core/qs-error.h"
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

static GPtrArray *
build_and_run (QsNetwork    *network,
               QsScaleTable *scales,
               const char   *backend,
               QsInt8Mode    mode,
               guint32       seed)
{
  QsBuilderOptions options = {
    .backend = qs_backend_lookup (backend),
    .n_threads = 1,
    .fuse = TRUE,
    .int8 = mode,
  };
  GPtrArray *results = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsEngine) engine = qs_builder_build (network, scales, &options, NULL, &error);
  g_autoptr (QsContext) context = NULL;
  g_autoptr (QsHostTensor) input = NULL;

  g_assert_no_error (error);
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
  g_autoptr (GPtrArray) a = build_and_run (network, scales, "reference", QS_INT8_ALL, seed);
  g_autoptr (GPtrArray) b = build_and_run (network, scales, "cuda", QS_INT8_ALL, seed);

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
  g_autoptr (GPtrArray) outputs = build_and_run (network, scales, "cuda", QS_INT8_FASTER, 1);

  g_assert_cmpuint (outputs->len, ==, network->outputs->len);
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
  engine = qs_builder_build (network, NULL, &options, NULL, &error);
  g_assert_no_error (error);

  qs_stand_in_driver_fail ("cuMemAlloc_v2", 1, QS_CUDA_ERROR_OUT_OF_MEMORY);
  context = qs_context_new (engine, 1, &error);
  g_assert_null (context);
  g_assert_error (error, QS_ERROR, QS_ERROR_LIMIT);
  g_assert_nonnull (strstr (error->message, "Emulated device"));
  g_assert_cmpuint (qs_emulator_get_used (), ==, 0);
}

static void
test_model (gconstpointer data)
{
  g_autofree char *name = g_strdup_printf ("%s.onnx", (const char *) data);
  g_autoptr (GFile) file = qs_test_sample (name);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) model = qs_model_load_file (file, &error);
  g_autoptr (QsNetwork) network = NULL;
  QsProfile *profile = qs_profile_new ();
  guint before = qs_stand_in_driver_count_launches ();

  g_assert_no_error (error);
  qs_profile_set_batch (profile, 1);
  network = qs_import_network (model, profile, &error);
  g_assert_no_error (error);
  qs_profile_free (profile);

  assert_same (network, data, 1);
  g_assert_cmpuint (qs_stand_in_driver_count_launches (), >, before);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  qs_cuda_driver_replace (qs_stand_in_driver_get ());
  g_test_add_func ("/cuda/random-networks", test_random_networks);
  g_test_add_func ("/cuda/timed-build", test_timed_build);
  g_test_add_func ("/cuda/out-of-memory", test_out_of_memory);
  g_test_add_data_func ("/cuda/fashion-resnet", "fashion-resnet", test_model);
  g_test_add_data_func ("/cuda/fashion-mobilenet", "fashion-mobilenet", test_model);
  g_test_add_data_func ("/cuda/fashion-vit", "fashion-vit", test_model);
  return g_test_run ();
}
