/* SPDX-License-Identifier: MIT */
#include "qs-op-test.h"

/*
 * Normalizations, and BatchNormalization.
 *
 * The values are what ONNX Runtime 1.31 gives for the same one-node models and inputs (where it
 * refuses a case, ONNX's reference evaluator), printed with seven digits.
 */
static const QsOpCase values[] = {
  { "LayerNormalization", 17, "2x3x4,c4,c4", "", "2x3x4",
    "0.9065285 -0.09347147 0.8686943 -0.9847928 0.1500013 -2.499978 1.349995 0.1499981 "
    "0.6114457 1.15763 1.060241 0.7831323 0.1500013 -2.499978 1.349995 0.1499981 "
    "0.6114457 1.15763 1.060241 0.7831323 -0.2720882 -1.051205 0.618474 -0.5421686" },
  { "LayerNormalization", 17, "2x3x2,c3x2", "axis=1;epsilon=0.01f", "2x3x2",
    "0.6916132 0.8645166 -0.1235024 -1.185623 0.3952076 -0 -0.6760487 0.1877913 "
    "-0.2629078 -0.7887235 -0.150233 -0" },
  { "InstanceNormalization", 13, "2x2x3,c2,c2", "", "2x2x3",
    "0.8312325 -0.3893557 0.3081233 0.7809196 -0.75 -2.28092 -0.3623678 0.25 0.8623678 "
    "0.7809196 -0.75 -2.28092" },
  { "InstanceNormalization", 13, "1x2x2x3,c2,c2", "epsilon=0.1f", "1x2x2x3",
    "0.901621 -0.07581055 0.4827218 -0.4947098 0.06382254 0.6223549 0.8399307 -0.573341 "
    "-1.986613 0.4866127 -0.9266589 -2.339931" },
  { "GroupNormalization", 18, "1x4x3,c2,c2", "num_groups=2", "1x4x3",
    "0.946521 -0.09826052 0.4987575 -0.5460241 0.05099398 0.648012 0.9524498 -0.5608389 "
    "-2.074128 0.5741277 -0.9391611 -2.45245" },
  { "GroupNormalization", 21, "1x4x3,c4,c4", "num_groups=2", "1x4x3",
    "0.946521 -0.09826052 0.4987575 1.24006 -0.2524849 -1.74503 1.34049 1.037832 "
    "0.7351745 -0.7944766 0.1134967 1.02147" },
  { "LRN", 13, "1x5x2x2", "size=3;alpha=0.5f", "1x5x2x2",
    "-1.044344 0.4545729 -0.4338404 1.05081 0.1904294 -0.6424705 0.8621127 0 -0.8621126 "
    "0.6424705 -0.1904295 -1.044344 0.4101955 -0.4101956 1.044344 0.1904294 -0.6818593 "
    "0.8676808 0 -0.8849007" },
  { "LRN", 13, "1x4x2x1", "size=4;alpha=1.0f;beta=0.5f;bias=2.0f", "1x4x2x1",
    /* numpy, from the definition: ONNX Runtime has odd sizes only. */
    "-0.7955573 0.3104602 -0.3032392 0.7761505 0.1638464 -0.4714045 0.6643638 0" },
  { "LpNormalization", 13, "2x3", "axis=1;p=1", "2x3",
    "-0.5555556 0.2222222 -0.2222222 0.5555556 0.1111111 -0.3333333" },
  { "LpNormalization", 13, "2x3x2", "axis=1", "2x3x2",
    "-0.9128709 0.3244428 -0.3651484 0.8111071 0.1825742 -0.4866643 0.6963106 0 "
    "-0.6963106 0.5144958 -0.1740777 -0.857493" },
  { "MeanVarianceNormalization", 13, "2x2x2x2", "", "2x2x2x2",
    "-1.150308 0.8017296 -0.3137203 1.638317 0 -1.568929 1.176697 -0.3922323 -0.8714452 "
    "1.080592 -0.03485781 -1.150308 0.3922323 -1.176697 1.568929 0" },
  { "BatchNormalization", 15, "2x2x3,c2,c2,c2,c2", "epsilon=2.0f", "2x2x3",
    "1.375 0.5 1 0.192223 -0.5615554 -1.315334 0.25 0.75 1.25 -0.1846663 -0.9384446 "
    "-1.692223" },
  { "BatchNormalization", 9, "2x2,c2,c2,c2,c2", "epsilon=1.5f", "2x2",
    "1.84099 -0.3333333 1.31066 0.2916667" },
};

/* Tensors without elements, and what reductions and sums over nothing are by definition. */
static const QsOpCase empty[] = {
  { "LayerNormalization", 17, "0x3,c3", "", "0x3", "" },
};

/* What must be refused, and a word that says why. */
static const QsOpCase errors[] = {
  { "LayerNormalization", 17, "2x3,c2", "", NULL, "does not fit" },
  { "LayerNormalization", 17, "2x3,c3", "axis=2", NULL, "axis 2 does not exist" },
  { "LayerNormalization", 17, "2x3", "", NULL, "input 1 is missing" },
  { "InstanceNormalization", 13, "1x2x3,c3,c2", "", NULL, "does not fit" },
  { "GroupNormalization", 21, "1x4x3,c4,c4", "num_groups=3", NULL, "3 groups do not divide" },
  { "LRN", 13, "1x4x2", "", NULL, "size is 0" },
  { "LpNormalization", 13, "2x3", "p=3", NULL, "p is 3" },
  { "InstanceNormalization", 13, "2,c2,c2", "", NULL, "dimensions" },
  { "BatchNormalization", 15, "2x2x3,c2,c2,c2,c3", "", NULL, "channels" },
  { "BatchNormalization", 15, "2x2x3,c2,c2,c2,c2", "training_mode=1", NULL, "training mode" },
  { "BatchNormalization", 15, "2,c2,c2,c2,c2", "", NULL, "channels" },
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
  g_test_add_func ("/operators/normalization/values", test_values);
  g_test_add_func ("/operators/normalization/empty", test_empty);
  g_test_add_func ("/operators/normalization/errors", test_errors);
  return g_test_run ();
}
