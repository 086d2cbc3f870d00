/* SPDX-License-Identifier: MIT */
#include "qs-cpu-kernel.h"

#include <stdlib.h>
#include <string.h>

#include "operators/qs-attributes.h"
#include "qs-cpu-range.h"
#include "qs-cpu-weighted.h"

/*
 * Convolution over channels-last memory, as a matrix product whose rows are output pixels. What
 * lies under one row of the filter is one contiguous run of the input, kernel width times channels
 * long, so rows are not gathered: the product gets a pointer to every run. Only runs that hang over
 * the border are copied, and all of them where runs are too short to be worth a call each.
 */

#define SPATIAL 3

/* A run of fewer steps than this costs more to start than to copy. */
#define MIN_RUN_STEPS 8

/* All three spatial axes, the missing ones in front with length 1. */
typedef struct
{
  gint64 batch;
  gint64 groups;
  gint64 channels;      /* of the input */
  gint64 outputs;       /* channels of the output */
  gint64 group_channels;
  gint64 group_outputs;
  gint64 in[SPATIAL];
  gint64 out[SPATIAL];
  gint64 kernel[SPATIAL];
  gint64 stride[SPATIAL];
  gint64 dilation[SPATIAL];
  gint64 pad[SPATIAL];
  gint64 n_taps;
} Geometry;

static void
geometry_init (Geometry      *self,
               const QsLayer *layer)
{
  const QsConvolutionAttributes *conv = layer->attributes;
  const QsShape *x = &qs_layer_get_input (layer, QS_INPUT_X)->shape;
  const QsShape *w = &qs_layer_get_input (layer, QS_INPUT_WEIGHTS)->shape;
  const QsShape *y = &qs_layer_get_output (layer, 0)->shape;
  const int n = x->n_dims - 2;

  self->batch = x->dims[0];
  self->groups = conv->groups;
  self->channels = x->dims[1];
  self->outputs = y->dims[1];
  self->group_channels = self->channels / self->groups;
  self->group_outputs = self->outputs / self->groups;
  self->n_taps = 1;

  for (int axis = 0; axis < SPATIAL; axis++)
    {
      int i = axis - (SPATIAL - n);

      self->in[axis] = i < 0 ? 1 : x->dims[2 + i];
      self->out[axis] = i < 0 ? 1 : y->dims[2 + i];
      self->kernel[axis] = i < 0 ? 1 : w->dims[2 + i];
      self->stride[axis] = i < 0 ? 1 : conv->strides.v[i];
      self->dilation[axis] = i < 0 ? 1 : conv->dilations.v[i];
      self->pad[axis] = i < 0 ? 0 : conv->pads.v[i];
      self->n_taps *= self->kernel[axis];
    }
}

static gint64
geometry_n_pixels (const Geometry *self)
{
  return self->batch * self->out[0] * self->out[1] * self->out[2];
}

/* How rows are cut into runs: by single taps, which are never copied, where there are channels
 * enough for a run. */
typedef struct
{
  gint64 n_runs;
  gint64 taps_per_run;
  gint64 run;            /* values */
  gboolean merged;       /* all runs of a row are copied together */
} Runs;

static void
runs_init (Runs                    *self,
           const Geometry          *geometry,
           const QsCpuProductFuncs *funcs)
{
  const gint64 min_run = MIN_RUN_STEPS * funcs->unit;
  gboolean contiguous = geometry->groups == 1
                        && (geometry->dilation[2] == 1 || geometry->kernel[2] == 1);

  self->taps_per_run = contiguous && geometry->group_channels < min_run ? geometry->kernel[2] : 1;
  self->n_runs = geometry->n_taps / self->taps_per_run;
  self->run = self->taps_per_run * geometry->group_channels;
  self->merged = self->run % funcs->unit != 0 || (self->run < min_run && self->n_runs > 1);
}

typedef struct
{
  Geometry geometry;
  Runs runs;
  QsCpuProduct product;
  guint value_size;      /* bytes of a left value */
  guint8 zero;           /* byte pattern of a zero left value */
  guint8 *zeros;         /* a run in the padding */
  gint64 (*shifts)[SPATIAL]; /* of every run, from where an output pixel's filter starts */
  float *multiplier;
  float *bias;
} Convolution;

