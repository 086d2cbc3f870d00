/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "../engine/backends/qs-cpu-test.h"
#include "../engine/passes/qs-test-networks.h"
#include "../qs-onnx-maker.h"
#include "builder/qs-builder.h"
#include "core/qs-error.h"
#include "import/qs-import.h"
#include "qs-emulator.h"
#include "qs-stand-in-driver.h"
#include "qs-test.h"
#include "runtime/qs-context.h"

/*
 * Whole networks stay on the device: every layer has a kernel there, and a run copies the inputs in and
 * the outputs out and nothing else.
 */

static QsNetwork *
import_model (QsModel *model)
{
  g_autoptr (GError) error = NULL;
  QsProfile *profile = qs_profile_new ();
  QsNetwork *network;

  qs_profile_set_batch (profile, 1);
  network = qs_import_network (model, profile, &error);
  g_assert_no_error (error);
  qs_profile_free (profile);
  return network;
}

static QsNetwork *
load_network (GFile *file)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) model = qs_model_load_file (file, &error);

  g_assert_no_error (error);
  return import_model (model);
}

static void
add_weights (QsMessage  *graph,
             const char *name,
             const char *dims,
             gsize       n)
{
  QsRandom random = { g_str_hash (name) };
  g_autofree float *values = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    values[i] = qs_random_float (&random, -0.5f, 0.5f);
  qs_graph_add_floats (graph, name, dims, values, n);
}

static void
add_node (QsMessage  *graph,
          const char *op,
          const char *inputs,
          const char *output)
{
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node (op, output, inputs, output, NULL));
}

/* x W + b */
static void
add_linear (QsMessage  *graph,
            const char *x,
            const char *y,
            const char *dims,
            gsize       n,
            gsize       n_out)
{
  g_autofree char *weights = g_strconcat (y, ".weight", NULL);
  g_autofree char *bias = g_strconcat (y, ".bias", NULL);
  g_autofree char *product = g_strconcat (y, ".product", NULL);
  g_autofree char *width = g_strdup_printf ("%" G_GSIZE_FORMAT, n_out);
  g_autofree char *operands = g_strconcat (x, ",", weights, NULL);
  g_autofree char *terms = g_strconcat (product, ",", bias, NULL);

  add_weights (graph, weights, dims, n);
  add_weights (graph, bias, width, n_out);
  add_node (graph, "MatMul", operands, product);
  add_node (graph, "Add", terms, y);
}

static void
add_layer_norm (QsMessage  *graph,
                const char *x,
                const char *y)
{
  g_autofree char *scale = g_strconcat (y, ".weight", NULL);
  g_autofree char *bias = g_strconcat (y, ".bias", NULL);
  g_autofree char *inputs = g_strjoin (",", x, scale, bias, NULL);

  add_weights (graph, scale, "16", 16);
  add_weights (graph, bias, "16", 16);
  add_node (graph, "LayerNormalization", inputs, y);
}

/* [1, 6, 16] as [1, heads, 6, 8]. */
static void
add_heads (QsMessage  *graph,
           const char *x,
           const char *y,
           const char *perm)
{
  g_autofree char *split = g_strconcat (y, ".split", NULL);
  g_autofree char *inputs = g_strconcat (x, ",heads", NULL);

  add_node (graph, "Reshape", inputs, split);
  qs_put_message (graph, QS_GRAPH_NODE,
                  qs_make_node ("Transpose", y, split, y, qs_make_ints ("perm", perm), NULL));
}

static void
add_attention (QsMessage *graph)
{
  const float size = 2.828427f;

  add_linear (graph, "x0", "q", "16x16", 256, 16);
  add_linear (graph, "x0", "k", "16x16", 256, 16);
  add_linear (graph, "x0", "v", "16x16", 256, 16);
  add_heads (graph, "q", "qh", "0 2 1 3");
  add_heads (graph, "k", "kh", "0 2 3 1");
  add_heads (graph, "v", "vh", "0 2 1 3");
  qs_graph_add_floats (graph, "size", "", &size, 1);
  add_node (graph, "MatMul", "qh,kh", "scores");
  add_node (graph, "Div", "scores,size", "scaled");
  add_node (graph, "Add", "scaled,bias", "masked");
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Softmax", "softmax", "masked", "softmax",
                                                      qs_make_int ("axis", -1), NULL));
  add_node (graph, "MatMul", "softmax,vh", "context");
  qs_put_message (graph, QS_GRAPH_NODE,
                  qs_make_node ("Transpose", "merged", "context", "merged",
                                qs_make_ints ("perm", "0 2 1 3"), NULL));
  add_node (graph, "Reshape", "merged,flat", "joined");
  add_linear (graph, "joined", "projected", "16x16", 256, 16);
}

