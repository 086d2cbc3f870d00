/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-primitives.h"

#define QS_MATH_FUNCTION QS_DEVICE
#define QS_MATH_FMA qs_fma
#include "network/qs-types.h"
#include "numerics/qs-activations.h"
#include "qs-cuda-arguments.h"

/* The end of weighted layers, in the order of qs-int8.h; the same functions as on the host. */

#define QS_ACTIVATION_CASE(type, name) \
  case QS_ACTIVATION_##type: \
    return qs_activation_##name (value, alpha, beta);

QS_DEVICE float
qs_activate (int   type,
             float value,
             float alpha,
             float beta)
{
  switch (type)
    {
    QS_ACTIVATION_FUNCTIONS (QS_ACTIVATION_CASE)
    default:
      return value;
    }
}

/* Four values at once. Their code is there once, because kernels with many copies of all functions
 * take the compiler minutes: the values take turns in one register. */
QS_DEVICE void
qs_activate_four (int   type,
                  float values[4],
                  float alpha,
                  float beta)
{
  if (type == QS_ACTIVATION_NONE)
    return;
  if (type == QS_ACTIVATION_RELU)
    {
#pragma unroll
      for (int i = 0; i < 4; i++)
        values[i] = qs_activation_relu (values[i], alpha, beta);
      return;
    }

#pragma unroll 1
  for (int i = 0; i < 4; i++)
    {
      const float value = qs_activate (type, values[0], alpha, beta);

      values[0] = values[1];
      values[1] = values[2];
      values[2] = values[3];
      values[3] = value;
    }
}

/* One element of any type as a float; INT8 with its scale. */
QS_DEVICE float
qs_load_element (const void *data,
                 int         type,
                 int64_t     index)
{
  if (type == QS_CUDA_INT8)
    return (float) qs_load ((const int8_t *) data + index);
  if (type == QS_CUDA_HALF)
    return qs_half_to_float (qs_load ((const uint16_t *) data + index));
  return qs_load ((const float *) data + index);
}

QS_DEVICE void
qs_store_element (void   *data,
                  int     type,
                  int64_t index,
                  float   value,
                  float   reciprocal)
{
  if (type == QS_CUDA_INT8)
    qs_store ((int8_t *) data + index, (int8_t) qs_quantize (value, reciprocal));
  else if (type == QS_CUDA_HALF)
    qs_store ((uint16_t *) data + index, qs_float_to_half (value));
  else
    qs_store ((float *) data + index, value);
}

/* Four values as they lie in memory. */
typedef struct alignas (4)
{
  int8_t v[4];
} QsBytes4;

typedef struct alignas (8)
{
  uint16_t v[4];
} QsHalves4;

typedef struct alignas (16)
{
  float v[4];
} QsFloats4;

QS_DEVICE void
qs_load_four (const void *data,
              int         type,
              int64_t     index,
              float       out[4])
{
  if (type == QS_CUDA_INT8)
    {
      const QsBytes4 bytes = qs_load ((const QsBytes4 *) ((const int8_t *) data + index));

#pragma unroll
      for (int i = 0; i < 4; i++)
        out[i] = (float) bytes.v[i];
    }
  else if (type == QS_CUDA_HALF)
    {
      const QsHalves4 halves = qs_load ((const QsHalves4 *) ((const uint16_t *) data + index));

#pragma unroll
      for (int i = 0; i < 4; i++)
        out[i] = qs_half_to_float (halves.v[i]);
    }
  else
    {
      const QsFloats4 floats = qs_load ((const QsFloats4 *) ((const float *) data + index));

#pragma unroll
      for (int i = 0; i < 4; i++)
        out[i] = floats.v[i];
    }
}

QS_DEVICE void
qs_store_four (void        *data,
               int          type,
               int64_t      index,
               const float  values[4],
               float        reciprocal)
{
  if (type == QS_CUDA_INT8)
    {
      QsBytes4 bytes;

#pragma unroll
      for (int i = 0; i < 4; i++)
        bytes.v[i] = (int8_t) qs_quantize (values[i], reciprocal);
      qs_store ((QsBytes4 *) ((int8_t *) data + index), bytes);
    }
  else if (type == QS_CUDA_HALF)
    {
      QsHalves4 halves;

#pragma unroll
      for (int i = 0; i < 4; i++)
        halves.v[i] = qs_float_to_half (values[i]);
      qs_store ((QsHalves4 *) ((uint16_t *) data + index), halves);
    }
  else
    {
      QsFloats4 floats;

#pragma unroll
      for (int i = 0; i < 4; i++)
        floats.v[i] = values[i];
      qs_store ((QsFloats4 *) ((float *) data + index), floats);
    }
}

QS_DEVICE float
qs_epilogue_scale (const QsCudaEpilogue &self,
                   float                 sum,
                   int                   parameter)
{
  const float bias = qs_load (self.bias + parameter);

  return self.multiplier != nullptr ? qs_fma (sum, qs_load (self.multiplier + parameter), bias)
                                    : sum + bias;
}

QS_DEVICE float
qs_epilogue_add (const QsCudaEpilogue &self,
                 float                 value,
                 float                 residual)
{
  return self.residual_type == QS_CUDA_INT8 ? qs_fma (residual, self.residual_scale, value)
                                            : value + residual;
}

QS_DEVICE void
qs_epilogue_add_four (const QsCudaEpilogue &self,
                      float                 values[4],
                      int64_t               index,
                      int                   n)
{
  float residual[4] = { 0.0f, 0.0f, 0.0f, 0.0f };

  if (self.is_vectorised && n >= 4)
    qs_load_four (self.residual, self.residual_type, index, residual);
  else
    {
#pragma unroll
      for (int i = 0; i < 4; i++)
        if (i < n)
          residual[i] = qs_load_element (self.residual, self.residual_type, index + i);
    }

#pragma unroll
  for (int i = 0; i < 4; i++)
    values[i] = qs_epilogue_add (self, values[i], residual[i]);
}

/**
 * qs_epilogue_apply_at:
 * @sums: accumulators of four neighbouring columns
 * @parameter: index of the first column's multiplier and bias
 * @out: element of the output that the first column is
 * @residual: and of the residual
 * @n: how many of the four exist
 */
QS_DEVICE void
qs_epilogue_apply_at (const QsCudaEpilogue &self,
                      const float           sums[4],
                      int                   parameter,
                      int64_t               out,
                      int64_t               residual,
                      int                   n)
{
  float values[4];

#pragma unroll
  for (int i = 0; i < 4; i++)
    values[i] = qs_epilogue_scale (self, sums[i], parameter + i);
  if (self.residual != nullptr)
    qs_epilogue_add_four (self, values, residual, n);
  qs_activate_four (self.activation, values, self.alpha, self.beta);

  if (self.is_vectorised && n >= 4)
    {
      qs_store_four (self.out, self.out_type, out, values, self.reciprocal);
      return;
    }
#pragma unroll
  for (int i = 0; i < 4; i++)
    if (i < n)
      qs_store_element (self.out, self.out_type, out + i, values[i], self.reciprocal);
}

/**
 * qs_epilogue_apply:
 * @row: of output and residual
 * @column: of the output, where the channels of all groups lie side by side
 */
QS_DEVICE void
qs_epilogue_apply (const QsCudaEpilogue &self,
                   const float           sums[4],
                   int64_t               row,
                   int                   parameter,
                   int                   column,
                   int                   n)
{
  qs_epilogue_apply_at (self, sums, parameter, row * self.row_stride + column,
                        row * self.residual_row_stride + column, n);
}
