/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "../passes/qs-test-networks.h"
#include "builder/qs-builder.h"
#include "core/qs-error.h"
#include "core/qs-json.h"
#include "export/qs-trex-graph.h"
#include "import/qs-import.h"
#include "qs-test.h"

/* TensorRT's own files */

static QsTrexGraph *
load_shared (const char *name)
{
  g_autoptr (GFile) file = qs_test_shared (name);
  g_autoptr (GError) error = NULL;
  QsTrexGraph *graph;

  if (file == NULL)
    return NULL;

  graph = qs_trex_graph_load (file, &error);
  g_assert_no_error (error);
  return graph;
}

/* The counts are those of the published table of these engines: 37 and 26 layers. The INT8 ones were
 * counted in the files: weights of type Int8. */
static void
test_real_files (void)
{
  static const struct
  {
    const char *name;
    guint n_layers;
    guint n_int8;
    guint n_diamonds;
  } rows[] = {
    { "tensorrt/resnet18-qat.graph.json", 37, 21, 14 },
    { "tensorrt/resnet18-qat-residual.graph.json", 26, 21, 4 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (QsTrexGraph) graph = load_shared (rows[i].name);
      g_autoptr (QsNetwork) network = NULL;
      g_autoptr (GError) error = NULL;
      guint n_diamonds = 0;

      if (graph == NULL)
        return;
      network = qs_trex_graph_make_network (graph, &error);
      g_assert_no_error (error);
      g_assert_true (qs_network_check (network, &error));
      g_assert_cmpuint (graph->layers->len, ==, rows[i].n_layers);
      g_assert_cmpuint (network->layers->len, ==, rows[i].n_layers);
      g_assert_cmpuint (qs_trex_graph_count (graph, QS_PRECISION_INT8), ==, rows[i].n_int8);
      g_assert_cmpuint (network->inputs->len, ==, 1);
      g_assert_cmpuint (network->outputs->len, ==, 1);
      for (guint k = 0; k < network->layers->len; k++)
        n_diamonds += ((QsLayer *) network->layers->pdata[k])->klass->kind == QS_LAYER_REFORMAT;
      g_assert_cmpuint (n_diamonds, ==, rows[i].n_diamonds);
    }
}

static void
test_real_layer (void)
{
  g_autoptr (QsTrexGraph) graph = load_shared ("tensorrt/resnet18-qat-residual.graph.json");
  g_autoptr (QsNetwork) network = NULL;
  const QsTrexLayer *source;
  QsLayer *layer;

  if (graph == NULL)
    return;

  network = qs_trex_graph_make_network (graph, NULL);
  layer = qs_network_find_layer (network, "layer1.0.conv2.weight + QuantizeLinear_32 + Conv_34 + "
                                          "Add_42 + Relu_43");
  g_assert_nonnull (layer);
  g_assert_cmpint (layer->precision, ==, QS_PRECISION_INT8);
  g_assert_cmpuint (layer->inputs->len, ==, 2);
  g_assert_cmpstr (qs_layer_get_input (layer, 0)->producer->name, ==,
                   "layer1.0.conv1.weight + QuantizeLinear_20 + Conv_22");
  g_assert_cmpstr (qs_layer_get_input (layer, 1)->producer->name, ==,
                   "conv1.weight + QuantizeLinear_7 + Conv_9 + MaxPool_12");
  g_assert_cmpint (qs_layer_get_output (layer, 0)->type, ==, QS_DATA_TYPE_INT8);
  g_assert_cmpstr (((QsOrigin *) layer->origins->pdata[2])->op_type, ==, "Conv");

  source = qs_trex_graph_find (graph, layer);
  g_assert_cmpstr (source->type, ==, "CaskConvolution");
  g_assert_cmpstr (qs_trex_layer_get_property (source, "Kernel"), ==, "[3,3]");
  g_assert_cmpstr (qs_trex_layer_get_property (source, "Activation"), ==, "RELU");
}

/* The first three times of the file, which has one for each of the 37 layers. */
static void
test_real_profile (void)
{
  g_autoptr (QsTrexGraph) graph = load_shared ("tensorrt/resnet18-qat.graph.json");
  g_autoptr (QsTrexGraph) other = load_shared ("tensorrt/resnet18-qat-residual.graph.json");
  g_autoptr (GFile) file = qs_test_shared ("tensorrt/resnet18-qat.profile.json");
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (GArray) times = NULL;
  g_autoptr (GError) error = NULL;

  if (graph == NULL || file == NULL)
    return;

  g_assert_true (qs_trex_profile_apply (graph, file, &error));
  g_assert_no_error (error);
  network = qs_trex_graph_make_network (graph, NULL);
  times = qs_trex_graph_get_times (graph, network);
  g_assert_cmpfloat (g_array_index (times, double, 0), ==, 0.06144);
  g_assert_cmpfloat (g_array_index (times, double, 1), ==, 0.201728);
  g_assert_cmpfloat (g_array_index (times, double, 2), ==, 0.095232);
  for (guint i = 0; i < times->len; i++)
    g_assert_cmpfloat (g_array_index (times, double, i), >=, 0.0);
}

/* What we write */

static QsEngine *
build (guint32 seed)
{
  g_autoptr (QsNetwork) network = qs_test_random_network (seed);
  g_autoptr (GHashTable) values = qs_test_evaluate (network, seed);
  g_autoptr (QsScaleTable) scales = qs_scale_table_new ();
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;
  QsEngine *engine;

  for (guint i = 0; i < network->tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (network->tensors, i);
      QsHostTensor *value = g_hash_table_lookup (values, tensor->name);

      if (value != NULL)
        qs_scale_table_set (scales, tensor->name, qs_test_max_abs (value) / 127.0f);
    }

  options.int8 = QS_INT8_ALL;
  engine = qs_builder_build (network, scales, &options, NULL, &error);
  g_assert_no_error (error);
  return engine;
}

static void
assert_same_tensors (GPtrArray *ours,
                     GPtrArray *theirs)
{
  guint n = 0;

  for (guint i = 0; i < ours->len; i++)
    {
      const QsTensor *a = g_ptr_array_index (ours, i);
      const QsTensor *b;

      if (a == NULL || !qs_tensor_is_activation (a))
        continue;
      g_assert_cmpuint (n, <, theirs->len);
      b = g_ptr_array_index (theirs, n++);
      g_assert_cmpstr (a->name, ==, b->name);
      g_assert_cmpint (a->type, ==, b->type);
      g_assert_cmpint (a->format, ==, b->format);
      g_assert_true (qs_shape_equal (&a->shape, &b->shape));
    }
  g_assert_cmpuint (n, ==, theirs->len);
}

static void
test_round_trip (void)
{
  for (guint32 seed = 1; seed <= 12; seed++)
    {
      g_autoptr (QsEngine) engine = build (seed);
      QsNetwork *ours = qs_engine_get_network (engine);
      g_autofree char *text = qs_trex_write_graph (engine);
      g_autoptr (GError) error = NULL;
      g_autoptr (QsTrexGraph) graph = qs_trex_graph_parse (text, strlen (text), "ours", &error);
      g_autoptr (QsNetwork) theirs = NULL;

      g_assert_no_error (error);
      theirs = qs_trex_graph_make_network (graph, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (ours->layers->len, ==, theirs->layers->len);
      for (guint i = 0; i < ours->layers->len; i++)
        {
          const QsLayer *a = ours->layers->pdata[i], *b = theirs->layers->pdata[i];

          g_assert_cmpstr (a->name, ==, b->name);
          assert_same_tensors (a->inputs, b->inputs);
          assert_same_tensors (a->outputs, b->outputs);
          if (a->klass->placement == QS_PLACEMENT_WEIGHTED)
            g_assert_cmpint (a->precision, ==, b->precision);
        }
    }
}

static JsonObject *
find_layer (JsonNode   *root,
            const char *type)
{
  JsonArray *layers = qs_json_get_array (json_node_get_object (root), "Layers");

  for (guint i = 0; i < json_array_get_length (layers); i++)
    {
      JsonObject *layer = json_array_get_object_element (layers, i);

      if (strcmp (qs_json_get_string (layer, "LayerType"), type) == 0)
        return layer;
    }

  return NULL;
}

/* The same names in the same order, with values of the same types. */
static void
assert_same_keys (JsonObject *ours,
                  JsonObject *theirs)
{
  g_autoptr (GList) names = json_object_get_members (ours);
  g_autoptr (GList) expected = json_object_get_members (theirs);

  g_assert_cmpuint (g_list_length (names), ==, g_list_length (expected));
  for (GList *x = names, *y = expected; x != NULL; x = x->next, y = y->next)
    {
      JsonNode *p = json_object_get_member (ours, x->data);
      JsonNode *q = json_object_get_member (theirs, y->data);

      g_assert_cmpstr (x->data, ==, y->data);
      g_assert_cmpint (json_node_get_node_type (p), ==, json_node_get_node_type (q));
      if (JSON_NODE_HOLDS_VALUE (p))
        g_assert_cmpint (json_node_get_value_type (p), ==, json_node_get_value_type (q));
    }
}

/* A convolution has TensorRT's keys, in its order and with its types. */
static void
test_same_keys (void)
{
  static const char *const types[] = { "CaskConvolution", "CaskPooling", "Reformat", "NoOp" };
  g_autoptr (GFile) file = qs_test_shared ("tensorrt/resnet18-qat-residual.graph.json");
  g_autofree char *theirs_text = NULL;
  g_autoptr (JsonNode) theirs = NULL;
  guint n_compared = 0;

  if (file == NULL)
    return;

  g_assert_true (g_file_load_contents (file, NULL, &theirs_text, NULL, NULL, NULL));
  theirs = qs_json_parse (theirs_text, -1, NULL);
  for (guint32 seed = 1; seed <= 12; seed++)
    {
      g_autoptr (QsEngine) engine = build (seed);
      g_autofree char *text = qs_trex_write_graph (engine);
      g_autoptr (JsonNode) ours = qs_json_parse (text, -1, NULL);

      for (guint i = 0; i < G_N_ELEMENTS (types); i++)
        {
          JsonObject *a = find_layer (ours, types[i]), *b = find_layer (theirs, types[i]);

          /* The file has no clip; those keys are among the published ones below. */
          if (a == NULL || json_object_has_member (a, "ParameterSubType"))
            continue;
          n_compared++;
          assert_same_keys (a, b);
        }
    }
  g_assert_cmpuint (n_compared, >, 12);
}

/*
 * The keys of layers that the files beside this test do not have, as the engines have them that NVIDIA
 * published with trt-engine-explorer (release 8.5, tests/inputs/mobilenet_v2_residuals.qat and
 * examples/tensorflow/resnet), without Name, LayerType, Inputs, Outputs and TacticValue, which all have.
 *
 * Verified by a real file: everything in this table, and what test_same_keys() compares: convolutions,
 * poolings, reformats, NoOps and ConvActPool. Known to TREx's reader and in no public file: Resize.
 * Verified by neither, with the fields of ONNX under ONNX's names: MatrixMultiply, Deconvolution,
 * Concatenation, Reduce, ElementWise, Activation, Unary, Gather and what is rarer.
 */
static const struct
{
  const char *type;
  const char *keys;
} published[] = {
  { "CudaDepthwiseConvolution",
    "ParameterType Kernel PaddingMode PrePadding PostPadding Stride Dilation OutMaps Groups Weights "
    "Bias HasSparseWeights Activation ParameterSubType HasBias" },
  { "Shuffle", "ParameterType FirstTranspose Reshape SecondTranspose ZeroIsPlaceholder" },
  { "Padding", "ParameterType Start Size Stride Mode negativeInfinityPadding" },
  { "CudaSoftMax", "ParameterType Axes HasLog" },
  { "Scale", "ParameterType Mode Shift Scale Power Activation ChannelAxis" },
};

/* Pad, a depthwise convolution with a clip, a normalization that nothing takes in, a transposition
 * and softmax. */
static QsEngine *
build_published (void)
{
  QsPaddingAttributes pad = { .pads = { 8, { 0, 0, 1, 2, 0, 0, 3, 0 } }, .mode = QS_PADDING_EDGE };
  QsTransposeAttributes transpose = { { 4, { 0, 2, 3, 1 } } };
  QsSoftMaxAttributes soft_max = { .axis = 3, .n_axes = 1 };
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  QsShape shape = qs_shape_make (4, 1, 4, 6, 6);
  QsTestMaker maker;
  g_autoptr (GError) error = NULL;
  QsEngine *engine;
  QsTensor *x;

  qs_test_maker_init (&maker, 5);
  x = qs_test_input (&maker, "x", &shape);
  x = qs_test_layer (&maker, QS_LAYER_PADDING, "pad", &pad, &x, 1);
  x = qs_test_convolution (&maker, "deep", x, 4, 3, 4, TRUE);
  x = qs_test_activation (&maker, "clip", x, (QsActivation) { QS_ACTIVATION_CLIP, 0.0f, 6.0f });
  x = qs_test_batch_norm (&maker, "norm", x);
  x = qs_test_layer (&maker, QS_LAYER_TRANSPOSE, "transpose", &transpose, &x, 1);
  x = qs_test_layer (&maker, QS_LAYER_SOFT_MAX, "softmax", &soft_max, &x, 1);
  qs_network_mark_output (maker.network, x);
  g_assert_true (qs_network_sort (maker.network, NULL));
  engine = qs_builder_build (maker.network, NULL, &options, NULL, &error);
  g_assert_no_error (error);
  qs_test_maker_clear (&maker);
  return engine;
}

static void
test_published_keys (void)
{
  g_autoptr (QsEngine) engine = build_published ();
  g_autofree char *text = qs_trex_write_graph (engine);
  g_autoptr (JsonNode) root = qs_json_parse (text, -1, NULL);
  JsonObject *padding = find_layer (root, "Padding");

  for (guint i = 0; i < G_N_ELEMENTS (published); i++)
    {
      JsonObject *layer = find_layer (root, published[i].type);
      g_auto (GStrv) keys = g_strsplit (published[i].keys, " ", -1);
      g_autoptr (GList) names = NULL;
      GList *name;

      g_assert_nonnull (layer);
      names = json_object_get_members (layer);
      name = g_list_nth (names, 4);
      for (guint k = 0; keys[k] != NULL; k++, name = name->next)
        g_assert_cmpstr (name->data, ==, keys[k]);
      g_assert_cmpstr (name->data, ==, "TacticValue");
      g_assert_null (name->next);
    }

  g_assert_cmpstr (qs_json_get_string (find_layer (root, "CudaDepthwiseConvolution"),
                                       "ParameterSubType"), ==, "[0.000000,6.000000]");
  /* A slice that begins one row above and two columns left of the tensor. */
  g_assert_cmpint (json_array_get_int_element (qs_json_get_array (padding, "Start"), 2), ==, -1);
  g_assert_cmpint (json_array_get_int_element (qs_json_get_array (padding, "Start"), 3), ==, -2);
}

/* ConvActPool, of a Q/DQ network: the keys of the real file, with both prefixes. */
static void
test_convolution_pooling_keys (void)
{
  g_autoptr (GFile) model_file = qs_test_shared ("tensorrt/resnet18-qat-residual.onnx");
  g_autoptr (GFile) file = qs_test_shared ("tensorrt/resnet18-qat-residual.graph.json");
  g_autofree char *theirs_text = NULL;
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) theirs = NULL;
  g_autoptr (JsonNode) ours = NULL;
  g_autoptr (QsModel) model = NULL;
  g_autoptr (QsProfile) profile = qs_profile_new ();
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (QsEngine) engine = NULL;
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;

  if (file == NULL || model_file == NULL)
    return;

  g_assert_true (g_file_load_contents (file, NULL, &theirs_text, NULL, NULL, NULL));
  theirs = qs_json_parse (theirs_text, -1, NULL);
  model = qs_model_load_file (model_file, NULL);
  network = qs_import_network (model, profile, NULL);
  options.int8 = QS_INT8_ALL;
  engine = qs_builder_build (network, NULL, &options, NULL, NULL);
  text = qs_trex_write_graph (engine);
  ours = qs_json_parse (text, -1, NULL);
  assert_same_keys (find_layer (ours, "ConvActPool"), find_layer (theirs, "ConvActPool"));
}

/* Each layer once, and percentages of 100 together. */
static void
test_profile (void)
{
  g_autoptr (QsEngine) engine = build (3);
  guint n = qs_engine_get_network (engine)->layers->len;
  g_autofree double *mean = g_new (double, n), *median = g_new (double, n);
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) root = NULL;
  JsonArray *array;
  double sum = 0.0, value = 0.0;

  for (guint i = 0; i < n; i++)
    {
      mean[i] = 0.25 * (i + 1);
      median[i] = 0.125 * (i + 1);
    }

  text = qs_trex_write_profile (engine, 8, mean, median);
  root = qs_json_parse (text, -1, NULL);
  array = json_node_get_array (root);
  g_assert_cmpuint (json_array_get_length (array), ==, n + 1);
  g_assert_true (qs_json_get_number (qs_json_array_get_object (array, 0), "count", &value));
  g_assert_cmpfloat (value, ==, 8.0);
  for (guint i = 0; i < n; i++)
    {
      JsonObject *entry = qs_json_array_get_object (array, i + 1);

      g_assert_true (qs_json_get_number (entry, "timeMs", &value));
      g_assert_cmpfloat (value, ==, 2.0 * (i + 1));
      g_assert_true (qs_json_get_number (entry, "medianMs", &value));
      g_assert_cmpfloat (value, ==, 0.125 * (i + 1));
      g_assert_true (qs_json_get_number (entry, "percentage", &value));
      sum += value;
    }
  g_assert_cmpfloat_with_epsilon (sum, 100.0, 1e-9); /* rounding of n quotients */
}

