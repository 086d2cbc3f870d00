/* SPDX-License-Identifier: MIT */
#include "qs-op-test.h"

/*
 * Resize.
 *
 * The values are what ONNX Runtime 1.31 gives for the same one-node models and inputs (where it
 * refuses a case, ONNX's reference evaluator), printed with seven digits.
 */
static const QsOpCase values[] = {
  { "Resize", 11, "1x1x2x3,,,=1 1 4 5", "mode=nearest", "1x1x4x5",
    "-1.25 -1.25 0.5 -0.5 -0.5 -1.25 -1.25 0.5 -0.5 -0.5 1.25 1.25 0.25 -0.75 -0.75 1.25 "
    "1.25 0.25 -0.75 -0.75" },
  { "Resize", 13, "1x1x3x3,,,=1 1 5 4", "mode=linear", "1x1x5x4",
    "-1.25 -0.15625 0.125 -0.5 -0.2499999 0.15625 0.02499998 -0.6 1.25 0.625 -0.125 -0.75 "
    "1.1 0.475 -0.275 -0.9 1 0.375 -0.375 -1" },
  { "Resize", 13, "1x1x4x4,,,=1 1 3 6", "mode=cubic", "1x1x3x6",
    "-1.126527 -0.3069572 0.3045129 -0.277946 0.3623681 1.209953 -0.4075523 -0.2226562 "
    "0.1082082 0.4368759 -0.21875 -0.9919974 0.3114222 -0.1383554 -0.1379382 0.9024842 "
    "0.6356067 -0.07378445" },
 
  { "Resize", 13, "1x1x3x3,,,=1 1 5 4", "mode=linear;coordinate_transformation_mode=align_corners",
    "1x1x5x4",
    "-1.25 -0.08333328 0.1666666 -0.5 0 0.25 0.04166663 -0.625 1.25 0.5833333 -0.08333337 "
    "-0.75 1.125 0.4583333 -0.2083334 -0.875 1 0.3333333 -0.3333334 -1" },
 
  { "Resize", 13, "1x1x4x4,,,=1 1 2 2", "mode=nearest;coordinate_transformation_mode=asymmetric;nearest_mode=ceil",
    "1x1x2x2",
    "-1.25 -0.5 -1 -0.25" },
 
  { "Resize", 13, "1x1x3x3,,,=1 1 1 5", "mode=linear;coordinate_transformation_mode=pytorch_half_pixel",
    "1x1x1x5",
    "-1.25 -0.55 0.5 -0.1000001 -0.5" },
  { "Resize", 13, "1x1x4x4,,,=1 1 3 3", "mode=cubic;exclude_outside=1;cubic_coeff_a=-0.5f",
    "1x1x3x3",
    "-0.898361 0.01097504 0.9507363 -0.3364334 0.2841797 -0.6594297 0.225494 0.3835818 "
    "0.1948251" },
  { "Resize", 18, "1x1x6x6,,,=1 1 3 4", "mode=linear;antialias=1", "1x1x3x4",
    "-0.06249997 -0.09375001 0.4479167 -0.5000001 0.03124999 0.2291667 -0.1458333 "
    "0.05208331 -0.21875 0.1701389 -0.3576389 0.03125001" },
  { "Resize", 18, "1x1x6x6,,,=1 1 3 4", "mode=cubic;antialias=1", "1x1x3x4",
    "0.03148717 -0.1544856 0.6060919 -0.6180319 0.01944987 0.3144881 -0.2445827 "
    "0.05347683 -0.1801779 0.2550145 -0.4444675 0.1387657" },
 
  { "Resize", 18, "1x1x3x4,,,=6 6", "mode=nearest;axes=[2 3];keep_aspect_ratio_policy=not_larger",
    "1x1x5x6",
    "-1.25 -1.25 0.5 -0.5 -0.5 1.25 -1.25 -1.25 0.5 -0.5 -0.5 1.25 0.25 0.25 -0.75 1 1 0 "
    "-1 -1 0.75 -0.25 -0.25 -1.25 -1 -1 0.75 -0.25 -0.25 -1.25" },
};

/* Tensors without elements, and what reductions and sums over nothing are by definition. */
static const QsOpCase empty[] = {
  { "Resize", 13, "0x1x2x2,,,=0 1 4 4", "mode=linear", "0x1x4x4", "" },
};

/* What must be refused, and a word that says why. */
static const QsOpCase errors[] = {
  { "Resize", 13, "1x1x3x3,,,=1 1", "", NULL, "sizes has 2 values" },
  { "Resize", 13, "1x1x3x3,,,=1 1 -1 3", "", NULL, "sizes has the value -1" },
  { "Resize", 13, "1x1x3x3,,,=1 1 2147483647 2147483647", "", NULL, "64 GiB" },
  { "Resize", 13, "1x1x3x3,,,=1 1 2 2", "mode=lanczos", NULL, "mode is “lanczos”" },
  { "Resize", 13, "1x1x3x3,,c3", "", NULL, "3 values for 4 axes" },
  { "Resize", 13, "1x1x3x3", "", NULL, "sizes has 0 values" },
  { "Resize", 13, "1x1x3x3,,c4", "", NULL, "cannot be scaled" },
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
  g_test_add_func ("/operators/resize/values", test_values);
  g_test_add_func ("/operators/resize/empty", test_empty);
  g_test_add_func ("/operators/resize/errors", test_errors);
  return g_test_run ();
}
