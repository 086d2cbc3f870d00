/* SPDX-License-Identifier: MIT */
#pragma once

#include "calibration/qs-calibration-run.h"

G_BEGIN_DECLS

/**
 * QsOrderStudyOptions:
 * @run: what every calibration has in common; its batch and its order are replaced
 * @batches: (array length=n_batches): the batch sizes to try; the first is what others are compared
 *   with
 * @n_shuffles: for each batch size, how many orders to try beside the set's own
 * @seed: the shuffles have the seeds seed, seed + 1, …
 */
typedef struct
{
  QsCalibrationRunOptions run;
  const gint64 *batches;
  guint n_batches;
  guint n_shuffles;
  guint64 seed;
} QsOrderStudyOptions;

#define QS_ORDER_STUDY_OPTIONS_INIT \
  { .run = QS_CALIBRATION_RUN_OPTIONS_INIT, .n_shuffles = 4, .seed = 1 }

/**
 * QsOrderRun:
 * @batch: samples per batch that were run; the model's own where it fixes it
 * @is_shuffled: %FALSE for the set's own order
 * @seed: of the shuffle
 *
 * One of the calibrations.
 */
typedef struct
{
  gint64 batch;
  gboolean is_shuffled;
  guint64 seed;
} QsOrderRun;

/**
 * QsSpread:
 * @min: the smallest scale of all runs
 * @max: the largest
 * @ratio: max / min; 1 when all are equal, also when all are 0; infinity when some are 0
 * @mean: of the scales
 * @deviation: their standard deviation, of the population
 *
 * How far a tensor's scale depends on the order and size of the batches.
 */
typedef struct
{
  float min;
  float max;
  double ratio;
  double mean;
  double deviation;
} QsSpread;

/**
 * QsOrderStudy:
 *
 * Calibrations of the same model with the same samples in several orders and batch sizes: TensorRT's
 * histograms start at the first batch's largest value and grow by doubling, so the entropy
 * calibrators' scales depend on both. Immutable and reference counted.
 */
typedef struct _QsOrderStudy QsOrderStudy;

/**
 * qs_order_study_run:
 *
 * Calibrates once for every batch size and order. Nothing but the scales is kept of each, so that
 * memory does not grow with the samples.
 *
 * Errors: those of [func@calibration_run], with the batch and order in front; cancellation.
 */
QsOrderStudy     *qs_order_study_run         (QsModel                   *model,
                                              const QsProfile           *profile,
                                              QsSamples                 *samples,
                                              const QsOrderStudyOptions *options,
                                              QsProgress                *progress,
                                              GError                   **error);
QsOrderStudy     *qs_order_study_ref         (QsOrderStudy              *self);
void              qs_order_study_unref       (QsOrderStudy              *self);

guint             qs_order_study_get_n_runs  (QsOrderStudy              *self);
const QsOrderRun *qs_order_study_get_run     (QsOrderStudy              *self,
                                              guint                      run);
gint64            qs_order_study_get_n_samples (QsOrderStudy            *self);
guint             qs_order_study_get_n       (QsOrderStudy              *self);
const char       *qs_order_study_get_name    (QsOrderStudy              *self,
                                              guint                      tensor);
/* Whether @name is one of the tensors. */
gboolean          qs_order_study_find        (QsOrderStudy              *self,
                                              const char                *name,
                                              guint                     *tensor);
/* @calibrator: its place in the list of calibrators. NaN where a calibrator has no scale for it. */
float             qs_order_study_get_scale   (QsOrderStudy              *self,
                                              guint                      run,
                                              guint                      calibrator,
                                              guint                      tensor);
/* FALSE where the calibrator has no scale for the tensor. */
gboolean          qs_order_study_get_spread  (QsOrderStudy              *self,
                                              guint                      calibrator,
                                              guint                      tensor,
                                              QsSpread                  *spread);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsOrderStudy, qs_order_study_unref)

G_END_DECLS
