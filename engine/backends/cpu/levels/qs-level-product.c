/* SPDX-License-Identifier: MIT */
#include "qs-level-finish.h"

#include <string.h>

/*
 * The innermost loops of convolutions and matrix products. Every number of rows up to max_rows is
 * a function of its own, so that accumulators stay in registers; the shape of a tile is chosen so
 * that they fill the register file.
 */

#if defined (QS_WITH_AVX512)
#define MAX_ROWS 12
#elif defined (QS_WITH_AVX2)
#define MAX_ROWS 6
#else
#define MAX_ROWS 4
#endif

/* Sums in float use up a panel so fast that where it is long, the next one doesn't come from memory in
 * time while this one comes from the second level cache for every tile: all tiles of a block share what
 * the first level cache can hold. With smaller vectors that costs more than it saves. */
#if defined (QS_WITH_AVX512)
#define SPAN_BYTES (48 << 10)
#else
#define SPAN_BYTES 0
#endif

/* One function per number of rows, and the table of them. */
#define FOR_EACH_ROW_COUNT_4(X) X (1) X (2) X (3) X (4)
#define FOR_EACH_ROW_COUNT_6(X) FOR_EACH_ROW_COUNT_4 (X) X (5) X (6)
#define FOR_EACH_ROW_COUNT_12(X) \
  FOR_EACH_ROW_COUNT_6 (X) X (7) X (8) X (9) X (10) X (11) X (12)
#define FOR_EACH_ROW_COUNT_(n, X) FOR_EACH_ROW_COUNT_##n (X)
#define FOR_EACH_ROW_COUNT_N(n, X) FOR_EACH_ROW_COUNT_ (n, X)
#define FOR_EACH_ROW_COUNT(X) FOR_EACH_ROW_COUNT_N (MAX_ROWS, X)

typedef void (*FixedTileFunc) (const QsCpuTile *tile);

#define DEFINE_FIXED(name, n) \
  static void name##_##n##x1 (const QsCpuTile *tile) \
  { \
    name (n, 1, tile); \
  } \
  static void name##_##n##x2 (const QsCpuTile *tile) \
  { \
    name (n, 2, tile); \
  }

#define DEFINE_DISPATCH(name, TABLE) \
  static const FixedTileFunc name##_table[][2] = { TABLE }; \
  static void name##_tile (guint n_rows, guint n_vectors, const QsCpuTile *tile) \
  { \
    name##_table[n_rows - 1][n_vectors - 1](tile); \
  }

/* The streams of a tile, on their way. */
typedef struct
{
  const guint8 *far;
  const guint8 *out;
  const guint8 *residual;
} Streams;

/* Rows of one line, or of two. */
QS_INLINE const guint8 *
request_rows (const QsCpuStream *stream,
              gsize              last_line,
              const guint8      *at)
{
  for (gsize n = stream->n; n > 0; n--, at += stream->pitch)
    {
      __builtin_prefetch (at, 0, 3);
      if (last_line > 0)
        __builtin_prefetch (at + last_line, 0, 3);
    }
  return at;
}

/* Asks for the next lines. */
QS_INLINE void
request_lines (const QsCpuTile *tile,
               Streams         *at)
{
  for (gsize n = tile->far.n; n > 0; n--, at->far += tile->far.pitch)
    __builtin_prefetch (at->far, 0, 2);
  at->out = request_rows (&tile->out, tile->last_line, at->out);
  at->residual = request_rows (&tile->residual, tile->last_line, at->residual);
}

/* Four bytes of a row at any address. */
QS_INLINE gint32
read_step (const guint8 *p)
{
  gint32 value;

  memcpy (&value, p, sizeof value);
  return value;
}

#ifdef QS_VECTORS