/* The mask, 1 where there is a word, becomes 0 and -10000 beside the scores. */
static void
add_mask (QsMessage *graph)
{
  const float one = 1.0f, far = -10000.0f;

  qs_graph_add_floats (graph, "one", "", &one, 1);
  qs_graph_add_floats (graph, "far", "", &far, 1);
  qs_graph_add_ints (graph, "mask_axes", "1 2");
  add_node (graph, "Unsqueeze", "mask,mask_axes", "mask4");
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Cast", "maskf", "mask4", "maskf",
                                                      qs_make_int ("to", QS_DATA_TYPE_FLOAT), NULL));
  add_node (graph, "Sub", "one,maskf", "hidden");
  add_node (graph, "Mul", "hidden,far", "bias");
}

/* BERT's structure at a width of 16: words and a mask as integers, one layer, the first word's vector
 * through a tanh. */
static QsNetwork *
make_bert (void)
{
  QsMessage *graph = qs_make_graph ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (QsModel) model = NULL;
  g_autoptr (GError) error = NULL;

  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("words", QS_DATA_TYPE_INT64, "1x6"));
  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("mask", QS_DATA_TYPE_INT64, "1x6"));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value ("y", QS_DATA_TYPE_FLOAT, "1x4"));
  add_weights (graph, "embedding", "30x16", 480);
  add_weights (graph, "positions", "6x16", 96);
  qs_graph_add_ints (graph, "heads", "0 0 2 8");
  qs_graph_add_ints (graph, "flat", "0 0 16");
  add_node (graph, "Gather", "embedding,words", "e");
  add_node (graph, "Add", "e,positions", "p");
  add_layer_norm (graph, "p", "x0");
  add_mask (graph);
  add_attention (graph);
  add_node (graph, "Add", "projected,x0", "r1");
  add_layer_norm (graph, "r1", "x1");
  add_linear (graph, "x1", "wide", "16x64", 1024, 64);
  add_node (graph, "Gelu", "wide", "gelu");
  add_linear (graph, "gelu", "narrow", "64x16", 1024, 16);
  add_node (graph, "Add", "narrow,x1", "r2");
  add_layer_norm (graph, "r2", "x2");
  qs_graph_add_ints (graph, "zero", "0");
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Gather", "first", "x2,zero", "first",
                                                      qs_make_int ("axis", 1), NULL));
  qs_graph_add_ints (graph, "first_axis", "1");
  add_node (graph, "Squeeze", "first,first_axis", "word");
  add_linear (graph, "word", "dense", "16x16", 256, 16);
  add_node (graph, "Tanh", "dense", "pooled");
  add_linear (graph, "pooled", "y", "16x4", 64, 4);
  bytes = qs_make_model (graph, 20);
  model = qs_model_load_bytes (bytes, "bert", &error);
  g_assert_no_error (error);
  return import_model (model);
}

static QsHostTensor *
make_input (const QsTensor *tensor)
{
  QsRandom random = { 3 };
  QsHostTensor *value;
  gint64 *numbers;

  if (tensor->type != QS_DATA_TYPE_INT64)
    return qs_test_input_value (tensor, 1);
  value = qs_random_tensor (&random, QS_DATA_TYPE_INT64, &tensor->shape, TRUE);
  numbers = qs_host_tensor_get_mutable (value);
  for (gint64 i = 0; strcmp (tensor->name, "mask") == 0 && i < qs_host_tensor_get_n_elements (value);
       i++)
    numbers[i] = i < 4;
  return value;
}

