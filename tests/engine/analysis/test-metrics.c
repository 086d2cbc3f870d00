/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "analysis/qs-metrics.h"
#include "core/qs-error.h"
#include "qs-test.h"

static QsHostTensor *
make (int          n,
      int          n_classes,
      const float *values)
{
  QsShape shape = qs_shape_make (2, n, n_classes);
  g_autoptr (GError) error = NULL;
  QsHostTensor *tensor =
    qs_host_tensor_new_from_data (QS_DATA_TYPE_FLOAT, &shape, values,
                                  (gsize) n * n_classes * sizeof (float), &error);

  g_assert_no_error (error);
  return tensor;
}

/* Counted by hand: labels rank 0, 1, 4, 5 and 6 among seven classes. */
static void
test_top (void)
{
  const float values[] = {
    9, 1, 2, 3, 4, 5, 6,
    9, 1, 2, 3, 4, 5, 6,
    9, 1, 2, 3, 4, 5, 6,
    9, 1, 2, 3, 4, 5, 6,
    9, 1, 2, 3, 4, 5, 6,
  };
  const gint64 labels[] = { 0, 6, 3, 2, 1 };
  g_autoptr (QsHostTensor) outputs = make (5, 7, values);
  g_autoptr (QsMetrics) metrics = qs_metrics_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (qs_metrics_add (metrics, outputs, NULL, labels, &error));
  g_assert_no_error (error);
  g_assert_cmpint (qs_metrics_get_n (metrics), ==, 5);
  g_assert_cmpfloat (qs_metrics_get_top1 (metrics), ==, 0.2);
  g_assert_cmpfloat (qs_metrics_get_top5 (metrics), ==, 0.6);
  g_assert_true (isnan (qs_metrics_get_agreement (metrics)));
  g_assert_true (isnan (qs_metrics_get_cosine (metrics)));
  g_assert_true (isnan (qs_metrics_get_sqnr_db (metrics)));
}

/* Equal outputs: the lower index is first, so label 1 of {5, 5, 5} is second. */
static void
test_ties (void)
{
  const float values[] = { 5, 5, 5, 0, 5, 5 };
  const float other[] = { 5, 4, 4, 0, 4, 5 };
  const gint64 labels[] = { 1, 1 };
  g_autoptr (QsHostTensor) outputs = make (2, 3, values);
  g_autoptr (QsHostTensor) reference = make (2, 3, other);
  g_autoptr (QsMetrics) metrics = qs_metrics_new ();

  g_assert_true (qs_metrics_add (metrics, outputs, reference, labels, NULL));
  g_assert_cmpfloat (qs_metrics_get_top1 (metrics), ==, 0.5);
  /* First classes 0 and 1 against 0 and 2. */
  g_assert_cmpfloat (qs_metrics_get_agreement (metrics), ==, 0.5);
}

static void
test_nan (void)
{
  const float values[] = { NAN, -INFINITY, NAN, NAN, NAN, 2 };
  const gint64 labels[] = { 1, 0 };
  g_autoptr (QsHostTensor) outputs = make (2, 3, values);
  g_autoptr (QsMetrics) metrics = qs_metrics_new ();

  g_assert_true (qs_metrics_add (metrics, outputs, outputs, labels, NULL));
  /* -inf is larger than no number; a label whose output is NaN is nowhere. */
  g_assert_cmpfloat (qs_metrics_get_top1 (metrics), ==, 0.5);
  g_assert_cmpfloat (qs_metrics_get_top5 (metrics), ==, 0.5);
  g_assert_cmpfloat (qs_metrics_get_agreement (metrics), ==, 1.0);
  g_assert_true (isnan (qs_metrics_get_cosine (metrics)));
}

/*
 * By hand: {3, 4} and {4, 3} have the cosine 24/25, {1, 0} and {0, 2} have 0, {0, 0} and {0, 0}
 * have 1: the mean is 1.96/3. Squares of the reference 25 + 4 + 0 = 29, squared differences
 * 2 + 5 + 0 = 7: 10 log10 (29 / 7) = 6.1729995788469925
 */
static void
test_distance (void)
{
  const float values[] = { 3, 4, 1, 0, 0, 0 };
  const float other[] = { 4, 3, 0, 2, 0, 0 };
  g_autoptr (QsHostTensor) outputs = make (3, 2, values);
  g_autoptr (QsHostTensor) reference = make (3, 2, other);
  g_autoptr (QsMetrics) metrics = qs_metrics_new ();

  g_assert_true (qs_metrics_add (metrics, outputs, reference, NULL, NULL));
  g_assert_cmpfloat_with_epsilon (qs_metrics_get_cosine (metrics), 1.96 / 3.0, 1e-15);
  g_assert_cmpfloat_with_epsilon (qs_metrics_get_sqnr_db (metrics), 6.1729995788469925, 1e-12);
  g_assert_true (isnan (qs_metrics_get_top1 (metrics)));
}

