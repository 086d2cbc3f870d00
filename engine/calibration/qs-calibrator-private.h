/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-calibrator.h"

G_BEGIN_DECLS

/* One per file; the table in qs-calibrator.c lists them. Their compute functions are called with
 * histograms that contain a value other than zero. */
extern const QsCalibrator qs_calibrator_entropy;
extern const QsCalibrator qs_calibrator_entropy2;
extern const QsCalibrator qs_calibrator_legacy;
extern const QsCalibrator qs_calibrator_minmax;
extern const QsCalibrator qs_calibrator_mse;
extern const QsCalibrator qs_calibrator_percentile;

void qs_calibrator_entropy_compute (const QsHistogram         *histogram,
                                    const QsCalibratorOptions *options,
                                    gboolean                   want_curve,
                                    QsCalibration             *result);

void qs_calibration_set_threshold  (QsCalibration             *self,
                                    float                      threshold);

G_END_DECLS
