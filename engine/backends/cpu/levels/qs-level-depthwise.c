/* SPDX-License-Identifier: MIT */
#include "qs-level-vector.h"

#include <string.h>

/*
 * Depthwise convolution: every channel has weights of its own, so channels are the vector's lanes
 * and there is nothing to share but the weights, among a few pixels.
 */

#define PIXELS 4

QS_INLINE Floats
load_channels (const float *from,
               const int    vector,
               const int    n_vectors,
               gint64       n_last)
{
  const float *p = from + vector * QS_LANES;

  if (vector == n_vectors - 1 && n_last < QS_LANES)
    return LOAD_FIRST_FLOATS (p, n_last);
  return LOAD_FLOATS (p);
}

/* @n_last: channels in the last vector. */
QS_INLINE void
pixels_f32 (const gconstpointer *taps,
            guint                n_taps,
            const int            n_pixels,
            const int            n_vectors,
            gint64               first,
            gint64               n_last,
            const float         *panel,
            float               *tile)
{
  Floats sums[PIXELS][2];

#pragma GCC unroll 8
  for (int p = 0; p < n_pixels; p++)
    sums[p][0] = sums[p][1] = (Floats) { 0 };

  for (guint t = 0; t < n_taps; t++)
    {
      Floats w0 = LOAD_FLOATS (panel + t * QS_PANEL);
      Floats w1 = LOAD_FLOATS (panel + t * QS_PANEL + (n_vectors - 1) * QS_LANES);

#pragma GCC unroll 8
      for (int p = 0; p < n_pixels; p++)
        {
          const float *x = (const float *) taps[p * n_taps + t] + first;

          sums[p][0] = MULTIPLY_ADD (load_channels (x, 0, n_vectors, n_last), w0, sums[p][0]);
          if (n_vectors > 1)
            sums[p][1] = MULTIPLY_ADD (load_channels (x, 1, n_vectors, n_last), w1, sums[p][1]);
        }
    }

#pragma GCC unroll 8
  for (int p = 0; p < n_pixels; p++)
    for (int v = 0; v < n_vectors; v++)
      STORE_FLOATS (tile + p * QS_PANEL + v * QS_LANES, sums[p][v]);
}

QS_INLINE void
all_pixels_f32 (const gconstpointer *taps,
                guint                n_taps,
                guint                n_pixels,
                const int            n_vectors,
                gint64               first,
                gint64               n_last,
                const float         *panel,
                float               *tile)
{
  guint p = 0;

  for (; p + PIXELS <= n_pixels; p += PIXELS)
    pixels_f32 (taps + p * n_taps, n_taps, PIXELS, n_vectors, first, n_last, panel,
                tile + p * QS_PANEL);
  for (; p < n_pixels; p++)
    pixels_f32 (taps + p * n_taps, n_taps, 1, n_vectors, first, n_last, panel,
                tile + p * QS_PANEL);
}

void
qs_level_depthwise_f32 (const gconstpointer *taps,
                        guint                n_taps,
                        guint                n_pixels,
                        gint64               first,
                        gint64               n_channels,
                        gconstpointer        panel,
                        gpointer             tile)
{
  if (n_channels == QS_PANEL)
    all_pixels_f32 (taps, n_taps, n_pixels, 2, first, QS_LANES, panel, tile);
  else if (n_channels > QS_LANES)
    all_pixels_f32 (taps, n_taps, n_pixels, 2, first, n_channels - QS_LANES, panel, tile);
  else
    all_pixels_f32 (taps, n_taps, n_pixels, 1, first, n_channels, panel, tile);
}

#ifdef QS_WITH_AVX2

/* Sixteen channels of two taps, interleaved by channel, so that one multiply-add of 16-bit pairs
 * serves both. */
QS_INLINE void
add_pair (__m128i       first,
          __m128i       second,
          const gint16 *weights,
          __m256i      *sums)
{
  __m256i low = _mm256_cvtepi8_epi16 (_mm_unpacklo_epi8 (first, second));
  __m256i high = _mm256_cvtepi8_epi16 (_mm_unpackhi_epi8 (first, second));
  __m256i w_low = _mm256_loadu_si256 ((const __m256i *) weights);
  __m256i w_high = _mm256_loadu_si256 ((const __m256i *) (weights + 16));

  sums[0] = _mm256_add_epi32 (sums[0], _mm256_madd_epi16 (low, w_low));
  sums[1] = _mm256_add_epi32 (sums[1], _mm256_madd_epi16 (high, w_high));
}

QS_INLINE __m128i
load_bytes (gconstpointer from,
            gint64        first,
            gint64        n)
{
  const gint8 *p = (const gint8 *) from + first;
  gint8 bytes[16] = { 0 };

  if (n >= 16)
    return _mm_loadu_si128 ((const __m128i *) p);
  memcpy (bytes, p, n);
  return _mm_loadu_si128 ((const __m128i *) bytes);
}

QS_INLINE void
pixels_s8 (const gconstpointer *taps,
           guint                n_taps,
           const int            n_pixels,
           gint64               first,
           gint64               n,
           const gint16        *panel,
           gint32              *tile)
{
  __m256i sums[PIXELS][2];

#pragma GCC unroll 8
  for (int p = 0; p < n_pixels; p++)
    sums[p][0] = sums[p][1] = _mm256_setzero_si256 ();

  for (guint t = 0; t < n_taps; t += 2)
    {
#pragma GCC unroll 8
      for (int p = 0; p < n_pixels; p++)
        add_pair (load_bytes (taps[p * n_taps + t], first, n),
                  load_bytes (taps[p * n_taps + t + 1], first, n),
                  panel + t * QS_PANEL, sums[p]);
    }

#pragma GCC unroll 8
  for (int p = 0; p < n_pixels; p++)
    {
      _mm256_storeu_si256 ((__m256i *) (tile + p * QS_PANEL), sums[p][0]);
      _mm256_storeu_si256 ((__m256i *) (tile + p * QS_PANEL + 8), sums[p][1]);
    }
}

