/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>
#include <math.h>
#include <string.h>

#include "core/qs-rounding.h"

G_BEGIN_DECLS

/*
 * Elementary functions in float32, each a fixed sequence of IEEE operations without branches on
 * the data: additions, multiplications, divisions, explicit fused multiply-adds, comparisons that
 * select, and integer operations on the exponent. Vector code that performs the same sequence in
 * every lane gives the same bits, which libm does not promise.
 *
 * Choices are written as `a > b ? a : b`, which is what vector max and min compute: where one side
 * is a NaN they give the second operand, so the order of the operands decides whether NaN passes.
 *
 * Polynomials: coefficients fitted for this file by iteratively reweighted least squares on
 * Chebyshev nodes, which approaches the minimax polynomial of that degree, and rounded to float32.
 * The largest errors, measured over dense sweeps against libm in double precision, are asserted in
 * tests/engine/backends/test-math.c.
 */

QS_MATH_FUNCTION guint32
qs_math_bits (float value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  return bits;
}

QS_MATH_FUNCTION float
qs_math_from_bits (guint32 bits)
{
  float value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

/* expm1 (r) for |r| <= ln 2 / 2: r + r^2 P (r), P of degree 5; relative error of P 4.0e-9. */
QS_MATH_FUNCTION float
qs_math_expm1_core (float r)
{
  float p = 0x1.a180e4p-13f;

  p = QS_MATH_FMA (p, r, 0x1.6d4594p-10f);
  p = QS_MATH_FMA (p, r, 0x1.1110aap-7f);
  p = QS_MATH_FMA (p, r, 0x1.5554e8p-5f);
  p = QS_MATH_FMA (p, r, 0x1.555556p-3f);
  p = QS_MATH_FMA (p, r, 0x1p-1f);
  return QS_MATH_FMA (r * r, p, r);
}

/*
 * x = n ln 2 + r with integer n and |r| <= ln 2 / 2 (Cody and Waite: ln 2 in two parts, of which
 * the first has few enough bits for an exact product). Adding 1.5 * 2^23 rounds to the nearest
 * integer and leaves it in the low bits of the sum.
 */
QS_MATH_FUNCTION float
qs_math_reduce_exp (float   x,
                    gint32 *n)
{
  const float magic = 0x1.8p23f;
  float t = QS_MATH_FMA (x, 0x1.715476p0f, magic);
  float k = t - magic;
  float r = QS_MATH_FMA (k, -0x1.62e4p-1f, x);

  *n = (gint32) (qs_math_bits (t) - qs_math_bits (magic));
  return QS_MATH_FMA (k, -0x1.7f7d1cp-20f, r);
}

/* 2^n for -126 <= n <= 127, infinity for 128; other n, which only a NaN can bring here, give any
 * number. */
QS_MATH_FUNCTION float
qs_math_power_of_two (gint32 n)
{
  return qs_math_from_bits (((guint32) n + 127u) << 23);
}

/**
 * qs_math_exp:
 *
 * e^x. 0 below -104, infinity above 88.73, NaN for NaN.
 */
QS_MATH_FUNCTION float
qs_math_exp (float x)
{
  float r, low;
  gint32 n, half;

  x = -104.0f > x ? -104.0f : x;
  x = 89.0f < x ? 89.0f : x;
  r = qs_math_reduce_exp (x, &n);

  /* In two steps, so that subnormal results and 2^128 come out right. */
  half = (gint32) ((guint32) n + 512u) / 2 - 256;
  low = (1.0f + qs_math_expm1_core (r)) * qs_math_power_of_two (half);
  return low * qs_math_power_of_two ((gint32) ((guint32) n - (guint32) half));
}

/**
 * qs_math_exp_unit:
 *
 * e^x for x <= 0, as softmax needs it: 0 below -87, where results come close to the subnormal
 * numbers, which processors compute with a hundred times slower; NaN for NaN.
 */
static inline float
qs_math_exp_unit (float x)
{
  float r, y;
  gint32 n;

  r = qs_math_reduce_exp (-87.0f > x ? -87.0f : x, &n);
  y = (1.0f + qs_math_expm1_core (r)) * qs_math_power_of_two (n);
  return x < -87.0f ? 0.0f : y;
}

/**
 * qs_math_expm1:
 *
 * e^x - 1 without cancellation: 2^n expm1 (r) + (2^n - 1). -1 below -17.4; x above 88 counts as 88.
 */
QS_MATH_FUNCTION float
qs_math_expm1 (float x)
{
  float r, scale;
  gint32 n;

  x = -25.0f > x ? -25.0f : x;
  x = 88.0f < x ? 88.0f : x;
  r = qs_math_reduce_exp (x, &n);
  scale = qs_math_power_of_two (n);
  return QS_MATH_FMA (qs_math_expm1_core (r), scale, scale - 1.0f);
}

/**
 * qs_math_log1p_unit:
 *
 * ln (1 + u) for 0 <= u <= 1: 2 atanh (s) with s = u / (2 + u) <= 1/3, as 2 (s + s^3 P (s^2)),
 * P of degree 4.
 */
QS_MATH_FUNCTION float
qs_math_log1p_unit (float u)
{
  float s = u / (2.0f + u);
  float z = s * s;
  float p = 0x1.dc3cccp-4f;

  p = QS_MATH_FMA (p, z, 0x1.bc6ab6p-4f);
  p = QS_MATH_FMA (p, z, 0x1.24ca56p-3f);
  p = QS_MATH_FMA (p, z, 0x1.9998cep-3f);
  p = QS_MATH_FMA (p, z, 0x1.555556p-2f);
  return 2.0f * QS_MATH_FMA (s * z, p, s);
}

/**
 * qs_math_tanh:
 *
 * |x| < 0.64: x + x^3 P (x^2), P of degree 5; else 1 - 2 / (e^(2 |x|) + 1) with the sign of x.
 */
QS_MATH_FUNCTION float
qs_math_tanh (float x)
{
  float t = fabsf (x);
  float z = x * x;
  float p = 0x1.2741ccp-9f;
  float large, small;

  p = QS_MATH_FMA (p, z, -0x1.1040b8p-7f);
  p = QS_MATH_FMA (p, z, 0x1.647c46p-6f);
  p = QS_MATH_FMA (p, z, -0x1.ba0608p-5f);
  p = QS_MATH_FMA (p, z, 0x1.1110e2p-3f);
  p = QS_MATH_FMA (p, z, -0x1.555556p-2f);
  small = QS_MATH_FMA (x * z, p, x);

  large = 1.0f - 2.0f / (qs_math_exp (2.0f * t) + 1.0f);
  return t < 0.64f ? small : copysignf (large, x);
}

/**
 * qs_math_erf:
 *
 * |x| < 1: x P (x^2), P of degree 6; else 1 - exp (Q (|x|)) with the sign of x, Q of degree 6
 * fitted to ln (erfc (t)) on 0.95 … 4 with weight erfc (t). 1 from 4 on.
 */
QS_MATH_FUNCTION float
qs_math_erf (float x)
{
  float t = fabsf (x);
  float z = x * x;
  float p = 0x1.4ae4c6p-14f;
  float q = 0x1.919d7cp-13f;
  float large;

  p = QS_MATH_FMA (p, z, -0x1.a485e8p-11f);
  p = QS_MATH_FMA (p, z, 0x1.5419f4p-8f);
  p = QS_MATH_FMA (p, z, -0x1.b7fbb4p-6f);
  p = QS_MATH_FMA (p, z, 0x1.ce2d20p-4f);
  p = QS_MATH_FMA (p, z, -0x1.81273ep-2f);
  p = QS_MATH_FMA (p, z, 0x1.20dd74p+0f);

  t = 4.0f < t ? 4.0f : t;
  q = QS_MATH_FMA (q, t, -0x1.89282ap-9f);
  q = QS_MATH_FMA (q, t, 0x1.694ceap-6f);
  q = QS_MATH_FMA (q, t, -0x1.a835d2p-4f);
  q = QS_MATH_FMA (q, t, -0x1.467380p-1f);
  q = QS_MATH_FMA (q, t, -0x1.209f00p+0f);
  q = QS_MATH_FMA (q, t, -0x1.0ce4b0p-12f);
  large = 1.0f - qs_math_exp (q);

  return t < 1.0f ? x * p : copysignf (large, x);
}

/**
 * qs_math_sigmoid_divisor:
 *
 * 1 + e^-x, by which sigmoid and SiLU divide. Unlike e^-x alone it needs no subnormal numbers, so
 * one power of two suffices: x above 87 counts as 87, where the sum is 1 already, and from -88.38
 * down the power is infinite and the quotient 0, as its neighbours would be subnormal.
 */
QS_MATH_FUNCTION float
qs_math_sigmoid_divisor (float x)
{
  float r;
  gint32 n;

  x = 87.0f < x ? 87.0f : x;
  x = -89.0f > x ? -89.0f : x;
  r = qs_math_reduce_exp (x, &n);
  return QS_MATH_FMA (1.0f + qs_math_expm1_core (-r), qs_math_power_of_two (-n), 1.0f);
}

/* 1 / (1 + e^-x). */
QS_MATH_FUNCTION float
qs_math_sigmoid (float x)
{
  return 1.0f / qs_math_sigmoid_divisor (x);
}

/* x / (1 + e^-x); NaN for minus infinity, as the product of x and sigmoid is. */
QS_MATH_FUNCTION float
qs_math_silu (float x)
{
  return x / qs_math_sigmoid_divisor (x);
}

/* max (x, 0) + ln (1 + e^-|x|). */
QS_MATH_FUNCTION float
qs_math_softplus (float x)
{
  float positive = 0.0f > x ? 0.0f : x;

  return positive + qs_math_log1p_unit (qs_math_exp (-fabsf (x)));
}

/* x tanh (ln (1 + e^x)) = x n / (n + 2) with n = e^x (e^x + 2); above 20 the quotient is 1. */
QS_MATH_FUNCTION float
qs_math_mish (float x)
{
  float e = qs_math_exp (20.0f < x ? 20.0f : x);
  float n = e * (e + 2.0f);

  return x * (n / (n + 2.0f));
}

/* 0.5 x (1 + erf (x / sqrt 2)). */
QS_MATH_FUNCTION float
qs_math_gelu_erf (float x)
{
  return 0.5f * x * (1.0f + qs_math_erf (x * 0x1.6a09e6p-1f));
}

/* 0.5 x (1 + tanh (sqrt (2 / pi) (x + 0.044715 x^3))). */
QS_MATH_FUNCTION float
qs_math_gelu_tanh (float x)
{
  float inner = QS_MATH_FMA (0.044715f * x * x, x, x);

  return 0.5f * x * (1.0f + qs_math_tanh (0x1.988454p-1f * inner));
}

G_END_DECLS
