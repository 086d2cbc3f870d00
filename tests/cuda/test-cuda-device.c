/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "../engine/passes/qs-test-networks.h"
#include "backends/cuda/qs-cuda-device.h"
#include "builder/qs-builder.h"
#include "builder/qs-engine-private.h"
#include "core/qs-error.h"
#include "operators/qs-attributes.h"
#include "operators/qs-operator.h"
#include "qs-emulator.h"
#include "qs-stand-in-driver.h"
#include "qs-test.h"
#include "runtime/qs-context.h"
#include "runtime/qs-recording.h"

/*
 * The host's side of the CUDA backend over the stand-in driver: graphs, batches that are fetched while
 * others are computed, and faults of the driver at every call.
 */

#define N_BATCHES 5

static QsEngine *
build (QsNetwork    *network,
       const char   *backend,
       QsInt8Mode    mode,
       GError      **error)
{
  g_autoptr (QsScaleTable) scales = qs_test_make_scales (network, 7);
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;

  options.backend = qs_backend_lookup (backend);
  options.n_threads = 1;
  options.int8 = mode;
  options.repeatable = TRUE;
  return qs_builder_build (network, scales, &options, NULL, error);
}

/* Samples for several batches and a half one. */
static QsHostTensor *
make_samples (QsNetwork *network)
{
  const QsTensor *input = g_ptr_array_index (network->inputs, 0);
  QsTensor many = *input;

  many.shape.dims[0] = N_BATCHES * input->shape.dims[0];
  return qs_test_input_value (&many, 3);
}

static gboolean
run (QsEngine   *engine,
     QsNetwork  *network,
     GPtrArray  *results,
     GError    **error)
{
  g_autoptr (QsContext) context = qs_context_new (engine, 1, error);
  g_autoptr (QsHostTensor) samples = make_samples (network);

  g_ptr_array_set_size (results, (int) network->outputs->len);
  return context != NULL && qs_context_run_samples (context, &samples,
                                                    (QsHostTensor **) results->pdata, error);
}

/* A run that fails leaves them empty. */
static void
clear_result (gpointer tensor)
{
  if (tensor != NULL)
    qs_host_tensor_unref (tensor);
}

static GPtrArray *
new_results (void)
{
  return g_ptr_array_new_with_free_func (clear_result);
}

static GPtrArray *
run_reference (QsNetwork *network)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsEngine) engine = build (network, "reference", QS_INT8_ALL, &error);
  GPtrArray *results = new_results ();

  g_assert_no_error (error);
  run (engine, network, results, &error);
  g_assert_no_error (error);
  return results;
}

static void
assert_equal (GPtrArray *a,
              GPtrArray *b)
{
  for (guint i = 0; i < a->len; i++)
    {
      QsHostTensor *x = g_ptr_array_index (a, i), *y = g_ptr_array_index (b, i);

      g_assert_cmpmem (qs_host_tensor_get_data (x), qs_host_tensor_get_size (x),
                       qs_host_tensor_get_data (y), qs_host_tensor_get_size (y));
    }
}

/* Two convolutions and a sum: all of it is the device's. */
static QsNetwork *
make_network (void)
{
  const QsActivation relu = { QS_ACTIVATION_RELU, 0, 0 };
  const QsShape shape = qs_shape_make (4, 1, 4, 2, 2);
  QsTestMaker maker;
  QsTensor *x, *y;
  QsNetwork *network;

  qs_test_maker_init (&maker, 1);
  x = qs_test_input (&maker, "input", &shape);
  x = qs_test_activation (&maker, "relu", qs_test_convolution (&maker, "first", x, 4, 1, 1, TRUE),
                          relu);
  y = qs_test_convolution (&maker, "second", x, 4, 1, 1, FALSE);
  x = qs_test_element_wise (&maker, "sum", x, y, QS_ELEMENT_WISE_ADD);
  qs_network_mark_output (maker.network, x);
  network = qs_network_ref (maker.network);
  qs_test_maker_clear (&maker);
  return network;
}

