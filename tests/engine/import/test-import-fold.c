/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/qs-error.h"
#include "import/qs-fold.h"
#include "import/qs-import.h"
#include "qs-onnx-maker.h"
#include "qs-test.h"

/* What is computed while importing: integers to the last bit, and no more than is reasonable. */

static QsMessage *
graph_new (const char *output)
{
  QsMessage *graph = qs_make_graph ();

  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("x", QS_DATA_TYPE_FLOAT, "1"));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value (output, QS_DATA_TYPE_FLOAT, ""));
  return graph;
}

static void
add (QsMessage *graph,
     QsMessage *node)
{
  qs_put_message (graph, QS_GRAPH_NODE, node);
}

static void
add_int (QsMessage  *graph,
         const char *name,
         gint64      value)
{
  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor (name, QS_DATA_TYPE_INT64, "", &value, sizeof value));
}

static QsNetwork *
import (QsMessage *graph,
        int        opset,
        GError   **error)
{
  g_autoptr (GBytes) bytes = qs_make_model (graph, opset);
  g_autoptr (QsModel) model = qs_model_load_bytes (bytes, "test.onnx", error);

  g_assert_no_error (*error);
  return qs_import_network (model, NULL, error);
}

/* @node computes y; initializers are @lists, "name=1 2 3; name=…". 2^53 is 9007199254740992, and
 * its neighbours above are odd numbers that no double holds. */
