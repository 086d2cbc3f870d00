/* SPDX-License-Identifier: MIT */
#include "numerics/qs-int8.h"
#include "operators/qs-attributes.h"
#include "operators/qs-op-pooling.h"
#include "operators/qs-op-rows.h"
#include "operators/qs-op-util.h"
#include "operators/qs-op-window.h"
#include "qs-reference.h"

/* (float) count and the int32 sum of bytes are exact up to this many elements. */
#define MAX_COUNT ((1 << 24) - 1)

static gint8
finish_mean (const QsLayer *layer,
             gint32         sum,
             gint64         count,
             float          scale,
             float          y_scale)
{
  float v = (float) sum * (scale / (float) count);

  return qs_quantize (qs_activation_apply (&layer->activation, v), 1.0f / y_scale);
}

typedef struct
{
  const QsLayer *layer;
  const QsView *x;
  QsView *y;
  QsPoolingAxis axes[QS_MAX_SPATIAL];
  gint64 x_strides[QS_MAX_SPATIAL];
  gint64 y_strides[QS_MAX_SPATIAL];
} Job;

static gint8
pool_window (const Job    *job,
             const gint64  o[QS_MAX_SPATIAL],
             const gint8  *x)
{
  const QsPoolingAttributes *attributes = job->layer->attributes;
  gint64 first[QS_MAX_SPATIAL], last[QS_MAX_SPATIAL], step[QS_MAX_SPATIAL];
  gint64 inside = 1, padded = 1;
  gint32 sum = 0;
  gint8 largest = G_MININT8;

  for (int i = 0; i < QS_MAX_SPATIAL; i++)
    {
      padded *= qs_pooling_axis_range (&job->axes[i], o[i], &first[i], &last[i]);
      inside *= last[i] - first[i];
      step[i] = job->axes[i].dilation * job->x_strides[i];
      x += (o[i] * job->axes[i].stride - job->axes[i].begin) * job->x_strides[i];
    }

  for (gint64 d = first[0]; d < last[0]; d++)
    for (gint64 h = first[1]; h < last[1]; h++)
      for (gint64 w = first[2]; w < last[2]; w++)
        {
          gint8 q = x[d * step[0] + h * step[1] + w * step[2]];

          sum += q;
          largest = MAX (largest, q);
        }

  if (attributes->type == QS_POOLING_MAX)
    return largest;

  return finish_mean (job->layer, sum, attributes->count_include_pad ? padded : inside,
                      job->x->scale, job->y->scale);
}

static void
pool_plane (const Job   *job,
            const gint8 *from,
            gint8       *to)
{
  gint64 out[QS_MAX_SPATIAL], o[QS_MAX_SPATIAL];

  qs_spatial_dims (&job->y->shape, out);
  for (o[0] = 0; o[0] < out[0]; o[0]++)
    for (o[1] = 0; o[1] < out[1]; o[1]++)
      for (o[2] = 0; o[2] < out[2]; o[2]++)
        to[o[0] * job->y_strides[0] + o[1] * job->y_strides[1] + o[2] * job->y_strides[2]] =
          pool_window (job, o, from);
}

static gboolean
pooling_execute (const QsKernel    *self,
                 const QsLayer     *layer,
                 gpointer           state,
                 const QsExecution *execution,
                 GError           **error)
{
  const QsView *x = &execution->inputs[0];
  QsView *y = &execution->outputs[0];
  Job job = { .layer = layer, .x = x, .y = y };

  qs_pooling_axes_init (job.axes, layer->attributes, &x->shape);
  qs_spatial_strides (x, job.x_strides);
  qs_spatial_strides (y, job.y_strides);
  for (gint64 n = 0; n < y->shape.dims[0]; n++)
    for (gint64 c = 0; c < y->shape.dims[1]; c++)
      pool_plane (&job, (const gint8 *) x->data + n * x->strides[0] + c * x->strides[1],
                  (gint8 *) y->data + n * y->strides[0] + c * y->strides[1]);

  return TRUE;
}

