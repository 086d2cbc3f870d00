/* SPDX-License-Identifier: MIT */
#include "qs-op-test.h"

/*
 * RoiAlign.
 *
 * The values are what ONNX Runtime 1.31 gives for the same one-node models and inputs (where it
 * refuses a case, ONNX's reference evaluator), printed with seven digits.
 */
static const QsOpCase values[] = {
  { "RoiAlign", 16, "1x1x5x5,2x4,=0 0", "output_height=2;output_width=2;sampling_ratio=2",
    "2x1x2x2",
    "-1.125 -1.125 -1.25 -1.25 -1.03125 -0.625 -0.9921875 -0.6054688" },
  { "RoiAlign", 10, "2x2x4x4,1x4,=1", "output_height=2;output_width=3;spatial_scale=2.0f",
    "1x2x2x3",
    "-0.9375 -0.9375 -0.671875 -1.25 -1.25 -0.8125 -0.4375 -0.4375 -0.171875 -0.75 -0.75 "
    "-0.3125" },
 
  { "RoiAlign", 16, "1x1x5x5,3x4,=0 0 0",
    "output_height=1;output_width=2;coordinate_transformation_mode=output_half_pixel;spatial_scale=4.0f", "3x1x1x2",
    "0 0 0.5416667 0.5416667 0 0" },
};

/* Tensors without elements, and what reductions and sums over nothing are by definition. */
static const QsOpCase empty[] = {
  { "RoiAlign", 16, "1x0x5x5,1x4,=0", "", "1x0x1x1", "" },
};

/* What must be refused, and a word that says why. */
static const QsOpCase errors[] = {
  { "RoiAlign", 16, "1x5x5,2x4,=0 0", "", NULL, "4 dimensions" },
  { "RoiAlign", 16, "1x1x5x5,2x3,=0 0", "", NULL, "4 dimensions" },
  { "RoiAlign", 16, "1x1x5x5,2x4,=0", "", NULL, "batch indices" },
  { "RoiAlign", 16, "1x1x5x5,2x4,=0 0", "output_height=0", NULL, "0, which is outside" },
  { "RoiAlign", 16, "1x1x5x5,2x4,=0 0", "mode=min", NULL, "mode “min”" },
 
  { "RoiAlign", 16, "1x1x5x5,2x4,=0 0",
    "output_height=2000000000;output_width=2000000000", NULL, "64 GiB" },
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
  g_test_add_func ("/operators/roi-align/values", test_values);
  g_test_add_func ("/operators/roi-align/empty", test_empty);
  g_test_add_func ("/operators/roi-align/errors", test_errors);
  return g_test_run ();
}
