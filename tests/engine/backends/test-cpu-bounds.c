/* SPDX-License-Identifier: MIT */
#include "test-cpu-bounds.h"

#include <math.h>

#include "qs-cpu-test.h"

/*
 * FP32 layers against their formulas in double precision, evaluated in this file from the definition of
 * the operator. What an element may err by is derived from u = 2^-24, the rounding error of one float
 * operation, in the manner of Higham 2002 (Accuracy and Stability of Numerical Algorithms, §3.1 and
 * §3.3): n roundings in a row change a term by at most gamma (n) = n u / (1 - n u) of itself, whatever
 * the order of a sum, and whether or not a multiplication is fused with an addition. The double
 * precision sums err too, 2^29 times less, and every bound has one rounding more than needed for that.
 */

#define U 0x1p-24

static double
gamma_of (double n)
{
  return n * U / (1.0 - n * U);
}

typedef struct
{
  gint64 n;
  double *exact;
  double *bound;
  double largest;        /* error over its bound */
} Expected;

static void
expected_init (Expected *self,
               gint64    n)
{
  *self = (Expected) { .n = n, .exact = g_new0 (double, n), .bound = g_new0 (double, n) };
}

static void
check_result (QsCpuTest      *test,
              const QsKernel *kernel,
              QsHostTensor   *result,
              gpointer        user_data)
{
  Expected *self = user_data;

  g_assert_cmpint (qs_host_tensor_get_n_elements (result), ==, self->n);
  for (gint64 i = 0; i < self->n; i++)
    {
      const double error = fabs (qs_host_tensor_get_floats (result)[i] - self->exact[i]);

      if (!(error <= self->bound[i]))
        g_error ("%s: output %" G_GINT64_FORMAT " is %.9g, not %.17g: that is %g instead of at most %g",
                 qs_cpu_test_describe (test, kernel), i, qs_host_tensor_get_floats (result)[i],
                 self->exact[i], error, self->bound[i]);
      self->largest = MAX (self->largest, error / self->bound[i]);
    }
}

/* All levels; then everything is freed. */
static void
check (QsCpuTest *test,
       Expected  *expected,
       double    *largest)
{
  qs_cpu_test_all (test, QS_PRECISION_FP32, check_result, expected);
  *largest = MAX (*largest, expected->largest);
  g_free (expected->exact);
  g_free (expected->bound);
  qs_cpu_test_clear (test);
}

static const float *
values_of (const QsCpuTest *test,
           guint            index)
{
  return test->values[index] != NULL ? qs_host_tensor_get_floats (test->values[index]) : NULL;
}

static void
add_random (QsCpuTest *test,
            QsRandom  *random,
            guint      index,
            QsShape    shape,
            float      factor,
            gboolean   constant)
{
  QsHostTensor *tensor = qs_random_tensor (random, QS_DATA_TYPE_FLOAT, &shape, FALSE);
  float *values = qs_host_tensor_get_mutable (tensor);

  for (gint64 i = 0; i < qs_shape_n_elements (&shape); i++)
    values[i] *= factor;
  qs_cpu_test_add_input (test, index, tensor, 0, constant);
}

/* alpha A B + beta c: a product of A and B is rounded, or fused, in the sum of k terms, then multiplied
 * and added to: k + 2 roundings. The bias is rounded twice. */
static void
expect_product (const QsCpuTest                  *test,
                const QsMatrixMultiplyAttributes *attributes,
                const gint64                     *size,
                Expected                         *expected)
{
  const float *a = values_of (test, 0), *b = values_of (test, 1), *c = values_of (test, 2);
  const gint64 m = size[0], k = size[1], n = size[2];
  const double alpha = attributes->alpha, beta = attributes->beta;

  for (gint64 i = 0; i < m; i++)
    for (gint64 j = 0; j < n; j++)
      {
        double sum = 0.0, magnitude = 0.0;
        const double bias = c != NULL ? beta * c[j] : 0.0;

        for (gint64 p = 0; p < k; p++)
          {
            const double product = (double) a[attributes->trans_a ? p * m + i : i * k + p]
                                   * b[attributes->trans_b ? j * k + p : p * n + j];

            sum += product;
            magnitude += fabs (product);
          }
        expected->exact[i * n + j] = alpha * sum + bias;
        expected->bound[i * n + j] = gamma_of ((double) k + 3)
                                     * (fabs (alpha) * magnitude + fabs (bias));
      }
}

