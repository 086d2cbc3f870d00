/* SPDX-License-Identifier: MIT */
#include "qs-cpu-kernel.h"

#include <stdlib.h>
#include <string.h>

#include "operators/qs-attributes.h"
#include "qs-cpu-weighted.h"
#include "qs-cpu-windows.h"

/*
 * Deconvolution (transposed convolution) adds every input pixel, times the filter, to the output at
 * stride times its position. Seen from an output pixel o, tap k brings it the input at
 * (o + pad - k dilation) / stride where that is a whole number. So all output pixels with the same
 * remainder of (o + pad) / stride have the same taps, and neighbours among them have neighbouring
 * inputs: every such phase is a convolution with stride 1 and a part of the filter, turned round.
 */

/* One axis of a phase. Its taps are kernel - 1 … 0 of the convolution, from @last on @step apart. */
typedef struct
{
  gint64 first;          /* output pixel */
  gint64 n;              /* output pixels, a stride apart */
  gint64 n_taps;         /* 0 where no input comes */
  gint64 last;           /* the last tap, which meets the first input */
  gint64 step;
  gint64 dilation;       /* between inputs of neighbouring taps */
  gint64 pad;
} PhaseAxis;

typedef struct
{
  QsCpuWindows windows;
  gboolean is_empty;     /* no taps: the weights are those of the first empty phase */
  gint64 first[QS_CPU_SPATIAL];
} Phase;

typedef struct
{
  QsCpuGeometry geometry;
  const QsCpuFunctions *functions;
  const QsCpuProductFuncs *funcs;
  gint64 n_phases;
  Phase *phases;
  Phase *empty;          /* the one that owns the weights of all empty ones */
  float *multiplier;
  float *bias;
} Deconvolution;

static gint64
greatest_common_divisor (gint64 a,
                         gint64 b)
{
  while (b != 0)
    {
      gint64 rest = a % b;

      a = b;
      b = rest;
    }

  return a;
}

/* The phase of output pixels @first, @first + stride, … along one axis. */
static void
phase_axis_init (PhaseAxis           *self,
                 const QsCpuGeometry *g,
                 int                  axis,
                 gint64               first)
{
  const gint64 stride = g->stride[axis], dilation = g->dilation[axis];
  const gint64 divisor = greatest_common_divisor (stride, dilation);
  const gint64 rest = (first + g->pad[axis]) % stride;

  *self = (PhaseAxis) {
    .first = first,
    .n = (g->out[axis] - first + stride - 1) / stride,
    .step = stride / divisor,
    .dilation = dilation / divisor,
  };

  /* The taps repeat after stride / divisor of them. */
  for (gint64 k = 0; k < MIN (self->step, g->kernel[axis]); k++)
    if (k * dilation % stride == rest)
      {
        self->n_taps = (g->kernel[axis] - 1 - k) / self->step + 1;
        self->last = k + (self->n_taps - 1) * self->step;
        self->pad = -((first + g->pad[axis] - self->last * dilation) / stride);
      }
}

/* A phase without taps is a convolution with one tap that is nowhere inside the input, and 0. */
static void
phase_geometry (const QsCpuGeometry *whole,
                const PhaseAxis     *axes,
                gboolean             is_empty,
                QsCpuGeometry       *g)
{
  *g = *whole;
  g->n_taps = 1;
  for (int axis = 0; axis < QS_CPU_SPATIAL; axis++)
    {
      g->stride[axis] = 1;
      g->out[axis] = axes[axis].n;
      g->kernel[axis] = is_empty ? 1 : axes[axis].n_taps;
      g->dilation[axis] = is_empty ? 1 : axes[axis].dilation;
      g->pad[axis] = is_empty ? -whole->in[axis] : axes[axis].pad;
      g->n_taps *= g->kernel[axis];
    }
}

/* The phase's part of the weights, [output][tap][channel] out of ONNX's [channel][output][tap]. */
static gpointer
gather_weights (const QsCpuGeometry *whole,
                const QsCpuGeometry *g,
                const PhaseAxis     *axes,
                const QsTensor      *weights,
                GError             **error)
{
  const gsize size = qs_data_type_size (weights->type);
  const guint8 *from = qs_host_tensor_get_data (weights->value);
  guint8 *matrix = qs_kernel_alloc (g->outputs * g->group_channels * g->n_taps * size, error);
  guint8 *to = matrix;

  if (matrix == NULL)
    return NULL;

  for (gint64 k = 0; k < g->outputs; k++)
    for (gint64 t = 0; t < g->n_taps; t++)
      {
        const gint64 at[] = { t / g->kernel[2] / g->kernel[1], t / g->kernel[2] % g->kernel[1],
                              t % g->kernel[2] };
        const gint64 first = k / g->group_outputs * g->group_channels;
        gint64 tap = 0;

        for (int axis = 0; axis < QS_CPU_SPATIAL; axis++)
          tap = tap * whole->kernel[axis] + axes[axis].last - at[axis] * axes[axis].step;
        for (gint64 c = first; c < first + g->group_channels; c++, to += size)
          memcpy (to, from + ((c * g->group_outputs + k % g->group_outputs) * whole->n_taps + tap)
                               * size, size);
      }

  return matrix;
}

