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
 * QsCalibrationRunOptions:
 * @batch: samples per batch; part of the result, since ranges start at the first batch's maximum
 * @backend: (nullable): %NULL for the machine's default
 * @n_threads: 0 for one per processor; never part of the result
 */
typedef struct
{
  gint64 batch;
  const QsBackend *backend;
  guint n_threads;
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
 * Errors: inputs that the set lacks or that do not fit; NaN or infinity, naming tensor and sample;
 * an empty set; cancellation.
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
