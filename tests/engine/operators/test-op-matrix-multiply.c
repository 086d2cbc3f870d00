/* SPDX-License-Identifier: MIT */
#include "qs-op-test.h"

/*
 * MatMul and Gemm.
 *
 * The values are what ONNX Runtime 1.31 gives for the same one-node models and inputs (where it
 * refuses a case, ONNX's reference evaluator), printed with seven digits.
 */
static const QsOpCase values[] = {
  { "MatMul", 13, "2x3,3x4", "", "2x4",
    "1.25 -0.9375 -1.0625 1.5625 -0.1875 2.5 -0.3125 -0.375" },
  { "MatMul", 13, "3,3x2", "", "2",
    "0.25 -1.9375" },
  { "MatMul", 13, "2x3,3", "", "2",
    "1.125 -0.5" },
  { "MatMul", 13, "3,3", "", "",
    "1.125" },
  { "MatMul", 13, "2x1x2x3,4x3x2", "", "2x4x2x2",
    "0.25 -1.9375 -1.3125 1.375 0.875 -1.3125 -1.6875 1 -1.9375 0.6875 1.375 1.3125 "
    "-1.3125 -0.0625 1 -1.125 -1.5 1.25 -1.6875 1.125 -1.5 1.25 -1.3125 1.5 1.25 1.25 "
    "1.125 1.1875 1.25 -1.5 1.5 -1.875" },
  { "MatMul", 13, "3,2x3x2", "", "2x2",
    "0.25 -1.9375 0.875 -1.3125" },
  { "MatMul", 13, "2x2x3,3", "", "2x2",
    "1.125 -0.5 -0.75 -1" },
  { "MatMul", 13, "2x2x3,c3x5", "", "2x2x5",
    "0.375 -1.8125 -0.5625 0.6875 -1.5 -1 1.6875 -0.4375 -1.1875 1.5 -1 1.75 -1 -1 1.75 "
    "-1 1.8125 -1.5625 -0.8125 2" },
  { "Gemm", 13, "2x3,c3x4,c4", "", "2x4",
    "1.5 -1.6875 -0.0625 1.5625 0.0625 1.75 0.6875 -0.375" },
  { "Gemm", 13, "2x3,c4x3,c4", "transB=1", "2x4",
    "1.375 0.6875 2.75 2.0625 -0.25 -1.4375 0.125 -1.0625" },
  { "Gemm", 13, "3x2,c3x4", "transA=1;alpha=0.5f", "2x4",
    "0.03125 -0.9375 0.15625 0.21875 0.59375 0.78125 -0.75 0.46875" },
  { "Gemm", 9, "2x3,c3x2,c2x1", "alpha=0.25f;beta=2.0f", "2x2",
    "0.5625 0.015625 -1.828125 -1.15625" },
  { "Gemm", 7, "3x2,c4x3,c", "transA=1;transB=1;beta=0.5f", "2x4",
    "0.1875 0.5625 0.9375 1.3125 1.25 1 0.75 0.5" },
  { "Gemm", 13, "1x3,c3x1,c1x1", "", "1x1",
    "1.375" },
};

/* Tensors without elements, and what reductions and sums over nothing are by definition. */
static const QsOpCase empty[] = {
  { "MatMul", 13, "2x0,0x3", "", "2x3", "0 0 0 0 0 0" },
  { "MatMul", 13, "0x3,3x2", "", "0x2", "" },
};

/* What must be refused, and a word that says why. */
static const QsOpCase errors[] = {
  { "MatMul", 13, "2x3,4x2", "", NULL, "cannot be multiplied" },
  { "MatMul", 13, "2x2x3,3x3x2", "", NULL, "cannot be multiplied" },
  { "MatMul", 13, ",3", "", NULL, "input 0 is missing" },
  { "MatMul", 13, "c,3", "", NULL, "cannot be multiplied" },
  { "Gemm", 13, "2x3,3x4,c3", "", NULL, "bias" },
  { "Gemm", 13, "2x2x3,3x4", "", NULL, "cannot be multiplied" },
  { "Gemm", 13, "2x3,2x3", "", NULL, "cannot be multiplied" },
  { "MatMul", 13, "i2x3,i3x2", "", NULL, "int32" },
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
  g_test_add_func ("/operators/matrix-multiply/values", test_values);
  g_test_add_func ("/operators/matrix-multiply/empty", test_empty);
  g_test_add_func ("/operators/matrix-multiply/errors", test_errors);
  return g_test_run ();
}
