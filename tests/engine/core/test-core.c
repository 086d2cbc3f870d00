/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "core/qs-error.h"
#include "core/qs-float16.h"
#include "core/qs-host-tensor.h"
#include "core/qs-progress.h"
#include "core/qs-rounding.h"
#include "core/qs-shape.h"
#include "qs-test.h"

static void
test_shape_overflow (void)
{
  gint64 dims[] = { QS_MAX_DIM, QS_MAX_DIM, QS_MAX_DIM };
  g_autoptr (GError) error = NULL;
  QsShape shape;

  g_assert_true (qs_shape_init (&shape, 3, dims, &error));
  g_assert_cmpint (qs_shape_n_elements (&shape), ==, -1);
  g_assert_false (qs_shape_check_bytes (&shape, 4, NULL, &error));
  g_assert_error (error, QS_ERROR, QS_ERROR_LIMIT);
}

static void
test_shape_empty (void)
{
  QsShape shape = qs_shape_make (3, 2, 0, 5);

  g_assert_cmpint (qs_shape_n_elements (&shape), ==, 0);
}

static void
test_shape_bad (void)
{
  gint64 dims[9] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 };
  gint64 negative[] = { 3, -2 };
  g_autoptr (GError) error = NULL;
  QsShape shape;

  g_assert_false (qs_shape_init (&shape, 9, dims, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_LIMIT, "9 dimensions");
  g_clear_error (&error);
  g_assert_false (qs_shape_init (&shape, 2, negative, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_SHAPE, "-2");
}

static void
test_shape_parse (void)
{
  const char *bad[] = { "", "x", "1x", "1x-3", "1x0", "axb", "1x1x1x1x1x1x1x1x1", "99999999999" };
  g_autoptr (GError) error = NULL;
  QsShape shape;

  g_assert_true (qs_shape_parse ("1x3x224x224", &shape, &error));
  g_assert_cmpint (shape.n_dims, ==, 4);
  g_assert_cmpint (shape.dims[3], ==, 224);

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) bad_error = NULL;

      g_assert_false (qs_shape_parse (bad[i], &shape, &bad_error));
      g_assert_error (bad_error, QS_ERROR, QS_ERROR_SHAPE);
    }
}

static void
test_shape_broadcast (void)
{
  QsShape a = qs_shape_make (3, 2, 1, 5), b = qs_shape_make (2, 4, 1), result;
  QsShape wrong = qs_shape_make (1, 3);

  g_assert_true (qs_shape_broadcast (&a, &b, &result));
  g_assert_cmpint (result.n_dims, ==, 3);
  g_assert_cmpint (result.dims[0], ==, 2);
  g_assert_cmpint (result.dims[1], ==, 4);
  g_assert_cmpint (result.dims[2], ==, 5);
  g_assert_false (qs_shape_broadcast (&a, &wrong, &result));
}

