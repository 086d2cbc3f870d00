/* SPDX-License-Identifier: MIT */
#include "qs-level-vector.h"

#include <string.h>

/*
 * Depthwise convolution of whole lines. The caller has laid the lines of the input that a line of
 * the output needs side by side, a panel of channels wide and with their padding, in memory that
 * stays in the first level cache, so that there are neither borders nor tables of taps here: a tap
 * is at a fixed distance from the pixel before it.
 */

/* Pixels that become a tile for the epilogue, and that are computed together. */
#define TILE_PIXELS 16
#define BLOCK_PIXELS 8

QS_INLINE void
copy_line (const guint8 *from,
           gsize         step,
           gint64        n_pixels,
           const gsize   n,
           const gsize   pixel_bytes,
           const guint8  flip,
           guint8       *to)
{
  for (gint64 p = 0; p < n_pixels; p++, from += step, to += pixel_bytes)
    if (flip == 0)
      memcpy (to, from, n);
    else
      for (gsize i = 0; i < n; i++)
        to[i] = from[i] ^ flip;
}

QS_INLINE void
copy_any_line (const guint8 *from,
               gsize         step,
               gint64        n_pixels,
               gsize         n,
               const gsize   panel_bytes,
               const guint8  flip,
               guint8       *to)
{
  if (n == panel_bytes)
    copy_line (from, step, n_pixels, panel_bytes, panel_bytes, flip, to);
  else if (n == panel_bytes / 2)
    copy_line (from, step, n_pixels, panel_bytes / 2, panel_bytes, flip, to);
  else
    copy_line (from, step, n_pixels, n, panel_bytes, flip, to);
}

void
qs_level_depthwise_line (gboolean      integer,
                         const guint8 *from,
                         gsize         step,
                         gint64        n_pixels,
                         gint64        n_channels,
                         guint8       *to)
{
  if (integer)
    copy_any_line (from, step, n_pixels, n_channels, QS_PANEL, 0x80, to);
  else
    copy_any_line (from, step, n_pixels, n_channels * sizeof (float), QS_PANEL * sizeof (float), 0,
                   to);
}

/* Lines are long enough to be worth a switch; @n pixels are done, the rest is shorter. */
#define FOR_BLOCKS(n_pixels, first, BLOCK) \
  do \
    { \
      for (; first + 8 <= n_pixels; first += 8) \
        BLOCK (8); \
      if (first + 4 <= n_pixels) \
        { \
          BLOCK (4); \
          first += 4; \
        } \
      if (first + 2 <= n_pixels) \
        { \
          BLOCK (2); \
          first += 2; \
        } \
      if (first < n_pixels) \
        BLOCK (1); \
    } \
  while (0)

/* ---- FP32: the sum of every pixel in the order of the taps ---- */

QS_INLINE void
block_f32 (const QsCpuDepthwiseRow *row,
           gint64                   first,
           const int                n_pixels,
           const int                kernel,
           const int                stride,
           gint64                   lane,
           float                   *tile)
{
  const float *weights = (const float *) row->weights + lane;
  Floats sums[BLOCK_PIXELS];

#pragma GCC unroll 8
  for (int p = 0; p < n_pixels; p++)
    sums[p] = (Floats) { 0 };

  for (int y = 0; y < kernel; y++)
    {
      const float *x = (const float *) row->lines[y] + first * stride * QS_PANEL + lane;

#pragma GCC unroll 5
      for (int k = 0; k < kernel; k++, weights += QS_PANEL)
        {
          Floats w = LOAD_FLOATS (weights);

#pragma GCC unroll 8
          for (int p = 0; p < n_pixels; p++)
            sums[p] = MULTIPLY_ADD (LOAD_FLOATS (x + (p * stride + k) * QS_PANEL), w, sums[p]);
        }
    }

#pragma GCC unroll 8
  for (int p = 0; p < n_pixels; p++)
    STORE_FLOATS (tile + p * QS_PANEL + lane, sums[p]);
}

