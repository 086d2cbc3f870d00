/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "core/qs-error.h"
#include "import/qs-import.h"
#include "qs-interpret.h"
#include "qs-onnx-maker.h"
#include "qs-test.h"

/*
 * Operators that move elements, in the forms that ONNX's own cases (tests/conformance) do not
 * have: older versions, empty tensors, other element types, and errors. Expected values are
 * written out by hand from the operators' definitions. The input x holds 0, 1, 2, … .
 */

typedef struct
{
  QsMessage *graph;
} Node;

static Node
node_for (QsDataType  type,
          const char *dims)
{
  Node self = { qs_make_graph () };

  qs_put_message (self.graph, QS_GRAPH_INPUT, qs_make_value ("x", type, dims));
  qs_put_message (self.graph, QS_GRAPH_OUTPUT, qs_make_value ("y", type, ""));
  return self;
}

static QsNetwork *
import (Node      *self,
        QsMessage *node,
        int        opset,
        GError   **error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (QsModel) model = NULL;

  qs_put_message (self->graph, QS_GRAPH_NODE, node);
  bytes = qs_make_model (self->graph, opset);
  model = qs_model_load_bytes (bytes, "test", error);
  return model != NULL ? qs_import_network (model, NULL, error) : NULL;
}

static void
count_up (QsHostTensor *tensor)
{
  float *values = qs_host_tensor_get_mutable (tensor);

  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (tensor); i++)
    values[i] = (float) i;
}

static QsHostTensor *
run (Node      *self,
     QsMessage *node,
     int        opset,
     QsFormat   format)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsNetwork) network = import (self, node, opset, &error);
  g_autoptr (QsHostTensor) x = NULL;
  QsHostTensor *y = NULL;

  g_assert_no_error (error);
  x = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &((QsTensor *) network->inputs->pdata[0])->shape, NULL);
  count_up (x);
  qs_interpret_in_format (network, format, &x, &y, &error);
  g_assert_no_error (error);
  return y;
}

/* @expected: the shape, then the values, as "2x3: 0 1 2 3 4 5" */
static void
assert_tensor (QsHostTensor *tensor,
               const char   *expected)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const QsShape *shape = qs_host_tensor_get_shape (tensor);

  for (int i = 0; i < shape->n_dims; i++)
    g_string_append_printf (text, "%s%d", i > 0 ? "x" : "", (int) shape->dims[i]);
  g_string_append_c (text, ':');
  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (tensor); i++)
    g_string_append_printf (text, " %g", qs_host_tensor_get_number (tensor, i));

  g_assert_cmpstr (text->str, ==, expected);
}

static void
assert_gives (const char *dims,
              QsMessage  *node,
              int         opset,
              const char *expected)
{
  Node self = node_for (QS_DATA_TYPE_FLOAT, dims);
  g_autoptr (QsHostTensor) y = run (&self, node, opset, QS_FORMAT_LINEAR);

  assert_tensor (y, expected);
}

static void
assert_fails (Node       *self,
              QsMessage  *node,
              const char *word)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (import (self, node, 13, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, word);
}

static void
test_old_versions (void)
{
  assert_gives ("2x3", qs_make_node ("Slice", "n", "x", "y", qs_make_ints ("axes", "1"),
                                     qs_make_ints ("starts", "-2"), qs_make_ints ("ends", "99"),
                                     NULL), 9, "2x2: 1 2 4 5");
  assert_gives ("2x2", qs_make_node ("Pad", "n", "x", "y", qs_make_ints ("pads", "0 1 0 0"),
                                     qs_make_number ("value", 7), NULL), 10, "2x3: 7 0 1 7 2 3");
  assert_gives ("1x3x1", qs_make_node ("Squeeze", "n", "x", "y", qs_make_ints ("axes", "-1"), NULL),
                11, "1x3: 0 1 2");
  assert_gives ("1x3x1", qs_make_node ("Squeeze", "n", "x", "y", NULL), 11, "3: 0 1 2");
  assert_gives ("2", qs_make_node ("Unsqueeze", "n", "x", "y", qs_make_ints ("axes", "2 0"), NULL),
                11, "1x2x1: 0 1");
  assert_gives ("5", qs_make_node ("Split", "n", "x", "a,y", qs_make_ints ("split", "2 3"), NULL),
                12, "3: 2 3 4");
  assert_gives ("2x3", qs_make_node ("Flatten", "n", "x", "y", qs_make_int ("axis", 2), NULL), 9,
                "6x1: 0 1 2 3 4 5");
  assert_gives ("2x3", qs_make_node ("Dropout", "n", "x", "y", qs_make_number ("ratio", 0.5f), NULL),
                7, "2x3: 0 1 2 3 4 5");
}

