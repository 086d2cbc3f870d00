/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Stands in for <immintrin.h> and <arm_neon.h> where a level is compiled for a processor without its
 * instructions: SIMDe's functions under the intrinsics' names, and here what SIMDe lacks (0.7.4 has
 * few conversions of AVX-512) and what it computes otherwise: its multiply-adds round twice.
 */

#include <glib.h>
#include <math.h>
#include <string.h>

#define SIMDE_ENABLE_NATIVE_ALIASES

#if defined (QS_WITH_AVX2)
#include <simde/x86/avx2.h>
#include <simde/x86/avx512.h>
#include <simde/x86/f16c.h>
#include <simde/x86/fma.h>
#elif defined (QS_WITH_NEON)
#include <simde/arm/neon.h>
#endif

/* Fused, lane by lane. */
#define DEFINE_FUSED(name, type) \
  static inline type \
  name (type a, type b, type c) \
  { \
    float x[sizeof (type) / 4], y[sizeof (type) / 4], z[sizeof (type) / 4]; \
    memcpy (x, &a, sizeof a); \
    memcpy (y, &b, sizeof b); \
    memcpy (z, &c, sizeof c); \
    for (gsize i = 0; i < sizeof (type) / 4; i++) \
      z[i] = fmaf (x[i], y[i], z[i]); \
    memcpy (&c, z, sizeof c); \
    return c; \
  }

/* One lane after the other from one type to another; @expression is of lane x. */
#define DEFINE_CONVERSION(name, from_type, from_lane, to_type, to_lane, expression) \
  static inline to_type \
  name (from_type from) \
  { \
    from_lane in[sizeof (from_type) / sizeof (from_lane)]; \
    to_lane out[sizeof (to_type) / sizeof (to_lane)]; \
    to_type to; \
    memcpy (in, &from, sizeof from); \
    for (gsize i = 0; i < MIN (G_N_ELEMENTS (in), G_N_ELEMENTS (out)); i++) \
      { \
        const from_lane x = in[i]; \
        out[i] = (to_lane) (expression); \
      } \
    memcpy (&to, out, sizeof to); \
    return to; \
  }

#if defined (QS_WITH_AVX2)

DEFINE_FUSED (emulated_mm256_fmadd_ps, __m256)
#undef _mm256_fmadd_ps
#define _mm256_fmadd_ps emulated_mm256_fmadd_ps

#endif

#if defined (QS_WITH_VNNI) && !defined (QS_WITH_AVX512)

/* The same instruction as that of AVX-512VL, in another encoding. */
#undef _mm256_dpbusd_avx_epi32
#define _mm256_dpbusd_avx_epi32(sum, a, b) simde_mm256_dpbusd_epi32 (sum, a, b)

#endif

#if defined (QS_WITH_AVX512)

typedef simde__mmask16 __mmask16;

DEFINE_FUSED (emulated_mm512_fmadd_ps, __m512)
#undef _mm512_fmadd_ps
#define _mm512_fmadd_ps emulated_mm512_fmadd_ps

DEFINE_CONVERSION (emulated_mm512_cvtepi32_ps, __m512i, gint32, __m512, float, x)
DEFINE_CONVERSION (emulated_mm512_cvtps_epi32, __m512, float, __m512i, gint32, lrintf (x))
DEFINE_CONVERSION (emulated_mm512_cvtepi8_epi32, __m128i, gint8, __m512i, gint32, x)
DEFINE_CONVERSION (emulated_mm512_cvtepu8_epi32, __m128i, guint8, __m512i, gint32, x)
DEFINE_CONVERSION (emulated_mm512_cvtepi32_epi8, __m512i, gint32, __m128i, gint8, x)
#undef _mm512_cvtepi32_ps
#define _mm512_cvtepi32_ps emulated_mm512_cvtepi32_ps
#undef _mm512_cvtps_epi32
#define _mm512_cvtps_epi32 emulated_mm512_cvtps_epi32
#undef _mm512_cvtepi8_epi32
#define _mm512_cvtepi8_epi32 emulated_mm512_cvtepi8_epi32
#undef _mm512_cvtepu8_epi32
#define _mm512_cvtepu8_epi32 emulated_mm512_cvtepu8_epi32
#undef _mm512_cvtepi32_epi8
#define _mm512_cvtepi32_epi8 emulated_mm512_cvtepi32_epi8

static inline __m512
emulated_mm512_maskz_loadu_ps (guint32      mask,
                               const float *from)
{
  float values[16] = { 0 };
  __m512 loaded;

  for (int i = 0; i < 16; i++)
    if ((mask >> i & 1) != 0)
      values[i] = from[i];
  memcpy (&loaded, values, sizeof loaded);
  return loaded;
}
#undef _mm512_maskz_loadu_ps
#define _mm512_maskz_loadu_ps emulated_mm512_maskz_loadu_ps

static inline __m128i
emulated_mm_maskz_loadu_epi8 (guint32       mask,
                              const guint8 *from)
{
  guint8 values[16] = { 0 };
  __m128i loaded;

  for (int i = 0; i < 16; i++)
    if ((mask >> i & 1) != 0)
      values[i] = from[i];
  memcpy (&loaded, values, sizeof loaded);
  return loaded;
}
#undef _mm_maskz_loadu_epi8
#define _mm_maskz_loadu_epi8 emulated_mm_maskz_loadu_epi8

#endif

#if defined (QS_WITH_NEON)

DEFINE_FUSED (emulated_fused, float32x4_t)
#undef vfmaq_f32
#define vfmaq_f32(sum, a, b) emulated_fused (a, b, sum)
#undef vfmaq_laneq_f32
#define vfmaq_laneq_f32(sum, a, b, lane) emulated_fused (a, vdupq_laneq_f32 (b, lane), sum)

DEFINE_CONVERSION (emulated_vcvtnq_s32_f32, float32x4_t, float, int32x4_t, gint32, lrintf (x))
#undef vcvtnq_s32_f32
#define vcvtnq_s32_f32 emulated_vcvtnq_s32_f32

#endif
