/* SPDX-License-Identifier: MIT */
#include "qs-cpu-kernel.h"

#include "operators/qs-attributes.h"
#include "qs-cpu-weighted.h"

/*
 * Layers that look at whole rows of the innermost axes of linear memory: Softmax, and the mean and
 * the sum of a row.
 */

#define ITEM_WORK 8192

typedef struct
{
  const QsCpuFunctions *functions;
  const QsLayer *layer;
  const float *in;
  float *out;
  gint64 n;              /* elements per row */
  float divisor;
} Rows;

static void
soft_max_rows (gint64   first,
               gint64   last,
               guint    thread,
               gpointer user_data)
{
  const Rows *self = user_data;

  for (gint64 row = first; row < last; row++)
    self->functions->soft_max (self->in + row * self->n, self->out + row * self->n, self->n);
}

static void
reduce_rows (gint64   first,
             gint64   last,
             guint    thread,
             gpointer user_data)
{
  const Rows *self = user_data;

  for (gint64 row = first; row < last; row++)
    self->out[row] = self->functions->sum (self->in + row * self->n, self->n) / self->divisor;
  self->functions->activation (&self->layer->activation, self->out + first, last - first);
}

static gboolean
are_floats (const QsLayer *layer)
{
  return qs_layer_get_input (layer, 0)->type == QS_DATA_TYPE_FLOAT
         && qs_layer_get_output (layer, 0)->type == QS_DATA_TYPE_FLOAT;
}

/* Elements of the last @n_axes axes. */
static gint64
row_length (const QsShape *shape,
            gint64         n_axes)
{
  gint64 n = 1;

  for (gint64 i = shape->n_dims - n_axes; i < shape->n_dims; i++)
    n *= shape->dims[i];
  return n;
}

static gboolean
run_rows (const QsKernel     *kernel,
          const QsLayer      *layer,
          const QsExecution  *execution,
          gint64              n_axes,
          gboolean            mean,
          QsThreadPoolFunc    func,
          GError            **error)
{
  const QsView *x = &execution->inputs[0];
  const gint64 n = row_length (&x->shape, n_axes);
  Rows self = {
    .functions = qs_cpu_kernel_functions (kernel),
    .layer = layer,
    .in = x->data,
    .out = execution->outputs[0].data,
    .n = n,
    .divisor = mean ? (float) n : 1.0f,
  };

  if (!qs_cpu_check_views (kernel, layer, execution, error))
    return FALSE;
  if (n > 0)
    qs_thread_pool_run (execution->pool, qs_shape_n_elements (&x->shape) / n, 1 + ITEM_WORK / n,
                        func, &self);
  return TRUE;
}

static gboolean
soft_max_execute (const QsKernel     *kernel,
                  const QsLayer      *layer,
                  gpointer            state,
                  const QsExecution  *execution,
                  GError            **error)
{
  const QsSoftMaxAttributes *attributes = layer->attributes;

  return run_rows (kernel, layer, execution, attributes->n_axes, FALSE, soft_max_rows, error);
}

static gboolean
soft_max_supports (const QsKernel  *kernel,
                   const QsLayer   *layer,
                   const char     **reason)
{
  const QsSoftMaxAttributes *attributes = layer->attributes;
  const QsTensor *x = qs_layer_get_input (layer, 0);

  if (attributes->log || attributes->hard)
    return qs_cpu_refuse (reason, "only Softmax itself");
  if (attributes->axis + attributes->n_axes != x->shape.n_dims)
    return qs_cpu_refuse (reason, "its axes are not the last ones");
  if (!are_floats (layer))
    return qs_cpu_refuse (reason, "input or output is not float");
  if (layer->activation.type != QS_ACTIVATION_NONE)
    return qs_cpu_refuse (reason, "it ends in an activation");
  return TRUE;
}

static gboolean
reduce_execute (const QsKernel     *kernel,
                const QsLayer      *layer,
                gpointer            state,
                const QsExecution  *execution,
                GError            **error)
{
  const QsReduceAttributes *attributes = layer->attributes;

  return run_rows (kernel, layer, execution, attributes->axes.n,
                   attributes->type == QS_REDUCE_MEAN, reduce_rows, error);
}

static gboolean
reduce_supports (const QsKernel  *kernel,
                 const QsLayer   *layer,
                 const char     **reason)
{
  const QsReduceAttributes *attributes = layer->attributes;
  const QsShape *x = &qs_layer_get_input (layer, 0)->shape;

  if (attributes->type != QS_REDUCE_MEAN && attributes->type != QS_REDUCE_SUM)
    return qs_cpu_refuse (reason, "only mean and sum");
  for (int i = 0; i < attributes->axes.n; i++)
    if (attributes->axes.v[i] != x->n_dims - attributes->axes.n + i)
      return qs_cpu_refuse (reason, "its axes are not the last ones");
  if (!are_floats (layer))
    return qs_cpu_refuse (reason, "input or output is not float");
  if (qs_shape_n_elements (x) <= 0)
    return qs_cpu_refuse (reason, "it is empty");
  return TRUE;
}

const QsKernel qs_cpu_row_kernels[] = {
  {
    .name = "soft_max_f32",
    .kind = QS_LAYER_SOFT_MAX,
    .precision = QS_PRECISION_FP32,
    .format = QS_FORMAT_LINEAR,
    .supports = soft_max_supports,
    .execute = soft_max_execute,
  },
  {
    .name = "reduce_f32",
    .kind = QS_LAYER_REDUCE,
    .precision = QS_PRECISION_FP32,
    .format = QS_FORMAT_LINEAR,
    .supports = reduce_supports,
    .execute = reduce_execute,
  },
  { .name = NULL },
};
