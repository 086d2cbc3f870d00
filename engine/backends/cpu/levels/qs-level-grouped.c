/* SPDX-License-Identifier: MIT */
#include "qs-level-vector.h"

#include <string.h>

/*
 * Convolutions whose groups are narrower than a vector. A vector of outputs spans whole groups, each
 * of which reads channels of its own; so the input is laid out once with every lane's own values, and
 * serves all taps that it lies under. No product is wasted on channels of other groups, and there is
 * neither border nor pointer in the inner loop: a tap is at a fixed distance from its neighbour.
 *
 * A step takes one value of each lane in FP32. In INT8 it takes four bytes where the instruction set
 * multiplies those, and a pair of 16-bit integers elsewhere (QS_LANE_UNIT).
 */

#define TILE_PIXELS 16
#define BLOCK_PIXELS 8

/* ---- the input, lane by lane ---- */

#if defined (QS_WITH_AVX512)

#define PERMUTE(values, order) _mm512_permutexvar_ps (LOAD_INTS (order), values)

#elif defined (QS_WITH_AVX2)

#define PERMUTE(values, order) _mm256_permutevar8x32_ps (values, LOAD_INTS (order))

#else

#define PERMUTE(values, order) permute (values, order)

QS_INLINE Floats
permute (Floats        values,
         const guint8 *order)
{
  float from[QS_LANES], to[QS_LANES];
  gint32 index[QS_LANES];

  memcpy (index, order, sizeof index);
  STORE_FLOATS (from, values);
  for (int i = 0; i < QS_LANES; i++)
    to[i] = from[index[i]];
  return LOAD_FLOATS (to);
}

#endif

static void
line_f32 (const guint8 *from,
          gsize         step,
          gint64        n_pixels,
          gint64        n_channels,
          const guint8 *order,
          guint         n_steps,
          guint8       *to)
{
  for (gint64 p = 0; p < n_pixels; p++, from += step)
    {
      Floats values = LOAD_FIRST_FLOATS ((const float *) (gconstpointer) from, n_channels);

      for (guint s = 0; s < n_steps; s++, to += QS_LANES * sizeof (float))
        STORE_FLOATS ((float *) (gpointer) to,
                      PERMUTE (values, order + s * QS_LANES * sizeof (gint32)));
    }
}

#if defined (QS_WITH_AVX512)

QS_INLINE Ints
load_bytes (const guint8 *from,
            gint64        n)
{
  __m128i bytes = _mm_maskz_loadu_epi8 ((__mmask16) ((1u << n) - 1u), from);

  return _mm512_broadcast_i32x4 (_mm_xor_si128 (bytes, _mm_set1_epi8 (-128)));
}

#define SHUFFLE(bytes, order) _mm512_shuffle_epi8 (bytes, LOAD_INTS (order))
#define DOT(sum, x, w) _mm512_dpbusd_epi32 (sum, x, w)

#elif defined (QS_WITH_AVX2)

QS_INLINE __m128i
load_eight (const guint8 *from,
            gint64        n)
{
  gint64 bytes = 0;

  if (n == 8)
    return _mm_loadl_epi64 ((const __m128i *) (gconstpointer) from);
  for (gint64 i = 0; i < n; i++)
    bytes |= (gint64) from[i] << (8 * i);
  return _mm_cvtsi64_si128 (bytes);
}

#define SHUFFLE(bytes, order) _mm256_shuffle_epi8 (bytes, LOAD_INTS (order))

#if defined (QS_WITH_VNNI)

QS_INLINE Ints
load_bytes (const guint8 *from,
            gint64        n)
{
  return _mm256_broadcastsi128_si256 (_mm_xor_si128 (load_eight (from, n), _mm_set1_epi8 (-128)));
}

#define DOT(sum, x, w) _mm256_dpbusd_avx_epi32 (sum, x, w)

#else

QS_INLINE Ints
load_bytes (const guint8 *from,
            gint64        n)
{
  return _mm256_broadcastsi128_si256 (_mm_cvtepi8_epi16 (load_eight (from, n)));
}