/* Batches add up to the same as one call. */
static void
test_batches (void)
{
  const float values[] = { 3, 4, 1, 0, 0, 0 };
  const float other[] = { 4, 3, 0, 2, 0, 0 };
  const gint64 labels[] = { 1, 0, 1 };
  g_autoptr (QsMetrics) all = qs_metrics_new ();
  g_autoptr (QsMetrics) parts = qs_metrics_new ();
  g_autoptr (QsHostTensor) outputs = make (3, 2, values);
  g_autoptr (QsHostTensor) reference = make (3, 2, other);

  g_assert_true (qs_metrics_add (all, outputs, reference, labels, NULL));
  for (int i = 0; i < 3; i++)
    {
      g_autoptr (QsHostTensor) row = make (1, 2, values + 2 * i);
      g_autoptr (QsHostTensor) reference_row = make (1, 2, other + 2 * i);

      g_assert_true (qs_metrics_add (parts, row, reference_row, labels + i, NULL));
    }

  g_assert_cmpint (qs_metrics_get_n (parts), ==, 3);
  g_assert_cmpfloat (qs_metrics_get_top1 (parts), ==, qs_metrics_get_top1 (all));
  g_assert_cmpfloat (qs_metrics_get_agreement (parts), ==, qs_metrics_get_agreement (all));
  g_assert_cmpfloat (qs_metrics_get_cosine (parts), ==, qs_metrics_get_cosine (all));
  g_assert_cmpfloat (qs_metrics_get_sqnr_db (parts), ==, qs_metrics_get_sqnr_db (all));
}

static void
test_equal (void)
{
  const float values[] = { 3, INFINITY };
  g_autoptr (QsHostTensor) outputs = make (2, 1, values);
  g_autoptr (QsMetrics) metrics = qs_metrics_new ();

  g_assert_true (qs_metrics_add (metrics, outputs, outputs, NULL, NULL));
  g_assert_true (isinf (qs_metrics_get_sqnr_db (metrics)));
  g_assert_cmpfloat (qs_metrics_get_sqnr_db (metrics), >, 0.0);
}

static void
test_bad_label (void)
{
  const float values[] = { 3, 4, 1, 0 };
  const gint64 labels[] = { 1, 2 };
  const gint64 negative[] = { -1, 0 };
  g_autoptr (QsHostTensor) outputs = make (2, 2, values);
  g_autoptr (QsMetrics) metrics = qs_metrics_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (qs_metrics_add (metrics, outputs, NULL, labels, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_DATA, "Sample 1 has the label 2");
  g_clear_error (&error);
  g_assert_false (qs_metrics_add (metrics, outputs, NULL, negative, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_DATA, "label -1");
  g_assert_cmpint (qs_metrics_get_n (metrics), ==, 0);
}

static void
test_bad_shape (void)
{
  const float values[] = { 3, 4, 1, 0 };
  QsShape scalar = qs_shape_make (0);
  g_autoptr (QsHostTensor) outputs = make (2, 2, values);
  g_autoptr (QsHostTensor) other = make (1, 4, values);
  g_autoptr (QsHostTensor) number =
    qs_host_tensor_new_from_data (QS_DATA_TYPE_FLOAT, &scalar, values, sizeof (float), NULL);
  g_autoptr (QsMetrics) metrics = qs_metrics_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (qs_metrics_add (metrics, outputs, other, NULL, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISMATCH, "1×4");
  g_clear_error (&error);
  g_assert_false (qs_metrics_add (metrics, number, NULL, NULL, &error));
  g_assert_error (error, QS_ERROR, QS_ERROR_SHAPE);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/analysis/metrics/top", test_top);
  g_test_add_func ("/analysis/metrics/ties", test_ties);
  g_test_add_func ("/analysis/metrics/nan", test_nan);
  g_test_add_func ("/analysis/metrics/distance", test_distance);
  g_test_add_func ("/analysis/metrics/batches", test_batches);
  g_test_add_func ("/analysis/metrics/equal", test_equal);
  g_test_add_func ("/analysis/metrics/bad-label", test_bad_label);
  g_test_add_func ("/analysis/metrics/bad-shape", test_bad_shape);

  return g_test_run ();
}
