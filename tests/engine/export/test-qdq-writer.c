/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "builder/qs-builder.h"
#include "core/qs-error.h"
#include "export/qs-qdq-writer.h"
#include "import/qs-import.h"
#include "qs-onnx-maker.h"
#include "qs-test.h"

/* The exported graph, for questions. */
typedef struct
{
  QsModel *model;
  GHashTable *producers; /* value -> node */
} Exported;

static void
exported_init (Exported *self,
               GBytes   *bytes)
{
  g_autoptr (GError) error = NULL;

  self->model = qs_model_load_bytes (bytes, "export", &error);
  g_assert_no_error (error);
  self->producers = g_hash_table_new (g_str_hash, g_str_equal);

  /* In the order that ONNX demands: what a node reads is there before it. */
  for (guint i = 0; i < qs_model_get_n_nodes (self->model); i++)
    {
      const QsOnnxNode *node = qs_model_get_node (self->model, i);

      for (guint k = 0; k < qs_onnx_node_get_n_outputs (node); k++)
        g_assert_true (g_hash_table_insert (self->producers,
                                            (gpointer) qs_onnx_node_get_output (node, k),
                                            (gpointer) node));
    }
}

static void
exported_clear (Exported *self)
{
  g_hash_table_unref (self->producers);
  qs_model_unref (self->model);
}

static const QsOnnxNode *
find_node (Exported   *self,
           const char *name)
{
  for (guint i = 0; i < qs_model_get_n_nodes (self->model); i++)
    {
      const QsOnnxNode *node = qs_model_get_node (self->model, i);

      if (strcmp (qs_onnx_node_get_name (node), name) == 0)
        return node;
    }

  g_assert_not_reached ();
}

static QsHostTensor *
find_initializer (Exported   *self,
                  const char *wanted)
{
  for (guint i = 0; i < qs_model_get_n_initializers (self->model); i++)
    {
      const char *name;
      QsHostTensor *value = qs_model_get_initializer (self->model, i, &name);

      if (strcmp (name, wanted) == 0)
        return value;
    }

  g_assert_not_reached ();
}

/* What stands in front of an input: “x” or “Q/DQ(0.5) x”, the pair's scale being @scale. */
static const char *
get_source (Exported         *self,
            const QsOnnxNode *node,
            guint             index,
            QsHostTensor    **scales)
{
  const char *input = qs_onnx_node_get_input (node, index);
  const QsOnnxNode *dq = g_hash_table_lookup (self->producers, input);
  const QsOnnxNode *q;

  *scales = NULL;
  if (dq == NULL || strcmp (qs_onnx_node_get_op_type (dq), "DequantizeLinear") != 0)
    return input;

  q = g_hash_table_lookup (self->producers, qs_onnx_node_get_input (dq, 0));
  g_assert_nonnull (q);
  g_assert_cmpstr (qs_onnx_node_get_op_type (q), ==, "QuantizeLinear");
  g_assert_cmpstr (qs_onnx_node_get_input (q, 1), ==, qs_onnx_node_get_input (dq, 1));
  g_assert_cmpuint (qs_onnx_node_get_n_inputs (q), ==, 3); /* TensorRT 8 wants the zero point */
  *scales = find_initializer (self, qs_onnx_node_get_input (q, 1));
  return qs_onnx_node_get_input (q, 0);
}

static void
assert_scalar (QsHostTensor *scales,
               float         expected)
{
  g_assert_nonnull (scales);
  g_assert_cmpint (qs_host_tensor_get_n_elements (scales), ==, 1);
  g_assert_cmpmem (qs_host_tensor_get_data (scales), sizeof (float), &expected, sizeof (float));
}

/* x -> Conv a -> Relu -> Conv b -> Add (Relu's output) -> Exp -> out, channels first 1x4x4x4. */
static QsModel *
make_residual_model (int opset)
{
  QsMessage *graph = qs_make_graph ();
  g_autoptr (GBytes) bytes = NULL;
  float weights[16], other[16];
  g_autoptr (GError) error = NULL;
  QsModel *model;

  for (guint i = 0; i < 16; i++)
    {
      weights[i] = (i % 5 - 2.0f) * 0.25f;
      other[i] = (i % 7 - 3.0f) * 0.125f;
    }
  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("x", QS_DATA_TYPE_FLOAT, "batchx4x4x4"));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value ("out", QS_DATA_TYPE_FLOAT, "batchx4x4x4"));
  qs_graph_add_floats (graph, "wa", "4x4x1x1", weights, 16);
  qs_graph_add_floats (graph, "wb", "4x4x1x1", other, 16);
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Conv", "Conv_a", "x,wa", "a", NULL));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Relu", "Relu_a", "a", "r", NULL));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Conv", "Conv_b", "r,wb", "b", NULL));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Add", "Add_c", "b,r", "c", NULL));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Exp", "Exp_d", "c", "out", NULL));
  bytes = qs_make_model (graph, opset);
  model = qs_model_load_bytes (bytes, "residual", &error);
  g_assert_no_error (error);
  return model;
}

