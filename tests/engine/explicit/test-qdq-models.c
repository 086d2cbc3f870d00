/* SPDX-License-Identifier: MIT */
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "../passes/qs-test-networks.h"
#include "analysis/qs-evaluator.h"
#include "builder/qs-builder.h"
#include "import/qs-import.h"
#include "passes/qs-explanation.h"
#include "passes/qs-replay.h"
#include "qs-test.h"
#include "runtime/qs-context.h"
#include "samples/qs-npz.h"
#include "samples/qs-samples.h"

/*
 * Whole models with Q/DQ. For two of them there are the engine graphs that TensorRT 8.4 wrote; ours
 * must have the same layers, under the same names, in the same order, with the same types at every
 * end. What may differ:
 *
 * - TensorRT's "Reformatting CopyNode …" and "NoOp" layers change between its vectorized formats
 *   (CHW4, CHW32, FP16), which are not ours.
 * - It computes the Gemm as a convolution of 1×1 planes, so its Flatten becomes a squeeze behind it
 *   (a NoOp, too). Ours stays a Shuffle before it, which moves nothing.
 * - Its ONNX parser makes the Gemm's bias a constant, a shuffle and a sum, whose names stay in that
 *   of the fused layer after "Gemm_n". Ours is an input of the layer from the start.
 */

static QsEngine *
build (const char *path,
       const char *backend,
       gint64      batch)
{
  g_autoptr (GFile) file = qs_test_shared (path);
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  QsProfile *profile = qs_profile_new ();
  g_autoptr (GError) error = NULL;
  QsEngine *engine = NULL;

  if (file != NULL)
    {
      g_autoptr (QsModel) model = qs_model_load_file (file, &error);
      g_autoptr (QsNetwork) network = NULL;

      g_assert_no_error (error);
      qs_profile_set_batch (profile, batch);
      network = qs_import_network (model, profile, &error);
      g_assert_no_error (error);
      options.backend = qs_backend_lookup (backend);
      options.int8 = QS_INT8_ALL;
      engine = qs_builder_build (network, NULL, &options, NULL, &error);
      g_assert_no_error (error);
      g_assert_true (qs_engine_is_explicit (engine));
    }

  qs_profile_free (profile);
  return engine;
}

/* One layer of either graph, in a form that can be compared. */
typedef struct
{
  char *name;
  gboolean passes_on;   /* one of the differences above: what it reads, its readers read */
  gboolean computes;    /* not a reformat */
  GPtrArray *inputs;    /* names of tensors */
  GPtrArray *types;     /* "i8" or "f", static */
  char *output;
  const char *output_type;
} Node;

static void
node_free (gpointer data)
{
  Node *node = data;

  g_free (node->name);
  g_free (node->output);
  g_ptr_array_unref (node->inputs);
  g_ptr_array_unref (node->types);
  g_free (node);
}

static Node *
node_new (const char *name)
{
  Node *node = g_new0 (Node, 1);
  const char *bias = strstr (name, " + fc.bias");

  node->name = bias != NULL ? g_strndup (name, (gsize) (bias - name)) : g_strdup (name);
  node->inputs = g_ptr_array_new_with_free_func (g_free);
  node->types = g_ptr_array_new ();
  return node;
}

static const char *
json_type (JsonObject *tensor)
{
  return strstr (json_object_get_string_member (tensor, "Format/Datatype"), "Int8") != NULL ? "i8"
                                                                                           : "f";
}

static GPtrArray *
read_tensorrt (const char *path)
{
  g_autoptr (GFile) file = qs_test_shared (path);
  g_autofree char *name = g_file_get_path (file);
  g_autoptr (JsonParser) parser = json_parser_new ();
  GPtrArray *nodes = g_ptr_array_new_with_free_func (node_free);
  JsonArray *layers;

  g_assert_true (json_parser_load_from_file (parser, name, NULL));
  layers = json_object_get_array_member (json_node_get_object (json_parser_get_root (parser)),
                                         "Layers");
  for (guint i = 0; i < json_array_get_length (layers); i++)
    {
      JsonObject *layer = json_array_get_object_element (layers, i);
      const char *type = json_object_get_string_member (layer, "LayerType");
      JsonArray *inputs = json_object_get_array_member (layer, "Inputs");
      JsonObject *output =
        json_array_get_object_element (json_object_get_array_member (layer, "Outputs"), 0);
      Node *node = node_new (json_object_get_string_member (layer, "Name"));

      node->passes_on = strcmp (type, "NoOp") == 0 ||
                        g_str_has_prefix (node->name, "Reformatting CopyNode");
      node->computes = strcmp (type, "Reformat") != 0;
      node->output = g_strdup (json_object_get_string_member (output, "Name"));
      node->output_type = json_type (output);
      for (guint k = 0; k < json_array_get_length (inputs); k++)
        {
          JsonObject *input = json_array_get_object_element (inputs, k);

          g_ptr_array_add (node->inputs, g_strdup (json_object_get_string_member (input, "Name")));
          g_ptr_array_add (node->types, (gpointer) json_type (input));
        }
      g_ptr_array_add (nodes, node);
    }

  return nodes;
}

