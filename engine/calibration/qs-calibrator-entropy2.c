/* SPDX-License-Identifier: MIT */
#include "qs-calibrator-private.h"

#include "qs-divergence.h"

/* The threshold is the middle of the first bin that is left out, (m + 0.5) bins, in float32: with it,
 * every scale that is known exactly from a cache that TensorRT wrote comes out bit for bit, and
 * with double it does not. */
void
qs_calibrator_entropy_compute (const QsHistogram         *histogram,
                               const QsCalibratorOptions *options,
                               gboolean                   want_curve,
                               QsCalibration             *result)
{
  float width = qs_histogram_get_range (histogram) / (float) QS_HISTOGRAM_BINS;

  if (want_curve)
    result->curve = g_new (float, QS_HISTOGRAM_BINS + 1);
  result->bin = qs_divergence_search (histogram, result->curve);
  qs_calibration_set_threshold (result, ((float) result->bin + 0.5f) * width);
}

/* TensorRT's IInt8EntropyCalibrator2. */
const QsCalibrator qs_calibrator_entropy2 = {
  .id = "entropy2",
  .name = "Entropy 2",
  .algorithm = "EntropyCalibration2",
  .description = "The range that keeps most of the distribution's information; may clip outliers",
  .always_before_fusion = TRUE,
  .compute = qs_calibrator_entropy_compute,
};
