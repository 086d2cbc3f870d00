/* SPDX-License-Identifier: MIT */
#include "qs-cpu-kernel.h"

#include <stdlib.h>
#include <string.h>

#include "operators/qs-attributes.h"
#include "qs-cpu-weighted.h"

/*
 * Depthwise convolution with 3x3 and 5x5 filters, stride 1 or 2, line by line. For a panel of
 * channels, the lines of the input under one line of the output are copied side by side, padding
 * included, and most of them are there already from the line before. The copy fetches the input into
 * the first level cache with all loads at once, and leaves the inner loop without borders.
 */

#define MAX_KERNEL 5

/* Bytes of input of a strip of lines, and pixels that are worth a thread's attention. */
#define STRIP_BYTES (512 << 10)
#define MIN_ITEM_PIXELS 512

typedef struct
{
  gint64 batch;
  gint64 channels;
  gint64 in[2];
  gint64 out[2];
  gint64 pad[2];
  gint64 kernel;
  gint64 stride;
} Geometry;

static void
geometry_init (Geometry      *self,
               const QsLayer *layer)
{
  const QsConvolutionAttributes *conv = layer->attributes;
  const QsShape *x = &qs_layer_get_input (layer, QS_INPUT_X)->shape;
  const QsShape *y = &qs_layer_get_output (layer, 0)->shape;

  self->batch = x->dims[0];
  self->channels = x->dims[1];
  self->kernel = qs_layer_get_input (layer, QS_INPUT_WEIGHTS)->shape.dims[2];
  self->stride = conv->strides.v[0];
  for (int i = 0; i < 2; i++)
    {
      self->in[i] = x->dims[2 + i];
      self->out[i] = y->dims[2 + i];
      self->pad[i] = conv->pads.v[i];
    }
}

/* Weights [panel][tap][channel] in FP32, [panel][line / unit][column][channel][unit] in INT8, where a
 * lane multiplies that many lines at a time: four as bytes, two as 16-bit integers. */
typedef struct
{
  Geometry geometry;
  const QsCpuFunctions *functions;
  gboolean integer;
  gint64 panel;          /* channels of a panel */
  gint64 n_panels;
  gsize panel_bytes;     /* of its weights */
  guint8 *packed;
  gint32 *start;         /* [channel]: what INT8 sums start with, -offset times the sum of the weights */
  gint64 line_pixels;    /* of a copied line, padding included */
  gint64 strip;          /* lines of the output that are computed panel by panel */
  float *multiplier;
  float *bias;
} Depthwise;

static void
depthwise_free (gpointer state)
{
  Depthwise *self = state;

  free (self->packed);
  free (self->start);
  free (self->multiplier);
  free (self->bias);
  g_free (self);
}

static void
pack_floats (Depthwise   *self,
             const float *weights)
{
  const gint64 n_taps = self->geometry.kernel * self->geometry.kernel;

  for (gint64 c = 0; c < self->geometry.channels; c++)
    {
      float *panel = (float *) (gpointer) (self->packed + c / self->panel * self->panel_bytes);

      for (gint64 t = 0; t < n_taps; t++)
        panel[t * self->panel + c % self->panel] = weights[c * n_taps + t];
    }
}

static void
pack_bytes (Depthwise   *self,
            const gint8 *weights)
{
  const gint64 kernel = self->geometry.kernel, unit = self->functions->lane_unit;

  for (gint64 c = 0; c < self->geometry.channels; c++)
    {
      guint8 *panel = self->packed + c / self->panel * self->panel_bytes;

      for (gint64 y = 0; y < kernel; y++)
        for (gint64 x = 0; x < kernel; x++, weights++)
          {
            const gint64 i = ((y / unit * kernel + x) * self->panel + c % self->panel) * unit
                             + y % unit;

            if (unit == 4)
              ((gint8 *) panel)[i] = *weights;
            else
              ((gint16 *) (gpointer) panel)[i] = *weights;
            self->start[c] -= self->functions->lane_offset * *weights;
          }
    }
}

