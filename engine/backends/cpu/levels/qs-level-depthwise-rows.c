/* SPDX-License-Identifier: MIT */
#include "qs-level-finish.h"

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
    copy_any_line (from, step, n_pixels, n_channels, QS_PANEL, QS_LANE_OFFSET, to);
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

/* Whether the epilogue is no more than a bias and limits, of whole vectors. */
static gboolean
can_finish (const QsCpuDepthwiseRow *row)
{
#ifdef QS_VECTORS
  const QsCpuEpilogue *epilogue = row->epilogue;

  return row->n_columns % QS_LANES == 0 && qs_cpu_epilogue_is_simple (epilogue)
         && epilogue->residual == NULL && epilogue->out_type == QS_DATA_TYPE_FLOAT;
#else
  return FALSE;
#endif
}

/* One vector of the channels of some pixels. */
QS_INLINE void
finish_f32 (const QsCpuDepthwiseRow *row,
            gint64                   first,
            const int                n_pixels,
            gint64                   lane,
            const Floats            *sums)
{
#ifdef QS_VECTORS
  const QsCpuEpilogue *epilogue = row->epilogue;
  const Limits limits = simple_limits (&epilogue->activation);
  const Floats bias = LOAD_FLOATS (epilogue->bias + row->first_column + lane);
  float *out = (float *) epilogue->out + (row->first_row + first) * epilogue->row_stride
               + row->first_column + lane;

#pragma GCC unroll 8
  for (int p = 0; p < n_pixels; p++, out += epilogue->row_stride)
    STORE_FLOATS (out, limit (&limits, ADD (sums[p], bias)));
#endif
}

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

  if (tile == NULL)
    {
      finish_f32 (row, first, n_pixels, lane, sums);
      return;
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
  block_f32 (row, first + p, n, kernel, stride, lane, \
             tile != NULL ? (float *) tile + p * QS_PANEL : NULL)
  FOR_BLOCKS (n_pixels, p, BLOCK);
#undef BLOCK
}

/* @tile: where the sums go; %NULL to finish them at once */
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
             const TileFunc           func,
             const gboolean           finish)
{
  gint32 tile[TILE_PIXELS * QS_PANEL] __attribute__ ((aligned (64)));

  for (gint64 p = 0; p < row->n_pixels; p += TILE_PIXELS)
    {
      const gint64 n = MIN (TILE_PIXELS, row->n_pixels - p);

      for (gint64 lane = 0; lane < row->n_columns; lane += QS_LANES)
        func (row, p, n, lane, finish ? NULL : tile);
      if (!finish)
        qs_level_epilogue (row->epilogue, tile, n, row->first_row + p, row->first_column,
                           row->n_columns);
    }
}

void
qs_level_depthwise_row_f32 (const QsCpuDepthwiseRow *row)
{
  compute_row (row, tiles_f32[row->kernel == 5][row->stride == 2], can_finish (row));
}

#ifdef QS_VECTORS

/*
 * INT8: a lane multiplies QS_LANE_UNIT values at a time, taps of one channel that lie one above the
 * other. Such a column serves every output pixel that it lies under, so it is put together once: 3x3
 * has columns of three taps and a weight of zero, 5x5 has columns of four and of one; in pairs, two and
 * one, and two, two and one.
 */

#if defined (QS_WITH_AVX512)

typedef Ints Column;
#define LOAD_WEIGHTS(p) LOAD_INTS (p)
#define DOT(sum, a, b) _mm512_dpbusd_epi32 (sum, a, b)