static void
test_split_unequal (void)
{
  assert_gives ("5", qs_make_node ("Split", "n", "x", "a,y", qs_make_int ("num_outputs", 2), NULL),
                18, "2: 3 4");
}

static void
test_empty (void)
{
  Node self = node_for (QS_DATA_TYPE_FLOAT, "2x0x3");
  g_autoptr (QsHostTensor) y = NULL;

  assert_gives ("2x0x3", qs_make_node ("Transpose", "n", "x", "y", NULL), 13, "3x0x2:");
  assert_gives ("2x0x3", qs_make_node ("Flatten", "n", "x", "y", NULL), 13, "2x0:");
  assert_gives ("2x0x3", qs_make_node ("Concat", "n", "x,x", "y", qs_make_int ("axis", 1), NULL), 13,
                "2x0x3:");
  assert_gives ("3", qs_make_node ("Slice", "n", "x", "y", qs_make_ints ("starts", "2"),
                                   qs_make_ints ("ends", "1"), NULL), 9, "0:");

  qs_graph_add_ints (self.graph, "shape", "0 5 -1");
  y = run (&self, qs_make_node ("Reshape", "n", "x,shape", "y", NULL), 13, QS_FORMAT_LINEAR);
  assert_tensor (y, "2x5x0:");
}

static QsHostTensor *
run_slice (const char *dims,
           const char *starts,
           const char *ends,
           const char *axes,
           const char *steps)
{
  Node self = node_for (QS_DATA_TYPE_FLOAT, dims);

  qs_graph_add_ints (self.graph, "s", starts);
  qs_graph_add_ints (self.graph, "e", ends);
  qs_graph_add_ints (self.graph, "a", axes);
  qs_graph_add_ints (self.graph, "t", steps);
  return run (&self, qs_make_node ("Slice", "n", "x,s,e,a,t", "y", NULL), 13, QS_FORMAT_HWC);
}

static void
assert_slice (const char *dims,
              const char *starts,
              const char *ends,
              const char *axes,
              const char *steps,
              const char *expected)
{
  g_autoptr (QsHostTensor) y = run_slice (dims, starts, ends, axes, steps);

  assert_tensor (y, expected);
}

static void
test_slice_steps (void)
{
  const char *far = "-9223372036854775808", *huge = "9223372036854775807";

  assert_slice ("5", "-1", far, "0", "-2", "3: 4 2 0");
  assert_slice ("5", huge, far, "0", "-1", "5: 4 3 2 1 0");
  assert_slice ("5", "1", huge, "0", huge, "1: 1");
  assert_slice ("5", "3", "0", "0", far, "1: 3");
  assert_slice ("5", far, huge, "0", "3", "2: 0 3");
  assert_slice ("1x2x2x2", "1 1", "-9 2", "1 3", "-1 1", "1x2x2x1: 5 7 1 3");
}