/* Single taps are in the input or in the padding; longer runs may have to be put together. */
static gsize
scratch_per_row (const Convolution *self)
{
  gint64 row = self->product.n_segments * self->product.segment_steps * self->product.funcs->unit;

  return self->runs.merged || self->runs.taps_per_run > 1 ? row * self->value_size : 0;
}

/* Where the batch and spatial position of an output pixel are. */
typedef struct
{
  gint64 batch;
  gint64 at[SPATIAL];
} Pixel;

static void
pixel_init (Pixel          *self,
            const Geometry *geometry,
            gint64          row)
{
  for (int axis = SPATIAL - 1; axis >= 0; axis--)
    {
      self->at[axis] = row % geometry->out[axis];
      row /= geometry->out[axis];
    }
  self->batch = row;
}

static void
pixel_advance (Pixel          *self,
               const Geometry *geometry)
{
  for (int axis = SPATIAL - 1; axis >= 0; axis--)
    {
      if (++self->at[axis] < geometry->out[axis])
        return;
      self->at[axis] = 0;
    }
  self->batch++;
}

/* Where the filter of an output pixel starts in the input; before it when in the padding. */
static inline void
filter_start (const Geometry *geometry,
              const Pixel    *pixel,
              gint64         *start)
{
  for (int axis = 0; axis < SPATIAL; axis++)
    start[axis] = pixel->at[axis] * geometry->stride[axis] - geometry->pad[axis];
}

static inline gboolean
is_inside (const Geometry *geometry,
           int             axis,
           gint64          coordinate)
{
  return coordinate >= 0 && coordinate < geometry->in[axis];
}

/* One row of input pixels and the first of them that a run needs. */
typedef struct
{
  const guint8 *line;    /* NULL when the line is in the padding */
  gint64 x;
} RunPlace;

/* The place of a run under the first of some output pixels in a line. @image: the first input value
 * of their batch and group. */
static inline void
place_run (const Convolution *self,
           const guint8      *image,
           const gint64      *start,
           gint64             run,
           RunPlace          *place)
{
  const Geometry *g = &self->geometry;
  const gint64 *shift = self->shifts[run];
  gint64 z = start[0] + shift[0], y = start[1] + shift[1];

  place->x = start[2] + shift[2];
  place->line = NULL;
  if (is_inside (g, 0, z) && is_inside (g, 1, y))
    place->line = image + (z * g->in[1] + y) * g->in[2] * g->channels * self->value_size;
}

/* Short pieces are copied here: a call of memcpy takes longer than they do. */
static inline void
copy_bytes (guint8       *to,
            const guint8 *from,
            gsize         n)
{
  if (n > 64)
    memcpy (to, from, n);
  else if (n % 4 == 0)
    for (gsize i = 0; i < n; i += 4)
      memcpy (to + i, from + i, 4);
  else
    for (gsize i = 0; i < n; i++)
      to[i] = from[i];
}

/* Copies a run with zeros for what is in the padding. */
static inline void
copy_run (const Convolution *self,
          const RunPlace    *place,
          guint8            *to)
{
  const Geometry *g = &self->geometry;
  const gint64 pixel_bytes = g->channels * self->value_size;
  const gint64 tap_bytes = g->group_channels * self->value_size;
  const gint64 n_taps = self->runs.taps_per_run;
  gint64 first, last;

  if (place->line != NULL && place->x >= 0 && place->x + n_taps <= g->in[2])
    {
      copy_bytes (to, place->line + place->x * pixel_bytes, n_taps * tap_bytes);
      return;
    }

  first = CLAMP (-place->x, 0, n_taps);
  last = place->line == NULL ? first : CLAMP (g->in[2] - place->x, first, n_taps);
  memset (to, self->zero, first * tap_bytes);
  if (last > first)
    memcpy (to + first * tap_bytes, place->line + (place->x + first) * pixel_bytes,
            (last - first) * tap_bytes);
  memset (to + last * tap_bytes, self->zero, (n_taps - last) * tap_bytes);
}

static const guint8 *
find_run (const Convolution *self,
          const RunPlace    *place,
          guint8            *scratch)
{
  if (place->line == NULL)
    return self->zeros;
  if (place->x >= 0 && place->x + self->runs.taps_per_run <= self->geometry.in[2])
    return place->line + place->x * self->geometry.channels * self->value_size;

  copy_run (self, place, scratch);
  return scratch;
}

/* What one execution needs to find rows. */
typedef struct
{
  const Convolution *convolution;
  const guint8 *input;
} Source;