static gboolean
pack_weights (Depthwise      *self,
              const QsTensor *weights,
              GError        **error)
{
  const gint64 kernel = self->geometry.kernel, unit = self->functions->lane_unit;
  gconstpointer data = qs_host_tensor_get_data (weights->value);

  self->panel_bytes = self->integer ? (kernel + unit - 1) / unit * kernel * self->panel * 4
                                    : kernel * kernel * self->panel * (gint64) sizeof (float);
  self->packed = qs_kernel_alloc (self->n_panels * self->panel_bytes, error);
  self->start = qs_kernel_alloc (self->n_panels * self->panel * sizeof *self->start, error);
  if (self->packed == NULL || self->start == NULL)
    return FALSE;

  if (self->integer)
    pack_bytes (self, data);
  else
    pack_floats (self, data);
  return TRUE;
}

static gsize
value_size (const Depthwise *self)
{
  return self->integer ? 1 : sizeof (float);
}

/* As many lines as have their input in the second level cache, where all panels find it: a panel is a
 * part of every pixel, and fetching one fetches its neighbours. The first lines of a strip are copied
 * once more, so it must not be short. */
static gint64
choose_strip (const Depthwise *self)
{
  const Geometry *g = &self->geometry;
  const gint64 line = g->in[1] * g->channels * (gint64) value_size (self) * g->stride;

  return CLAMP (STRIP_BYTES / MAX (line, 1), MIN (2 * g->kernel, g->out[0]), MAX (g->out[0], 1));
}

static gboolean
depthwise_init (Depthwise      *self,
                const QsKernel *kernel,
                const QsLayer  *layer,
                GError        **error)
{
  const Geometry *g = &self->geometry;

  geometry_init (&self->geometry, layer);
  self->functions = qs_cpu_kernel_functions (kernel);
  self->integer = kernel->precision == QS_PRECISION_INT8;
  self->panel = QS_CPU_PANEL (self->functions);
  self->n_panels = (g->channels + self->panel - 1) / self->panel;
  self->line_pixels = MAX (0, g->out[1] - 1) * g->stride + g->kernel;
  self->strip = choose_strip (self);

  return pack_weights (self, qs_layer_get_input (layer, QS_INPUT_WEIGHTS), error)
         && qs_weighted_parameters (layer, 1, g->channels, self->n_panels * self->panel, 1.0f,
                                    &self->multiplier, &self->bias, error);
}

static gpointer
depthwise_prepare (const QsKernel  *kernel,
                   const QsLayer   *layer,
                   GError         **error)
{
  Depthwise *self = g_new0 (Depthwise, 1);

  if (!depthwise_init (self, kernel, layer, error))
    g_clear_pointer (&self, depthwise_free);

  return self;
}

static gsize
line_bytes (const Depthwise *self)
{
  return (self->line_pixels * self->panel * value_size (self) + 63) / 64 * 64;
}

/* A thread's lines, and one of padding. */
static gsize
share_bytes (const Depthwise *self)
{
  return (self->geometry.kernel + 1) * line_bytes (self);
}

static gsize
depthwise_workspace_size (const QsKernel *kernel,
                          const QsLayer  *layer,
                          gpointer        state,
                          guint           n_threads)
{
  const Depthwise *self = state;

  return n_threads * share_bytes (self);
}

static gint64
count_strips (const Depthwise *self)
{
  return (self->geometry.out[0] + self->strip - 1) / self->strip;
}

typedef struct
{
  const Depthwise *depthwise;
  const guint8 *input;
  gint64 row_stride;     /* elements from pixel to pixel of the input */
  guint8 *workspace;
  QsCpuEpilogue epilogue;
} DepthwiseRun;

/* One panel of some lines of the output. The input's lines under the present one are at @slots, from
 * @slot on and round again. */
typedef struct
{
  const DepthwiseRun *run;
  guint8 *slots;
  const guint8 *zeros;   /* a line of padding */
  gint64 image;
  gint64 panel;
  gint64 next;           /* first line of the input that is not there yet */
  gint64 slot;
} Strip;

