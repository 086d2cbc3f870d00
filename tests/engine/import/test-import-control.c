/* SPDX-License-Identifier: MIT */
#include "core/qs-error.h"
#include "import/qs-import.h"
#include "qs-interpret.h"
#include "qs-onnx-maker.h"
#include "qs-test.h"

/* Loops and branches, and nodes that are refused without being in the way. The expected numbers
 * are worked out by hand in the comments. */

static void
add (QsMessage *graph,
     QsMessage *node)
{
  qs_put_message (graph, QS_GRAPH_NODE, node);
}

static void
add_value (QsMessage  *graph,
           guint       field,
           const char *name,
           QsDataType  type,
           const char *dims)
{
  qs_put_message (graph, field, qs_make_value (name, type, dims));
}

static QsMessage *
graph_with (const char *output)
{
  QsMessage *graph = qs_make_graph ();

  add_value (graph, QS_GRAPH_INPUT, "x", QS_DATA_TYPE_FLOAT, "2");
  add_value (graph, QS_GRAPH_OUTPUT, output, QS_DATA_TYPE_FLOAT, "");
  return graph;
}

static void
add_int (QsMessage  *graph,
         const char *name,
         gint64      value)
{
  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor (name, QS_DATA_TYPE_INT64, "", &value, sizeof value));
}

static void
add_flag (QsMessage  *graph,
          const char *name,
          guint8      value)
{
  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor (name, QS_DATA_TYPE_BOOL, "", &value, 1));
}

static QsMessage *
attribute_for (const char *name,
               QsMessage  *graph)
{
  QsMessage *attribute = g_byte_array_new ();

  qs_put_text (attribute, 1, name);
  qs_put_int (attribute, 20, 5);
  qs_put_message (attribute, 6, graph);
  return attribute;
}

/* A body with the inputs step, go and @carried and the outputs @condition and @outputs. */
static QsMessage *
body_with (const char *carried,
           const char *condition,
           const char *outputs)
{
  QsMessage *body = qs_make_graph ();
  g_auto (GStrv) in = g_strsplit (carried, ",", -1);
  g_auto (GStrv) out = g_strsplit (outputs, ",", -1);

  add_value (body, QS_GRAPH_INPUT, "step", QS_DATA_TYPE_INT64, "");
  add_value (body, QS_GRAPH_INPUT, "go", QS_DATA_TYPE_BOOL, "");
  for (guint i = 0; in[i] != NULL; i++)
    add_value (body, QS_GRAPH_INPUT, in[i], QS_DATA_TYPE_FLOAT, "");
  add_value (body, QS_GRAPH_OUTPUT, condition, QS_DATA_TYPE_BOOL, "");
  for (guint i = 0; out[i] != NULL; i++)
    add_value (body, QS_GRAPH_OUTPUT, out[i], QS_DATA_TYPE_FLOAT, "");
  return body;
}

static QsModel *
load (QsMessage *graph)
{
  g_autoptr (GBytes) bytes = qs_make_model (graph, 13);
  g_autoptr (GError) error = NULL;
  QsModel *model = qs_model_load_bytes (bytes, "test.onnx", &error);

  g_assert_no_error (error);
  return model;
}

/* Runs @graph on x = (1, 2) and compares its first output with numbers separated by spaces. */
static QsNetwork *
check (QsMessage  *graph,
       const char *expected)
{
  const float numbers[2] = { 1.0f, 2.0f };
  QsShape shape = qs_shape_make (1, 2);
  g_autoptr (QsModel) model = load (graph);
  g_autoptr (QsHostTensor) x =
    qs_host_tensor_new_from_data (QS_DATA_TYPE_FLOAT, &shape, numbers, sizeof numbers, NULL);
  g_autoptr (QsHostTensor) y = NULL;
  g_autoptr (GError) error = NULL;
  QsNetwork *network = qs_import_network (model, NULL, &error);
  g_auto (GStrv) words = g_strsplit (expected, " ", -1);

  g_assert_no_error (error);
  g_assert_true (qs_interpret (network, &x, &y, &error));
  g_assert_no_error (error);
  g_assert_cmpint (qs_host_tensor_get_n_elements (y), ==, g_strv_length (words));
  for (guint i = 0; words[i] != NULL; i++)
    g_assert_cmpfloat (qs_host_tensor_get_number (y, i), ==, g_ascii_strtod (words[i], NULL));
  return network;
}

