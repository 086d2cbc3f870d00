/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-math.h"

G_BEGIN_DECLS

/*
 * One function per activation type, of the value and the type's two parameters; comparisons are
 * ordered so that NaN stays NaN. Every backend, on whatever device, computes with these.
 */

QS_MATH_FUNCTION float
qs_activation_none (float x,
                    float alpha,
                    float beta)
{
  return x;
}

QS_MATH_FUNCTION float
qs_activation_relu (float x,
                    float alpha,
                    float beta)
{
  return 0.0f > x ? 0.0f : x;
}

QS_MATH_FUNCTION float
qs_activation_clip (float x,
                    float alpha,
                    float beta)
{
  x = alpha > x ? alpha : x;
  return beta < x ? beta : x;
}

QS_MATH_FUNCTION float
qs_activation_leaky_relu (float x,
                          float alpha,
                          float beta)
{
  return x < 0.0f ? alpha * x : x;
}

QS_MATH_FUNCTION float
qs_activation_hard_sigmoid (float x,
                            float alpha,
                            float beta)
{
  return qs_activation_clip (alpha * x + beta, 0.0f, 1.0f);
}

QS_MATH_FUNCTION float
qs_activation_hard_swish (float x,
                          float alpha,
                          float beta)
{
  return x * qs_activation_hard_sigmoid (x, 1.0f / 6.0f, 0.5f);
}

QS_MATH_FUNCTION float
qs_activation_sigmoid (float x,
                       float alpha,
                       float beta)
{
  return qs_math_sigmoid (x);
}

QS_MATH_FUNCTION float
qs_activation_tanh (float x,
                    float alpha,
                    float beta)
{
  return qs_math_tanh (x);
}

QS_MATH_FUNCTION float
qs_activation_silu (float x,
                    float alpha,
                    float beta)
{
  return qs_math_silu (x);
}

QS_MATH_FUNCTION float
qs_activation_gelu_erf (float x,
                        float alpha,
                        float beta)
{
  return qs_math_gelu_erf (x);
}

QS_MATH_FUNCTION float
qs_activation_gelu_tanh (float x,
                         float alpha,
                         float beta)
{
  return qs_math_gelu_tanh (x);
}

QS_MATH_FUNCTION float
qs_activation_elu (float x,
                   float alpha,
                   float beta)
{
  return x < 0.0f ? alpha * qs_math_expm1 (x) : x;
}

QS_MATH_FUNCTION float
qs_activation_selu (float x,
                    float alpha,
                    float beta)
{
  return beta * qs_activation_elu (x, alpha, 0.0f);
}

QS_MATH_FUNCTION float
qs_activation_softplus (float x,
                        float alpha,
                        float beta)
{
  return qs_math_softplus (x);
}

QS_MATH_FUNCTION float
qs_activation_softsign (float x,
                        float alpha,
                        float beta)
{
  return x / (1.0f + fabsf (x));
}

QS_MATH_FUNCTION float
qs_activation_thresholded_relu (float x,
                                float alpha,
                                float beta)
{
  return x <= alpha ? 0.0f : x;
}

QS_MATH_FUNCTION float
qs_activation_celu (float x,
                    float alpha,
                    float beta)
{
  return x < 0.0f ? alpha * qs_math_expm1 (x / alpha) : x;
}

QS_MATH_FUNCTION float
qs_activation_mish (float x,
                    float alpha,
                    float beta)
{
  return qs_math_mish (x);
}

QS_MATH_FUNCTION float
qs_activation_shrink (float x,
                      float alpha,
                      float beta)
{
  return x < -alpha ? x + beta : x > alpha ? x - beta : isnan (x) ? x : 0.0f;
}

/* All of them: the enumeration's name and the function's. */
#define QS_ACTIVATION_FUNCTIONS(ACTIVATION) \
  ACTIVATION (NONE, none) \
  ACTIVATION (RELU, relu) \
  ACTIVATION (CLIP, clip) \
  ACTIVATION (LEAKY_RELU, leaky_relu) \
  ACTIVATION (HARD_SIGMOID, hard_sigmoid) \
  ACTIVATION (HARD_SWISH, hard_swish) \
  ACTIVATION (SIGMOID, sigmoid) \
  ACTIVATION (TANH, tanh) \
  ACTIVATION (SILU, silu) \
  ACTIVATION (GELU_ERF, gelu_erf) \
  ACTIVATION (GELU_TANH, gelu_tanh) \
  ACTIVATION (ELU, elu) \
  ACTIVATION (SELU, selu) \
  ACTIVATION (SOFTPLUS, softplus) \
  ACTIVATION (SOFTSIGN, softsign) \
  ACTIVATION (THRESHOLDED_RELU, thresholded_relu) \
  ACTIVATION (CELU, celu) \
  ACTIVATION (MISH, mish) \
  ACTIVATION (SHRINK, shrink)

G_END_DECLS
