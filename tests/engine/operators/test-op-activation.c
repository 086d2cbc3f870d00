/* SPDX-License-Identifier: MIT */
#include "qs-op-test.h"

/*
 * Activation functions.
 *
 * The values are what ONNX Runtime 1.31 gives for the same one-node models and inputs (where it
 * refuses a case, ONNX's reference evaluator), printed with seven digits.
 */
static const QsOpCase values[] = {
  { "Relu", 13, "2x3", "", "2x3",
    "0 0.5 0 1.25 0.25 0" },
  { "Relu", 14, "i2x3", "", "2x3",
    "0 2 0 5 1 0" },
  { "LeakyRelu", 13, "2x3", "", "2x3",
    "-0.0125 0.5 -0.005 1.25 0.25 -0.0075" },
  { "LeakyRelu", 13, "2x3", "alpha=0.5f", "2x3",
    "-0.625 0.5 -0.25 1.25 0.25 -0.375" },
  { "HardSigmoid", 13, "2x3", "", "2x3",
    "0.25 0.6 0.4 0.75 0.55 0.35" },
  { "HardSwish", 14, "2x3", "", "2x3",
    "-0.3645833 0.2916667 -0.2083333 0.8854167 0.1354167 -0.28125" },
  { "Sigmoid", 13, "2x3", "", "2x3",
    "0.2227001 0.6224593 0.3775407 0.7772999 0.5621765 0.3208213" },
  { "Tanh", 13, "2x3", "", "2x3",
    "-0.8482836 0.4621172 -0.4621172 0.8482836 0.2449187 -0.635149" },
  { "Shrink", 9, "11", "lambd=0.6f;bias=0.25f", "11", "-1 0 0 1 0 -0.5 0.75 0 -0.75 0.5 0" },
  { "Shrink", 9, "11", "", "11", "-1.25 0 0 1.25 0 -0.75 1 0 -1 0.75 0" },
  { "Elu", 6, "2x3", "alpha=2.0f", "2x3",
    "-1.42699 0.5 -0.7869387 1.25 0.25 -1.055267" },
  { "Elu", 13, "2x3", "alpha=2.0f", "2x3",
    "-1.42699 0.5 -0.7869387 1.25 0.25 -1.055267" },
  { "Selu", 13, "2x3", "", "2x3",
    "-1.254395 0.5253505 -0.6917582 1.313376 0.2626753 -0.927632" },
  { "Softplus", 13, "2x3", "", "2x3",
    "0.2519291 0.974077 0.474077 1.501929 0.8259394 0.386871" },
  { "Softsign", 13, "2x3", "", "2x3",
    "-0.5555556 0.3333333 -0.3333333 0.5555556 0.2 -0.4285715" },
  { "ThresholdedRelu", 13, "2x3", "alpha=0.5f", "2x3",
    "0 0 0 1.25 0 0" },
  { "Celu", 13, "2x3", "alpha=0.5f", "2x3",
    "-0.4589575 0.5 -0.3160603 1.25 0.25 -0.3884349" },
  { "Mish", 18, "2x3", "", "2x3",
    "-0.308414 0.3752452 -0.2207438 1.13187 0.1695724 -0.2764947" },
  { "Gelu", 20, "2x3", "", "2x3",
    "-0.1320622 0.3457312 -0.1542688 1.117938 0.1496766 -0.1699705" },
  { "Gelu", 20, "2x3", "approximate=tanh", "2x3",
    "-0.1322858 0.345714 -0.154286 1.117714 0.1496754 -0.1700394" },
  { "Clip", 10, "2x3", "min=-0.5f;max=0.75f", "2x3",
    "-0.5 0.5 -0.5 0.75 0.25 -0.5" },
  { "Clip", 13, "2x3,c,c", "", "2x3",
    "-0.5 0.25 -0.5 0.25 0.25 -0.5" },
  { "Clip", 13, "2x3,,c", "", "2x3",
    "-1.25 0.25 -0.5 0.25 0.25 -0.75" },
  { "Clip", 13, "2x3", "", "2x3",
    "-1.25 0.5 -0.5 1.25 0.25 -0.75" },
  { "Clip", 13, "2x3,,", "", "2x3",
    "-1.25 0.5 -0.5 1.25 0.25 -0.75" },
  { "Clip", 13, "i2x3,i,i", "", "2x3",
    "-2 1 -2 1 1 -2" },
  { "Sigmoid", 13, "h2x3", "", "2x3",
    "0.2226562 0.6225586 0.3774414 0.7773438 0.5620117 0.3208008" },
};

/* Tensors without elements, and what reductions and sums over nothing are by definition. */
static const QsOpCase empty[] = {
  { "Relu", 13, "0", "", "0", "" },
};

/* What must be refused, and a word that says why. */
static const QsOpCase errors[] = {
  { "Sigmoid", 13, "i2", "", NULL, "int32" },
  { "Celu", 13, "2", "alpha=0.0f", NULL, "divides" },
  { "Gelu", 20, "2", "approximate=quick", NULL, "approximate is “quick”" },
  { "Gelu", 19, "2", "", NULL, "version" },
  { "Relu", 13, "", "", NULL, "input 0 is missing" },
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
  g_test_add_func ("/operators/activation/values", test_values);
  g_test_add_func ("/operators/activation/empty", test_empty);
  g_test_add_func ("/operators/activation/errors", test_errors);
  return g_test_run ();
}
