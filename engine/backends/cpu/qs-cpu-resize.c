/* SPDX-License-Identifier: MIT */
#include "qs-cpu-kernel.h"

#include <stdlib.h>
#include <string.h>

#include "operators/qs-op-resize.h"
#include "operators/qs-op-window.h"
#include "qs-cpu-weighted.h"

/*
 * Resize over channels-last memory, a line of the output at a time: nearest neighbours are copied
 * pixel by pixel; an interpolated line is first summed out of lines of the input and then along
 * itself, with all channels of a pixel together and every sum in the order of the reference kernel.
 */

#define SPATIAL QS_MAX_SPATIAL
#define X 2
#define Y 1

/* Elements that are worth another thread. */
#define ITEM_WORK 16384

typedef struct
{
  gint64 in[SPATIAL];
  gint64 out[SPATIAL];
  gint64 *nearest[SPATIAL];
  QsResizeTaps taps[SPATIAL];
  gboolean keeps[SPATIAL];     /* nothing is interpolated along this axis */
} State;

static void
resize_free (gpointer data)
{
  State *self = data;

  for (int i = 0; i < SPATIAL; i++)
    {
      g_free (self->nearest[i]);
      qs_resize_taps_clear (&self->taps[i]);
    }
  g_free (self);
}

/* Axis @i of three spatial ones; those that the tensor lacks, in front, are left as they are. */
static gboolean
init_axis (State                    *self,
           const QsResizeAttributes *attributes,
           int                       i,
           int                       n_dims,
           GError                  **error)
{
  const int axis = n_dims - SPATIAL + i;

  self->keeps[i] = axis < 2 || qs_resize_keeps_axis (attributes, axis, self->in[i]);
  if (attributes->mode == QS_RESIZE_NEAREST)
    {
      self->nearest[i] = axis < 2 ? g_new0 (gint64, 1)
                                  : qs_resize_nearest_table (attributes, axis, self->in[i], error);
      return self->nearest[i] != NULL;
    }

  return self->keeps[i]
         || qs_resize_taps_init (&self->taps[i], attributes, axis, self->in[i], error);
}

static gpointer
resize_prepare (const QsKernel  *kernel,
                const QsLayer   *layer,
                GError         **error)
{
  const QsShape *x = &qs_layer_get_input (layer, 0)->shape;
  State *self = g_new0 (State, 1);
  gboolean ok = TRUE;

  qs_spatial_dims (x, self->in);
  qs_spatial_dims (&qs_layer_get_output (layer, 0)->shape, self->out);
  for (int i = 0; ok && i < SPATIAL; i++)
    ok = init_axis (self, layer->attributes, i, x->n_dims, error);
  if (!ok)
    g_clear_pointer (&self, resize_free);
  return self;
}

typedef struct
{
  const State *state;
  const QsCpuFunctions *functions;
  const QsResizeAttributes *attributes;
  const QsView *x;
  const QsView *y;
  gint64 channels;
  gint64 x_stride;       /* elements from pixel to pixel */
  gint64 y_stride;
  gsize size;            /* bytes of an element */
  guint8 *workspace;
} Resize;

/* The first of the line of pixels @line, counted through all of them. */
static const guint8 *
line_of_input (const Resize *self,
               gint64        line)
{
  return (const guint8 *) self->x->data
         + line * self->state->in[X] * self->x_stride * (gint64) self->size;
}

static guint8 *
line_of_output (const Resize *self,
                gint64        line)
{
  return (guint8 *) self->y->data
         + line * self->state->out[X] * self->y_stride * (gint64) self->size;
}

/* ---- nearest neighbours ---- */

static inline void
pick_pixels (const guint8 *from,
             gint64        from_step,
             guint8       *to,
             gint64        to_step,
             const gint64 *table,
             gint64        n,
             const gsize   size)
{
  for (gint64 i = 0; i < n; i++, to += to_step)
    memcpy (to, from + table[i] * from_step, size);
}

static void
pick_line (const Resize *self,
           gint64        line,
           gint64        from_line)
{
  const State *state = self->state;
  const gint64 from_step = self->x_stride * (gint64) self->size;
  const gint64 to_step = self->y_stride * (gint64) self->size;
  const guint8 *from = line_of_input (self, from_line);
  guint8 *to = line_of_output (self, line);

  /* With a constant size the copies become a few moves. */
  switch (self->channels * (gint64) self->size)
    {
    case 64:
      pick_pixels (from, from_step, to, to_step, state->nearest[X], state->out[X], 64);
      break;
    case 128:
      pick_pixels (from, from_step, to, to_step, state->nearest[X], state->out[X], 128);
      break;
    default:
      pick_pixels (from, from_step, to, to_step, state->nearest[X], state->out[X],
                   self->channels * self->size);
    }
}

static void
pick_lines (gint64   first,
            gint64   last,
            guint    thread,
            gpointer user_data)
{
  const Resize *self = user_data;
  const State *state = self->state;

  for (gint64 line = first; line < last; line++)
    {
      const gint64 plane = line / state->out[Y], batch = plane / state->out[0];
      const gint64 z = state->nearest[0][plane % state->out[0]];
      const gint64 y = state->nearest[Y][line % state->out[Y]];

      pick_line (self, line, (batch * state->in[0] + z) * state->in[Y] + y);
    }
}

