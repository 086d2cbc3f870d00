/* SPDX-License-Identifier: MIT */
#pragma once

#include "calibration/qs-calibration-run.h"
#include "qs-cli-subject.h"

G_BEGIN_DECLS

/* `--batch`, or the default. */
gint64          qs_cli_scales_get_batch       (QsCli         *cli);
/* Whether there is anything to calibrate with: to be asked first. */
gboolean        qs_cli_scales_check_source    (QsCli         *cli,
                                               GError       **error);
/* Runs the model over the set of `--calibration`. With `--histograms`, a file that is there saves
 * the run and one that is not is written. @samples: (out) (nullable): also where there are none;
 * @times: (out) (nullable): all 0 where there was no run */
QsHistogramSet *qs_cli_scales_run_calibration (QsCliSubject        *subject,
                                               QsCli               *cli,
                                               QsSamples          **samples,
                                               QsCalibrationTimes  *times,
                                               GError             **error);
/* Scales by @calibrator, with the parameters of the options, and with the ranges of `--ranges` and
 * `--range` in their place. */
QsScaleTable   *qs_cli_scales_calibrate       (QsCliSubject        *subject,
                                               QsCli               *cli,
                                               QsHistogramSet      *histograms,
                                               const QsCalibrator  *calibrator,
                                               GError             **error);
/* Scales from `--cache`, or from `--calibration` with `--calibrator`; what is odd about them is
 * said on stderr. With both, an existing cache saves the calibration and a missing one is
 * written. A model with Q/DQ needs none: @scales is NULL then, and said to be unused if given. */
gboolean        qs_cli_scales_get             (QsCliSubject  *subject,
                                               QsCli         *cli,
                                               QsScaleTable **scales,
                                               GError       **error);
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
