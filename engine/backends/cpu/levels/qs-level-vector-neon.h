/* SPDX-License-Identifier: MIT */
#pragma once

#include <string.h>

/* qs-level-vector.h for AArch64. */

typedef float32x4_t Floats;
typedef int32x4_t Ints;
#define LOAD_FLOATS(p) vld1q_f32 (p)
#define STORE_FLOATS(p, v) vst1q_f32 (p, v)
#define BROADCAST_FLOAT(p) vld1q_dup_f32 ((const float *) (p))
#define MULTIPLY_ADD(a, b, c) vfmaq_f32 (c, a, b)
#define LOAD_FIRST_FLOATS(p, n) load_first_floats (p, n)
#define LOAD_INTS(p) vld1q_s32 ((const gint32 *) (gconstpointer) (p))
#define STORE_INTS(p, v) vst1q_s32 ((gint32 *) (p), v)
#define BROADCAST_INT(v) vdupq_n_s32 (v)
#define SET_FLOATS(x) vdupq_n_f32 (x)
#define ADD(a, b) vaddq_f32 (a, b)
#define MULTIPLY(a, b) vmulq_f32 (a, b)
/* fmax and fmin give a NaN where one side is one; the second operand is what is wanted. */
#define MAXIMUM(a, b) choose_greater (a, b)
#define MINIMUM(a, b) choose_less (a, b)
#define INTS_TO_FLOATS(v) vcvtq_f32_s32 (v)
#define LOAD_BYTES_AS_FLOATS(p) load_bytes_as_floats (p)

static inline Floats
choose_greater (Floats a,
                Floats b)
{
  return vbslq_f32 (vcgtq_f32 (a, b), a, b);
}

static inline Floats
choose_less (Floats a,
             Floats b)
{
  return vbslq_f32 (vcltq_f32 (a, b), a, b);
}

static inline Floats
load_first_floats (const float *p,
                   gint64       n)
{
  float values[QS_LANES] = { 0 };

  for (gint64 i = 0; i < n; i++)
    values[i] = p[i];
  return vld1q_f32 (values);
}

static inline Floats
load_bytes_as_floats (const gint8 *p)
{
  gint32 bytes;
  int16x8_t halves;

  memcpy (&bytes, p, sizeof bytes);
  halves = vmovl_s8 (vreinterpret_s8_s32 (vdup_n_s32 (bytes)));
  return vcvtq_f32_s32 (vmovl_s16 (vget_low_s16 (halves)));
}

/* Rounds to nearest even; the values are within a byte's range. */
static inline void
store_floats_as_bytes (gint8     *p,
                       Floats     first,
                       Floats     second,
                       const int  n_vectors)
{
  int16x8_t halves = vcombine_s16 (vmovn_s32 (vcvtnq_s32_f32 (first)),
                                   vmovn_s32 (vcvtnq_s32_f32 (second)));
  int8x8_t bytes = vmovn_s16 (halves);
  gint32 low;

  if (n_vectors > 1)
    {
      vst1_s8 (p, bytes);
      return;
    }
  low = vget_lane_s32 (vreinterpret_s32_s8 (bytes), 0);
  memcpy (p, &low, sizeof low);
}