/* The epilogue of a tile, taken from its accumulators. */
#define DEFINE_FINISH(name, Vector, SCALE) \
  QS_INLINE void \
  name##_rows (const int n_rows, const int n_vectors, const QsCpuTile *tile, \
               const gboolean has_residual, Vector (*sums)[2]) \
  { \
    QsCpuEpilogue epilogue = *tile->epilogue; \
    const Limits limits = simple_limits (&epilogue.activation); \
    gint64 offset = tile->row * epilogue.row_stride + tile->column; \
    gint64 residual = tile->row * epilogue.residual_row_stride + tile->column; \
    if (!has_residual) \
      epilogue.residual = NULL; \
    _Pragma ("GCC unroll 16") \
    for (int r = 0; r < n_rows; r++) \
      { \
        Floats values[2]; \
        for (int v = 0; v < n_vectors; v++) \
          values[v] = limit (&limits, \
                             add_residual_vector (&epilogue, residual + v * QS_LANES, \
                                                  SCALE (&epilogue, sums[r][v], \
                                                         tile->column + v * QS_LANES))); \
        store_vectors (&epilogue, offset, values[0], values[n_vectors - 1], n_vectors); \
        offset += epilogue.row_stride; \
        residual += epilogue.residual_row_stride; \
      } \
  } \
  QS_INLINE void \
  name (const int n_rows, const int n_vectors, const QsCpuTile *tile, Vector (*sums)[2]) \
  { \
    if (tile->epilogue->residual != NULL) \
      name##_rows (n_rows, n_vectors, tile, TRUE, sums); \
    else \
      name##_rows (n_rows, n_vectors, tile, FALSE, sums); \
  }

QS_INLINE Floats
add_bias (const QsCpuEpilogue *self,
          Floats               sums,
          gint64               column)
{
  return ADD (sums, LOAD_FLOATS (self->bias + column));
}

#else

#define DEFINE_FINISH(name, Vector, SCALE) \
  QS_INLINE void \
  name (const int n_rows, const int n_vectors, const QsCpuTile *tile, Vector (*sums)[2]) \
  { \
  }

#endif

/*
 * A tile whose accumulators stay in registers from the first step of its first segment to the last
 * one: @LEFT broadcasts the four bytes of one step, @DOT adds products to an accumulator.
 */
#define DEFINE_TILE(name, Vector, LOAD, STORE, LEFT, DOT, FINISH) \
  QS_INLINE void \
  name (const int n_rows, const int n_vectors, const QsCpuTile *tile) \
  { \
    Vector sums[MAX_ROWS][2]; \
    const guint8 *left[MAX_ROWS]; \
    Streams streams = { tile->far.at, tile->out.at, tile->residual.at }; \
    const guint8 *const *rows = tile->rows; \
    const gint32 *initial = tile->initial; \
    const gint32 *b = tile->panel; \
    gint32 *out = tile->sums; \
    _Pragma ("GCC unroll 16") \
    for (int r = 0; r < n_rows; r++) \
      for (int v = 0; v < n_vectors; v++) \
        sums[r][v] = initial != NULL ? LOAD (initial + r * tile->initial_pitch + v * QS_LANES) \
                                     : (Vector) { 0 }; \
    for (gsize s = 0; s < tile->n_segments; s++, rows += tile->row_pitch) \
      { \
        _Pragma ("GCC unroll 16") \
        for (int r = 0; r < n_rows; r++) \
          left[r] = rows[r]; \
        for (gsize n_left = tile->n_steps, n; n_left > 0; n_left -= n) \
          { \
            n = MIN (n_left, QS_CPU_STRETCH); \
            request_lines (tile, &streams); \
            _Pragma ("GCC unroll 16") \
            for (int r = 0; r < n_rows; r++) \
              left[r] += 4 * n; \
            /* Up to zero, which takes no register to compare with: the rows need them all. */ \
            for (gssize k = -4 * (gssize) n; k != 0; k += 4, b += n_vectors * QS_LANES) \
              { \
                Vector b0 = LOAD (b); \
                Vector b1 = n_vectors > 1 ? LOAD (b + QS_LANES) : b0; \
                _Pragma ("GCC unroll 16") \
                for (int r = 0; r < n_rows; r++) \
                  { \
                    Vector a = LEFT (left[r] + k); \
                    DOT (sums[r][0], a, b0); \
                    if (n_vectors > 1) \
                      DOT (sums[r][1], a, b1); \
                  } \
              } \
          } \
      } \
    if (tile->epilogue != NULL) \
      { \
        FINISH (n_rows, n_vectors, tile, sums); \
        return; \
      } \
    _Pragma ("GCC unroll 16") \
    for (int r = 0; r < n_rows; r++) \
      for (int v = 0; v < n_vectors; v++) \
        STORE (out + r * QS_PANEL + v * QS_LANES, sums[r][v]); \
  }