QS_INLINE void
tile_f32 (const QsCpuDepthwiseRow *row,
          gint64                   first,
          gint64                   n_pixels,
          gint64                   lane,
          const int                kernel,
          const int                stride,
          gpointer                 tile)
{
  gint64 p = 0;

#define BLOCK(n) \
  block_f32 (row, first + p, n, kernel, stride, lane, (float *) tile + p * QS_PANEL)
  FOR_BLOCKS (n_pixels, p, BLOCK);
#undef BLOCK
}

typedef void (*TileFunc) (const QsCpuDepthwiseRow *row,
                          gint64                   first,
                          gint64                   n_pixels,
                          gint64                   lane,
                          gpointer                 tile);

#define DEFINE_TILE(type, kernel, stride) \
  static void \
  tile_##type##_##kernel##_##stride (const QsCpuDepthwiseRow *row, gint64 first, gint64 n_pixels, \
                                     gint64 lane, gpointer tile) \
  { \
    tile_##type (row, first, n_pixels, lane, kernel, stride, tile); \
  }

DEFINE_TILE (f32, 3, 1)
DEFINE_TILE (f32, 3, 2)
DEFINE_TILE (f32, 5, 1)
DEFINE_TILE (f32, 5, 2)

/* [5x5 and not 3x3][stride 2 and not 1] */
static const TileFunc tiles_f32[2][2] = {
  { tile_f32_3_1, tile_f32_3_2 },
  { tile_f32_5_1, tile_f32_5_2 },
};

static void
compute_row (const QsCpuDepthwiseRow *row,
             const TileFunc           func)
{
  gint32 tile[TILE_PIXELS * QS_PANEL] __attribute__ ((aligned (64)));

  for (gint64 p = 0; p < row->n_pixels; p += TILE_PIXELS)
    {
      const gint64 n = MIN (TILE_PIXELS, row->n_pixels - p);

      for (gint64 lane = 0; lane < row->n_columns; lane += QS_LANES)
        func (row, p, n, lane, tile);
      qs_level_epilogue (row->epilogue, tile, n, row->first_row + p, row->first_column,
                         row->n_columns);
    }
}

void
qs_level_depthwise_row_f32 (const QsCpuDepthwiseRow *row)
{
  compute_row (row, tiles_f32[row->kernel == 5][row->stride == 2]);
}

#ifdef QS_WITH_VNNI

/*
 * INT8: a dot product of four unsigned with four signed bytes takes four taps of a channel, one
 * above the other. Such a column serves every output pixel that it lies under, so it is put together
 * once: 3x3 has columns of three taps and a weight of zero, 5x5 has columns of four and of one.
 */

#ifdef QS_WITH_AVX512

#define DOT(sum, a, b) _mm512_dpbusd_epi32 (sum, a, b)

