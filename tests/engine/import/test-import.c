/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "core/qs-error.h"
#include "import/qs-import.h"
#include "qs-interpret.h"
#include "qs-onnx-maker.h"
#include "qs-test.h"

static QsModel *
load (QsMessage *graph,
      int        opset)
{
  g_autoptr (GBytes) bytes = qs_make_model (graph, opset);
  g_autoptr (GError) error = NULL;
  QsModel *model = qs_model_load_bytes (bytes, "test.onnx", &error);

  g_assert_no_error (error);
  return model;
}

/* input x of @dims, output y; nodes are added by the caller. */
static QsMessage *
graph_for (const char *dims)
{
  QsMessage *graph = qs_make_graph ();

  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("x", QS_DATA_TYPE_FLOAT, dims));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value ("y", QS_DATA_TYPE_FLOAT, ""));
  return graph;
}

static void
add (QsMessage *graph,
     QsMessage *node)
{
  qs_put_message (graph, QS_GRAPH_NODE, node);
}

static QsNetwork *
import (QsMessage *graph)
{
  g_autoptr (QsModel) model = load (graph, 13);
  g_autoptr (GError) error = NULL;
  QsNetwork *network = qs_import_network (model, NULL, &error);

  g_assert_no_error (error);
  return network;
}

static void
assert_fails (QsMessage  *graph,
              int         opset,
              int         code,
              const char *word)
{
  g_autoptr (QsModel) model = load (graph, opset);
  g_autoptr (GError) error = NULL;

  g_assert_null (qs_import_network (model, NULL, &error));
  qs_test_assert_error (error, QS_ERROR, code, word);
  g_assert_true (g_str_has_prefix (error->message, "test.onnx: "));
}

static QsLayer *
layer_at (QsNetwork *network,
          guint      index)
{
  g_assert_cmpuint (index, <, network->layers->len);
  return g_ptr_array_index (network->layers, index);
}

static void
test_names (void)
{
  QsMessage *graph = graph_for ("2x3");
  g_autoptr (QsNetwork) network = NULL;

  add (graph, qs_make_node ("Relu", "same", "x", "a", NULL));
  add (graph, qs_make_node ("Relu", "same", "a", "b", NULL));
  add (graph, qs_make_node ("Sigmoid", "", "b", "y", NULL));
  network = import (graph);

  g_assert_cmpuint (network->layers->len, ==, 3);
  g_assert_cmpstr (layer_at (network, 0)->name, ==, "same");
  g_assert_cmpstr (layer_at (network, 1)->name, ==, "same_1");
  g_assert_cmpstr (layer_at (network, 2)->name, ==, "Sigmoid_y");
  g_assert_cmpstr (((QsOrigin *) layer_at (network, 1)->origins->pdata[0])->name, ==, "same");
  g_assert_cmpstr (qs_layer_get_output (layer_at (network, 0), 0)->name, ==, "a");
  g_assert_cmpstr (((QsTensor *) network->outputs->pdata[0])->name, ==, "y");
}

static void
test_unsorted (void)
{
  QsMessage *graph = graph_for ("2x3");
  g_autoptr (QsNetwork) network = NULL;

  add (graph, qs_make_node ("Sigmoid", "third", "b", "y", NULL));
  add (graph, qs_make_node ("Relu", "first", "x", "a", NULL));
  add (graph, qs_make_node ("Tanh", "second", "a", "b", NULL));
  network = import (graph);

  g_assert_cmpstr (layer_at (network, 0)->name, ==, "first");
  g_assert_cmpstr (layer_at (network, 1)->name, ==, "second");
  g_assert_cmpstr (layer_at (network, 2)->name, ==, "third");
}

static void
test_broken_graphs (void)
{
  QsMessage *graph = graph_for ("2");

  add (graph, qs_make_node ("Add", "one", "x,b", "a", NULL));
  add (graph, qs_make_node ("Relu", "two", "a", "b", NULL));
  add (graph, qs_make_node ("Relu", "three", "b", "y", NULL));
  assert_fails (graph, 13, QS_ERROR_MALFORMED, "cycle: Add “one”");

  graph = graph_for ("2");
  add (graph, qs_make_node ("Relu", "self", "y", "y", NULL));
  assert_fails (graph, 13, QS_ERROR_MALFORMED, "cycle: Relu “self”");

  graph = graph_for ("2");
  add (graph, qs_make_node ("Relu", "r", "nowhere", "y", NULL));
  assert_fails (graph, 13, QS_ERROR_MALFORMED, "“r” reads “nowhere”");

  graph = graph_for ("2");
  add (graph, qs_make_node ("Relu", "r", "x", "z", NULL));
  assert_fails (graph, 13, QS_ERROR_MALFORMED, "output “y”");
}