/* Float: one k per step. */
#define LOAD_PANEL_FLOATS(p) LOAD_FLOATS ((const float *) (p))
#define STORE_SUM_FLOATS(p, v) STORE_FLOATS ((float *) (p), v)
#define DOT_F32(sum, a, b) (sum) = MULTIPLY_ADD (a, b, sum)

DEFINE_FINISH (finish_f32, Floats, add_bias)
DEFINE_TILE (tile_f32, Floats, LOAD_PANEL_FLOATS, STORE_SUM_FLOATS, BROADCAST_FLOAT, DOT_F32,
             finish_f32)

#define F32(n) DEFINE_FIXED (tile_f32, n)
FOR_EACH_ROW_COUNT (F32)
#define F32_ROW(n) { tile_f32_##n##x1, tile_f32_##n##x2 },
DEFINE_DISPATCH (tile_f32, FOR_EACH_ROW_COUNT (F32_ROW))

const QsCpuProductFuncs qs_level_product_f32 = {
  .name = "",
  .left = QS_CPU_LEFT_AS_IS,
  .unit = 1,
  .left_size = 4,
  .right_size = 4,
  .max_rows = MAX_ROWS,
  .span_bytes = SPAN_BYTES,
#ifdef QS_VECTORS
  .finishes = TRUE,
#endif
  .tile = tile_f32_tile,
};

#ifdef QS_WITH_AVX2

DEFINE_FINISH (finish_ints, Ints, scale_ints)

#define LEFT_BYTES(p) BROADCAST_INT (read_step (p))

/* Sums the products of the four bytes, or two halves, of every 32-bit lane. */
#define DEFINE_INTEGER_TILE(name, DOT) \
  DEFINE_TILE (name, Ints, LOAD_INTS, STORE_INTS, LEFT_BYTES, DOT, finish_ints)

#if defined (QS_WITH_AVX512)
#define DOT_U8(sum, a, b) (sum) = _mm512_dpbusd_epi32 (sum, a, b)
#elif defined (QS_WITH_VNNI)
#define DOT_U8(sum, a, b) (sum) = _mm256_dpbusd_avx_epi32 (sum, a, b)
#elif defined (QS_LEVEL_INTRINSICS)
#define DOT_U8(sum, a, b) \
  (sum) = _mm256_add_epi32 (sum, _mm256_madd_epi16 (_mm256_maddubs_epi16 (a, b), \
                                                    _mm256_set1_epi16 (1)))
#else

/*
 * Unsigned times signed bytes give 16-bit sums of two products, at most 2 * 127 * 128 = 32,512 for
 * a left side of 0 … 127: they never saturate. The compiler would keep the vector of ones in a
 * register and spill an accumulator for it, so the three instructions are written out.
 */
static const gint16 ones[16] __attribute__ ((aligned (32))) = { 1, 1, 1, 1, 1, 1, 1, 1,
                                                                1, 1, 1, 1, 1, 1, 1, 1 };
#define DOT_U8(sum, a, b) \
  do \
    { \
      __m256i product_; \
      __asm__ ("vpmaddubsw %[right], %[left], %[product]\n\t" \
               "vpmaddwd %[unit], %[product], %[product]\n\t" \
               "vpaddd %[product], %[total], %[total]" \
               : [total] "+x"(sum), [product] "=&x"(product_) \
               : [left] "x"(a), [right] "x"(b), [unit] "m"(ones)); \
    } \
  while (0)
#endif

DEFINE_INTEGER_TILE (tile_u8, DOT_U8)

#define U8(n) DEFINE_FIXED (tile_u8, n)
FOR_EACH_ROW_COUNT (U8)
#define U8_ROW(n) { tile_u8_##n##x1, tile_u8_##n##x2 },
DEFINE_DISPATCH (tile_u8, FOR_EACH_ROW_COUNT (U8_ROW))

const QsCpuProductFuncs qs_level_product_u7 = {
  .name = "u7",
  .left = QS_CPU_LEFT_AS_IS,
  .unit = 4,
  .left_size = 1,
  .right_size = 1,
  .max_rows = MAX_ROWS,
  .finishes = TRUE,
  .tile = tile_u8_tile,
};

