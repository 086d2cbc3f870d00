/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "../passes/qs-test-networks.h"
#include "builder/qs-builder.h"
#include "core/qs-error.h"
#include "qs-test.h"
#include "runtime/qs-context.h"

/* x [3, 4, 5, 5] -> conv -> y, and x and a constant as outputs besides. */
static QsEngine *
make_engine (void)
{
  QsTestMaker maker;
  QsShape shape = qs_shape_make (4, 3, 4, 5, 5);
  QsShape constant_shape = qs_shape_make (2, 3, 2);
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;
  QsTensor *x, *y;
  QsEngine *engine;

  qs_test_maker_init (&maker, 1);
  x = qs_test_input (&maker, "x", &shape);
  y = qs_test_convolution (&maker, "y", x, 4, 3, 1, TRUE);
  qs_network_mark_output (maker.network, y);
  qs_network_mark_output (maker.network, x);
  qs_network_mark_output (maker.network, qs_test_constant (&maker, "c", &constant_shape, 1.0f));
  qs_network_mark_output (maker.network, y);
  options.backend = qs_backend_lookup ("reference");
  engine = qs_builder_build (maker.network, NULL, &options, NULL, &error);
  g_assert_no_error (error);
  qs_test_maker_clear (&maker);
  return engine;
}

static QsHostTensor *
make_rows (gint64 n)
{
  QsShape shape = { .n_dims = 4, .dims = { n, 4, 5, 5 } };
  QsHostTensor *tensor = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &shape, NULL);
  float *values = qs_host_tensor_get_mutable (tensor);

  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (tensor); i++)
    values[i] = (float) (i * 37 % 101) / 50.0f - 1.0f;
  return tensor;
}

static void
assert_equal (QsHostTensor *a,
              QsHostTensor *b)
{
  g_assert_cmpmem (qs_host_tensor_get_data (a), qs_host_tensor_get_size (a),
                   qs_host_tensor_get_data (b), qs_host_tensor_get_size (b));
}

static void
free_outputs (QsHostTensor **outputs,
              guint          n)
{
  for (guint i = 0; i < n; i++)
    qs_host_tensor_unref (outputs[i]);
}

static void
test_outputs (void)
{
  g_autoptr (QsEngine) engine = make_engine ();
  g_autoptr (QsContext) context = qs_context_new (engine, 1, NULL);
  g_autoptr (QsHostTensor) input = make_rows (3);
  QsHostTensor *outputs[4] = { NULL };
  g_autoptr (GError) error = NULL;

  qs_context_run (context, &input, outputs, &error);
  g_assert_no_error (error);
  assert_equal (outputs[1], input);
  assert_equal (outputs[0], outputs[3]);
  assert_equal (outputs[2],
                qs_network_find_tensor (qs_engine_get_network (engine), "c")->value);
  free_outputs (outputs, 4);
}

/* Seven samples in batches of three: rows must not depend on where in a batch they were. */
static void
test_samples (void)
{
  g_autoptr (QsEngine) engine = make_engine ();
  g_autoptr (QsContext) context = qs_context_new (engine, 1, NULL);
  g_autoptr (QsHostTensor) input = make_rows (7);
  QsHostTensor *outputs[4] = { NULL };
  g_autoptr (GError) error = NULL;

  qs_context_run_samples (context, &input, outputs, &error);
  g_assert_no_error (error);
  g_assert_cmpint (qs_host_tensor_get_shape (outputs[0])->dims[0], ==, 7);
  assert_equal (outputs[1], input);

  for (gint64 first = 0; first <= 4; first++)
    {
      g_autoptr (QsHostTensor) rows = qs_host_tensor_slice (input, first, 3, NULL);
      g_autoptr (QsHostTensor) expected = qs_host_tensor_slice (outputs[0], first, 3, NULL);
      QsHostTensor *single[4] = { NULL };

      g_assert_true (qs_context_run (context, &rows, single, NULL));
      assert_equal (single[0], expected);
      free_outputs (single, 4);
    }
  free_outputs (outputs, 4);
}