/* Output pixels in front of the first one, of @n, whose run starts at or behind @limit. */
static inline guint
n_before (const RunPlace *place,
          gint64          limit,
          gint64          stride,
          guint           n)
{
  return limit <= place->x ? 0 : MIN ((gint64) n, (limit - place->x + stride - 1) / stride);
}

/* A single tap: padding, a part of the line, and padding. */
static inline void
find_taps_of_line (const Convolution *self,
                   const RunPlace    *place,
                   guint              n,
                   const guint8     **rows)
{
  const Geometry *g = &self->geometry;
  const gint64 pixel_bytes = g->channels * self->value_size;
  const guint first = place->line == NULL ? n : n_before (place, 0, g->stride[2], n);
  const guint last = place->line == NULL ? n : n_before (place, g->in[2], g->stride[2], n);

  for (guint p = 0; p < first; p++)
    rows[p] = self->zeros;
  for (guint p = first; p < last; p++)
    rows[p] = place->line + (place->x + p * g->stride[2]) * pixel_bytes;
  for (guint p = last; p < n; p++)
    rows[p] = self->zeros;
}

/* Run @run of @n neighbouring output pixels; the pointers are those of that run. */
static inline void
find_runs (const Convolution *self,
           RunPlace           place,
           guint              n,
           guint8            *scratch,
           const guint8     **rows)
{
  const gsize row_bytes = scratch_per_row (self);
  const gint64 stride = self->geometry.stride[2];

  if (!self->runs.merged && self->runs.taps_per_run == 1)
    {
      find_taps_of_line (self, &place, n, rows);
      return;
    }

  for (guint p = 0; p < n; p++, place.x += stride, scratch += row_bytes)
    if (self->runs.merged)
      copy_run (self, &place, scratch);
    else
      rows[p] = find_run (self, &place, scratch);
}

/* The rows of @n neighbouring output pixels of one line. */
static void
find_line (const Source *source,
           gint64        group,
           const Pixel  *pixel,
           guint         n,
           guint         n_rows,
           guint8       *scratch,
           const guint8 **rows)
{
  const Convolution *self = source->convolution;
  const Geometry *g = &self->geometry;
  const gsize run_bytes = self->runs.run * self->value_size;
  const guint8 *image = source->input
                        + (pixel->batch * g->in[0] * g->in[1] * g->in[2] * g->channels
                           + group * g->group_channels) * self->value_size;
  gint64 start[SPATIAL];

  filter_start (g, pixel, start);
  for (gint64 run = 0; run < self->runs.n_runs; run++)
    {
      RunPlace place;

      place_run (self, image, start, run, &place);
      find_runs (self, place, n, scratch + run * run_bytes, rows + run * n_rows);
    }

  if (self->runs.merged)
    for (guint p = 0; p < n; p++)
      rows[p] = scratch + p * scratch_per_row (self);
}

static void
find_rows (gconstpointer  data,
           gint64         group,
           gint64         first,
           guint          n_rows,
           guint8        *scratch,
           const guint8 **rows)
{
  const Source *source = data;
  const Geometry *g = &source->convolution->geometry;
  guint r = 0;

  while (r < n_rows)
    {
      Pixel pixel;
      guint n;

      pixel_init (&pixel, g, first + r);
      n = MIN (n_rows - r, g->out[2] - pixel.at[2]);
      find_line (source, group, &pixel, n, n_rows,
                 scratch + r * scratch_per_row (source->convolution), rows + r);
      r += n;
    }
}

/* [output][tap][channel] out of ONNX's [output][channel][tap]. */
static gpointer
reorder_weights (const Geometry  *g,
                 const QsTensor  *weights,
                 GError         **error)
{
  const gsize size = qs_data_type_size (weights->type);
  const guint8 *from = qs_host_tensor_get_data (weights->value);
  guint8 *matrix = qs_kernel_alloc (g->outputs * g->group_channels * g->n_taps * size, error);
  guint8 *to = matrix;

  if (matrix == NULL)
    return NULL;

  for (gint64 k = 0; k < g->outputs; k++)
    for (gint64 t = 0; t < g->n_taps; t++)
      for (gint64 c = 0; c < g->group_channels; c++, to += size)
        memcpy (to, from + ((k * g->group_channels + c) * g->n_taps + t) * size, size);

  return matrix;
}