QS_INLINE void
sixteen_channels (const gconstpointer *taps,
                  guint                n_taps,
                  guint                n_pixels,
                  gint64               first,
                  gint64               n,
                  const gint16        *panel,
                  gint32              *tile)
{
  guint p = 0;

  for (; p + PIXELS <= n_pixels; p += PIXELS)
    pixels_s8 (taps + p * n_taps, n_taps, PIXELS, first, n, panel, tile + p * QS_PANEL);
  for (; p < n_pixels; p++)
    pixels_s8 (taps + p * n_taps, n_taps, 1, first, n, panel, tile + p * QS_PANEL);
}

void
qs_level_depthwise_s8 (const gconstpointer *taps,
                       guint                n_taps,
                       guint                n_pixels,
                       gint64               first,
                       gint64               n_channels,
                       gconstpointer        panel,
                       gpointer             tile)
{
  const gint16 *weights = panel;
  gint32 *sums = tile;

  for (gint64 c = 0; c < n_channels; c += 16)
    if (n_channels - c >= 16)
      sixteen_channels (taps, n_taps, n_pixels, first + c, 16, weights + 2 * c, sums + c);
    else
      sixteen_channels (taps, n_taps, n_pixels, first + c, n_channels - c, weights + 2 * c,
                        sums + c);
}

#elif defined (QS_WITH_NEON)

/* Eight channels, zero from @n on. */
QS_INLINE int16x8_t
load_channels_s8 (gconstpointer from,
                  gint64        n)
{
  gint8 bytes[QS_PANEL] = { 0 };

  if (n >= QS_PANEL)
    return vmovl_s8 (vld1_s8 (from));
  memcpy (bytes, from, n);
  return vmovl_s8 (vld1_s8 (bytes));
}

QS_INLINE void
add_tap (int16x8_t  x,
         int16x8_t  w,
         int32x4_t *sums)
{
  sums[0] = vmlal_s16 (sums[0], vget_low_s16 (x), vget_low_s16 (w));
  sums[1] = vmlal_s16 (sums[1], vget_high_s16 (x), vget_high_s16 (w));
}

QS_INLINE void
pixels_s8 (const gconstpointer *taps,
           guint                n_taps,
           const int            n_pixels,
           gint64               first,
           gint64               n,
           const gint16        *panel,
           gint32              *tile)
{
  int32x4_t sums[PIXELS][2];

#pragma GCC unroll 8
  for (int p = 0; p < n_pixels; p++)
    sums[p][0] = sums[p][1] = vdupq_n_s32 (0);

  for (guint t = 0; t < n_taps; t += 2)
    {
      const int16x8x2_t w = vld2q_s16 (panel + t * QS_PANEL);

#pragma GCC unroll 8
      for (int p = 0; p < n_pixels; p++)
        {
          const gconstpointer *x = taps + p * n_taps + t;

          add_tap (load_channels_s8 ((const gint8 *) x[0] + first, n), w.val[0], sums[p]);
          add_tap (load_channels_s8 ((const gint8 *) x[1] + first, n), w.val[1], sums[p]);
        }
    }

#pragma GCC unroll 8
  for (int p = 0; p < n_pixels; p++)
    {
      vst1q_s32 (tile + p * QS_PANEL, sums[p][0]);
      vst1q_s32 (tile + p * QS_PANEL + QS_LANES, sums[p][1]);
    }
}

QS_INLINE void
all_pixels_s8 (const gconstpointer *taps,
               guint                n_taps,
               guint                n_pixels,
               gint64               first,
               gint64               n,
               const gint16        *panel,
               gint32              *tile)
{
  guint p = 0;

  for (; p + PIXELS <= n_pixels; p += PIXELS)
    pixels_s8 (taps + p * n_taps, n_taps, PIXELS, first, n, panel, tile + p * QS_PANEL);
  for (; p < n_pixels; p++)
    pixels_s8 (taps + p * n_taps, n_taps, 1, first, n, panel, tile + p * QS_PANEL);
}

void
qs_level_depthwise_s8 (const gconstpointer *taps,
                       guint                n_taps,
                       guint                n_pixels,
                       gint64               first,
                       gint64               n_channels,
                       gconstpointer        panel,
                       gpointer             tile)
{
  if (n_channels == QS_PANEL)
    all_pixels_s8 (taps, n_taps, n_pixels, first, QS_PANEL, panel, tile);
  else
    all_pixels_s8 (taps, n_taps, n_pixels, first, n_channels, panel, tile);
}

#else

void
qs_level_depthwise_s8 (const gconstpointer *taps,
                       guint                n_taps,
                       guint                n_pixels,
                       gint64               first,
                       gint64               n_channels,
                       gconstpointer        panel,
                       gpointer             tile)
{
  const gint16 *weights = panel;

  for (guint p = 0; p < n_pixels; p++)
    {
      gint32 *sums = (gint32 *) tile + p * QS_PANEL;

      memset (sums, 0, QS_PANEL * sizeof *sums);
      for (guint t = 0; t < n_taps; t++)
        {
          const gint8 *x = (const gint8 *) taps[p * n_taps + t] + first;
          const gint16 *w = weights + (t / 2) * 2 * QS_PANEL + t % 2;

          for (gint64 c = 0; c < n_channels; c++)
            sums[c] += x[c] * w[2 * c];
        }
    }
}

#endif
