/* SPDX-License-Identifier: MIT */
#include "qs-cpu-kernel.h"

#include <stdlib.h>
#include <string.h>

#include "operators/qs-attributes.h"
#include "qs-cpu-geometry.h"
#include "qs-cpu-weighted.h"

/*
 * Convolution in groups that are narrower than a vector: ResNeXt's, or depthwise with a channel
 * multiplier. As a matrix product each group would fill a part of a vector only, and every pixel would
 * be looked up once per group. Here a panel is as many groups as fit into a vector. For each panel the
 * lines of the input under a line of the output are laid out lane by lane (levels/qs-level-grouped.c),
 * most of them only once for all the lines that they lie under, and a stretch of columns at a time so
 * that they stay in the first level cache.
 */

/* Bytes of laid out lines of a stretch, and pixels that it has at least. */
#define STRETCH_BYTES (32 << 10)
#define MIN_STRETCH 8

/* Bytes of input of a strip of lines, which all panels pass over while it is in the second level
 * cache, and pixels that are worth a thread's attention. */
#define STRIP_BYTES (512 << 10)
#define MIN_ITEM_PIXELS 256

#define X 2
#define Y 1

typedef struct
{
  QsCpuGeometry geometry;
  const QsCpuFunctions *functions;
  const QsCpuGroupedFuncs *funcs;
  gboolean integer;
  gint64 unit;           /* values that a lane multiplies at a time */
  int offset;            /* what INT8 values have added then */
  gint64 n_steps;        /* vectors per pixel */
  gint64 panel_groups;
  gint64 n_panels;
  gsize panel_bytes;     /* of its weights */
  guint8 *packed;        /* [panel][line][column][step][lane] */
  gint32 *start;         /* [panel][lane], NULL for 0 */
  guint8 *order;         /* [step][lane], where in a panel's channels a lane's values are */
  gint64 n_slots;        /* lines that are kept */
  gint64 stretch;        /* columns of the output */
  gint64 strip;          /* lines of the output */
  float *multiplier;
  float *bias;
} Grouped;

static void
grouped_free (gpointer state)
{
  Grouped *self = state;

  free (self->packed);
  free (self->start);
  free (self->order);
  free (self->multiplier);
  free (self->bias);
  g_free (self);
}

static gint64
divide_up (gint64 n,
           gint64 by)
{
  return (n + by - 1) / by;
}

static gint64
panel_groups (const QsCpuGeometry *g,
              gint64               lanes)
{
  return lanes / MAX (g->group_channels, g->group_outputs);
}

/* What a pixel of a panel takes, laid out. */
static gsize
pixel_bytes (const Grouped *self)
{
  return self->n_steps * self->functions->lanes * 4;
}

/* Columns of the input under @n columns of the output. */
static gint64
columns_under (const QsCpuGeometry *g,
               gint64               n)
{
  return (n - 1) * g->stride[X] + (g->kernel[X] - 1) * g->dilation[X] + 1;
}

static void
choose_blocking (Grouped *self)
{
  const QsCpuGeometry *g = &self->geometry;
  const gint64 columns = STRETCH_BYTES / (gint64) (g->kernel[Y] * pixel_bytes (self));
  const gint64 line = g->in[X] * g->channels * (self->integer ? 1 : 4) * g->stride[Y];
  gint64 n_stretches;

  self->n_slots = (g->kernel[Y] - 1) * g->dilation[Y] + 1;
  self->stretch = MAX (MIN_STRETCH, (columns - columns_under (g, 1)) / g->stride[X] + 1);
  n_stretches = MAX (1, divide_up (g->out[X], self->stretch));
  self->stretch = divide_up (g->out[X], n_stretches);
  self->strip = CLAMP (STRIP_BYTES / MAX (line, 1), MIN (2 * self->n_slots, g->out[Y]),
                       MAX (g->out[Y], 1));
}

/* Puts the weights of one output into its lane. */
static void
pack_output (Grouped       *self,
             gconstpointer  weights,
             gint64         output)
{
  const QsCpuGeometry *g = &self->geometry;
  const gint64 lanes = self->functions->lanes, unit = self->unit;
  const gint64 panel_outputs = self->panel_groups * g->group_outputs;
  const gint64 panel = output / panel_outputs, lane = output % panel_outputs;
  guint8 *to = self->packed + panel * self->panel_bytes;

  for (gint64 c = 0; c < g->group_channels; c++)
    for (gint64 tap = 0; tap < g->n_taps; tap++)
      {
        const gint64 from = (output * g->group_channels + c) * g->n_taps + tap;
        const gint64 place = ((tap * self->n_steps + c / unit) * lanes + lane) * unit + c % unit;

        if (unit == 1)
          ((float *) (gpointer) to)[place] = ((const float *) weights)[from];
        else if (unit == 2)
          ((gint16 *) (gpointer) to)[place] = ((const gint8 *) weights)[from];
        else
          ((gint8 *) to)[place] = ((const gint8 *) weights)[from];
        if (self->start != NULL)
          self->start[panel * lanes + lane] -= self->offset * ((const gint8 *) weights)[from];
      }
}

