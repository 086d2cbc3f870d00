/* SPDX-License-Identifier: MIT */
#pragma once

#include "calibration/qs-histogram-set.h"
#include "import/qs-import.h"
#include "runtime/qs-context.h"
#include "builder/qs-builder.h"
#include "qs-metrics.h"
#include "samples/qs-samples.h"

G_BEGIN_DECLS

/**
 * QsEvaluation:
 * @name: "fp32", or the calibrator's id
 * @n: samples
 * @top1: share of samples whose label is the first class; NaN without labels
 * @agreement: share of samples whose first class is FP32's; NaN without a reference
 * @ms: median time of one run of the engine at its batch size, divided by the batch
 * @weight_size: bytes of weights
 * @n_int8: layers that compute in INT8
 * @n_layers: layers that compute, reformats left out
 */
typedef struct
{
  char *name;
  gint64 n;
  double top1;
  double top5;
  double agreement;
  double cosine;
  double sqnr_db;
  double ms;
  guint64 weight_size;
  guint n_int8;
  guint n_layers;
} QsEvaluation;

void qs_evaluation_free (QsEvaluation *self);

/* Runs @engine over @samples; @reference (nullable) is the FP32 engine it is compared with. */
QsEvaluation *qs_evaluate (QsEngine        *engine,
                           QsEngine        *reference,
                           QsSamples       *samples,
                           guint            n_threads,
                           QsProgress      *progress,
                           GError         **error);

/**
 * qs_compare:
 * @histograms: from one calibration run
 * @options: backend, threads and INT8 mode of the builds
 *
 * FP32 and one INT8 engine per calibrator, evaluated on the same labelled samples in one pass.
 *
 * Returns: (element-type QsEvaluation) (transfer full): FP32 first, then the calibrators in table
 *   order
 */
GPtrArray *qs_compare     (QsModel                 *model,
                           const QsProfile         *profile,
                           QsHistogramSet          *histograms,
                           QsSamples               *samples,
                           const QsBuilderOptions  *options,
                           QsProgress              *progress,
                           GError                 **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsEvaluation, qs_evaluation_free)

G_END_DECLS
