/* SPDX-License-Identifier: MIT */
#include "qs-cpu-kernel.h"

#include <stdlib.h>
#include <string.h>

#include "operators/qs-attributes.h"
#include "qs-cpu-weighted.h"
#include "qs-cpu-windows.h"

typedef struct
{
  QsCpuWindows windows;
  float *multiplier;
  float *bias;
} Convolution;

/* [output][tap][channel] out of ONNX's [output][channel][tap]. */
static gpointer
reorder_weights (const QsCpuGeometry  *g,
                 const QsTensor       *weights,
                 GError              **error)
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
pack_weights (Convolution     *self,
              const QsTensor  *weights,
              GError         **error)
{
  gpointer matrix = reorder_weights (&self->windows.geometry, weights, error);

  if (matrix == NULL)
    return FALSE;

  qs_cpu_windows_pack (&self->windows, matrix);
  free (matrix);
  return TRUE;
}

static void
convolution_free (gpointer state)
{
  Convolution *self = state;

  qs_cpu_windows_clear (&self->windows);
  free (self->multiplier);
  free (self->bias);
  g_free (self);
}

static gboolean
convolution_init (Convolution     *self,
                  const QsKernel  *kernel,
                  const QsLayer   *layer,
                  GError         **error)
{
  QsCpuGeometry geometry;

  qs_cpu_geometry_init (&geometry, layer);
  return qs_cpu_windows_init (&self->windows, &geometry, qs_cpu_kernel_functions (kernel),
                              qs_cpu_choose_product (kernel, layer), error)
         && pack_weights (self, qs_layer_get_input (layer, QS_INPUT_WEIGHTS), error)
         && qs_weighted_parameters (layer, geometry.groups, geometry.group_outputs,
                                    qs_cpu_product_n_padded (&self->windows.product), 1.0f,
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

static gsize
convolution_workspace_size (const QsKernel *kernel,
                            const QsLayer  *layer,
                            gpointer        state,
                            guint           n_threads)
{
  const Convolution *self = state;
  const QsCpuWindows *windows = &self->windows;

  return qs_cpu_left_bytes (windows->product.funcs, qs_cpu_geometry_n_inputs (&windows->geometry))
         + qs_cpu_product_workspace (&windows->product,
                                     qs_cpu_geometry_n_pixels (&windows->geometry),
                                     windows->scratch_per_row, n_threads);
}

static gboolean
convolution_execute (const QsKernel     *kernel,
                     const QsLayer      *layer,
                     gpointer            state,
                     const QsExecution  *execution,
                     GError            **error)
{
  const Convolution *self = state;
  const QsCpuWindows *windows = &self->windows;
  const QsCpuProduct *product = &windows->product;
  const gint64 n_inputs = qs_cpu_geometry_n_inputs (&windows->geometry);
  guint8 *workspace = execution->workspace;
  QsCpuWindowsSource source = { .windows = windows };
  QsCpuProductRun run = {
    .product = product,
    .n_rows = qs_cpu_geometry_n_pixels (&windows->geometry),
    .rows = qs_cpu_windows_find_rows,
    .source = &source,
    .scratch_per_row = windows->scratch_per_row,
  };

  if (!qs_kernel_check_views (kernel, layer, execution, error))
    return FALSE;

  source.input = qs_cpu_left_convert (product->functions, product->funcs,
                                      execution->inputs[QS_INPUT_X].data, n_inputs, workspace,
                                      execution->pool);
  qs_cpu_weighted_epilogue (layer, execution, self->multiplier, self->bias,
                            windows->geometry.outputs, &run.epilogue);
  qs_cpu_weighted_spread (execution, &run.epilogue);
  qs_cpu_product_run (&run, workspace + qs_cpu_left_bytes (product->funcs, n_inputs),
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
  QsCpuGeometry g;

  if (x->shape.n_dims < 3 || x->shape.n_dims > 2 + QS_CPU_SPATIAL)
    return qs_cpu_refuse (reason, "only one to three spatial dimensions");
  if (!qs_shape_is_known (&x->shape) || weights->shape.n_dims != x->shape.n_dims)
    return qs_cpu_refuse (reason, "the shapes are not known");

  qs_cpu_geometry_init (&g, layer);
  return qs_weighted_supports (kernel, layer, g.group_channels * g.n_taps, g.outputs, FALSE,
                               reason);
}

/* ---- depthwise ---- */

/* Weights [panel][tap][panel's channels], of INT8 as pairs of taps in 16 bits. */
typedef struct
{
  QsCpuGeometry geometry;
  const QsCpuFunctions *functions;
  gboolean integer;
  guint n_taps;          /* even for INT8 */
  gsize panel_bytes;
  guint8 *packed;
  guint8 *zeros;
  gint64 *offsets;       /* of every tap from the filter's start, in bytes */
  gint64 extent[QS_CPU_SPATIAL]; /* input positions that the filter covers */
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
  const QsCpuGeometry *g = &self->geometry;
  gint64 *offset;

  offset = self->offsets = qs_kernel_alloc (self->n_taps * sizeof *self->offsets, error);
  if (offset == NULL)
    return FALSE;

  for (int axis = 0; axis < QS_CPU_SPATIAL; axis++)
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
depthwise_init (Depthwise       *self,
                const QsKernel  *kernel,
                const QsLayer   *layer,
                GError         **error)
{
  gint64 width, n_panels, channels;

  qs_cpu_geometry_init (&self->geometry, layer);
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
  for (int axis = 0; axis < QS_CPU_SPATIAL; axis++)
    if (start[axis] < 0 || start[axis] + self->extent[axis] > self->geometry.in[axis])
      return FALSE;

  return TRUE;
}

/* Fills in the start of the channels under every tap of a pixel. */
static void
find_taps (const Depthwise  *self,
           const guint8     *input,
           const QsCpuPixel *pixel,
           gconstpointer    *taps)
{
  const QsCpuGeometry *g = &self->geometry;
  const gint64 pixel_bytes = depthwise_pixel_bytes (self);
  gint64 start[QS_CPU_SPATIAL];
  guint t = 0;

  qs_cpu_pixel_start (pixel, g, start);
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
        gboolean line_inside = qs_cpu_geometry_is_inside (g, 0, z)
                               && qs_cpu_geometry_is_inside (g, 1, y);
        gint64 line = ((pixel->batch * g->in[0] + z) * g->in[1] + y) * g->in[2];

        for (gint64 kx = 0; kx < g->kernel[2]; kx++)
          {
            gint64 x = start[2] + kx * g->dilation[2];

            taps[t++] = line_inside && qs_cpu_geometry_is_inside (g, 2, x)
                          ? input + (line + x) * pixel_bytes : self->zeros;
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
  QsCpuPixel pixel;

  qs_cpu_pixel_init (&pixel, &self->geometry, first);
  for (guint p = 0; p < n_pixels; p++)
    {
      find_taps (self, run->input, &pixel, taps + p * self->n_taps);
      qs_cpu_pixel_advance (&pixel, &self->geometry);
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
  qs_thread_pool_run (execution->pool, qs_cpu_geometry_n_pixels (&self->geometry),
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