/* ---- interpolation along two axes ---- */

/* A thread's memory: a line of the input in float32, sums over lines, their products, and a pixel. */
static gsize
share_floats (const State *state,
              gint64       channels)
{
  return (3 * state->in[X] * channels + channels + 15) / 16 * 16;
}

/* Adds a weighted line, or pixel, each product rounded as in the reference. */
static void
add_weighted (const Resize *self,
              float        *sums,
              const float  *values,
              float         weight,
              float        *products,
              gint64        n)
{
  self->functions->element_wise (QS_ELEMENT_WISE_MUL, QS_CPU_BROADCAST_B, values, &weight, products,
                                 n);
  self->functions->add_f32 (sums, products, n);
}

/* A line of the input in float32, channels of all its pixels together. */
static const float *
load_line (const Resize *self,
           gint64        line,
           float        *scratch)
{
  const guint8 *from = line_of_input (self, line);
  const gint64 n = self->channels;

  if (self->size == sizeof (float) && self->x_stride == n)
    return (const float *) (gconstpointer) from;

  for (gint64 i = 0; i < self->state->in[X]; i++, from += self->x_stride * (gint64) self->size)
    if (self->size == sizeof (float))
      memcpy (scratch + i * n, from, n * sizeof (float));
    else
      self->functions->dequantize ((const gint8 *) from, self->x->scale, scratch + i * n, n);
  return scratch;
}

static void
fill (float  *values,
      gint64  n,
      float   value)
{
  for (gint64 i = 0; i < n; i++)
    values[i] = value;
}

/* Line @o of the output, before its pixels are interpolated, out of lines of the input. */
static void
sum_lines (const Resize *self,
           gint64        o,
           gint64        first_line,
           float        *scratch,
           float        *sums,
           float        *products)
{
  const QsResizeTaps *taps = &self->state->taps[Y];
  const float *weights = taps->weights + o * taps->n_taps;
  const gint64 n = self->state->in[X] * self->channels;

  fill (sums, n, taps->outside[o] ? self->attributes->extrapolation : 0.0f);
  for (gint64 k = 0; k < taps->n_taps && !taps->outside[o]; k++)
    if (weights[k] != 0.0f)
      {
        const gint64 line = CLAMP (taps->first[o] + k, 0, self->state->in[Y] - 1);

        add_weighted (self, sums, load_line (self, first_line + line, scratch), weights[k], products,
                      n);
      }
}

static void
sum_pixels (const Resize *self,
            gint64        o,
            const float  *line,
            float        *sums,
            float        *products)
{
  const QsResizeTaps *taps = &self->state->taps[X];
  const float *weights = taps->weights + o * taps->n_taps;
  const gint64 n = self->channels;

  fill (sums, n, taps->outside[o] ? self->attributes->extrapolation : 0.0f);
  for (gint64 k = 0; k < taps->n_taps && !taps->outside[o]; k++)
    if (weights[k] != 0.0f)
      add_weighted (self, sums,
                    line + CLAMP (taps->first[o] + k, 0, self->state->in[X] - 1) * n, weights[k],
                    products, n);
}

static void
interpolate_line (const Resize *self,
                  gint64        line,
                  float        *memory)
{
  const State *state = self->state;
  const gint64 plane = line / state->out[Y], y = line % state->out[Y], n = self->channels;
  float *scratch = memory, *sums = scratch + state->in[X] * n;
  float *products = sums + state->in[X] * n, *pixel = products + state->in[X] * n;
  guint8 *to = line_of_output (self, line);
  const float *values = sums;

  if (state->keeps[Y])
    values = load_line (self, plane * state->in[Y] + y, scratch);
  else
    sum_lines (self, y, plane * state->in[Y], scratch, sums, products);

  for (gint64 o = 0; o < state->out[X]; o++, to += self->y_stride * (gint64) self->size)
    {
      const gboolean in_place = self->size == sizeof (float) && !state->keeps[X];
      float *result = in_place ? (float *) (gpointer) to : pixel;
      const float *from = result;

      if (state->keeps[X])
        from = values + o * n;
      else
        sum_pixels (self, o, values, result, products);
      if (self->size != sizeof (float))
        self->functions->quantize (from, 1.0f / self->y->scale, (gint8 *) to, n);
      else if (!in_place)
        memcpy (to, from, n * sizeof (float));
    }
}

static void
interpolate_lines (gint64   first,
                   gint64   last,
                   guint    thread,
                   gpointer user_data)
{
  const Resize *self = user_data;
  float *memory = (float *) (gpointer) self->workspace
                  + thread * share_floats (self->state, self->channels);

  for (gint64 line = first; line < last; line++)
    interpolate_line (self, line, memory);
}

