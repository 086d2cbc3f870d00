/* SPDX-License-Identifier: MIT */
#include "qs-level.h"

#include <string.h>

/*
 * One panel of the right side of a product: for every step of some values of k all columns, each with
 * its values. Where both operands are computed this happens at every run, so that the two usual cases,
 * rows or columns in one piece, are written as loops over whole vectors.
 */

#define BLOCK 8

/* Values that lie one behind the other in memory, in a 32-bit word. */
#define FOUR_BYTES(a, b, c, d) \
  GUINT32_TO_LE ((guint32) (guint8) (a) | (guint32) (guint8) (b) << 8 \
                 | (guint32) (guint8) (c) << 16 | (guint32) (guint8) (d) << 24)
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
#define TWO_HALVES(a, b) ((guint32) (guint16) (a) | (guint32) (guint16) (b) << 16)
#else
#define TWO_HALVES(a, b) ((guint32) (guint16) (a) << 16 | (guint32) (guint16) (b))
#endif

#ifdef QS_WITH_AVX2

/* Columns that lie one behind the other: blocks of 8 x 8 are turned in registers. */
QS_INLINE void
turn_block (const float *from,
            gint64       column_stride,
            float       *to,
            gint64       width)
{
  __m256 r[BLOCK], s[BLOCK];

#pragma GCC unroll 8
  for (int j = 0; j < BLOCK; j++)
    r[j] = _mm256_loadu_ps (from + j * column_stride);
#pragma GCC unroll 4
  for (int j = 0; j < BLOCK; j += 2)
    {
      s[j] = _mm256_unpacklo_ps (r[j], r[j + 1]);
      s[j + 1] = _mm256_unpackhi_ps (r[j], r[j + 1]);
    }
#pragma GCC unroll 2
  for (int j = 0; j < BLOCK; j += 4)
    {
      r[j] = _mm256_shuffle_ps (s[j], s[j + 2], 0x44);
      r[j + 1] = _mm256_shuffle_ps (s[j], s[j + 2], 0xee);
      r[j + 2] = _mm256_shuffle_ps (s[j + 1], s[j + 3], 0x44);
      r[j + 3] = _mm256_shuffle_ps (s[j + 1], s[j + 3], 0xee);
    }
#pragma GCC unroll 4
  for (int k = 0; k < BLOCK / 2; k++)
    {
      _mm256_storeu_ps (to + k * width, _mm256_permute2f128_ps (r[k], r[k + 4], 0x20));
      _mm256_storeu_ps (to + (k + 4) * width, _mm256_permute2f128_ps (r[k], r[k + 4], 0x31));
    }
}

#else

QS_INLINE void
turn_block (const float *from,
            gint64       column_stride,
            float       *to,
            gint64       width)
{
  for (int k = 0; k < BLOCK; k++)
    for (int j = 0; j < BLOCK; j++)
      to[k * width + j] = from[j * column_stride + k];
}

#endif

static void
pack_columns_f32 (const float *from,
                  gint64       column_stride,
                  gint64       n_k,
                  gint64       n_columns,
                  gint64       width,
                  float       *to)
{
  const gint64 whole_k = n_k / BLOCK * BLOCK;
  gint64 j = 0;

  for (; j + BLOCK <= n_columns; j += BLOCK)
    for (gint64 k = 0; k < whole_k; k += BLOCK)
      turn_block (from + j * column_stride + k, column_stride, to + k * width + j, width);
  for (gint64 k = 0; k < n_k; k++)
    for (gint64 i = k < whole_k ? j : 0; i < n_columns; i++)
      to[k * width + i] = from[i * column_stride + k];
}

void
qs_level_pack_f32 (const float *from,
                   gint64       k_stride,
                   gint64       column_stride,
                   gint64       n_k,
                   gint64       n_columns,
                   gint64       width,
                   float       *to)
{
  if (n_columns < width)
    memset (to, 0, (gsize) (n_k * width) * sizeof *to);

  if (column_stride == 1)
    for (gint64 k = 0; k < n_k; k++)
      memcpy (to + k * width, from + k * k_stride, (gsize) n_columns * sizeof *to);
  else if (k_stride == 1)
    pack_columns_f32 (from, column_stride, n_k, n_columns, width, to);
  else
    for (gint64 k = 0; k < n_k; k++)
      for (gint64 j = 0; j < n_columns; j++)
        to[k * width + j] = from[k * k_stride + j * column_stride];
}

