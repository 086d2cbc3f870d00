/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-division.h"
#include "qs-element-arguments.h"
#include "qs-epilogue.h"

/* What kernels for elements, rows and windows share. */

/* The number of the thread among all blocks. */
QS_DEVICE uint32_t
qs_element (void)
{
  return qs_block_x () * QS_CUDA_BLOCK + qs_thread ();
}

/* Calls @f with every loop and the position in it that @index means. */
template <class F>
QS_DEVICE void
qs_locate (const QsCudaLoops &loops,
           uint32_t           index,
           F                  f)
{
  for (int d = loops.n_dims - 1; d >= 0; d--)
    {
      uint32_t at;

      index = qs_divide (index, loops.dims[d], &at);
      f (d, (int64_t) at);
    }
}

/* Called, not inlined: kernels that seldom end in an activation would mostly consist of them. */
QS_DEVICE_CALL float
qs_activate_seldom (int   type,
                    float value,
                    float alpha,
                    float beta)
{
  return qs_activate (type, value, alpha, beta);
}

/* A value of an input, INT8 with its scale. */
QS_DEVICE float
qs_load_real (const void *data,
              int         type,
              float       scale,
              int64_t     index)
{
  const float value = qs_load_element (data, type, index);

  return type == QS_CUDA_INT8 ? value * scale : value;
}

QS_DEVICE void
qs_load_four_real (const void *data,
                   int         type,
                   float       scale,
                   int64_t     index,
                   float       values[4])
{
  qs_load_four (data, type, index, values);
  if (type == QS_CUDA_INT8)
    {
#pragma unroll
      for (int i = 0; i < 4; i++)
        values[i] *= scale;
    }
}

template <int N>
QS_DEVICE void
qs_load_reals (const void *data,
               int         type,
               float       scale,
               int64_t     index,
               float       (&values)[N])
{
  if constexpr (N == 4)
    qs_load_four_real (data, type, scale, index, values);
  else
    values[0] = qs_load_real (data, type, scale, index);
}

template <int N>
QS_DEVICE void
qs_store_reals (void       *data,
                int         type,
                float       reciprocal,
                int64_t     index,
                const float (&values)[N])
{
  if constexpr (N == 4)
    qs_store_four (data, type, index, values, reciprocal);
  else
    qs_store_element (data, type, index, values[0], reciprocal);
}