static gint64
panel_channels (const Depthwise *self,
                gint64           panel)
{
  return MIN (self->panel, self->geometry.channels - panel * self->panel);
}

static gboolean
is_inside (const Geometry *g,
           gint64          line)
{
  return line >= 0 && line < g->in[0];
}

/* @i: 0 … kernel - 1 */
static guint8 *
strip_line (const Strip *self,
            gint64       i)
{
  const Depthwise *depthwise = self->run->depthwise;
  const gint64 slot = self->slot + i;

  return self->slots + (slot < depthwise->geometry.kernel ? slot : slot - depthwise->geometry.kernel)
                         * line_bytes (depthwise);
}

/* The columns beside the image are never written, so they stay padding. */
static void
copy_line (const Strip *self,
           gint64       line,
           guint8      *to)
{
  const Depthwise *depthwise = self->run->depthwise;
  const Geometry *g = &depthwise->geometry;
  const gsize size = value_size (depthwise);
  const gint64 n = MIN (g->in[1], depthwise->line_pixels - g->pad[1]);
  const gint64 row_stride = self->run->row_stride;
  const gint64 first = (self->image * g->in[0] + line) * g->in[1] * row_stride
                       + self->panel * depthwise->panel;

  if (n > 0)
    depthwise->functions->depthwise_line (depthwise->integer, self->run->input + first * size,
                                          row_stride * size, n,
                                          panel_channels (depthwise, self->panel),
                                          to + g->pad[1] * depthwise->panel * size);
}

/* Output line @y, @row but for its place. */
static void
compute_line (Strip             *self,
              gint64             y,
              QsCpuDepthwiseRow *row)
{
  const Depthwise *depthwise = self->run->depthwise;
  const Geometry *g = &depthwise->geometry;
  const gint64 first = y * g->stride - g->pad[0];

  for (self->next = MAX (self->next, first); self->next < first + g->kernel; self->next++)
    if (is_inside (g, self->next))
      copy_line (self, self->next, strip_line (self, self->next - first));

  for (gint64 i = 0; i < g->kernel; i++)
    row->lines[i] = is_inside (g, first + i) ? strip_line (self, i) : self->zeros;

  row->first_row = (self->image * g->out[0] + y) * g->out[1];
  if (depthwise->integer)
    depthwise->functions->depthwise_row_s8 (row);
  else
    depthwise->functions->depthwise_row_f32 (row);
  self->slot = (self->slot + g->stride) % g->kernel;
}

static void
compute_strip (Strip  *self,
               gint64  first,
               gint64  last)
{
  const Depthwise *depthwise = self->run->depthwise;
  const Geometry *g = &depthwise->geometry;
  QsCpuDepthwiseRow row = {
    .kernel = g->kernel,
    .stride = g->stride,
    .n_pixels = g->out[1],
    .weights = depthwise->packed + self->panel * depthwise->panel_bytes,
    .start = depthwise->start + self->panel * depthwise->panel,
    .epilogue = &self->run->epilogue,
    .first_column = self->panel * depthwise->panel,
    .n_columns = panel_channels (depthwise, self->panel),
  };

  self->next = first * g->stride - g->pad[0];
  self->slot = 0;
  for (gint64 y = first; y < last; y++)
    compute_line (self, y, &row);
}

/* Items are the panels of one strip after the other. */
static void
depthwise_items (gint64   first,
                 gint64   last,
                 guint    thread,
                 gpointer user_data)
{
  const DepthwiseRun *run = user_data;
  const Depthwise *self = run->depthwise;
  const gint64 n_strips = count_strips (self);
  guint8 *memory = run->workspace + thread * share_bytes (self);
  Strip strip = { .run = run, .slots = memory,
                  .zeros = memory + self->geometry.kernel * line_bytes (self) };

  /* Zeros are the padding; INT8 values may be shifted to be unsigned. */
  memset (memory, self->integer ? self->functions->lane_offset : 0, share_bytes (self));
  for (gint64 i = first; i < last; i++)
    {
      gint64 rest = i / self->n_panels, y = rest % n_strips * self->strip;

      strip.panel = i % self->n_panels;
      strip.image = rest / n_strips;
      compute_strip (&strip, y, MIN (y + self->strip, self->geometry.out[0]));
    }
}

