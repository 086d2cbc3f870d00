/* SPDX-License-Identifier: MIT */
#include "qs-op-test.h"

/*
 * Softmax, LogSoftmax and Hardmax, before and from opset 13.
 *
 * The values are what ONNX Runtime 1.31 gives for the same one-node models and inputs (where it
 * refuses a case, ONNX's reference evaluator), printed with seven digits.
 */
static const QsOpCase values[] = {
  { "Softmax", 13, "2x3x2", "", "2x3x2",
    "0.1480472 0.8519527 0.1480472 0.8519527 0.7310586 0.2689414 0.7310586 0.2689414 "
    "0.1480472 0.8519527 0.7310586 0.2689414" },
  { "Softmax", 13, "2x3x2", "axis=1", "2x3x2",
    "0.1316016 0.2938148 0.2786007 0.6220059 0.5897977 0.08417934 0.7033139 0.2938148 "
    "0.09518319 0.6220059 0.2015028 0.08417934" },
  { "Softmax", 11, "2x3x2", "", "2x3x2",
    "0.03678566 0.2116869 0.07787525 0.4481411 0.1648619 0.0606493 0.3739828 0.1375806 "
    "0.05061308 0.2912581 0.1071479 0.03941751" },
  { "Softmax", 11, "2x3x2", "axis=2", "2x3x2",
    "0.1480472 0.8519527 0.1480472 0.8519527 0.7310586 0.2689414 0.7310586 0.2689414 "
    "0.1480472 0.8519527 0.7310586 0.2689414" },
  { "LogSoftmax", 13, "2x3", "", "2x3",
    "-2.182856 -0.4328555 -1.432855 -0.4076059 -1.407606 -2.407606" },
  { "LogSoftmax", 11, "2x2x2", "", "2x2x2",
    "-3.047095 -1.297095 -2.297095 -0.5470951 -1.450133 -2.450133 -0.7001327 -1.700133" },
  { "Hardmax", 13, "2x4", "", "2x4",
    "0 0 0 1 0 0 1 0" },
  { "Hardmax", 11, "2x2x3", "axis=1", "2x2x3",
    "0 0 0 1 0 0 1 0 0 0 0 0" },
  { "Softmax", 13, "h2x3", "", "2x3",
    "0.1127319 0.6484375 0.2386475 0.6650391 0.244751 0.09002686" },
};

/* Tensors without elements, and what reductions and sums over nothing are by definition. */
static const QsOpCase empty[] = {
  { "Softmax", 13, "2x0", "", "2x0", "" },
  { "Softmax", 11, "2x3", "axis=2", "2x3", "1 1 1 1 1 1" },
};

/* What must be refused, and a word that says why. */
static const QsOpCase errors[] = {
  { "Softmax", 13, "2x3", "axis=2", NULL, "axis 2 does not exist" },
  { "Softmax", 11, "2x3", "axis=3", NULL, "axis 3 does not exist" },
  { "Softmax", 13, "i2x3", "", NULL, "int32" },
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
  g_test_add_func ("/operators/soft-max/values", test_values);
  g_test_add_func ("/operators/soft-max/empty", test_empty);
  g_test_add_func ("/operators/soft-max/errors", test_errors);
  return g_test_run ();
}
