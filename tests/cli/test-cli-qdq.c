/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "qs-cli-test.h"
#include "qs-onnx-maker.h"

/* What is there for models with Q/DQ: advice on their pairs, other scales for their plans, and what
 * an INT8 build would refuse. */

#define SCALE 0.02f

static void
add (QsMessage *graph,
     QsMessage *node)
{
  qs_put_message (graph, QS_GRAPH_NODE, node);
}

/* @axis: of the scales, which are @n; -1 for none */
static void
add_pair (QsMessage   *graph,
          const char  *from,
          const char  *to,
          float        scale,
          guint        n,
          int          axis)
{
  static const gint8 zeros[4] = { 0 };
  const float scales[4] = { scale, scale, scale, scale };
  g_autofree char *scale_name = g_strdup_printf ("%s_scale", to);
  g_autofree char *zero_name = g_strdup_printf ("%s_zero", to);
  g_autofree char *integers = g_strdup_printf ("%s_q", to);
  g_autofree char *inputs = g_strdup_printf ("%s,%s,%s", from, scale_name, zero_name);
  g_autofree char *back = g_strdup_printf ("%s,%s,%s", integers, scale_name, zero_name);
  g_autofree char *q = g_strdup_printf ("Q_%s", to);
  g_autofree char *dq = g_strdup_printf ("DQ_%s", to);
  const char *dims = n == 1 ? "" : "4";

  qs_graph_add_floats (graph, scale_name, dims, scales, n);
  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor (zero_name, QS_DATA_TYPE_INT8, dims, zeros, n));
  add (graph, qs_make_node ("QuantizeLinear", q, inputs, integers,
                            axis < 0 ? NULL : qs_make_int ("axis", axis), NULL));
  add (graph, qs_make_node ("DequantizeLinear", dq, back, to,
                            axis < 0 ? NULL : qs_make_int ("axis", axis), NULL));
}

/* x (1x4x4x4) -> pair -> Conv_1, a 1x1 of 4 channels with scales along @weight_axis -> c */
static QsMessage *
start_graph (int      weight_axis,
             gboolean per_channel)
{
  QsMessage *graph = qs_make_graph ();
  float weights[16];

  for (guint i = 0; i < 16; i++)
    weights[i] = (i % 5 - 2.0f) * 0.25f;
  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("x", QS_DATA_TYPE_FLOAT, "1x4x4x4"));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value ("out", QS_DATA_TYPE_FLOAT, ""));
  qs_graph_add_floats (graph, "w", "4x4x1x1", weights, 16);
  add_pair (graph, "x", "xd", SCALE, per_channel ? 4 : 1, per_channel ? 1 : -1);
  add_pair (graph, "w", "wd", 0.5f / 127.0f, 4, weight_axis);
  add (graph, qs_make_node ("Conv", "Conv_1", "xd,wd", "c", NULL));
  return graph;
}

static char *
save (QsMessage  *graph,
      const char *name)
{
  g_autoptr (GBytes) bytes = qs_make_model (graph, 13);
  char *path = qs_cli_test_path (name);
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  qs_cli_test_write (path, data, size);
  return path;
}

static QsMessage *
make_pool (const char *name,
           const char *from,
           const char *to)
{
  return qs_make_node ("MaxPool", name, from, to, qs_make_ints ("kernel_shape", "2 2"),
                       qs_make_ints ("strides", "2 2"), NULL);
}

/* A pair between the convolution and its activation (developer guide, “Q/DQ Layer-Placement
 * Recommendations”), and 4 channels where a tensor core works on 16: two pieces of advice. */
static void
test_lint (void)
{
  QsMessage *graph = start_graph (0, FALSE);
  g_autofree char *model = NULL;
  g_autofree char *json = qs_cli_test_path ("lint.json");
  g_autoptr (QsCliOutcome) outcome = NULL;
  g_autoptr (QsCliOutcome) strict = NULL;
  g_autoptr (JsonObject) root = NULL;
  JsonArray *lints;
  guint n_fixed = 0;

  add_pair (graph, "c", "cd", SCALE, 1, -1);
  add (graph, qs_make_node ("Relu", "Relu_1", "cd", "r", NULL));
  add_pair (graph, "r", "rd", SCALE, 1, -1);
  add (graph, qs_make_node ("Exp", "Exp_1", "rd", "out", NULL));
  model = save (graph, "lint.onnx");

  outcome = qs_cli_test_succeed ("lint", model, "--json", json, NULL);
  g_assert_nonnull (strstr (outcome->out, "simulated-fusion: "));
  g_assert_nonnull (strstr (outcome->out, "alignment: "));
  root = qs_cli_test_load_json (json);
  lints = json_object_get_array_member (root, "lints");
  g_assert_cmpuint (json_array_get_length (lints), ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      JsonObject *lint = json_array_get_object_element (lints, i);
      const char *kind = json_object_get_string_member (lint, "kind");
      gboolean fusion = strcmp (kind, "simulated-fusion") == 0;

      g_assert_cmpstr (json_object_get_string_member (lint, "layer"), ==, fusion ? "Q_cd" : "Conv_1");
      g_assert_nonnull (strstr (outcome->out, json_object_get_string_member (lint, "message")));
      g_assert_nonnull (strstr (outcome->out, json_object_get_string_member (lint, "advice")));
      g_assert_cmpint (json_object_get_boolean_member (lint, "has_fix"), ==, fusion);
      n_fixed += fusion;
    }
  g_assert_cmpuint (n_fixed, ==, 1);

  strict = qs_cli_test_run ("lint", model, "--exit-code", NULL);
  g_assert_cmpint (strict->status, ==, 3);
  g_assert_cmpstr (strict->out, ==, outcome->out);
}

