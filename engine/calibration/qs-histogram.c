/* SPDX-License-Identifier: MIT */
#include "qs-histogram-private.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "qs-histogram-loops.h"

/*
 * Adding values takes two passes over them: statistics and the largest |x| first, since the range
 * must be known before the first value is counted, then the counting. Sums run through blocks of a
 * fixed size, whose results are joined in order, so that they are the same bits everywhere.
 */

QsHistogram *
qs_histogram_new (void)
{
  return g_new0 (QsHistogram, 1);
}

QsHistogram *
qs_histogram_copy (const QsHistogram *self)
{
  return g_memdup2 (self, sizeof *self);
}

void
qs_histogram_free (QsHistogram *self)
{
  g_free (self);
}

/* Joins mean and squared differences of two sets (Chan, Golub and LeVeque 1979), which keeps the
 * digits that a sum of squares would lose when the mean is large. */
static void
merge_moments (QsHistogram *self,
               guint64      n,
               double       mean,
               double       m2)
{
  double total = (double) (self->n + n);
  double delta = mean - self->mean;

  self->mean += delta * ((double) n / total);
  self->m2 += m2 + delta * delta * ((double) self->n * ((double) n / total));
}

/* FALSE, and nothing added, when a value of the block is not finite. */
static gboolean
add_block (QsHistogram            *self,
           const QsHistogramLoops *loops,
           const float            *values,
           gsize                   n,
           float                  *abs_max)
{
  QsHistogramScan scan;
  double mean;

  loops->scan (values, n, &scan);
  if (!isfinite (scan.squares))
    return FALSE;

  mean = scan.sum / (double) n;
  merge_moments (self, n, scan.shift + mean, MAX (scan.squares - scan.sum * mean, 0.0));

  self->min = self->n == 0 ? scan.min : MIN (self->min, scan.min);
  self->max = self->n == 0 ? scan.max : MAX (self->max, scan.max);
  self->n_zeros += scan.n_zeros;
  self->n += n;
  *abs_max = MAX (*abs_max, MAX (fabsf (scan.min), fabsf (scan.max)));
  return TRUE;
}

static void
add_mixed_block (QsHistogram            *self,
                 const QsHistogramLoops *loops,
                 const float            *values,
                 gsize                   n,
                 float                  *abs_max)
{
  float finite[QS_HISTOGRAM_BLOCK];
  gsize n_finite = 0;

  for (gsize i = 0; i < n; i++)
    if (isnan (values[i]))
      self->n_nan++;
    else if (isinf (values[i]))
      self->n_infinite++;
    else
      finite[n_finite++] = values[i];

  if (n_finite > 0)
    add_block (self, loops, finite, n_finite, abs_max);
}

/* Returns whether all values are finite. */
static gboolean
add_statistics (QsHistogram            *self,
                const QsHistogramLoops *loops,
                const float            *values,
                gsize                   n,
                float                  *abs_max)
{
  gboolean all_finite = TRUE;

  for (gsize first = 0; first < n; first += QS_HISTOGRAM_BLOCK)
    {
      gsize size = MIN (n - first, QS_HISTOGRAM_BLOCK);

      if (add_block (self, loops, values + first, size, abs_max))
        continue;

      add_mixed_block (self, loops, values + first, size, abs_max);
      all_finite = FALSE;
    }

  return all_finite;
}

static void
double_range (QsHistogram *self)
{
  for (int i = 0; i < QS_HISTOGRAM_BINS / 2; i++)
    self->counts[i] = self->counts[2 * i] + self->counts[2 * i + 1];
  memset (self->counts + QS_HISTOGRAM_BINS / 2, 0, sizeof self->counts / 2);

  self->range *= 2.0f;
  self->n_doublings++;
}

/* @n_before: how many finite values had come before this batch, all of them zero while there is no
 * range; they belong into bin 0 of whatever range it becomes. */
static void
grow_range (QsHistogram *self,
            float        abs_max,
            guint64      n_before)
{
  if (self->range == 0.0f && abs_max > 0.0f)
    {
      self->range = abs_max;
      self->counts[0] = n_before;
    }

  /* A range above FLT_MAX / 2 cannot double; the values beyond it then fall into the last bin. */
  while (abs_max > self->range && self->range <= FLT_MAX / 2.0f)
    double_range (self);
}

static void
count_finite (QsHistogram            *self,
              const QsHistogramLoops *loops,
              const float            *values,
              gsize                   n)
{
  QsHistogramTables tables;

  memset (tables, 0, sizeof tables);
  loops->count (values, n, self->range, tables);
  for (int bin = 0; bin < QS_HISTOGRAM_BINS; bin++)
    for (int table = 0; table < QS_HISTOGRAM_N_TABLES; table++)
      self->counts[bin] += tables[table][bin];
}

/* Where clearing the tables would cost more than they save, and where NaN must be left out. */
static void
count_one_by_one (QsHistogram *self,
                  const float *values,
                  gsize        n)
{
  for (gsize i = 0; i < n; i++)
    if (fabsf (values[i]) <= FLT_MAX)
      self->counts[qs_histogram_bin (values[i], self->range)]++;
}

/**
 * qs_histogram_add:
 * @values: (array length=n_values): a batch of one tensor, in any order
 *
 * Counts a batch. The range grows by doubling until it holds the batch's largest |x|. NaN and
 * infinity are counted apart and take no part in anything else. Counts do not depend on the order
 * of @values; mean and variance are the same bits for the same order.
 */