static void
test_matrix_multiply (void)
{
  double largest = 0.0;

  for (guint64 seed = 1; seed <= 80; seed++)
    {
      QsMatrixMultiplyAttributes attributes = { .alpha = 1.0f, .beta = 1.0f };
      QsRandom random = { seed * 7927 };
      const gboolean constant = seed % 2 == 0;
      const gint64 size[] = { qs_random_between (&random, 1, 14),
                              qs_random_between (&random, 1, seed % 8 == 0 ? 3000 : 200),
                              qs_random_between (&random, 1, 40) };
      Expected expected;
      QsCpuTest test;

      attributes.trans_b = qs_random_between (&random, 0, 1);
      attributes.trans_a = !constant && qs_random_between (&random, 0, 1);
      if (seed % 3 == 0)
        attributes = (QsMatrixMultiplyAttributes) { attributes.trans_a, attributes.trans_b, 0.73f,
                                                    -0.5f };
      qs_cpu_test_init (&test, seed);
      add_random (&test, &random, 0, qs_shape_make (2, (int) size[attributes.trans_a],
                                                    (int) size[!attributes.trans_a]), 1.0f, FALSE);
      add_random (&test, &random, 1, qs_shape_make (2, (int) size[attributes.trans_b ? 2 : 1],
                                                    (int) size[attributes.trans_b ? 1 : 2]), 1.0f,
                  constant);
      if (seed % 5 < 3)
        add_random (&test, &random, 2, qs_shape_make (1, (int) size[2]), 1.0f, TRUE);
      qs_cpu_test_add_layer (&test, QS_LAYER_MATRIX_MULTIPLY, &attributes, 3, QS_DATA_TYPE_FLOAT, 0);
      expected_init (&expected, size[0] * size[2]);
      expect_product (&test, &attributes, size, &expected);
      check (&test, &expected, &largest);
    }

  g_test_message ("the largest error is %.3f of its bound", largest);
}

/*
 * exp (x - top) / sum of exp (x - top): the difference is rounded once, which exp makes |difference| u of
 * its value; exp itself errs by one unit in the last place (test-math.c), at most 2 u. The terms of the
 * sum err by no more than the worst of them, and by n - 1 roundings; the reciprocal and the product are
 * two more.
 */
static void
expect_soft_max (const QsCpuTest *test,
                 gint64           n_rows,
                 gint64           n,
                 Expected        *expected)
{
  const float *x = values_of (test, 0);

  for (gint64 row = 0; row < n_rows; row++, x += n)
    {
      double top = x[0], low = x[0], sum = 0.0;

      for (gint64 i = 0; i < n; i++)
        {
          top = MAX (top, x[i]);
          low = MIN (low, x[i]);
        }
      for (gint64 i = 0; i < n; i++)
        sum += exp (x[i] - top);
      for (gint64 i = 0; i < n; i++)
        {
          const double one = exp (x[i] - top) / sum;

          expected->exact[row * n + i] = one;
          expected->bound[row * n + i] = one * gamma_of ((top - x[i]) + (top - low) + 4.0
                                                         + (double) n + 2.0);
        }
    }
}

static void
test_soft_max (void)
{
  double largest = 0.0;

  for (guint64 seed = 1; seed <= 30; seed++)
    {
      QsSoftMaxAttributes attributes = { .axis = 1, .n_axes = 1 };
      QsRandom random = { seed * 6151 };
      const gint64 n_rows = qs_random_between (&random, 1, 5);
      const gint64 n = qs_random_between (&random, 1, seed % 3 == 0 ? 2000 : 100);
      Expected expected;
      QsCpuTest test;

      qs_cpu_test_init (&test, seed);
      /* Differences up to 60: their exponentials are still normal numbers. */
      add_random (&test, &random, 0, qs_shape_make (2, (int) n_rows, (int) n),
                  seed % 4 == 0 ? 20.0f : 1.0f, FALSE);
      qs_cpu_test_add_layer (&test, QS_LAYER_SOFT_MAX, &attributes, 1, QS_DATA_TYPE_FLOAT, 0);
      expected_init (&expected, n_rows * n);
      expect_soft_max (&test, n_rows, n, &expected);
      check (&test, &expected, &largest);
    }

  g_test_message ("the largest error is %.3f of its bound", largest);
}