/* Bytes of a step's values, or floats, that lane after lane takes; where a group has no more channels
 * the weights are 0, and any value will do. */
static void
fill_order (Grouped *self)
{
  const QsCpuGeometry *g = &self->geometry;
  const gint64 lanes = self->functions->lanes, unit = self->unit, size = 4 / unit;
  guint8 *order = self->order;

  for (gint64 s = 0; s < self->n_steps; s++)
    for (gint64 lane = 0; lane < lanes; lane++)
      {
        const gint64 group = MIN (lane / g->group_outputs, self->panel_groups - 1);

        for (gint64 u = 0; u < unit; u++)
          {
            const gint64 c = group * g->group_channels
                             + MIN (s * unit + u, g->group_channels - 1);

            if (unit == 1)
              *(gint32 *) (gpointer) order = c;
            else
              for (gint64 i = 0; i < size; i++)
                order[i] = c * size + i;
            order += size;
          }
      }
}

static gboolean
pack_weights (Grouped         *self,
              const QsTensor  *weights,
              GError         **error)
{
  const QsCpuGeometry *g = &self->geometry;
  const gint64 lanes = self->functions->lanes;

  self->panel_bytes = g->n_taps * pixel_bytes (self);
  self->packed = qs_kernel_alloc (self->n_panels * self->panel_bytes, error);
  self->order = qs_kernel_alloc (pixel_bytes (self), error);
  if (self->packed == NULL || self->order == NULL)
    return FALSE;
  if (self->offset != 0)
    {
      self->start = qs_kernel_alloc (self->n_panels * lanes * sizeof *self->start, error);
      if (self->start == NULL)
        return FALSE;
    }

  for (gint64 k = 0; k < g->outputs; k++)
    pack_output (self, qs_host_tensor_get_data (weights->value), k);
  fill_order (self);
  return TRUE;
}

static gboolean
grouped_init (Grouped         *self,
              const QsKernel  *kernel,
              const QsLayer   *layer,
              GError         **error)
{
  const QsCpuGeometry *g = &self->geometry;

  qs_cpu_geometry_init (&self->geometry, layer);
  self->functions = qs_cpu_kernel_functions (kernel);
  self->integer = kernel->precision == QS_PRECISION_INT8;
  self->funcs = self->integer ? self->functions->grouped_s8 : self->functions->grouped_f32;
  self->unit = self->integer ? self->functions->lane_unit : 1;
  self->offset = self->integer ? self->functions->lane_offset : 0;
  self->n_steps = divide_up (g->group_channels, self->unit);
  self->panel_groups = panel_groups (g, self->functions->lanes);
  self->n_panels = divide_up (g->groups, self->panel_groups);
  choose_blocking (self);

  /* The epilogue reads whole vectors of the parameters. */
  return pack_weights (self, qs_layer_get_input (layer, QS_INPUT_WEIGHTS), error)
         && qs_weighted_parameters (layer, 1, g->outputs, g->outputs + self->functions->lanes, 1.0f,
                                    &self->multiplier, &self->bias, error);
}

static gpointer
grouped_prepare (const QsKernel  *kernel,
                 const QsLayer   *layer,
                 GError         **error)
{
  Grouped *self = g_new0 (Grouped, 1);

  if (!grouped_init (self, kernel, layer, error))
    g_clear_pointer (&self, grouped_free);

  return self;
}

static gsize
line_bytes (const Grouped *self)
{
  return columns_under (&self->geometry, self->stretch) * pixel_bytes (self);
}

/* A thread's lines, and one of padding. */
static gsize
share_bytes (const Grouped *self)
{
  return (self->n_slots + 1) * line_bytes (self);
}

static gsize
grouped_workspace_size (const QsKernel *kernel,
                        const QsLayer  *layer,
                        gpointer        state,
                        guint           n_threads)
{
  const Grouped *self = state;

  return n_threads * share_bytes (self);
}