static void
test_dynamic_dimensions (void)
{
  QsMessage *graph = graph_for ("batchx3xheightx8");
  g_autoptr (QsProfile) profile = qs_profile_new ();
  g_autoptr (QsModel) model = NULL;
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (GError) error = NULL;

  add (graph, qs_make_node ("Relu", "r", "x", "y", NULL));
  model = load (graph, 13);

  g_assert_null (qs_import_network (model, NULL, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_SHAPE, "height");
  g_assert_nonnull (strstr (error->message, "--shape x="));
  g_clear_error (&error);

  g_assert_true (qs_profile_parse (profile, "x=4x3x16x9", NULL));
  g_assert_null (qs_import_network (model, profile, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_SHAPE, "dimension 3 is fixed to 8");
  g_clear_error (&error);

  g_assert_true (qs_profile_parse (profile, "x=4x3x16x8", NULL));
  network = qs_import_network (model, profile, &error);
  g_assert_no_error (error);
  g_assert_cmpint (((QsTensor *) network->inputs->pdata[0])->shape.dims[2], ==, 16);
  g_assert_cmpint (((QsTensor *) network->outputs->pdata[0])->shape.dims[0], ==, 4);

  g_assert_true (qs_profile_parse (profile, "typo=1", NULL));
  g_assert_null (qs_import_network (model, profile, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISSING, "typo");
  g_clear_error (&error);

  g_assert_false (qs_profile_parse (profile, "x", &error));
  g_assert_error (error, QS_ERROR, QS_ERROR_SHAPE);
}

static void
test_verdicts (void)
{
  QsMessage *graph = graph_for ("2x3");
  g_autoptr (QsModel) model = NULL;
  g_autoptr (QsImport) result = NULL;
  g_autoptr (GError) error = NULL;
  const QsVerdict expected[] = { QS_VERDICT_IMPORTED, QS_VERDICT_REFUSED, QS_VERDICT_IMPORTED,
                                 QS_VERDICT_REFUSED, QS_VERDICT_FOLDED, QS_VERDICT_FOLDED };

  add (graph, qs_make_node ("Relu", "r", "x", "a", NULL));
  add (graph, qs_make_node ("LSTM", "lstm", "a", "b", NULL));
  add (graph, qs_make_node ("Conv", "downstream", "b,b", "c", NULL));
  add (graph, qs_make_node ("QLinearConv", "q", "c", "y", NULL));
  add (graph, qs_make_node ("Shape", "s", "a", "d", NULL));
  add (graph, qs_make_node ("Identity", "i", "a", "e", NULL));
  model = load (graph, 13);
  result = qs_import_run (model, NULL, &error);

  g_assert_no_error (error);
  g_assert_null (qs_import_get_network (result));
  g_assert_cmpuint (qs_import_get_n_verdicts (result), ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpint (qs_import_get_verdict (result, i)->verdict, ==, expected[i]);
  g_assert_nonnull (strstr (qs_import_get_verdict (result, 1)->reason, "recurrent"));
  g_assert_nonnull (strstr (qs_import_get_verdict (result, 3)->reason, "QDQ"));
  g_assert_cmpstr (qs_import_get_verdict (result, 4)->reason, ==, "its result is constant");

  g_assert_null (qs_import_network (model, NULL, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "LSTM “lstm”");
  g_assert_nonnull (strstr (error->message, "1 more"));
}

static void
assert_refused (QsMessage  *node,
                const char *word)
{
  QsMessage *graph = graph_for ("2x3");

  add (graph, node);
  assert_fails (graph, 13, QS_ERROR_UNSUPPORTED, word);
}

/* Every operator that is refused by name says which one it is, why, and what to do. */
static void
test_refused_operators (void)
{
  struct { const char *op, *reason, *advice; } rows[] = {
    { "Scan", "control flow", "unrolled" },
    { "SequenceAt", "sequences", "tensors only" },
    { "SequenceMap", "sequences", "tensors only" },
    { "SplitToSequence", "sequences", "tensors only" },
    { "ConcatFromSequence", "sequences", "tensors only" },
    { "Optional", "optional", "tensors only" },
    { "OptionalGetElement", "optional", "tensors only" },
    { "LSTM", "recurrent", "unrolled" },
    { "GRU", "recurrent", "unrolled" },
    { "RNN", "recurrent", "unrolled" },
    { "QLinearConv", "integers", "DequantizeLinear, Conv and QuantizeLinear" },
    { "QLinearMatMul", "integers", "DequantizeLinear, MatMul and QuantizeLinear" },
    { "QLinearAdd", "integers", "QDQ format" },
    { "ConvInteger", "integers", "DequantizeLinear and Conv" },
    { "MatMulInteger", "integers", "DequantizeLinear and MatMul" },
    { "DynamicQuantizeLinear", "run time", "static quantization" },
    { "StringNormalizer", "text", "preprocessing" },
    { "TfIdfVectorizer", "text", "preprocessing" },
    { "RandomNormal", "random", "training" },
    { "RandomUniformLike", "random", "training" },
    { "Multinomial", "random", "training" },
    { "Bernoulli", "random", "training" },
    { "SoftmaxCrossEntropyLoss", "training", "inference" },
    { "DFT", "signal", "out of the model" },
    { "STFT", "signal", "out of the model" },
    { "MelWeightMatrix", "signal", "out of the model" },
    { "HannWindow", "signal", "out of the model" },
    { "ImageDecoder", "image", "out of the model" },
    { "Attention", "one operator", "older opset" },
    { "Bogus", "not supported", "replace it" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *begin = g_strdup_printf ("%s “the-node”: %s ", rows[i].op, rows[i].op);

      for (int part = 0; part < 3; part++)
        assert_refused (qs_make_node (rows[i].op, "the-node", "x", "y", NULL),
                        part == 0 ? begin : part == 1 ? rows[i].reason : rows[i].advice);
    }
}

/* Operators that are older than what can be read of them, or were taken out again. */
static void
test_refused_versions (void)
{
  struct { const char *op; int opset; } rows[] = {
    { "Add", 6 }, { "BatchNormalization", 6 }, { "Upsample", 13 }, { "Gelu", 19 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      QsMessage *graph = graph_for ("2x3");
      g_autofree char *words = g_strdup_printf ("%s does not exist in version %d", rows[i].op,
                                                rows[i].opset);

      add (graph, qs_make_node (rows[i].op, "n", "x,x", "y", NULL));
      assert_fails (graph, rows[i].opset, QS_ERROR_UNSUPPORTED, words);
    }
}

static void
test_refusals (void)
{
  QsMessage *foreign = qs_make_node ("Attention", "a", "x", "y", NULL);

  qs_put_text (foreign, 7, "com.microsoft");
  assert_refused (foreign, "Attention is an operator of the domain “com.microsoft”");
  assert_refused (qs_make_node ("If", "i", "x", "y", NULL), "control flow");
  assert_refused (qs_make_node ("Transpose", "t", "x", "y", qs_make_int ("perm", 1), NULL),
                  "attribute “perm” is an integer, not a list of integers");
  assert_refused (qs_make_node ("Flatten", "f", "x", "y", qs_make_int ("axis", 3), NULL), "axis 3");
  assert_refused (qs_make_node ("Flatten", "f", "", "y", NULL), "input 0 is missing");
  assert_refused (qs_make_node ("Reshape", "r", "x,x", "y", NULL), "must be constant");
}

static void
test_passing_on (void)
{
  QsMessage *graph = graph_for ("2x3");
  g_autoptr (QsNetwork) network = NULL;

  add (graph, qs_make_node ("Identity", "i1", "x", "a", NULL));
  add (graph, qs_make_node ("Dropout", "d", "a", "b", NULL));
  add (graph, qs_make_node ("Relu", "r", "b", "c", NULL));
  add (graph, qs_make_node ("Identity", "i2", "c", "y", NULL));
  network = import (graph);

  g_assert_cmpuint (network->layers->len, ==, 2);
  g_assert_cmpstr (qs_layer_get_input (layer_at (network, 0), 0)->name, ==, "x");
  g_assert_cmpint (layer_at (network, 1)->klass->kind, ==, QS_LAYER_IDENTITY);
  g_assert_cmpstr (((QsTensor *) network->outputs->pdata[0])->name, ==, "y");
}

/* Shape, Gather, Unsqueeze, Concat and Reshape, as exporters write a flatten. */
static void
test_shape_arithmetic (void)
{
  const gint64 zero = 0;
  QsMessage *graph = graph_for ("batchx3x4");
  g_autoptr (QsNetwork) network = NULL;
  QsTensor *y;

  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor ("zero", QS_DATA_TYPE_INT64, "", &zero, sizeof zero));
  qs_graph_add_ints (graph, "axes", "0");
  qs_graph_add_ints (graph, "rest", "-1");
  add (graph, qs_make_node ("Shape", "s", "x", "shape", NULL));
  add (graph, qs_make_node ("Gather", "g", "shape,zero", "n", qs_make_int ("axis", 0), NULL));
  add (graph, qs_make_node ("Unsqueeze", "u", "n,axes", "n1", NULL));
  add (graph, qs_make_node ("Concat", "c", "n1,rest", "new", qs_make_int ("axis", 0), NULL));
  add (graph, qs_make_node ("Reshape", "r", "x,new", "y", NULL));
  network = import (graph);

  g_assert_cmpuint (network->layers->len, ==, 1);
  y = network->outputs->pdata[0];
  g_assert_cmpint (y->shape.n_dims, ==, 2);
  g_assert_cmpint (y->shape.dims[0], ==, 1);
  g_assert_cmpint (y->shape.dims[1], ==, 12);
}

static void
test_constant_output (void)
{
  const float values[] = { 1.0f, 2.0f };
  QsMessage *graph = graph_for ("2");
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (QsHostTensor) x = NULL;
  g_autoptr (QsHostTensor) y = NULL;
  g_autoptr (GError) error = NULL;
  QsShape shape = qs_shape_make (1, 2);

  qs_graph_add_floats (graph, "w", "2", values, 2);
  add (graph, qs_make_node ("Add", "a", "w,w", "y", NULL));
  network = import (graph);

  g_assert_cmpuint (network->layers->len, ==, 1);
  g_assert_cmpstr (((QsTensor *) network->outputs->pdata[0])->name, ==, "y");
  x = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &shape, NULL);
  g_assert_true (qs_interpret (network, &x, &y, &error));
  g_assert_cmpfloat (qs_host_tensor_get_floats (y)[1], ==, 4.0f);
}

/* Before IR version 4 weights are declared as inputs too. */
static void
test_initializer_as_input (void)
{
  const float values[] = { 1.0f, 2.0f };
  QsMessage *graph = graph_for ("2");
  g_autoptr (QsNetwork) network = NULL;

  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("w", QS_DATA_TYPE_FLOAT, "2"));
  qs_graph_add_floats (graph, "w", "2", values, 2);
  add (graph, qs_make_node ("Add", "a", "x,w", "y", NULL));
  network = import (graph);

  g_assert_cmpuint (network->inputs->len, ==, 1);
  g_assert_true (qs_tensor_is_constant (qs_layer_get_input (layer_at (network, 0), 1)));
}

static void
test_qdq_is_not_folded (void)
{
  const float values[] = { 1.0f, 2.0f, -1.0f }, scale = 0.25f;
  const gint8 zero = 0;
  QsMessage *graph = graph_for ("3");
  g_autoptr (QsNetwork) network = NULL;

  qs_graph_add_floats (graph, "w", "3", values, 3);
  qs_graph_add_floats (graph, "s", "", &scale, 1);
  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor ("z", QS_DATA_TYPE_INT8, "", &zero, 1));
  add (graph, qs_make_node ("QuantizeLinear", "q", "w,s,z", "wq", NULL));
  add (graph, qs_make_node ("DequantizeLinear", "d", "wq,s,z", "wd", NULL));
  add (graph, qs_make_node ("Add", "a", "x,wd", "y", NULL));
  network = import (graph);

  g_assert_cmpuint (network->layers->len, ==, 3);
  g_assert_cmpint (layer_at (network, 0)->klass->kind, ==, QS_LAYER_QUANTIZE);
  g_assert_cmpint (layer_at (network, 1)->klass->kind, ==, QS_LAYER_DEQUANTIZE);
}

static void
test_qdq_refusals (void)
{
  struct { float scale; gint8 zero; const char *word; } rows[] = {
    { 0.25f, 3, "symmetric" },
    { 0.0f, 0, "positive" },
    { -1.0f, 0, "positive" },
    { INFINITY, 0, "finite" },
    { NAN, 0, "positive" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      QsMessage *graph = graph_for ("3");

      qs_graph_add_floats (graph, "s", "", &rows[i].scale, 1);
      qs_put_message (graph, QS_GRAPH_INITIALIZER,
                      qs_make_tensor ("z", QS_DATA_TYPE_INT8, "", &rows[i].zero, 1));
      add (graph, qs_make_node ("QuantizeLinear", "the-q", "x,s,z", "y", NULL));
      assert_fails (graph, 13, QS_ERROR_UNSUPPORTED, rows[i].word);
    }
}

/* As many zero points as scales: ONNX wants the same shape, and TensorRT's parser the same number. */
static void
test_qdq_counts (void)
{
  static const float scales[3] = { 0.25f, 0.5f, 0.125f };
  static const gint8 zeros[3] = { 0 };
  static const struct { const char *scales; const char *zeros; const char *word; } rows[] = {
    { "3", "", "number of zero points is 1 and number of scales is 3" },
    { "", "3", "number of zero points is 3 and number of scales is 1" },
    { "", "1", NULL },
    { "3", "3", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      gsize n_scales = rows[i].scales[0] == '3' ? 3 : 1, n_zeros = rows[i].zeros[0] == '3' ? 3 : 1;
      QsMessage *graph = graph_for ("3");

      qs_graph_add_floats (graph, "s", rows[i].scales, scales, n_scales);
      qs_put_message (graph, QS_GRAPH_INITIALIZER,
                      qs_make_tensor ("z", QS_DATA_TYPE_INT8, rows[i].zeros, zeros, n_zeros));
      add (graph, qs_make_node ("QuantizeLinear", "the-q", "x,s,z", "q", qs_make_int ("axis", 0),
                                NULL));
      add (graph, qs_make_node ("DequantizeLinear", "the-dq", "q,s,z", "y", qs_make_int ("axis", 0),
                                NULL));
      if (rows[i].word != NULL)
        assert_fails (graph, 13, QS_ERROR_UNSUPPORTED, rows[i].word);
      else
        qs_network_unref (import (graph));
    }
}

static QsMessage *
make_branch (const char *op_type,
             const char *input)
{
  QsMessage *graph = qs_make_graph ();
  QsMessage *attribute = g_byte_array_new ();

  /* Both branches give their node and their values the same names, as ONNX allows. */
  add (graph, qs_make_node (op_type, "inner", input, "a", NULL));
  add (graph, qs_make_node ("Relu", "last", "a", "b", NULL));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value ("b", QS_DATA_TYPE_FLOAT, ""));
  qs_put_text (attribute, 1, op_type[0] == 'T' ? "then_branch" : "else_branch");
  qs_put_int (attribute, 20, 5);
  qs_put_message (attribute, 6, graph);
  return attribute;
}

static void
test_if (void)
{
  for (guint8 choice = 0; choice < 2; choice++)
    {
      QsMessage *graph = graph_for ("2");
      g_autoptr (QsNetwork) network = NULL;

      qs_put_message (graph, QS_GRAPH_INITIALIZER,
                      qs_make_tensor ("c", QS_DATA_TYPE_BOOL, "", &choice, 1));
      add (graph, qs_make_node ("If", "if", "c", "y", make_branch ("Tanh", "x"),
                                make_branch ("Sigmoid", "x"), NULL));
      network = import (graph);

      g_assert_cmpuint (network->layers->len, ==, 2);
      g_assert_cmpint (layer_at (network, 0)->activation.type, ==,
                       choice ? QS_ACTIVATION_TANH : QS_ACTIVATION_SIGMOID);
      g_assert_cmpstr (layer_at (network, 0)->name, ==, "inner");
      g_assert_cmpstr (((QsTensor *) network->outputs->pdata[0])->name, ==, "y");
    }
}

static void
test_if_refused (void)
{
  const guint8 yes = 1;
  QsMessage *graph = graph_for ("2");

  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor ("c", QS_DATA_TYPE_BOOL, "", &yes, 1));
  add (graph, qs_make_node ("If", "if", "c", "y", make_branch ("Tanh", "nowhere"),
                            make_branch ("Sigmoid", "x"), NULL));
  assert_fails (graph, 13, QS_ERROR_UNSUPPORTED, "“inner” reads “nowhere”");

  graph = graph_for ("2");
  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor ("c", QS_DATA_TYPE_BOOL, "", &yes, 1));
  add (graph, qs_make_node ("If", "if", "c", "y", make_branch ("Tbogus", "x"),
                            make_branch ("Sigmoid", "x"), NULL));
  assert_fails (graph, 13, QS_ERROR_UNSUPPORTED, "Tbogus “inner” in it");
}

/* local.Twice (x) = f (f (x)) with f = LeakyRelu of slope @slope, which has a default. */
static GBytes *
make_function_model (QsMessage *call,
                     QsMessage *extra_node)
{
  QsMessage *model = g_byte_array_new ();
  QsMessage *import_onnx = g_byte_array_new ();
  QsMessage *function = g_byte_array_new ();
  QsMessage *graph = graph_for ("2");

  qs_put_text (call, 7, "local");
  add (graph, call);
  qs_put_int (import_onnx, 2, 13);
  qs_put_int (model, 1, 8);
  qs_put_message (model, 7, graph);
  qs_put_message (model, 8, import_onnx);

  qs_put_text (function, 1, "Twice");
  qs_put_text (function, 4, "x");
  qs_put_text (function, 5, "out");
  for (int i = 0; i < 2; i++)
    {
      QsMessage *reference = g_byte_array_new ();

      qs_put_text (reference, 1, "alpha");
      qs_put_int (reference, 20, 1);
      qs_put_text (reference, 21, "slope");
      qs_put_message (function, 7, qs_make_node ("LeakyRelu", "f", i == 0 ? "x" : "h",
                                                 i == 0 ? "h" : "out", reference, NULL));
    }
  if (extra_node != NULL)
    {
      qs_put_text (extra_node, 7, "local");
      qs_put_message (function, 7, extra_node);
    }
  qs_put_text (function, 10, "local");
  qs_put_message (function, 11, qs_make_number ("slope", 0.25f));
  qs_put_message (model, 25, function);
  return g_byte_array_free_to_bytes (model);
}

static void
check_function (QsMessage *call,
                float      slope)
{
  g_autoptr (GBytes) bytes = make_function_model (call, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) model = qs_model_load_bytes (bytes, "test.onnx", &error);
  g_autoptr (QsNetwork) network = NULL;

  g_assert_no_error (error);
  network = qs_import_network (model, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (network->layers->len, ==, 2);
  for (guint i = 0; i < 2; i++)
    g_assert_cmpfloat (layer_at (network, i)->activation.alpha, ==, slope);
  g_assert_cmpstr (((QsTensor *) network->outputs->pdata[0])->name, ==, "y");
}

static void
test_functions (void)
{
  check_function (qs_make_node ("Twice", "t", "x", "y", qs_make_number ("slope", 0.5f), NULL), 0.5f);
  check_function (qs_make_node ("Twice", "t", "x", "y", NULL), 0.25f);
}

static void
test_function_that_calls_itself (void)
{
  g_autoptr (GBytes) bytes = make_function_model (qs_make_node ("Twice", "t", "x", "y", NULL),
                                                  qs_make_node ("Twice", "again", "x", "z", NULL));
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) model = qs_model_load_bytes (bytes, "test.onnx", &error);

  g_assert_no_error (error);
  g_assert_null (qs_import_network (model, NULL, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "nested more than 16 deep");
}

/* A few bytes that ask for gigabytes are refused by name, before anything is allocated. */
static void
test_bombs (void)
{
  QsMessage *graph = graph_for ("1");
  const float one = 1.0f, step = 1e-30f, limit = 1e30f;

  qs_graph_add_ints (graph, "shape", "100000 100000");
  add (graph, qs_make_node ("ConstantOfShape", "bomb", "shape", "y", NULL));
  assert_fails (graph, 13, QS_ERROR_UNSUPPORTED, "ConstantOfShape “bomb”");

  graph = graph_for ("1");
  qs_graph_add_ints (graph, "shape", "2000000000 2000000000 2000000000");
  add (graph, qs_make_node ("Expand", "bomb", "x,shape", "y", NULL));
  assert_fails (graph, 13, QS_ERROR_UNSUPPORTED, "Expand “bomb”");

  graph = graph_for ("1");
  qs_graph_add_ints (graph, "repeats", "9223372036854775807");
  add (graph, qs_make_node ("Tile", "bomb", "x,repeats", "y", NULL));
  assert_fails (graph, 13, QS_ERROR_UNSUPPORTED, "Tile “bomb”");

  graph = graph_for ("1");
  qs_graph_add_floats (graph, "start", "", &one, 1);
  qs_graph_add_floats (graph, "limit", "", &limit, 1);
  qs_graph_add_floats (graph, "delta", "", &step, 1);
  add (graph, qs_make_node ("Range", "bomb", "start,limit,delta", "y", NULL));
  assert_fails (graph, 13, QS_ERROR_UNSUPPORTED, "Range “bomb”");

  graph = graph_for ("1x1");
  qs_graph_add_ints (graph, "pads", "2147483647 2147483647 2147483647 2147483647");
  add (graph, qs_make_node ("Pad", "bomb", "x,pads", "y", NULL));
  assert_fails (graph, 13, QS_ERROR_UNSUPPORTED, "Pad “bomb”");
}

static void
test_many_small_bombs (void)
{
  QsMessage *graph = graph_for ("1");

  qs_graph_add_ints (graph, "shape", "400 1000 250");
  for (int i = 0; i < 10; i++)
    {
      g_autofree char *name = g_strdup_printf ("c%d", i);

      add (graph, qs_make_node ("ConstantOfShape", name, "shape", name, NULL));
    }
  add (graph, qs_make_node ("Concat", "c", "c0,c1,c2,c3,c4,c5,c6,c7,c8,c9", "y",
                            qs_make_int ("axis", 0), NULL));
  assert_fails (graph, 13, QS_ERROR_UNSUPPORTED, "together");
}

static void
test_absurd_attributes (void)
{
  const char *big = "9223372036854775807 9223372036854775807";
  struct { const char *op, *attribute; } rows[] = {
    { "MaxPool", "strides" }, { "MaxPool", "pads" }, { "MaxPool", "dilations" },
    { "MaxPool", "kernel_shape" }, { "AveragePool", "strides" }, { "AveragePool", "pads" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      QsMessage *graph = graph_for ("1x1x8x8");
      gboolean is_kernel = g_str_equal (rows[i].attribute, "kernel_shape");
      gboolean is_pads = g_str_equal (rows[i].attribute, "pads");
      g_autofree char *values = g_strdup_printf ("%s%s%s", big, is_pads ? " " : "",
                                                 is_pads ? big : "");

      add (graph, qs_make_node (rows[i].op, "odd", "x", "y",
                                qs_make_ints (rows[i].attribute, values),
                                is_kernel ? NULL : qs_make_ints ("kernel_shape", "2 2"), NULL));
      assert_fails (graph, 13, QS_ERROR_UNSUPPORTED, "“odd”");
    }
}

/* Files with a few bytes changed: refused or imported, never worse. Seeded, so a failure repeats. */
static void
try_import (const guint8 *data,
            gsize         size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) model = qs_model_load_bytes (bytes, "damaged", &error);
  g_autoptr (QsNetwork) network = model != NULL ? qs_import_network (model, NULL, &error) : NULL;

  if (network != NULL)
    {
      g_assert_true (qs_network_check (network, &error));
      g_assert_no_error (error);
      return;
    }
  g_assert_nonnull (error);
  g_assert_true (g_str_has_prefix (error->message, "damaged: "));
}

/* Nodes that do not name their first output, or have none: nothing reads it, but it is computed. */
static void
test_unnamed_outputs (void)
{
  struct { const char *op, *inputs, *attribute, *values; } rows[] = {
    { "Relu", "x,", NULL, NULL }, { "MaxPool", "c", "kernel_shape", "2 2" },
    { "GlobalMaxPool", "c", NULL, NULL }, { "RoiAlign", "c,rois,batch", NULL, NULL },
    { "GridSample", "c,c2", NULL, NULL }, { "TopK", "c,k", NULL, NULL }, { "Split", "c", NULL, NULL },
    { "Einsum", "c", NULL, NULL }, { "NonZero", "c", NULL, NULL }, { "Unique", "c", NULL, NULL },
    { "Add", "c,c", NULL, NULL }, { "Transpose", "c", NULL, NULL }, { "LRN", "c", NULL, NULL },
    { "Concat", "c,c", NULL, NULL }, { "ReduceMax", "c", NULL, NULL }, { "Cast", "c", NULL, NULL },
  };
  const float numbers[16] = { 1.0f, 2.0f };

  for (gsize i = 0; i < 2 * G_N_ELEMENTS (rows); i++)
    {
      QsMessage *graph = graph_for ("1x1x4x4");
      g_autoptr (QsNetwork) network = NULL;
      const char *attribute = rows[i / 2].attribute;

      qs_graph_add_floats (graph, "c", "1x1x4x4", numbers, 16);
      qs_graph_add_floats (graph, "c2", "1x4x2x2", numbers, 16);
      qs_graph_add_floats (graph, "rois", "1x4", numbers, 4);
      qs_graph_add_ints (graph, "batch", "0");
      qs_graph_add_ints (graph, "k", "1");
      add (graph, qs_make_node (rows[i / 2].op, "unnamed", rows[i / 2].inputs, i % 2 ? ",z" : "",
                                qs_make_string ("equation", "abcd->a"), qs_make_int ("to", 7),
                                qs_make_int ("size", 3), qs_make_int ("axis", 3),
                                attribute != NULL ? qs_make_ints (attribute, rows[i / 2].values)
                                                  : NULL, NULL));
      add (graph, qs_make_node ("Relu", "r", "x", "y", NULL));
      network = import (graph);
      g_assert_cmpuint (network->layers->len, ==, 1);
    }
}

/* Attributes of type string in files that leave the string out: it is the empty string, which is no
 * equation, and which the others may take or refuse. */
static void
test_absent_strings (void)
{
  struct { const char *op, *attribute; } rows[] = {
    { "MaxPool", "auto_pad" }, { "Pad", "mode" }, { "DepthToSpace", "mode" }, { "Resize", "mode" },
  };
  QsMessage *graph = graph_for ("1x4x8x8");

  add (graph, qs_make_node ("Einsum", "odd", "x", "y", qs_make_string ("equation", NULL), NULL));
  assert_fails (graph, 13, QS_ERROR_UNSUPPORTED, "“odd”");

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GBytes) bytes = NULL;

      graph = graph_for ("1x4x8x8");
      qs_graph_add_ints (graph, "pads", "0 0 0 0 0 0 0 0");
      add (graph, qs_make_node (rows[i].op, "odd", "x,pads", "y",
                                qs_make_string (rows[i].attribute, NULL),
                                qs_make_ints ("kernel_shape", "2 2"),
                                qs_make_int ("blocksize", 2), NULL));
      bytes = qs_make_model (graph, 13);
      try_import (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
    }
}

/* Half of the changes go where the structure is: the weights are the larger part of the file. */
static void
mutate (GRand  *random,
        guint8 *data,
        gsize   size)
{
  int n = g_rand_int_range (random, 1, 5);

  for (int i = 0; i < n; i++)
    {
      gsize position = (gsize) g_rand_int_range (random, 0, (gint32) size);

      if (g_rand_boolean (random))
        data[position] = (guint8) g_rand_int (random);
      else
        data[position] ^= (guint8) (1 << g_rand_int_range (random, 0, 8));
    }
}

static void
fuzz (GBytes *bytes,
      guint   n,
      guint32 seed)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  g_autofree guint8 *copy = g_malloc (size);

  for (guint i = 0; i < n; i++)
    {
      memcpy (copy, data, size);
      mutate (random, copy, size);
      try_import (copy, size);
    }
}

static GBytes *
make_small_model (void)
{
  const float weights[2 * 3 * 3 * 3] = { 0.5f, -0.25f, 1.0f };
  const gint64 one = 1;
  QsMessage *graph = graph_for ("batchx3x8x8");

  qs_graph_add_floats (graph, "w", "2x3x3x3", weights, G_N_ELEMENTS (weights));
  qs_graph_add_ints (graph, "starts", "1 1");
  qs_graph_add_ints (graph, "ends", "7 -1");
  qs_graph_add_ints (graph, "axes", "2 3");
  qs_graph_add_ints (graph, "pads", "0 0 1 1 0 0 2 2");
  qs_graph_add_ints (graph, "shape", "0 -1");
  qs_graph_add_ints (graph, "repeats", "1 2");
  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor ("one", QS_DATA_TYPE_INT64, "", &one, sizeof one));
  add (graph, qs_make_node ("Conv", "c", "x,w", "a", qs_make_ints ("pads", "1 1 1 1"), NULL));
  add (graph, qs_make_node ("Relu", "r", "a", "b", NULL));
  add (graph, qs_make_node ("MaxPool", "m", "b", "d", qs_make_ints ("kernel_shape", "2 2"), NULL));
  add (graph, qs_make_node ("Slice", "s", "d,starts,ends,axes", "e", NULL));
  add (graph, qs_make_node ("Pad", "p", "e,pads", "f", NULL));
  add (graph, qs_make_node ("Transpose", "t", "f", "g", qs_make_ints ("perm", "0 2 3 1"), NULL));
  add (graph, qs_make_node ("Reshape", "v", "g,shape", "h", NULL));
  add (graph, qs_make_node ("Tile", "tile", "h,repeats", "i", NULL));
  add (graph, qs_make_node ("Concat", "cc", "h,i", "j", qs_make_int ("axis", 1), NULL));
  add (graph, qs_make_node ("Gather", "g", "j,one", "k", qs_make_int ("axis", 1), NULL));
  add (graph, qs_make_node ("Softmax", "sm", "k", "y", qs_make_int ("axis", 0), NULL));
  return qs_make_model (graph, 13);
}

