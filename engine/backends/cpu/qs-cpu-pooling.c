/* SPDX-License-Identifier: MIT */
#include "qs-cpu-kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/qs-rounding.h"
#include "operators/qs-op-pooling.h"
#include "operators/qs-op-window.h"
#include "qs-cpu-weighted.h"

/*
 * Pooling over channels-last memory: one output pixel at a time, its taps added or compared in the
 * order of the reference kernel, a few channels in registers at a time.
 */

/* Taps that are found before a level is asked to take them in. */
#define MAX_TAPS 64

/* As in the reference kernel: float32 holds counts and sums of bytes exactly up to here. */
#define MAX_COUNT ((1 << 24) - 1)

/* The taps of one output coordinate along one axis: which lie inside the input, how many inside the
 * padded input, and where tap 0 would be. */
typedef struct
{
  gint64 first;
  gint64 last;
  gint64 n_padded;
  gint64 origin;
} Range;

typedef struct
{
  QsPoolingAxis axes[QS_MAX_SPATIAL];
  gint64 out[QS_MAX_SPATIAL];
  Range *ranges[QS_MAX_SPATIAL]; /* by output coordinate */
} State;

typedef struct
{
  const State *state;
  const QsPoolingAxis *axes;
  const QsCpuFunctions *functions;
  const QsLayer *layer;
  const QsPoolingAttributes *attributes;
  gint64 channels;
  gint64 x_stride;       /* elements from pixel to pixel */
  gint64 y_stride;
  const QsView *x;
  const QsView *y;
  QsCpuTapsFunc add;
  guint8 *workspace;
} Pooling;

/* An output pixel. */
typedef struct
{
  gint64 batch;
  gint64 at[QS_MAX_SPATIAL];
} Place;

/* The taps of one output pixel. */
typedef struct
{
  gint64 first[QS_MAX_SPATIAL];
  gint64 last[QS_MAX_SPATIAL];
  gint64 origin[QS_MAX_SPATIAL];
  gint64 batch;
  gint64 count;
} Window;

static void
place_init (Place       *self,
            const State *state,
            gint64       pixel)
{
  for (int i = QS_MAX_SPATIAL - 1; i >= 0; i--)
    {
      self->at[i] = pixel % state->out[i];
      pixel /= state->out[i];
    }
  self->batch = pixel;
}

static void
place_advance (Place       *self,
               const State *state)
{
  for (int i = QS_MAX_SPATIAL - 1; i >= 0; i--)
    {
      if (++self->at[i] < state->out[i])
        return;
      self->at[i] = 0;
    }
  self->batch++;
}

static void
window_init (Window        *self,
             const Pooling *pooling,
             const Place   *place)
{
  gint64 inside = 1, padded = 1;

  for (int i = 0; i < QS_MAX_SPATIAL; i++)
    {
      const Range *range = &pooling->state->ranges[i][place->at[i]];

      self->first[i] = range->first;
      self->last[i] = range->last;
      self->origin[i] = range->origin;
      padded *= range->n_padded;
      inside *= range->last - range->first;
    }

  self->batch = place->batch;
  self->count = pooling->attributes->count_include_pad ? padded : inside;
}

/* Taps found so far. */
typedef struct
{
  gconstpointer at[MAX_TAPS];
  guint n;
  gpointer out;
} Taps;

static void
flush_taps (const Pooling *self,
            Taps          *taps)
{
  self->add (taps->out, taps->at, taps->n, self->channels);
  taps->n = 0;
}

/* The taps of one line, whose first pixel is @line. */
static void
add_line (const Pooling *self,
          const Window  *window,
          gint64         line,
          Taps          *taps)
{
  const gsize pixel_bytes = self->x_stride * qs_data_type_size (self->x->type);
  const gint64 dilation = self->axes[2].dilation;
  const guint8 *at = (const guint8 *) self->x->data
                     + (line + window->origin[2] + window->first[2] * dilation) * pixel_bytes;

  for (gint64 w = window->first[2]; w < window->last[2]; w++, at += dilation * pixel_bytes)
    {
      if (taps->n == MAX_TAPS)
        flush_taps (self, taps);
      taps->at[taps->n++] = at;
    }
}

static void
add_taps (const Pooling *self,
          const Window  *window,
          gpointer       out)
{
  const QsPoolingAxis *axes = self->axes;
  Taps taps;

  taps.n = 0;
  taps.out = out;
  for (gint64 d = window->first[0]; d < window->last[0]; d++)
    for (gint64 h = window->first[1]; h < window->last[1]; h++)
      {
        gint64 z = window->origin[0] + d * axes[0].dilation;
        gint64 y = window->origin[1] + h * axes[1].dilation;

        add_line (self, window, ((window->batch * axes[0].in + z) * axes[1].in + y) * axes[2].in,
                  &taps);
      }
  flush_taps (self, &taps);
}

