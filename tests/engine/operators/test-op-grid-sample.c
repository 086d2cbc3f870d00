/* SPDX-License-Identifier: MIT */
#include "qs-op-test.h"

/*
 * GridSample.
 *
 * The values are what ONNX Runtime 1.31 gives for the same one-node models and inputs (where it
 * refuses a case, ONNX's reference evaluator), printed with seven digits.
 */
static const QsOpCase values[] = {
  { "GridSample", 16, "1x1x3x3,1x2x3x2", "", "1x1x2x3",
    "0.09375 0.109375 -0.375 0.4375 -0.01953125 -0.3125" },
  { "GridSample", 16, "1x2x3x4,1x2x2x2", "align_corners=1;padding_mode=border", "1x2x2x2",
    "0.3125 -0.0859375 0 -0.6875 0 0.8046875 -1 0.375" },
  { "GridSample", 16, "1x1x3x3,1x3x2x2", "mode=nearest;padding_mode=reflection", "1x1x3x2",
    "1 0.5 -0.75 1 0.5 -0.5" },
  { "GridSample", 16, "1x1x4x4,1x2x3x2", "mode=bicubic;padding_mode=reflection", "1x1x2x3",
    "-0.1640625 -0.5 -1.118652 0.6875 0.5 0.6140137" },
  { "GridSample", 16, "1x1x4x4,1x2x3x2", "mode=bicubic;align_corners=1", "1x1x2x3",
    "-0.3766704 0.001089513 -0.8828125 -0.06799316 0.4462016 0.8648262" },
  { "GridSample", 20, "1x1x2x3x3,1x2x1x2x3", "mode=linear;padding_mode=border", "1x1x2x1x2",
    "0.1875 0.625 0.8125 1.0625" },
};

/* Tensors without elements, and what reductions and sums over nothing are by definition. */
static const QsOpCase empty[] = {
  { "GridSample", 16, "0x1x3x3,0x2x3x2", "", "0x1x2x3", "" },
};

/* What must be refused, and a word that says why. */
static const QsOpCase errors[] = {
  { "GridSample", 16, "1x1x3x3,1x2x3x3", "", NULL, "does not fit" },
  { "GridSample", 16, "1x1x3x3,2x2x3x2", "", NULL, "does not fit" },
  { "GridSample", 16, "3x3,2x2", "", NULL, "does not fit" },
  { "GridSample", 16, "1x1x0x3,1x2x3x2", "", NULL, "nothing to sample" },
  { "GridSample", 16, "1x1x3x3,1x2x3x2", "mode=area", NULL, "mode “area”" },
  { "GridSample", 16, "1x1x3x3,1x2x3x2", "padding_mode=wrap", NULL, "padding_mode “wrap”" },
  { "GridSample", 16, "1x1x3x3", "", NULL, "input 1 is missing" },
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
  g_test_add_func ("/operators/grid-sample/values", test_values);
  g_test_add_func ("/operators/grid-sample/empty", test_empty);
  g_test_add_func ("/operators/grid-sample/errors", test_errors);
  return g_test_run ();
}