/*
 * (x - mean) / sqrt (variance + epsilon) * scale + bias. The mean errs by m = gamma (n) mean |x|, n - 1
 * additions and a division, and so a deviation d by e = m + u (|d| + m), d for the largest. The sum of
 * squares of deviations that err by e is off by at most 2 e sqrt (variance) + e² for each element (of
 * mean |d| <= sqrt (variance)), and by n + 2 roundings; relative to variance + epsilon that is r, and
 * 1 / sqrt (1 - r) - 1 <= r / 2 (1 + r) / (1 - r) for its root. Root, reciprocal and product are three
 * roundings, the scale and the bias one each.
 */
static void
expect_normalized (const QsCpuTest *test,
                   double           epsilon,
                   gint64           n_rows,
                   gint64           n,
                   Expected        *expected)
{
  const float *x = values_of (test, 0), *scale = values_of (test, 1), *bias = values_of (test, 2);

  for (gint64 row = 0; row < n_rows; row++, x += n)
    {
      double sum = 0.0, magnitude = 0.0, squares = 0.0, furthest = 0.0;
      double mean, variance, m, e, r, root;

      for (gint64 i = 0; i < n; i++)
        {
          sum += x[i];
          magnitude += fabs ((double) x[i]);
        }
      mean = sum / (double) n;
      for (gint64 i = 0; i < n; i++)
        {
          squares += (x[i] - mean) * (x[i] - mean);
          furthest = MAX (furthest, fabs (x[i] - mean));
        }
      variance = squares / (double) n;
      root = sqrt (variance + epsilon);

      m = gamma_of ((double) n) * magnitude / (double) n;
      e = m + U * (furthest + m);
      r = (2.0 * e * sqrt (variance) + e * e) / (variance + epsilon) + gamma_of ((double) n + 2.0);
      r = 0.5 * r * (1.0 + r) / (1.0 - r);
      for (gint64 i = 0; i < n; i++)
        {
          const double z = (x[i] - mean) / root, y = z * scale[i] + (bias != NULL ? bias[i] : 0.0);
          const double of_z = (1.0 + r) * e / root + fabs (z) * (r + gamma_of (4.0));

          expected->exact[row * n + i] = y;
          expected->bound[row * n + i] = (1.0 + 3.0 * U) * fabs (scale[i]) * of_z
                                         + gamma_of (3.0) * (fabs (z * scale[i]) + fabs (y));
        }
    }
}

static void
test_normalization (void)
{
  double largest = 0.0;

  for (guint64 seed = 1; seed <= 30; seed++)
    {
      QsNormalizationAttributes attributes = { .type = QS_NORMALIZATION_LAYER, .axis = 1,
                                               .epsilon = 1e-5f };
      QsRandom random = { seed * 4391 };
      const gint64 n_rows = qs_random_between (&random, 1, 5);
      const gint64 n = qs_random_between (&random, 2, seed % 3 == 0 ? 2000 : 100);
      Expected expected;
      QsCpuTest test;
      float *values;

      qs_cpu_test_init (&test, seed);
      add_random (&test, &random, 0, qs_shape_make (2, (int) n_rows, (int) n), 1.0f, FALSE);
      /* Far from zero, the mean's error is what counts. */
      values = qs_host_tensor_get_mutable (test.values[0]);
      for (gint64 i = 0; i < n_rows * n; i++)
        values[i] += seed % 4 == 0 ? 40.0f : 0.0f;
      add_random (&test, &random, 1, qs_shape_make (1, (int) n), 1.0f, TRUE);
      if (seed % 2 == 0)
        add_random (&test, &random, 2, qs_shape_make (1, (int) n), 1.0f, TRUE);
      qs_cpu_test_add_layer (&test, QS_LAYER_NORMALIZATION, &attributes, seed % 2 == 0 ? 3 : 2,
                             QS_DATA_TYPE_FLOAT, 0);
      expected_init (&expected, n_rows * n);
      expect_normalized (&test, attributes.epsilon, n_rows, n, &expected);
      check (&test, &expected, &largest);
    }

  g_test_message ("the largest error is %.3f of its bound", largest);
}

void
qs_cpu_bounds_add_tests (void)
{
  g_test_add_func ("/cpu/bounds/matrix-multiply", test_matrix_multiply);
  g_test_add_func ("/cpu/bounds/soft-max", test_soft_max);
  g_test_add_func ("/cpu/bounds/normalization", test_normalization);
}