static void
test_tensor_refuses (void)
{
  QsShape shape = qs_shape_make (1, 4);
  g_autoptr (GError) error = NULL;
  float values[3] = { 0 };

  g_assert_null (qs_host_tensor_new_from_data (QS_DATA_TYPE_FLOAT, &shape, values, sizeof values,
                                               &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_SHAPE, "12 bytes");
  g_clear_error (&error);
  g_assert_null (qs_host_tensor_new (QS_DATA_TYPE_STRING, &shape, &error));
  g_assert_error (error, QS_ERROR, QS_ERROR_TYPE);
}

static void
test_tensor_convert (void)
{
  QsShape shape = qs_shape_make (1, 6);
  const float values[] = { -1.9f, 1.9f, 300.0f, NAN, INFINITY, -INFINITY };
  g_autoptr (GError) error = NULL;
  g_autoptr (QsHostTensor) tensor =
    qs_host_tensor_new_from_data (QS_DATA_TYPE_FLOAT, &shape, values, sizeof values, &error);
  g_autoptr (QsHostTensor) bytes = qs_host_tensor_convert (tensor, QS_DATA_TYPE_INT8, &error);
  g_autoptr (QsHostTensor) longs = qs_host_tensor_convert (tensor, QS_DATA_TYPE_INT64, &error);
  const gint8 *q = qs_host_tensor_get_data (bytes);
  const gint64 *l = qs_host_tensor_get_data (longs);

  g_assert_cmpint (q[0], ==, -1);
  g_assert_cmpint (q[1], ==, 1);
  g_assert_cmpint (q[2], ==, 127);
  g_assert_cmpint (q[3], ==, 0);
  g_assert_cmpint (q[5], ==, -128);
  g_assert_cmpint (l[2], ==, 300);
  g_assert_cmpint (l[4], ==, G_MAXINT64);
  g_assert_cmpint (l[5], ==, G_MININT64);
}

static void
test_tensor_slice (void)
{
  QsShape shape = qs_shape_make (2, 3, 2);
  const gint32 values[] = { 1, 2, 3, 4, 5, 6 };
  g_autoptr (GError) error = NULL;
  g_autoptr (QsHostTensor) tensor =
    qs_host_tensor_new_from_data (QS_DATA_TYPE_INT32, &shape, values, sizeof values, &error);
  g_autoptr (QsHostTensor) rows = qs_host_tensor_slice (tensor, 1, 2, &error);

  g_assert_no_error (error);
  g_assert_cmpint (qs_host_tensor_get_shape (rows)->dims[0], ==, 2);
  g_assert_cmpfloat (qs_host_tensor_get_number (rows, 0), ==, 3.0);
  g_assert_null (qs_host_tensor_slice (tensor, 2, 2, &error));
  g_assert_error (error, QS_ERROR, QS_ERROR_SHAPE);
}

/* Every half is exact in float, so the way back must give the same bits. */
static void
test_float16_round_trip (void)
{
  for (guint bits = 0; bits <= G_MAXUINT16; bits++)
    {
      float value = qs_float16_to_float ((guint16) bits);

      if (isnan (value))
        g_assert_true (isnan (qs_float16_to_float (qs_float16_from_float (value))));
      else
        g_assert_cmpuint (qs_float16_from_float (value), ==, bits);
    }
}

/* Between neighbours h and h+1 the middle goes to the even one, and a nudge decides otherwise. */
static void
test_float16_ties (void)
{
  for (guint bits = 0; bits < 0x7bff; bits++)
    {
      float low = qs_float16_to_float ((guint16) bits);
      float high = qs_float16_to_float ((guint16) (bits + 1));
      float middle = (float) (((double) low + high) / 2.0);
      guint even = (bits & 1) == 0 ? bits : bits + 1;

      g_assert_cmpuint (qs_float16_from_float (middle), ==, even);
      g_assert_cmpuint (qs_float16_from_float (nextafterf (middle, 1e9f)), ==, bits + 1);
      g_assert_cmpuint (qs_float16_from_float (nextafterf (middle, -1.0f)), ==, bits);
    }

  g_assert_cmpuint (qs_float16_from_float (65519.99f), ==, 0x7bff);
  g_assert_cmpuint (qs_float16_from_float (65520.0f), ==, 0x7c00);
  g_assert_cmpuint (qs_float16_from_float (-INFINITY), ==, 0xfc00);
}

static void
test_quantize (void)
{
  g_assert_cmpint (qs_quantize (0.5f, 1.0f), ==, 0);
  g_assert_cmpint (qs_quantize (1.5f, 1.0f), ==, 2);
  g_assert_cmpint (qs_quantize (2.5f, 1.0f), ==, 2);
  g_assert_cmpint (qs_quantize (-0.5f, 1.0f), ==, 0);
  g_assert_cmpint (qs_quantize (-1.5f, 1.0f), ==, -2);
  g_assert_cmpint (qs_quantize (126.5f, 1.0f), ==, 126);
  g_assert_cmpint (qs_quantize (127.5f, 1.0f), ==, 127);
  g_assert_cmpint (qs_quantize (-128.5f, 1.0f), ==, -128);
  g_assert_cmpint (qs_quantize (1e30f, 1.0f), ==, 127);
  g_assert_cmpint (qs_quantize (-INFINITY, 1.0f), ==, -128);
  g_assert_cmpint (qs_quantize (NAN, 1.0f), ==, -128);
}

/* The formula must equal rint() in the default rounding mode over the whole range of codes. */
static void
test_round_half_even (void)
{
  for (int i = -260 * 64; i <= 260 * 64; i++)
    {
      float value = (float) i / 128.0f;

      g_assert_cmpfloat (qs_round_half_even (value), ==, rintf (value));
    }
}

static void
test_progress_cancel (void)
{
  g_autoptr (QsProgress) progress = qs_progress_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (qs_progress_check (progress, &error));
  g_assert_true (qs_progress_check (NULL, &error));
  qs_progress_cancel (progress);
  g_assert_false (qs_progress_check (progress, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
count_notify (GObject    *object,
              GParamSpec *pspec,
              gpointer    user_data)
{
  ++*(int *) user_data;
}

static void
test_progress_notify (void)
{
  g_autoptr (QsProgress) progress = qs_progress_new ();
  int n = 0;

  g_signal_connect (progress, "notify::fraction", G_CALLBACK (count_notify), &n);
  for (int i = 0; i < 100; i++)
    qs_progress_set_fraction (progress, i / 100.0);
  while (g_main_context_iteration (NULL, FALSE))
    ;

  g_assert_cmpint (n, ==, 1);
  g_assert_cmpfloat (qs_progress_get_fraction (progress), ==, 0.99);
}

static void
test_progress_range (void)
{
  g_autoptr (QsProgress) progress = qs_progress_new ();

  qs_progress_set_range (progress, 0.5, 0.75);
  qs_progress_set_fraction (progress, 0.5);
  g_assert_cmpfloat (qs_progress_get_fraction (progress), ==, 0.625);
  qs_progress_set_fraction (progress, 2.0);
  g_assert_cmpfloat (qs_progress_get_fraction (progress), ==, 0.75);
  qs_progress_set_fraction (progress, -1.0);
  g_assert_cmpfloat (qs_progress_get_fraction (progress), ==, -1.0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/core/shape/overflow", test_shape_overflow);
  g_test_add_func ("/core/shape/empty", test_shape_empty);
  g_test_add_func ("/core/shape/bad", test_shape_bad);
  g_test_add_func ("/core/shape/parse", test_shape_parse);
  g_test_add_func ("/core/shape/broadcast", test_shape_broadcast);
  g_test_add_func ("/core/tensor/refuses", test_tensor_refuses);
  g_test_add_func ("/core/tensor/convert", test_tensor_convert);
  g_test_add_func ("/core/tensor/slice", test_tensor_slice);
  g_test_add_func ("/core/float16/round-trip", test_float16_round_trip);
  g_test_add_func ("/core/float16/ties", test_float16_ties);
  g_test_add_func ("/core/rounding/quantize", test_quantize);
  g_test_add_func ("/core/rounding/half-even", test_round_half_even);
  g_test_add_func ("/core/progress/cancel", test_progress_cancel);
  g_test_add_func ("/core/progress/notify", test_progress_notify);
  g_test_add_func ("/core/progress/range", test_progress_range);

  return g_test_run ();
}