static void
pool_floats (const Pooling *self,
             const Window  *window,
             gint64         pixel)
{
  float *out = (float *) self->y->data + pixel * self->y_stride;
  const float count = (float) window->count;
  const gboolean is_max = self->attributes->type == QS_POOLING_MAX;

  for (gint64 c = 0; c < self->channels; c++)
    out[c] = is_max ? -INFINITY : 0.0f;
  add_taps (self, window, out);
  if (!is_max)
    for (gint64 c = 0; c < self->channels; c++)
      out[c] = out[c] / count;

  self->functions->activation (&self->layer->activation, out, self->channels);
}

static void
pool_bytes (const Pooling *self,
            const Window  *window,
            gint64         pixel,
            gint32        *sums)
{
  gint8 *out = (gint8 *) self->y->data + pixel * self->y_stride;
  float *values = (float *) (gpointer) (sums + self->channels);
  const float multiplier = self->x->scale / (float) window->count;

  if (self->attributes->type == QS_POOLING_MAX)
    {
      memset (out, -128, self->channels);
      add_taps (self, window, out);
      return;
    }

  memset (sums, 0, self->channels * sizeof *sums);
  add_taps (self, window, sums);
  for (gint64 c = 0; c < self->channels; c++)
    values[c] = (float) sums[c] * multiplier;
  self->functions->activation (&self->layer->activation, values, self->channels);
  self->functions->quantize (values, 1.0f / self->y->scale, out, self->channels);
}

/* Sums and values of the channels of one pixel. */
static gsize
share_bytes (gint64 channels)
{
  return (channels * 8 + 63) / 64 * 64;
}

static void
pool_pixels (gint64   first,
             gint64   last,
             guint    thread,
             gpointer user_data)
{
  const Pooling *self = user_data;
  Place place;

  place_init (&place, self->state, first);
  for (gint64 pixel = first; pixel < last; pixel++, place_advance (&place, self->state))
    {
      Window window;

      window_init (&window, self, &place);
      if (self->x->type == QS_DATA_TYPE_INT8)
        pool_bytes (self, &window, pixel,
                    (gint32 *) (gpointer) (self->workspace
                                           + thread * share_bytes (self->channels)));
      else
        pool_floats (self, &window, pixel);
    }
}

static void
pooling_free (gpointer data)
{
  State *self = data;

  for (int i = 0; i < QS_MAX_SPATIAL; i++)
    free (self->ranges[i]);
  g_free (self);
}

static gpointer
pooling_prepare (const QsKernel  *kernel,
                 const QsLayer   *layer,
                 GError         **error)
{
  State *self = g_new0 (State, 1);

  qs_pooling_axes_init (self->axes, layer->attributes, &qs_layer_get_input (layer, 0)->shape);
  qs_spatial_dims (&qs_layer_get_output (layer, 0)->shape, self->out);
  for (int i = 0; i < QS_MAX_SPATIAL; i++)
    {
      self->ranges[i] = qs_kernel_alloc (self->out[i] * sizeof (Range), error);
      if (self->ranges[i] == NULL)
        {
          pooling_free (self);
          return NULL;
        }
      for (gint64 o = 0; o < self->out[i]; o++)
        {
          Range *range = &self->ranges[i][o];

          range->n_padded = qs_pooling_axis_range (&self->axes[i], o, &range->first, &range->last);
          range->origin = o * self->axes[i].stride - self->axes[i].begin;
        }
    }

  return self;
}

static gsize
pooling_workspace_size (const QsKernel *kernel,
                        const QsLayer  *layer,
                        gpointer        state,
                        guint           n_threads)
{
  return n_threads * share_bytes (qs_layer_get_input (layer, 0)->shape.dims[1]);
}

static QsCpuTapsFunc
choose_add (const QsCpuFunctions *functions,
            QsPoolingType         type,
            gboolean              integer)
{
  if (type == QS_POOLING_MAX)
    return integer ? functions->max_s8 : functions->max_f32;
  return integer ? functions->sum_s8 : functions->sum_f32;
}

