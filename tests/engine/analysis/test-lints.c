/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "analysis/qs-lints.h"
#include "builder/qs-builder.h"
#include "core/qs-error.h"
#include "import/qs-import.h"
#include "qs-onnx-maker.h"
#include "qs-test.h"

/* The bad placements of TensorRT's developer guide (“Q/DQ Layer-Placement Recommendations”), each
 * made in code. Weights are [16, 16, 1, 1]; channels are aligned, so that nothing else is found. */

static void
add_pair (QsMessage  *graph,
          const char *from,
          const char *to,
          float       scale)
{
  static const gint8 zero = 0;
  g_autofree char *scale_name = g_strdup_printf ("%s_scale", to);
  g_autofree char *zero_name = g_strdup_printf ("%s_zero", to);
  g_autofree char *integers = g_strdup_printf ("%s_q", to);
  g_autofree char *inputs = g_strdup_printf ("%s,%s,%s", from, scale_name, zero_name);
  g_autofree char *back = g_strdup_printf ("%s,%s,%s", integers, scale_name, zero_name);
  g_autofree char *q = g_strdup_printf ("Q_%s", to);
  g_autofree char *dq = g_strdup_printf ("DQ_%s", to);

  qs_graph_add_floats (graph, scale_name, "", &scale, 1);
  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor (zero_name, QS_DATA_TYPE_INT8, "", &zero, 1));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("QuantizeLinear", q, inputs, integers, NULL));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("DequantizeLinear", dq, back, to, NULL));
}

static void
add_convolution (QsMessage  *graph,
                 const char *from,
                 const char *to)
{
  g_autofree char *weights = g_strdup_printf ("w_%s", to);
  g_autofree char *read = g_strdup_printf ("wd_%s", to);
  g_autofree char *inputs = g_strdup_printf ("%s,%s", from, read);
  g_autofree char *name = g_strdup_printf ("Conv_%s", to);
  float values[256];

  for (guint i = 0; i < 256; i++)
    values[i] = (float) (i % 7) * 0.1f - 0.3f;
  qs_graph_add_floats (graph, weights, "16x16x1x1", values, 256);
  add_pair (graph, weights, read, 0.3f / 127.0f);
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Conv", name, inputs, to, NULL));
}

static void
add_node (QsMessage  *graph,
          const char *op_type,
          const char *inputs,
          const char *to)
{
  g_autofree char *name = g_strdup_printf ("%s_%s", op_type, to);

  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node (op_type, name, inputs, to, NULL));
}

static QsMessage *
begin (void)
{
  QsMessage *graph = qs_make_graph ();

  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("x", QS_DATA_TYPE_FLOAT, "1x16x4x4"));
  add_pair (graph, "x", "xd", 0.01f);
  return graph;
}

static QsNetwork *
finish (QsMessage  *graph,
        const char *out)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (QsModel) model = NULL;
  g_autoptr (QsProfile) profile = qs_profile_new ();
  g_autoptr (GError) error = NULL;
  QsNetwork *network;

  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value (out, QS_DATA_TYPE_FLOAT, ""));
  bytes = qs_make_model (graph, 13);
  model = qs_model_load_bytes (bytes, "lints", &error);
  g_assert_no_error (error);
  network = qs_import_network (model, profile, &error);
  g_assert_no_error (error);
  return network;
}

/* Layers of the build that compute, as reformats don't. */
static guint
count_layers (QsNetwork *network)
{
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;
  g_autoptr (QsEngine) engine = NULL;

  options.int8 = QS_INT8_ALL;
  options.backend = qs_backend_lookup ("reference");
  engine = qs_builder_build (network, NULL, &options, NULL, &error);
  g_assert_no_error (error);
  return qs_engine_get_network (engine)->layers->len;
}

/* One lint of @kind about @layer, whose fix leaves none and saves @n_saved layers. */
static void
assert_fixed (QsNetwork  *network,
              QsLintKind  kind,
              const char *layer,
              guint       n_saved)
{
  g_autoptr (GPtrArray) lints = qs_lint_network (network);
  g_autoptr (GPtrArray) left = NULL;
  g_autoptr (QsNetwork) fixed = NULL;
  g_autoptr (GError) error = NULL;
  const QsLint *lint;
  guint n = network->layers->len;

  g_assert_cmpuint (lints->len, ==, 1);
  lint = g_ptr_array_index (lints, 0);
  g_assert_cmpstr (qs_lint_kind_id (lint->kind), ==, qs_lint_kind_id (kind));
  g_assert_cmpstr (lint->layer, ==, layer);
  g_assert_true (lint->has_fix);

  fixed = qs_lint_fix (network, lint, &error);
  g_assert_no_error (error);
  g_assert_true (qs_network_check (fixed, &error));
  left = qs_lint_network (fixed);
  g_assert_cmpuint (left->len, ==, 0);
  g_assert_cmpuint (count_layers (fixed) + n_saved, ==, count_layers (network));
  g_assert_cmpuint (network->layers->len, ==, n); /* the way back */
}