static void
assert_fails (QsMessage  *graph,
              const char *word)
{
  g_autoptr (QsModel) model = load (graph);
  g_autoptr (GError) error = NULL;

  g_assert_null (qs_import_network (model, NULL, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, word);
}

/* v = x; three times v = v * w + x with w = 2 from outside: 2 (2 (2 x + x) + x) + x = 15 x. */
static void
test_carried (void)
{
  const float two = 2.0f;
  QsMessage *graph = graph_with ("y");
  QsMessage *body = body_with ("v", "go", "v_out");
  g_autoptr (QsNetwork) network = NULL;

  add_int (graph, "n", 3);
  qs_graph_add_floats (graph, "w", "", &two, 1);
  add (body, qs_make_node ("Mul", "twice", "v,w", "h", NULL));
  add (body, qs_make_node ("Add", "more", "h,x", "v_out", NULL));
  add (graph, qs_make_node ("Loop", "l", "n,,x", "y", attribute_for ("body", body), NULL));
  network = check (graph, "15 30");

  g_assert_cmpuint (network->layers->len, ==, 6);
  g_assert_cmpstr (((QsTensor *) network->outputs->pdata[0])->name, ==, "y");
  g_assert_cmpstr (((QsLayer *) network->layers->pdata[0])->name, ==, "twice");
  g_assert_cmpstr (((QsLayer *) network->layers->pdata[5])->name, ==, "more_2");
}

/* Each step collects x * step: the rows 0, 1 and 2 times (1, 2). */
static void
test_scanned (void)
{
  QsMessage *graph = graph_with ("rows");
  QsMessage *body = body_with ("v", "go", "v,row");
  g_autoptr (QsNetwork) network = NULL;

  add_int (graph, "n", 3);
  add (body, qs_make_node ("Cast", "cast", "step", "s", qs_make_int ("to", 1), NULL));
  add (body, qs_make_node ("Mul", "times", "x,s", "row", NULL));
  add (graph, qs_make_node ("Loop", "l", "n,,x", ",rows", attribute_for ("body", body), NULL));
  network = check (graph, "0 0 1 2 2 4");
  g_assert_cmpint (((QsTensor *) network->outputs->pdata[0])->shape.dims[0], ==, 3);
}

/* Goes on while step < 2, which is checked at the end of a step: steps 0, 1 and 2, x doubled
 * thrice. A trip count of 2 ends it earlier. */
static void
test_condition (void)
{
  for (int limited = 0; limited < 2; limited++)
    {
      QsMessage *graph = graph_with ("y");
      QsMessage *body = body_with ("v", "again", "v_out");
      g_autoptr (QsNetwork) network = NULL;

      add_int (graph, "n", 2);
      add_int (graph, "last", 2);
      add_flag (graph, "yes", 1);
      add (body, qs_make_node ("Less", "less", "step,last", "again", NULL));
      add (body, qs_make_node ("Add", "twice", "v,v", "v_out", NULL));
      add (graph, qs_make_node ("Loop", "l", limited ? "n,yes,x" : ",yes,x", "y",
                                attribute_for ("body", body), NULL));
      network = check (graph, limited ? "4 8" : "8 16");
    }
}

/* Without a step the carried value is passed on; a condition without a trip count ends it, too. */
static void
test_no_step (void)
{
  for (int by_condition = 0; by_condition < 2; by_condition++)
    {
      QsMessage *graph = graph_with ("y");
      QsMessage *body = body_with ("v", "go", "v_out");
      g_autoptr (QsNetwork) network = NULL;

      add_int (graph, "n", by_condition ? 9 : 0);
      add_flag (graph, "go_in", by_condition ? 0 : 1);
      add (body, qs_make_node ("Add", "twice", "v,v", "v_out", NULL));
      add (graph, qs_make_node ("Loop", "l", "n,go_in,x", "z", attribute_for ("body", body), NULL));
      add (graph, qs_make_node ("Relu", "r", "z", "y", NULL));
      network = check (graph, "1 2");
    }
}

/* An outer loop of 2 steps around an inner one of as many steps as the outer has taken, plus one,
 * around a branch that the outer step chooses: in step 0 v doubles once, in step 1 it becomes
 * v + x twice: 2 x, then 4 x. The branch reads v of the loop and x of the model. */
static void
test_nested (void)
{
  QsMessage *graph = graph_with ("y");
  QsMessage *outer = body_with ("v", "go", "v_out");
  QsMessage *inner = qs_make_graph ();
  QsMessage *yes = qs_make_graph (), *no = qs_make_graph ();
  g_autoptr (QsNetwork) network = NULL;

  add_value (inner, QS_GRAPH_INPUT, "inner_step", QS_DATA_TYPE_INT64, "");
  add_value (inner, QS_GRAPH_INPUT, "inner_go", QS_DATA_TYPE_BOOL, "");
  add_value (inner, QS_GRAPH_INPUT, "u", QS_DATA_TYPE_FLOAT, "");
  add_value (inner, QS_GRAPH_OUTPUT, "inner_go", QS_DATA_TYPE_BOOL, "");
  add_value (inner, QS_GRAPH_OUTPUT, "u_out", QS_DATA_TYPE_FLOAT, "");
  add (yes, qs_make_node ("Add", "with-x", "u,x", "sum", NULL));
  add_value (yes, QS_GRAPH_OUTPUT, "sum", QS_DATA_TYPE_FLOAT, "");
  add (no, qs_make_node ("Add", "with-self", "u,u", "sum", NULL));
  add_value (no, QS_GRAPH_OUTPUT, "sum", QS_DATA_TYPE_FLOAT, "");
  add (inner, qs_make_node ("Cast", "cast", "step", "choice", qs_make_int ("to", 9), NULL));
  add (inner, qs_make_node ("If", "if", "choice", "u_out", attribute_for ("then_branch", yes),
                            attribute_for ("else_branch", no), NULL));

  add_int (graph, "n", 2);
  add_int (graph, "one", 1);
  add (outer, qs_make_node ("Add", "count", "step,one", "m", NULL));
  add (outer, qs_make_node ("Loop", "inner", "m,,v", "v_out", attribute_for ("body", inner), NULL));
  add (graph, qs_make_node ("Loop", "outer", "n,,x", "y", attribute_for ("body", outer), NULL));
  network = check (graph, "4 8");
  g_assert_cmpuint (network->layers->len, ==, 3);
}

/* The branch reads what a node computes that stands behind it in the file: abs (-x). */
static void
test_captured_later (void)
{
  QsMessage *graph = graph_with ("y");
  QsMessage *branch = qs_make_graph (), *other = qs_make_graph ();
  g_autoptr (QsNetwork) network = NULL;

  add_flag (graph, "yes", 1);
  add (branch, qs_make_node ("Abs", "abs", "later", "a", NULL));
  add_value (branch, QS_GRAPH_OUTPUT, "a", QS_DATA_TYPE_FLOAT, "");
  add (other, qs_make_node ("Abs", "never", "nowhere", "a", NULL));
  add_value (other, QS_GRAPH_OUTPUT, "a", QS_DATA_TYPE_FLOAT, "");
  add (graph, qs_make_node ("If", "if", "yes", "y", attribute_for ("then_branch", branch),
                            attribute_for ("else_branch", other), NULL));
  add (graph, qs_make_node ("Neg", "neg", "x", "later", NULL));
  network = check (graph, "1 2");
}

/* @body's loop with the trip count @n and the condition @go. */
static void
assert_loop_fails (const char *inputs,
                   gint64      n,
                   QsMessage  *body,
                   const char *word)
{
  QsMessage *graph = graph_with ("y");

  add_int (graph, "n", n);
  add_flag (graph, "yes", 1);
  add (graph, qs_make_node ("ReduceSum", "sum", "x", "s", qs_make_int ("keepdims", 0), NULL));
  add (graph, qs_make_node ("Cast", "count", "s", "data", qs_make_int ("to", 7), NULL));
  add (graph, qs_make_node ("Loop", "l", inputs, "y", attribute_for ("body", body), NULL));
  assert_fails (graph, word);
}

static QsMessage *
doubling_body (const char *condition,
               const char *outputs)
{
  QsMessage *body = body_with ("v", condition, outputs);

  add (body, qs_make_node ("Add", "twice", "v,v", "v_out", NULL));
  add (body, qs_make_node ("IsNaN", "nan", "v", "is_nan", NULL));
  return body;
}

static void
test_refused_loops (void)
{
  QsMessage *empty = body_with ("v", "go", "v");

  assert_loop_fails ("data,,x", 0, doubling_body ("go", "v_out"),
                     "its trip count (“data”) depends on the data");
  assert_loop_fails (",data,x", 0, doubling_body ("go", "v_out"),
                     "its condition (“data”) depends on the data");
  assert_loop_fails ("n,yes,x", 3, doubling_body ("is_nan", "v_out"),
                     "whether it goes on (“is_nan”) depends on the data");
  assert_loop_fails (",,x", 0, doubling_body ("go", "v_out"), "never ends");
  assert_loop_fails ("n,,x", 3, doubling_body ("go", "nowhere"), "nothing in it computes");
  assert_loop_fails ("n,,x,x", 3, doubling_body ("go", "v_out"), "its body has 3 inputs");
  assert_loop_fails ("n,,", 3, doubling_body ("go", "v_out"), "input 2 is missing");
  assert_loop_fails ("n,,x", G_MAXINT64, doubling_body ("go", "v_out"), "more than 100000 nodes");
  assert_loop_fails ("n,,x", G_MAXINT64, empty, "more than 100000 nodes");
  assert_loop_fails (",yes,x", 0, doubling_body ("go", "v_out"), "more than 100000 nodes");
}

/* Loops within loops within loops: 1000^3 steps are as many as they are, however deep. */
static void
test_loop_bomb (void)
{
  QsMessage *body = doubling_body ("go", "v_out");
  QsMessage *graph = graph_with ("y");

  add_int (graph, "n", 1000);
  for (int i = 0; i < 2; i++)
    {
      QsMessage *outer = body_with ("v", "go", "v_out");

      add (outer, qs_make_node ("Loop", "in", "n,,v", "v_out", attribute_for ("body", body), NULL));
      body = outer;
    }
  add (graph, qs_make_node ("Loop", "bomb", "n,,x", "y", attribute_for ("body", body), NULL));
  assert_fails (graph, "Loop “bomb”: ");
}

/* What does not reach an output may be refused: the network is made without it. */
static void
test_refused_and_dead (void)
{
  QsMessage *graph = graph_with ("y");
  g_autoptr (QsModel) model = NULL;
  g_autoptr (QsImport) import = NULL;
  g_autoptr (GError) error = NULL;

  add (graph, qs_make_node ("Relu", "r", "x", "y", NULL));
  add (graph, qs_make_node ("RandomNormalLike", "noise", "x", "n", NULL));
  add (graph, qs_make_node ("Add", "dead", "n,y", "d", NULL));
  model = load (graph);
  import = qs_import_run (model, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (qs_import_get_network (import));
  g_assert_cmpuint (qs_import_get_network (import)->layers->len, ==, 1);
  g_assert_cmpint (qs_import_get_verdict (import, 1)->verdict, ==, QS_VERDICT_REFUSED);
  g_assert_nonnull (strstr (qs_import_get_verdict (import, 1)->reason, "random"));
}

/* The message speaks of what is in the way, not of what is refused and dead; a branch that reads a
 * refused value is as dependent as a node. */
static void
test_refused_and_wanted (void)
{
  QsMessage *graph = graph_with ("y");
  QsMessage *branch = qs_make_graph (), *other = qs_make_graph ();

  add_flag (graph, "yes", 1);
  add (branch, qs_make_node ("Abs", "abs", "hidden", "a", NULL));
  add_value (branch, QS_GRAPH_OUTPUT, "a", QS_DATA_TYPE_FLOAT, "");
  add_value (other, QS_GRAPH_OUTPUT, "x", QS_DATA_TYPE_FLOAT, "");
  add (graph, qs_make_node ("RandomNormalLike", "dead", "x", "n", NULL));
  add (graph, qs_make_node ("GRU", "alive", "x", "hidden", NULL));
  add (graph, qs_make_node ("If", "if", "yes", "y", attribute_for ("then_branch", branch),
                            attribute_for ("else_branch", other), NULL));
  assert_fails (graph, "GRU “alive”");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/control/loop/carried", test_carried);
  g_test_add_func ("/control/loop/scanned", test_scanned);
  g_test_add_func ("/control/loop/condition", test_condition);
  g_test_add_func ("/control/loop/no-step", test_no_step);
  g_test_add_func ("/control/loop/nested", test_nested);
  g_test_add_func ("/control/loop/refused", test_refused_loops);
  g_test_add_func ("/control/loop/bomb", test_loop_bomb);
  g_test_add_func ("/control/captured-later", test_captured_later);
  g_test_add_func ("/control/refused/dead", test_refused_and_dead);
  g_test_add_func ("/control/refused/wanted", test_refused_and_wanted);

  return g_test_run ();
}
