/* SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <string.h>

#include "calibration/qs-histogram-loops.h"
#include "calibration/qs-histogram-set.h"
#include "qs-test.h"

static float
normal (GRand *rand)
{
  double u = g_rand_double (rand), v = g_rand_double (rand);

  return (float) (sqrt (-2.0 * log (1.0 - u)) * cos (2.0 * G_PI * v));
}

static guint64
total (const QsHistogram *histogram)
{
  const guint64 *counts = qs_histogram_get_counts (histogram);
  guint64 sum = 0;

  for (int i = 0; i < QS_HISTOGRAM_BINS; i++)
    sum += counts[i];

  return sum;
}

/* One value at a time, with the definition of a bin written out. */
static void
test_bins (void)
{
  const float values[] = { 4.0f, -4.0f, 0.0f, 2.0f, -1.999f, 0.001953125f, 0.0019531f, 3.999f };
  g_autoptr (QsHistogram) histogram = qs_histogram_new ();
  const guint64 *counts = qs_histogram_get_counts (histogram);

  qs_histogram_add (histogram, values, G_N_ELEMENTS (values));
  g_assert_cmpfloat (qs_histogram_get_range (histogram), ==, 4.0f);
  g_assert_cmpuint (counts[2047], ==, 3);
  g_assert_cmpuint (counts[1024], ==, 1);
  g_assert_cmpuint (counts[1023], ==, 1);
  g_assert_cmpuint (counts[1], ==, 1);
  g_assert_cmpuint (counts[0], ==, 2);
  g_assert_cmpuint (total (histogram), ==, 8);
}

/* The same values in one batch and in many, by a count with the final range: doubling must move no
 * count. The first batch holds a value v so that v * 2^k is the range; values equal to an earlier
 * range are avoided, since those are in the last bin before a doubling and would be in the first bin
 * of the upper half after it. */
static void
test_doubling (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  g_autoptr (QsHistogram) histogram = qs_histogram_new ();
  guint64 expected[QS_HISTOGRAM_BINS] = { 0 };
  float range = 0.7f;

  for (int batch = 0; batch < 40; batch++)
    {
      float values[5000];

      for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
        {
          values[i] = normal (rand) * (float) (batch + 1) * 0.05f;
          if (batch == 0)
            values[i] = CLAMP (values[i], -0.5f, 0.5f);
        }
      if (batch == 0)
        values[17] = -0.7f;

      qs_histogram_add (histogram, values, G_N_ELEMENTS (values));
      for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
        while (fabsf (values[i]) > range)
          range *= 2.0f;
    }
  g_assert_cmpfloat (qs_histogram_get_range (histogram), ==, range);
  g_assert_cmpuint (qs_histogram_get_n_doublings (histogram), ==, (guint) log2f (range / 0.7f));

  g_rand_set_seed (rand, 3);
  for (int batch = 0; batch < 40; batch++)
    for (int i = 0; i < 5000; i++)
      {
        float value = normal (rand) * (float) (batch + 1) * 0.05f;

        if (batch == 0)
          value = CLAMP (value, -0.5f, 0.5f);
        if (batch == 0 && i == 17)
          expected[(guint) (2047.0f * 0.7f / range)]++;
        else
          expected[MIN ((guint) (fabsf (value) / range * 2048.0f), 2047)]++;
      }
  g_assert_cmpmem (expected, sizeof expected, qs_histogram_get_counts (histogram), sizeof expected);
  g_assert_cmpuint (total (histogram), ==, 200000);
}

/* The first non-zero batch makes the range; zeros before it are in bin 0. */
static void
test_leading_zeros (void)
{
  const float zeros[300] = { 0 }, values[] = { 0.0f, 1.0f };
  g_autoptr (QsHistogram) histogram = qs_histogram_new ();

  qs_histogram_add (histogram, zeros, 300);
  g_assert_cmpfloat (qs_histogram_get_range (histogram), ==, 0.0f);
  g_assert_cmpuint (total (histogram), ==, 0);
  g_assert_cmpfloat (qs_histogram_get_clipped (histogram, 0.0f), ==, 0.0);
  qs_histogram_add (histogram, values, 2);
  g_assert_cmpuint (qs_histogram_get_counts (histogram)[0], ==, 301);
  g_assert_cmpuint (qs_histogram_get_n_zeros (histogram), ==, 301);
  g_assert_cmpuint (qs_histogram_get_n (histogram), ==, 302);
}

