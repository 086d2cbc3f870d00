/* SPDX-License-Identifier: MIT */
#include "qs-calibrator-private.h"

#include <math.h>

#define FIRST_CANDIDATE 128
#define MAX_CODE 127

/* Entry k sums bins 0 … k - 1: how many values, and their first and second moments in bins. */
typedef struct
{
  double n[QS_HISTOGRAM_BINS + 1];
  double x[QS_HISTOGRAM_BINS + 1];
  double xx[QS_HISTOGRAM_BINS + 1];
} Moments;

static void
moments_init (Moments           *self,
              const QsHistogram *histogram)
{
  const guint64 *counts = qs_histogram_get_counts (histogram);

  self->n[0] = self->x[0] = self->xx[0] = 0.0;
  for (int k = 0; k < QS_HISTOGRAM_BINS; k++)
    {
      /* Exact zeros stay exact whatever the scale. */
      double count = (double) (counts[k] - (k == 0 ? qs_histogram_get_n_zeros (histogram) : 0));
      double middle = k + 0.5;

      self->n[k + 1] = self->n[k] + count;
      self->x[k + 1] = self->x[k] + count * middle;
      self->xx[k + 1] = self->xx[k] + count * middle * middle;
    }
}

/* Squared error, in bins squared, of a range of @m bins. The bins whose middle is nearest to a code
 * are neighbours, and their error follows from three prefix sums. */
static double
squared_error (const Moments *moments,
               int            m)
{
  double scale = (double) m / MAX_CODE, error = 0.0;
  int first = 0;

  for (int code = 0; code <= MAX_CODE; code++)
    {
      double value = code * scale;
      int next = code == MAX_CODE ? QS_HISTOGRAM_BINS : (int) ceil ((code + 0.5) * scale - 0.5);

      error += moments->xx[next] - moments->xx[first] -
               2.0 * value * (moments->x[next] - moments->x[first]) +
               value * value * (moments->n[next] - moments->n[first]);
      first = next;
    }

  return MAX (error, 0.0);
}

static void
mse_compute (const QsHistogram         *histogram,
             const QsCalibratorOptions *options,
             gboolean                   want_curve,
             QsCalibration             *result)
{
  double width = (double) qs_histogram_get_range (histogram) / QS_HISTOGRAM_BINS;
  double least = (double) INFINITY, n = (double) qs_histogram_get_n (histogram);
  g_autofree Moments *moments = g_new (Moments, 1);

  moments_init (moments, histogram);
  if (want_curve)
    result->curve = g_new (float, QS_HISTOGRAM_BINS + 1);

  for (int m = 0; m <= QS_HISTOGRAM_BINS; m++)
    {
      double error = m < FIRST_CANDIDATE ? (double) NAN : squared_error (moments, m);

      if (error <= least)
        {
          least = error;
          result->bin = m;
        }
      if (want_curve)
        result->curve[m] = (float) (error * width * width / n);
    }

  qs_calibration_set_threshold (result, MIN ((float) (result->bin * width),
                                             qs_histogram_get_abs_max (histogram)));
}

const QsCalibrator qs_calibrator_mse = {
  .id = "mse",
  .name = "MSE",
  .description = "The range with the least mean squared error of the quantized values",
  .compute = mse_compute,
};
