/* SPDX-License-Identifier: MIT */
#include "qs-cpu-move.h"

#include <string.h>

#include "core/qs-rounding.h"
#include "qs-cpu-loops.h"

/*
 * Copies between views of one shape, with whatever strides, and between float32, float16 and INT8. Everything
 * that moves elements ends here: reformats, transposes, concatenations, splits. Where neither view
 * has the other's innermost axis innermost, small tiles are gathered so that both sides are read
 * and written in pieces of a cache line.
 */

#define TILE 32
#define CHUNK 1024

typedef struct
{
  const QsCpuFunctions *functions;
  QsCpuLoops loops;
  const guint8 *from;
  guint8 *to;
  QsDataType from_type;
  QsDataType to_type;
  gsize from_size;
  gsize to_size;
  float from_scale;
  float reciprocal;        /* 1 / scale of an INT8 output */
  gboolean converts;
} Move;

/* Between any two of the types, by way of float32. */
static void
convert_by_way_of_float (const Move   *self,
                         const guint8 *from,
                         guint8       *to,
                         gint64        n)
{
  float values[CHUNK];
  const float *floats = self->from_type == QS_DATA_TYPE_FLOAT ? (gconstpointer) from : values;

  if (self->from_type == QS_DATA_TYPE_FLOAT16)
    self->functions->fp16.widen ((gconstpointer) from,
                                 self->to_type == QS_DATA_TYPE_FLOAT ? (gpointer) to : values, n);
  else if (self->from_type == QS_DATA_TYPE_INT8)
    self->functions->dequantize ((const gint8 *) from, self->from_scale, values, n);

  if (self->to_type == QS_DATA_TYPE_FLOAT16)
    self->functions->fp16.narrow (floats, (gpointer) to, n);
  else if (self->to_type == QS_DATA_TYPE_INT8)
    self->functions->quantize (floats, self->reciprocal, (gint8 *) to, n);
}

/* One contiguous piece, at most CHUNK elements when it is converted by way of float32. */
static void
convert_piece (const Move *self,
               const guint8 *from,
               guint8     *to,
               gint64      n)
{
  gboolean is_direct = self->from_type != QS_DATA_TYPE_FLOAT16 &&
                       self->to_type != QS_DATA_TYPE_FLOAT16;

  if (!self->converts)
    memcpy (to, from, n * self->to_size);
  else if (is_direct && self->from_type == QS_DATA_TYPE_FLOAT)
    self->functions->quantize ((const float *) (gconstpointer) from, self->reciprocal,
                               (gint8 *) to, n);
  else if (is_direct && self->to_type == QS_DATA_TYPE_FLOAT)
    self->functions->dequantize ((const gint8 *) from, self->from_scale,
                                 (float *) (gpointer) to, n);
  else
    convert_by_way_of_float (self, from, to, n);
}

static void
convert_row (const Move   *self,
             const guint8 *from,
             guint8       *to,
             gint64        n)
{
  for (gint64 i = 0; i < n; i += CHUNK)
    convert_piece (self, from + i * self->from_size, to + i * self->to_size, MIN (CHUNK, n - i));
}

static void
gather_bytes (const guint8 *from,
              gint64        step,
              guint8       *to,
              gint64        n,
              gsize         size)
{
  for (gint64 i = 0; i < n; i++)
    memcpy (to + i * size, from + i * step * size, size);
}

static void
gather (const guint8 *from,
        gint64        step,
        guint8       *to,
        gint64        n,
        gsize         size)
{
  /* With a constant size the copies become single moves. */
  if (size == 4)
    gather_bytes (from, step, to, n, 4);
  else if (size == 1)
    gather_bytes (from, step, to, n, 1);
  else
    gather_bytes (from, step, to, n, size);
}

/* A tile of the two innermost loops: rows of the output, gathered along its innermost loop. */
static void
move_tile (const Move   *self,
           const guint8 *from,
           guint8       *to,
           gint64        n_rows,
           gint64        n)
{
  const int inner = self->loops.n_dims - 1, outer = inner - 1;
  guint8 row[TILE * 8];

  for (gint64 r = 0; r < n_rows; r++)
    {
      gather (from + r * self->loops.strides[1][outer] * self->from_size,
              self->loops.strides[1][inner], row, n, self->from_size);
      convert_piece (self, row, to + r * self->loops.strides[0][outer] * self->to_size, n);
    }
}