static void
test_statistics (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (4);
  g_autoptr (QsHistogram) histogram = qs_histogram_new ();
  g_autofree float *values = g_new (float, 100001);
  double sum = 0.0, squares = 0.0;

  for (int i = 0; i < 100001; i++)
    {
      values[i] = 1000.0f + normal (rand);
      sum += (double) values[i];
    }
  for (int i = 0; i < 100001; i++)
    squares += ((double) values[i] - sum / 100001) * ((double) values[i] - sum / 100001);

  qs_histogram_add (histogram, values, 60000);
  qs_histogram_add (histogram, values + 60000, 40001);
  /* Differences from the first value, a few units large, are added up 8 at a time in float32: each
   * addition rounds by at most 2^-24 of the sum, less than 1e-6 of what they are the mean of. */
  g_assert_cmpfloat_with_epsilon (qs_histogram_get_mean (histogram), sum / 100001, 1e-6);
  g_assert_cmpfloat_with_epsilon (qs_histogram_get_variance (histogram), squares / 100001, 1e-5);
  g_assert_cmpfloat (qs_histogram_get_min (histogram), >, 990.0f);
  g_assert_cmpfloat (qs_histogram_get_max (histogram), <, 1010.0f);
  g_assert_cmpfloat (qs_histogram_get_abs_max (histogram), ==, qs_histogram_get_max (histogram));
}

/* In blocks of all sizes, in the middle and at the ends, also in a batch of nothing else. */
static void
test_not_finite (void)
{
  for (int n = 1; n < 9000; n += 997)
    {
      g_autoptr (QsHistogram) with = qs_histogram_new (), without = qs_histogram_new ();
      g_autofree float *values = g_new (float, n + 3), *clean = g_new (float, n);

      for (int i = 0; i < n; i++)
        clean[i] = values[i + 1] = (float) (i % 100) - 50.0f;
      values[0] = NAN;
      values[n + 1] = -INFINITY;
      values[n + 2] = values[1 + n / 2];
      values[1 + n / 2] = INFINITY;

      qs_histogram_add (with, values, (gsize) n + 3);
      qs_histogram_add (without, clean, (gsize) n);
      g_assert_cmpuint (qs_histogram_get_n_nan (with), ==, 1);
      g_assert_cmpuint (qs_histogram_get_n_infinite (with), ==, 2);
      g_assert_cmpuint (qs_histogram_get_n (with), ==, (guint64) n);
      g_assert_cmpfloat (qs_histogram_get_range (with), ==, qs_histogram_get_range (without));
      g_assert_cmpmem (qs_histogram_get_counts (with), 2048 * 8, qs_histogram_get_counts (without),
                       2048 * 8);
      /* The values come in another order. */
      g_assert_cmpfloat_with_epsilon (qs_histogram_get_mean (with), qs_histogram_get_mean (without),
                                      1e-12);
    }
}

static void
test_only_nan (void)
{
  const float values[] = { NAN, INFINITY };
  g_autoptr (QsHistogram) histogram = qs_histogram_new ();

  qs_histogram_add (histogram, values, 2);
  g_assert_cmpuint (qs_histogram_get_n (histogram), ==, 0);
  g_assert_cmpfloat (qs_histogram_get_abs_max (histogram), ==, 0.0f);
  g_assert_cmpfloat (qs_histogram_get_variance (histogram), ==, 0.0);
}

/* The largest and the smallest floats there are. */
static void
test_extremes (void)
{
  const float tiny[] = { FLT_TRUE_MIN }, huge[] = { 1.0f, -FLT_MAX, FLT_MAX };
  g_autoptr (QsHistogram) histogram = qs_histogram_new ();

  qs_histogram_add (histogram, tiny, 1);
  g_assert_cmpuint (qs_histogram_get_counts (histogram)[2047], ==, 1);
  qs_histogram_add (histogram, huge, 3);
  g_assert_cmpuint (total (histogram), ==, 4);
  g_assert_true (isfinite (qs_histogram_get_range (histogram)));
  g_assert_cmpfloat (qs_histogram_get_abs_max (histogram), ==, FLT_MAX);
}

/* Squares that are no floats: blocks of values around 1e30 and 1e-30. */
static void
test_squares (void)
{
  const float sizes[] = { 1e30f, 1e-30f };
  g_autofree float *values = g_new (float, 10000);

  for (gsize k = 0; k < G_N_ELEMENTS (sizes); k++)
    {
      g_autoptr (QsHistogram) histogram = qs_histogram_new ();
      double expected = (double) sizes[k] * (double) sizes[k];

      for (int i = 0; i < 10000; i++)
        values[i] = i % 2 ? sizes[k] : -sizes[k];
      qs_histogram_add (histogram, values, 10000);
      g_assert_cmpuint (qs_histogram_get_n (histogram), ==, 10000);
      /* Doubles: 1e4 additions of rounding 2^-53. */
      g_assert_cmpfloat_with_epsilon (qs_histogram_get_variance (histogram) / expected, 1.0, 1e-10);
    }
}

