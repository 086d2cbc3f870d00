/* SPDX-License-Identifier: MIT */
#include "qs-calibrator-private.h"

/* TensorRT's IInt8MinMaxCalibrator: the exact largest |x| that occurred, not a bin's edge. */
static void
minmax_compute (const QsHistogram         *histogram,
                const QsCalibratorOptions *options,
                gboolean                   want_curve,
                QsCalibration             *result)
{
  qs_calibration_set_threshold (result, qs_histogram_get_abs_max (histogram));
}

const QsCalibrator qs_calibrator_minmax = {
  .id = "minmax",
  .name = "MinMax",
  .algorithm = "MinMaxCalibration",
  .description = "The whole range that occurred; nothing is clipped",
  .always_before_fusion = TRUE,
  .compute = minmax_compute,
};