static GPtrArray *
read_engine (QsEngine *engine)
{
  QsNetwork *network = qs_engine_get_network (engine);
  GPtrArray *nodes = g_ptr_array_new_with_free_func (node_free);

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (network->layers, i);
      const QsTensor *output = qs_layer_get_output (layer, 0);
      Node *node = node_new (layer->name);

      node->passes_on = layer->klass->kind == QS_LAYER_SHUFFLE ||
                        g_str_has_prefix (node->name, "Reformatting CopyNode");
      node->computes = layer->klass->kind != QS_LAYER_REFORMAT;
      node->output = g_strdup (output->name);
      node->output_type = output->type == QS_DATA_TYPE_INT8 ? "i8" : "f";
      for (guint k = 0; k < layer->inputs->len; k++)
        {
          const QsTensor *input = g_ptr_array_index (layer->inputs, k);

          if (input == NULL || input->value != NULL)
            continue;
          g_ptr_array_add (node->inputs, g_strdup (input->name));
          g_ptr_array_add (node->types, (gpointer) (input->type == QS_DATA_TYPE_INT8 ? "i8" : "f"));
        }
      g_ptr_array_add (nodes, node);
    }

  return nodes;
}

/* The layer that computes a tensor, through those that only pass it on. */
static const char *
find_source (GPtrArray  *nodes,
             const char *tensor)
{
  for (guint i = 0; i < nodes->len; i++)
    {
      const Node *node = g_ptr_array_index (nodes, i);

      if (strcmp (node->output, tensor) != 0)
        continue;
      return node->passes_on ? find_source (nodes, g_ptr_array_index (node->inputs, 0)) : node->name;
    }

  return "(input)";
}

static gint
compare_lines (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* (transfer full): one line for each layer, sorted */
static char *
describe_flow (GPtrArray *nodes)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < nodes->len; i++)
    {
      const Node *node = g_ptr_array_index (nodes, i);
      GString *line = g_string_new (node->name);

      if (!node->passes_on)
        {
          g_string_append_c (line, ':');
          for (guint k = 0; k < node->inputs->len; k++)
            g_string_append_printf (line, " [%s %s]",
                                    find_source (nodes, g_ptr_array_index (node->inputs, k)),
                                    (const char *) g_ptr_array_index (node->types, k));
          g_string_append_printf (line, " -> %s", node->output_type);
          g_ptr_array_add (lines, g_string_free (line, FALSE));
        }
      else
        g_string_free (line, TRUE);
    }

  g_ptr_array_sort (lines, compare_lines);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **) lines->pdata);
}

/* (transfer full): the layers that compute, in the order they run */
static char *
describe_order (GPtrArray *nodes)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < nodes->len; i++)
    {
      const Node *node = g_ptr_array_index (nodes, i);

      if (!node->passes_on && node->computes)
        g_string_append_printf (text, "%s\n", node->name);
    }

  return g_string_free (text, FALSE);
}

static void
test_tensorrt_graph (gconstpointer data)
{
  const char *name = data;
  g_autofree char *model = g_strdup_printf ("tensorrt/%s.onnx", name);
  g_autofree char *graph = g_strdup_printf ("tensorrt/%s.graph.json", name);
  g_autoptr (QsEngine) engine = build (model, "cpu", 1);
  g_autoptr (GPtrArray) theirs = NULL;
  g_autoptr (GPtrArray) ours = NULL;
  g_autofree char *their_flow = NULL;
  g_autofree char *our_flow = NULL;
  g_autofree char *their_order = NULL;
  g_autofree char *our_order = NULL;

  if (engine == NULL)
    return;

  theirs = read_tensorrt (graph);
  ours = read_engine (engine);
  their_flow = describe_flow (theirs);
  our_flow = describe_flow (ours);
  g_assert_cmpstr (our_flow, ==, their_flow);
  their_order = describe_order (theirs);
  our_order = describe_order (ours);
  g_assert_cmpstr (our_order, ==, their_order);
}