/* Against the values themselves: 2048 values, one in the middle of each bin, so that bins and
 * values say the same. */
static void
test_errors (void)
{
  g_autoptr (QsHistogram) histogram = qs_histogram_new ();
  float values[2048], scale = 0.5f / 127.0f;
  double noise = 0.0, signal = 0.0;
  int clipped = 0;

  for (int i = 0; i < 2048; i++)
    values[i] = ((float) i + 0.5f) / 2048.0f;
  values[2047] = 1.0f;
  qs_histogram_add (histogram, values, 2048);
  for (int i = 0; i < 2048; i++)
    {
      double value = (i + 0.5) / 2048.0;
      double q = MIN (nearbyint (value / (double) scale), 127.0) * (double) scale;

      noise += (value - q) * (value - q);
      signal += (double) values[i] * (double) values[i];
      clipped += value > 0.5;
    }

  g_assert_cmpfloat_with_epsilon (qs_histogram_get_clipped (histogram, 0.5f), clipped / 2048.0, 1e-12);
  g_assert_cmpfloat (qs_histogram_get_clipped (histogram, 1.0f), ==, 0.0);
  g_assert_cmpfloat (qs_histogram_get_clipped (histogram, 0.0f), ==, 1.0);
  g_assert_cmpfloat_with_epsilon (qs_histogram_get_mse (histogram, 0.5f), noise / 2048.0, 1e-9);
  g_assert_cmpfloat_with_epsilon (qs_histogram_get_sqnr_db (histogram, 0.5f),
                                  10.0 * log10 (signal / noise), 1e-6);
}

/* The tables' sums: which of the tables a value is in says nothing. */
static void
sum_tables (QsHistogramTables tables,
            guint64          *sums)
{
  for (int bin = 0; bin < QS_HISTOGRAM_BINS; bin++)
    {
      sums[bin] = 0;
      for (int table = 0; table < QS_HISTOGRAM_N_TABLES; table++)
        sums[bin] += tables[table][bin];
    }
}

static void
compare_loops (const QsHistogramLoops *baseline,
               const QsHistogramLoops *other,
               const float            *values,
               gsize                   n)
{
  QsHistogramTables tables[3] = { { { 0 } } };
  guint64 sums[3][QS_HISTOGRAM_BINS], expected[QS_HISTOGRAM_BINS] = { 0 };
  float maxima[2][QS_HISTOGRAM_BLOCK] = { { 0.0f } };
  QsHistogramScan a, b;

  baseline->scan (values, n, &a);
  other->scan (values, n, &b);
  g_assert_cmpfloat (a.min, ==, b.min);
  g_assert_cmpfloat (a.max, ==, b.max);
  g_assert_cmpuint (a.n_zeros, ==, b.n_zeros);
  g_assert_cmpfloat (a.sum, ==, b.sum);
  g_assert_cmpfloat (a.squares, ==, b.squares);

  for (gsize i = 0; i < n; i++)
    expected[qs_histogram_bin (values[i], 3.7f)]++;
  baseline->count (values, n, 3.7f, tables[0]);
  other->count (values, n, 3.7f, tables[1]);
  other->count_sparse (values, n, 3.7f, tables[2]);
  for (int i = 0; i < 3; i++)
    {
      sum_tables (tables[i], sums[i]);
      g_assert_cmpmem (sums[i], sizeof sums[i], expected, sizeof expected);
    }

  baseline->raise (values, 1, n, n, maxima[0]);
  other->raise (values, 1, n, n, maxima[1]);
  g_assert_cmpmem (maxima[0], sizeof maxima[0], maxima[1], sizeof maxima[1]);
  for (gsize i = 0; i < n; i++)
    g_assert_cmpfloat (maxima[0][i], ==, fabsf (values[i]));

  memset (maxima, 0, sizeof maxima);
  other->raise (values, n / 3, 3, 3, maxima[0]);
  other->raise (values, n / 101, 101, 101, maxima[0] + 3);
  for (gsize i = 0; i < n / 3 * 3; i++)
    maxima[1][i % 3] = MAX (maxima[1][i % 3], fabsf (values[i]));
  for (gsize i = 0; i < n / 101 * 101; i++)
    maxima[1][3 + i % 101] = MAX (maxima[1][3 + i % 101], fabsf (values[i]));
  g_assert_cmpmem (maxima[0], sizeof maxima[0], maxima[1], sizeof maxima[1]);
  g_assert_cmpfloat (other->abs_max (values, n), ==, MAX (fabsf (a.min), fabsf (a.max)));
}