static QsEngine *
build (QsModel      *model,
       QsScaleTable *scales)
{
  g_autoptr (QsProfile) profile = qs_profile_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (QsNetwork) network = NULL;
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  QsEngine *engine;

  qs_profile_set_batch (profile, 2);
  network = qs_import_network (model, profile, &error);
  g_assert_no_error (error);
  options.int8 = QS_INT8_ALL;
  options.backend = qs_backend_lookup ("reference");
  options.model_checksum = qs_model_get_checksum (model);
  engine = qs_builder_build (network, scales, &options, NULL, &error);
  g_assert_no_error (error);
  return engine;
}

static QsScaleTable *
make_scales (void)
{
  QsScaleTable *scales = qs_scale_table_new ();

  qs_scale_table_set (scales, "x", 0.01f);
  qs_scale_table_set (scales, "a", 0.02f);
  qs_scale_table_set (scales, "r", 0.03f);
  qs_scale_table_set (scales, "b", 0.04f);
  qs_scale_table_set (scales, "c", 0.05f);
  return scales;
}

/* Pairs where the fused layers read and write INT8, and nowhere inside them: between Conv and Relu,
 * and between Conv and Add, they would keep the layers apart. */
static void
test_placement (void)
{
  g_autoptr (QsModel) model = make_residual_model (13);
  g_autoptr (QsScaleTable) scales = make_scales ();
  g_autoptr (QsEngine) engine = build (model, scales);
  g_auto (QsQdqSummary) summary = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = qs_qdq_make_model (engine, model, &summary, &error);
  static const float expected[] = { 0.5f / 127.0f, 0.5f / 127.0f, 0.5f / 127.0f, 0.5f / 127.0f };
  Exported exported;
  QsHostTensor *found;

  g_assert_no_error (error);
  exported_init (&exported, bytes);
  g_assert_cmpstr (get_source (&exported, find_node (&exported, "Conv_a"), 0, &found), ==, "x");
  assert_scalar (found, 0.01f);
  g_assert_cmpstr (get_source (&exported, find_node (&exported, "Conv_a"), 1, &found), ==, "wa");
  /* max |w| of every row of the table above is 0.5 */
  g_assert_cmpmem (qs_host_tensor_get_data (found), qs_host_tensor_get_size (found), expected,
                   sizeof expected);
  g_assert_cmpstr (get_source (&exported, find_node (&exported, "Relu_a"), 0, &found), ==, "a");
  g_assert_null (found);
  g_assert_cmpstr (get_source (&exported, find_node (&exported, "Conv_b"), 0, &found), ==, "r");
  assert_scalar (found, 0.03f);
  g_assert_cmpstr (get_source (&exported, find_node (&exported, "Add_c"), 0, &found), ==, "b");
  g_assert_null (found);
  g_assert_cmpstr (get_source (&exported, find_node (&exported, "Add_c"), 1, &found), ==, "r");
  assert_scalar (found, 0.03f);
  g_assert_cmpuint (summary.n_weights, ==, 2);

  /* x and r, once each: Conv_b writes float for Exp, which has no INT8 form. */
  g_assert_cmpuint (summary.n_activations, ==, 2);
  g_assert_cmpuint (qs_model_get_n_nodes (exported.model), ==, 5 + 2 * 4);
  exported_clear (&exported);
}