static gboolean
depthwise_execute (const QsKernel     *kernel,
                   const QsLayer      *layer,
                   gpointer            state,
                   const QsExecution  *execution,
                   GError            **error)
{
  const Depthwise *self = state;
  const Geometry *g = &self->geometry;
  DepthwiseRun run = {
    .depthwise = self,
    .input = execution->inputs[QS_INPUT_X].data,
    .workspace = execution->workspace,
  };

  if (!qs_kernel_check_views (kernel, layer, execution, error))
    return FALSE;
  if (qs_shape_n_elements (&execution->outputs[0].shape) == 0)
    return TRUE;

  run.row_stride = qs_view_get_row_stride (&execution->inputs[QS_INPUT_X]);
  qs_cpu_weighted_epilogue (layer, execution, self->multiplier, self->bias, g->channels,
                            &run.epilogue);
  qs_cpu_weighted_spread (execution, &run.epilogue);
  qs_thread_pool_run (execution->pool, g->batch * count_strips (self) * self->n_panels,
                      1 + MIN_ITEM_PIXELS / (self->strip * g->out[1]), depthwise_items, &run);
  return TRUE;
}

static gboolean
is_square (const QsInts *values)
{
  return values->n == 2 && values->v[0] == values->v[1];
}

static gboolean
depthwise_supports (const QsKernel  *kernel,
                    const QsLayer   *layer,
                    const char     **reason)
{
  const QsCpuFunctions *functions = qs_cpu_kernel_functions (kernel);
  const QsConvolutionAttributes *conv = layer->attributes;
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);
  const QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  const QsShape *w = &weights->shape;

  if (kernel->precision == QS_PRECISION_INT8 && functions->depthwise_row_s8 == NULL)
    return qs_cpu_refuse (reason, "the instruction set has no vectors of integers");
  if (x->shape.n_dims != 4 || w->n_dims != 4 || !qs_shape_is_known (&x->shape))
    return qs_cpu_refuse (reason, "only two spatial dimensions");
  if (conv->groups != x->shape.dims[1]
      || conv->groups != qs_layer_get_output (layer, 0)->shape.dims[1])
    return qs_cpu_refuse (reason, "the convolution is not depthwise");
  if (w->dims[2] != w->dims[3] || (w->dims[2] != 3 && w->dims[2] != MAX_KERNEL)
      || !is_square (&conv->strides) || conv->strides.v[0] > 2 || !is_square (&conv->dilations)
      || conv->dilations.v[0] != 1)
    return qs_cpu_refuse (reason, "only 3x3 and 5x5 filters with stride 1 or 2 and no dilation");
  if (conv->pads.n != 4 || conv->pads.v[0] < 0 || conv->pads.v[1] < 0)
    return qs_cpu_refuse (reason, "the padding is negative");
  return qs_weighted_supports (kernel, layer, w->dims[2] * w->dims[3], conv->groups, FALSE, reason);
}

#define DEPTHWISE \
  .kind = QS_LAYER_CONVOLUTION, .format = QS_FORMAT_HWC, .in_place = 1 << QS_INPUT_RESIDUAL, \
  .memory = QS_KERNEL_STRIDED, .supports = depthwise_supports, \
  .prepare = depthwise_prepare, .workspace_size = depthwise_workspace_size, \
  .execute = depthwise_execute, .release = depthwise_free

const QsKernel qs_cpu_depthwise_kernels[] = {
  { .name = "depthwise_lines_s8", .precision = QS_PRECISION_INT8, DEPTHWISE },
  { .name = "depthwise_lines_f32", .precision = QS_PRECISION_FP32, DEPTHWISE },
  { .name = NULL },
};