static QsHostTensor *
run (QsEngine     *engine,
     QsHostTensor *input)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsContext) context = qs_context_new (engine, 2, &error);
  QsHostTensor *output = NULL;

  g_assert_no_error (error);
  qs_context_run (context, (QsHostTensor *[]) { input }, &output, &error);
  g_assert_no_error (error);
  return output;
}

static double
cosine (QsHostTensor *a,
        QsHostTensor *b)
{
  double ab = 0.0, aa = 0.0, bb = 0.0;

  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (a); i++)
    {
      double x = qs_host_tensor_get_number (a, i), y = qs_host_tensor_get_number (b, i);

      ab += x * y;
      aa += x * x;
      bb += y * y;
    }
  return ab / sqrt (aa * bb);
}

/* The recorded outputs are PyTorch's, of the same network in fake quantization. Its sums are floats
 * in another order, so a number beside a rounding boundary may fall to the other side now and then. */
static void
test_recorded_outputs (gconstpointer data)
{
  const char *name = data;
  g_autofree char *model = g_strdup_printf ("tensorrt/%s.onnx", name);
  g_autofree char *arrays_name = g_strdup_printf ("tensorrt/%s.npz", name);
  g_autoptr (QsEngine) engine = build (model, "cpu", 8);
  g_autoptr (GFile) file = NULL;
  g_autoptr (GHashTable) arrays = NULL;
  g_autoptr (QsHostTensor) output = NULL;
  double similarity;

  if (engine == NULL)
    return;

  file = qs_test_shared (arrays_name);
  arrays = qs_npz_load (file, NULL);
  output = run (engine, g_hash_table_lookup (arrays, "input"));
  similarity = cosine (output, g_hash_table_lookup (arrays, "output"));
  g_test_message ("cosine %.9f", similarity);
  g_assert_cmpfloat (similarity, >=, 0.9999);
}

static QsSamples *
open_images (void)
{
  g_autoptr (GFile) file = qs_test_shared ("fashion/eval-uint8.npz");
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

static void
test_fashion_placement (void)
{
  g_autoptr (QsEngine) engine = build ("models/fashion-resnet-qat.onnx", "cpu", 2);
  QsNetwork *network;
  guint n = 0;

  if (engine == NULL)
    return;

  network = qs_engine_get_network (engine);
  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (network->layers, i);

      if (layer->klass->placement != QS_PLACEMENT_WEIGHTED)
        continue;
      g_assert_cmpint (layer->precision, ==, QS_PRECISION_INT8);
      n++;
    }
  g_assert_cmpuint (n, ==, 10); /* nine convolutions and the Gemm */
}

/* 0.9285 of 10,000 images is what was recorded after training. */
static void
test_fashion_accuracy (void)
{
  g_autoptr (QsEngine) engine = build ("models/fashion-resnet-qat.onnx", "cpu", 100);
  g_autoptr (QsEvaluator) evaluator = qs_evaluator_new (0);
  g_autoptr (QsSamples) samples = NULL;
  g_autoptr (GPtrArray) results = NULL;
  g_autoptr (GError) error = NULL;
  const QsEvaluation *result;

  if (engine == NULL)
    return;

  samples = open_images ();
  g_assert_true (qs_evaluator_add (evaluator, "qat", engine, NULL, &error));
  results = qs_evaluator_run (evaluator, samples, NULL, &error);
  g_assert_no_error (error);
  result = g_ptr_array_index (results, 0);
  g_test_message ("top-1 %.4f", result->top1);
  g_assert_cmpfloat (fabs (result->top1 - 0.9285), <=, 0.001);
}