/* A step of bytes, four values of k: one 32-bit word per column. */
QS_INLINE void
pack_step_of_4 (const gint8 *from,
                gint64       k_stride,
                gint64       column_stride,
                gint64       n_columns,
                guint32     *to)
{
  if (k_stride == 1)
    for (gint64 j = 0; j < n_columns; j++)
      memcpy (to + j, from + j * column_stride, sizeof *to);
  else if (column_stride == 1)
    for (gint64 j = 0; j < n_columns; j++)
      to[j] = FOUR_BYTES (from[j], from[k_stride + j], from[2 * k_stride + j],
                          from[3 * k_stride + j]);
  else
    for (gint64 j = 0; j < n_columns; j++, from += column_stride)
      to[j] = FOUR_BYTES (from[0], from[k_stride], from[2 * k_stride], from[3 * k_stride]);
}

/* A step of 16-bit integers, two values of k. */
QS_INLINE void
pack_step_of_2 (const gint8 *from,
                gint64       k_stride,
                gint64       column_stride,
                gint64       n_columns,
                guint32     *to)
{
  if (column_stride == 1)
    for (gint64 j = 0; j < n_columns; j++)
      to[j] = TWO_HALVES (from[j], from[k_stride + j]);
  else
    for (gint64 j = 0; j < n_columns; j++, from += column_stride)
      to[j] = TWO_HALVES (from[0], from[k_stride]);
}

/* The last step, which has fewer values than the others. */
static void
pack_rest (const gint8 *from,
           gint64       k_stride,
           gint64       column_stride,
           gint64       n_k,
           gint64       n_columns,
           gsize        size,
           guint32     *to)
{
  for (gint64 j = 0; j < n_columns; j++, from += column_stride)
    {
      gint8 values[4] = { 0 };

      for (gint64 u = 0; u < n_k; u++)
        values[u] = from[u * k_stride];
      to[j] = size == 1 ? FOUR_BYTES (values[0], values[1], values[2], values[3])
                        : TWO_HALVES (values[0], values[1]);
    }
}

/* Steps of any other number of bytes. */
static void
pack_bytes (const gint8 *from,
            gint64       k_stride,
            gint64       column_stride,
            gint64       n_k,
            gint64       n_columns,
            gint64       width,
            gint64       unit,
            gint8       *to)
{
  for (gint64 k = 0; k < n_k; k++)
    for (gint64 j = 0; j < n_columns; j++)
      to[(k / unit * width + j) * unit + k % unit] = from[k * k_stride + j * column_stride];
}

void
qs_level_pack_s8 (const gint8 *from,
                  gint64       k_stride,
                  gint64       column_stride,
                  gint64       n_k,
                  gint64       n_columns,
                  gint64       width,
                  gint64       unit,
                  gsize        size,
                  gpointer     to)
{
  const gint64 n_steps = (n_k + unit - 1) / unit;
  guint32 *word = to;
  gint64 k = 0;

  if (n_columns < width || n_k % unit != 0)
    memset (to, 0, (gsize) (n_steps * width * unit) * size);
  if (unit * (gint64) size != (gint64) sizeof *word)
    {
      pack_bytes (from, k_stride, column_stride, n_k, n_columns, width, unit, to);
      return;
    }

  for (; k + unit <= n_k; k += unit, from += unit * k_stride, word += width)
    if (size == 1)
      pack_step_of_4 (from, k_stride, column_stride, n_columns, word);
    else
      pack_step_of_2 (from, k_stride, column_stride, n_columns, word);
  if (k < n_k)
    pack_rest (from, k_stride, column_stride, n_k - k, n_columns, size, word);
}