/* Hostile and odd files */

static const struct
{
  const char *text;
  QsError code;
  const char *word;
} bad[] = {
  { "", QS_ERROR_MALFORMED, "not JSON" },
  { "{\"Layers\": [", QS_ERROR_MALFORMED, "not JSON" },
  { "[]", QS_ERROR_MALFORMED, "“Layers”" },
  { "{\"Layers\": 3}", QS_ERROR_MALFORMED, "“Layers”" },
  { "{\"Layers\": [\"conv\", \"pool\"]}", QS_ERROR_UNSUPPORTED, "detailed" },
  { "{\"Layers\": [{}]}", QS_ERROR_MALFORMED, "no name" },
  { "{\"Layers\": [{\"Name\": 4}]}", QS_ERROR_MALFORMED, "no name" },
  { "{\"Layers\": [{\"Name\": \"a\"}]}", QS_ERROR_MALFORMED, "“a”" },
  { "{\"Layers\": [{\"Name\": \"a\", \"LayerType\": \"T\", \"Inputs\": 1}]}", QS_ERROR_MALFORMED,
    "“a”" },
  { "{\"Layers\": [{\"Name\": \"a\", \"LayerType\": \"T\", \"Inputs\": [null]}]}",
    QS_ERROR_MALFORMED, "“a”" },
  { "{\"Layers\": [{\"Name\": \"a\", \"LayerType\": \"T\", \"Inputs\": [{\"Name\": \"x\", "
    "\"Dimensions\": [1.5]}]}]}",
    QS_ERROR_MALFORMED, "“x”" },
  { "{\"Layers\": [{\"Name\": \"a\", \"LayerType\": \"T\", \"Inputs\": [{\"Name\": \"x\", "
    "\"Dimensions\": [1e300]}]}]}",
    QS_ERROR_MALFORMED, "“x”" },
  { "{\"Layers\": [{\"Name\": \"a\", \"LayerType\": \"T\", \"Inputs\": [{\"Name\": \"x\", "
    "\"Dimensions\": [1,1,1,1,1,1,1,1,1]}]}]}",
    QS_ERROR_LIMIT, "“x”" },
  { "{\"Layers\": [], \"Bindings\": [7]}", QS_ERROR_MALFORMED, "binding" },
};

