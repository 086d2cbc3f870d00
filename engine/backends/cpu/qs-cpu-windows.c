/* SPDX-License-Identifier: MIT */
#include "qs-cpu-windows.h"

#include <stdlib.h>
#include <string.h>

#include "backends/qs-weighted.h"

/* A run of fewer steps than this costs more to start than to copy. */
#define MIN_RUN_STEPS 8
/* The longest run that is moved as one or two vectors. */
#define MAX_MOVE 64
/* Steps are read as words. */
#define ROW_ALIGNMENT 16

/* One row of input pixels and the first of them that a run needs. */
typedef struct
{
  const guint8 *line;    /* NULL when the line is in the padding */
  gint64 x;
} RunPlace;

/* The place of a run under the first of some output pixels in a line. @image: the first input value
 * of their batch and group. */
static inline void
place_run (const QsCpuWindows *self,
           const guint8       *image,
           const gint64       *start,
           gint64              run,
           RunPlace           *place)
{
  const QsCpuGeometry *g = &self->geometry;
  const gint64 *shift = self->shifts[run];
  gint64 z = start[0] + shift[0], y = start[1] + shift[1];

  place->x = start[2] + shift[2];
  place->line = NULL;
  if (qs_cpu_geometry_is_inside (g, 0, z) && qs_cpu_geometry_is_inside (g, 1, y))
    place->line = image + (z * g->in[1] + y) * g->in[2] * g->channels * self->value_size;
}

