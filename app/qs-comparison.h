/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "analysis/qs-evaluation.h"

G_BEGIN_DECLS

/* qs_compare() on the engine's thread. */

void       qs_comparison_run_async  (QsModel                 *model,
                                     const QsProfile         *profile,
                                     QsHistogramSet          *histograms,
                                     QsSamples               *samples,
                                     const QsBuilderOptions  *options,
                                     QsProgress              *progress,
                                     GAsyncReadyCallback      callback,
                                     gpointer                 user_data);
/* (element-type QsEvaluation) (transfer full) */
GPtrArray *qs_comparison_run_finish (GAsyncResult            *result,
                                     GError                 **error);

G_END_DECLS