static void
check (QsMessage  *node,
       int         opset,
       const char *lists,
       const char *expected)
{
  QsMessage *graph = graph_new ("y");
  g_auto (GStrv) names = g_strsplit (lists, ";", -1);
  g_auto (GStrv) words = g_strsplit (expected, " ", -1);
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (GError) error = NULL;
  QsHostTensor *y;

  for (guint i = 0; names[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (names[i], "=", 2);

      if (strchr (parts[1], ' ') != NULL)
        qs_graph_add_ints (graph, g_strstrip (parts[0]), parts[1]);
      else
        add_int (graph, g_strstrip (parts[0]), g_ascii_strtoll (parts[1], NULL, 10));
    }
  add (graph, node);
  network = import (graph, opset, &error);
  g_assert_no_error (error);

  y = qs_layer_get_input (network->layers->pdata[0], 0)->value;
  g_assert_nonnull (y);
  g_assert_cmpint (qs_host_tensor_get_data_type (y), ==, QS_DATA_TYPE_INT64);
  g_assert_cmpint (qs_host_tensor_get_n_elements (y), ==, g_strv_length (words));
  for (guint i = 0; words[i] != NULL; i++)
    g_assert_cmpint (((const gint64 *) qs_host_tensor_get_data (y))[i], ==,
                     g_ascii_strtoll (words[i], NULL, 10));
}

/* By hand: 9007199254740993 = 2^53 + 1. */
static void
test_integers (void)
{
  check (qs_make_node ("Range", "n", "a,b,c", "y", NULL), 13,
         "a=9007199254740993;b=9007199254740999;c=2",
         "9007199254740993 9007199254740995 9007199254740997");
  check (qs_make_node ("Range", "n", "a,b,c", "y", NULL), 13,
         "a=9223372036854775807;b=-9223372036854775807;c=-9223372036854775807",
         "9223372036854775807 0");
  check (qs_make_node ("Pad", "n", "a,b,c", "y", NULL), 13,
         "a=9007199254740995 1;b=1 0;c=9007199254740993",
         "9007199254740993 9007199254740995 1");
  check (qs_make_node ("CumSum", "n", "a,b", "y", NULL), 14,
         "a=9007199254740993 2 -9007199254740993;b=0", "9007199254740993 9007199254740995 2");
  check (qs_make_node ("CumSum", "n", "a,b", "y", qs_make_int ("exclusive", 1),
                       qs_make_int ("reverse", 1), NULL), 14,
         "a=1 9007199254740993 2;b=0", "9007199254740995 2 0");
  check (qs_make_node ("TopK", "n", "a,b", "y", NULL), 11,
         "a=9007199254740992 9007199254740993 9007199254740991;b=2",
         "9007199254740993 9007199254740992");
  check (qs_make_node ("TopK", "n", "a,b", "y", qs_make_int ("largest", 0), NULL), 11,
         "a=9007199254740993 9007199254740992;b=1", "9007199254740992");
  check (qs_make_node ("ArgMax", "n", "a", "y", NULL), 13,
         "a=9007199254740992 9007199254740993 9007199254740992", "1");
  check (qs_make_node ("ScatterElements", "n", "a,b,c", "y", qs_make_string ("reduction", "add"),
                       NULL), 16,
         "a=9007199254740992 5;b=0 0;c=1 2", "9007199254740995 5");
  check (qs_make_node ("Einsum", "n", "a,b", "y", qs_make_string ("equation", "i,i->"), NULL), 12,
         "a=3002399751580331 2;b=3 1", "9007199254740995");
  check (qs_make_node ("Mul", "n", "a,b", "y", NULL), 13, "a=3002399751580331 2;b=3",
         "9007199254740993 6");
  check (qs_make_node ("ReduceSum", "n", "a", "y", qs_make_int ("keepdims", 0), NULL), 13,
         "a=9007199254740992 1", "9007199254740993");
  check (qs_make_node ("Max", "n", "a,b", "y", NULL), 13,
         "a=9007199254740992 1;b=9007199254740993 0", "9007199254740993 1");
}

/* 2^62 + 2^38 + 1 lies just above the middle of two floats and is rounded up; a double in between
 * would lose the 1 and take the even one below. */
static void
test_rounded_once (void)
{
  const gint64 value = ((gint64) 1 << 62) + ((gint64) 1 << 38) + 1;
  QsMessage *graph = graph_new ("y");
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (GError) error = NULL;

  add_int (graph, "a", value);
  add (graph, qs_make_node ("Cast", "n", "a", "y", qs_make_int ("to", 1), NULL));
  network = import (graph, 13, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (
    qs_host_tensor_get_number (qs_layer_get_input (network->layers->pdata[0], 0)->value, 0), ==,
    0x1p62 + 0x1p39);
}

static void
assert_bomb (QsMessage  *graph,
             const char *word)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (import (graph, 16, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, word);
}

/* Small files that ask for hours, not for memory: every result is small. */
static void
test_slow_bombs (void)
{
  const float one = 1.0f;
  QsMessage *graph = graph_new ("y");

  /* 4000^4 products for 4000 x 4000 sums */
  qs_graph_add_ints (graph, "shape", "4000 4000");
  add (graph, qs_make_node ("ConstantOfShape", "c", "shape", "a", NULL));
  add (graph, qs_make_node ("Einsum", "bomb", "a,a", "y",
                            qs_make_string ("equation", "ab,cd->ad"), NULL));
  assert_bomb (graph, "Einsum “bomb”: computing its constant result “y” would take");

  graph = graph_new ("y");
  qs_graph_add_ints (graph, "shape", "1 1 4000 4000");
  add (graph, qs_make_node ("ConstantOfShape", "c", "shape", "a", NULL));
  add (graph, qs_make_node ("MaxPool", "bomb", "a", "y", qs_make_ints ("kernel_shape", "1999 1999"),
                            NULL));
  assert_bomb (graph, "MaxPool “bomb”: computing its constant");

  graph = graph_new ("y");
  qs_graph_add_ints (graph, "shape", "1 20000 4");
  qs_graph_add_ints (graph, "scores_shape", "1 1 20000");
  add_int (graph, "all", 20000);
  qs_graph_add_floats (graph, "iou", "", &one, 1);
  add (graph, qs_make_node ("ConstantOfShape", "c", "shape", "boxes", NULL));
  add (graph, qs_make_node ("ConstantOfShape", "s", "scores_shape", "scores", NULL));
  add (graph, qs_make_node ("NonMaxSuppression", "bomb", "boxes,scores,all,iou", "y", NULL));
  assert_bomb (graph, "NonMaxSuppression “bomb”: finding the shape");
}

/* Each node of the chain is cheap; all of them together are not. */
static void
test_chain (void)
{
  QsMessage *graph = graph_new ("y");

  qs_graph_add_ints (graph, "shape", "10000000");
  add (graph, qs_make_node ("ConstantOfShape", "c", "shape", "v0", NULL));
  for (int i = 0; i < 100; i++)
    {
      g_autofree char *in = g_strdup_printf ("v%d", i);
      g_autofree char *sum = g_strdup_printf ("s%d", i);
      g_autofree char *sum_and_shape = g_strdup_printf ("s%d,shape", i);
      g_autofree char *out = g_strdup_printf (i == 99 ? "y" : "v%d", i + 1);

      add (graph, qs_make_node ("ReduceMax", sum, in, sum, NULL));
      add (graph, qs_make_node ("Expand", out, sum_and_shape, out, NULL));
    }
  assert_bomb (graph, "together");
}

/* The same work on what the file holds itself is what real models ask for. */
static void
test_allowance (void)
{
  QsFoldBudget budget;
  QsShape shape = qs_shape_make (1, 1000);
  g_autoptr (QsHostTensor) value = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &shape, NULL);
  gsize bytes;
  double steps;

  qs_fold_budget_init (&budget);
  bytes = budget.max_total;
  steps = budget.max_steps;
  qs_fold_budget_allow (&budget, value);
  g_assert_cmpuint (budget.max_total, >=, bytes + 4000);
  g_assert_cmpuint (budget.max_bytes, >, 4000);
  g_assert_cmpfloat (budget.max_steps, >=, steps + 1000);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/fold/integers", test_integers);
  g_test_add_func ("/fold/rounded-once", test_rounded_once);
  g_test_add_func ("/fold/bombs/slow", test_slow_bombs);
  g_test_add_func ("/fold/bombs/chain", test_chain);
  g_test_add_func ("/fold/allowance", test_allowance);

  return g_test_run ();
}