/* Nothing to find is no failure. */
static void
test_lint_nothing (void)
{
  g_autofree char *model = qs_cli_test_sample ("fashion-resnet.onnx");
  g_autoptr (QsCliOutcome) outcome = NULL;

  if (model == NULL)
    return;

  outcome = qs_cli_test_succeed ("lint", model, "--exit-code", NULL);
  g_assert_nonnull (strstr (outcome->out, "no Q/DQ pairs"));
}

/* Equal scales let a concatenation work on bytes: the two may only change together, and who changes
 * one is told which rewrite of which layer it would break, and the tensors. */
static void
test_refit (void)
{
  static const char tied[] = "TRT-8401-EntropyCalibration2\nxd_q: 3d800000\n";
  static const char both[] = "TRT-8401-EntropyCalibration2\nxd_q: 3d800000\ncd: 3d800000\n";
  QsMessage *graph = start_graph (0, FALSE);
  g_autofree char *model = NULL;
  g_autofree char *plan = qs_cli_test_path ("tied.plan");
  g_autofree char *output = qs_cli_test_path ("refitted.plan");
  g_autofree char *scales = qs_cli_test_path ("tied.cache");
  g_autoptr (QsCliOutcome) built = NULL;
  g_autoptr (QsCliOutcome) refused = NULL;
  g_autoptr (QsCliOutcome) done = NULL;

  add_pair (graph, "c", "cd", SCALE, 1, -1);
  add (graph, make_pool ("Pool_a", "cd", "pa"));
  add (graph, make_pool ("Pool_b", "xd", "pb"));
  add (graph, qs_make_node ("Concat", "Concat_1", "pa,pb", "j", qs_make_int ("axis", 1), NULL));
  add_pair (graph, "j", "jd", SCALE, 1, -1);
  add (graph, qs_make_node ("Exp", "Exp_1", "jd", "out", NULL));
  model = save (graph, "tied.onnx");
  built = qs_cli_test_succeed ("build", model, "--int8-all", "--output", plan, NULL);

  qs_cli_test_write (scales, tied, strlen (tied));
  refused = qs_cli_test_run ("refit", plan, "--scales", scales, "--output", output, NULL);
  qs_cli_test_expect (refused, 1, "rewrite forward-dequantize of Concat_1");
  g_assert_nonnull (strstr (refused->err, "“cd” and “xd_1” must have equal scales"));
  g_assert_false (g_file_test (output, G_FILE_TEST_EXISTS));

  qs_cli_test_write (scales, both, strlen (both));
  done = qs_cli_test_succeed ("refit", plan, "--scales", scales, "--output", output, NULL);
  /* 3d800000 is 2^-4 as float32 */
  g_assert_nonnull (strstr (done->out, "cd: 0.0625, before 0.0199999996"));
  g_assert_true (g_file_test (output, G_FILE_TEST_EXISTS));
}

/* Every node that an INT8 build stumbles over is named, with the reason and what to do: scales per
 * channel of an activation (both Q and DQ), and those of the weights along the input channels. */
static void
test_refusals (void)
{
  static const struct { const char *node; const char *reason; const char *advice; } rows[] = {
    { "QuantizeLinear “Q_xd”", "4 scales for an activation", "use one scale for the whole tensor" },
    { "DequantizeLinear “DQ_xd”", "4 scales for an activation",
      "use one scale for the whole tensor" },
    { "DequantizeLinear “DQ_wd”", "along axis 1 of the weights of Convolution Conv_1",
      "quantize the weights along that axis" },
  };
  QsMessage *graph = start_graph (1, TRUE);
  g_autofree char *model = NULL;
  g_autofree char *json = qs_cli_test_path ("refusals.json");
  g_autoptr (QsCliOutcome) outcome = NULL;
  g_autoptr (QsCliOutcome) build = NULL;
  g_autoptr (JsonObject) root = NULL;
  JsonArray *refusals;

  add (graph, qs_make_node ("Exp", "Exp_1", "c", "out", NULL));
  model = save (graph, "refusals.onnx");
  outcome = qs_cli_test_succeed ("info", model, "--json", json, NULL);
  g_assert_nonnull (strstr (outcome->out, "An INT8 build is refused:"));
  root = qs_cli_test_load_json (json);
  refusals = json_object_get_array_member (root, "int8_refusals");
  g_assert_cmpuint (json_array_get_length (refusals), ==, G_N_ELEMENTS (rows));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const char *text = json_array_get_string_element (refusals, i);

      g_assert_true (g_str_has_prefix (text, rows[i].node));
      g_assert_nonnull (strstr (text, rows[i].reason));
      g_assert_nonnull (strstr (text, rows[i].advice));
      g_assert_nonnull (strstr (outcome->out, text));
    }

  build = qs_cli_test_run ("build", model, "--int8-all", "--output", json, NULL);
  qs_cli_test_expect (build, 1, rows[0].node);
}

int
main (int    argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  qs_cli_test_init ();
  g_test_add_func ("/cli/qdq/lint", test_lint);
  g_test_add_func ("/cli/qdq/lint-nothing", test_lint_nothing);
  g_test_add_func ("/cli/qdq/refit", test_refit);
  g_test_add_func ("/cli/qdq/refusals", test_refusals);
  status = g_test_run ();
  qs_cli_test_finish ();
  return status;
}
