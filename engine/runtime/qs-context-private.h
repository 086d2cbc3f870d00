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

/* Layers in a row that the device computes, as one deed, or that the host does. */
typedef struct
{
  guint first;
  guint end;
  gboolean on_host;
  gpointer graph; /* (nullable) */
} QsContextPart;

struct _QsContext
{
  QsEngine *engine;
  QsEngine *planned;       /* whose memory plan the activation memory follows */
  QsNetwork *network;
  QsThreadPool *pool;
  guint n_steps;
  QsStep *steps;
  gpointer arena;
  gsize arena_size;
  gpointer workspace;
  gsize workspace_size;
  gpointer *data; /* by tensor id */
  QsDevice *device;        /* (nullable): where the memory is, when it is not the host's */
  gpointer *device_buffers; /* by tensor id: network inputs and outputs on the device */
  gpointer block;          /* the device's memory for all of it */
  gpointer pinned;         /* (nullable): the host's memory for the next inputs, which the device reads */
  guint n_fetches;
  gpointer *landing;       /* by index of input: where they come to lie until they are the inputs */
  GPtrArray *fetched;      /* (nullable): the inputs that are there, or on their way */
  GPtrArray *next;         /* (nullable): the inputs to fetch during the next run */
  GArray *parts;           /* (nullable): QsContextPart, with the graphs that were made */
  gpointer *captured;      /* (nullable): the addresses that they were made for, by tensor id */
  guint n_runs;            /* since the kernels were prepared */
  GPtrArray *staging;      /* host memory for kernels of the host, by position among a layer's tensors */
  gint64 *step_ns; /* (nullable): filled while profiling */
  QsContextObserver observer;
  gpointer observer_data;
  gboolean observes_device; /* the observer takes the device's memory as it is */
};

/* The parts of a run: inputs, which @kept owns as long as it lasts, new tensors for the outputs in
 * @results, the layers from @first to before @end, and the outputs that are not in their tensors yet. */
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
gboolean qs_context_fetch_outputs (QsContext   *self,
                                 GPtrArray     *results,
                                 GError       **error);

/* Memory of the host, zeroed. */
gpointer qs_context_allocate    (gsize          size,
                                 const char    *what,
                                 GError       **error);
void     qs_context_release     (gpointer       memory,
                                 gsize          size);
/* Copies @tensor's values to the host or from it, wherever they are. */
gboolean qs_context_read_tensor (QsContext     *self,
                                 const QsTensor *tensor,
                                 gpointer       to,
                                 GError       **error);
gboolean qs_context_write_tensor (QsContext    *self,
                                 const QsTensor *tensor,
                                 gconstpointer  from,
                                 GError       **error);
/* For devices: memory for all activations in one piece, scratch memory included; inputs on their way to
 * it, from what was announced as the next ones or from where they are; all layers, as one graph where
 * that can be; what is to be done when kernels or scales change; and the layers that only the host has
 * a kernel for, between copies. */
gboolean qs_context_allocate_on_device (QsContext *self,
                                 GError       **error);
void     qs_context_free_on_device (QsContext   *self);
gboolean qs_context_bind_on_device (QsContext   *self,
                                 QsHostTensor **inputs,
                                 GError       **error);
gboolean qs_context_run_on_device (QsContext    *self,
                                 GError       **error);
void     qs_context_drop_graph  (QsContext     *self);
gboolean qs_context_run_on_host  (QsContext    *self,
                                 QsStep       *step,
                                 GError       **error);
gboolean qs_context_observe      (QsContext    *self,
                                 const QsTensor *tensor,
                                 const QsView *view,
                                 GError       **error);
/* A step's kernel or its layer class's own, on the views as they are. */
gboolean qs_context_execute_views (QsContext   *self,
                                 QsStep       *step,
                                 gpointer      workspace,
                                 GError       **error);

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
