/* SPDX-License-Identifier: MIT */
#include "qs-histogram-private.h"

#include <math.h>

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