/* The same bits whatever the processor, for every length of the rest after the vectors. */
static void
test_instruction_sets (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);
  float values[QS_HISTOGRAM_BLOCK];

  for (guint level = 0; qs_histogram_get_level_loops (level) != NULL; level++)
    for (gsize n = 1; n <= QS_HISTOGRAM_BLOCK; n = n * 2 - n / 3 + 1)
      {
        for (gsize i = 0; i < n; i++)
          values[i] = i % 5 == 0 ? 0.0f : normal (rand);
        compare_loops (qs_histogram_get_level_loops (0), qs_histogram_get_level_loops (level),
                       values, n);
      }
}

/* As near to the edges of bins as floats can be, on both sides, where a product instead of the
 * division would be wrong; and ranges whose reciprocal is no float. */
static void
test_edges (void)
{
  const float ranges[] = { 3.7f, 1.0f, 0.1f, 1e-3f, 6.5536e4f, 3e38f, 1e-36f, 1e-40f };
  float values[QS_HISTOGRAM_BLOCK];

  for (guint level = 0; qs_histogram_get_level_loops (level) != NULL; level++)
    for (gsize k = 0; k < G_N_ELEMENTS (ranges); k++)
      for (int ulps = -3; ulps <= 3; ulps++)
        {
          const QsHistogramLoops *loops = qs_histogram_get_level_loops (level);
          guint64 sums[QS_HISTOGRAM_BINS], expected[QS_HISTOGRAM_BINS] = { 0 };
          QsHistogramTables tables[2] = { { { 0 } } };

          for (int i = 0; i < QS_HISTOGRAM_BLOCK; i++)
            {
              float value = ranges[k] / QS_HISTOGRAM_BLOCK * 2.0f * (float) (i / 2);

              for (int step = 0; step < ABS (ulps); step++)
                value = nextafterf (value, ulps < 0 ? 0.0f : INFINITY);
              values[i] = i % 2 == 0 ? MIN (value, FLT_MAX) : -MIN (value, FLT_MAX);
              expected[qs_histogram_bin (values[i], ranges[k])]++;
            }

          loops->count (values, QS_HISTOGRAM_BLOCK, ranges[k], tables[0]);
          loops->count_sparse (values, QS_HISTOGRAM_BLOCK, ranges[k], tables[1]);
          for (int i = 0; i < 2; i++)
            {
              sum_tables (tables[i], sums);
              g_assert_cmpmem (sums, sizeof sums, expected, sizeof expected);
            }
        }
}

static void
add_threaded (QsThreadPool *pool,
              QsHistogram  *histogram,
              float        *maxima,
              gsize         inner,
              const float  *values,
              gsize         n)
{
  const QsChannels channels = { maxima, 24, inner };

  qs_histogram_add_batch (histogram, values, n, &channels, pool);
}

/* Any number of threads gives the same bits, also where the range grows in the middle of a batch,
 * and the channels' maxima are those that a plain loop finds. */
static void
test_threads (void)
{
  const gsize n = 24 * 20011, inners[] = { 1, 7, 20011 };
  g_autofree float *values = g_new (float, n);
  g_autoptr (GRand) rand = g_rand_new_with_seed (6);

  for (gsize k = 0; k < G_N_ELEMENTS (inners); k++)
    {
      float expected[24] = { 0.0f }, maxima[3][24] = { { 0.0f } };
      QsHistogram *histograms[3];

      for (guint i = 0; i < 3; i++)
        histograms[i] = qs_histogram_new ();
      for (int batch = 0; batch < 3; batch++)
        {
          for (gsize i = 0; i < n; i++)
            {
              gsize channel = i / inners[k] % 24;

              values[i] = i % 3 == 0 ? 0.0f : (float) (batch + 1) * normal (rand);
              if (batch == 2 && i % 100003 == 5)
                values[i] = i % 2 ? NAN : INFINITY;
              else
                expected[channel] = MAX (expected[channel], fabsf (values[i]));
            }
          for (guint i = 0; i < 3; i++)
            {
              g_autoptr (QsThreadPool) pool = i > 0 ? qs_thread_pool_new (i) : NULL;

              add_threaded (pool, histograms[i], maxima[i], inners[k], values, n);
            }
        }
      for (guint i = 0; i < 3; i++)
        {
          g_assert_cmpmem (qs_histogram_get_counts (histograms[i]), 2048 * 8,
                           qs_histogram_get_counts (histograms[0]), 2048 * 8);
          g_assert_cmpfloat (qs_histogram_get_mean (histograms[i]), ==,
                             qs_histogram_get_mean (histograms[0]));
          g_assert_cmpfloat (qs_histogram_get_variance (histograms[i]), ==,
                             qs_histogram_get_variance (histograms[0]));
          g_assert_cmpuint (total (histograms[i]), ==, qs_histogram_get_n (histograms[i]));
          g_assert_cmpmem (maxima[i], sizeof maxima[i], expected, sizeof expected);
        }
      for (guint i = 0; i < 3; i++)
        qs_histogram_free (histograms[i]);
    }
}