static void
test_bad_files (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      QsTrexGraph *graph = qs_trex_graph_parse (bad[i].text, strlen (bad[i].text), "bad", &error);

      g_test_message ("%s", bad[i].text);
      g_assert_null (graph);
      qs_test_assert_error (error, QS_ERROR, (int) bad[i].code, bad[i].word);
    }
}

static void
test_deep_file (void)
{
  g_autofree char *brackets = g_strnfill (3000000, '[');
  g_autoptr (GError) error = NULL;

  g_assert_null (qs_trex_graph_parse (brackets, 3000000, "deep", &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_LIMIT, "deeply");
}

static QsNetwork *
make_network (const char *text,
              GError    **error)
{
  g_autoptr (QsTrexGraph) graph = qs_trex_graph_parse (text, strlen (text), "odd", error);

  return graph == NULL ? NULL : qs_trex_graph_make_network (graph, error);
}

#define TENSOR(name) "{\"Name\": \"" name "\", \"Dimensions\": [1, 8], \"Format/Datatype\": " \
                     "\"Row major Int8 format\"}"

/* Two layers of one name write parts of one tensor, as where a concatenation was left out. */
static void
test_shared_output (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsNetwork) network =
    make_network ("{\"Layers\": ["
                  "{\"Name\": \"a\", \"LayerType\": \"X\", \"Inputs\": [" TENSOR ("in") "], "
                  "\"Outputs\": [" TENSOR ("cat") "]},"
                  "{\"Name\": \"a\", \"LayerType\": \"X\", \"Inputs\": [" TENSOR ("in") "], "
                  "\"Outputs\": [" TENSOR ("cat") "]},"
                  "{\"Name\": \"b\", \"LayerType\": \"X\", \"Inputs\": [" TENSOR ("cat") "], "
                  "\"Outputs\": [" TENSOR ("out") "]}], \"Bindings\": [\"in\", \"out\", \"out\"]}",
                  &error);
  QsLayer *reader;

  g_assert_no_error (error);
  g_assert_cmpuint (network->inputs->len, ==, 1);
  g_assert_cmpuint (network->outputs->len, ==, 1);
  reader = qs_network_find_layer (network, "b");
  g_assert_cmpuint (reader->inputs->len, ==, 2);
  g_assert_cmpstr (qs_layer_get_input (reader, 0)->producer->name, ==, "a");
  g_assert_cmpstr (qs_layer_get_input (reader, 1)->producer->name, ==, "a (2)");
}

