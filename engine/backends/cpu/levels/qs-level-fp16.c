/* SPDX-License-Identifier: MIT */
#include "core/qs-float16.h"
#include "qs-level.h"

/* Conversions between float16 and float32: several at a time where the processor has F16C
 * or NEON, whose rounding is that of core/qs-float16.h; the rest one by one. */

/* What emulates intrinsics in tests need not round as the instruction does. */
#if defined (QS_WITH_AVX2) && !defined (QS_LEVEL_INTRINSICS)
#define WIDTH 8

static gint64
widen_vectors (const guint16 *from,
               float         *to,
               gint64         n)
{
  gint64 i;

  for (i = 0; i + WIDTH <= n; i += WIDTH)
    _mm256_storeu_ps (to + i, _mm256_cvtph_ps (_mm_loadu_si128 ((const __m128i *) (from + i))));
  return i;
}

static gint64
narrow_vectors (const float *from,
                guint16     *to,
                gint64       n)
{
  gint64 i;

  for (i = 0; i + WIDTH <= n; i += WIDTH)
    _mm_storeu_si128 ((__m128i *) (to + i),
                      _mm256_cvtps_ph (_mm256_loadu_ps (from + i), _MM_FROUND_TO_NEAREST_INT));
  return i;
}

#elif defined (QS_WITH_NEON) && !defined (QS_LEVEL_INTRINSICS)
#define WIDTH 4

static gint64
widen_vectors (const guint16 *from,
               float         *to,
               gint64         n)
{
  gint64 i;

  for (i = 0; i + WIDTH <= n; i += WIDTH)
    vst1q_f32 (to + i, vcvt_f32_f16 (vreinterpret_f16_u16 (vld1_u16 (from + i))));
  return i;
}

static gint64
narrow_vectors (const float *from,
                guint16     *to,
                gint64       n)
{
  gint64 i;

  for (i = 0; i + WIDTH <= n; i += WIDTH)
    vst1_u16 (to + i, vreinterpret_u16_f16 (vcvt_f16_f32 (vld1q_f32 (from + i))));
  return i;
}

#else

static gint64
widen_vectors (const guint16 *from,
               float         *to,
               gint64         n)
{
  return 0;
}

static gint64
narrow_vectors (const float *from,
                guint16     *to,
                gint64       n)
{
  return 0;
}

#endif

void
qs_level_widen_f16 (const guint16 *from,
                    float         *to,
                    gint64         n)
{
  for (gint64 i = widen_vectors (from, to, n); i < n; i++)
    to[i] = qs_float16_to_float (from[i]);
}

void
qs_level_narrow_f16 (const float *from,
                     guint16     *to,
                     gint64       n)
{
  for (gint64 i = narrow_vectors (from, to, n); i < n; i++)
    to[i] = qs_float16_from_float (from[i]);
}