static void
test_damaged_small_model (void)
{
  g_autoptr (GBytes) bytes = make_small_model ();
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) model = qs_model_load_bytes (bytes, "whole", &error);
  g_autoptr (QsNetwork) network = qs_import_network (model, NULL, &error);

  g_assert_no_error (error);
  for (gsize n = 0; n < size; n++)
    try_import (data, n);
  fuzz (bytes, 2000, 20230517);
}

/* v = v + c, twice, and all steps stacked */
static QsMessage *
make_loop_body (void)
{
  QsMessage *body = qs_make_graph (), *attribute = g_byte_array_new ();

  qs_put_message (body, QS_GRAPH_INPUT, qs_make_value ("step", QS_DATA_TYPE_INT64, ""));
  qs_put_message (body, QS_GRAPH_INPUT, qs_make_value ("go", QS_DATA_TYPE_BOOL, ""));
  qs_put_message (body, QS_GRAPH_INPUT, qs_make_value ("v", QS_DATA_TYPE_FLOAT, ""));
  qs_put_message (body, QS_GRAPH_OUTPUT, qs_make_value ("go", QS_DATA_TYPE_BOOL, ""));
  qs_put_message (body, QS_GRAPH_OUTPUT, qs_make_value ("w", QS_DATA_TYPE_FLOAT, ""));
  qs_put_message (body, QS_GRAPH_OUTPUT, qs_make_value ("w", QS_DATA_TYPE_FLOAT, ""));
  add (body, qs_make_node ("Add", "plus", "v,c", "w", NULL));
  qs_put_text (attribute, 1, "body");
  qs_put_int (attribute, 20, 5);
  qs_put_message (attribute, 6, body);
  return attribute;
}

