/* SPDX-License-Identifier: MIT */
#include "analysis/qs-node-report.h"
#include "builder/qs-builder.h"
#include "qs-onnx-maker.h"
#include "qs-test.h"

#include <string.h>

static void
add (QsMessage *graph,
     QsMessage *node)
{
  qs_put_message (graph, QS_GRAPH_NODE, node);
}

/* conv, bn, relu become one layer; the constant is folded; flat flattens what is flat already after
 * the reshape before it; nothing reads dead; bad is refused where @with_refusal. */
static QsImport *
make_import (gboolean with_refusal)
{
  const float weights[4] = { 1.0f, 2.0f, 3.0f, 4.0f }, ones[2] = { 1.0f, 1.0f };
  QsMessage *graph = qs_make_graph ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (QsModel) model = NULL;
  g_autoptr (GError) error = NULL;
  QsImport *import;

  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("x", QS_DATA_TYPE_FLOAT, "1x2x3x3"));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value ("y", QS_DATA_TYPE_FLOAT, ""));
  qs_graph_add_floats (graph, "w", "2x2x1x1", weights, 4);
  qs_graph_add_floats (graph, "one", "2", ones, 2);
  add (graph, qs_make_node ("Conv", "conv", "x,w", "c", NULL));
  add (graph, qs_make_node ("BatchNormalization", "bn", "c,one,one,one,one", "n", NULL));
  add (graph, qs_make_node ("Relu", "relu", "n", "r", NULL));
  add (graph, qs_make_node ("Shape", "shape", "r", "s", NULL));
  add (graph, qs_make_node ("Reshape", "reshape", "r,s", "p", NULL));
  add (graph, qs_make_node ("Tanh", "dead", "r", "d", NULL));
  add (graph, qs_make_node (with_refusal ? "LSTM" : "Tanh", "last", "p", "y", NULL));

  bytes = qs_make_model (graph, 13);
  model = qs_model_load_bytes (bytes, "test.onnx", &error);
  g_assert_no_error (error);
  import = qs_import_run (model, NULL, &error);
  g_assert_no_error (error);
  return import;
}

static void
assert_state (GPtrArray  *report,
              guint       index,
              QsVerdict   fate,
              const char *layer,
              const char *word)
{
  const QsNodeState *state = g_ptr_array_index (report, index);

  g_assert_cmpstr (qs_verdict_name (state->fate), ==, qs_verdict_name (fate));
  g_assert_cmpstr (state->layer != NULL ? state->layer->name : NULL, ==, layer);
  g_assert_true (word == NULL ? state->reason == NULL
                              : state->reason != NULL && strstr (state->reason, word) != NULL);
}

/* As imported: a layer for every node that computes something. */
static void
test_imported (void)
{
  g_autoptr (QsImport) import = make_import (FALSE);
  g_autoptr (GPtrArray) report =
    qs_node_report_new (import, qs_import_get_network (import), NULL);
  guint counts[QS_N_VERDICTS];

  assert_state (report, 0, QS_VERDICT_IMPORTED, "conv", NULL);
  assert_state (report, 1, QS_VERDICT_IMPORTED, "bn", NULL);
  assert_state (report, 2, QS_VERDICT_IMPORTED, "relu", NULL);
  assert_state (report, 3, QS_VERDICT_FOLDED, NULL, "constant");
  assert_state (report, 5, QS_VERDICT_FOLDED, NULL, "no output");
  assert_state (report, 6, QS_VERDICT_IMPORTED, "last", NULL);

  qs_node_report_count (report, counts);
  g_assert_cmpuint (counts[QS_VERDICT_IMPORTED], ==, 5);
  g_assert_cmpuint (counts[QS_VERDICT_FOLDED], ==, 2);
}

/* As built: the nodes are found in the layers that they were fused into, and the layer that did
 * nothing is gone with the words of the journal. */
