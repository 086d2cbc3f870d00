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

typedef void (*FixedTileFunc) (const guint8 *const *rows,
                               gsize                offset,
                               gsize                n_steps,
                               gconstpointer        panel,
                               gpointer             tile);

/* One function per number of rows and of vectors, so that accumulators stay in registers. */
#define DEFINE_FIXED(name, n) \
  static void name##_##n##x1 (const guint8 *const *rows, gsize offset, gsize n_steps, \
                              gconstpointer panel, gpointer tile) \
  { \
    name (n, 1, rows, offset, n_steps, panel, tile); \
  } \
  static void name##_##n##x2 (const guint8 *const *rows, gsize offset, gsize n_steps, \
                              gconstpointer panel, gpointer tile) \
  { \
    name (n, 2, rows, offset, n_steps, panel, tile); \
  }

#define FIXED_ROW(name, n) { name##_##n##x1, name##_##n##x2 },
#define FOR_EACH_6(X, name) X (name, 1) X (name, 2) X (name, 3) X (name, 4) X (name, 5) X (name, 6)
#define FOR_EACH_8(X, name) FOR_EACH_6 (X, name) X (name, 7) X (name, 8)

#define DEFINE_TILE(name, FOR_EACH) \
  FOR_EACH (DEFINE_FIXED, name) \
  static const FixedTileFunc name##_table[][2] = { FOR_EACH (FIXED_ROW, name) }; \
  static void name##_tile (guint n_rows, const guint8 *const *rows, gsize offset, \
                           gsize n_steps, gconstpointer panel, guint n_vectors, gpointer tile) \
  { \
    name##_table[n_rows - 1][n_vectors - 1](rows, offset, n_steps, panel, tile); \
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

QS_INLINE void
tile_f32 (const int            n_rows,
          const int            n_vectors,
          const guint8 *const *rows,
          gsize                offset,
          gsize                n_steps,
          gconstpointer        panel,
          gpointer             tile)
{
  Floats sums[MAX_ROWS][2], a[MAX_ROWS];
  const float *b = panel;
  float *out = tile;
  gsize k = 0;

  EACH_ROW (r)
    for (int v = 0; v < n_vectors; v++)
      sums[r][v] = LOAD_FLOATS (out + r * COLUMNS + v * QS_LANES);

  for (; k + 4 <= n_steps; k += 4)
    {
      EACH_ROW (r)
        a[r] = LOAD_FLOATS ((const float *) (gconstpointer) (rows[r] + offset) + k);
      STEP_F32 (0);
      STEP_F32 (1);
      STEP_F32 (2);
      STEP_F32 (3);
    }
  for (; k < n_steps; k++)
    {
      EACH_ROW (r)
        a[r] = BROADCAST_FLOAT (rows[r] + offset + k * sizeof (float));
      STEP_F32 (0);
    }

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

QS_INLINE void
tile_s8 (const int            n_rows,
         const int            n_vectors,
         const guint8 *const *rows,
         gsize                offset,
         gsize                n_steps,
         gconstpointer        panel,
         gpointer             tile)
{
  Ints sums[MAX_ROWS][2];
  int8x16_t a[MAX_ROWS];
  const gint8 *b = panel;
  gint32 *out = tile;
  gsize k = 0;

  EACH_ROW (r)
    for (int v = 0; v < n_vectors; v++)
      sums[r][v] = LOAD_INTS (out + r * COLUMNS + v * QS_LANES);

  for (; k + 4 <= n_steps; k += 4)
    {
      EACH_ROW (r)
        a[r] = load_row (rows[r] + offset + 4 * k);
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

          memcpy (&step, rows[r] + offset + 4 * k, sizeof step);
          a[r] = vreinterpretq_s8_s32 (vdupq_n_s32 (step));
        }
      STEP_DOT (0);
    }

  EACH_ROW (r)
    for (int v = 0; v < n_vectors; v++)
      STORE_INTS (out + r * COLUMNS + v * QS_LANES, sums[r][v]);
}

DEFINE_TILE (tile_s8, FOR_EACH_8)

#define UNIT 4
#define TILE_S8 tile_s8_tile
#define TILE_U7 tile_s8_tile

#else

/*
 * Two k per step. A multiplication gives eight 16-bit products, for four columns the two of each
 * beside each other, and the addition in pairs widens them first: |-128 * -128| fits, and so does
 * the sum of any two. Where the left side is 0 … 127, two products fit into 16 bits, too
 * (2 * 127 * 128 = 32,512), and two steps share one widening addition.
 */
#define UNIT 2

/* The right sides of one step for the vectors of a panel. */
QS_INLINE void
load_pairs (const gint8 *b,
            const int    n_vectors,
            int8x8_t    *right)
{
  right[0] = vld1_s8 (b);
  right[1] = n_vectors > 1 ? vld1_s8 (b + 2 * QS_LANES) : right[0];
}

/* Products of rows that are never negative stay in 16 bits until there are two of them. */
QS_INLINE void
add_two_steps (const int            n_rows,
               const int            n_vectors,
               const gboolean       small,
               const guint8 *const *rows,
               gsize                at,
               const gint8         *b,
               Ints                 (*sums)[2])
{
  int8x8_t first[2], second[2];

  load_pairs (b, n_vectors, first);
  load_pairs (b + n_vectors * 2 * QS_LANES, n_vectors, second);
  EACH_ROW (r)
    {
      gint32 both;
      int16x4_t pairs;
      int8x8_t left, next;

      memcpy (&both, rows[r] + at, sizeof both);
      pairs = vreinterpret_s16_s32 (vset_lane_s32 (both, vdup_n_s32 (0), 0));
      left = vreinterpret_s8_s16 (vdup_lane_s16 (pairs, 0));
      next = vreinterpret_s8_s16 (vdup_lane_s16 (pairs, 1));
      for (int v = 0; v < n_vectors; v++)
        {
          int16x8_t products = vmull_s8 (first[v], left);

          if (small)
            {
              sums[r][v] = vpadalq_s16 (sums[r][v], vmlal_s8 (products, second[v], next));
              continue;
            }
          sums[r][v] = vpadalq_s16 (sums[r][v], products);
          sums[r][v] = vpadalq_s16 (sums[r][v], vmull_s8 (second[v], next));
        }
    }
}

QS_INLINE void
add_one_step (const int            n_rows,
              const int            n_vectors,
              const guint8 *const *rows,
              gsize                at,
              const gint8         *b,
              Ints                 (*sums)[2])
{
  int8x8_t right[2];

  load_pairs (b, n_vectors, right);
  EACH_ROW (r)
    {
      gint16 pair;
      int8x8_t left;

      memcpy (&pair, rows[r] + at, sizeof pair);
      left = vreinterpret_s8_s16 (vdup_n_s16 (pair));
      for (int v = 0; v < n_vectors; v++)
        sums[r][v] = vpadalq_s16 (sums[r][v], vmull_s8 (right[v], left));
    }
}

QS_INLINE void
tile_pairs (const int            n_rows,
            const int            n_vectors,
            const gboolean       small,
            const guint8 *const *rows,
            gsize                offset,
            gsize                n_steps,
            gconstpointer        panel,
            gpointer             tile)
{
  Ints sums[MAX_ROWS][2];
  const gint8 *b = panel;
  const gsize step_bytes = n_vectors * 2 * QS_LANES;
  gint32 *out = tile;
  gsize k = 0;

  EACH_ROW (r)
    for (int v = 0; v < n_vectors; v++)
      sums[r][v] = LOAD_INTS (out + r * COLUMNS + v * QS_LANES);

  for (; k + 2 <= n_steps; k += 2, b += 2 * step_bytes)
    add_two_steps (n_rows, n_vectors, small, rows, offset + 2 * k, b, sums);
  if (k < n_steps)
    add_one_step (n_rows, n_vectors, rows, offset + 2 * k, b, sums);

  EACH_ROW (r)
    for (int v = 0; v < n_vectors; v++)
      STORE_INTS (out + r * COLUMNS + v * QS_LANES, sums[r][v]);
}

#define tile_s8(n, v, rows, offset, n_steps, panel, tile) \
  tile_pairs (n, v, FALSE, rows, offset, n_steps, panel, tile)
#define tile_u7(n, v, rows, offset, n_steps, panel, tile) \
  tile_pairs (n, v, TRUE, rows, offset, n_steps, panel, tile)

DEFINE_TILE (tile_s8, FOR_EACH_8)
DEFINE_TILE (tile_u7, FOR_EACH_8)

#define TILE_S8 tile_s8_tile
#define TILE_U7 tile_u7_tile

#endif

const QsCpuProductFuncs qs_level_product_s8 = {
  .name = "s8",
  .left = QS_CPU_LEFT_AS_IS,
  .unit = UNIT,
  .left_size = 1,
  .right_size = 1,
  .max_rows = MAX_ROWS,
  .tile = TILE_S8,
};

const QsCpuProductFuncs qs_level_product_u7 = {
  .name = "u7",
  .left = QS_CPU_LEFT_AS_IS,
  .unit = UNIT,
  .left_size = 1,
  .right_size = 1,
  .max_rows = MAX_ROWS,
  .tile = TILE_U7,
};
