/* SPDX-License-Identifier: MIT */
#include "qs-calibrator-private.h"

#include <math.h>

/* TensorRT's IInt8LegacyCalibrator: the region maximum is a quantile of |x|, or where a regression of
 * the histogram's tail says it is. */

/* The quantile in bins, by a straight line within its bin. */
static double
find_quantile (const guint64 *counts,
               double         wanted)
{
  double sum = 0.0;

  for (int bin = 0; bin < QS_HISTOGRAM_BINS; bin++)
    {
      double count = (double) counts[bin];

      if (count > 0.0 && sum + count >= wanted)
        return bin + (wanted - sum) / count;
      sum += count;
    }

  return QS_HISTOGRAM_BINS;
}

/*
 * TensorRT documents the cutoff as the "fraction of the maximum used to define the regression cutoff"
 * and no more. This is our reading of it: beyond that fraction of the quantile, the logarithm of
 * the counts is fitted by a straight line, as for an exponential tail, and the region ends where the
 * line expects less than one value in a bin. Where the tail does not fall, the quantile stays.
 */
static double
fit_tail (const guint64 *counts,
          double         first,
          double         last)
{
  double n = 0.0, x_sum = 0.0, y_sum = 0.0, xx_sum = 0.0, xy_sum = 0.0, slope, intercept;

  for (int bin = (int) first; bin < MIN ((int) ceil (last), QS_HISTOGRAM_BINS); bin++)
    if (counts[bin] > 0)
      {
        double x = bin + 0.5, y = log ((double) counts[bin]);

        n += 1.0;
        x_sum += x;
        y_sum += y;
        xx_sum += x * x;
        xy_sum += x * y;
      }
  if (n < 2.0)
    return last;

  slope = (n * xy_sum - x_sum * y_sum) / (n * xx_sum - x_sum * x_sum);
  intercept = (y_sum - slope * x_sum) / n;
  return slope < 0.0 ? CLAMP (-intercept / slope, first, last) : last;
}

static void
legacy_compute (const QsHistogram         *histogram,
                const QsCalibratorOptions *options,
                gboolean                   want_curve,
                QsCalibration             *result)
{
  const guint64 *counts = qs_histogram_get_counts (histogram);
  double width = (double) qs_histogram_get_range (histogram) / QS_HISTOGRAM_BINS;
  double end = find_quantile (counts, options->quantile * (double) qs_histogram_get_n (histogram));

  if (options->regression_cutoff < 1.0)
    end = fit_tail (counts, options->regression_cutoff * end, end);

  qs_calibration_set_threshold (result, MIN ((float) (end * width),
                                             qs_histogram_get_abs_max (histogram)));
}

const QsCalibrator qs_calibrator_legacy = {
  .id = "legacy",
  .name = "Legacy",
  .algorithm = "LegacyCalibration",
  .description = "A quantile of the values, or where a regression of the tail ends; the regression "
                 "is our reading of a rule that was not published",
  .after_fusion = TRUE,
  .compute = legacy_compute,
};

/* Cutoff and exponent of the quantile 1 - 10^-exponent from the sample of TensorRT 3. */
static const QsCalibratorPreset presets[] = {
  { "default", { 1.0 - 1e-6, 1.0 } },
  { "alexnet", { 1.0 - 1e-7, 0.6 } },
  { "vgg19", { 1.0 - 1e-5, 0.5 } },
  { "googlenet", { 1.0 - 1e-8, 1.0 } },
  { "resnet-50", { 1.0 - 1e-2, 0.61 } },
  { "resnet-101", { 1.0 - 0.0031622776601683794, 0.51 } },
  { "resnet-152", { 1.0 - 1e-5, 0.4 } },
};

const QsCalibratorPreset *
qs_calibrator_get_legacy_presets (guint *n)
{
  *n = G_N_ELEMENTS (presets);
  return presets;
}