/* The bytes of four lines, channel by channel. */
QS_INLINE Ints
interleave (const guint8 *a,
            const guint8 *b,
            const guint8 *c,
            const guint8 *d)
{
  const __m512i quarters = _mm512_setr_epi32 (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i bytes = _mm512_broadcast_i32x4 (
    _mm_setr_epi8 (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  __m512i lines = _mm512_castsi128_si512 (_mm_loadu_si128 ((const __m128i *) a));

  lines = _mm512_inserti32x4 (lines, _mm_loadu_si128 ((const __m128i *) b), 1);
  lines = _mm512_inserti32x4 (lines, _mm_loadu_si128 ((const __m128i *) c), 2);
  if (d != NULL)
    lines = _mm512_inserti32x4 (lines, _mm_loadu_si128 ((const __m128i *) d), 3);
  return _mm512_shuffle_epi8 (_mm512_permutexvar_epi32 (quarters, lines), bytes);
}

QS_INLINE Ints
widen (const guint8 *a)
{
  return _mm512_cvtepu8_epi32 (_mm_loadu_si128 ((const __m128i *) a));
}

#else

#define DOT(sum, a, b) _mm256_dpbusd_avx_epi32 (sum, a, b)

#define LOAD_EIGHT(p) _mm_loadl_epi64 ((const __m128i *) (p))

QS_INLINE Ints
interleave (const guint8 *a,
            const guint8 *b,
            const guint8 *c,
            const guint8 *d)
{
  __m128i upper = _mm_unpacklo_epi8 (LOAD_EIGHT (a), LOAD_EIGHT (b));
  __m128i lower = _mm_unpacklo_epi8 (LOAD_EIGHT (c), LOAD_EIGHT (d != NULL ? d : c));

  return _mm256_set_m128i (_mm_unpackhi_epi16 (upper, lower), _mm_unpacklo_epi16 (upper, lower));
}

QS_INLINE Ints
widen (const guint8 *a)
{
  return _mm256_cvtepu8_epi32 (LOAD_EIGHT (a));
}

#endif

/* Lines @line … of @kernel at byte @offset: four of them, or as many as there are. */
QS_INLINE Ints
load_column (const QsCpuDepthwiseRow *row,
             const int                line,
             const int                kernel,
             gint64                   offset)
{
  const guint8 *const *lines = (const guint8 *const *) row->lines + line;

  if (kernel - line == 1)
    return widen (lines[0] + offset);
  return interleave (lines[0] + offset, lines[1] + offset, lines[2] + offset,
                     kernel - line > 3 ? lines[3] + offset : NULL);
}

QS_INLINE void
block_s8 (const QsCpuDepthwiseRow *row,
          gint64                   first,
          const int                n_pixels,
          const int                kernel,
          const int                stride,
          gint64                   lane,
          gint32                  *tile)
{
  const gint64 start = first * stride * QS_PANEL + lane;
  const gint8 *weights = (const gint8 *) row->weights + lane * 4;
  Ints sums[BLOCK_PIXELS];

#pragma GCC unroll 8
  for (int p = 0; p < n_pixels; p++)
    sums[p] = LOAD_INTS (row->start + lane);

#pragma GCC unroll 2
  for (int line = 0; line < kernel; line += 4, weights += kernel * QS_PANEL * 4)
    {
      Ints w[5];

#pragma GCC unroll 5
      for (int k = 0; k < kernel; k++)
        w[k] = LOAD_INTS (weights + k * QS_PANEL * 4);

#pragma GCC unroll 20
      for (int x = 0; x < (n_pixels - 1) * stride + kernel; x++)
        {
          Ints column = load_column (row, line, kernel, start + x * QS_PANEL);

#pragma GCC unroll 8
          for (int p = 0; p < n_pixels; p++)
            if (x - p * stride >= 0 && x - p * stride < kernel)
              sums[p] = DOT (sums[p], column, w[x - p * stride]);
        }
    }

#pragma GCC unroll 8
  for (int p = 0; p < n_pixels; p++)
    STORE_INTS (tile + p * QS_PANEL + lane, sums[p]);
}

QS_INLINE void
tile_s8 (const QsCpuDepthwiseRow *row,
         gint64                   first,
         gint64                   n_pixels,
         gint64                   lane,
         const int                kernel,
         const int                stride,
         gpointer                 tile)
{
  gint64 p = 0;

#define BLOCK(n) \
  block_s8 (row, first + p, n, kernel, stride, lane, (gint32 *) tile + p * QS_PANEL)
  FOR_BLOCKS (n_pixels, p, BLOCK);
#undef BLOCK
}

DEFINE_TILE (s8, 3, 1)
DEFINE_TILE (s8, 3, 2)
DEFINE_TILE (s8, 5, 1)
DEFINE_TILE (s8, 5, 2)

static const TileFunc tiles_s8[2][2] = {
  { tile_s8_3_1, tile_s8_3_2 },
  { tile_s8_5_1, tile_s8_5_2 },
};

void
qs_level_depthwise_row_s8 (const QsCpuDepthwiseRow *row)
{
  compute_row (row, tiles_s8[row->kernel == 5][row->stride == 2]);
}

#endif
