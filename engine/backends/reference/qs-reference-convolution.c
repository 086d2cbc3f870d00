/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "operators/qs-op-rows.h"
#include "operators/qs-op-window.h"
#include "qs-reference.h"

typedef struct
{
  QsConvolutionGeometry geometry;
  gboolean transposed;
  gint64 x_strides[QS_MAX_SPATIAL];
  gint64 w_strides[QS_MAX_SPATIAL];
  gint64 sum_strides[QS_MAX_SPATIAL];
  gint64 y_strides[QS_MAX_SPATIAL];
  gint64 residual_strides[QS_MAX_SPATIAL];
  gint32 *sums;
} Job;

static void
add_tap (const Job   *job,
         const gint64 tap[QS_MAX_SPATIAL],
         gint32       weight,
         const gint8 *x)
{
  QsTapSpan span;

  qs_tap_span_init (&span, &job->geometry, job->transposed, tap, job->x_strides,
                    job->sum_strides);
  for (gint64 d = 0; d < span.n[0]; d++)
    for (gint64 h = 0; h < span.n[1]; h++)
      {
        const gint8 *from = x + span.from + d * span.from_step[0] + h * span.from_step[1];
        gint32 *to = job->sums + span.to + d * span.to_step[0] + h * span.to_step[1];

        for (gint64 i = 0; i < span.n[2]; i++)
          to[i * span.to_step[2]] += weight * from[i * span.from_step[2]];
      }
}

/* One input channel's share of all sums of one output channel. */
static void
add_channel (const Job   *job,
             const gint8 *w,
             const gint8 *x)
{
  const gint64 *kernel = job->geometry.kernel;
  gint64 tap[QS_MAX_SPATIAL];

  for (tap[0] = 0; tap[0] < kernel[0]; tap[0]++)
    for (tap[1] = 0; tap[1] < kernel[1]; tap[1]++)
      for (tap[2] = 0; tap[2] < kernel[2]; tap[2]++)
        add_tap (job, tap,
                 w[tap[0] * job->w_strides[0] + tap[1] * job->w_strides[1] +
                   tap[2] * job->w_strides[2]], x);
}

static void
store_plane (const Job        *job,
             const QsEpilogue *epilogue,
             gint64            residual,
             gint64            y)
{
  const gint64 *out = job->geometry.out;
  gint64 i = 0;

  for (gint64 d = 0; d < out[0]; d++)
    for (gint64 h = 0; h < out[1]; h++)
      for (gint64 w = 0; w < out[2]; w++)
        qs_epilogue_apply (epilogue, job->sums[i++],
                           residual + d * job->residual_strides[0] +
                             h * job->residual_strides[1] + w * job->residual_strides[2],
                           y + d * job->y_strides[0] + h * job->y_strides[1] +
                             w * job->y_strides[2]);
}

static void
compute_channel (const Job         *job,
                 const QsExecution *execution,
                 const QsEpilogue  *epilogue,
                 gint64             n,
                 gint64             k)
{
  const QsConvolutionGeometry *g = &job->geometry;
  const QsView *x = &execution->inputs[QS_INPUT_X], *w = &execution->inputs[QS_INPUT_WEIGHTS];
  const QsView *r = epilogue->residual;
  gint64 group = k / g->out_channels;

  memset (job->sums, 0, sizeof (gint32) * (gsize) (g->out[0] * g->out[1] * g->out[2]));
  for (gint64 ci = 0; ci < g->in_channels; ci++)
    {
      gint64 c = group * g->in_channels + ci;
      gint64 w_offset = job->transposed
                          ? c * w->strides[0] + (k % g->out_channels) * w->strides[1]
                          : k * w->strides[0] + ci * w->strides[1];

      add_channel (job, (const gint8 *) w->data + w_offset,
                   (const gint8 *) x->data + n * x->strides[0] + c * x->strides[1]);
    }

  store_plane (job, epilogue, r != NULL ? n * r->strides[0] + k * r->strides[1] : 0,
               n * epilogue->y->strides[0] + k * epilogue->y->strides[1]);
}

static void
job_init (Job               *self,
          const QsLayer     *layer,
          const QsExecution *execution,
          const QsEpilogue  *epilogue)
{
  const QsView *x = &execution->inputs[QS_INPUT_X];

  memset (self, 0, sizeof *self);
  self->transposed = layer->klass->kind == QS_LAYER_DECONVOLUTION;
  qs_convolution_geometry_init (&self->geometry, layer->attributes, &x->shape,
                                &epilogue->y->shape);
  qs_spatial_strides (x, self->x_strides);
  qs_spatial_strides (&execution->inputs[QS_INPUT_WEIGHTS], self->w_strides);
  qs_spatial_strides (epilogue->y, self->y_strides);
  if (epilogue->residual != NULL)
    qs_spatial_strides (epilogue->residual, self->residual_strides);

  self->sum_strides[2] = 1;
  self->sum_strides[1] = self->geometry.out[2];
  self->sum_strides[0] = self->geometry.out[1] * self->geometry.out[2];
}

static gboolean
execute (const QsKernel    *self,
         const QsLayer     *layer,
         gpointer           state,
         const QsExecution *execution,
         GError           **error)
{
  QsEpilogue epilogue;
  Job job;

  qs_epilogue_init (&epilogue, layer, execution);
  job_init (&job, layer, execution, &epilogue);
  job.sums = qs_try_new (job.geometry.out[0] * job.sum_strides[0], sizeof (gint32), error);
  if (job.sums == NULL)
    return FALSE;

  for (gint64 k = 0; k < job.geometry.groups * job.geometry.out_channels; k++)
    {
      qs_epilogue_set_channel (&epilogue, layer, execution, k);
      for (gint64 n = 0; n < job.geometry.batch; n++)
        compute_channel (&job, execution, &epilogue, n, k);
    }

  g_free (job.sums);
  return TRUE;
}

static gboolean
supports (const QsKernel *self,
          const QsLayer  *layer,
          const char    **reason)
{
  const QsConvolutionAttributes *attributes = layer->attributes;
  const QsShape *w = &qs_layer_get_input (layer, QS_INPUT_WEIGHTS)->shape;
  gboolean transposed = layer->klass->kind == QS_LAYER_DECONVOLUTION;
  gint64 channels = transposed ? w->dims[1] * attributes->groups : w->dims[0];
  gint64 products = transposed ? w->dims[0] / attributes->groups : w->dims[1];

  for (int i = 2; i < w->n_dims; i++)
    if (__builtin_mul_overflow (products, w->dims[i], &products))
      products = G_MAXINT64;

  return qs_reference_check_weighted (layer, channels, products, reason);
}

const QsKernel qs_reference_convolution = {
  .name = "reference_convolution_s8",
  .kind = QS_LAYER_CONVOLUTION,
  .precision = QS_PRECISION_INT8,
  .any_format = TRUE,
  .supports = supports,
  .execute = execute,
};

const QsKernel qs_reference_deconvolution = {
  .name = "reference_deconvolution_s8",
  .kind = QS_LAYER_DECONVOLUTION,
  .precision = QS_PRECISION_INT8,
  .any_format = TRUE,
  .supports = supports,
  .execute = execute,
};