/* The bytes of four lines, channel by channel. */
QS_INLINE Column
interleave (const guint8 *const *lines,
            const int            n,
            gint64               offset)
{
  const __m512i quarters = _mm512_setr_epi32 (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512i bytes = _mm512_broadcast_i32x4 (
    _mm_setr_epi8 (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  __m512i all = _mm512_castsi128_si512 (_mm_loadu_si128 ((const __m128i *) (lines[0] + offset)));

  all = _mm512_inserti32x4 (all, _mm_loadu_si128 ((const __m128i *) (lines[1] + offset)), 1);
  all = _mm512_inserti32x4 (all, _mm_loadu_si128 ((const __m128i *) (lines[2] + offset)), 2);
  if (n > 3)
    all = _mm512_inserti32x4 (all, _mm_loadu_si128 ((const __m128i *) (lines[3] + offset)), 3);
  return _mm512_shuffle_epi8 (_mm512_permutexvar_epi32 (quarters, all), bytes);
}

QS_INLINE Column
widen (const guint8 *a)
{
  return _mm512_cvtepu8_epi32 (_mm_loadu_si128 ((const __m128i *) a));
}

#elif defined (QS_WITH_AVX2)

typedef Ints Column;
#define LOAD_WEIGHTS(p) LOAD_INTS (p)
#define LOAD_EIGHT(p) _mm_loadl_epi64 ((const __m128i *) (p))

#if defined (QS_WITH_VNNI)

#define DOT(sum, a, b) _mm256_dpbusd_avx_epi32 (sum, a, b)

QS_INLINE Column
interleave (const guint8 *const *lines,
            const int            n,
            gint64               offset)
{
  __m128i upper = _mm_unpacklo_epi8 (LOAD_EIGHT (lines[0] + offset),
                                     LOAD_EIGHT (lines[1] + offset));
  __m128i lower = _mm_unpacklo_epi8 (LOAD_EIGHT (lines[2] + offset),
                                     LOAD_EIGHT (lines[n > 3 ? 3 : 2] + offset));

  return _mm256_set_m128i (_mm_unpackhi_epi16 (upper, lower), _mm_unpacklo_epi16 (upper, lower));
}

QS_INLINE Column
widen (const guint8 *a)
{
  return _mm256_cvtepu8_epi32 (LOAD_EIGHT (a));
}

#else

#define DOT(sum, a, b) _mm256_add_epi32 (sum, _mm256_madd_epi16 (a, b))

QS_INLINE Column
interleave (const guint8 *const *lines,
            const int            n,
            gint64               offset)
{
  return _mm256_cvtepi8_epi16 (_mm_unpacklo_epi8 (LOAD_EIGHT (lines[0] + offset),
                                                  LOAD_EIGHT (lines[1] + offset)));
}

QS_INLINE Column
widen (const guint8 *a)
{
  return _mm256_cvtepi8_epi32 (LOAD_EIGHT (a));
}

#endif

#else

/* Four bytes at any address. */
QS_INLINE gint32
read_four (const guint8 *p)
{
  gint32 four;

  memcpy (&four, p, sizeof four);
  return four;
}

QS_INLINE int16x8_t
load_four (const guint8 *p)
{
  return vmovl_s8 (vreinterpret_s8_s32 (vdup_n_s32 (read_four (p))));
}

#if defined (QS_WITH_NEON_DOT)

typedef int8x16_t Column;
#define LOAD_WEIGHTS(p) vld1q_s8 (p)
#define DOT(sum, a, b) vdotq_s32 (sum, a, b)

QS_INLINE Column
interleave (const guint8 *const *lines,
            const int            n,
            gint64               offset)
{
  static const guint8 order[16] = { 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15 };
  int32x4_t all = vdupq_n_s32 (read_four (lines[0] + offset));

  all = vsetq_lane_s32 (read_four (lines[1] + offset), all, 1);
  all = vsetq_lane_s32 (read_four (lines[2] + offset), all, 2);
  if (n > 3)
    all = vsetq_lane_s32 (read_four (lines[3] + offset), all, 3);
  return vqtbl1q_s8 (vreinterpretq_s8_s32 (all), vld1q_u8 (order));
}

QS_INLINE Column
widen (const guint8 *a)
{
  return vreinterpretq_s8_s32 (vmovl_s16 (vget_low_s16 (load_four (a))));
}

#else

/* The lanes' upper values, and then their lower ones. */
typedef int16x8_t Column;
#define LOAD_WEIGHTS(p) load_weights (p)
#define DOT(sum, a, b) dot (sum, a, b)

QS_INLINE Column
load_weights (const gint8 *p)
{
  int16x4x2_t pairs = vld2_s16 ((const gint16 *) (gconstpointer) p);

  return vcombine_s16 (pairs.val[0], pairs.val[1]);
}

QS_INLINE Ints
dot (Ints   sum,
     Column a,
     Column b)
{
  sum = vmlal_s16 (sum, vget_low_s16 (a), vget_low_s16 (b));
  return vmlal_s16 (sum, vget_high_s16 (a), vget_high_s16 (b));
}

QS_INLINE Column
interleave (const guint8 *const *lines,
            const int            n,
            gint64               offset)
{
  return vcombine_s16 (vget_low_s16 (load_four (lines[0] + offset)),
                       vget_low_s16 (load_four (lines[1] + offset)));
}

QS_INLINE Column
widen (const guint8 *a)
{
  return vcombine_s16 (vget_low_s16 (load_four (a)), vdup_n_s16 (0));
}

#endif

#endif

/* Lines @line … of @kernel at byte @offset: QS_LANE_UNIT of them, or as many as there are. */
QS_INLINE Column
load_column (const QsCpuDepthwiseRow *row,
             const int                line,
             const int                kernel,
             gint64                   offset)
{
  const guint8 *const *lines = (const guint8 *const *) row->lines + line;

  if (kernel - line == 1)
    return widen (lines[0] + offset);
  return interleave (lines, kernel - line, offset);
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

#pragma GCC unroll 3
  for (int line = 0; line < kernel; line += QS_LANE_UNIT, weights += kernel * QS_PANEL * 4)
    {
      Column w[5];

#pragma GCC unroll 5
      for (int k = 0; k < kernel; k++)
        w[k] = LOAD_WEIGHTS (weights + k * QS_PANEL * 4);

#pragma GCC unroll 20
      for (int x = 0; x < (n_pixels - 1) * stride + kernel; x++)
        {
          Column column = load_column (row, line, kernel, start + x * QS_PANEL);

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
  compute_row (row, tiles_s8[row->kernel == 5][row->stride == 2], FALSE);
}

#endif