static gboolean
pooling_execute (const QsKernel     *kernel,
                 const QsLayer      *layer,
                 gpointer            data,
                 const QsExecution  *execution,
                 GError            **error)
{
  const State *state = data;
  const QsView *x = &execution->inputs[0], *y = &execution->outputs[0];
  Pooling self = {
    .state = state,
    .axes = state->axes,
    .functions = qs_cpu_kernel_functions (kernel),
    .layer = layer,
    .attributes = layer->attributes,
    .channels = x->shape.dims[1],
    .x_stride = qs_view_get_row_stride (x),
    .y_stride = qs_view_get_row_stride (y),
    .x = x,
    .y = y,
    .workspace = execution->workspace,
  };
  gint64 n_pixels = y->shape.dims[0], taps = 1;

  if (!qs_kernel_check_views (kernel, layer, execution, error))
    return FALSE;

  self.add = choose_add (self.functions, self.attributes->type, x->type == QS_DATA_TYPE_INT8);
  for (int i = 0; i < QS_MAX_SPATIAL; i++)
    {
      n_pixels *= state->out[i];
      taps *= state->axes[i].kernel;
    }
  qs_thread_pool_run (execution->pool, n_pixels, 1 + 32768 / (1 + self.channels * taps),
                      pool_pixels, &self);
  return TRUE;
}

static double
largest_window (const QsLayer *layer)
{
  QsPoolingAxis axes[QS_MAX_SPATIAL];
  double n = 1;

  qs_pooling_axes_init (axes, layer->attributes, &qs_layer_get_input (layer, 0)->shape);
  for (int i = 0; i < QS_MAX_SPATIAL; i++)
    n *= (double) axes[i].kernel;
  return n;
}

static gboolean
supports_int8 (const QsLayer  *layer,
               const char    **reason)
{
  const QsPoolingAttributes *attributes = layer->attributes;
  const QsTensor *x = qs_layer_get_input (layer, 0), *y = qs_layer_get_output (layer, 0);

  if (x->type != QS_DATA_TYPE_INT8 || y->type != QS_DATA_TYPE_INT8 || !(x->scale > 0.0f)
      || !(y->scale > 0.0f))
    return qs_cpu_refuse (reason, "input or output is not INT8 with a scale");
  if (attributes->type == QS_POOLING_MAX && x->scale != y->scale)
    return qs_cpu_refuse (reason, "input and output have different scales");
  if (attributes->type == QS_POOLING_MAX && layer->activation.type != QS_ACTIVATION_NONE)
    return qs_cpu_refuse (reason, "max pooling compares bytes and cannot end in an activation");
  if (largest_window (layer) > MAX_COUNT)
    return qs_cpu_refuse (reason, "the window is too large for an exact INT8 mean");
  return TRUE;
}

static gboolean
pooling_supports (const QsKernel  *kernel,
                  const QsLayer   *layer,
                  const char     **reason)
{
  const QsPoolingAttributes *attributes = layer->attributes;
  const QsTensor *x = qs_layer_get_input (layer, 0), *y = qs_layer_get_output (layer, 0);

  if (attributes->type != QS_POOLING_MAX && attributes->type != QS_POOLING_AVERAGE)
    return qs_cpu_refuse (reason, "only maximum and average");
  if (x->shape.n_dims < 3 || x->shape.n_dims > 2 + QS_MAX_SPATIAL)
    return qs_cpu_refuse (reason, "only one to three spatial dimensions");
  if (layer->outputs->len > 1 && qs_layer_get_output (layer, 1) != NULL)
    return qs_cpu_refuse (reason, "it has no loop that finds the indices");
  if (kernel->precision == QS_PRECISION_INT8)
    return supports_int8 (layer, reason);
  if (x->type != QS_DATA_TYPE_FLOAT || y->type != QS_DATA_TYPE_FLOAT)
    return qs_cpu_refuse (reason, "input or output is not float");
  return TRUE;
}

const QsKernel qs_cpu_pooling_kernels[] = {
  {
    .name = "pooling_s8",
    .kind = QS_LAYER_POOLING,
    .precision = QS_PRECISION_INT8,
    .format = QS_FORMAT_HWC,
    .memory = QS_KERNEL_STRIDED,
    .supports = pooling_supports,
    .prepare = pooling_prepare,
    .workspace_size = pooling_workspace_size,
    .execute = pooling_execute,
    .release = pooling_free,
  },
  {
    .name = "pooling_f32",
    .kind = QS_LAYER_POOLING,
    .precision = QS_PRECISION_FP32,
    .format = QS_FORMAT_HWC,
    .memory = QS_KERNEL_STRIDED,
    .supports = pooling_supports,
    .prepare = pooling_prepare,
    .workspace_size = pooling_workspace_size,
    .execute = pooling_execute,
    .release = pooling_free,
  },
  { .name = NULL },
};