static void
test_set (void)
{
  const float values[] = { -3.0f, 1.0f };
  g_autoptr (QsHistogramSet) set = qs_histogram_set_new ();
  g_autoptr (QsScaleTable) scales = NULL;
  float scale;

  qs_histogram_set_ensure (set, "b");
  qs_histogram_add (qs_histogram_set_ensure (set, "a"), values, 2);
  g_assert_true (qs_histogram_set_ensure (set, "b") == qs_histogram_set_get (set, 0));
  g_assert_cmpuint (qs_histogram_set_get_n (set), ==, 2);
  g_assert_null (qs_histogram_set_lookup (set, "c"));

  scales = qs_histogram_set_calibrate (set, qs_calibrator_lookup ("minmax"), NULL);
  g_assert_cmpstr (qs_scale_table_get_source (scales), ==, "minmax");
  g_assert_cmpstr (qs_scale_table_get_name (scales, 0), ==, "b");
  g_assert_cmpstr (qs_scale_table_get_name (scales, 1), ==, "a");
  g_assert_cmpfloat (qs_scale_table_get_scale (scales, 1), ==, 3.0f / 127.0f);
  g_assert_true (qs_scale_table_lookup (scales, "b", &scale));
  g_assert_cmpfloat (scale, ==, 0.0f);
  g_assert_false (qs_scale_table_lookup_usable (scales, "b", &scale));
  g_assert_false (qs_scale_table_lookup (scales, "c", &scale));
}

static void
test_scale_table (void)
{
  g_autoptr (QsScaleTable) table = qs_scale_table_new ();
  g_autoptr (QsScaleTable) copy = NULL;
  float scale = 0.0f;

  for (int i = 0; i < 1000; i++)
    {
      g_autofree char *name = g_strdup_printf ("t%d", i);

      qs_scale_table_set (table, name, (float) i);
    }
  qs_scale_table_set (table, "t5", INFINITY);
  qs_scale_table_set (table, "t6", NAN);
  qs_scale_table_set (table, "t7", -1.0f);
  copy = qs_scale_table_copy (table);
  qs_scale_table_set (table, "t999", 0.5f);

  g_assert_cmpuint (qs_scale_table_get_n (copy), ==, 1000);
  g_assert_true (qs_scale_table_lookup_usable (copy, "t999", &scale));
  g_assert_cmpfloat (scale, ==, 999.0f);
  g_assert_true (qs_scale_table_lookup (copy, "t5", &scale));
  g_assert_true (isinf (scale));
  for (int i = 5; i < 8; i++)
    {
      g_autofree char *name = g_strdup_printf ("t%d", i);

      g_assert_false (qs_scale_table_lookup_usable (copy, name, &scale));
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/histogram/bins", test_bins);
  g_test_add_func ("/histogram/doubling", test_doubling);
  g_test_add_func ("/histogram/leading-zeros", test_leading_zeros);
  g_test_add_func ("/histogram/statistics", test_statistics);
  g_test_add_func ("/histogram/not-finite", test_not_finite);
  g_test_add_func ("/histogram/only-nan", test_only_nan);
  g_test_add_func ("/histogram/extremes", test_extremes);
  g_test_add_func ("/histogram/squares", test_squares);
  g_test_add_func ("/histogram/errors", test_errors);
  g_test_add_func ("/histogram/instruction-sets", test_instruction_sets);
  g_test_add_func ("/histogram/edges", test_edges);
  g_test_add_func ("/histogram/threads", test_threads);
  g_test_add_func ("/histogram/set", test_set);
  g_test_add_func ("/histogram/scale-table", test_scale_table);

  return g_test_run ();
}
