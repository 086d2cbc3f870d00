/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "analysis/qs-order-study.h"

G_BEGIN_DECLS

/* Studies how far the scales depend on the order of the batches, on the engine's thread. The
 * batches of @options are copied. */
void          qs_order_run_async  (QsModel                   *model,
                                   const QsProfile           *profile,
                                   QsSamples                 *samples,
                                   const QsOrderStudyOptions *options,
                                   QsProgress                *progress,
                                   GAsyncReadyCallback        callback,
                                   gpointer                   user_data);
QsOrderStudy *qs_order_run_finish (GAsyncResult              *result,
                                   GError                   **error);

G_END_DECLS