static gboolean
pooling_supports (const QsKernel *self,
                  const QsLayer  *layer,
                  const char    **reason)
{
  const QsPoolingAttributes *attributes = layer->attributes;
  const QsShape *x = &qs_layer_get_input (layer, 0)->shape;
  double count = 1;

  for (int i = 0; i < x->n_dims - 2; i++)
    count *= (double) (attributes->global ? x->dims[2 + i] : attributes->kernel_shape.v[i]);

  if (attributes->type == QS_POOLING_LP)
    return qs_reference_refuse (reason, "Lp pooling has no INT8 form");
  if (count > MAX_COUNT)
    return qs_reference_refuse (reason, "the window is too large for an exact INT8 mean");
  if (attributes->type == QS_POOLING_MAX && layer->activation.type != QS_ACTIVATION_NONE)
    return qs_reference_refuse (reason, "max pooling compares bytes and cannot end in an "
                                        "activation");
  if (attributes->type == QS_POOLING_MAX)
    return qs_reference_check_equal_scales (layer, reason);

  return qs_reference_check_activations (layer, reason);
}

/* A view without the axes that are not reduced, or the other way round. */
static gboolean
reduce_execute (const QsKernel    *self,
                const QsLayer     *layer,
                gpointer           state,
                const QsExecution *execution,
                GError           **error)
{
  const QsReduceAttributes *attributes = layer->attributes;
  const QsView *x = &execution->inputs[0];
  QsView *y = &execution->outputs[0];
  gint64 y_strides[QS_MAX_DIMS] = { 0 };
  QsShape outer, inner;
  QsWalk walk;

  qs_shape_split (&x->shape, &attributes->axes, &outer, &inner);
  for (int i = 0, k = 0; i < outer.n_dims; i++)
    if (!qs_ints_contain (&attributes->axes, i))
      y_strides[i] = y->strides[k++];
    else if (attributes->keepdims)
      k++;

  qs_walk_init (&walk, &outer);
  qs_walk_add (&walk, x->strides);
  qs_walk_add (&walk, y_strides);
  for (; !walk.done; qs_walk_next (&walk))
    {
      const gint8 *from = (const gint8 *) x->data + walk.offset[0];
      gint32 sum = 0;
      QsWalk elements;

      qs_walk_init (&elements, &inner);
      qs_walk_add (&elements, x->strides);
      for (; !elements.done; qs_walk_next (&elements))
        sum += from[elements.offset[0]];

      ((gint8 *) y->data)[walk.offset[1]] =
        finish_mean (layer, sum, qs_shape_n_elements (&inner), x->scale, y->scale);
    }

  return TRUE;
}

static gboolean
reduce_supports (const QsKernel *self,
                 const QsLayer  *layer,
                 const char    **reason)
{
  const QsReduceAttributes *attributes = layer->attributes;
  QsShape outer, inner;
  gint64 count;

  qs_shape_split (&qs_layer_get_input (layer, 0)->shape, &attributes->axes, &outer, &inner);
  count = qs_shape_n_elements (&inner);

  if (attributes->type != QS_REDUCE_MEAN)
    return qs_reference_refuse (reason, "only the mean has an INT8 form");
  if (count < 1 || count > MAX_COUNT)
    return qs_reference_refuse (reason, "too many elements for an exact INT8 mean, or none");

  return qs_reference_check_activations (layer, reason);
}

const QsKernel qs_reference_pooling = {
  .name = "reference_pooling_s8",
  .kind = QS_LAYER_POOLING,
  .precision = QS_PRECISION_INT8,
  .any_format = TRUE,
  .supports = pooling_supports,
  .execute = pooling_execute,
};

const QsKernel qs_reference_reduce = {
  .name = "reference_reduce_s8",
  .kind = QS_LAYER_REDUCE,
  .precision = QS_PRECISION_INT8,
  .any_format = TRUE,
  .supports = reduce_supports,
  .execute = reduce_execute,
};