static void
move_tiles (const Move   *self,
            const guint8 *from,
            guint8       *to)
{
  const int inner = self->loops.n_dims - 1, outer = inner - 1;

  for (gint64 r = 0; r < self->loops.dims[outer]; r += TILE)
    for (gint64 c = 0; c < self->loops.dims[inner]; c += TILE)
      move_tile (self,
                 from + (r * self->loops.strides[1][outer] + c * self->loops.strides[1][inner])
                        * self->from_size,
                 to + (r * self->loops.strides[0][outer] + c) * self->to_size,
                 MIN (TILE, self->loops.dims[outer] - r), MIN (TILE, self->loops.dims[inner] - c));
}

/*
 * A few planes become the elements of pixels that lie one after the other, as an image's three
 * channels do: many pixels are put together before they are converted.
 */

static gboolean
is_narrow (const QsCpuLoops *loops)
{
  const int inner = loops->n_dims - 1, outer = inner - 1;

  return loops->dims[inner] < TILE / 2 && loops->strides[0][inner] == 1
         && loops->strides[0][outer] == loops->dims[inner] && loops->strides[1][outer] == 1;
}

static inline void
spread_bytes (const guint8 *from,
              guint8       *to,
              gint64        step,
              gint64        n,
              gsize         size)
{
  for (gint64 i = 0; i < n; i++)
    memcpy (to + i * step * size, from + i * size, size);
}

/* Writes @n neighbours @step elements apart. */
static void
spread (const guint8 *from,
        guint8       *to,
        gint64        step,
        gint64        n,
        gsize         size)
{
  if (size == 4 && step == 3)
    spread_bytes (from, to, 3, n, 4);
  else if (size == 4)
    spread_bytes (from, to, step, n, 4);
  else if (size == 1)
    spread_bytes (from, to, step, n, 1);
  else
    spread_bytes (from, to, step, n, size);
}

typedef gint32 Four __attribute__ ((vector_size (16), aligned (4), may_alias));

/* Three planes of 32-bit values, as images have them, become pixels, four at a time, and in one pass over
 * memory instead of one for each plane. Returns how many of @n that were. */
static gint64
interleave_three (const guint8 *from,
                  gsize         plane_bytes,
                  guint8       *to,
                  gint64        n)
{
  gint64 i = 0;

  for (; i + 4 <= n; i += 4, to += 3 * sizeof (Four))
    {
      const Four a = *(const Four *) (gconstpointer) (from + i * 4);
      const Four b = *(const Four *) (gconstpointer) (from + plane_bytes + i * 4);
      const Four c = *(const Four *) (gconstpointer) (from + 2 * plane_bytes + i * 4);
      const Four ab = __builtin_shuffle (a, b, (Four) { 0, 4, 1, 5 });
      const Four bc = __builtin_shuffle (b, c, (Four) { 1, 5, 2, 6 });
      const Four ca = __builtin_shuffle (c, a, (Four) { 2, 7, 3, 3 });
      Four *out = (Four *) (gpointer) to;

      out[0] = __builtin_shuffle (ab, c, (Four) { 0, 1, 4, 2 });
      out[1] = __builtin_shuffle (bc, a, (Four) { 0, 1, 6, 2 });
      out[2] = __builtin_shuffle (ca, b, (Four) { 0, 1, 7, 2 });
    }
  return i;
}

static void
move_pixels (const Move   *self,
             const guint8 *from,
             guint8       *to,
             gint64        n)
{
  const int inner = self->loops.n_dims - 1;
  const gint64 width = self->loops.dims[inner];
  guint8 pixels[CHUNK * 8];
  guint8 *gathered = self->converts ? pixels : to;
  const gint64 plane_bytes = self->loops.strides[1][inner] * (gint64) self->from_size;
  const gint64 first = width == 3 && self->to_size == 4 && !self->converts
                         ? interleave_three (from, plane_bytes, to, n) : 0;

  for (gint64 c = 0; c < width; c++)
    spread (from + c * plane_bytes + first * self->from_size,
            gathered + (first * width + c) * self->from_size, width, n - first, self->from_size);
  if (self->converts)
    convert_piece (self, pixels, to, n * width);
}