static gboolean
pack_weights (Convolution    *self,
              const QsTensor *weights,
              GError        **error)
{
  const Geometry *g = &self->geometry;
  const gint64 n_products = g->group_channels * g->n_taps;
  const gsize group_bytes = g->group_outputs * n_products * qs_data_type_size (weights->type);
  guint8 *matrix = reorder_weights (g, weights, error);

  if (matrix == NULL)
    return FALSE;

  for (gint64 group = 0; group < g->groups; group++)
    qs_cpu_product_pack (&self->product, group, matrix + group * group_bytes, 1, n_products);
  free (matrix);
  return TRUE;
}

static void
convolution_free (gpointer state)
{
  Convolution *self = state;

  qs_cpu_product_clear (&self->product);
  free (self->shifts);
  free (self->zeros);
  free (self->multiplier);
  free (self->bias);
  g_free (self);
}

/* The filter's taps in order, a run at a time. */
static gboolean
find_shifts (Convolution  *self,
             GError      **error)
{
  const Geometry *g = &self->geometry;

  self->shifts = qs_kernel_alloc (self->runs.n_runs * sizeof *self->shifts, error);
  if (self->shifts == NULL)
    return FALSE;

  for (gint64 run = 0; run < self->runs.n_runs; run++)
    {
      gint64 tap = run * self->runs.taps_per_run;

      for (int axis = SPATIAL - 1; axis >= 0; axis--)
        {
          self->shifts[run][axis] = tap % g->kernel[axis] * g->dilation[axis];
          tap /= g->kernel[axis];
        }
    }

  return TRUE;
}

static const QsCpuProductFuncs *
choose_product (const QsKernel *kernel,
                const QsLayer  *layer)
{
  const QsCpuFunctions *functions = qs_cpu_kernel_functions (kernel);

  if (kernel->precision != QS_PRECISION_INT8)
    return functions->product_f32;
  return qs_cpu_is_non_negative (qs_layer_get_input (layer, QS_INPUT_X)) ? functions->product_u7
                                                                          : functions->product_s8;
}

static gboolean
convolution_init (Convolution    *self,
                  const QsKernel *kernel,
                  const QsLayer  *layer,
                  GError        **error)
{
  const QsCpuProductFuncs *funcs = choose_product (kernel, layer);
  const Geometry *g = &self->geometry;
  const Runs *runs = &self->runs;
  gsize zero_bytes;

  geometry_init (&self->geometry, layer);
  runs_init (&self->runs, g, funcs);
  if (!find_shifts (self, error))
    return FALSE;
  self->value_size = funcs->left_size;
  self->zero = funcs->left == QS_CPU_LEFT_OFFSET ? 0x80 : 0;

  zero_bytes = runs->run * self->value_size;
  self->zeros = qs_kernel_alloc (zero_bytes, error);
  if (self->zeros == NULL)
    return FALSE;
  memset (self->zeros, self->zero, zero_bytes);

  if (!qs_cpu_product_init (&self->product, qs_cpu_kernel_functions (kernel), funcs, g->groups,
                            g->group_outputs, runs->merged ? 1 : runs->n_runs,
                            runs->merged ? runs->run * runs->n_runs : runs->run, error))
    return FALSE;

  if (!runs->merged)
    self->product.row_bytes = MIN (self->product.row_bytes,
                                   g->group_channels * g->stride[1] * g->stride[2]
                                     * self->value_size);
  return pack_weights (self, qs_layer_get_input (layer, QS_INPUT_WEIGHTS), error)
         && qs_weighted_parameters (layer, g->groups, g->group_outputs,
                                    qs_cpu_product_n_padded (&self->product), 1.0f,
                                    &self->multiplier, &self->bias, error);
}

static gpointer
convolution_prepare (const QsKernel  *kernel,
                     const QsLayer   *layer,
                     GError         **error)
{
  Convolution *self = g_new0 (Convolution, 1);

  if (!convolution_init (self, kernel, layer, error))
    g_clear_pointer (&self, convolution_free);

  return self;
}

static gint64
n_input_values (const Geometry *g)
{
  return g->batch * g->in[0] * g->in[1] * g->in[2] * g->channels;
}

static gsize
convolution_workspace_size (const QsKernel *kernel,
                            const QsLayer  *layer,
                            gpointer        state,
                            guint           n_threads)
{
  const Convolution *self = state;

  return qs_cpu_left_bytes (self->product.funcs, n_input_values (&self->geometry))
         + qs_cpu_product_workspace (&self->product, geometry_n_pixels (&self->geometry),
                                     scratch_per_row (self), n_threads);
}