static gsize
resize_workspace_size (const QsKernel *kernel,
                       const QsLayer  *layer,
                       gpointer        state,
                       guint           n_threads)
{
  const QsResizeAttributes *attributes = layer->attributes;

  if (attributes->mode == QS_RESIZE_NEAREST)
    return 0;
  return n_threads * share_floats (state, qs_layer_get_input (layer, 0)->shape.dims[1])
         * sizeof (float);
}

static gboolean
resize_execute (const QsKernel     *kernel,
                const QsLayer      *layer,
                gpointer            data,
                const QsExecution  *execution,
                GError            **error)
{
  const State *state = data;
  const QsView *x = &execution->inputs[0], *y = &execution->outputs[0];
  Resize self = {
    .state = state,
    .functions = qs_cpu_kernel_functions (kernel),
    .attributes = layer->attributes,
    .x = x,
    .y = y,
    .channels = x->shape.dims[1],
    .x_stride = qs_view_get_row_stride (x),
    .y_stride = qs_view_get_row_stride (y),
    .size = qs_data_type_size (x->type),
    .workspace = execution->workspace,
  };
  const gint64 line_work = state->out[X] * self.channels;

  if (!qs_kernel_check_views (kernel, layer, execution, error))
    return FALSE;
  if (qs_shape_n_elements (&y->shape) > 0)
    qs_thread_pool_run (execution->pool, y->shape.dims[0] * state->out[0] * state->out[Y],
                        1 + ITEM_WORK / line_work,
                        self.attributes->mode == QS_RESIZE_NEAREST ? pick_lines : interpolate_lines,
                        &self);
  return TRUE;
}

static gboolean
supports_types (const QsKernel  *kernel,
                const QsLayer   *layer,
                const char     **reason)
{
  const QsTensor *x = qs_layer_get_input (layer, 0), *y = qs_layer_get_output (layer, 0);
  const gboolean integer = kernel->precision == QS_PRECISION_INT8;
  const QsDataType type = integer ? QS_DATA_TYPE_INT8 : QS_DATA_TYPE_FLOAT;
  const QsResizeAttributes *attributes = layer->attributes;

  if (x->type != type || y->type != type)
    return qs_cpu_refuse (reason, "input or output has another type");
  if (integer && (!(x->scale > 0.0f) || !(y->scale > 0.0f)))
    return qs_cpu_refuse (reason, "input or output has no scale");
  if (integer && attributes->mode == QS_RESIZE_NEAREST && x->scale != y->scale)
    return qs_cpu_refuse (reason, "input and output have different scales");
  if (layer->activation.type != QS_ACTIVATION_NONE)
    return qs_cpu_refuse (reason, "it ends in an activation");
  return TRUE;
}

/* Whether whole pixels move along batch or channels: interpolation skips an axis that keeps its
 * length, but a nearest neighbour may be the next one even there, by how it counts and rounds. */
static gboolean
keeps_pixels (const QsResizeAttributes *attributes,
              int                       axis,
              gint64                    in)
{
  g_autofree gint64 *table = NULL;
  gboolean keeps = qs_resize_keeps_axis (attributes, axis, in);

  if (!keeps || attributes->mode != QS_RESIZE_NEAREST)
    return keeps;

  table = qs_resize_nearest_table (attributes, axis, in, NULL);
  keeps = table != NULL;
  for (gint64 o = 0; keeps && o < in; o++)
    keeps = table[o] == o;
  return keeps;
}

static gboolean
resize_supports (const QsKernel  *kernel,
                 const QsLayer   *layer,
                 const char     **reason)
{
  const QsResizeAttributes *attributes = layer->attributes;
  const QsShape *x = &qs_layer_get_input (layer, 0)->shape;

  if (x->n_dims < 3 || x->n_dims > 2 + SPATIAL || qs_shape_n_elements (x) <= 0)
    return qs_cpu_refuse (reason, "only one to three spatial dimensions");
  for (int axis = 0; axis < 2; axis++)
    if (!keeps_pixels (attributes, axis, x->dims[axis]))
      return qs_cpu_refuse (reason, "only the spatial axes are resized");
  if (attributes->mode == QS_RESIZE_NEAREST
      && attributes->coordinates == QS_COORDINATES_TF_CROP_AND_RESIZE)
    return qs_cpu_refuse (reason, "a region may lie outside the input");
  if (attributes->mode != QS_RESIZE_NEAREST && x->n_dims == 2 + SPATIAL
      && !qs_resize_keeps_axis (attributes, 2, x->dims[2]))
    return qs_cpu_refuse (reason, "it interpolates along three axes");
  return supports_types (kernel, layer, reason);
}

#define RESIZE \
  .kind = QS_LAYER_RESIZE, .format = QS_FORMAT_HWC, .memory = QS_KERNEL_STRIDED, \
  .supports = resize_supports, .prepare = resize_prepare, \
  .workspace_size = resize_workspace_size, .execute = resize_execute, .release = resize_free

const QsKernel qs_cpu_resize_kernels[] = {
  { .name = "resize_s8", .precision = QS_PRECISION_INT8, RESIZE },
  { .name = "resize_f32", .precision = QS_PRECISION_FP32, RESIZE },
  { .name = NULL },
};