static void
test_wrong_inputs (void)
{
  g_autoptr (QsEngine) engine = make_engine ();
  g_autoptr (QsContext) context = qs_context_new (engine, 1, NULL);
  g_autoptr (QsHostTensor) rows = make_rows (2);
  QsShape shape = qs_shape_make (4, 3, 4, 5, 5);
  g_autoptr (QsHostTensor) bytes = qs_host_tensor_new (QS_DATA_TYPE_UINT8, &shape, NULL);
  QsHostTensor *outputs[4] = { NULL };
  g_autoptr (GError) error = NULL;

  g_assert_false (qs_context_run (context, &rows, outputs, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_SHAPE, "input x");
  g_clear_error (&error);
  g_assert_false (qs_context_run (context, &bytes, outputs, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_TYPE, "input x");
}

/* An array in a mapped file may lie at any address. */
static void
test_unaligned (void)
{
  g_autoptr (QsEngine) engine = make_engine ();
  g_autoptr (QsContext) context = qs_context_new (engine, 1, NULL);
  g_autoptr (QsHostTensor) input = make_rows (3);
  gsize size = qs_host_tensor_get_size (input);
  g_autofree guint8 *memory = g_malloc (size + 1);
  g_autoptr (GBytes) bytes = g_bytes_new_static (memory + 1, size);
  g_autoptr (QsHostTensor) odd = NULL;
  QsHostTensor *outputs[4] = { NULL }, *expected[4] = { NULL };

  memcpy (memory + 1, qs_host_tensor_get_data (input), size);
  odd = qs_host_tensor_new_for_bytes (QS_DATA_TYPE_FLOAT, qs_host_tensor_get_shape (input), bytes,
                                      NULL);
  g_assert_true (qs_context_run (context, &input, expected, NULL));
  g_assert_true (qs_context_run (context, &odd, outputs, NULL));
  assert_equal (outputs[0], expected[0]);
  free_outputs (outputs, 4);
  free_outputs (expected, 4);
}

static gpointer
run_in_thread (gpointer data)
{
  QsEngine *engine = data;
  g_autoptr (QsContext) context = qs_context_new (engine, 1, NULL);
  g_autoptr (QsHostTensor) input = make_rows (3);
  QsHostTensor *outputs[4] = { NULL };

  for (int i = 0; i < 20; i++)
    {
      free_outputs (outputs, i > 0 ? 4 : 0);
      g_assert_true (qs_context_run (context, &input, outputs, NULL));
    }
  for (int i = 1; i < 4; i++)
    qs_host_tensor_unref (outputs[i]);
  return outputs[0];
}

/* One engine, several contexts at once. */
static void
test_concurrent (void)
{
  g_autoptr (QsEngine) engine = make_engine ();
  GThread *threads[4];
  g_autoptr (QsHostTensor) expected = run_in_thread (engine);

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("run", run_in_thread, engine);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_autoptr (QsHostTensor) result = g_thread_join (threads[i]);

      assert_equal (result, expected);
    }
}

static void
test_profile (void)
{
  g_autoptr (QsEngine) engine = make_engine ();
  g_autoptr (QsContext) context = qs_context_new (engine, 1, NULL);
  g_autoptr (QsProgress) progress = qs_progress_new ();
  QsProfileResult result;
  g_autoptr (GError) error = NULL;

  qs_context_profile (context, 4, progress, &result, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (result.n_runs, ==, 4);
  g_assert_cmpuint (result.n_layers, ==, qs_engine_get_network (engine)->layers->len);
  g_assert_cmpfloat (result.min_ms, >, 0.0);
  g_assert_cmpfloat (result.min_ms, <=, result.median_ms);
  for (guint i = 0; i < result.n_layers; i++)
    g_assert_cmpfloat (result.layer_ms[i], >, 0.0);
  g_assert_cmpfloat (qs_progress_get_fraction (progress), ==, 1.0);
  qs_profile_result_clear (&result);

  qs_progress_cancel (progress);
  g_assert_false (qs_context_profile (context, 4, progress, &result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/context/outputs", test_outputs);
  g_test_add_func ("/context/samples", test_samples);
  g_test_add_func ("/context/wrong-inputs", test_wrong_inputs);
  g_test_add_func ("/context/unaligned", test_unaligned);
  g_test_add_func ("/context/concurrent", test_concurrent);
  g_test_add_func ("/context/profile", test_profile);

  return g_test_run ();
}