/* Copies a run with zeros for what is in the padding. */
static inline void
copy_run (const QsCpuWindows *self,
          const RunPlace     *place,
          guint8             *to)
{
  const QsCpuGeometry *g = &self->geometry;
  const gint64 pixel_bytes = g->channels * self->value_size;
  const gint64 tap_bytes = g->group_channels * self->value_size;
  const gint64 n_taps = self->taps_per_run;
  gint64 first, last;

  if (place->line != NULL && place->x >= 0 && place->x + n_taps <= g->in[2])
    {
      memcpy (to, place->line + place->x * pixel_bytes, n_taps * tap_bytes);
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
find_run (const QsCpuWindows *self,
          const RunPlace     *place,
          guint8             *scratch)
{
  if (place->line == NULL)
    return self->zeros;
  if (place->x >= 0 && place->x + self->taps_per_run <= self->geometry.in[2])
    return place->line + place->x * self->geometry.channels * self->value_size;

  copy_run (self, place, scratch);
  return scratch;
}

/* Output pixels in front of the first one, of @n, whose run starts at or behind @limit. */
static inline guint
n_before (const RunPlace *place,
          gint64          limit,
          gint64          stride,
          guint           n)
{
  const gint64 distance = limit - place->x;

  if (distance <= 0)
    return 0;
  /* Most strides are 1, and divisions would be most of the work here. */
  return (guint) MIN ((gint64) n, stride == 1 ? distance : (distance + stride - 1) / stride);
}

/* Which of @n neighbouring output pixels have all of @n_pixels input pixels, from the first of their
 * run on, in the line: those from @first up to @last. */
static inline void
find_inside (const QsCpuWindows *self,
             const RunPlace     *place,
             gint64              n_pixels,
             guint               n,
             guint              *first,
             guint              *last)
{
  const QsCpuGeometry *g = &self->geometry;

  *first = *last = n;
  if (place->line == NULL)
    return;

  *first = n_before (place, 0, g->stride[2], n);
  *last = MAX (*first, n_before (place, g->in[2] - n_pixels + 1, g->stride[2], n));
}

/* A single tap is in the line or in the padding; longer runs may hang over the border. */
static inline void
find_border_runs (const QsCpuWindows  *self,
                  const RunPlace      *place,
                  guint                first,
                  guint                last,
                  guint8              *scratch,
                  const guint8       **rows)
{
  for (guint p = first; p < last; p++)
    if (self->taps_per_run == 1)
      rows[p] = self->zeros;
    else
      {
        const RunPlace there = { place->line, place->x + p * self->geometry.stride[2] };

        rows[p] = find_run (self, &there, scratch + p * self->scratch_per_row);
      }
}

static inline void
find_runs_of_line (const QsCpuWindows  *self,
                   const RunPlace      *place,
                   guint                n,
                   guint8              *scratch,
                   const guint8       **rows)
{
  const QsCpuGeometry *g = &self->geometry;
  const gint64 pixel_bytes = g->channels * self->value_size, step = g->stride[2] * pixel_bytes;
  const guint8 *run;
  guint first, last;

  find_inside (self, place, self->taps_per_run, n, &first, &last);
  find_border_runs (self, place, 0, first, scratch, rows);
  run = last > first ? place->line + (place->x * pixel_bytes + first * step) : NULL;
  for (guint p = first; p < last; p++, run += step)
    rows[p] = run;
  find_border_runs (self, place, last, n, scratch, rows);
}

typedef struct
{
  const guint8 *from;
  gsize from_step;
  guint8 *to;
  gsize to_step;
  guint n;
} Moves;

static inline void
move_all (Moves       moves,
          const guint size)
{
  for (; moves.n > 0; moves.n--, moves.from += moves.from_step, moves.to += moves.to_step)
    memcpy (moves.to, moves.from, size);
}

/* A size that the compiler knows is a vector or two, and a call of memcpy takes longer than these. */
static void
move (const Moves *moves,
      guint        size)
{
  switch (size)
    {
    case 4: move_all (*moves, 4); break;
    case 8: move_all (*moves, 8); break;
    case 16: move_all (*moves, 16); break;
    case 32: move_all (*moves, 32); break;
    default: move_all (*moves, MAX_MOVE); break;
    }
}

static inline void
copy_border_runs (const QsCpuWindows *self,
                  const RunPlace     *place,
                  guint               first,
                  guint               last,
                  guint8             *scratch)
{
  for (guint p = first; p < last; p++)
    {
      const RunPlace there = { place->line, place->x + p * self->geometry.stride[2] };

      copy_run (self, &there, scratch + p * self->scratch_per_row);
    }
}

/* Copies a run of each of @n rows. What is moved beyond a run's end lies where the next one will be
 * written, or behind the row; it has to lie in the line, so those at its borders are copied exactly. */
static void
copy_runs (const QsCpuWindows *self,
           RunPlace            place,
           guint               n,
           guint8             *scratch)
{
  const QsCpuGeometry *g = &self->geometry;
  const gint64 pixel_bytes = g->channels * self->value_size, step = g->stride[2] * pixel_bytes;
  const gsize row_bytes = self->scratch_per_row;
  guint first = n, last = n;

  if (self->move > 0)
    find_inside (self, &place, self->move_pixels, n, &first, &last);
  if (last > first)
    move (&(Moves) { place.line + (place.x * pixel_bytes + first * step), step,
                     scratch + first * row_bytes, row_bytes, last - first }, self->move);
  copy_border_runs (self, &place, 0, first, scratch);
  copy_border_runs (self, &place, last, n, scratch);
}

/* The rows of @n neighbouring output pixels of one line. */
static void
find_line (const QsCpuWindowsSource  *source,
           gint64                     group,
           const QsCpuPixel          *pixel,
           guint                      n,
           guint                      n_rows,
           guint8                    *scratch,
           const guint8             **rows)
{
  const QsCpuWindows *self = source->windows;
  const QsCpuGeometry *g = &self->geometry;
  const gsize run_bytes = self->run * self->value_size;
  const guint8 *image = source->input
                        + (pixel->batch * g->in[0] * g->in[1] * g->in[2] * g->channels
                           + group * g->group_channels) * self->value_size;
  gint64 start[QS_CPU_SPATIAL];

  qs_cpu_pixel_start (pixel, g, start);
  for (gint64 run = 0; run < self->n_runs; run++)
    {
      RunPlace place;

      place_run (self, image, start, run, &place);
      if (self->merged)
        copy_runs (self, place, n, scratch + run * run_bytes);
      else
        find_runs_of_line (self, &place, n, scratch + run * run_bytes, rows + run * n_rows);
    }

  if (self->merged)
    for (guint p = 0; p < n; p++)
      rows[p] = scratch + p * self->scratch_per_row;
}

/**
 * qs_cpu_windows_find_rows:
 * @source: a QsCpuWindowsSource
 *
 * A #QsCpuRowsFunc: the rows of output pixels.
 */
void
qs_cpu_windows_find_rows (gconstpointer   data,
                          gint64          group,
                          gint64          first,
                          guint           n_rows,
                          guint8         *scratch,
                          const guint8  **rows)
{
  const QsCpuWindowsSource *source = data;
  const QsCpuGeometry *g = &source->windows->geometry;
  QsCpuPixel pixel;
  guint n;

  qs_cpu_pixel_init (&pixel, g, first);
  for (guint r = 0; r < n_rows; r += n)
    {
      n = (guint) MIN ((gint64) (n_rows - r), g->out[2] - pixel.at[2]);
      find_line (source, group, &pixel, n, n_rows,
                 scratch + r * source->windows->scratch_per_row, rows + r);
      pixel.at[2] = g->out[2] - 1;
      qs_cpu_pixel_advance (&pixel, g);
    }
}

/* The filter's taps in order, a run at a time. */
static gboolean
find_shifts (QsCpuWindows  *self,
             GError       **error)
{
  const QsCpuGeometry *g = &self->geometry;

  self->shifts = qs_kernel_alloc (self->n_runs * sizeof *self->shifts, error);
  if (self->shifts == NULL)
    return FALSE;

  for (gint64 run = 0; run < self->n_runs; run++)
    {
      gint64 tap = run * self->taps_per_run;

      for (int axis = QS_CPU_SPATIAL - 1; axis >= 0; axis--)
        {
          self->shifts[run][axis] = tap % g->kernel[axis] * g->dilation[axis];
          tap /= g->kernel[axis];
        }
    }

  return TRUE;
}

/* Cuts rows into runs: by single taps, which are never copied, where there are channels enough for a
 * run. */
static void
cut_rows (QsCpuWindows            *self,
          const QsCpuProductFuncs *funcs)
{
  const QsCpuGeometry *g = &self->geometry;
  const gint64 min_run = MIN_RUN_STEPS * funcs->unit;
  gboolean contiguous = g->groups == 1 && (g->dilation[2] == 1 || g->kernel[2] == 1);

  self->taps_per_run = contiguous && g->group_channels < min_run ? g->kernel[2] : 1;
  self->n_runs = g->n_taps / self->taps_per_run;
  self->run = self->taps_per_run * g->group_channels;
  self->merged = self->run % funcs->unit != 0 || (self->run < min_run && self->n_runs > 1);
}

/* Room for the rows that have to be put together: single taps are in the input or in the padding. */
static void
plan_copies (QsCpuWindows *self)
{
  const gsize row = self->product.n_segments * self->product.segment_steps
                    * self->product.funcs->unit * self->value_size;
  const gsize run = self->run * self->value_size;
  const gsize pixel = self->geometry.channels * self->value_size;
  gsize offset;

  if (!self->merged)
    {
      self->scratch_per_row = self->taps_per_run > 1 ? row : 0;
      return;
    }
  self->move = run <= MAX_MOVE ? MAX (4, 1 << g_bit_storage (run - 1)) : 0;
  /* The last group begins this far behind its pixel. */
  offset = (self->geometry.channels - self->geometry.group_channels) * self->value_size;
  self->move_pixels = (offset + self->move + pixel - 1) / pixel;
  self->scratch_per_row = MAX (row, (self->n_runs - 1) * run + self->move);
  self->scratch_per_row = (self->scratch_per_row + ROW_ALIGNMENT - 1) / ROW_ALIGNMENT * ROW_ALIGNMENT;
}

static gboolean
make_zeros (QsCpuWindows  *self,
            GError       **error)
{
  const gsize n = self->run * self->value_size;

  self->zeros = qs_kernel_alloc (n, error);
  if (self->zeros == NULL)
    return FALSE;

  memset (self->zeros, self->zero, n);
  return TRUE;
}

/**
 * qs_cpu_windows_init:
 *
 * Prepares everything but the weights, which qs_cpu_windows_pack() takes.
 */
gboolean
qs_cpu_windows_init (QsCpuWindows             *self,
                     const QsCpuGeometry      *geometry,
                     const QsCpuFunctions     *functions,
                     const QsCpuProductFuncs  *funcs,
                     GError                  **error)
{
  const QsCpuGeometry *g = geometry;

  *self = (QsCpuWindows) {
    .geometry = *geometry,
    .value_size = funcs->left_size,
    .zero = funcs->left == QS_CPU_LEFT_OFFSET ? 0x80 : 0,
  };
  cut_rows (self, funcs);
  if (!find_shifts (self, error) || !make_zeros (self, error)
      || !qs_cpu_product_init (&self->product, functions, funcs, g->groups, g->group_outputs,
                               self->merged ? 1 : self->n_runs,
                               self->merged ? self->run * self->n_runs : self->run, error))
    return FALSE;

  plan_copies (self);
  if (!self->merged)
    self->product.row_bytes = MIN (self->product.row_bytes,
                                   g->group_channels * g->stride[1] * g->stride[2]
                                     * self->value_size);
  return TRUE;
}

void
qs_cpu_windows_clear (QsCpuWindows *self)
{
  qs_cpu_product_clear (&self->product);
  g_clear_pointer (&self->shifts, free);
  g_clear_pointer (&self->zeros, free);
}

/**
 * qs_cpu_windows_pack:
 * @matrix: the weights [output of all groups][tap][channel of the group]
 */
void
qs_cpu_windows_pack (QsCpuWindows  *self,
                     gconstpointer  matrix)
{
  const QsCpuGeometry *g = &self->geometry;
  const gint64 n_products = g->group_channels * g->n_taps;
  const gsize size = self->product.funcs->right_size == sizeof (float) ? sizeof (float) : 1;
  const gsize group_bytes = g->group_outputs * n_products * size;

  for (gint64 group = 0; group < g->groups; group++)
    qs_cpu_product_pack (&self->product, group, (const guint8 *) matrix + group * group_bytes, 1,
                         n_products);
}