/* How many rows of layers lie on the device, between others. */
static guint
count_parts (QsEngine *engine)
{
  QsNetwork *network = qs_engine_get_network (engine);
  gboolean was_on_device = FALSE;
  guint n = 0;

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsKernel *kernel = qs_engine_lookup_kernel (engine, i);
      const gboolean on_device = kernel != NULL && kernel->on_device;

      n += on_device && !was_on_device;
      was_on_device = on_device;
    }
  return n;
}

/* Layers of the host, each of which is a warning that names it. */
static guint
count_host_layers (QsEngine *engine)
{
  QsNetwork *network = qs_engine_get_network (engine);
  QsJournal *journal = qs_engine_get_journal (engine);
  guint n = 0, n_told = 0;

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsKernel *kernel = qs_engine_lookup_kernel (engine, i);

      n += kernel == NULL || !kernel->on_device;
    }
  for (guint i = 0; i < qs_journal_get_n (journal); i++)
    n_told += strcmp (qs_journal_get (journal, i)->rule, "host-layer") == 0;
  g_assert_cmpuint (n_told, ==, n);
  return n;
}

static void
check_graphs (QsNetwork *network,
              guint      n_parts,
              guint      n_host)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsEngine) engine = build (network, "cuda", QS_INT8_ALL, &error);
  g_autoptr (GPtrArray) expected = run_reference (network);
  g_autoptr (GPtrArray) results = new_results ();
  guint before = qs_stand_in_driver_count_graphs ();
  guint captures = qs_stand_in_driver_count_captures ();

  g_assert_no_error (error);
  run (engine, network, results, &error);
  g_assert_no_error (error);
  assert_equal (expected, results);
  g_assert_cmpuint (count_parts (engine), ==, n_parts);
  g_assert_cmpuint (count_host_layers (engine), ==, n_host);
  g_assert_cmpuint (qs_stand_in_driver_count_graphs () - before, ==, (N_BATCHES - 1) * n_parts);
  g_assert_cmpuint (qs_stand_in_driver_count_captures () - captures, ==, n_parts);
}

/* A sum along an axis that only the host computes, between convolutions. */
static QsNetwork *
make_mixed_network (void)
{
  const QsShape shape = qs_shape_make (4, 1, 4, 2, 2);
  QsCumulativeAttributes attributes = { 0 };
  QsTestMaker maker;
  QsTensor *x, *y;
  QsNetwork *network;

  qs_test_maker_init (&maker, 1);
  x = qs_test_convolution (&maker, "first", qs_test_input (&maker, "input", &shape), 4, 1, 1, TRUE);
  y = qs_network_add_tensor (maker.network, "sums");
  y->type = x->type;
  y->shape = x->shape;
  qs_network_add_layer (maker.network, qs_layer_class_lookup (QS_LAYER_CUMULATIVE), "sums", &attributes,
                        &x, 1, &y, 1);
  qs_network_mark_output (maker.network, qs_test_convolution (&maker, "second", y, 4, 1, 1, TRUE));
  network = qs_network_ref (maker.network);
  qs_test_maker_clear (&maker);
  return network;
}

/* The batches are fetched in turn, the first run starts every kernel, and those after it one graph, or
 * one on each side of a layer that is the host's. */
static void
test_graph (void)
{
  g_autoptr (QsNetwork) whole = make_network ();
  g_autoptr (QsNetwork) mixed = make_mixed_network ();

  check_graphs (whole, 1, 0);
  check_graphs (mixed, 2, 1);
  for (guint32 seed = 0; seed < 10; seed++)
    {
      g_autoptr (QsNetwork) network = qs_test_random_network (seed);

      check_graphs (network, 1, 0);
    }
  g_assert_cmpuint (qs_emulator_get_used (), ==, 0);
}

