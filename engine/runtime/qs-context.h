/* SPDX-License-Identifier: MIT */
#pragma once

#include "builder/qs-engine.h"
#include "core/qs-progress.h"

G_BEGIN_DECLS

/**
 * QsContext:
 *
 * Runs an engine: activation memory, packed weights and threads (TensorRT IExecutionContext). One
 * context serves one thread at a time.
 */
typedef struct _QsContext QsContext;

/**
 * QsContextObserver:
 * @tensor: an activation tensor of the engine's network that has just been written, or a network
 *   input before the first layer
 * @view: its contents, valid during the call
 *
 * Sees every activation tensor of a run, in the order they are written.
 */
typedef void (*QsContextObserver) (const QsTensor *tensor,
                                   const QsView   *view,
                                   gpointer        user_data);

QsContext    *qs_context_new          (QsEngine           *engine,
                                       guint               n_threads,
                                       GError            **error);
void          qs_context_free         (QsContext          *self);
QsEngine     *qs_context_get_engine   (QsContext          *self);
guint         qs_context_get_n_threads (QsContext         *self);
/* Its threads, which are idle while an observer is called. */
QsThreadPool *qs_context_get_pool     (QsContext          *self);
void          qs_context_set_observer (QsContext          *self,
                                       QsContextObserver   observer,
                                       gpointer            user_data);
/* (nullable): where the engine's activations lie when that is not the host's memory */
QsDevice     *qs_context_get_device   (QsContext          *self);
/* Whether the observer's views show the device's memory, not copies of it; @observes is %FALSE at
 * first. */
void          qs_context_observe_device (QsContext        *self,
                                       gboolean            observes);

/**
 * qs_context_run:
 * @inputs: (array): one tensor per network input, in order; types and shapes as the network's
 * @outputs: (out) (array): one new tensor per network output, in order
 *
 * One inference.
 */
gboolean      qs_context_run          (QsContext          *self,
                                       QsHostTensor      **inputs,
                                       QsHostTensor      **outputs,
                                       GError            **error);

void          qs_context_set_next     (QsContext          *self,
                                       QsHostTensor      **inputs);

/**
 * qs_context_run_samples:
 * @inputs: (array): one tensor per network input with any number of rows along axis 0
 *
 * Inference over any number of samples: batches of the engine's own size, the last one filled up
 * with copies of its last sample whose results are dropped.
 */
gboolean      qs_context_run_samples  (QsContext          *self,
                                       QsHostTensor      **inputs,
                                       QsHostTensor      **outputs,
                                       GError            **error);

/**
 * QsProfileResult:
 * @n_runs: how many runs were timed
 * @median_ms: median of the whole run
 * @min_ms: fastest run
 * @layer_ms: (array): median of every layer, by layer id
 * @layer_mean_ms: (array): mean of every layer
 */
typedef struct
{
  guint n_runs;
  double median_ms;
  double min_ms;
  guint n_layers;
  double *layer_ms;
  double *layer_mean_ms;
} QsProfileResult;

/* Times @n_runs runs on zero-free seeded input after a warm-up. */
gboolean      qs_context_profile      (QsContext          *self,
                                       guint               n_runs,
                                       QsProgress         *progress,
                                       QsProfileResult    *result,
                                       GError            **error);
void          qs_profile_result_clear (QsProfileResult    *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsContext, qs_context_free)

G_END_DECLS
