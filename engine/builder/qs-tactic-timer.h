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

/* Milliseconds since any moment. */
typedef double (*QsTacticClock) (void);

/**
 * QsTacticTrial:
 * @layer: what to compute
 * @kernel: (nullable): %NULL for the layer class's own
 * @ms: milliseconds of one run, negative when the kernel failed
 * @error: (nullable): why it did; the caller's to free
 *
 * One kernel to measure on one layer.
 */
typedef struct
{
  const QsLayer *layer;
  const QsKernel *kernel;
  double ms;
  GError *error;
} QsTacticTrial;

QsTacticTimer *qs_tactic_timer_new     (guint             n_threads,
                                        QsTimingCache    *cache);
void           qs_tactic_timer_free    (QsTacticTimer    *self);
void           qs_tactic_timer_set_device (QsTacticTimer *self,
                                        QsDevice         *device,
                                        const char       *name);
void           qs_tactic_timer_set_clock (QsTacticTimer  *self,
                                        QsTacticClock     clock);
void           qs_tactic_timer_measure (QsTacticTimer    *self,
                                        QsTacticTrial    *trials,
                                        guint             n);

/* A lost device is an error of the whole build, where a kernel that fails is only not chosen. */
gboolean       qs_tactic_timer_check   (QsTacticTimer  *self,
                                        GError        **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsTacticTimer, qs_tactic_timer_free)

G_END_DECLS