typedef struct
{
  const Grouped *grouped;
  const guint8 *input;
  guint8 *workspace;
  QsCpuEpilogue epilogue;
  gint64 n_strips;
  gint64 n_stretches;
} GroupedRun;

/* One panel of some columns of some lines of the output. The input's lines under the present one are
 * at @slots, from @slot on and round again. */
typedef struct
{
  const GroupedRun *run;
  guint8 *slots;
  const guint8 *zeros;   /* a line of padding */
  gint64 image;
  gint64 panel;
  gint64 column;         /* of the output */
  gint64 n_columns;
  gint64 next;           /* first line of the input that is not there yet */
  gint64 slot;
} Strip;

static guint8 *
strip_line (const Strip *self,
            gint64       i)
{
  const Grouped *grouped = self->run->grouped;

  return self->slots + (self->slot + i) % grouped->n_slots * line_bytes (grouped);
}

/* Lays out line @line of the input, with padding beside it. */
static void
lay_out (const Strip *self,
         gint64       line,
         guint8      *to)
{
  const Grouped *grouped = self->run->grouped;
  const QsCpuGeometry *g = &grouped->geometry;
  const gint64 size = grouped->integer ? 1 : 4, panel = grouped->panel_groups * g->group_channels;
  const gint64 start = self->column * g->stride[X] - g->pad[X];
  const gint64 n = columns_under (g, self->n_columns);
  const gint64 first = CLAMP (-start, 0, n), last = CLAMP (g->in[X] - start, first, n);
  const gint64 at = ((self->image * g->in[Y] + line) * g->in[X] + start + first) * g->channels
                    + self->panel * panel;
  const gsize bytes = pixel_bytes (grouped);

  memcpy (to, self->zeros, first * bytes);
  if (last > first)
    grouped->funcs->line (self->run->input + at * size, g->channels * size, last - first,
                          MIN (panel, g->channels - self->panel * panel), grouped->order,
                          grouped->n_steps, to + first * bytes);
  memcpy (to + last * bytes, self->zeros, (n - last) * bytes);
}

/* Output line @y, @row but for its place. */
static void
compute_line (Strip           *self,
              gint64           y,
              QsCpuGroupedRow *row)
{
  const Grouped *grouped = self->run->grouped;
  const QsCpuGeometry *g = &grouped->geometry;
  const gint64 first = y * g->stride[Y] - g->pad[Y];

  for (self->next = MAX (self->next, first); self->next < first + grouped->n_slots; self->next++)
    if (qs_cpu_geometry_is_inside (g, Y, self->next))
      lay_out (self, self->next, strip_line (self, self->next - first));

  for (gint64 i = 0; i < g->kernel[Y]; i++)
    {
      const gint64 line = i * g->dilation[Y];

      row->lines[i] = qs_cpu_geometry_is_inside (g, Y, first + line) ? strip_line (self, line)
                                                                     : self->zeros;
    }

  row->first_row = (self->image * g->out[Y] + y) * g->out[X] + self->column;
  grouped->funcs->row (row);
  self->slot = (self->slot + g->stride[Y]) % grouped->n_slots;
}

static void
compute_strip (Strip  *self,
               gint64  first,
               gint64  last)
{
  const Grouped *grouped = self->run->grouped;
  const QsCpuGeometry *g = &grouped->geometry;
  const gint64 panel = grouped->panel_groups * g->group_outputs;
  QsCpuGroupedRow row = {
    .n_lines = g->kernel[Y],
    .n_taps = g->kernel[X],
    .pixel_pitch = g->stride[X] * pixel_bytes (grouped),
    .tap_pitch = g->dilation[X] * pixel_bytes (grouped),
    .tap_bytes = pixel_bytes (grouped),
    .n_pixels = self->n_columns,
    .weights = grouped->packed + self->panel * grouped->panel_bytes,
    .epilogue = &self->run->epilogue,
    .first_column = self->panel * panel,
    .n_columns = MIN (panel, g->outputs - self->panel * panel),
  };

  if (grouped->start != NULL)
    row.start = grouped->start + self->panel * grouped->functions->lanes;
  self->next = first * g->stride[Y] - g->pad[Y];
  self->slot = 0;
  for (gint64 y = first; y < last; y++)
    compute_line (self, y, &row);
}

