/* SPDX-License-Identifier: MIT */
#include "qs-op-test.h"

/*
 * Reductions.
 *
 * The values are what ONNX Runtime 1.31 gives for the same one-node models and inputs (where it
 * refuses a case, ONNX's reference evaluator), printed with seven digits.
 */
static const QsOpCase values[] = {
  { "ReduceSum", 11, "2x3x2", "axes=[1]", "2x1x2",
    "-1.5 1 -0.25 -0.5" },
  { "ReduceSum", 13, "2x3x2,=1 -1", "keepdims=0", "2",
    "-0.5 -0.75" },
  { "ReduceSum", 13, "2x3", "", "1x1",
    "-0.5" },
  { "ReduceSum", 13, "2x3", "noop_with_empty_axes=1", "2x3",
    "-1.25 0.5 -0.5 1.25 0.25 -0.75" },
  { "ReduceMean", 13, "2x3x2", "axes=[-1 0]", "1x3x1",
    "0.0625 0.125 -0.5" },
  { "ReduceMean", 18, "2x3x2,=1", "", "2x1x2",
    "-0.5 0.3333333 -0.08333334 -0.1666667" },
  { "ReduceMean", 13, "1x2x3x3", "axes=[2 3]", "1x2x1x1",
    "-0.05555556 0.1111111" },
  { "ReduceMax", 13, "2x3x2", "axes=[2];keepdims=0", "2x3",
    "0.5 1.25 0.25 1 0.75 -0.25" },
  { "ReduceMin", 13, "2x3x2", "axes=[0]", "1x3x2",
    "-1.25 0 -1 0.75 -0.25 -1.25" },
  { "ReduceProd", 13, "2x3", "axes=[1]", "2x1",
    "0.3125 -0.234375" },
  { "ReduceL1", 13, "2x3", "axes=[1]", "2x1",
    "2.25 2.25" },
  { "ReduceL2", 13, "2x3", "axes=[1]", "2x1",
    "1.436141 1.47902" },
  { "ReduceLogSum", 13, "1x3", "axes=[0]", "1x3",
    "nan -0.6931472 nan" },
  { "ReduceLogSumExp", 13, "2x3", "axes=[1]", "2x1",
    "0.9328555 1.657606" },
  { "ReduceSumSquare", 13, "2x3", "axes=[1]", "2x1",
    "2.0625 2.1875" },
  { "ReduceSum", 13, "i2x3,=1", "", "2x1",
    "-5 3" },
  { "ReduceMean", 13, "i2x3", "axes=[1]", "2x1",
    "-1 1" },
};

/* Tensors without elements, and what reductions and sums over nothing are by definition. */
static const QsOpCase empty[] = {
  { "ReduceSum", 11, "0x3", "axes=[0]", "1x3", "0 0 0" },
  { "ReduceMax", 13, "0x2", "axes=[0]", "1x2", "-inf -inf" },
  { "ReduceMean", 11, "2x0", "axes=[0]", "1x0", "" },
};

/* What must be refused, and a word that says why. */
static const QsOpCase errors[] = {
  { "ReduceSum", 11, "2x3", "axes=[2]", NULL, "axis 2 does not exist" },
  { "ReduceSum", 11, "2x3", "axes=[1 -1]", NULL, "twice" },
  { "ReduceMean", 18, "2x3,=-3", "", NULL, "axis -3 does not exist" },
};

static void
test_values (void)
{
  qs_op_test_run (values, G_N_ELEMENTS (values));
}

static void
test_empty (void)
{
  qs_op_test_run (empty, G_N_ELEMENTS (empty));
}

static void
test_errors (void)
{
  qs_op_test_run (errors, G_N_ELEMENTS (errors));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/operators/reduce/values", test_values);
  g_test_add_func ("/operators/reduce/empty", test_empty);
  g_test_add_func ("/operators/reduce/errors", test_errors);
  return g_test_run ();
}