static void
test_shape_errors (void)
{
  Node self = node_for (QS_DATA_TYPE_FLOAT, "2x3");

  qs_graph_add_ints (self.graph, "shape", "4 -1");
  assert_fails (&self, qs_make_node ("Reshape", "n", "x,shape", "y", NULL), "2×3");

  self = node_for (QS_DATA_TYPE_FLOAT, "2x3");
  qs_graph_add_ints (self.graph, "shape", "-1 -1");
  assert_fails (&self, qs_make_node ("Reshape", "n", "x,shape", "y", NULL), "cannot take");

  self = node_for (QS_DATA_TYPE_FLOAT, "2x3");
  qs_graph_add_ints (self.graph, "shape", "1 1 1 1 1 1 1 2 3");
  assert_fails (&self, qs_make_node ("Reshape", "n", "x,shape", "y", NULL), "9 dimensions");

  self = node_for (QS_DATA_TYPE_FLOAT, "2x3");
  assert_fails (&self, qs_make_node ("Transpose", "n", "x", "y", qs_make_ints ("perm", "0 0"), NULL),
                "axis 0 is there twice");

  self = node_for (QS_DATA_TYPE_FLOAT, "2x3");
  assert_fails (&self, qs_make_node ("Transpose", "n", "x", "y", qs_make_ints ("perm", "0 5"), NULL),
                "perm has the value 5");

  self = node_for (QS_DATA_TYPE_FLOAT, "2x3");
  qs_graph_add_ints (self.graph, "axes", "0");
  assert_fails (&self, qs_make_node ("Squeeze", "n", "x,axes", "y", NULL), "dimension 0");

  self = node_for (QS_DATA_TYPE_FLOAT, "2x3");
  qs_graph_add_ints (self.graph, "split", "1 1");
  assert_fails (&self, qs_make_node ("Split", "n", "x,split", "y,z", qs_make_int ("axis", 1), NULL),
                "add up to 2");

  self = node_for (QS_DATA_TYPE_FLOAT, "2x3");
  qs_graph_add_ints (self.graph, "k", "1 2 3");
  assert_fails (&self, qs_make_node ("Concat", "n", "x,k", "y", qs_make_int ("axis", 0), NULL),
                "input 1 has the type int64");

  self = node_for (QS_DATA_TYPE_FLOAT, "2x3");
  assert_fails (&self, qs_make_node ("Concat", "n", "x,x", "y", NULL), "axis");
}

static void
test_pad_errors (void)
{
  Node self = node_for (QS_DATA_TYPE_FLOAT, "2x3");

  qs_graph_add_ints (self.graph, "pads", "0 3 0 0");
  assert_fails (&self, qs_make_node ("Pad", "n", "x,pads", "y", qs_make_string ("mode", "reflect"),
                                     NULL), "too short");

  self = node_for (QS_DATA_TYPE_FLOAT, "2x3");
  qs_graph_add_ints (self.graph, "pads", "0 -4 0 0");
  assert_fails (&self, qs_make_node ("Pad", "n", "x,pads", "y", NULL), "axis 1");

  self = node_for (QS_DATA_TYPE_FLOAT, "2x3");
  qs_graph_add_ints (self.graph, "pads", "0 1");
  assert_fails (&self, qs_make_node ("Pad", "n", "x,pads", "y", NULL), "2 pads");

  self = node_for (QS_DATA_TYPE_FLOAT, "2x3");
  qs_graph_add_ints (self.graph, "pads", "0 0 0 0");
  assert_fails (&self, qs_make_node ("Pad", "n", "x,pads", "y", qs_make_string ("mode", "odd"), NULL),
                "odd");
}