/* The ground of the pair: the Q and the DQ, by their ids. */
static void
assert_pair (QsNetwork  *network,
             const char *quantize,
             const char *dequantize)
{
  g_autoptr (GPtrArray) lints = qs_lint_network (network);
  g_autoptr (GArray) pairs = qs_lint_find_pairs (lints, network);

  g_assert_cmpuint (pairs->len, ==, 2);
  g_assert_cmpint (g_array_index (pairs, int, 0), ==,
                   (int) qs_network_find_layer (network, quantize)->id);
  g_assert_cmpint (g_array_index (pairs, int, 1), ==,
                   (int) qs_network_find_layer (network, dequantize)->id);
}

/* Figure F9: a pair between the convolution and the sum, beside the residual's own. */
static void
test_pair_in_fusion (void)
{
  QsMessage *graph = begin ();
  g_autoptr (QsNetwork) network = NULL;

  add_convolution (graph, "xd", "c");
  add_pair (graph, "c", "cd", 0.02f);
  add_node (graph, "Add", "cd,xd", "s");
  add_pair (graph, "s", "sd", 0.03f);
  add_node (graph, "Exp", "sd", "out");
  network = finish (graph, "out");
  assert_pair (network, "Q_cd", "DQ_cd");
  assert_fixed (network, QS_LINT_PAIR_IN_FUSION, "Q_cd", 1);
}

/* Figure F5, wrongly: the pair before the activation. */
static void
test_simulated_fusion (void)
{
  QsMessage *graph = begin ();
  g_autoptr (QsNetwork) network = NULL;

  add_convolution (graph, "xd", "c");
  add_pair (graph, "c", "cd", 0.02f);
  add_node (graph, "Relu", "cd", "r");
  add_pair (graph, "r", "rd", 0.02f);
  add_node (graph, "Exp", "rd", "out");
  network = finish (graph, "out");
  assert_fixed (network, QS_LINT_SIMULATED_FUSION, "Q_cd", 1);
}

/* Figure F6: the residual is float, but a pair for it is there, in front of the convolution. */
static void
test_float_residual (void)
{
  QsMessage *graph = begin ();
  g_autoptr (QsNetwork) network = NULL;

  add_convolution (graph, "xd", "c");
  add_node (graph, "Add", "c,x", "s");
  add_pair (graph, "s", "sd", 0.03f);
  add_node (graph, "Exp", "sd", "out");
  network = finish (graph, "out");
  assert_fixed (network, QS_LINT_FLOAT_RESIDUAL, "Add_s", 1);
}

/* Figure F7 is right. */
static void
test_nothing (void)
{
  QsMessage *graph = begin ();
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (GPtrArray) lints = NULL;

  add_convolution (graph, "xd", "c");
  add_node (graph, "Add", "c,xd", "s");
  add_pair (graph, "s", "sd", 0.03f);
  add_node (graph, "Exp", "sd", "out");
  network = finish (graph, "out");
  lints = qs_lint_network (network);
  g_assert_cmpuint (lints->len, ==, 0);
}

/* Padding, then the pair: here the convolution does the padding all the same, in TensorRT not. */
static void
test_padding (void)
{
  QsMessage *graph = begin ();
  g_autoptr (QsNetwork) network = NULL;

  qs_graph_add_ints (graph, "pads", "0 0 1 1 0 0 1 1");
  add_node (graph, "Exp", "x", "e");
  add_node (graph, "Pad", "e,pads", "p");
  add_pair (graph, "p", "pd", 0.02f);
  add_convolution (graph, "pd", "c");
  add_pair (graph, "c", "cd", 0.02f);
  add_node (graph, "Exp", "cd", "out");
  network = finish (graph, "out");
  assert_fixed (network, QS_LINT_SPLIT_PADDING, "Q_pd", 0);
}

/* NVIDIA's two example placements differ in nothing but the pairs of the residuals: four identity
 * blocks lack them in the first. */
static void
test_examples (void)
{
  static const struct
  {
    const char *name;
    guint n_residuals;
  } rows[] = {
    { "tensorrt/resnet18-qat.onnx", 4 },
    { "tensorrt/resnet18-qat-residual.onnx", 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GFile) file = qs_test_shared (rows[i].name);
      g_autoptr (QsModel) model = file == NULL ? NULL : qs_model_load_file (file, NULL);
      g_autoptr (QsProfile) profile = qs_profile_new ();
      g_autoptr (QsNetwork) network = NULL;
      g_autoptr (GPtrArray) lints = NULL;
      guint n = 0;

      if (model == NULL)
        return;
      network = qs_import_network (model, profile, NULL);
      lints = qs_lint_network (network);
      for (guint k = 0; k < lints->len; k++)
        {
          const QsLint *lint = g_ptr_array_index (lints, k);

          n += lint->kind == QS_LINT_FLOAT_RESIDUAL;
          g_assert_cmpint (lint->kind, !=, QS_LINT_PAIR_IN_FUSION);
        }
      g_assert_cmpuint (n, ==, rows[i].n_residuals);
    }
}