/* Items are pixels, those of one plane after the other. */
static void
move_narrow (gint64   first,
             gint64   last,
             guint    thread,
             gpointer user_data)
{
  const Move *self = user_data;
  const QsCpuLoops *loops = &self->loops;
  const gint64 width = loops->dims[loops->n_dims - 1], n_pixels = loops->dims[loops->n_dims - 2];

  for (gint64 i = first, n; i < last; i += n)
    {
      gint64 at[2];

      n = MIN (MIN (CHUNK / width, last - i), n_pixels - i % n_pixels);
      qs_cpu_loops_locate (loops, 1, i, at);
      move_pixels (self, self->from + at[1] * self->from_size, self->to + at[0] * self->to_size, n);
    }
}

/* The loop in which the input is contiguous becomes the one beside the innermost. */
static void
bring_input_inside (QsCpuLoops *loops)
{
  int best = loops->n_dims - 2;

  for (int i = 0; i < loops->n_dims - 1; i++)
    if (loops->strides[1][i] < loops->strides[1][best])
      best = i;

  for (int i = best; i < loops->n_dims - 2; i++)
    {
      gint64 dim = loops->dims[i];

      loops->dims[i] = loops->dims[i + 1];
      loops->dims[i + 1] = dim;
      for (int v = 0; v < 2; v++)
        {
          gint64 stride = loops->strides[v][i];

          loops->strides[v][i] = loops->strides[v][i + 1];
          loops->strides[v][i + 1] = stride;
        }
    }
}

static gboolean
is_contiguous (const QsCpuLoops *loops)
{
  const int inner = loops->n_dims - 1;

  return loops->strides[0][inner] == 1 && loops->strides[1][inner] == 1;
}

/* Rows that are a fixed distance apart: short ones take less time than finding their place would. */
static void
copy_rows (const guint8 *from,
           gint64        from_step,
           guint8       *to,
           gint64        to_step,
           gint64        n_rows,
           const gsize   size)
{
  for (gint64 r = 0; r < n_rows; r++, from += from_step, to += to_step)
    memcpy (to, from, size);
}

static void
convert_rows (const Move   *self,
              const guint8 *from,
              guint8       *to,
              gint64        n_rows)
{
  const int inner = self->loops.n_dims - 1, outer = inner - 1;
  const gint64 from_step = self->loops.strides[1][outer] * (gint64) self->from_size;
  const gint64 to_step = self->loops.strides[0][outer] * (gint64) self->to_size;
  const gint64 n = self->loops.dims[inner];

  /* With a constant size the copies become a few moves. */
  if (!self->converts && n * (gint64) self->to_size == 64)
    copy_rows (from, from_step, to, to_step, n_rows, 64);
  else if (!self->converts)
    copy_rows (from, from_step, to, to_step, n_rows, n * self->to_size);
  else
    for (gint64 r = 0; r < n_rows; r++)
      convert_row (self, from + r * from_step, to + r * to_step, n);
}

static void
move_rows (gint64   first,
           gint64   last,
           guint    thread,
           gpointer user_data)
{
  const Move *self = user_data;
  const gint64 n_neighbours = self->loops.dims[self->loops.n_dims - 2];

  for (gint64 i = first, n; i < last; i += n)
    {
      gint64 at[2];

      n = MIN (last - i, n_neighbours - i % n_neighbours);
      qs_cpu_loops_locate (&self->loops, 1, i, at);
      convert_rows (self, self->from + at[1] * self->from_size, self->to + at[0] * self->to_size, n);
    }
}

/* A single row, cut among the threads. */
static void
move_range (gint64   first,
            gint64   last,
            guint    thread,
            gpointer user_data)
{
  const Move *self = user_data;

  convert_row (self, self->from + first * self->from_size, self->to + first * self->to_size,
               last - first);
}

static void
move_planes (gint64   first,
             gint64   last,
             guint    thread,
             gpointer user_data)
{
  const Move *self = user_data;

  for (gint64 i = first; i < last; i++)
    {
      gint64 at[2];

      qs_cpu_loops_locate (&self->loops, 2, i, at);
      move_tiles (self, self->from + at[1] * self->from_size, self->to + at[0] * self->to_size);
    }
}