/* Everything but the last node is folded: indices, sorting, sums of products, windows, a loop; in
 * the forms of @opset, attributes where later versions have inputs. */
static GBytes *
make_folding_model (int opset)
{
  const float numbers[12] = { 0.5f, -1.0f, 2.0f, 0.0f, 3.0f, -0.25f, 1.0f, 4.0f, -2.0f };
  const gint64 two = 2;
  QsMessage *graph = graph_for ("3x4");
  QsMessage *axes = opset < 13 ? qs_make_ints ("axes", "0") : NULL;

  qs_graph_add_floats (graph, "c", "3x4", numbers, 12);
  qs_graph_add_floats (graph, "scales", "4", (const float[]) { 1.0f, 1.0f, 1.5f, 2.0f }, 4);
  qs_graph_add_ints (graph, "first", "0");
  qs_graph_add_ints (graph, "k", "2");
  qs_graph_add_ints (graph, "rows", "2 0 1");
  qs_graph_add_ints (graph, "repeats", "1 1");
  qs_graph_add_ints (graph, "flat", "3 4");
  qs_graph_add_ints (graph, "image", "1 1 3 4");
  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor ("two", QS_DATA_TYPE_INT64, "", &two, sizeof two));
  add (graph, qs_make_node ("Gather", "gather", "c,rows", "a", NULL));
  add (graph, qs_make_node ("Transpose", "transpose", "a", "b", NULL));
  add (graph, qs_make_node ("MatMul", "product", "a,b", "d", NULL));
  add (graph, qs_make_node ("Softmax", "soft", "d", "e", NULL));
  add (graph, qs_make_node ("MatMul", "again", "e,a", "f", NULL));
  if (opset >= 10)
    add (graph, qs_make_node ("TopK", "top", "f,k", "g,gi", NULL));
  add (graph, qs_make_node ("Reshape", "reshape", "f,image", "h", NULL));
  add (graph, qs_make_node ("MaxPool", "pool", "h", "i,ii", qs_make_ints ("kernel_shape", "2 2"),
                            NULL));
  add (graph, opset < 10 ? qs_make_node ("Upsample", "up", "h,scales", "j", NULL)
                         : qs_make_node ("Resize", "up", opset < 11 ? "h,scales" : "h,,scales", "j",
                                         NULL));
  add (graph, qs_make_node ("NonZero", "non-zero", "f", "l", NULL));
  add (graph, qs_make_node ("ConstantOfShape", "fill", "flat", "m", NULL));
  add (graph, qs_make_node ("Expand", "expand", "m,flat", "n", NULL));
  add (graph, opset < 13 ? qs_make_node ("Unsqueeze", "unsqueeze", "n", "o", axes, NULL)
                         : qs_make_node ("Unsqueeze", "unsqueeze", "n,first", "o", NULL));
  if (opset >= 12)
    add (graph, qs_make_node ("Einsum", "einsum", "a,b", "p", qs_make_string ("equation", "ij,jk->ik"),
                              NULL));
  add (graph, qs_make_node ("Tile", "tile", "f,repeats", "q", NULL));
  add (graph, qs_make_node ("Loop", "loop", "two,,q", "r,rs", make_loop_body (), NULL));
  add (graph, qs_make_node ("Add", "last", "x,r", "y", NULL));
  return qs_make_model (graph, opset);
}

