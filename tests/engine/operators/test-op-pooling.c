/* SPDX-License-Identifier: MIT */
#include "qs-op-test.h"

/*
 * Max, average and Lp pooling.
 *
 * The values are what ONNX Runtime 1.31 gives for the same one-node models and inputs (where it
 * refuses a case, ONNX's reference evaluator), printed with seven digits.
 */
static const QsOpCase values[] = {
  { "MaxPool", 12, "1x2x4x4", "kernel_shape=[2 2]", "1x2x3x3",
    "0.5 1 1.25 0.75 1 1 0.75 1.25 1.25 1 1 0.5 1.25 1.25 0.5 1.25 1.25 0.75" },
  { "MaxPool", 12, "1x1x5x5", "kernel_shape=[3 3];strides=[2 2];pads=[1 1 1 1]", "1x1x3x3",
    "1 1.25 1.25 1 1 1.25 0.75 1 0.5" },
  { "MaxPool", 12, "1x1x5x6", "kernel_shape=[2 2];strides=[2 2];ceil_mode=1", "1x1x3x3",
    "1 1.25 0.25 0.5 1.25 1 1.25 0.25 1" },
  { "MaxPool", 12, "1x1x6x6", "kernel_shape=[2 2];dilations=[2 3]", "1x1x4x3",
    "1.25 0.5 1.25 1 0 0.75 0.5 1.25 1.25 0 0.75 0.75" },
  { "MaxPool", 12, "1x2x7", "kernel_shape=[3];strides=[2]", "1x2x3",
    "0.5 1.25 1 0.75 0.75 0.5" },
  { "MaxPool", 12, "1x1x3x3x3", "kernel_shape=[2 2 2]", "1x1x2x2x2",
    "1.25 1.25 1.25 1.25 0.75 1.25 1.25 1.25" },
  { "MaxPool", 12, "1x1x5x5", "kernel_shape=[3 3];auto_pad=SAME_UPPER;strides=[2 2]", "1x1x3x3",
    "1 1.25 1.25 1 1 1.25 0.75 1 0.5" },
  { "MaxPool:1", 12, "1x2x4x4", "kernel_shape=[2 2]", "1x2x3x3",
    "1 6 3 9 6 6 9 14 14 17 17 23 25 25 23 25 25 31" },
  { "MaxPool:1", 12, "1x2x4x4", "kernel_shape=[2 2];strides=[2 2];storage_order=1", "1x2x2x2",
    "4 12 6 11 20 29 22 31" },
  { "MaxPool:1", 12, "1x1x5x5", "kernel_shape=[3 3];strides=[2 2];pads=[1 1 1 1]", "1x1x3x3",
    "6 3 3 6 6 14 20 17 23" },
  { "MaxPool:1", 12, "2x1x6", "kernel_shape=[3];dilations=[2]", "2x1x2", "4 3 6 9" },
  { "MaxPool:1", 12, "1x2x2x3x3", "kernel_shape=[2 2 2]", "1x2x1x2x2", "3 14 3 14 28 28 25 25" },
  { "AveragePool", 11, "1x1x4x4", "kernel_shape=[3 3];pads=[1 1 1 1]", "1x1x4x4",
    "-0.3125 -0.125 0.25 0.4375 -0.25 -0.1388889 0.08333334 0.04166667 -0.125 0.1388889 "
    "0.05555556 0.1666667 -0.0625 0.125 0.04166667 0" },
  { "AveragePool", 11, "1x1x4x4", "kernel_shape=[3 3];pads=[1 1 1 1];count_include_pad=1",
    "1x1x4x4",
    "-0.1388889 -0.08333334 0.1666667 0.1944444 -0.1666667 -0.1388889 0.08333334 "
    "0.02777778 -0.08333334 0.1388889 0.05555556 0.1111111 -0.02777778 0.08333334 "
    "0.02777778 0" },
  { "AveragePool", 11, "1x1x5x5", "kernel_shape=[3 2];strides=[2 2];ceil_mode=1", "1x1x2x3",
    "-0.3333333 -0.04166667 0.75 -0.25 0.04166667 -0.08333334" },
  { "AveragePool", 11, "1x1x4x4", "kernel_shape=[3 3];auto_pad=SAME_LOWER", "1x1x4x4",
    "-0.3125 -0.125 0.25 0.4375 -0.25 -0.1388889 0.08333334 0.04166667 -0.125 0.1388889 "
    "0.05555556 0.1666667 -0.0625 0.125 0.04166667 0" },
  { "LpPool", 11, "1x1x4x4", "kernel_shape=[2 2];p=1", "1x1x3x3",
    "2.75 2.75 2.75 2.75 2.75 2.5 2.75 2.75 3" },
  { "LpPool", 11, "1x1x4x4", "kernel_shape=[2 2];strides=[2 2]", "1x1x2x2",
    "1.561249 1.677051 1.436141 1.802776" },
  { "GlobalAveragePool", 13, "2x2x3x3", "", "2x2x1x1",
    "-0.05555556 0.1111111 -0.02777778 -0.1666667" },
  { "GlobalMaxPool", 13, "2x2x3", "", "2x2x1",
    "0.5 1.25 1 0.75" },
  { "GlobalLpPool", 13, "1x2x2x2", "p=3", "1x2x1x1",
    "1.607807 1.128589" },
};

/* Tensors without elements, and what reductions and sums over nothing are by definition. */
static const QsOpCase empty[] = {
  { "MaxPool", 12, "0x1x4x4", "kernel_shape=[2 2]", "0x1x3x3", "" },
};

/* What must be refused, and a word that says why. */
static const QsOpCase errors[] = {
  { "MaxPool", 12, "1x1x4x4", "", NULL, "kernel_shape has 0 values" },
  { "MaxPool", 12, "1x1x4x4", "kernel_shape=[2]", NULL, "kernel_shape has 1 values" },
  { "MaxPool", 12, "4x4", "kernel_shape=[2]", NULL, "kernel_shape" },
  { "MaxPool", 12, "1x1x4x4", "kernel_shape=[5 5]", NULL, "does not fit" },
  { "MaxPool", 12, "1x1x4x4", "kernel_shape=[2 2];pads=[2 0 0 0]", NULL,
    "not smaller than the window" },
  { "MaxPool", 12, "1x1x4x4", "kernel_shape=[2 -2]", NULL, "kernel_shape has the value -2" },
  { "AveragePool", 11, "i1x1x4x4", "kernel_shape=[2 2]", NULL, "int32" },
  { "GlobalAveragePool", 13, "4x4", "", NULL, "pooling needs 3 to 5" },
  { "AveragePool", 11, "1x1x4x4", "kernel_shape=[2 2];strides=[1]", NULL, "strides has 1 values" },
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
  g_test_add_func ("/operators/pooling/values", test_values);
  g_test_add_func ("/operators/pooling/empty", test_empty);
  g_test_add_func ("/operators/pooling/errors", test_errors);
  return g_test_run ();
}