/* The dynamic batch is still there, and another one can be built. */
static void
test_stays_dynamic (void)
{
  g_autoptr (QsModel) model = make_residual_model (13);
  g_autoptr (QsScaleTable) scales = make_scales ();
  g_autoptr (QsEngine) engine = build (model, scales);
  g_auto (QsQdqSummary) summary = { 0 };
  g_autoptr (GBytes) bytes = qs_qdq_make_model (engine, model, &summary, NULL);
  g_autoptr (QsModel) exported = qs_model_load_bytes (bytes, "export", NULL);
  g_autoptr (QsProfile) profile = qs_profile_new ();
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (qs_model_get_input (exported, 0)->shape.dims[0], ==, -1);
  g_assert_cmpstr (qs_model_get_input (exported, 0)->dim_names[0], ==, "batch");
  qs_profile_set_batch (profile, 3);
  network = qs_import_network (exported, profile, &error);
  g_assert_no_error (error);
  g_assert_cmpint (((QsTensor *) network->outputs->pdata[0])->shape.dims[0], ==, 3);
}

static void
test_refusals (void)
{
  g_autoptr (QsModel) model = make_residual_model (13);
  g_autoptr (QsModel) other = make_residual_model (14);
  g_autoptr (QsModel) old = make_residual_model (12);
  g_autoptr (QsScaleTable) scales = make_scales ();
  g_autoptr (QsEngine) engine = build (model, scales);
  g_autoptr (QsEngine) old_engine = build (old, scales);
  GError *error = NULL;

  for (guint i = 0; i < 2; i++)
    {
      g_auto (QsQdqSummary) summary = { 0 };
      GBytes *bytes = qs_qdq_make_model (i == 0 ? engine : old_engine, i == 0 ? other : old,
                                         &summary, &error);

      g_assert_null (bytes);
      qs_test_assert_error (error, QS_ERROR,
                            i == 0 ? QS_ERROR_MISMATCH : QS_ERROR_UNSUPPORTED,
                            i == 0 ? "another model" : "opset 12");
      g_clear_error (&error);
    }
}

/* Every INT8 layer of real networks: what multiplies reads pairs, with the engine's own scale. */
static void
test_samples (void)
{
  static const char *const names[] = { "fashion-resnet.onnx", "fashion-mobilenet.onnx",
                                       "fashion-vit.onnx" };

  for (guint n = 0; n < G_N_ELEMENTS (names); n++)
    {
      g_autoptr (GFile) file = qs_test_sample (names[n]);
      g_autoptr (QsModel) model = qs_model_load_file (file, NULL);
      g_autoptr (QsScaleTable) scales = qs_scale_table_new ();
      g_autoptr (QsProfile) profile = qs_profile_new ();
      g_autoptr (QsNetwork) network = qs_import_network (model, profile, NULL);
      g_autoptr (QsEngine) engine = NULL;
      g_autoptr (GBytes) bytes = NULL;
      g_auto (QsQdqSummary) summary = { 0 };
      g_autoptr (GError) error = NULL;
      guint n_int8 = 0, n_led = 0;
      Exported exported;

      for (guint i = 0; i < network->tensors->len; i++)
        qs_scale_table_set (scales, ((QsTensor *) network->tensors->pdata[i])->name,
                            0.01f + 0.001f * (float) i);
      engine = build (model, scales);
      bytes = qs_qdq_make_model (engine, model, &summary, &error);
      g_assert_no_error (error);
      exported_init (&exported, bytes);

      for (guint i = 0; i < qs_engine_get_network (engine)->layers->len; i++)
        {
          const QsLayer *layer = qs_engine_get_layer (engine, i)->layer;

          n_int8 += layer->precision == QS_PRECISION_INT8 && layer->weight_scales != NULL;
        }
      for (guint i = 0; i < qs_model_get_n_nodes (exported.model); i++)
        {
          const QsOnnxNode *node = qs_model_get_node (exported.model, i);
          QsHostTensor *x, *weights;

          if (strcmp (qs_onnx_node_get_op_type (node), "Conv") != 0 &&
              strcmp (qs_onnx_node_get_op_type (node), "Gemm") != 0 &&
              strcmp (qs_onnx_node_get_op_type (node), "MatMul") != 0)
            continue;
          get_source (&exported, node, 0, &x);
          get_source (&exported, node, 1, &weights);
          if (weights == NULL || qs_host_tensor_get_n_elements (weights) == 1)
            continue;
          g_assert_nonnull (x);
          n_led++;
        }
      g_assert_cmpuint (n_int8, >, 5);
      g_assert_cmpuint (n_led, ==, n_int8);
      exported_clear (&exported);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/qdq-writer/placement", test_placement);
  g_test_add_func ("/qdq-writer/stays-dynamic", test_stays_dynamic);
  g_test_add_func ("/qdq-writer/refusals", test_refusals);
  g_test_add_func ("/qdq-writer/samples", test_samples);
  return g_test_run ();
}
