/* SPDX-License-Identifier: MIT */
#include "qs-op-test.h"

/* One case of every layer class whose attributes are numbers; the sanitizers watch. */
static const QsOpCase cases[] = {
  { "Slice", 9, "2x3x4", "starts=[1 0];ends=[3 2];axes=[1 2]", NULL, NULL },
  { "Transpose", 13, "2x3x4", "perm=[2 0 1]", NULL, NULL },
  { "Split", 11, "2x3", "axis=1", NULL, NULL },
  { "Split", 11, "2x3", "axis=1;split=[3]", NULL, NULL },
  { "Concat", 13, "2x3,2x3", "axis=1", NULL, NULL },
  { "Unsqueeze", 11, "2x3", "axes=[0 2]", NULL, NULL },
  { "Squeeze", 11, "2x1x3", "axes=[1]", NULL, NULL },
  { "Flatten", 13, "2x3x4", "axis=1", NULL, NULL },
  { "Gather", 13, "2x3,=1 0", "axis=1", NULL, NULL },
  { "GatherElements", 13, "1x3,i1x3", "axis=1", NULL, NULL },
  { "Pad", 10, "2x3", "pads=[1 0 0 1]", NULL, NULL },
  { "Pad", 10, "2x3", "pads=[1 0 0 1];mode=reflect", NULL, NULL },
  { "Tile", 13, "2x3,=2 1", "", NULL, NULL },
  { "Expand", 13, "2x1,=2 3", "", NULL, NULL },
  { "CumSum", 14, "2x3,=1", "", NULL, NULL },
  { "Trilu", 14, "2x3x3", "", NULL, NULL },
  { "TopK", 11, "2x4,=2", "axis=1", NULL, NULL },
  { "ArgMax", 13, "2x4", "axis=1", NULL, NULL },
  { "Cast", 13, "2x3", "to=6", NULL, NULL },
  { "EyeLike", 9, "3x3", "k=1", NULL, NULL },
  { "Einsum", 12, "2x3,3x4", "equation=ij,jk->ik", NULL, NULL },
  { "DepthToSpace", 13, "1x4x2x2", "blocksize=2", NULL, NULL },
  { "SpaceToDepth", 13, "1x1x4x4", "blocksize=2", NULL, NULL },
  { "ReduceMean", 13, "2x3x4", "axes=[1 2]", NULL, NULL },
  { "Softmax", 13, "2x3x4", "axis=1", NULL, NULL },
  { "LpNormalization", 13, "2x3", "axis=1", NULL, NULL },
  { "MeanVarianceNormalization", 13, "2x3x2x2", "axes=[0 2 3]", NULL, NULL },
  { "MaxPool", 12, "1x2x5x5", "kernel_shape=[2 2];strides=[2 2]", NULL, NULL },
  { "MaxPool:1", 12, "1x2x5x5", "kernel_shape=[2 2];strides=[2 2]", NULL, NULL },
  { "ReverseSequence", 10, "4x3,=1 4 2", "", NULL, NULL },
  { "AveragePool", 11, "1x2x5x5", "kernel_shape=[2 2];pads=[1 1 0 0]", NULL, NULL },
  { "Conv", 11, "1x2x5x5,c4x1x3x3", "group=2;pads=[1 1 1 1]", NULL, NULL },
  { "ConvTranspose", 11, "1x2x3x3,c2x2x2x2", "strides=[2 2];output_padding=[1 0]", NULL, NULL },
};

static void
test_numbers (void)
{
  qs_op_test_harass (cases, G_N_ELEMENTS (cases));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/operators/hostile/numbers", test_numbers);
  return g_test_run ();
}
