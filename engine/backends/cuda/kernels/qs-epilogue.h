/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-primitives.h"

#define QS_MATH_FUNCTION QS_DEVICE
#define QS_MATH_FMA qs_fma
#include "backends/qs-activations.h"
#include "network/qs-types.h"
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
qs_epilogue_finish (const QsCudaEpilogue &self,
                    float                 value,
                    float                 residual)
{
  if (self.residual != nullptr)
    value = self.residual_type == QS_CUDA_INT8 ? qs_fma (residual, self.residual_scale, value)
                                               : value + residual;
  return qs_activate (self.activation, value, self.alpha, self.beta);
}

/**
 * qs_epilogue_apply:
 * @sums: accumulators of four neighbouring columns
 * @parameter: index of the first column's multiplier and bias
 * @column: of the output, where the channels of all groups lie side by side
 * @n: how many of the four exist
 */
QS_DEVICE void
qs_epilogue_apply (const QsCudaEpilogue &self,
                   const float           sums[4],
                   int64_t               row,
                   int                   parameter,
                   int                   column,
                   int                   n)
{
  const int64_t index = row * self.row_stride + column;
  const bool whole = self.is_vectorised && n >= 4;
  float values[4], residual[4] = { 0.0f, 0.0f, 0.0f, 0.0f };

  if (self.residual != nullptr && whole)
    qs_load_four (self.residual, self.residual_type, index, residual);
  else if (self.residual != nullptr)
    {
#pragma unroll
      for (int i = 0; i < 4; i++)
        if (i < n)
          residual[i] = qs_load_element (self.residual, self.residual_type, index + i);
    }

#pragma unroll
  for (int i = 0; i < 4; i++)
    values[i] = qs_epilogue_finish (self, qs_epilogue_scale (self, sums[i], parameter + i),
                                    residual[i]);

  if (whole)
    {
      qs_store_four (self.out, self.out_type, index, values, self.reciprocal);
      return;
    }
#pragma unroll
  for (int i = 0; i < 4; i++)
    if (i < n)
      qs_store_element (self.out, self.out_type, index + i, values[i], self.reciprocal);
}
