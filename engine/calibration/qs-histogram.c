/* SPDX-License-Identifier: MIT */
#include "qs-histogram.h"

#include <float.h>
#include <math.h>
#include <string.h>

/*
 * Adding values takes two passes over them: statistics and the largest |x| first, since the range
 * must be known before the first value is counted, then the counting. Both work in blocks with
 * independent lanes, which compilers turn into vector code without licence to reorder sums, so
 * that the sums are the same bits whatever the compiler does.
 */
#define BLOCK 4096
#define LANES 8

/* Neighbours often fall into the same bin (the zeros after a ReLU); separate counters for every
 * other value keep the processor from waiting for its own last store. */
#define N_TABLES 4

struct _QsHistogram
{
  guint64 counts[QS_HISTOGRAM_BINS];
  float range; /* 0 until a non-zero value has come */
  float min;
  float max;
  guint64 n;
  guint64 n_zeros;
  guint64 n_nan;
  guint64 n_infinite;
  double mean;
  double m2; /* sum of squared differences from the mean */
  guint n_doublings;
};

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

/* Statistics of one block of finite values. */
typedef struct
{
  float min;
  float max;
  guint n_zeros;
  double sum;
} BlockStatistics;

static void
block_statistics (const float     *values,
                  gsize            n,
                  BlockStatistics *result)
{
  float low[LANES], high[LANES];
  double sums[LANES] = { 0.0 };
  guint zeros[LANES] = { 0 };
  gsize whole = n - n % LANES;

  for (int lane = 0; lane < LANES; lane++)
    low[lane] = high[lane] = values[0];

  for (gsize i = 0; i < whole; i += LANES)
    for (int lane = 0; lane < LANES; lane++)
      {
        float value = values[i + (gsize) lane];

        low[lane] = value < low[lane] ? value : low[lane];
        high[lane] = value > high[lane] ? value : high[lane];
        zeros[lane] += value == 0.0f;
        sums[lane] += (double) value;
      }
  for (gsize i = whole; i < n; i++)
    {
      low[0] = MIN (low[0], values[i]);
      high[0] = MAX (high[0], values[i]);
      zeros[0] += values[i] == 0.0f;
      sums[0] += (double) values[i];
    }

  *result = (BlockStatistics) { low[0], high[0], zeros[0], sums[0] };
  for (int lane = 1; lane < LANES; lane++)
    {
      result->min = MIN (result->min, low[lane]);
      result->max = MAX (result->max, high[lane]);
      result->n_zeros += zeros[lane];
      result->sum += sums[lane];
    }
}

static double
block_squares (const float *values,
               gsize        n,
               double       mean)
{
  double sums[LANES] = { 0.0 }, result;
  gsize whole = n - n % LANES;

  for (gsize i = 0; i < whole; i += LANES)
    for (int lane = 0; lane < LANES; lane++)
      {
        double difference = (double) values[i + (gsize) lane] - mean;

        sums[lane] += difference * difference;
      }
  for (gsize i = whole; i < n; i++)
    sums[0] += ((double) values[i] - mean) * ((double) values[i] - mean);

  result = sums[0];
  for (int lane = 1; lane < LANES; lane++)
    result += sums[lane];
  return result;
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

static void
add_finite_block (QsHistogram *self,
                  const float *values,
                  gsize        n,
                  float       *abs_max)
{
  BlockStatistics statistics;
  double mean;

  if (n == 0)
    return;

  block_statistics (values, n, &statistics);
  mean = statistics.sum / (double) n;
  merge_moments (self, n, mean, block_squares (values, n, mean));

  self->min = self->n == 0 ? statistics.min : MIN (self->min, statistics.min);
  self->max = self->n == 0 ? statistics.max : MAX (self->max, statistics.max);
  self->n_zeros += statistics.n_zeros;
  self->n += n;
  *abs_max = MAX (*abs_max, MAX (fabsf (statistics.min), fabsf (statistics.max)));
}

static guint
count_not_finite (const float *values,
                  gsize        n)
{
  guint count = 0;

  /* False for infinity and for NaN. */
  for (gsize i = 0; i < n; i++)
    count += !(fabsf (values[i]) <= FLT_MAX);

  return count;
}

static void
add_mixed_block (QsHistogram *self,
                 const float *values,
                 gsize        n,
                 float       *abs_max)
{
  float finite[BLOCK];
  gsize n_finite = 0;

  for (gsize i = 0; i < n; i++)
    if (isnan (values[i]))
      self->n_nan++;
    else if (isinf (values[i]))
      self->n_infinite++;
    else
      finite[n_finite++] = values[i];

  add_finite_block (self, finite, n_finite, abs_max);
}

/* Returns whether all values are finite. */
static gboolean
add_statistics (QsHistogram *self,
                const float *values,
                gsize        n,
                float       *abs_max)
{
  gboolean all_finite = TRUE;

  for (gsize first = 0; first < n; first += BLOCK)
    {
      gsize size = MIN (n - first, BLOCK);

      if (count_not_finite (values + first, size) == 0)
        {
          add_finite_block (self, values + first, size, abs_max);
          continue;
        }

      add_mixed_block (self, values + first, size, abs_max);
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

/* min (2047, floor (|x| / range * 2048)), two float32 operations; truncation is floor here. */
static inline gint32
bin_of (float value,
        float range)
{
  gint32 bin = (gint32) (fabsf (value) / range * (float) QS_HISTOGRAM_BINS);

  return MIN (bin, QS_HISTOGRAM_BINS - 1);
}

static void
count_block (guint32      tables[N_TABLES][QS_HISTOGRAM_BINS],
             const float *values,
             gsize        n,
             float        range)
{
  gint32 bins[BLOCK];
  gsize i;

  for (i = 0; i < n; i++)
    bins[i] = bin_of (values[i], range);

  for (i = 0; i + N_TABLES <= n; i += N_TABLES)
    for (gsize table = 0; table < N_TABLES; table++)
      tables[table][bins[i + table]]++;
  for (; i < n; i++)
    tables[0][bins[i]]++;
}

static void
count_finite (QsHistogram *self,
              const float *values,
              gsize        n)
{
  guint32 tables[N_TABLES][QS_HISTOGRAM_BINS];

  memset (tables, 0, sizeof tables);
  for (gsize first = 0; first < n; first += BLOCK)
    count_block (tables, values + first, MIN (n - first, BLOCK), self->range);

  for (int bin = 0; bin < QS_HISTOGRAM_BINS; bin++)
    for (int table = 0; table < N_TABLES; table++)
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
      self->counts[bin_of (values[i], self->range)]++;
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
  guint64 n_before = self->n;
  float abs_max = 0.0f;
  gboolean all_finite = add_statistics (self, values, n_values, &abs_max);

  grow_range (self, abs_max, n_before);
  if (self->range == 0.0f)
    return;

  if (!all_finite || n_values < BLOCK)
    {
      count_one_by_one (self, values, n_values);
      return;
    }

  /* The tables count to 2^32 - 1. */
  for (gsize first = 0; first < n_values; first += G_MAXINT32)
    count_finite (self, values + first, MIN (n_values - first, G_MAXINT32));
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