/* A part of a larger view may be a single element wide: then every element is a row. */
static void
end_with_step_one (QsCpuLoops *loops)
{
  if (loops->strides[0][loops->n_dims - 1] == 1 || loops->n_dims == QS_MAX_DIMS)
    return;

  loops->dims[loops->n_dims] = 1;
  loops->strides[0][loops->n_dims] = loops->strides[1][loops->n_dims] = 1;
  loops->n_dims++;
}

/* Elements that are not worth another thread. */
#define ITEM_WORK 16384

static void
run (Move         *self,
     QsThreadPool *pool)
{
  QsCpuLoops *loops = &self->loops;

  end_with_step_one (loops);
  if (is_contiguous (loops) && loops->n_dims == 1)
    qs_thread_pool_run (pool, loops->dims[0], ITEM_WORK, move_range, self);
  else if (is_contiguous (loops))
    qs_thread_pool_run (pool, qs_cpu_loops_n_outer (loops, 1),
                        1 + ITEM_WORK / loops->dims[loops->n_dims - 1], move_rows, self);
  else
    {
      /* A loop of one, so that there are always two. */
      if (loops->n_dims == 1)
        {
          loops->dims[1] = loops->dims[0];
          loops->strides[0][1] = loops->strides[0][0];
          loops->strides[1][1] = loops->strides[1][0];
          loops->dims[0] = 1;
          loops->n_dims = 2;
        }
      bring_input_inside (loops);
      if (is_narrow (loops))
        qs_thread_pool_run (pool, qs_cpu_loops_n_outer (loops, 1),
                            1 + ITEM_WORK / loops->dims[loops->n_dims - 1], move_narrow, self);
      else
        qs_thread_pool_run (pool, qs_cpu_loops_n_outer (loops, 2),
                            1 + ITEM_WORK
                                  / (loops->dims[loops->n_dims - 1]
                                     * loops->dims[loops->n_dims - 2]),
                            move_planes, self);
    }
}

static gboolean
is_convertible (QsDataType type,
                float      scale)
{
  return type == QS_DATA_TYPE_FLOAT || type == QS_DATA_TYPE_FLOAT16 ||
         (type == QS_DATA_TYPE_INT8 && scale > 0.0f);
}

/**
 * qs_cpu_can_move:
 *
 * Whether qs_cpu_move() can do this: the same type, or any two of float32, float16 and INT8 with a
 * scale.
 */
gboolean
qs_cpu_can_move (QsDataType from_type,
                 float      from_scale,
                 QsDataType to_type,
                 float      to_scale)
{
  if (from_type == QS_DATA_TYPE_INT8 && to_type == QS_DATA_TYPE_INT8)
    return from_scale == to_scale || (from_scale > 0.0f && to_scale > 0.0f);
  if (from_type == to_type)
    return TRUE;
  return is_convertible (from_type, from_scale) && is_convertible (to_type, to_scale);
}

/**
 * qs_cpu_move:
 * @from: what to read
 * @to: where to write, of the same shape
 *
 * Copies and converts all elements. INT8 of equal scales is copied byte by byte.
 */
void
qs_cpu_move (const QsCpuFunctions *functions,
             const QsView         *from,
             const QsView         *to,
             QsThreadPool         *pool)
{
  const gint64 *strides[] = { to->strides, from->strides };
  Move self = {
    .functions = functions,
    .from = from->data,
    .to = to->data,
    .from_type = from->type,
    .to_type = to->type,
    .from_size = qs_data_type_size (from->type),
    .to_size = qs_data_type_size (to->type),
    .from_scale = from->scale,
  };

  if (qs_shape_n_elements (&to->shape) == 0)
    return;

  self.converts = from->type != to->type
                  || (from->type == QS_DATA_TYPE_INT8 && from->scale != to->scale);
  if (to->type == QS_DATA_TYPE_INT8)
    self.reciprocal = 1.0f / to->scale;
  qs_cpu_loops_init (&self.loops, &to->shape, strides, 2);
  run (&self, pool);
}
