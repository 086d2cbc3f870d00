/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/qs-backend.h"
#include "core/qs-progress.h"
#include "onnx/qs-model.h"
#include "import/qs-import.h"
#include "qs-histogram-set.h"
#include "samples/qs-samples.h"

G_BEGIN_DECLS

/**
 * QsCalibrationTimes:
 * @n_batches: how many batches were run
 * @build: importing the network and building the FP32 engine
 * @read: reading and preprocessing samples
 * @inference: running the FP32 network
 * @histograms: counting what its tensors contain
 *
 * Where the time of a calibration run went, in seconds.
 */
typedef struct
{
  gint64 n_batches;
  double build;
  double read;
  double inference;
  double histograms;
} QsCalibrationTimes;

/**
 * QsCalibrationRunOptions:
 * @batch: samples per batch; part of the result, since ranges start at the first batch's maximum
 * @order: (nullable) (array): the samples in the order in which they are to come, every index of the
 *   set once (`qs_sample_order_shuffle ()` makes one); part of the result, too; %NULL for the
 *   set's own order
 * @backend: (nullable): %NULL for the machine's default
 * @n_threads: 0 for one per processor; never part of the result
 * @times: (nullable) (out): filled by a run that succeeds
 */
typedef struct
{
  gint64 batch;
  const guint32 *order;
  const QsBackend *backend;
  guint n_threads;
  QsCalibrationTimes *times;
} QsCalibrationRunOptions;

#define QS_CALIBRATION_RUN_OPTIONS_INIT { .batch = 32 }

/* (transfer full): SHA-256 over everything but the model that decides the histograms: the samples,
 * how many of them, their order and preprocessing, and the batch. */
char *qs_calibration_run_dup_samples_key (QsSamples                     *samples,
                                          const QsCalibrationRunOptions *options);

/**
 * qs_calibration_run:
 * @profile: dimensions of the inputs; its batch is replaced
 * @partial: (nullable): called now and then, on the calling thread, with the histograms so far
 *
 * Runs the FP32 network before fusion over all of @samples, once, and histograms every activation
 * tensor. A last batch that is short is run at its own size.
 *
 * That run serves calibration after fusion, too: fusion computes the tensors that it leaves by the
 * same formulas, with factors folded into weights, so that only the last bits of their values
 * may differ. The notes of each tensor say whether it is left.
 *
 * NaN and infinity do not end the run: they are counted apart, and the tensor's notes name the sample
 * and the batch where they began.
 *
 * Errors: inputs that the set lacks or that do not fit; an empty set; cancellation.
 */
QsHistogramSet *qs_calibration_run (QsModel                        *model,
                                    const QsProfile                *profile,
                                    QsSamples                      *samples,
                                    const QsCalibrationRunOptions  *options,
                                    QsProgress                     *progress,
                                    void                          (*partial) (QsHistogramSet *set,
                                                                              gpointer        data),
                                    gpointer                        partial_data,
                                    GError                        **error);

G_END_DECLS