#define DOT(sum, x, w) _mm256_add_epi32 (sum, _mm256_madd_epi16 (x, w))

#endif

#else

/* Lanes of 32 bits are put together byte by byte. */
typedef struct
{
  guint8 bytes[2 * QS_LANES];
} Bytes;

QS_INLINE Ints
shuffle (Bytes         from,
         const guint8 *order)
{
  guint8 to[4 * QS_LANES];

  for (int i = 0; i < 4 * QS_LANES; i++)
    to[i] = from.bytes[order[i]];
  return LOAD_INTS (to);
}

#define SHUFFLE(bytes, order) shuffle (bytes, order)

#if defined (QS_WITH_NEON_DOT)

QS_INLINE Bytes
load_bytes (const guint8 *from,
            gint64        n)
{
  Bytes self = { { 0 } };

  for (gint64 i = 0; i < n; i++)
    self.bytes[i] = from[i];
  return self;
}

#define DOT(sum, x, w) vdotq_s32 (sum, vreinterpretq_s8_s32 (x), vreinterpretq_s8_s32 (w))

#else

QS_INLINE Bytes
load_bytes (const guint8 *from,
            gint64        n)
{
  gint16 halves[QS_LANES] = { 0 };
  Bytes self;

  for (gint64 i = 0; i < n; i++)
    halves[i] = (gint8) from[i];
  memcpy (self.bytes, halves, sizeof halves);
  return self;
}

#if defined (QS_WITH_NEON)

QS_INLINE Ints
dot (Ints sum,
     Ints x,
     Ints w)
{
  int16x8_t a = vreinterpretq_s16_s32 (x), b = vreinterpretq_s16_s32 (w);

  return vaddq_s32 (sum, vpaddq_s32 (vmull_s16 (vget_low_s16 (a), vget_low_s16 (b)),
                                     vmull_s16 (vget_high_s16 (a), vget_high_s16 (b))));
}

#else

QS_INLINE Ints
dot (Ints sum,
     Ints x,
     Ints w)
{
  gint16 a[2 * QS_LANES], b[2 * QS_LANES];

  memcpy (a, &x, sizeof a);
  memcpy (b, &w, sizeof b);
  for (int i = 0; i < QS_LANES; i++)
    sum[i] += a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1];
  return sum;
}

#endif

#define DOT(sum, x, w) dot (sum, x, w)

#endif

#endif

static void
line_s8 (const guint8 *from,
         gsize         step,
         gint64        n_pixels,
         gint64        n_channels,
         const guint8 *order,
         guint         n_steps,
         guint8       *to)
{
  for (gint64 p = 0; p < n_pixels; p++, from += step)
    {
      const __auto_type bytes = load_bytes (from, n_channels);

      for (guint s = 0; s < n_steps; s++, to += QS_LANES * 4)
        STORE_INTS ((gint32 *) (gpointer) to, SHUFFLE (bytes, order + s * QS_LANES * 4));
    }
}

/* ---- the sums of neighbouring pixels, each in the order of lines, columns and channels ---- */

#define LOAD_VALUES(p) LOAD_FLOATS ((const float *) (gconstpointer) (p))
#define STORE_VALUES(p, v) STORE_FLOATS ((float *) (p), v)
#define MULTIPLY_VALUES(sum, x, w) MULTIPLY_ADD (x, w, sum)

