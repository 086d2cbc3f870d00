/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-level.h"

/*
 * The few vector operations that are worth naming; LOAD_FIRST reads @n values, the rest is 0. All
 * but the portable level have QS_VECTORS: everything here, not only what sums need.
 */

#if defined (QS_WITH_AVX2) || defined (QS_WITH_NEON)
#define QS_VECTORS 1
#endif

#if defined (QS_WITH_AVX512)

typedef __m512 Floats;
typedef __m512i Ints;
#define LOAD_FLOATS(p) _mm512_loadu_ps (p)
#define STORE_FLOATS(p, v) _mm512_storeu_ps (p, v)
#define BROADCAST_FLOAT(p) _mm512_set1_ps (*(const float *) (p))
#define MULTIPLY_ADD(a, b, c) _mm512_fmadd_ps (a, b, c)
#define LOAD_FIRST_FLOATS(p, n) _mm512_maskz_loadu_ps ((__mmask16) ((1u << (n)) - 1u), p)
#define LOAD_INTS(p) _mm512_loadu_si512 (p)
#define STORE_INTS(p, v) _mm512_storeu_si512 (p, v)
#define BROADCAST_INT(v) _mm512_set1_epi32 (v)
#define SET_FLOATS(x) _mm512_set1_ps (x)
#define ADD(a, b) _mm512_add_ps (a, b)
#define MULTIPLY(a, b) _mm512_mul_ps (a, b)
/* The second operand where one is a NaN. */
#define MAXIMUM(a, b) _mm512_max_ps (a, b)
#define MINIMUM(a, b) _mm512_min_ps (a, b)
#define INTS_TO_FLOATS(v) _mm512_cvtepi32_ps (v)
#define LOAD_BYTES_AS_FLOATS(p) \
  _mm512_cvtepi32_ps (_mm512_cvtepi8_epi32 (_mm_loadu_si128 ((const __m128i *) (p))))

/* Rounds to nearest even; the values are within a byte's range. */
static inline void
store_floats_as_bytes (gint8     *p,
                       Floats     first,
                       Floats     second,
                       const int  n_vectors)
{
  _mm_storeu_si128 ((__m128i *) p, _mm512_cvtepi32_epi8 (_mm512_cvtps_epi32 (first)));
  if (n_vectors > 1)
    _mm_storeu_si128 ((__m128i *) (p + 16), _mm512_cvtepi32_epi8 (_mm512_cvtps_epi32 (second)));
}

#elif defined (QS_WITH_AVX2)

typedef __m256 Floats;
typedef __m256i Ints;
#define LOAD_FLOATS(p) _mm256_loadu_ps (p)
#define STORE_FLOATS(p, v) _mm256_storeu_ps (p, v)
#define BROADCAST_FLOAT(p) _mm256_broadcast_ss ((const float *) (p))
#define MULTIPLY_ADD(a, b, c) _mm256_fmadd_ps (a, b, c)
#define LOAD_FIRST_FLOATS(p, n) load_first_floats (p, n)
#define LOAD_INTS(p) _mm256_loadu_si256 ((const __m256i *) (p))
#define STORE_INTS(p, v) _mm256_storeu_si256 ((__m256i *) (p), v)
#define BROADCAST_INT(v) _mm256_set1_epi32 (v)
#define SET_FLOATS(x) _mm256_set1_ps (x)
#define ADD(a, b) _mm256_add_ps (a, b)
#define MULTIPLY(a, b) _mm256_mul_ps (a, b)
/* The second operand where one is a NaN. */
#define MAXIMUM(a, b) _mm256_max_ps (a, b)
#define MINIMUM(a, b) _mm256_min_ps (a, b)
#define INTS_TO_FLOATS(v) _mm256_cvtepi32_ps (v)
#define LOAD_BYTES_AS_FLOATS(p) \
  _mm256_cvtepi32_ps (_mm256_cvtepi8_epi32 (_mm_loadl_epi64 ((const __m128i *) (p))))

static inline __m128i
floats_to_halves (Floats values)
{
  __m256i ints = _mm256_cvtps_epi32 (values);

  return _mm_packs_epi32 (_mm256_castsi256_si128 (ints), _mm256_extracti128_si256 (ints, 1));
}

/* Rounds to nearest even; the values are within a byte's range. */
static inline void
store_floats_as_bytes (gint8     *p,
                       Floats     first,
                       Floats     second,
                       const int  n_vectors)
{
  __m128i low = floats_to_halves (first);

  if (n_vectors > 1)
    _mm_storeu_si128 ((__m128i *) p, _mm_packs_epi16 (low, floats_to_halves (second)));
  else
    _mm_storel_epi64 ((__m128i *) p, _mm_packs_epi16 (low, low));
}

static inline __m256
load_first_floats (const float *p,
                   gint64       n)
{
  static const gint32 masks[16] = { -1, -1, -1, -1, -1, -1, -1, -1 };

  return _mm256_maskload_ps (p, LOAD_INTS (masks + 8 - n));
}

#elif defined (QS_WITH_NEON)
#include "qs-level-vector-neon.h"
#else

typedef float Floats __attribute__ ((vector_size (4 * QS_LANES), aligned (4), may_alias));
typedef gint32 Ints __attribute__ ((vector_size (4 * QS_LANES), aligned (4), may_alias));
#define LOAD_FLOATS(p) (*(const Floats *) (p))
#define STORE_FLOATS(p, v) (*(Floats *) (p) = (v))
#define LOAD_FIRST_FLOATS(p, n) load_first_floats (p, n)
#define LOAD_INTS(p) (*(const Ints *) (gconstpointer) (p))
#define STORE_INTS(p, v) (*(Ints *) (gpointer) (p) = (v))
#define BROADCAST_FLOAT(p) ((Floats) { 0 } + *(const float *) (p))
#define MULTIPLY_ADD(a, b, c) ((c) + (a) * (b))

static inline Floats
load_first_floats (const float *p,
                   gint64       n)
{
  float values[QS_LANES] = { 0 };

  for (gint64 i = 0; i < n; i++)
    values[i] = p[i];
  return LOAD_FLOATS (values);
}

#endif

#ifdef QS_VECTORS

/* What qs_quantize () does before it rounds. */
QS_INLINE Floats
scale_to_byte (Floats value,
               float  reciprocal)
{
  value = MAXIMUM (MULTIPLY (value, SET_FLOATS (reciprocal)), SET_FLOATS (-128.0f));
  return MINIMUM (value, SET_FLOATS (127.0f));
}

#endif
