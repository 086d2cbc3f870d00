/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-histogram.h"

G_BEGIN_DECLS

/**
 * QsBeforeFusion:
 * @QS_BEFORE_FUSION_DEFAULT: as the calibrator does it by itself
 * @QS_BEFORE_FUSION_YES: before layer fusion
 * @QS_BEFORE_FUSION_NO: after layer fusion
 *
 * Whether to calibrate before layer fusion: TensorRT's flag kCALIBRATE_BEFORE_FUSION. Before fusion
 * every tensor of the model gets a scale; after it only those that are left do.
 */
typedef enum
{
  QS_BEFORE_FUSION_DEFAULT,
  QS_BEFORE_FUSION_YES,
  QS_BEFORE_FUSION_NO,
} QsBeforeFusion;

/**
 * QsCalibratorOptions:
 *
 * Parameters of the calibrators that have any.
 */
typedef struct
{
  double quantile;          /* Legacy and percentile: 0 … 1 */
  double regression_cutoff; /* Legacy: 0 … 1; 1 switches the regression off */
  QsBeforeFusion before_fusion; /* no meaning where the calibrator always runs before fusion */
} QsCalibratorOptions;

#define QS_CALIBRATOR_OPTIONS_INIT { .quantile = 0.9999, .regression_cutoff = 1.0 }

/**
 * QsCalibratorPreset:
 *
 * Parameters under a name.
 */
typedef struct
{
  const char *name;
  QsCalibratorOptions options;
} QsCalibratorPreset;

/**
 * QsCalibration:
 * @threshold: largest |x| that is represented; 0 for a uniformly zero tensor
 * @scale: threshold / 127
 * @bin: the chosen candidate m where the rule searches candidates, else -1
 * @curve: (nullable): for rules that search, %QS_HISTOGRAM_BINS + 1 costs by candidate
 *   (the KL divergence in nats, the mean squared error), NaN or infinity where a candidate is not
 *   possible
 *
 * What one calibrator makes of one histogram.
 */
typedef struct
{
  float threshold;
  float scale;
  int bin;
  float *curve;
} QsCalibration;

/**
 * QsCalibrator:
 * @id: name on the command line ("entropy2")
 * @name: name shown to people ("Entropy 2")
 * @algorithm: the word in a TensorRT cache's header ("EntropyCalibration2"), or %NULL
 * @description: one translated sentence
 * @after_fusion: whether it runs after layer fusion by default (NvInfer.h of TensorRT 8.4)
 * @always_before_fusion: whether the flag kCALIBRATE_BEFORE_FUSION has no meaning for it
 * @compute: finds the threshold; never fails, since every histogram has one
 *
 * A rule that turns a histogram into a range. One file and one table row each.
 */
typedef struct
{
  const char *id;
  const char *name;
  const char *algorithm;
  const char *description;
  gboolean after_fusion;
  gboolean always_before_fusion;
  void (*compute) (const QsHistogram         *histogram,
                   const QsCalibratorOptions *options,
                   gboolean                   want_curve,
                   QsCalibration             *result);
} QsCalibrator;

guint               qs_calibrator_get_n  (void);
const QsCalibrator *qs_calibrator_get    (guint                      index);
const QsCalibrator *qs_calibrator_lookup (const char                *id);
void                qs_calibrator_compute (const QsCalibrator        *self,
                                          const QsHistogram         *histogram,
                                          const QsCalibratorOptions *options,
                                          gboolean                   want_curve,
                                          QsCalibration             *result);
gboolean            qs_calibrator_runs_before_fusion (const QsCalibrator *self,
                                          QsBeforeFusion             choice);
/* The parameters that TensorRT's own sample used for the legacy calibrator, by network. */
const QsCalibratorPreset *qs_calibrator_get_legacy_presets (guint *n);
void                qs_calibration_clear (QsCalibration             *self);

G_END_DECLS