/* Weights with scales along axis 1 and no axis written down: the same with it. */
static void
test_missing_axis (void)
{
  const float scales[16] = { 0.1f, 0.2f, 0.3f, 0.4f, 0.1f, 0.2f, 0.3f, 0.4f,
                             0.1f, 0.2f, 0.3f, 0.4f, 0.1f, 0.2f, 0.3f, 0.4f };
  const gint8 integers[16 * 16] = { 3, -5, 7 }, zeros[16] = { 0 };
  QsMessage *graph = begin ();
  g_autoptr (QsNetwork) network = NULL;

  qs_graph_add_floats (graph, "ws", "16", scales, 16);
  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor ("wi", QS_DATA_TYPE_INT8, "16x16", integers, sizeof integers));
  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor ("wz", QS_DATA_TYPE_INT8, "16", zeros, sizeof zeros));
  qs_graph_add_ints (graph, "shape", "16 16");
  add_node (graph, "Reshape", "xd,shape", "flat");
  add_node (graph, "DequantizeLinear", "wi,ws,wz", "wd");
  add_node (graph, "MatMul", "flat,wd", "out");
  network = finish (graph, "out");
  assert_fixed (network, QS_LINT_MISSING_AXIS, "DequantizeLinear_wd", 0);
}

/* Where nothing in the model says what a fix would need, the advice says so: a float residual without
 * any pair, a float output, and channels that are not aligned. */
static void
test_advice_without_fix (void)
{
  static const struct
  {
    const char *path;
    const char *word;
  } rows[] = { { "float-residual", "no range" }, { "float-output", "no range" },
               { "alignment", "other numbers of channels" } };
  const float weights[5 * 16] = { 0.5f };
  QsMessage *graph = begin ();
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (GPtrArray) lints = NULL;

  qs_graph_add_floats (graph, "w5", "5x16x1x1", weights, 5 * 16);
  add_pair (graph, "w5", "w5d", 0.02f);
  add_node (graph, "Exp", "x", "e");
  add_convolution (graph, "xd", "c");
  add_node (graph, "Add", "c,e", "s");
  add_pair (graph, "s", "sd", 0.03f);
  add_node (graph, "Conv", "sd,w5d", "five");
  add_node (graph, "Exp", "five", "out");
  network = finish (graph, "out");
  lints = qs_lint_network (network);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const QsLint *found = NULL;

      for (guint k = 0; k < lints->len; k++)
        if (strcmp (qs_lint_kind_id (((QsLint *) lints->pdata[k])->kind), rows[i].path) == 0)
          found = lints->pdata[k];
      g_assert_nonnull (found);
      g_assert_false (found->has_fix);
      g_assert_nonnull (strstr (found->advice, rows[i].word));
      g_assert_nonnull (strstr (found->advice, "no fix here"));
    }
}

/* A change that a file asks for and that does not fit the network is refused. */
static void
test_foreign_lint (void)
{
  g_autoptr (QsNetwork) network = finish (begin (), "xd");

  for (int kind = 0; kind < QS_N_LINT_KINDS; kind++)
    {
      const QsLint lint = { .kind = (QsLintKind) kind, .layer = (char *) "DQ_xd",
                            .other = kind % 2 == 0 ? (char *) "Q_xd" : NULL, .has_fix = TRUE };
      GError *error = NULL;

      if (kind == QS_LINT_MISSING_AXIS)
        continue;
      g_assert_null (qs_lint_fix (network, &lint, &error));
      qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISMATCH, "DQ_xd");
      g_error_free (error);
    }
}

static void
test_no_fix (void)
{
  g_autoptr (QsNetwork) network = finish (begin (), "xd");
  const QsLint lint = { .layer = (char *) "nowhere", .other = (char *) "nowhere", .has_fix = TRUE };
  const QsLint none = { .layer = (char *) "Q_xd" };
  GError *error = NULL;

  g_assert_null (qs_lint_fix (network, &lint, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISMATCH, "nowhere");
  g_clear_error (&error);
  g_assert_null (qs_lint_fix (network, &none, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "no fix");
  g_error_free (error);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lints/pair-in-fusion", test_pair_in_fusion);
  g_test_add_func ("/lints/simulated-fusion", test_simulated_fusion);
  g_test_add_func ("/lints/float-residual", test_float_residual);
  g_test_add_func ("/lints/nothing", test_nothing);
  g_test_add_func ("/lints/padding", test_padding);
  g_test_add_func ("/lints/examples", test_examples);
  g_test_add_func ("/lints/missing-axis", test_missing_axis);
  g_test_add_func ("/lints/advice-without-fix", test_advice_without_fix);
  g_test_add_func ("/lints/foreign-lint", test_foreign_lint);
  g_test_add_func ("/lints/no-fix", test_no_fix);
  return g_test_run ();
}
