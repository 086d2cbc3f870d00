/* SPDX-License-Identifier: MIT */
#include "qs-calibrator-private.h"

/* The smallest upper edge of a bin below which lies at least the share `quantile` of all |x|.
 * NVIDIA's pytorch-quantization takes the lower edge of the same bin, which represents less than the
 * share that was asked for and nothing at all of a tensor that is almost always near zero. */
static void
percentile_compute (const QsHistogram         *histogram,
                    const QsCalibratorOptions *options,
                    gboolean                   want_curve,
                    QsCalibration             *result)
{
  const guint64 *counts = qs_histogram_get_counts (histogram);
  double wanted = options->quantile * (double) qs_histogram_get_n (histogram);
  float width = qs_histogram_get_range (histogram) / (float) QS_HISTOGRAM_BINS;
  guint64 sum = counts[0];
  int bin = 0;

  while (bin < QS_HISTOGRAM_BINS - 1 && (double) sum < wanted)
    sum += counts[++bin];

  qs_calibration_set_threshold (result, MIN ((float) (bin + 1) * width,
                                             qs_histogram_get_abs_max (histogram)));
}

const QsCalibrator qs_calibrator_percentile = {
  .id = "percentile",
  .name = "Percentile",
  .description = "The range of a chosen share of all values, 99.99 % unless told otherwise",
  .compute = percentile_compute,
};
