/* SPDX-License-Identifier: MIT */
#include "../passes/qs-test-networks.h"
#include "builder/qs-alignment.h"

/* What misses to a multiple of 16 in INT8 and of 8 in FP16, counted by hand. */
static const struct
{
  QsPrecision precision;
  int channels, outputs, groups;
  gboolean found;
  int padded_inputs, padded_outputs;
} rows[] = {
  { QS_PRECISION_INT8, 3, 64, 1, TRUE, 13, 0 },
  { QS_PRECISION_FP16, 3, 64, 1, TRUE, 5, 0 },
  { QS_PRECISION_INT8, 24, 40, 1, TRUE, 8, 8 },
  { QS_PRECISION_FP16, 24, 40, 1, TRUE, 0, 0 },
  { QS_PRECISION_FP32, 3, 5, 1, FALSE, 0, 0 },
  { QS_PRECISION_INT8, 32, 64, 2, TRUE, 0, 0 },
  { QS_PRECISION_INT8, 8, 8, 8, FALSE, 0, 0 },
};

static void
test_convolution (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      QsShape shape = qs_shape_make (4, 1, rows[i].channels, 4, 4);
      QsAlignment alignment = { 0 };
      QsTestMaker maker;
      QsTensor *y;

      qs_test_maker_init (&maker, 1);
      y = qs_test_convolution (&maker, "conv", qs_test_input (&maker, "x", &shape), rows[i].outputs, 3,
                               rows[i].groups, FALSE);
      y->producer->precision = rows[i].precision;
      g_assert_cmpint (qs_layer_get_alignment (y->producer, &alignment), ==, rows[i].found);
      g_assert_cmpint (alignment.padded_inputs, ==, rows[i].padded_inputs);
      g_assert_cmpint (alignment.padded_outputs, ==, rows[i].padded_outputs);
      qs_test_maker_clear (&maker);
    }
}

/* A product of 20 by 10: 20 is 12 short of 32 in INT8, 10 is 6 short of 16. */
static void
test_product (void)
{
  QsShape shape = qs_shape_make (2, 1, 20);
  QsAlignment alignment;
  QsTestMaker maker;
  QsTensor *y;

  qs_test_maker_init (&maker, 1);
  y = qs_test_product (&maker, "fc", qs_test_input (&maker, "x", &shape), 10, FALSE);
  y->producer->precision = QS_PRECISION_INT8;
  g_assert_true (qs_layer_get_alignment (y->producer, &alignment));
  g_assert_cmpint (alignment.inputs, ==, 20);
  g_assert_cmpint (alignment.padded_inputs, ==, 12);
  g_assert_cmpint (alignment.padded_outputs, ==, 6);
  y->producer->precision = QS_PRECISION_FP16;
  g_assert_true (qs_layer_get_alignment (y->producer, &alignment));
  g_assert_cmpint (alignment.padded_inputs, ==, 4);
  g_assert_cmpint (alignment.padded_outputs, ==, 6);
  qs_test_maker_clear (&maker);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/alignment/convolution", test_convolution);
  g_test_add_func ("/alignment/product", test_product);

  return g_test_run ();
}
