/* SPDX-License-Identifier: MIT */
#pragma once

#include "calibration/qs-histogram-set.h"
#include "qs-cli-subject.h"

G_BEGIN_DECLS

/* Runs the model over the set of `--calibration`. */
QsHistogramSet *qs_cli_scales_run_calibration (QsCliSubject  *subject,
                                               QsCli         *cli,
                                               QsSamples    **samples,
                                               GError       **error);
/* Scales by @calibrator with the ranges of `--ranges` and `--range` in their place. */
QsScaleTable   *qs_cli_scales_calibrate       (QsCliSubject        *subject,
                                               QsHistogramSet      *histograms,
                                               const QsCalibrator  *calibrator,
                                               GError             **error);
/* Scales from `--cache`, or from `--calibration` with `--calibrator`; what is odd about them is
 * said on stderr. With both, an existing cache saves the calibration and a missing one is
 * written. */
QsScaleTable   *qs_cli_scales_get             (QsCliSubject  *subject,
                                               QsCli         *cli,
                                               GError       **error);
/* (transfer container) (element-type utf8): names in @scales that are no tensors, and activations
 * without a name in @scales. The names are those of their owners. */
GPtrArray      *qs_cli_scales_find_strangers  (QsScaleTable  *scales,
                                               QsNetwork     *network);
GPtrArray      *qs_cli_scales_find_missing    (QsScaleTable  *scales,
                                               QsNetwork     *network);
/* Whether a cache can hold what @calibrator makes: to be asked before the long work. */
gboolean        qs_cli_scales_check_format    (const QsCalibrator  *calibrator,
                                               const char          *path,
                                               GError             **error);
/* Writes @scales as a calibration cache. */
gboolean        qs_cli_scales_save            (QsScaleTable        *scales,
                                               const QsCalibrator  *calibrator,
                                               const char          *path,
                                               GError             **error);

G_END_DECLS