static gboolean
init_weights (Deconvolution   *self,
              Phase           *phase,
              const PhaseAxis *axes,
              const QsTensor  *weights,
              GError         **error)
{
  gpointer matrix = gather_weights (&self->geometry, &phase->windows.geometry, axes, weights, error);

  if (matrix == NULL)
    return FALSE;

  qs_cpu_windows_pack (&phase->windows, matrix);
  free (matrix);
  return TRUE;
}

/* Empty phases share their weights, which are zero from the start. */
static gboolean
phase_init (Deconvolution   *self,
            Phase           *phase,
            const PhaseAxis *axes,
            const QsTensor  *weights,
            GError         **error)
{
  QsCpuGeometry g;

  for (int axis = 0; axis < QS_CPU_SPATIAL; axis++)
    {
      phase->first[axis] = axes[axis].first;
      phase->is_empty |= axes[axis].n_taps == 0;
    }

  phase_geometry (&self->geometry, axes, phase->is_empty, &g);
  if (phase->is_empty && self->empty != NULL)
    {
      phase->windows = self->empty->windows;
      phase->windows.geometry = g;
      return TRUE;
    }
  if (phase->is_empty)
    self->empty = phase;

  return qs_cpu_windows_init (&phase->windows, &g, self->functions, self->funcs, error)
         && (phase->is_empty || init_weights (self, phase, axes, weights, error));
}

static gboolean
init_phases (Deconvolution   *self,
             const QsTensor  *weights,
             GError         **error)
{
  const QsCpuGeometry *g = &self->geometry;
  const gint64 n[] = { MIN (g->stride[0], g->out[0]), MIN (g->stride[1], g->out[1]),
                       MIN (g->stride[2], g->out[2]) };

  self->phases = qs_kernel_alloc (n[0] * n[1] * n[2] * sizeof *self->phases, error);
  if (self->phases == NULL)
    return FALSE;

  for (gint64 i = 0; i < n[0] * n[1] * n[2]; i++)
    {
      const gint64 first[] = { i / n[2] / n[1], i / n[2] % n[1], i % n[2] };
      PhaseAxis axes[QS_CPU_SPATIAL];

      for (int axis = 0; axis < QS_CPU_SPATIAL; axis++)
        phase_axis_init (&axes[axis], g, axis, first[axis]);
      self->n_phases++;
      if (!phase_init (self, &self->phases[i], axes, weights, error))
        return FALSE;
    }

  return TRUE;
}

static void
deconvolution_free (gpointer state)
{
  Deconvolution *self = state;

  for (gint64 i = 0; i < self->n_phases; i++)
    if (!self->phases[i].is_empty || &self->phases[i] == self->empty)
      qs_cpu_windows_clear (&self->phases[i].windows);
  free (self->phases);
  free (self->multiplier);
  free (self->bias);
  g_free (self);
}

static gboolean
deconvolution_init (Deconvolution   *self,
                    const QsKernel  *kernel,
                    const QsLayer   *layer,
                    GError         **error)
{
  const gint64 panel = QS_CPU_PANEL (qs_cpu_kernel_functions (kernel));
  const QsCpuGeometry *g = &self->geometry;

  qs_cpu_geometry_init (&self->geometry, layer);
  self->functions = qs_cpu_kernel_functions (kernel);
  self->funcs = qs_cpu_choose_product (kernel, layer);
  return init_phases (self, qs_layer_get_input (layer, QS_INPUT_WEIGHTS), error)
         && qs_weighted_parameters (layer, g->groups, g->group_outputs,
                                    (g->group_outputs + panel - 1) / panel * panel, 1.0f,
                                    &self->multiplier, &self->bias, error);
}

static gpointer
deconvolution_prepare (const QsKernel  *kernel,
                       const QsLayer   *layer,
                       GError         **error)
{
  Deconvolution *self = g_new0 (Deconvolution, 1);

  if (!deconvolution_init (self, kernel, layer, error))
    g_clear_pointer (&self, deconvolution_free);

  return self;
}