static gboolean
convolution_execute (const QsKernel     *kernel,
                     const QsLayer      *layer,
                     gpointer            state,
                     const QsExecution  *execution,
                     GError            **error)
{
  Convolution *self = state;
  const gint64 n_inputs = n_input_values (&self->geometry);
  guint8 *workspace = execution->workspace;
  Source source = { .convolution = self };
  QsCpuProductRun run = {
    .product = &self->product,
    .n_rows = geometry_n_pixels (&self->geometry),
    .rows = find_rows,
    .source = &source,
    .scratch_per_row = scratch_per_row (self),
  };

  if (!qs_kernel_check_views (kernel, layer, execution, error))
    return FALSE;

  source.input = qs_cpu_left_convert (self->product.functions, self->product.funcs,
                                      execution->inputs[QS_INPUT_X].data, n_inputs, workspace,
                                      execution->pool);
  qs_cpu_weighted_epilogue (layer, execution, self->multiplier, self->bias,
                            self->geometry.outputs, &run.epilogue);
  qs_cpu_weighted_spread (execution, &run.epilogue);
  qs_cpu_product_run (&run, workspace + qs_cpu_left_bytes (self->product.funcs, n_inputs),
                      execution->pool);
  return TRUE;
}

static gboolean
convolution_supports (const QsKernel  *kernel,
                      const QsLayer   *layer,
                      const char     **reason)
{
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);
  const QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  Geometry g;

  if (x->shape.n_dims < 3 || x->shape.n_dims > 2 + SPATIAL)
    return qs_cpu_refuse (reason, "only one to three spatial dimensions");
  if (!qs_shape_is_known (&x->shape) || weights->shape.n_dims != x->shape.n_dims)
    return qs_cpu_refuse (reason, "the shapes are not known");

  geometry_init (&g, layer);
  return qs_weighted_supports (kernel, layer, g.group_channels * g.n_taps, g.outputs, FALSE,
                               reason);
}

/* ---- depthwise ---- */

/* Weights [panel][tap][panel's channels], of INT8 as pairs of taps in 16 bits. */
typedef struct
{
  Geometry geometry;
  const QsCpuFunctions *functions;
  gboolean integer;
  guint n_taps;          /* even for INT8 */
  gsize panel_bytes;
  guint8 *packed;
  guint8 *zeros;
  gint64 *offsets;       /* of every tap from the filter's start, in bytes */
  gint64 extent[SPATIAL]; /* input positions that the filter covers */
  float *multiplier;
  float *bias;
} Depthwise;

static void
depthwise_free (gpointer state)
{
  Depthwise *self = state;

  free (self->packed);
  free (self->zeros);
  free (self->offsets);
  free (self->multiplier);
  free (self->bias);
  g_free (self);
}

static gsize
depthwise_pixel_bytes (const Depthwise *self)
{
  return self->geometry.channels * (self->integer ? 1 : 4);
}

static gboolean
find_offsets (Depthwise  *self,
              GError    **error)
{
  const Geometry *g = &self->geometry;
  gint64 *offset;

  offset = self->offsets = qs_kernel_alloc (self->n_taps * sizeof *self->offsets, error);
  if (offset == NULL)
    return FALSE;

  for (int axis = 0; axis < SPATIAL; axis++)
    self->extent[axis] = (g->kernel[axis] - 1) * g->dilation[axis] + 1;
  for (gint64 z = 0; z < g->kernel[0]; z++)
    for (gint64 y = 0; y < g->kernel[1]; y++)
      for (gint64 x = 0; x < g->kernel[2]; x++)
        *offset++ = (((z * g->dilation[0]) * g->in[1] + y * g->dilation[1]) * g->in[2]
                     + x * g->dilation[2]) * (gint64) depthwise_pixel_bytes (self);
  return TRUE;
}

