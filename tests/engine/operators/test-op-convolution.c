/* SPDX-License-Identifier: MIT */
#include "qs-op-test.h"

/*
 * Conv and ConvTranspose of one to three spatial axes.
 *
 * The values are what ONNX Runtime 1.31 gives for the same one-node models and inputs (where it
 * refuses a case, ONNX's reference evaluator), printed with seven digits.
 */
static const QsOpCase values[] = {
  { "Conv", 13, "1x1x3x3,c1x1x2x2", "", "1x1x2x2",
    "1.375 -0.25 -0.0625 -0.3125" },
  { "Conv", 13, "1x2x4x4,c2x2x3x3,c2", "pads=[1 1 1 1]", "1x2x4x4",
    "-1.3125 1.9375 2.125 -0.625 -3.625 4.5625 0.875 -1.0625 -0.6875 0.8125 3.3125 "
    "-1.4375 -0.9375 3.875 -1 -3.625 1.875 -2.6875 -1.6875 1.125 -0.5 -0.125 -2.9375 "
    "-0.4375 2.25 -3.8125 -3.875 2.4375 -2.125 -1.125 1.6875 -0.0625" },
  { "Conv", 13, "2x4x3,c6x2x2,c6", "group=2", "2x6x2",
    "1.625 0 -3.0625 -1.0625 1.1875 2 0.4375 -1.3125 -0.375 0.125 -1.1875 -1.1875 0 1.125 "
    "-1.0625 0.25 2 -1.3125 -1.3125 0.375 0.125 -2.8125 -1.1875 3.625" },
  { "Conv", 13, "1x3x5x4,c3x1x3x2", "group=3;strides=[2 1];pads=[1 0 0 1]", "1x3x2x4",
    "-0.4375 -0.25 -0.0625 0.3125 -1.375 1.5 1.625 -0.0625 -0.75 2.125 0.1875 -0.5 1.6875 "
    "-0.6875 -1 0.3125 -1.5 2 -2.0625 0.1875 -3.125 2.3125 0.1875 1.5625" },
  { "Conv", 13, "1x1x7x6,c1x1x3x2", "dilations=[2 3]", "1x1x3x3",
    "1.625 1.75 -0.875 -0.375 1.125 -1.5 1.75 -0.875 -0.0625" },
  { "Conv", 13, "1x1x5x6,c1x1x2x3", "auto_pad=SAME_UPPER;strides=[2 2]", "1x1x3x3",
    "0.375 3.375 -2.125 -1.5625 -1.3125 3.0625 1.875 -0.8125 -0.5" },
  { "Conv", 13, "1x1x5x6,c1x1x2x3", "auto_pad=SAME_LOWER;strides=[2 2]", "1x1x3x3",
    "-1.25 -0.875 -0.6875 1.75 0.5625 -1.9375 -0.75 0.6875 0.25" },
  { "Conv", 13, "1x1x4x4,c1x1x3x3", "auto_pad=VALID", "1x1x2x2",
    "1.8125 0.375 -0.5 2.1875" },
  { "Conv", 13, "1x1x2x3x3,c2x1x2x2x2,c2", "pads=[0 1 0 0 0 1]", "1x2x1x3x3",
    "-1.375 0.0625 1.375 1.5 1.1875 -2.1875 -0.125 0.9375 0.625 -2.4375 -1.3125 -0.0625 "
    "-0.5625 1.25 -3.5 -1.3125 1.875 -0.25" },
  { "Conv", 13, "1x5x1x1,c3x5x1x1", "", "1x3x1x1",
    "0.4375 -1.5 -1.375" },
  { "Conv", 13, "1x1x2x2,c1x1x5x5", "pads=[2 2 2 2]", "1x1x2x2",
    "0 0 -1.375 3.4375" },
  { "ConvTranspose", 13, "1x1x3x3,c1x2x2x2", "", "1x2x4x4",
    "0.625 -1.8125 0.875 -0.625 -0.9375 2.5 0.1875 -0.5625 -0.1875 0.375 0.125 -0.6875 "
    "0.25 -0.75 -0.25 0.75 -1.25 0.5 -0.5 0 2.5 -1.1875 0.125 -0.375 -0.25 0.6875 -0.0625 "
    "-0.5625 -1 0.75 1 -0.75" },
 
  { "ConvTranspose", 13, "1x2x2x3,c2x1x3x3,c1", "strides=[2 2];pads=[1 1 1 1];output_padding=[1 0]",
    "1x1x4x5",
    "-0.75 -0.875 0.75 -0.625 -0.5 1.25 -0.8125 0.8125 1.75 -1.6875 1.6875 -0.8125 0.4375 "
    "-0.5625 -0.8125 1.1875 -1.3125 0.4375 -0.0625 -0.3125" },
  { "ConvTranspose", 13, "1x4x3,c4x1x3,c2", "group=2;strides=[2];dilations=[2]", "1x2x9",
    "-0.0625 0.25 -0.5 0.25 1.625 0.25 -1 0.25 0.125 -2.6875 -0.75 0.6875 -0.75 1.0625 "
    "-0.75 -2 -0.75 0.125" },
  { "ConvTranspose", 13, "1x1x3x3,c1x1x3x3", "strides=[3 2];output_shape=[10 8]", "1x1x10x8",
    "0.625 -1.5625 -0.5625 0.625 0.375 -0.625 -0.125 0 0.9375 -1.25 -0.375 0.5 0.375 -0.5 "
    "0 0 1.25 -0.9375 -0.1875 0.375 0.375 -0.375 0.125 0 -0.625 1.5625 0.1875 0.3125 "
    "0.4375 -0.9375 -0.1875 0 -0.9375 1.25 -0.1875 0.25 0.5625 -0.75 0 0 -1.25 0.9375 "
    "-0.5625 0.1875 0.6875 -0.5625 0.1875 0 -0.5 1.25 0.25 0 0.5 -1.25 -0.25 0 -0.75 1 0 "
    "0 0.75 -1 0 0 -1 0.75 -0.25 0 1 -0.75 0.25 0 0 0 0 0 0 0 0 0" },
  { "ConvTranspose", 13, "1x1x2x2x2,c1x1x2x1x2", "strides=[1 2 1]", "1x1x3x3x3",
    "0.625 -1.8125 0.625 0 0 0 0.25 -1.25 1.5625 -0.4375 1.75 -1.3125 0 0 0 -0.625 1.9375 "
    "-0.9375 0.0625 -0.375 0.5625 0 0 0 0.25 -0.75 0" },
  { "ConvTranspose", 13, "1x1x3x3,c1x1x3x3", "auto_pad=SAME_UPPER;strides=[2 2]", "1x1x6x6",
    "0.625 -1.5625 -0.5625 0.625 0.375 -0.625 0.9375 -1.25 -0.375 0.5 0.375 -0.5 0.625 "
    "0.625 0 0.6875 0.8125 -1.3125 -0.9375 1.25 -0.1875 0.25 0.5625 -0.75 -1.75 2.1875 "
    "-0.3125 0.1875 1.1875 -1.8125 -0.75 1 0 0 0.75 -1" },
};

