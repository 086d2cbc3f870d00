/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/qs-backend.h"
#include "qs-timing-cache.h"

G_BEGIN_DECLS

/**
 * QsTacticTimer:
 *
 * Measures kernels on this machine. Layers that are equal in everything that a kernel sees are
 * measured once, and those whose times are in the timing cache not at all.
 */
typedef struct _QsTacticTimer QsTacticTimer;

QsTacticTimer *qs_tactic_timer_new     (guint             n_threads,
                                        QsTimingCache    *cache);
void           qs_tactic_timer_free    (QsTacticTimer    *self);
void           qs_tactic_timer_set_device (QsTacticTimer *self,
                                        QsDevice         *device,
                                        const char       *name);
double         qs_tactic_timer_measure (QsTacticTimer    *self,
                                        const QsLayer    *layer,
                                        const QsKernel   *kernel,
                                        double            best_ms,
                                        GError          **error);

/* A lost device is an error of the whole build, where a kernel that fails is only not chosen. */
gboolean       qs_tactic_timer_check   (QsTacticTimer  *self,
                                        GError        **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsTacticTimer, qs_tactic_timer_free)

G_END_DECLS