/* Items are the panels of one stretch of one strip after the other. */
static void
grouped_items (gint64   first,
               gint64   last,
               guint    thread,
               gpointer user_data)
{
  const GroupedRun *run = user_data;
  const Grouped *self = run->grouped;
  const QsCpuGeometry *g = &self->geometry;
  guint8 *memory = run->workspace + thread * share_bytes (self);
  Strip strip = { .run = run, .slots = memory,
                  .zeros = memory + self->n_slots * line_bytes (self) };

  /* Zeros, with what is added to INT8 values. */
  memset (memory + self->n_slots * line_bytes (self), self->offset, line_bytes (self));
  for (gint64 i = first; i < last; i++)
    {
      const gint64 rest = i / self->n_panels, lines = rest / run->n_stretches;
      const gint64 y = lines % run->n_strips * self->strip;

      strip.panel = i % self->n_panels;
      strip.column = rest % run->n_stretches * self->stretch;
      strip.n_columns = MIN (self->stretch, g->out[X] - strip.column);
      strip.image = lines / run->n_strips;
      compute_strip (&strip, y, MIN (y + self->strip, g->out[Y]));
    }
}

static gboolean
grouped_execute (const QsKernel     *kernel,
                 const QsLayer      *layer,
                 gpointer            state,
                 const QsExecution  *execution,
                 GError            **error)
{
  const Grouped *self = state;
  const QsCpuGeometry *g = &self->geometry;
  GroupedRun run = {
    .grouped = self,
    .input = execution->inputs[QS_INPUT_X].data,
    .workspace = execution->workspace,
  };

  if (!qs_kernel_check_views (kernel, layer, execution, error))
    return FALSE;
  if (qs_cpu_geometry_n_pixels (g) == 0)
    return TRUE;

  run.n_strips = divide_up (g->out[Y], self->strip);
  run.n_stretches = divide_up (g->out[X], self->stretch);
  qs_cpu_weighted_epilogue (layer, execution, self->multiplier, self->bias, g->outputs,
                            &run.epilogue);
  qs_cpu_weighted_spread (execution, &run.epilogue);
  qs_thread_pool_run (execution->pool,
                      g->batch * run.n_strips * run.n_stretches * self->n_panels,
                      1 + MIN_ITEM_PIXELS / (self->strip * self->stretch), grouped_items, &run);
  return TRUE;
}

static gboolean
grouped_supports (const QsKernel  *kernel,
                  const QsLayer   *layer,
                  const char     **reason)
{
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);
  const QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  /* Floats take a vector for each channel of a group: a product of one panel is faster than this where
   * that is all of the vector. */
  const gint64 widest = qs_cpu_kernel_functions (kernel)->lanes
                        / (kernel->precision == QS_PRECISION_INT8 ? 1 : 2);
  QsCpuGeometry g;

  if (x->shape.n_dims < 3 || x->shape.n_dims > 4)
    return qs_cpu_refuse (reason, "only one or two spatial dimensions");
  if (!qs_shape_is_known (&x->shape) || weights->shape.n_dims != x->shape.n_dims)
    return qs_cpu_refuse (reason, "the shapes are not known");

  qs_cpu_geometry_init (&g, layer);
  if (g.groups == 1 || g.group_channels == 0 || g.group_outputs == 0
      || MAX (g.group_channels, g.group_outputs) > widest)
    return qs_cpu_refuse (reason, "only groups that are narrow for a vector");
  if (g.group_channels == 1 && g.group_outputs == 1)
    return qs_cpu_refuse (reason, "the convolution is depthwise");
  if (g.kernel[Y] > QS_CPU_MAX_GROUPED_LINES || g.kernel[X] > QS_CPU_MAX_GROUPED_LINES
      || g.dilation[Y] > QS_CPU_MAX_GROUPED_LINES || g.dilation[X] > QS_CPU_MAX_GROUPED_LINES)
    return qs_cpu_refuse (reason, "the filter is too large");
  return qs_weighted_supports (kernel, layer, g.group_channels * g.n_taps, g.outputs, FALSE,
                               reason);
}

#define GROUPED \
  .kind = QS_LAYER_CONVOLUTION, .format = QS_FORMAT_HWC, \
  .in_place = 1 << QS_INPUT_RESIDUAL, .memory = QS_KERNEL_STRIDED_OUTPUTS, \
  .supports = grouped_supports, .prepare = grouped_prepare, \
  .workspace_size = grouped_workspace_size, .execute = grouped_execute, .release = grouped_free

const QsKernel qs_cpu_grouped_kernels[] = {
  { .name = "grouped_s8", .precision = QS_PRECISION_INT8, GROUPED },
  { .name = "grouped_f32", .precision = QS_PRECISION_FP32, GROUPED },
  { .name = NULL },
};