static void
assert_all_on_device (QsEngine   *engine,
                      const char *what)
{
  QsNetwork *network = qs_engine_get_network (engine);

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (network->layers, i);
      const QsKernel *kernel = qs_backend_lookup_kernel (qs_engine_get_backend (engine),
                                                         qs_engine_get_layer (engine, i)->kernel);

      if (kernel == NULL || !kernel->on_device)
        g_error ("%s: %s %s is left to the host (%s)", what, layer->klass->name, layer->name,
                 kernel != NULL ? kernel->name : "no kernel");
    }
}

static QsHostTensor *
run_once (QsContext     *context,
          QsNetwork     *network,
          QsHostTensor **inputs)
{
  g_autofree QsHostTensor **outputs = g_new0 (QsHostTensor *, network->outputs->len);
  g_autoptr (GError) error = NULL;
  QsHostTensor *first;

  qs_context_run (context, inputs, outputs, &error);
  g_assert_no_error (error);
  first = g_steal_pointer (&outputs[0]);
  for (guint i = 1; i < network->outputs->len; i++)
    qs_host_tensor_unref (outputs[i]);
  return first;
}

static gboolean
has_indices (QsNetwork *network)
{
  for (guint i = 0; i < network->inputs->len; i++)
    if (((const QsTensor *) g_ptr_array_index (network->inputs, i))->type == QS_DATA_TYPE_INT64)
      return TRUE;

  return FALSE;
}

static QsHostTensor *
build_and_count (QsNetwork  *network,
                 const char *what,
                 const char *backend,
                 QsInt8Mode  int8,
                 QsFp16Mode  fp16)
{
  QsBuilderOptions options = { .backend = qs_backend_lookup (backend), .n_threads = 1, .fuse = TRUE,
                               .repeatable = TRUE, .int8 = int8, .fp16 = fp16 };
  const gboolean on_device = strcmp (backend, "cuda") == 0;
  g_autoptr (QsScaleTable) scales = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (QsContext) context = NULL;
  g_autoptr (QsHostTensor) first = NULL;
  QsHostTensor *inputs[4] = { NULL }, *result;
  guint in, out;

  if (int8 != QS_INT8_OFF)
    scales = qs_test_make_scales (network, 1);
  engine = qs_builder_build (network, scales, &options, NULL, &error);
  g_assert_no_error (error);
  if (on_device)
    assert_all_on_device (engine, what);
  context = qs_context_new (engine, 1, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < network->inputs->len; i++)
    inputs[i] = make_input (g_ptr_array_index (network->inputs, i));

  first = run_once (context, network, inputs);
  in = qs_stand_in_driver_count_copies_in ();
  out = qs_stand_in_driver_count_copies_out ();
  result = run_once (context, network, inputs);
  if (on_device)
    {
      g_assert_cmpuint (qs_stand_in_driver_count_copies_in () - in, ==, network->inputs->len);
      /* With every output comes the word in which kernels note indices that are wrong. */
      g_assert_cmpuint (qs_stand_in_driver_count_copies_out () - out, ==,
                        network->outputs->len * (has_indices (network) ? 2 : 1));
    }
  g_assert_cmpfloat ((double) qs_test_max_difference (first, result), ==, 0.0);
  for (guint i = 0; i < network->inputs->len; i++)
    qs_host_tensor_unref (inputs[i]);
  return result;
}

static void
test_sample (gconstpointer data)
{
  g_autofree char *path = g_strdup_printf ("%s.onnx", (const char *) data);
  g_autoptr (GFile) file = qs_test_sample (path);
  g_autoptr (QsNetwork) network = load_network (file);
  g_autoptr (QsHostTensor) int8 = build_and_count (network, data, "cuda", QS_INT8_ALL, QS_FP16_OFF);
  g_autoptr (QsHostTensor) fp32 = build_and_count (network, data, "cuda", QS_INT8_OFF, QS_FP16_OFF);
  g_autoptr (QsHostTensor) fp16 = build_and_count (network, data, "cuda", QS_INT8_OFF, QS_FP16_ALL);
  g_autoptr (QsHostTensor) both = build_and_count (network, data, "cuda", QS_INT8_ALL, QS_FP16_ALL);
}

