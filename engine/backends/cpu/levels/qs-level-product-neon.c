/* SPDX-License-Identifier: MIT */
#include "qs-level-vector.h"

#include <string.h>

/*
 * The innermost loops of convolutions and matrix products for AArch64. Its multiplications take one
 * operand from a lane of a register, so that rows are loaded a vector at a time instead of a value
 * at a time: up to eight of them beside sixteen accumulators and a panel's two vectors are 26 of 32
 * registers. Every sum takes its products in the order of k, one after the other.
 */

#define MAX_ROWS 8
#define COLUMNS QS_PANEL

typedef void (*FixedTileFunc) (const QsCpuTile *tile);

/* One function per number of rows and of vectors, so that accumulators stay in registers. */
#define DEFINE_FIXED(name, n) \
  static void name##_##n##x1 (const QsCpuTile *tile) \
  { \
    name (n, 1, tile); \
  } \
  static void name##_##n##x2 (const QsCpuTile *tile) \
  { \
    name (n, 2, tile); \
  }

#define FIXED_ROW(name, n) { name##_##n##x1, name##_##n##x2 },
#define FOR_EACH_4(X, name) X (name, 1) X (name, 2) X (name, 3) X (name, 4)
#define FOR_EACH_8(X, name) \
  FOR_EACH_4 (X, name) X (name, 5) X (name, 6) X (name, 7) X (name, 8)

#define DEFINE_TILE(name, FOR_EACH) \
  FOR_EACH (DEFINE_FIXED, name) \
  static const FixedTileFunc name##_table[][2] = { FOR_EACH (FIXED_ROW, name) }; \
  static void name##_tile (guint n_rows, guint n_vectors, const QsCpuTile *tile) \
  { \
    name##_table[n_rows - 1][n_vectors - 1](tile); \
  }

#define EACH_ROW(r) _Pragma ("GCC unroll 8") for (int r = 0; r < n_rows; r++)

/* Sixteen bytes of a row at any address. */
QS_INLINE int8x16_t
load_row (const guint8 *p)
{
  return vld1q_s8 ((const gint8 *) p);
}

/* Four k of every row: @lane is a constant from 0 to 3. */
#define STEP_F32(lane) \
  do \
    { \
      Floats b0_ = LOAD_FLOATS (b), b1_ = b0_; \
      if (n_vectors > 1) \
        b1_ = LOAD_FLOATS (b + QS_LANES); \
      EACH_ROW (r) \
        { \
          sums[r][0] = vfmaq_laneq_f32 (sums[r][0], b0_, a[r], lane); \
          if (n_vectors > 1) \
            sums[r][1] = vfmaq_laneq_f32 (sums[r][1], b1_, a[r], lane); \
        } \
      b += n_vectors * QS_LANES; \
    } \
  while (0)

QS_INLINE const float *
add_segment_f32 (const int            n_rows,
                 const int            n_vectors,
                 const guint8 *const *rows,
                 gsize                n_steps,
                 const float         *b,
                 Floats               (*sums)[2])
{
  Floats a[MAX_ROWS];
  gsize k = 0;

  for (; k + 4 <= n_steps; k += 4)
    {
      EACH_ROW (r)
        a[r] = LOAD_FLOATS ((const float *) (gconstpointer) rows[r] + k);
      STEP_F32 (0);
      STEP_F32 (1);
      STEP_F32 (2);
      STEP_F32 (3);
    }
  for (; k < n_steps; k++)
    {
      EACH_ROW (r)
        a[r] = BROADCAST_FLOAT (rows[r] + k * sizeof (float));
      STEP_F32 (0);
    }

  return b;
}

QS_INLINE void
tile_f32 (const int        n_rows,
          const int        n_vectors,
          const QsCpuTile *tile)
{
  Floats sums[MAX_ROWS][2];
  const float *initial = tile->initial;
  const float *b = tile->panel;
  float *out = tile->sums;

  EACH_ROW (r)
    for (int v = 0; v < n_vectors; v++)
      sums[r][v] = initial != NULL ? LOAD_FLOATS (initial + r * tile->initial_pitch + v * QS_LANES)
                                   : vdupq_n_f32 (0.0f);

  for (gsize s = 0; s < tile->n_segments; s++)
    b = add_segment_f32 (n_rows, n_vectors, tile->rows + s * tile->row_pitch, tile->n_steps, b,
                         sums);

  EACH_ROW (r)
    for (int v = 0; v < n_vectors; v++)
      STORE_FLOATS (out + r * COLUMNS + v * QS_LANES, sums[r][v]);
}