static void
test_cycle (void)
{
  g_autoptr (GError) error = NULL;
  QsNetwork *network =
    make_network ("{\"Layers\": ["
                  "{\"Name\": \"a\", \"LayerType\": \"X\", \"Inputs\": [" TENSOR ("q") "], "
                  "\"Outputs\": [" TENSOR ("p") "]},"
                  "{\"Name\": \"b\", \"LayerType\": \"X\", \"Inputs\": [" TENSOR ("p") "], "
                  "\"Outputs\": [" TENSOR ("q") "]}]}",
                  &error);

  g_assert_null (network);
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MALFORMED, "cycle");
}

/* 3000 layers that read and write one name: the square of it would be 4.5 million edges. */
static void
test_too_many_edges (void)
{
  g_autoptr (GString) text = g_string_new ("{\"Layers\": [");
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 3000; i++)
    g_string_append_printf (text, "%s{\"Name\": \"a\", \"LayerType\": \"X\", \"Inputs\": ["
                                  "{\"Name\": \"t\"}], \"Outputs\": [{\"Name\": \"t\"}]}",
                            i > 0 ? "," : "");
  g_string_append (text, "]}");
  g_assert_null (make_network (text->str, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_LIMIT, "connected");
}

static void
test_probe (void)
{
  static const struct
  {
    const char *head;
    gboolean graph;
    gboolean profile;
  } rows[] = {
    { "{\"Layers\": [{", TRUE, FALSE },
    { "\n {  \"Bindings\": [", TRUE, FALSE },
    { "[\n  { \"count\" : 1 }", FALSE, TRUE },
    { "{\"scales\": {}}", FALSE, FALSE },
    { "[1, 2]", FALSE, FALSE },
    { "", FALSE, FALSE },
    { "{", FALSE, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GBytes) head = g_bytes_new_static (rows[i].head, strlen (rows[i].head));

      g_assert_cmpint (qs_trex_graph_probe (head), ==, rows[i].graph);
      g_assert_cmpint (qs_trex_profile_probe (head), ==, rows[i].profile);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trex/real/files", test_real_files);
  g_test_add_func ("/trex/real/layer", test_real_layer);
  g_test_add_func ("/trex/real/profile", test_real_profile);
  g_test_add_func ("/trex/round-trip", test_round_trip);
  g_test_add_func ("/trex/same-keys", test_same_keys);
  g_test_add_func ("/trex/published-keys", test_published_keys);
  g_test_add_func ("/trex/convolution-pooling-keys", test_convolution_pooling_keys);
  g_test_add_func ("/trex/profile", test_profile);
  g_test_add_func ("/trex/bad", test_bad_files);
  g_test_add_func ("/trex/deep", test_deep_file);
  g_test_add_func ("/trex/shared-output", test_shared_output);
  g_test_add_func ("/trex/cycle", test_cycle);
  g_test_add_func ("/trex/too-many-edges", test_too_many_edges);
  g_test_add_func ("/trex/probe", test_probe);
  return g_test_run ();
}