/* Other scales make another graph, and give what they give on the CPU. */
static void
test_rescale (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsNetwork) network = make_network ();
  g_autoptr (QsEngine) engine = build (network, "cuda", QS_INT8_ALL, &error);
  g_autoptr (QsHostTensor) input = qs_test_input_value (g_ptr_array_index (network->inputs, 0), 5);
  g_autoptr (QsScaleTable) scales = qs_test_make_scales (network, 9);
  g_autoptr (QsEngine) other = NULL;
  g_autoptr (QsContext) context = qs_context_new (engine, 1, &error);
  g_autoptr (QsContext) fresh = NULL;
  QsHostTensor *outputs[6] = { NULL };

  g_assert_no_error (error);
  for (guint i = 0; i < 2; i++)
    g_assert_true (qs_context_run (context, &input, &outputs[i], &error));
  other = qs_engine_rescale (engine, scales, &error);
  g_assert_no_error (error);
  g_assert_true (qs_context_rescale (context, other, &error));
  for (guint i = 2; i < 5; i++)
    g_assert_true (qs_context_run (context, &input, &outputs[i], &error));
  fresh = qs_context_new (other, 1, &error);
  g_assert_true (qs_context_run (fresh, &input, &outputs[5], &error));

  for (guint i = 2; i < 5; i++)
    g_assert_cmpfloat ((double) qs_test_max_difference (outputs[i], outputs[5]), ==, 0.0);
  g_assert_cmpfloat ((double) qs_test_max_difference (outputs[0], outputs[1]), ==, 0.0);
  g_assert_cmpfloat ((double) qs_test_max_difference (outputs[0], outputs[5]), >, 0.0);
  for (guint i = 0; i < G_N_ELEMENTS (outputs); i++)
    qs_host_tensor_unref (outputs[i]);
}

/* Everything from opening the device to the last result. */
static gboolean
build_and_run (QsNetwork   *network,
               QsInt8Mode   mode,
               GPtrArray   *results,
               GError     **error)
{
  g_autoptr (QsEngine) engine = build (network, "cuda", mode, error);

  return engine != NULL && run (engine, network, results, error);
}

static void
check_failure (const GError *error,
               QsCudaResult  fault,
               guint         n)
{
  if (error->domain != QS_DEVICE_ERROR)
    g_error ("fault %d at call %u is no error of the device: %s", fault, n, error->message);
  g_assert_nonnull (strchr (error->message, ':'));
  if (fault == QS_CUDA_ERROR_LAUNCH_FAILED || fault == QS_CUDA_ERROR_ECC)
    g_assert_cmpint (error->code, ==, QS_DEVICE_ERROR_LOST);
  if (fault == QS_CUDA_ERROR_OUT_OF_MEMORY)
    g_assert_cmpint (error->code, ==, QS_DEVICE_ERROR_MEMORY);
}

/* A fault that the build survives has changed nothing; the others are errors of the device. Returns
 * whether there was a call to fail at. */
static gboolean
check_fault (QsNetwork    *network,
             GPtrArray    *expected,
             QsInt8Mode    mode,
             QsCudaResult  fault,
             guint         n)
{
  g_autoptr (GPtrArray) results = new_results ();
  g_autoptr (GError) error = NULL;
  gboolean ok, met;

  qs_cuda_device_forget ();
  qs_stand_in_driver_reset ();
  qs_stand_in_driver_fail_any (n, fault);
  ok = build_and_run (network, mode, results, &error);
  met = qs_stand_in_driver_has_failed ();

  g_assert_cmpint (ok, ==, error == NULL);
  g_assert_true (ok || met);
  if (!ok)
    check_failure (error, fault, n);
  else if (mode == QS_INT8_ALL)
    assert_equal (expected, results);
  return met;
}