static void
test_fashion_backends (void)
{
  g_autoptr (QsEngine) cpu = build ("models/fashion-resnet-qat.onnx", "cpu", 4);
  g_autoptr (QsEngine) reference = NULL;
  g_autoptr (QsSamples) samples = NULL;
  g_autoptr (QsHostTensor) input = NULL;
  g_autoptr (QsHostTensor) a = NULL;
  g_autoptr (QsHostTensor) b = NULL;

  if (cpu == NULL)
    return;

  reference = build ("models/fashion-resnet-qat.onnx", "reference", 4);
  samples = open_images ();
  input = qs_samples_read (samples, "input", QS_DATA_TYPE_FLOAT, 0, 4, NULL);
  a = run (cpu, input);
  b = run (reference, input);
  g_assert_cmpmem (qs_host_tensor_get_data (a), qs_host_tensor_get_size (a),
                   qs_host_tensor_get_data (b), qs_host_tensor_get_size (b));
}

/* A plan keeps the journal with all that a replay needs, and runs as before. */
static void
test_plan (void)
{
  g_autoptr (QsEngine) engine = build ("tensorrt/resnet18-qat.onnx", "cpu", 1);
  g_autofree char *folder = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GFile) file = NULL;
  g_autoptr (QsEngine) loaded = NULL;
  g_autoptr (GPtrArray) first = NULL;
  g_autoptr (GPtrArray) second = NULL;
  g_autoptr (GError) error = NULL;

  if (engine == NULL)
    return;

  folder = qs_test_make_folder ();
  path = g_build_filename (folder, "qdq.plan", NULL);
  file = g_file_new_for_path (path);
  g_assert_true (qs_engine_save (engine, file, &error));
  loaded = qs_engine_load (file, &error);
  g_assert_no_error (error);
  g_assert_true (qs_engine_is_explicit (loaded));

  first = qs_replay_get_layers (qs_engine_get_journal (engine), qs_engine_get_network (engine), 0);
  second = qs_replay_get_layers (qs_engine_get_journal (loaded), qs_engine_get_network (loaded), 0);
  g_assert_cmpuint (first->len, ==, second->len);
  g_assert_cmpuint (first->len, >, 100); /* Q, DQ, convolutions, normalizations, … of the model */
  for (guint i = 0; i < first->len; i++)
    g_assert_true (qs_layer_sketch_equal (g_ptr_array_index (first, i),
                                          g_ptr_array_index (second, i)));
  qs_test_remove_folder (folder);
}

static const QsLayer *
find_layer (QsEngine   *engine,
            const char *words)
{
  QsNetwork *network = qs_engine_get_network (engine);

  for (guint i = 0; i < network->layers->len; i++)
    if (strstr (((QsLayer *) g_ptr_array_index (network->layers, i))->name, words) != NULL)
      return g_ptr_array_index (network->layers, i);

  g_error ("no layer is called %s", words);
}

/* What the graph shows can be asked: the pooling stays float because a residual reads it as well. */
static void
test_explanations (void)
{
  g_autoptr (QsEngine) engine = build ("tensorrt/resnet18-qat.onnx", "cpu", 1);
  g_autofree char *pooling = NULL;
  g_autofree char *sum = NULL;
  g_autofree char *inside = NULL;

  if (engine == NULL)
    return;

  pooling = qs_explain_float (qs_engine_get_journal (engine), find_layer (engine, "MaxPool_12"));
  g_assert_nonnull (strstr (pooling, "QuantizeLinear_15 did not move in front of MaxPool_12"));
  g_assert_nonnull (strstr (pooling, "Add_36"));
  sum = qs_explain_float (qs_engine_get_journal (engine), find_layer (engine, "Add_36"));
  g_assert_nonnull (strstr (sum, "the residual"));
  inside = qs_explain_float (qs_engine_get_journal (engine),
                             find_layer (engine, "QuantizeLinear_20 + Conv_22"));
  g_assert_null (inside);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/qdq-models/graph/qat", "resnet18-qat", test_tensorrt_graph);
  g_test_add_data_func ("/qdq-models/graph/residual", "resnet18-qat-residual", test_tensorrt_graph);
  g_test_add_data_func ("/qdq-models/outputs/qat", "resnet18-qat", test_recorded_outputs);
  g_test_add_data_func ("/qdq-models/outputs/residual", "resnet18-qat-residual",
                        test_recorded_outputs);
  g_test_add_func ("/qdq-models/fashion/placement", test_fashion_placement);
  g_test_add_func ("/qdq-models/fashion/accuracy", test_fashion_accuracy);
  g_test_add_func ("/qdq-models/fashion/backends", test_fashion_backends);
  g_test_add_func ("/qdq-models/plan", test_plan);
  g_test_add_func ("/qdq-models/explanations", test_explanations);
  return g_test_run ();
}
