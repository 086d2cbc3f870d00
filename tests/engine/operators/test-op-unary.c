/* SPDX-License-Identifier: MIT */
#include "qs-op-test.h"

/*
 * Operators of one input.
 *
 * The values are what ONNX Runtime 1.31 gives for the same one-node models and inputs (where it
 * refuses a case, ONNX's reference evaluator), printed with seven digits.
 */
static const QsOpCase values[] = {
  { "Abs", 13, "2x3", "", "2x3",
    "1.25 0.5 0.5 1.25 0.25 0.75" },
  { "Neg", 13, "2x3", "", "2x3",
    "1.25 -0.5 0.5 -1.25 -0.25 0.75" },
  { "Exp", 13, "2x3", "", "2x3",
    "0.2865048 1.648721 0.6065307 3.490343 1.284025 0.4723665" },
  { "Floor", 13, "2x3", "", "2x3",
    "-2 0 -1 1 0 -1" },
  { "Ceil", 13, "2x3", "", "2x3",
    "-1 1 -0 2 1 -0" },
  { "Round", 13, "2x3", "", "2x3",
    "-1 0 -0 1 0 -1" },
  { "Sign", 13, "2x3", "", "2x3",
    "-1 1 -1 1 1 -1" },
  { "Sin", 13, "2x3", "", "2x3",
    "-0.9489846 0.4794255 -0.4794255 0.9489846 0.247404 -0.6816388" },
  { "Cos", 13, "2x3", "", "2x3",
    "0.3153224 0.8775826 0.8775826 0.3153224 0.9689124 0.7316889" },
  { "Atan", 13, "2x3", "", "2x3",
    "-0.8960554 0.4636475 -0.4636475 0.8960554 0.2449787 -0.6435011" },
  { "Erf", 13, "2x3", "", "2x3",
    "-0.9229001 0.5204999 -0.5204999 0.9229001 0.2763264 -0.7111557" },
  { "Tanh", 13, "2x3", "", "2x3",
    "-0.8482836 0.4621172 -0.4621172 0.8482836 0.2449187 -0.635149" },
  { "Sinh", 13, "2x3", "", "2x3",
    "-1.601919 0.5210953 -0.5210953 1.601919 0.2526123 -0.8223167" },
  { "Reciprocal", 13, "2x3", "", "2x3",
    "-0.8 2 -2 0.8 4 -1.333333" },
  { "Sqrt", 13, "2x3", "", "2x3",
    "nan 0.7071068 nan 1.118034 0.5 nan" },
  { "Log", 13, "2x3", "", "2x3",
    "nan -0.6931472 nan 0.2231435 -1.386294 nan" },
  { "Acosh", 9, "2x3", "", "2x3",
    "nan nan nan 0.6931472 nan nan" },
  { "Asin", 7, "2x3", "", "2x3",
    "nan 0.5235987 -0.5235987 nan 0.2526802 -0.8480621" },
  { "IsNaN", 13, "2x3", "", "2x3",
    "0 0 0 0 0 0" },
  { "Neg", 13, "i2x3", "", "2x3",
    "5 -2 2 -5 -1 3" },
  { "Abs", 13, "h2x3", "", "2x3",
    "1.25 0.5 0.5 1.25 0.25 0.75" },
};

/* Tensors without elements, and what reductions and sums over nothing are by definition. */
static const QsOpCase empty[] = {
  { "Abs", 13, "0x3", "", "0x3", "" },
};

/* What must be refused, and a word that says why. */
static const QsOpCase errors[] = {
  { "Sqrt", 13, "i2", "", NULL, "Sqrt is not defined for int32" },
  { "Not", 13, "2", "", NULL, "Not is not defined for float32" },
  { "Exp", 13, "", "", NULL, "input 0 is missing" },
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
  g_test_add_func ("/operators/unary/values", test_values);
  g_test_add_func ("/operators/unary/empty", test_empty);
  g_test_add_func ("/operators/unary/errors", test_errors);
  return g_test_run ();
}
