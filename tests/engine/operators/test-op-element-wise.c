/* SPDX-License-Identifier: MIT */
#include "qs-op-test.h"

/*
 * Operators of two inputs.
 *
 * The values are what ONNX Runtime 1.31 gives for the same one-node models and inputs (where it
 * refuses a case, ONNX's reference evaluator), printed with seven digits.
 */
static const QsOpCase values[] = {
  { "Add", 13, "2x3,c3", "", "2x3",
    "-1.75 1.75 -0.25 0.75 1.5 -0.5" },
  { "Add", 13, "2x1x3,4x1", "", "2x4x3",
    "-1.75 0 -1 0 1.75 0.75 -1 0.75 -0.25 -2 -0.25 -1.25 0.75 -0.25 -1.25 2.5 1.5 0.5 1.5 "
    "0.5 -0.5 0.5 -0.5 -1.5" },
  { "Sub", 13, "2x3,2x3", "", "2x3",
    "-0.75 -0.75 -0.75 2 -0.75 -0.75" },
  { "Mul", 13, "1,2x2x2", "", "2x2x2",
    "0.625 -1.5625 -0.3125 0.9375 -1.25 -0 1.25 -0.9375" },
  { "Div", 13, "2x3,c2x1", "", "2x3",
    "2.5 -1 1 1 0.2 -0.6" },
  { "Pow", 13, "2x3,c1", "", "2x3",
    "nan 1.414214 nan 0.8944272 2 nan" },
  { "Min", 13, "2x3,2x3,c3", "", "2x3",
    "-1.25 -0.75 -0.5 -0.75 -0.75 -0.75" },
  { "Max", 13, "2x3,2x3", "", "2x3",
    "-0.5 1.25 0.25 1.25 1 0" },
  { "Sum", 13, "2x3,c3,2x1", "", "2x3",
    "-1.5 2 0 0 0.75 -1.25" },
  { "Mean", 13, "2x3,2x3,2x3", "", "2x3",
    "-0.5 0.3333333 0.25 0.1666667 0.08333334 0" },
  { "PRelu", 9, "1x2x3,c2x1", "", "1x2x3",
    "0.625 0.5 0.25 1.25 0.25 -0.9375" },
  { "Mod", 13, "i2x3,i3", "", "2x3",
    "-1 2 0 -1 1 0" },
  { "Mod", 13, "2x3,c3", "fmod=1", "2x3",
    "-0.25 0.5 -0 0.25 0.25 -0" },
  { "Div", 13, "i2x3,i3", "", "2x3",
    "2 0 -2 -2 0 -3" },
  { "Equal", 13, "2x3,3", "", "2x3",
    "0 0 0 0 0 0" },
  { "Less", 13, "2x3,3", "", "2x3",
    "1 1 1 0 1 1" },
  { "GreaterOrEqual", 16, "2x3,3", "", "2x3",
    "0 0 0 1 0 0" },
  { "Add", 13, "h2x3,h3", "", "2x3",
    "-1.75 1.75 -0.25 0.75 1.5 -0.5" },
  { "Sum", 13, "2x2", "", "2x2",
    "-1.25 0.5 -0.5 1.25" },
};

/* Tensors without elements, and what reductions and sums over nothing are by definition. */
static const QsOpCase empty[] = {
  { "Add", 13, "0x3,c1", "", "0x3", "" },
};

/* What must be refused, and a word that says why. */
static const QsOpCase errors[] = {
  { "Add", 13, "2x3,2x4", "", NULL, "cannot be broadcast" },
  { "Add", 13, "2x3,i2x3", "", NULL, "different types" },
  { "Add", 13, "2x3", "", NULL, "input 1 is missing" },
  { "And", 13, "2x3,2x3", "", NULL, "And is not defined for float32" },
  { "BitShift", 13, "i2,i2", "direction=UP", NULL, "direction is “UP”" },
  { "BitShift", 13, "i2,i2", "", NULL, "direction" },
  { "PRelu", 13, "2x1,c1x3", "", NULL, "does not broadcast" },
  { "Sum", 13, "2x3,2x4", "", NULL, "cannot be broadcast" },
  { "Max", 13, "2,,2", "", NULL, "input 1 is missing" },
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
  g_test_add_func ("/operators/element-wise/values", test_values);
  g_test_add_func ("/operators/element-wise/empty", test_empty);
  g_test_add_func ("/operators/element-wise/errors", test_errors);
  return g_test_run ();
}