static void
test_pad_modes (void)
{
  struct { const char *mode, *pads, *expected; int opset; } rows[] = {
    { "reflect", "2 1", "6: 2 1 0 1 2 1", 13 },
    { "edge", "2 1", "6: 0 0 0 1 2 2", 13 },
    { "wrap", "2 4", "9: 1 2 0 1 2 0 1 2 0", 19 },
    { "constant", "-1 2", "4: 1 2 0 0", 13 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      Node self = node_for (QS_DATA_TYPE_FLOAT, "3");
      g_autoptr (QsHostTensor) y = NULL;

      qs_graph_add_ints (self.graph, "pads", rows[i].pads);
      y = run (&self, qs_make_node ("Pad", "n", "x,pads", "y", qs_make_string ("mode", rows[i].mode),
                                    NULL), rows[i].opset, QS_FORMAT_LINEAR);
      assert_tensor (y, rows[i].expected);
    }
}

static void
test_gather_bounds (void)
{
  Node self = node_for (QS_DATA_TYPE_FLOAT, "3");
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (QsHostTensor) x = NULL;
  g_autoptr (QsHostTensor) y = NULL;
  g_autoptr (GError) error = NULL;

  qs_graph_add_ints (self.graph, "i", "-3 3");
  network = import (&self, qs_make_node ("Gather", "far", "x,i", "y", NULL), 13, &error);
  g_assert_no_error (error);

  x = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &((QsTensor *) network->inputs->pdata[0])->shape, NULL);
  g_assert_false (qs_interpret (network, &x, &y, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_DATA, "index 3");
  g_assert_nonnull (strstr (error->message, "far"));
}

/* float to integer: towards zero, clamped to the type, NaN to 0. */
static void
test_cast (void)
{
  const float values[] = { -1.75f, 300.0f, NAN, INFINITY, -INFINITY, 3e9f };
  struct { QsDataType to; const char *expected; } rows[] = {
    { QS_DATA_TYPE_INT8, "6: -1 127 0 127 -128 127" },
    { QS_DATA_TYPE_UINT8, "6: 0 255 0 255 0 255" },
    { QS_DATA_TYPE_BOOL, "6: 1 1 1 1 1 1" },
    { QS_DATA_TYPE_INT32, "6: -1 300 0 2.14748e+09 -2.14748e+09 2.14748e+09" },
    { QS_DATA_TYPE_FLOAT16, "6: -1.75 300 nan inf -inf inf" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      Node self = node_for (QS_DATA_TYPE_FLOAT, "6");
      QsShape shape = qs_shape_make (1, 6);
      g_autoptr (GError) error = NULL;
      g_autoptr (QsNetwork) network = import (&self, qs_make_node ("Cast", "n", "x", "y",
                                                                   qs_make_int ("to", rows[i].to),
                                                                   NULL), 13, &error);
      g_autoptr (QsHostTensor) x =
        qs_host_tensor_new_from_data (QS_DATA_TYPE_FLOAT, &shape, values, sizeof values, NULL);
      g_autoptr (QsHostTensor) y = NULL;

      g_assert_no_error (error);
      qs_interpret (network, &x, &y, &error);
      g_assert_no_error (error);
      assert_tensor (y, rows[i].expected);
    }
}

/* Ties go to even; the range is clamped; a NaN becomes the lowest value. */
static void
test_quantize (void)
{
  const float values[] = { 0.25f, 0.75f, 1.25f, -0.25f, -0.75f, 1000.0f, -1000.0f, NAN };
  const float scale = 0.5f;
  const gint8 zero = 0;
  Node self = node_for (QS_DATA_TYPE_FLOAT, "8");
  QsShape shape = qs_shape_make (1, 8);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (QsHostTensor) x =
    qs_host_tensor_new_from_data (QS_DATA_TYPE_FLOAT, &shape, values, sizeof values, NULL);
  g_autoptr (QsHostTensor) y = NULL;

  qs_graph_add_floats (self.graph, "s", "", &scale, 1);
  qs_put_message (self.graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor ("z", QS_DATA_TYPE_INT8, "", &zero, 1));
  network = import (&self, qs_make_node ("QuantizeLinear", "n", "x,s,z", "y", NULL), 13, &error);
  g_assert_no_error (error);
  qs_interpret (network, &x, &y, &error);
  g_assert_no_error (error);
  g_assert_cmpint (qs_host_tensor_get_data_type (y), ==, QS_DATA_TYPE_INT8);
  assert_tensor (y, "8: 0 2 2 0 -2 127 -128 -128");
}

static void
test_dequantize_per_channel (void)
{
  const gint8 q[] = { 1, 2, 3, 4, 5, 6 };
  const float scales[] = { 1.0f, 10.0f, 100.0f };
  Node self = node_for (QS_DATA_TYPE_FLOAT, "2x3");
  g_autoptr (QsHostTensor) y = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (QsHostTensor) x = NULL;

  qs_put_message (self.graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor ("q", QS_DATA_TYPE_INT8, "2x3", q, sizeof q));
  qs_graph_add_floats (self.graph, "s", "3", scales, 3);
  network = import (&self, qs_make_node ("DequantizeLinear", "n", "q,s", "y",
                                         qs_make_int ("axis", -1), NULL), 13, &error);
  g_assert_no_error (error);
  x = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &((QsTensor *) network->inputs->pdata[0])->shape, NULL);
  qs_interpret (network, &x, &y, &error);
  g_assert_no_error (error);
  assert_tensor (y, "2x3: 1 20 300 4 50 600");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/op/old-versions", test_old_versions);
  g_test_add_func ("/op/split/unequal", test_split_unequal);
  g_test_add_func ("/op/empty", test_empty);
  g_test_add_func ("/op/slice/steps", test_slice_steps);
  g_test_add_func ("/op/shape-errors", test_shape_errors);
  g_test_add_func ("/op/pad/errors", test_pad_errors);
  g_test_add_func ("/op/pad/modes", test_pad_modes);
  g_test_add_func ("/op/gather/bounds", test_gather_bounds);
  g_test_add_func ("/op/cast", test_cast);
  g_test_add_func ("/op/quantize", test_quantize);
  g_test_add_func ("/op/dequantize/per-channel", test_dequantize_per_channel);

  return g_test_run ();
}
