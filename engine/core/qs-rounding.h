/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <math.h>

G_BEGIN_DECLS

/* Other compilers (CUDA's) define what makes a function theirs, and their multiply-add. */
#ifndef QS_MATH_FUNCTION
#define QS_MATH_FUNCTION static inline
#define QS_MATH_FMA __builtin_fmaf
#endif

/*
 * The arithmetic of quantization, in one place. Every backend computes exactly this, operation by
 * operation, so that INT8 results are the same bits on every instruction set and thread count:
 * multiply by the reciprocal scale, clamp to [-128, 127], round half to even. Clamping before
 * rounding gives the same integers as after it, since the bounds are integers. A NaN becomes
 * -128 because the comparisons are written in the order in which vector max and min treat it.
 */

/**
 * qs_round_half_even:
 *
 * Nearest integer, ties to even, for |@value| < 2^22. The addition rounds because above 2^23 the
 * spacing of floats is 1; compilers keep the two operations as long as -ffast-math is off.
 */
QS_MATH_FUNCTION float
qs_round_half_even (float value)
{
  const float magic = 0x1.8p23f;
  return (value + magic) - magic;
}

/**
 * qs_quantize:
 * @value: a real number
 * @reciprocal: 1.0f / scale
 *
 * clamp (round (@value * @reciprocal), -128, 127) as a signed byte.
 */
QS_MATH_FUNCTION gint8
qs_quantize (float value,
             float reciprocal)
{
  float scaled = value * reciprocal;

  scaled = scaled > -128.0f ? scaled : -128.0f;
  scaled = scaled < 127.0f ? scaled : 127.0f;
  return (gint8) qs_round_half_even (scaled);
}

/**
 * qs_dequantize:
 *
 * @q * @scale.
 */
QS_MATH_FUNCTION float
qs_dequantize (gint8 q,
               float scale)
{
  return (float) q * scale;
}

G_END_DECLS