void
qs_histogram_add (QsHistogram *self,
                  const float *values,
                  gsize        n_values)
{
  const QsHistogramLoops *loops = qs_histogram_get_loops ();
  guint64 n_before = self->n;
  float abs_max = 0.0f;
  gboolean all_finite = add_statistics (self, loops, values, n_values, &abs_max);

  grow_range (self, abs_max, n_before);
  if (self->range == 0.0f)
    return;

  if (!all_finite || n_values < QS_HISTOGRAM_BLOCK)
    {
      count_one_by_one (self, values, n_values);
      return;
    }

  for (gsize first = 0; first < n_values; first += QS_HISTOGRAM_TABLES_MAX)
    count_finite (self, loops, values + first, MIN (n_values - first, QS_HISTOGRAM_TABLES_MAX));
}

/**
 * qs_histogram_get_counts:
 *
 * %QS_HISTOGRAM_BINS counts of |x|; bin k holds k/2048 <= |x|/range < (k+1)/2048, the last one
 * the range itself too. All zero while the range is 0.
 */
const guint64 *
qs_histogram_get_counts (const QsHistogram *self)
{
  return self->counts;
}

/* The upper end of the last bin, 0 while all values have been zero. */
float
qs_histogram_get_range (const QsHistogram *self)
{
  return self->range;
}

/* Smallest and largest finite value, 0 when there has been none. */
float
qs_histogram_get_min (const QsHistogram *self)
{
  return self->min;
}

float
qs_histogram_get_max (const QsHistogram *self)
{
  return self->max;
}

/* The exact largest |x|, not rounded to a bin. */
float
qs_histogram_get_abs_max (const QsHistogram *self)
{
  return MAX (fabsf (self->min), fabsf (self->max));
}

/* How many finite values have come. */
guint64
qs_histogram_get_n (const QsHistogram *self)
{
  return self->n;
}

guint64
qs_histogram_get_n_zeros (const QsHistogram *self)
{
  return self->n_zeros;
}

guint64
qs_histogram_get_n_nan (const QsHistogram *self)
{
  return self->n_nan;
}

guint64
qs_histogram_get_n_infinite (const QsHistogram *self)
{
  return self->n_infinite;
}

double
qs_histogram_get_mean (const QsHistogram *self)
{
  return self->mean;
}

/* Of the population: the mean squared difference from the mean. */
double
qs_histogram_get_variance (const QsHistogram *self)
{
  return self->n > 0 ? self->m2 / (double) self->n : 0.0;
}

guint
qs_histogram_get_n_doublings (const QsHistogram *self)
{
  return self->n_doublings;
}

/**
 * qs_histogram_get_clipped:
 *
 * A bin that contains @threshold counts with the part of it that lies above, as if its values
 * were spread evenly; nothing above the largest |x| is ever counted.
 */
double
qs_histogram_get_clipped (const QsHistogram *self,
                          float              threshold)
{
  double position, clipped;
  int bin;

  if (self->n == 0 || threshold >= qs_histogram_get_abs_max (self))
    return 0.0;

  position = MAX ((double) threshold, 0.0) / self->range * QS_HISTOGRAM_BINS;
  bin = MIN ((int) position, QS_HISTOGRAM_BINS - 1);
  clipped = (double) self->counts[bin] * (1.0 - CLAMP (position - bin, 0.0, 1.0));
  for (int i = bin + 1; i < QS_HISTOGRAM_BINS; i++)
    clipped += (double) self->counts[i];

  return clipped / (double) self->n;
}

/* Squared error of the middle of a bin. Values that were exactly zero stay exact. */
static double
sum_of_squared_errors (const QsHistogram *self,
                       double             threshold)
{
  double width = (double) self->range / QS_HISTOGRAM_BINS;
  double scale = threshold / 127.0, sum = 0.0;

  for (int i = 0; i < QS_HISTOGRAM_BINS; i++)
    {
      guint64 count = self->counts[i] - (i == 0 ? self->n_zeros : 0);
      double middle = (i + 0.5) * width;
      double code = scale > 0.0 ? MIN (nearbyint (middle / scale), 127.0) : 0.0;
      double difference = middle - code * scale;

      sum += (double) count * difference * difference;
    }

  return sum;
}

/**
 * qs_histogram_get_mse:
 *
 * Mean squared error of symmetric INT8 quantization with scale @threshold / 127, each bin's values
 * taken to lie in its middle and exact zeros to be exact.
 */
double
qs_histogram_get_mse (const QsHistogram *self,
                      float              threshold)
{
  if (self->n == 0 || self->range == 0.0f)
    return 0.0;

  return sum_of_squared_errors (self, threshold) / (double) self->n;
}

/**
 * qs_histogram_get_sqnr_db:
 *
 * 10 log10 of the mean square of the values over [method@Histogram.get_mse]; infinity when there
 * is no error.
 */
double
qs_histogram_get_sqnr_db (const QsHistogram *self,
                          float              threshold)
{
  double noise = qs_histogram_get_mse (self, threshold);
  double signal = qs_histogram_get_variance (self) + self->mean * self->mean;

  return noise > 0.0 ? 10.0 * log10 (signal / noise) : (double) INFINITY;
}