static void
test_damaged_folding (void)
{
  const int opsets[] = { 9, 10, 11, 13, 18, 21 };

  for (gsize i = 0; i < G_N_ELEMENTS (opsets); i++)
    {
      g_autoptr (GBytes) bytes = make_folding_model (opsets[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (QsModel) model = qs_model_load_bytes (bytes, "whole", &error);
      g_autoptr (QsNetwork) network = qs_import_network (model, NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpuint (network->layers->len, ==, 1);
      fuzz (bytes, 250, 100 + (guint32) i);
    }
}

static void
test_damaged_real_model (void)
{
  g_autoptr (GFile) file = qs_test_shared ("tensorrt/channel-estimation.onnx");
  g_autoptr (GBytes) bytes = NULL;

  if (file == NULL)
    return;

  bytes = g_file_load_bytes (file, NULL, NULL, NULL);
  fuzz (bytes, 1000, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/import/names", test_names);
  g_test_add_func ("/import/unsorted", test_unsorted);
  g_test_add_func ("/import/broken-graphs", test_broken_graphs);
  g_test_add_func ("/import/dynamic-dimensions", test_dynamic_dimensions);
  g_test_add_func ("/import/verdicts", test_verdicts);
  g_test_add_func ("/import/refusals", test_refusals);
  g_test_add_func ("/import/refusals/operators", test_refused_operators);
  g_test_add_func ("/import/refusals/versions", test_refused_versions);
  g_test_add_func ("/import/passing-on", test_passing_on);
  g_test_add_func ("/import/shape-arithmetic", test_shape_arithmetic);
  g_test_add_func ("/import/constant-output", test_constant_output);
  g_test_add_func ("/import/initializer-as-input", test_initializer_as_input);
  g_test_add_func ("/import/qdq/not-folded", test_qdq_is_not_folded);
  g_test_add_func ("/import/qdq/refusals", test_qdq_refusals);
  g_test_add_func ("/import/qdq/counts", test_qdq_counts);
  g_test_add_func ("/import/if", test_if);
  g_test_add_func ("/import/if/refused", test_if_refused);
  g_test_add_func ("/import/functions", test_functions);
  g_test_add_func ("/import/functions/calls-itself", test_function_that_calls_itself);
  g_test_add_func ("/import/bombs", test_bombs);
  g_test_add_func ("/import/bombs/many", test_many_small_bombs);
  g_test_add_func ("/import/absurd-attributes", test_absurd_attributes);
  g_test_add_func ("/import/unnamed-outputs", test_unnamed_outputs);
  g_test_add_func ("/import/absent-strings", test_absent_strings);
  g_test_add_func ("/import/damaged/small", test_damaged_small_model);
  g_test_add_func ("/import/damaged/folding", test_damaged_folding);
  g_test_add_func ("/import/damaged/real", test_damaged_real_model);

  return g_test_run ();
}