/* A fault, and how many calls lie between those that it is tried at. */
static const struct
{
  QsCudaResult fault;
  guint step;
} faults[] = {
  { QS_CUDA_ERROR_OUT_OF_MEMORY, 1 },     { QS_CUDA_ERROR_LAUNCH_FAILED, 1 },
  { QS_CUDA_ERROR_ECC, 11 },              { QS_CUDA_ERROR_NO_DEVICE, 7 },
  { QS_CUDA_ERROR_NO_BINARY_FOR_GPU, 7 }, { QS_CUDA_ERROR_UNSUPPORTED_PTX_VERSION, 13 },
};

/* Each fault from the first call on, until a whole build and run gets through. */
static void
test_faults (void)
{
  g_autoptr (QsNetwork) network = make_network ();
  g_autoptr (GPtrArray) expected = run_reference (network);

  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      guint n = 1;

      while (check_fault (network, expected, QS_INT8_ALL, faults[i].fault, n))
        n += faults[i].step;
      g_assert_cmpuint (n, >, 50);
    }
  qs_cuda_device_forget ();
  qs_stand_in_driver_reset ();
}

/* The same while kernels are timed, at every so many calls: times vary, so does their number. */
static void
test_faults_while_timing (void)
{
  g_autoptr (QsNetwork) network = make_network ();

  for (guint n = 20; n < 20 + 20 * 23; n += 23)
    check_fault (network, NULL, QS_INT8_FASTER, faults[n % G_N_ELEMENTS (faults)].fault, n);
  qs_cuda_device_forget ();
  qs_stand_in_driver_reset ();
}

/* A lost device says what ended it, and is not asked again. */
static void
test_lost (void)
{
  g_autoptr (QsNetwork) network = make_network ();
  g_autoptr (GPtrArray) results = new_results ();
  g_autoptr (GError) error = NULL;

  qs_stand_in_driver_fail ("cuLaunchKernel", 1, QS_CUDA_ERROR_LAUNCH_FAILED);
  g_assert_false (build_and_run (network, QS_INT8_ALL, results, &error));
  g_assert_error (error, QS_DEVICE_ERROR, QS_DEVICE_ERROR_LOST);
  g_clear_error (&error);

  g_assert_null (qs_cuda_device_get (&error));
  g_assert_error (error, QS_DEVICE_ERROR, QS_DEVICE_ERROR_LOST);
  g_assert_nonnull (strstr (error->message, "Emulated device"));
  g_assert_nonnull (strstr (error->message, "started again"));
  qs_cuda_device_forget ();
  qs_stand_in_driver_reset ();
  g_clear_error (&error);
  g_assert_nonnull (qs_cuda_device_get (&error));
}

/* The device is kept busy while it is asked for what is to be timed, and that is not counted. */
static void
test_timing (void)
{
  g_autoptr (GError) error = NULL;
  QsCudaDevice *device = qs_cuda_device_get (&error);
  QsDevice *memory = qs_cuda_device_get_memory (device);
  const guint before = qs_stand_in_driver_count_launches ();
  double ms = -1.0;

  g_assert_no_error (error);
  g_assert_true (memory->begin_timing (memory, &error));
  g_assert_cmpuint (qs_stand_in_driver_count_launches (), ==, before);
  g_assert_true (memory->end_timing (memory, &ms, &error));
  g_assert_cmpuint (qs_stand_in_driver_count_launches (), ==, before + 1);
  g_assert_cmpfloat (ms, >=, 0.0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  qs_cuda_driver_replace (qs_stand_in_driver_get ());
  g_test_add_func ("/cuda/graph", test_graph);
  g_test_add_func ("/cuda/graph/rescale", test_rescale);
  g_test_add_func ("/cuda/timing", test_timing);
  g_test_add_func ("/cuda/lost", test_lost);
  g_test_add_func ("/cuda/faults", test_faults);
  g_test_add_func ("/cuda/faults-while-timing", test_faults_while_timing);
  return g_test_run ();
}