DEFINE_TILE (tile_f32, FOR_EACH_8)

const QsCpuProductFuncs qs_level_product_f32 = {
  .name = "",
  .left = QS_CPU_LEFT_AS_IS,
  .unit = 1,
  .left_size = 4,
  .right_size = 4,
  .max_rows = MAX_ROWS,
  .tile = tile_f32_tile,
};

#ifdef QS_WITH_NEON_DOT

/* Four steps of four k, of which a lane of the row has one. Signed bytes times signed bytes, added
 * to 32 bits: exact as it is. */
#define STEP_DOT(lane) \
  do \
    { \
      int8x16_t b0_ = vld1q_s8 (b), b1_ = b0_; \
      if (n_vectors > 1) \
        b1_ = vld1q_s8 (b + 4 * QS_LANES); \
      EACH_ROW (r) \
        { \
          sums[r][0] = vdotq_laneq_s32 (sums[r][0], b0_, a[r], lane); \
          if (n_vectors > 1) \
            sums[r][1] = vdotq_laneq_s32 (sums[r][1], b1_, a[r], lane); \
        } \
      b += n_vectors * 4 * QS_LANES; \
    } \
  while (0)

QS_INLINE const gint8 *
add_segment_s8 (const int            n_rows,
                const int            n_vectors,
                const guint8 *const *rows,
                gsize                n_steps,
                const gint8         *b,
                Ints                 (*sums)[2])
{
  int8x16_t a[MAX_ROWS];
  gsize k = 0;

  for (; k + 4 <= n_steps; k += 4)
    {
      EACH_ROW (r)
        a[r] = load_row (rows[r] + 4 * k);
      STEP_DOT (0);
      STEP_DOT (1);
      STEP_DOT (2);
      STEP_DOT (3);
    }
  for (; k < n_steps; k++)
    {
      EACH_ROW (r)
        {
          gint32 step;

          memcpy (&step, rows[r] + 4 * k, sizeof step);
          a[r] = vreinterpretq_s8_s32 (vdupq_n_s32 (step));
        }
      STEP_DOT (0);
    }

  return b;
}

QS_INLINE void
tile_s8 (const int        n_rows,
         const int        n_vectors,
         const QsCpuTile *tile)
{
  Ints sums[MAX_ROWS][2];
  const gint32 *initial = tile->initial;
  const gint8 *b = tile->panel;
  gint32 *out = tile->sums;

  EACH_ROW (r)
    for (int v = 0; v < n_vectors; v++)
      sums[r][v] = initial != NULL ? LOAD_INTS (initial + r * tile->initial_pitch + v * QS_LANES)
                                   : vdupq_n_s32 (0);

  for (gsize s = 0; s < tile->n_segments; s++)
    b = add_segment_s8 (n_rows, n_vectors, tile->rows + s * tile->row_pitch, tile->n_steps, b,
                        sums);

  EACH_ROW (r)
    for (int v = 0; v < n_vectors; v++)
      STORE_INTS (out + r * COLUMNS + v * QS_LANES, sums[r][v]);
}

DEFINE_TILE (tile_s8, FOR_EACH_8)

#define INTEGER_ROWS MAX_ROWS
#define TILE_S8 tile_s8_tile
#define TILE_U7 tile_s8_tile

#else

/*
 * A multiplication gives eight 16-bit products, those of four k for two columns, and the addition in
 * pairs widens them first: |-128 * -128| fits, and so does the sum of any two. Every column has two
 * sums, which are added at the end. Where the left side is 0 … 127, two products fit into 16 bits,
 * too (2 * 127 * 128 = 32,512), and two steps share one widening addition.
 */
#define INTEGER_ROWS 4

/* The vectors of a panel in one step, and the sums of a row: two columns each. */
#define N_HALVES (2 * n_vectors)
#define EACH_HALF(h) _Pragma ("GCC unroll 4") for (int h = 0; h < N_HALVES; h++)