/* The phases run one after the other and share the memory. */
static gsize
deconvolution_workspace_size (const QsKernel *kernel,
                              const QsLayer  *layer,
                              gpointer        state,
                              guint           n_threads)
{
  const Deconvolution *self = state;
  gsize size = 0;

  for (gint64 i = 0; i < self->n_phases; i++)
    {
      const QsCpuWindows *windows = &self->phases[i].windows;

      size = MAX (size, qs_cpu_product_workspace (&windows->product,
                                                  qs_cpu_geometry_n_pixels (&windows->geometry),
                                                  windows->scratch_per_row,
                                                  n_threads));
    }

  return qs_cpu_left_bytes (self->funcs, qs_cpu_geometry_n_inputs (&self->geometry)) + size;
}

/* What one phase needs to find its rows, and the pixels that they become. */
typedef struct
{
  QsCpuWindowsSource source;
  const QsCpuGeometry *whole;
  const Phase *phase;
} PhaseRun;

/* Rows of one line of the phase are a stride apart in the output. */
static gint64
place_row (gconstpointer data,
           gint64        row,
           guint        *n_rows)
{
  const PhaseRun *run = data;
  const QsCpuGeometry *whole = run->whole;
  gint64 position;
  QsCpuPixel pixel;

  qs_cpu_pixel_init (&pixel, &run->phase->windows.geometry, row);
  *n_rows = MIN (*n_rows, run->phase->windows.geometry.out[2] - pixel.at[2]);

  position = pixel.batch;
  for (int axis = 0; axis < QS_CPU_SPATIAL; axis++)
    position = position * whole->out[axis] + run->phase->first[axis]
               + pixel.at[axis] * whole->stride[axis];
  return position;
}

static void
run_phase (const Deconvolution *self,
           const Phase         *phase,
           gconstpointer        input,
           const QsCpuEpilogue *epilogue,
           gpointer             workspace,
           QsThreadPool        *pool)
{
  const PhaseRun source = { { &phase->windows, input }, &self->geometry, phase };
  const QsCpuProductRun run = {
    .product = &phase->windows.product,
    .n_rows = qs_cpu_geometry_n_pixels (&phase->windows.geometry),
    .rows = qs_cpu_windows_find_rows,
    .source = &source,
    .scratch_per_row = phase->windows.scratch_per_row,
    .epilogue = *epilogue,
    .place = place_row,
    .place_step = self->geometry.stride[2],
  };

  qs_cpu_product_run (&run, workspace, pool);
}

static gboolean
deconvolution_execute (const QsKernel     *kernel,
                       const QsLayer      *layer,
                       gpointer            state,
                       const QsExecution  *execution,
                       GError            **error)
{
  const Deconvolution *self = state;
  const gint64 n_inputs = qs_cpu_geometry_n_inputs (&self->geometry);
  guint8 *workspace = execution->workspace;
  gconstpointer input;
  QsCpuEpilogue epilogue;

  if (!qs_kernel_check_views (kernel, layer, execution, error))
    return FALSE;

  input = qs_cpu_left_convert (self->functions, self->funcs, execution->inputs[QS_INPUT_X].data,
                               n_inputs, workspace, execution->pool);
  workspace += qs_cpu_left_bytes (self->funcs, n_inputs);
  qs_cpu_weighted_epilogue (layer, execution, self->multiplier, self->bias,
                            self->geometry.outputs, &epilogue);
  qs_cpu_weighted_spread (execution, &epilogue);
  for (gint64 i = 0; i < self->n_phases; i++)
    run_phase (self, &self->phases[i], input, &epilogue, workspace, execution->pool);
  return TRUE;
}

static gboolean
deconvolution_supports (const QsKernel  *kernel,
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

#define DECONVOLUTION \
  .kind = QS_LAYER_DECONVOLUTION, .format = QS_FORMAT_HWC, \
  .in_place = 1 << QS_INPUT_RESIDUAL, .memory = QS_KERNEL_STRIDED_OUTPUTS, \
  .supports = deconvolution_supports, .prepare = deconvolution_prepare, \
  .workspace_size = deconvolution_workspace_size, .execute = deconvolution_execute, \
  .release = deconvolution_free

const QsKernel qs_cpu_deconvolution_kernels[] = {
  { .name = "deconv_s8", .precision = QS_PRECISION_INT8, DECONVOLUTION },
  { .name = "deconv_f32", .precision = QS_PRECISION_FP32, DECONVOLUTION },
  { .name = NULL },
};
