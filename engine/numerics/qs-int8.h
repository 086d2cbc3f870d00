/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-rounding.h"
#include "network/qs-types.h"

G_BEGIN_DECLS

/*
 * The exactness contract of INT8 layers. Weighted layers, per output element of channel k:
 *
 *   acc = sum of x * w in int32 (no saturation; at most 131,071 products, so it cannot overflow)
 *   v   = fma ((float) acc, s_x * s_w[k], bias[k])          s_x * s_w[k] rounded to float32 once
 *   v   = fma ((float) r, s_r, v)                            residual, INT8
 *   v   = v + r                                              residual, float32
 *   v   = activation (v)
 *   q   = clamp (round_half_even (v * (1 / s_y)), -128, 127) 1 / s_y rounded to float32 once
 *
 * In a matrix product of two activations w is the second one, and its scale is that of every
 * channel: (s_x * s_w) * alpha takes the place of s_x * s_w[k], each product rounded to float32.
 *
 * s_w[k] is what dequantizes the weights of channel k, in a network with Q/DQ times the factor of a
 * batch normalization behind the layer; then it may be negative or zero. A ConvActPool is a
 * convolution to INT8 and the maximum of its bytes.
 *
 * (float) acc rounds to nearest even. Every step is one IEEE float32 operation, so any instruction
 * set that performs the same steps gives the same bits.
 *
 * ElementWise on INT8: a = q_a * s_a, b = q_b * s_b, each rounded to float32, then the operation in
 * float32, the layer's activation, and requantization as above; Add is fma (q_b, s_b, q_a * s_a).
 *
 * Average pooling and mean reduction: int32 sum; v = (float) sum * (s_x / (float) count), the quotient
 * rounded once. Max pooling compares the bytes; the scales of its input and output are the same.
 *
 * Standing activations: v = q * s_x, the activation, requantization.
 */

/* Products per output element for which int32 accumulators cannot overflow: 2^31 / 2^14 - 1. */
#define QS_INT8_MAX_K 131071

/* The activation functions as every backend computes them, one IEEE operation after the other. */
float qs_activation_apply     (const QsActivation *self,
                               float               value);
void  qs_activation_apply_row (const QsActivation *self,
                               float              *values,
                               gint64              n);

static inline float
qs_int8_scale_accumulator (gint32 accumulator,
                           float  multiplier,
                           float  bias)
{
  return __builtin_fmaf ((float) accumulator, multiplier, bias);
}

G_END_DECLS
