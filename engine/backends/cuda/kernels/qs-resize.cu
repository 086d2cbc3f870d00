/* SPDX-License-Identifier: MIT */
#include "qs-elements.h"

/*
 * Linear and cubic interpolation of up to three axes. Every element is the sum over the taps of the
 * last axis of what the axes before give at its taps, which is what interpolating one axis after
 * the other computes, bit by bit.
 */

QS_DEVICE int
qs_tap_index (const QsCudaTaps &taps,
              int               first,
              int               k)
{
  const int index = first + k;

  return index < 0 ? 0 : index > taps.in - 1 ? taps.in - 1 : index;
}

template <int AXIS>
QS_DEVICE float
qs_interpolate (const QsCudaResize &args,
                const int          (&positions)[3],
                int64_t             x)
{
  if constexpr (AXIS < 0)
    return qs_load_real (args.x.data, args.x.type, args.x.scale, x);
  else
    {
      const QsCudaTaps &taps = args.taps[AXIS];
      const int o = positions[AXIS];
      float sum = 0.0f;

      if (AXIS >= args.n_axes)
        return qs_interpolate<AXIS - 1> (args, positions, x);
      if (taps.outside != nullptr && qs_load (taps.outside + o) != 0)
        return args.extrapolation;

      const int first = qs_load (taps.first + o);

      for (int k = 0; k < taps.n_taps; k++)
        {
          const float weight = qs_load (taps.weights + (int64_t) o * taps.n_taps + k);

          if (weight != 0.0f)
            sum += weight * qs_interpolate<AXIS - 1> (args, positions,
                                                      x + qs_tap_index (taps, first, k)
                                                            * taps.in_stride);
        }
      return sum;
    }
}

QS_KERNEL (qs_resize_smooth, QsCudaResize, QS_CUDA_BLOCK)
{
  int64_t y = 0, x = 0;
  int positions[3] = { 0, 0, 0 };

  if (qs_element () >= (uint32_t) args.loops.n)
    return;

  qs_locate (args.loops, qs_element (), [&] (int d, int64_t at) {
    y += at * args.y.strides[d];
    x += at * args.x.strides[d];
#pragma unroll
    for (int i = 0; i < 3; i++)
      if (args.taps[i].loop == d)
        positions[i] = (int) at;
  });
  qs_store_element (args.y.data, args.y.type, y, qs_interpolate<2> (args, positions, x),
                    args.y.scale);
}
