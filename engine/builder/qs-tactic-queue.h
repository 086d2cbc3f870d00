/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-build.h"

G_BEGIN_DECLS

/* A tactic replaces the default (a kernel the backend's first, a layout the input's, INT8 the float
 * layer) only when it takes less than this share of its time, and this many milliseconds less: builds
 * stay the same when measurements are close. */
#define QS_WORTHWHILE 0.97
#define QS_WORTHWHILE_MS 0.001

/**
 * QsTacticQueue:
 *
 * The tactics of one layer that are to be measured: kernels in several precisions and layouts. All
 * are measured in turn, so that what slows the machine down for a while slows all of them down.
 */
typedef struct _QsTacticQueue QsTacticQueue;

QsTacticQueue *qs_tactic_queue_new     (QsBuild           *build,
                                        QsLayerPlan       *plan);
void           qs_tactic_queue_free    (QsTacticQueue     *self);
void           qs_tactic_queue_add     (QsTacticQueue     *self,
                                        QsNetwork         *probe,
                                        QsFormat           format,
                                        QsPrecision        precision,
                                        GPtrArray         *kernels,
                                        QsCandidate       *candidate);
void           qs_tactic_queue_run     (QsTacticQueue     *self);
double         qs_tactic_discount      (double             ms);
gboolean       qs_kernel_is_stand_in   (const QsKernel    *kernel,
                                        const QsBackend   *backend);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsTacticQueue, qs_tactic_queue_free)

G_END_DECLS
