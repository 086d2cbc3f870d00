/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-context.h"

G_BEGIN_DECLS

/*
 * One layer, ready to run. The views' `data` is filled in for every run, from the context's table
 * of addresses by tensor id.
 */
typedef struct
{
  const QsLayer *layer;
  const QsKernel *kernel; /* NULL: the layer class's own */
  gpointer state;
  QsView *inputs;
  QsView *outputs;
  gboolean is_alias; /* its output is its input's memory: nothing is to be done */
} QsStep;

struct _QsContext
{
  QsEngine *engine;
  QsNetwork *network;
  QsThreadPool *pool;
  guint n_steps;
  QsStep *steps;
  gpointer arena;
  gsize arena_size;
  gpointer workspace;
  gsize workspace_size;
  gpointer *data; /* by tensor id */
  gint64 *step_ns; /* (nullable): filled while profiling */
  QsContextObserver observer;
  gpointer observer_data;
};

/* The parts of a run: inputs, which @kept owns as long as it lasts, new tensors for the outputs in
 * @results, the layers from @first to before @end, and outputs that no layer writes. */
gboolean qs_context_bind_inputs (QsContext     *self,
                                 QsHostTensor **inputs,
                                 GPtrArray     *kept,
                                 GError       **error);
gboolean qs_context_bind_outputs (QsContext    *self,
                                 GPtrArray     *results,
                                 GError       **error);
gboolean qs_context_run_steps   (QsContext     *self,
                                 guint          first,
                                 guint          end,
                                 GError       **error);
void     qs_context_copy_unwritten_outputs (QsContext *self,
                                 GPtrArray     *results);

/* One step of a context for another network of the same structure. */
gboolean qs_context_prepare_step (QsContext    *self,
                                 QsNetwork     *network,
                                 QsStep        *step,
                                 guint          index,
                                 GError       **error);
void     qs_context_clear_step  (QsStep        *step);

/* Nanoseconds of the monotonic clock: many layers take less than one of g_get_monotonic_time()'s
 * microseconds. */
gint64   qs_context_now         (void);

/* Seeded values without zeros for every network input: integers are 0 or 1, so that indices fit. */
gboolean qs_context_make_inputs (QsContext     *self,
                                 QsHostTensor **inputs,
                                 GError       **error);

G_END_DECLS