/* Tensors without elements, and what reductions and sums over nothing are by definition. */
static const QsOpCase empty[] = {
  { "Conv", 13, "0x2x3x3,c4x2x1x1", "", "0x4x3x3", "" },
};

/* What must be refused, and a word that says why. */
static const QsOpCase errors[] = {
  { "Conv", 13, "2x3,c3x3", "", NULL, "dimensions" },
  { "Conv", 13, "1x4x3x3,c2x3x1x1", "", NULL, "channels of input and weights differ" },
  { "Conv", 13, "1x4x3x3,c3x2x1x1", "group=2", NULL, "do not divide" },
  { "Conv", 13, "1x4x3x3,c2x4x1x1", "group=0", NULL, "do not divide" },
  { "Conv", 13, "1x4x3x3,c2x4x1x1", "group=-1", NULL, "do not divide" },
  { "Conv", 13, "1x1x3x3,c1x1x2x2", "pads=[1 1 1]", NULL, "pads has 3 values instead of 4" },
  { "Conv", 13, "1x1x3x3,c1x1x2x2", "pads=[-1 0 0 0]", NULL, "pads has the value -1" },
  { "Conv", 13, "1x1x3x3,c1x1x2x2", "strides=[0 1]", NULL, "strides has the value 0" },
  { "Conv", 13, "1x1x3x3,c1x1x2x2", "dilations=[1 2147483647]", NULL,
    "dilations has the value 2147483647" },
  { "Conv", 13, "1x1x3x3,c1x1x2x2", "kernel_shape=[3 3]", NULL,
    "kernel_shape is not the shape of the weights" },
  { "Conv", 13, "1x1x3x3,c1x1x5x5", "", NULL, "does not fit" },
  { "Conv", 13, "1x1x3x3,c1x1x2x2,c2", "", NULL, "bias" },
  { "Conv", 13, "1x1x3x3,c1x1x2x2", "auto_pad=SAME", NULL, "auto_pad is “SAME”" },
  { "Conv", 13, "i1x1x3x3,i1x1x2x2", "", NULL, "int32" },
  { "Conv", 13, "1x1x3x3", "", NULL, "input 1 is missing" },
  { "Conv", 13, "1x1x3x3,c1x1x2x2", "pads=[536870911 536870911 536870911 536870911]", NULL,
    "64 GiB" },
  { "ConvTranspose", 13, "1x2x3x3,c3x1x2x2", "", NULL, "channels" },
  { "ConvTranspose", 13, "1x1x1x1,c1x1x1x1", "pads=[1 1 1 1]", NULL, "does not fit" },
  { "ConvTranspose", 13, "1x1x3x3,c1x1x3x3", "output_shape=[1 2 3]", NULL,
    "output_shape has 3 values" },
  { "ConvTranspose", 13, "1x1x3x3,c1x1x3x3", "output_padding=[1]", NULL,
    "output_padding has 1 values" },
  { "ConvTranspose", 13, "1x1x3x3,c1x1x3x3", "strides=[536870911 536870911]", NULL, "64 GiB" },
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
  g_test_add_func ("/operators/convolution/values", test_values);
  g_test_add_func ("/operators/convolution/empty", test_empty);
  g_test_add_func ("/operators/convolution/errors", test_errors);
  return g_test_run ();
}
