/* SPDX-License-Identifier: MIT */
#include "qs-cpu-kernel.h"

#include <string.h>

#include "operators/qs-attributes.h"
#include "qs-cpu-weighted.h"

/*
 * Layers that look at whole rows of the innermost axes of linear memory: Softmax, layer
 * normalization, mean and sum. Mean and sum over axes further out add rows to each other.
 */

#define ITEM_WORK 8192

typedef struct
{
  const QsCpuFunctions *functions;
  const QsLayer *layer;
  const float *in;
  float *out;
  gint64 n;              /* elements per row */
  gint64 n_added;        /* rows that are added to each other */
  float divisor;
  float epsilon;
  const float *scale;
  const float *bias;
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
standardize_rows (gint64   first,
                  gint64   last,
                  guint    thread,
                  gpointer user_data)
{
  const Rows *self = user_data;

  for (gint64 row = first; row < last; row++)
    self->functions->standardize (self->in + row * self->n, self->out + row * self->n, self->n,
                                  self->epsilon, self->scale, self->bias);
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

/* Groups of n_added rows of n elements become one row each. */
static void
add_rows (gint64   first,
          gint64   last,
          guint    thread,
          gpointer user_data)
{
  const Rows *self = user_data;

  for (gint64 group = first; group < last; group++)
    {
      const float *in = self->in + group * self->n_added * self->n;
      float *out = self->out + group * self->n;

      memcpy (out, in, self->n * sizeof *out);
      for (gint64 i = 1; i < self->n_added; i++)
        self->functions->add_f32 (out, in + i * self->n, self->n);
      for (gint64 i = 0; i < self->n; i++)
        out[i] = out[i] / self->divisor;
      self->functions->activation (&self->layer->activation, out, self->n);
    }
}

static gboolean
are_floats (const QsLayer *layer)
{
  return qs_layer_get_input (layer, 0)->type == QS_DATA_TYPE_FLOAT
         && qs_layer_get_output (layer, 0)->type == QS_DATA_TYPE_FLOAT;
}

/* Elements of the axes @first … @last - 1. */
static gint64
product_of_dims (const QsShape *shape,
                 gint64         first,
                 gint64         last)
{
  gint64 n = 1;

  for (gint64 i = first; i < last; i++)
    n *= shape->dims[i];
  return n;
}

static gboolean
run_rows (const QsKernel     *kernel,
          const QsLayer      *layer,
          const QsExecution  *execution,
          gint64              n_axes,
          Rows               *self,
          QsThreadPoolFunc    func,
          GError            **error)
{
  const QsView *x = &execution->inputs[0];

  self->functions = qs_cpu_kernel_functions (kernel);
  self->layer = layer;
  self->in = x->data;
  self->out = execution->outputs[0].data;
  self->n = product_of_dims (&x->shape, x->shape.n_dims - n_axes, x->shape.n_dims);

  if (!qs_kernel_check_views (kernel, layer, execution, error))
    return FALSE;
  if (self->n > 0)
    qs_thread_pool_run (execution->pool, qs_shape_n_elements (&x->shape) / self->n,
                        1 + ITEM_WORK / self->n, func, self);
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
  Rows self = { 0 };

  return run_rows (kernel, layer, execution, attributes->n_axes, &self, soft_max_rows, error);
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

static gconstpointer
data_of (const QsExecution *execution,
         guint              index)
{
  return index < execution->n_inputs ? execution->inputs[index].data : NULL;
}

static gboolean
normalization_execute (const QsKernel     *kernel,
                       const QsLayer      *layer,
                       gpointer            state,
                       const QsExecution  *execution,
                       GError            **error)
{
  const QsNormalizationAttributes *attributes = layer->attributes;
  const gint64 n_axes = execution->inputs[0].shape.n_dims - attributes->axis;
  Rows self = {
    .epsilon = attributes->epsilon,
    .scale = data_of (execution, 1),
    .bias = data_of (execution, 2),
  };

  return run_rows (kernel, layer, execution, n_axes, &self, standardize_rows, error);
}

static gboolean
normalization_supports (const QsKernel  *kernel,
                        const QsLayer   *layer,
                        const char     **reason)
{
  const QsNormalizationAttributes *attributes = layer->attributes;
  const QsShape *x = &qs_layer_get_input (layer, 0)->shape;
  const gint64 n = product_of_dims (x, attributes->axis, x->n_dims);

  if (attributes->type != QS_NORMALIZATION_LAYER)
    return qs_cpu_refuse (reason, "only layer normalization");
  if (layer->activation.type != QS_ACTIVATION_NONE)
    return qs_cpu_refuse (reason, "it ends in an activation");
  if (layer->outputs->len > 1 || !are_floats (layer))
    return qs_cpu_refuse (reason, "input or output is not float, or it has other outputs");
  for (guint i = 1; i < layer->inputs->len; i++)
    {
      const QsTensor *tensor = qs_layer_get_input (layer, i);

      if (tensor != NULL && (tensor->type != QS_DATA_TYPE_FLOAT || tensor->value == NULL
                             || qs_shape_n_elements (&tensor->shape) != n))
        return qs_cpu_refuse (reason, "scale or bias is not a constant of the normalized shape");
    }

  return TRUE;
}

static gboolean
reduces_last_axes (const QsReduceAttributes *attributes,
                   const QsShape            *x)
{
  const QsInts *axes = &attributes->axes;

  return axes->n == 0 || axes->v[axes->n - 1] == x->n_dims - 1;
}

static gboolean
reduce_execute (const QsKernel     *kernel,
                const QsLayer      *layer,
                gpointer            state,
                const QsExecution  *execution,
                GError            **error)
{
  const QsReduceAttributes *attributes = layer->attributes;
  const QsShape *x = &execution->inputs[0].shape;
  const gint64 first = attributes->axes.n > 0 ? attributes->axes.v[0] : x->n_dims;
  const gint64 last = first + attributes->axes.n;
  Rows self = { .n_added = product_of_dims (x, first, last), .divisor = 1.0f };

  if (attributes->type == QS_REDUCE_MEAN)
    self.divisor = (float) self.n_added;
  if (reduces_last_axes (attributes, x))
    return run_rows (kernel, layer, execution, attributes->axes.n, &self, reduce_rows, error);

  self.functions = qs_cpu_kernel_functions (kernel);
  self.layer = layer;
  self.in = execution->inputs[0].data;
  self.out = execution->outputs[0].data;
  self.n = product_of_dims (x, last, x->n_dims);
  if (!qs_kernel_check_views (kernel, layer, execution, error))
    return FALSE;
  qs_thread_pool_run (execution->pool, product_of_dims (x, 0, first),
                      1 + ITEM_WORK / (self.n * self.n_added), add_rows, &self);
  return TRUE;
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
  for (int i = 1; i < attributes->axes.n; i++)
    if (attributes->axes.v[i] != attributes->axes.v[0] + i)
      return qs_cpu_refuse (reason, "its axes are not neighbours");
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
    .in_place = 1 << 0,
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
  {
    .name = "normalization_f32",
    .kind = QS_LAYER_NORMALIZATION,
    .precision = QS_PRECISION_FP32,
    .format = QS_FORMAT_LINEAR,
    .in_place = 1 << 0,
    .supports = normalization_supports,
    .execute = normalization_execute,
  },
  { .name = NULL },
};