/* Sums of 16 to 64 products and of six exponentials in another order: 1e-5 is far above what some ten
 * layers add to the result; FP16 stores with errors of 2^-11. */
static void
test_bert (void)
{
  g_autoptr (QsNetwork) network = make_bert ();
  g_autoptr (QsHostTensor) expected =
    build_and_count (network, "BERT", "reference", QS_INT8_OFF, QS_FP16_OFF);
  g_autoptr (QsHostTensor) fp32 = build_and_count (network, "BERT", "cuda", QS_INT8_OFF, QS_FP16_OFF);
  g_autoptr (QsHostTensor) fp16 = build_and_count (network, "BERT", "cuda", QS_INT8_OFF, QS_FP16_ALL);
  const double largest = (double) qs_test_max_abs (expected);

  g_assert_cmpfloat (largest, >, 0.0);
  g_assert_cmpfloat ((double) qs_test_max_difference (expected, fp32), <=, 1e-5 * largest);
  g_assert_cmpfloat ((double) qs_test_max_difference (expected, fp16), <=, 16.0 / 2048.0 * largest);
}

/* An index outside of its dimension reads nothing there and is an error that names the layer; a run with
 * good ones works again. */
static void
test_bad_index (void)
{
  g_autoptr (QsNetwork) network = make_bert ();
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (QsHostTensor) words = make_input (g_ptr_array_index (network->inputs, 0));
  g_autoptr (QsHostTensor) mask = make_input (g_ptr_array_index (network->inputs, 1));
  QsHostTensor *inputs[] = { words, mask }, *outputs[1] = { NULL };
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (QsContext) context = NULL;
  g_autoptr (QsHostTensor) good = NULL;
  g_autoptr (GError) error = NULL;

  options.backend = qs_backend_lookup ("cuda");
  options.int8 = QS_INT8_OFF;
  options.repeatable = TRUE;
  engine = qs_builder_build (network, NULL, &options, NULL, &error);
  g_assert_no_error (error);
  context = qs_context_new (engine, 1, &error);
  g_assert_no_error (error);

  ((gint64 *) qs_host_tensor_get_mutable (words))[2] = 30;
  g_assert_false (qs_context_run (context, inputs, outputs, &error));
  g_assert_error (error, QS_ERROR, QS_ERROR_DATA);
  g_assert_nonnull (strstr (error->message, "Gather e:"));
  g_clear_error (&error);
  ((gint64 *) qs_host_tensor_get_mutable (words))[2] = -30;
  good = run_once (context, network, inputs);
}

static void
test_qdq (gconstpointer data)
{
  g_autofree char *path = g_strdup_printf ("tensorrt/%s.onnx", (const char *) data);
  g_autoptr (GFile) file = qs_test_shared (path);
  g_autoptr (QsNetwork) network = file != NULL ? load_network (file) : NULL;
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (GError) error = NULL;

  if (network == NULL)
    return;
  options.backend = qs_backend_lookup ("cuda");
  options.int8 = QS_INT8_ALL;
  options.repeatable = TRUE;
  engine = qs_builder_build (network, NULL, &options, NULL, &error);
  g_assert_no_error (error);
  assert_all_on_device (engine, data);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  qs_cuda_driver_replace (qs_stand_in_driver_get ());
  g_test_add_data_func ("/cuda/residency/fashion-resnet", "fashion-resnet", test_sample);
  g_test_add_data_func ("/cuda/residency/fashion-mobilenet", "fashion-mobilenet", test_sample);
  g_test_add_data_func ("/cuda/residency/fashion-vit", "fashion-vit", test_sample);
  g_test_add_func ("/cuda/residency/bert", test_bert);
  g_test_add_func ("/cuda/residency/bad-index", test_bad_index);
  g_test_add_data_func ("/cuda/residency/resnet18-qat", "resnet18-qat", test_qdq);
  g_test_add_data_func ("/cuda/residency/resnet18-qat-residual", "resnet18-qat-residual", test_qdq);
  return g_test_run ();
}