#endif

#if defined (QS_WITH_VNNI)

const QsCpuProductFuncs qs_level_product_s8 = {
  .name = "s8",
  .left = QS_CPU_LEFT_OFFSET,
  .unit = 4,
  .left_size = 1,
  .right_size = 1,
  .max_rows = MAX_ROWS,
  .finishes = TRUE,
  .tile = tile_u8_tile,
};

#elif defined (QS_WITH_AVX2)

/* Two 16-bit products per lane; |sum| <= 2 * 128 * 128. Written out for the same reason. */
#if defined (QS_LEVEL_INTRINSICS)
#define DOT_S16(sum, a, b) (sum) = _mm256_add_epi32 (sum, _mm256_madd_epi16 (a, b))
#else
#define DOT_S16(sum, a, b) \
  do \
    { \
      __m256i product_; \
      __asm__ ("vpmaddwd %[right], %[left], %[product]\n\t" \
               "vpaddd %[product], %[total], %[total]" \
               : [total] "+x"(sum), [product] "=&x"(product_) \
               : [left] "x"(a), [right] "x"(b)); \
    } \
  while (0)
#endif

DEFINE_INTEGER_TILE (tile_s16, DOT_S16)

#define S16(n) DEFINE_FIXED (tile_s16, n)
FOR_EACH_ROW_COUNT (S16)
#define S16_ROW(n) { tile_s16_##n##x1, tile_s16_##n##x2 },
DEFINE_DISPATCH (tile_s16, FOR_EACH_ROW_COUNT (S16_ROW))

const QsCpuProductFuncs qs_level_product_s8 = {
  .name = "s8",
  .left = QS_CPU_LEFT_WIDEN,
  .unit = 2,
  .left_size = 2,
  .right_size = 2,
  .max_rows = MAX_ROWS,
  .finishes = TRUE,
  .tile = tile_s16_tile,
};

#else

/* Pairs of 16-bit products, which any vector unit has and compilers recognize. */
QS_INLINE void
add_pairs (const int     n_rows,
           const int     n,
           const guint8 *const *rows,
           gsize         step,
           const gint16 *b,
           gint32       *out)
{
  for (int r = 0; r < n_rows; r++)
    {
      gint32 pair = read_step (rows[r] + 4 * step);
      gint16 a[2];

      memcpy (a, &pair, sizeof a);
      for (int j = 0; j < n; j++)
        out[r * QS_PANEL + j] += a[0] * b[2 * j] + a[1] * b[2 * j + 1];
    }
}

QS_INLINE void
tile_pairs (const int        n_rows,
            const int        n_vectors,
            const QsCpuTile *tile)
{
  const int n = n_vectors * QS_LANES;
  const gint32 *initial = tile->initial;
  const gint16 *b = tile->panel;
  gint32 *out = tile->sums;

  for (int r = 0; r < n_rows; r++)
    for (int j = 0; j < n; j++)
      out[r * QS_PANEL + j] = initial != NULL ? initial[r * tile->initial_pitch + j] : 0;

  for (gsize s = 0; s < tile->n_segments; s++)
    for (gsize k = 0; k < tile->n_steps; k++, b += 2 * n)
      add_pairs (n_rows, n, tile->rows + s * tile->row_pitch, k, b, out);
}

#define PAIRS(n) DEFINE_FIXED (tile_pairs, n)
FOR_EACH_ROW_COUNT (PAIRS)
#define PAIRS_ROW(n) { tile_pairs_##n##x1, tile_pairs_##n##x2 },
DEFINE_DISPATCH (tile_pairs, FOR_EACH_ROW_COUNT (PAIRS_ROW))

#define PORTABLE_PRODUCT \
  { \
    .name = "s8", .left = QS_CPU_LEFT_WIDEN, .unit = 2, .left_size = 2, .right_size = 2, \
    .max_rows = MAX_ROWS, .tile = tile_pairs_tile, \
  }

const QsCpuProductFuncs qs_level_product_s8 = PORTABLE_PRODUCT;
const QsCpuProductFuncs qs_level_product_u7 = PORTABLE_PRODUCT;

#endif