/* @start is NULL for sums that begin with 0. */
#define DEFINE_BLOCK(name, Vector, LOAD, STORE, ADD_PRODUCT) \
  QS_INLINE void \
  name (const QsCpuGroupedRow *row, gint64 first, const int n_pixels, guint8 *tile) \
  { \
    const guint8 *weights = row->weights, *x[BLOCK_PIXELS]; \
    Vector sums[BLOCK_PIXELS]; \
    _Pragma ("GCC unroll 8") \
    for (int p = 0; p < n_pixels; p++) \
      sums[p] = row->start != NULL ? LOAD (row->start) : (Vector) { 0 }; \
    for (guint line = 0; line < row->n_lines; line++) \
      { \
        _Pragma ("GCC unroll 8") \
        for (int p = 0; p < n_pixels; p++) \
          x[p] = row->lines[line] + (first + p) * row->pixel_pitch; \
        for (gsize tap = 0, k = 0; k < row->n_taps; k++, tap += row->tap_pitch) \
          for (gsize at = tap; at < tap + row->tap_bytes; at += QS_LANES * 4) \
            { \
              Vector w = LOAD (weights); \
              weights += QS_LANES * 4; \
              _Pragma ("GCC unroll 8") \
              for (int p = 0; p < n_pixels; p++) \
                sums[p] = ADD_PRODUCT (sums[p], LOAD (x[p] + at), w); \
            } \
      } \
    _Pragma ("GCC unroll 8") \
    for (int p = 0; p < n_pixels; p++) \
      STORE (tile + p * QS_PANEL * 4, sums[p]); \
  }

#define STORE_SUMS(p, v) STORE_INTS ((gint32 *) (gpointer) (p), v)
#define STORE_FLOAT_SUMS(p, v) STORE_FLOATS ((float *) (gpointer) (p), v)

DEFINE_BLOCK (block_f32, Floats, LOAD_VALUES, STORE_FLOAT_SUMS, MULTIPLY_VALUES)
DEFINE_BLOCK (block_s8, Ints, LOAD_INTS, STORE_SUMS, DOT)

typedef void (*BlockFunc) (const QsCpuGroupedRow *row,
                           gint64                 first,
                           guint8                *tile);

#define DEFINE_FIXED(name, n) \
  static void name##_##n (const QsCpuGroupedRow *row, gint64 first, guint8 *tile) \
  { \
    name (row, first, n, tile); \
  }
#define DEFINE_BLOCKS(name) \
  DEFINE_FIXED (name, 1) DEFINE_FIXED (name, 2) DEFINE_FIXED (name, 3) DEFINE_FIXED (name, 4) \
  DEFINE_FIXED (name, 5) DEFINE_FIXED (name, 6) DEFINE_FIXED (name, 7) DEFINE_FIXED (name, 8) \
  static const BlockFunc name##_table[BLOCK_PIXELS] = { name##_1, name##_2, name##_3, name##_4, \
                                                        name##_5, name##_6, name##_7, name##_8 };

DEFINE_BLOCKS (block_f32)
DEFINE_BLOCKS (block_s8)

/* Blocks of nearly equal size: one pixel alone takes as long as some. */
static void
compute_row (const QsCpuGroupedRow *row,
             const BlockFunc       *blocks)
{
  guint8 tile[TILE_PIXELS * QS_PANEL * 4] __attribute__ ((aligned (64)));
  gint64 n_blocks = (row->n_pixels + BLOCK_PIXELS - 1) / BLOCK_PIXELS, p = 0;

  while (p < row->n_pixels)
    {
      const gint64 first = p;

      for (int i = 0; i < TILE_PIXELS / BLOCK_PIXELS && n_blocks > 0; i++, n_blocks--)
        {
          const gint64 n = (row->n_pixels - p + n_blocks - 1) / n_blocks;

          blocks[n - 1](row, p, tile + (p - first) * QS_PANEL * 4);
          p += n;
        }
      qs_level_epilogue (row->epilogue, tile, p - first, row->first_row + first, row->first_column,
                         row->n_columns);
    }
}

static void
row_f32 (const QsCpuGroupedRow *row)
{
  compute_row (row, block_f32_table);
}

static void
row_s8 (const QsCpuGroupedRow *row)
{
  compute_row (row, block_s8_table);
}

const QsCpuGroupedFuncs qs_level_grouped_f32 = {
  .line = line_f32,
  .row = row_f32,
};

const QsCpuGroupedFuncs qs_level_grouped_s8 = {
  .line = line_s8,
  .row = row_s8,
};