static void
pack_depthwise (Depthwise      *self,
                const QsTensor *weights)
{
  const gint64 width = QS_CPU_PANEL (self->functions);
  const gint64 n_taps = self->geometry.n_taps;
  gconstpointer data = qs_host_tensor_get_data (weights->value);

  for (gint64 c = 0; c < self->geometry.channels; c++)
    {
      guint8 *panel = self->packed + c / width * self->panel_bytes;
      gint64 j = c % width;

      for (gint64 t = 0; t < n_taps; t++)
        if (self->integer)
          ((gint16 *) (gpointer) panel)[((t / 2) * width + j) * 2 + t % 2]
            = ((const gint8 *) data)[c * n_taps + t];
        else
          ((float *) (gpointer) panel)[t * width + j] = ((const float *) data)[c * n_taps + t];
    }
}

static gboolean
depthwise_init (Depthwise      *self,
                const QsKernel *kernel,
                const QsLayer  *layer,
                GError        **error)
{
  gint64 width, n_panels, channels;

  geometry_init (&self->geometry, layer);
  self->functions = qs_cpu_kernel_functions (kernel);
  self->integer = kernel->precision == QS_PRECISION_INT8;
  self->n_taps = self->geometry.n_taps;
  if (self->integer)
    self->n_taps += self->n_taps % 2;

  width = QS_CPU_PANEL (self->functions);
  channels = self->geometry.channels;
  n_panels = (channels + width - 1) / width;
  self->panel_bytes = self->n_taps * width * (self->integer ? 2 : 4);
  self->packed = qs_kernel_alloc (n_panels * self->panel_bytes, error);
  if (self->packed == NULL)
    return FALSE;
  self->zeros = qs_kernel_alloc (channels * (self->integer ? 1 : 4), error);
  if (self->zeros == NULL || !find_offsets (self, error))
    return FALSE;

  pack_depthwise (self, qs_layer_get_input (layer, QS_INPUT_WEIGHTS));
  return qs_weighted_parameters (layer, 1, channels, n_panels * width, 1.0f,
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
depthwise_share (const Depthwise *self)
{
  return (QS_CPU_MAX_ROWS * self->n_taps * sizeof (gpointer) + 63) / 64 * 64;
}

static gsize
depthwise_workspace_size (const QsKernel *kernel,
                          const QsLayer  *layer,
                          gpointer        state,
                          guint           n_threads)
{
  return n_threads * depthwise_share (state);
}

typedef struct
{
  const Depthwise *depthwise;
  const guint8 *input;
  guint8 *workspace;
  QsCpuEpilogue epilogue;
} DepthwiseRun;

static inline gboolean
filter_is_inside (const Depthwise *self,
                  const gint64    *start)
{
  for (int axis = 0; axis < SPATIAL; axis++)
    if (start[axis] < 0 || start[axis] + self->extent[axis] > self->geometry.in[axis])
      return FALSE;

  return TRUE;
}

/* Fills in the start of the channels under every tap of a pixel. */
static void
find_taps (const Depthwise *self,
           const guint8    *input,
           const Pixel     *pixel,
           gconstpointer   *taps)
{
  const Geometry *g = &self->geometry;
  const gint64 pixel_bytes = depthwise_pixel_bytes (self);
  gint64 start[SPATIAL];
  guint t = 0;

  filter_start (g, pixel, start);
  if (filter_is_inside (self, start))
    {
      const guint8 *first = input
                            + (((pixel->batch * g->in[0] + start[0]) * g->in[1] + start[1])
                                 * g->in[2] + start[2]) * pixel_bytes;

      for (t = 0; t < g->n_taps; t++)
        taps[t] = first + self->offsets[t];
      if (t < self->n_taps)
        taps[t] = self->zeros;
      return;
    }

  for (gint64 kz = 0; kz < g->kernel[0]; kz++)
    for (gint64 ky = 0; ky < g->kernel[1]; ky++)
      {
        gint64 z = start[0] + kz * g->dilation[0], y = start[1] + ky * g->dilation[1];
        gboolean line_inside = is_inside (g, 0, z) && is_inside (g, 1, y);
        gint64 line = ((pixel->batch * g->in[0] + z) * g->in[1] + y) * g->in[2];

        for (gint64 kx = 0; kx < g->kernel[2]; kx++)
          {
            gint64 x = start[2] + kx * g->dilation[2];

            taps[t++] = line_inside && is_inside (g, 2, x) ? input + (line + x) * pixel_bytes
                                                           : self->zeros;
          }
      }

  if (t < self->n_taps)
    taps[t] = self->zeros;
}

static void
depthwise_pixels (const DepthwiseRun *run,
                  gint64              first,
                  guint               n_pixels,
                  gconstpointer      *taps)
{
  const Depthwise *self = run->depthwise;
  const QsCpuDepthwiseFunc func = self->integer ? self->functions->depthwise_s8
                                                : self->functions->depthwise_f32;
  const gint64 width = QS_CPU_PANEL (self->functions);
  const guint8 *panel = self->packed;
  guint8 tile[QS_CPU_MAX_ROWS * QS_CPU_MAX_PANEL * 4] __attribute__ ((aligned (64)));
  Pixel pixel;

  pixel_init (&pixel, &self->geometry, first);
  for (guint p = 0; p < n_pixels; p++)
    {
      find_taps (self, run->input, &pixel, taps + p * self->n_taps);
      pixel_advance (&pixel, &self->geometry);
    }

  for (gint64 c = 0; c < self->geometry.channels; c += width, panel += self->panel_bytes)
    {
      gint64 n = MIN (width, self->geometry.channels - c);

      func (taps, self->n_taps, n_pixels, c, n, panel, tile);
      self->functions->epilogue (&run->epilogue, tile, n_pixels, first, c, n);
    }
}

static void
depthwise_items (gint64   first,
                 gint64   last,
                 guint    thread,
                 gpointer user_data)
{
  const DepthwiseRun *run = user_data;
  guint8 *memory = run->workspace + thread * depthwise_share (run->depthwise);

  for (gint64 p = first; p < last; p += QS_CPU_MAX_ROWS)
    depthwise_pixels (run, p, MIN (QS_CPU_MAX_ROWS, last - p), (gconstpointer *) (gpointer) memory);
}

static gboolean
depthwise_execute (const QsKernel     *kernel,
                   const QsLayer      *layer,
                   gpointer            state,
                   const QsExecution  *execution,
                   GError            **error)
{
  const Depthwise *self = state;
  DepthwiseRun run = {
    .depthwise = self,
    .input = execution->inputs[QS_INPUT_X].data,
    .workspace = execution->workspace,
  };

  if (!qs_kernel_check_views (kernel, layer, execution, error))
    return FALSE;

  qs_cpu_weighted_epilogue (layer, execution, self->multiplier, self->bias,
                            self->geometry.channels, &run.epilogue);
  qs_cpu_weighted_spread (execution, &run.epilogue);
  qs_thread_pool_run (execution->pool, geometry_n_pixels (&self->geometry),
                      MAX (QS_CPU_MAX_ROWS, 32768 / (self->geometry.channels * self->n_taps + 1)),
                      depthwise_items, &run);
  return TRUE;
}

static gboolean
depthwise_supports (const QsKernel  *kernel,
                    const QsLayer   *layer,
                    const char     **reason)
{
  const QsConvolutionAttributes *conv = layer->attributes;
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);
  const QsTensor *y = qs_layer_get_output (layer, 0);

  if (x->shape.n_dims >= 3 && y->shape.n_dims >= 3
      && (conv->groups != x->shape.dims[1] || conv->groups != y->shape.dims[1]))
    return qs_cpu_refuse (reason, "the convolution is not depthwise");
  return convolution_supports (kernel, layer, reason);
}

#define MEMORY .in_place = 1 << QS_INPUT_RESIDUAL, .memory = QS_KERNEL_STRIDED_OUTPUTS

#define DEPTHWISE \
  .kind = QS_LAYER_CONVOLUTION, .format = QS_FORMAT_HWC, MEMORY, .supports = depthwise_supports, \
  .prepare = depthwise_prepare, .workspace_size = depthwise_workspace_size, \
  .execute = depthwise_execute, .release = depthwise_free

#define CONVOLUTION \
  .kind = QS_LAYER_CONVOLUTION, .format = QS_FORMAT_HWC, MEMORY, .supports = convolution_supports, \
  .prepare = convolution_prepare, .workspace_size = convolution_workspace_size, \
  .execute = convolution_execute, .release = convolution_free

const QsKernel qs_cpu_convolution_kernels[] = {
  { .name = "depthwise_s8", .precision = QS_PRECISION_INT8, DEPTHWISE },
  { .name = "depthwise_f32", .precision = QS_PRECISION_FP32, DEPTHWISE },
  { .name = "conv_s8", .precision = QS_PRECISION_INT8, CONVOLUTION },
  { .name = "conv_f32", .precision = QS_PRECISION_FP32, CONVOLUTION },
  { .name = NULL },
};
