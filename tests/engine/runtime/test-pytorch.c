/* SPDX-License-Identifier: MIT */
#include "../passes/qs-test-networks.h"
#include "builder/qs-builder.h"
#include "import/qs-import.h"
#include "qs-test.h"
#include "runtime/qs-context.h"
#include "samples/qs-samples.h"

/*
 * What PyTorch's exporters make of a few networks: the idioms of opset 9 (positions by NonZero, masks
 * by Where) and of the newest exporter (rotary positions, grouped queries, RMSNorm, attention). The
 * expected outputs are PyTorch's. Both sides compute in float32, but sum in another order, through a
 * few dozen layers: 1e-4 of the largest value.
 */
#define TOLERANCE 1e-4f
#define N_SAMPLES 2

static GFile *
find_file (const char *name,
           const char *ending)
{
  g_autofree char *file = g_strconcat (name, ending, NULL);
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "engine", "runtime", "pytorch", file,
                                                 NULL);

  return g_file_new_for_path (path);
}

static QsHostTensor *
read_array (const char *name,
            const char *ending,
            const char *array,
            QsDataType  type)
{
  g_autoptr (GFile) file = find_file (name, ending);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamples) samples = qs_samples_open (file, &error);
  QsHostTensor *tensor;

  g_assert_no_error (error);
  tensor = qs_samples_read (samples, array, type, 0, N_SAMPLES, &error);
  g_assert_no_error (error);
  return tensor;
}

static QsEngine *
build (const char *name)
{
  g_autoptr (GFile) file = find_file (name, ".onnx");
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) model = qs_model_load_file (file, &error);
  g_autoptr (QsNetwork) network = NULL;
  QsEngine *engine;

  g_assert_no_error (error);
  network = qs_import_network (model, NULL, &error);
  g_assert_no_error (error);
  engine = qs_builder_build (network, NULL, &options, NULL, &error);
  g_assert_no_error (error);
  return engine;
}

static void
test_model (gconstpointer data)
{
  g_autoptr (QsEngine) engine = build (data);
  QsTensor *tensor = g_ptr_array_index (qs_engine_get_network (engine)->inputs, 0);
  g_autoptr (QsHostTensor) input = read_array (data, ".in.npz", tensor->name, tensor->type);
  g_autoptr (QsHostTensor) expected = read_array (data, ".expected.npz", "arr_0",
                                                  QS_DATA_TYPE_FLOAT);
  g_autoptr (QsContext) context = NULL;
  g_autoptr (QsHostTensor) output = NULL;
  g_autoptr (GError) error = NULL;

  context = qs_context_new (engine, 2, &error);
  g_assert_no_error (error);
  qs_context_run (context, &input, &output, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (qs_test_max_difference (output, expected), <=,
                     TOLERANCE * qs_test_max_abs (expected));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/pytorch/speech-9", "speech-9", test_model);
  g_test_add_data_func ("/pytorch/speech-newest", "speech-newest", test_model);
  g_test_add_data_func ("/pytorch/gpt-9", "gpt-9", test_model);
  g_test_add_data_func ("/pytorch/llama-newest", "llama-newest", test_model);

  return g_test_run ();
}
