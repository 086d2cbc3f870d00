/* SPDX-License-Identifier: MIT */
#include "qs-op-test.h"

/*
 * Operators whose result has as many elements as the data says, and ReverseSequence.
 *
 * The values are what ONNX Runtime 1.31 gives for the same one-node models and inputs; only for a
 * scalar NonZero has it one row, where ONNX's text says that there is none.
 */
static const QsOpCase values[] = {
  { "NonZero", 13, "c2x3", "", "2x6", "0 0 0 1 1 1 0 1 2 0 1 2" },
  { "NonZero", 13, "=0 -3 0 7", "", "1x2", "1 3" },
  { "NonZero", 13, "~5", "", "0x1", "" },
  { "NonZero", 13, "~0", "", "0x0", "" },
  { "Unique", 11, "c13", "", "11", "-1.25 -1 -0.75 -0.5 -0.25 0 0.25 0.5 0.75 1 1.25" },
  { "Unique:1", 11, "c13", "", "11", "0 8 5 2 10 7 4 1 9 6 3" },
  { "Unique:2", 11, "c13", "", "13", "0 7 3 10 6 2 9 5 1 8 4 0 7" },
  { "Unique:3", 11, "c13", "", "11", "2 1 1 1 1 1 1 2 1 1 1" },
  { "Unique", 11, "c13", "sorted=0", "11", "-1.25 0.5 -0.5 1.25 0.25 -0.75 1 0 -1 0.75 -0.25" },
  { "Unique:2", 11, "c13", "sorted=0", "13", "0 1 2 3 4 5 6 7 8 9 10 0 1" },
  { "Unique:3", 11, "c13", "sorted=0", "11", "2 2 1 1 1 1 1 1 1 1 1" },
  /* 2^53 + 1 and 2^53 are different integers, but not different doubles. */
  { "Unique:2", 11, "=3 9007199254740993 3 9007199254740992", "", "4", "0 2 0 1" },
  { "Unique:1", 11, "=3 9007199254740993 3 9007199254740992", "", "3", "0 3 1" },
  { "ReverseSequence", 10, "4x3,=1 4 2", "", "4x3",
    "-1.25 -0.25 -0.75 1.25 0 -0.5 1 0.25 -1 0.75 0.5 -1.25" },
  { "ReverseSequence", 10, "2x3x2,=3 2", "batch_axis=0;time_axis=1", "2x3x2",
    "0.25 -0.75 -0.5 1.25 -1.25 0.5 -1 0.75 1 0 -0.25 -1.25" },
  { "NonMaxSuppression", 11, "c1x5x4,c1x2x5,=3,~0.2", "", "6x3",
    "0 0 1 0 0 4 0 0 0 0 1 2 0 1 0 0 1 3" },
  { "NonMaxSuppression", 11, "c1x5x4,c1x2x5,=3,~0,~0.3", "", "3x3", "0 0 1 0 0 4 0 1 2" },
  { "NonMaxSuppression", 11, "c1x5x4,c1x2x5", "", "0x3", "" },
  { "NonMaxSuppression", 11, "c1x5x4,c1x2x5,=9,~0.5", "center_point_box=1", "10x3",
    "0 0 1 0 0 4 0 0 2 0 0 0 0 0 3 0 1 2 0 1 0 0 1 3 0 1 1 0 1 4" },
};

/* What must be refused, and a word that says why. */
static const QsOpCase errors[] = {
  { "NonZero", 13, "2x3", "", NULL, "the shape of its result depends on the data (“x0”)" },
  { "Unique", 11, "2x3", "", NULL, "depends on the data" },
  { "Unique", 11, "c2x3", "axis=2", NULL, "axis 2" },
  { "Compress", 11, "c2x3,c2", "", NULL, "not a list of at most 6 booleans" },
  { "Compress", 11, "2x3,i2", "", NULL, "depends on the data (“x1”)" },
  { "NonMaxSuppression", 11, "1x5x4,c1x2x5,=3", "", NULL, "depends on the data (“x0”)" },
  { "NonMaxSuppression", 11, "c1x5x3,c1x2x5,=3", "", NULL, "do not suit each other" },
  { "NonMaxSuppression", 11, "c1x5x4,c1x2x4,=3", "", NULL, "do not suit each other" },
  { "NonMaxSuppression", 11, "c1x5x4", "", NULL, "input 1 is missing" },
  { "ReverseSequence", 10, "4x3,=1 4", "", NULL, "lengths of shape 2" },
  { "ReverseSequence", 10, "4x3,=1 4 2", "batch_axis=0;time_axis=0", NULL, "lengths" },
  { "ReverseSequence", 10, "4x3,=1 4 2", "time_axis=7", NULL, "axis 7" },
};

static void
test_values (void)
{
  qs_op_test_run (values, G_N_ELEMENTS (values));
}

static void
test_errors (void)
{
  qs_op_test_run (errors, G_N_ELEMENTS (errors));
}

static void
test_plan (void)
{
  qs_op_test_harass (values, G_N_ELEMENTS (values));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/operators/selection/values", test_values);
  g_test_add_func ("/operators/selection/errors", test_errors);
  g_test_add_func ("/operators/selection/plan", test_plan);
  return g_test_run ();
}
