/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-host-tensor.h"

G_BEGIN_DECLS

/**
 * QsMetrics:
 *
 * Running comparison of outputs with labels and with FP32 outputs. Sums are doubles, added in
 * sample order. Ties for the top class go to the lower index.
 */
typedef struct _QsMetrics QsMetrics;

QsMetrics *qs_metrics_new           (void);
void       qs_metrics_free          (QsMetrics           *self);
/* Rows are samples, the other axes are flattened to classes; @labels and @reference: nullable. */
gboolean   qs_metrics_add           (QsMetrics           *self,
                                     const QsHostTensor  *outputs,
                                     const QsHostTensor  *reference,
                                     const gint64        *labels,
                                     GError             **error);
gint64     qs_metrics_get_n         (const QsMetrics     *self);
/* Shares 0 … 1; NaN where there is nothing to compare with. */
double     qs_metrics_get_top1      (const QsMetrics     *self);
double     qs_metrics_get_top5      (const QsMetrics     *self);
double     qs_metrics_get_agreement (const QsMetrics     *self);
/* Mean over samples of the cosine between output vectors. */
double     qs_metrics_get_cosine    (const QsMetrics     *self);
/* 10 log10 (sum of squares of the reference / sum of squared differences), over all samples;
 * infinity when they are equal. */
double     qs_metrics_get_sqnr_db   (const QsMetrics     *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsMetrics, qs_metrics_free)

G_END_DECLS