static void
test_built (void)
{
  g_autoptr (QsImport) import = make_import (FALSE);
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;
  g_autoptr (QsEngine) engine = qs_builder_build (qs_import_get_network (import), NULL, &options,
                                                  NULL, &error);
  g_autoptr (GPtrArray) report = NULL;
  const char *fused;

  g_assert_no_error (error);
  report = qs_node_report_new (import, qs_engine_get_network (engine),
                               qs_engine_get_journal (engine));
  fused = ((QsNodeState *) g_ptr_array_index (report, 0))->layer->name;
  g_assert_cmpstr (fused, ==, "conv + bn + relu");
  for (guint i = 0; i < 3; i++)
    assert_state (report, i, QS_VERDICT_FUSED, fused, NULL);
  assert_state (report, 3, QS_VERDICT_FOLDED, NULL, "constant");
  assert_state (report, 4, QS_VERDICT_FOLDED, NULL, "the shape stays the same");
  assert_state (report, 5, QS_VERDICT_FOLDED, NULL, "no output");
  assert_state (report, 6, QS_VERDICT_IMPORTED, "last", NULL);
}

static void
test_refused (void)
{
  g_autoptr (QsImport) import = make_import (TRUE);
  g_autoptr (GPtrArray) report = qs_node_report_new (import, NULL, NULL);

  g_assert_null (qs_import_get_network (import));
  assert_state (report, 0, QS_VERDICT_IMPORTED, NULL, NULL);
  assert_state (report, 6, QS_VERDICT_REFUSED, NULL, "recurrent");
}

static void
add_floats (QsMessage  *graph,
            const char *name,
            const char *dims,
            gsize       n)
{
  const float values[6] = { 0.5f, 0.25f, 0.125f, 0.5f, 0.25f, 0.125f };

  qs_graph_add_floats (graph, name, dims, values, n);
}

/* A scale for each channel of an activation, and weights with scales along their input channels: both
 * are computed in floating point, and both would be refused in INT8, at the node that is wrong. */
static void
test_refused_in_int8 (void)
{
  const gint8 zeros[2] = { 0 };
  QsMessage *graph = qs_make_graph ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (QsModel) model = NULL;
  g_autoptr (QsImport) import = NULL;
  g_autoptr (GPtrArray) report = NULL;

  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("x", QS_DATA_TYPE_FLOAT, "1x2x3x3"));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value ("y", QS_DATA_TYPE_FLOAT, ""));
  add_floats (graph, "s", "2", 2);
  add_floats (graph, "w", "3x2x1x1", 6);
  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor ("z", QS_DATA_TYPE_INT8, "2", zeros, sizeof zeros));
  add (graph, qs_make_node ("QuantizeLinear", "q", "x,s,z", "xq", qs_make_int ("axis", 1), NULL));
  add (graph, qs_make_node ("DequantizeLinear", "dq", "xq,s,z", "xd", qs_make_int ("axis", 1), NULL));
  add (graph, qs_make_node ("QuantizeLinear", "wq", "w,s,z", "wi", qs_make_int ("axis", 1), NULL));
  add (graph, qs_make_node ("DequantizeLinear", "wdq", "wi,s,z", "wd", qs_make_int ("axis", 1), NULL));
  add (graph, qs_make_node ("Conv", "conv", "xd,wd", "y", NULL));
  bytes = qs_make_model (graph, 13);
  model = qs_model_load_bytes (bytes, "test.onnx", NULL);
  import = qs_import_run (model, NULL, NULL);
  g_assert_nonnull (qs_import_get_network (import));
  report = qs_node_report_new (import, qs_import_get_network (import), NULL);
  assert_state (report, 0, QS_VERDICT_REFUSED_IN_INT8, "q", "one scale for the whole tensor");
  assert_state (report, 1, QS_VERDICT_REFUSED_IN_INT8, "dq", "one scale for the whole tensor");
  assert_state (report, 2, QS_VERDICT_IMPORTED, "wq", NULL);
  assert_state (report, 3, QS_VERDICT_REFUSED_IN_INT8, "wdq", "quantize the weights along that axis");
  assert_state (report, 4, QS_VERDICT_IMPORTED, "conv", NULL);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/node-report/imported", test_imported);
  g_test_add_func ("/node-report/built", test_built);
  g_test_add_func ("/node-report/refused", test_refused);
  g_test_add_func ("/node-report/refused-in-int8", test_refused_in_int8);
  return g_test_run ();
}
