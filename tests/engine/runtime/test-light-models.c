/* SPDX-License-Identifier: MIT */
#include "../passes/qs-test-networks.h"
#include "builder/qs-builder.h"
#include "import/qs-import.h"
#include "onnx/qs-tensor-proto.h"
#include "qs-test.h"
#include "runtime/qs-context.h"

/*
 * Real topologies with constant weights and the outputs that ONNX records for them, through all
 * passes and the default backend's kernels. The input is arange (n) / n. ONNX compares these with
 * a relative tolerance of 1e-3. Their weights are constant, so all classes come out equal, 0.001:
 * this proves that whole graphs fuse, build and run, and little about numbers, for which there are
 * the models with real weights.
 */
#define TOLERANCE 1e-3f

static QsNetwork *
load_network (const char *name)
{
  g_autofree char *path = g_strdup_printf ("onnx-light/light_%s.onnx", name);
  g_autoptr (GFile) file = qs_test_shared (path);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) model = NULL;
  g_autoptr (QsProfile) profile = qs_profile_new ();
  QsNetwork *network;

  if (file == NULL)
    return NULL;
  model = qs_model_load_file (file, &error);
  g_assert_no_error (error);
  qs_profile_set_batch (profile, 1);
  network = qs_import_network (model, profile, &error);
  g_assert_no_error (error);
  return network;
}

static QsHostTensor *
make_input (const QsTensor *tensor)
{
  QsHostTensor *input = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &tensor->shape, NULL);
  gint64 n = qs_host_tensor_get_n_elements (input);
  float *values = qs_host_tensor_get_mutable (input);

  for (gint64 i = 0; i < n; i++)
    values[i] = (float) i / (float) n;
  return input;
}

static QsHostTensor *
load_output (const char *name)
{
  g_autofree char *path = g_strdup_printf ("onnx-light/light_%s_output_0.pb", name);
  g_autoptr (GFile) file = qs_test_shared (path);
  g_autoptr (GBytes) bytes = g_file_load_bytes (file, NULL, NULL, NULL);
  g_autofree char *tensor_name = NULL;
  g_autoptr (GError) error = NULL;
  QsHostTensor *output = qs_tensor_proto_parse (bytes, &tensor_name, &error);

  g_assert_no_error (error);
  return output;
}

static void
test_model (gconstpointer data)
{
  g_autoptr (QsNetwork) network = load_network (data);
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (QsContext) context = NULL;
  g_autoptr (QsHostTensor) input = NULL;
  g_autoptr (QsHostTensor) expected = NULL;
  g_autoptr (QsHostTensor) output = NULL;
  g_autoptr (GError) error = NULL;

  if (network == NULL)
    return;
  engine = qs_builder_build (network, NULL, &options, NULL, &error);
  g_assert_no_error (error);
  context = qs_context_new (engine, 2, &error);
  g_assert_no_error (error);
  input = make_input (g_ptr_array_index (network->inputs, 0));
  qs_context_run (context, &input, &output, &error);
  g_assert_no_error (error);

  expected = load_output (data);
  g_test_message ("%s: %u of %u layers left, %g from the recorded output of at most %g",
                  (const char *) data, qs_engine_get_network (engine)->layers->len,
                  network->layers->len, (double) qs_test_max_difference (output, expected),
                  (double) qs_test_max_abs (expected));
  g_assert_cmpfloat (qs_test_max_difference (output, expected), <=,
                     TOLERANCE * qs_test_max_abs (expected));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/light/resnet50", "resnet50", test_model);
  g_test_add_data_func ("/light/inception_v1", "inception_v1", test_model);
  g_test_add_data_func ("/light/shufflenet", "shufflenet", test_model);
  g_test_add_data_func ("/light/squeezenet", "squeezenet", test_model);

  return g_test_run ();
}
