/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-calibrator.h"

G_BEGIN_DECLS

/*
 * The calibrators in the order in which they are shown. Row X stands for qs_calibrator_X in the file
 * qs-calibrator-X.c. Their compute functions are called with histograms that contain a value other
 * than zero.
 */
#define QS_CALIBRATORS(CALIBRATOR) \
  CALIBRATOR (entropy2) \
  CALIBRATOR (minmax) \
  CALIBRATOR (entropy) \
  CALIBRATOR (legacy) \
  CALIBRATOR (percentile) \
  CALIBRATOR (mse)

#define QS_DECLARE_CALIBRATOR(x) extern const QsCalibrator qs_calibrator_##x;

QS_CALIBRATORS (QS_DECLARE_CALIBRATOR)

void qs_calibrator_entropy_compute (const QsHistogram         *histogram,
                                    const QsCalibratorOptions *options,
                                    gboolean                   want_curve,
                                    QsCalibration             *result);

void qs_calibration_set_threshold  (QsCalibration             *self,
                                    float                      threshold);

G_END_DECLS