QS_INLINE int8x8_t
load_step (const guint8 *p)
{
  gint32 step;

  memcpy (&step, p, sizeof step);
  return vreinterpret_s8_s32 (vdup_n_s32 (step));
}

QS_INLINE void
add_step (const int            n_rows,
          const int            n_vectors,
          const guint8 *const *rows,
          gsize                at,
          const gint8         *b,
          Ints                 (*sums)[4])
{
  EACH_ROW (r)
    {
      int8x8_t a = load_step (rows[r] + at);

      EACH_HALF (h)
        sums[r][h] = vpadalq_s16 (sums[r][h], vmull_s8 (vld1_s8 (b + 8 * h), a));
    }
}

/* Two steps of rows that are never negative. */
QS_INLINE void
add_two_small_steps (const int            n_rows,
                     const int            n_vectors,
                     const guint8 *const *rows,
                     gsize                at,
                     const gint8         *b,
                     Ints                 (*sums)[4])
{
  const gint8 *next = b + 8 * N_HALVES;

  EACH_ROW (r)
    {
      int8x8_t a = load_step (rows[r] + at), a_next = load_step (rows[r] + at + 4);

      EACH_HALF (h)
        sums[r][h] = vpadalq_s16 (sums[r][h],
                                  vmlal_s8 (vmull_s8 (vld1_s8 (b + 8 * h), a),
                                            vld1_s8 (next + 8 * h), a_next));
    }
}

QS_INLINE const gint8 *
add_segment (const int            n_rows,
             const int            n_vectors,
             const gboolean       small,
             const guint8 *const *rows,
             gsize                n_steps,
             const gint8         *b,
             Ints                 (*sums)[4])
{
  const gsize step_bytes = 8 * N_HALVES;
  gsize k = 0;

  for (; small && k + 2 <= n_steps; k += 2, b += 2 * step_bytes)
    add_two_small_steps (n_rows, n_vectors, rows, 4 * k, b, sums);
  for (; k < n_steps; k++, b += step_bytes)
    add_step (n_rows, n_vectors, rows, 4 * k, b, sums);

  return b;
}

QS_INLINE void
tile_products (const int        n_rows,
               const int        n_vectors,
               const gboolean   small,
               const QsCpuTile *tile)
{
  Ints sums[INTEGER_ROWS][4];
  const gint32 *initial = tile->initial;
  const gint8 *b = tile->panel;
  gint32 *out = tile->sums;

  EACH_ROW (r)
    EACH_HALF (h)
      sums[r][h] = vdupq_n_s32 (0);

  for (gsize s = 0; s < tile->n_segments; s++)
    b = add_segment (n_rows, n_vectors, small, tile->rows + s * tile->row_pitch, tile->n_steps, b,
                     sums);

  EACH_ROW (r)
    for (int v = 0; v < n_vectors; v++)
      {
        Ints start = initial != NULL ? LOAD_INTS (initial + r * tile->initial_pitch + v * QS_LANES)
                                     : vdupq_n_s32 (0);

        STORE_INTS (out + r * COLUMNS + v * QS_LANES,
                    vaddq_s32 (start, vpaddq_s32 (sums[r][2 * v], sums[r][2 * v + 1])));
      }
}

#define tile_s8(n, v, tile) tile_products (n, v, FALSE, tile)
#define tile_u7(n, v, tile) tile_products (n, v, TRUE, tile)

DEFINE_TILE (tile_s8, FOR_EACH_4)
DEFINE_TILE (tile_u7, FOR_EACH_4)

#define TILE_S8 tile_s8_tile
#define TILE_U7 tile_u7_tile

#endif

const QsCpuProductFuncs qs_level_product_s8 = {
  .name = "s8",
  .left = QS_CPU_LEFT_AS_IS,
  .unit = 4,
  .left_size = 1,
  .right_size = 1,
  .max_rows = INTEGER_ROWS,
  .tile = TILE_S8,
};

const QsCpuProductFuncs qs_level_product_u7 = {
  .name = "u7",
  .left = QS_CPU_LEFT_AS_IS,
  .unit = 4,
  .left_size = 1,
  .right_size = 1,
  .max_rows = INTEGER_ROWS,
  .tile = TILE_U7,
};
