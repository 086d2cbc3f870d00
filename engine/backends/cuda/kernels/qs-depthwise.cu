/* SPDX-License-Identifier: MIT */
#include "qs-cuda-tiles.h"
#include "qs-tile.h"

/*
 * Convolutions in which every channel is a group of its own. Memory is what limits them, so there are
 * no tiles: a thread has four neighbouring channels of a few output pixels, and loads their weights
 * once for all of these. Sums run along the taps in their order. Columns are the channels, and what
 * lies from column to column of the weights lies from tap to tap here.
 */

QS_DEVICE int32_t qs_widen (int8_t value) { return value; }
QS_DEVICE float qs_widen (uint16_t value) { return qs_half_to_float (value); }
QS_DEVICE float qs_widen (float value) { return value; }
QS_DEVICE int32_t qs_multiply_add (int32_t a, int32_t b, int32_t sum) { return a * b + sum; }
QS_DEVICE float qs_multiply_add (float a, float b, float sum) { return qs_fma (a, b, sum); }

template <class Value, class Sum, int PIXELS>
struct QsDepthwise
{
  struct alignas (4 * sizeof (Value)) Four
  {
    Value v[4];
  };

  static QS_DEVICE void
  load (const Value *from,
        bool         whole,
        int          n,
        Sum          out[4])
  {
    if (whole)
      {
        const Four four = qs_load ((const Four *) from);

#pragma unroll
        for (int i = 0; i < 4; i++)
          out[i] = qs_widen (four.v[i]);
        return;
      }
#pragma unroll
    for (int i = 0; i < 4; i++)
      out[i] = i < n ? qs_widen (qs_load (from + i)) : (Sum) 0;
  }

  static QS_DEVICE void
  add_tap (const QsCudaConvolution &args,
           const QsRow             *rows,
           int                      tap,
           int                      channel,
           Sum                      sums[PIXELS][4])
  {
    const Value *weights =
      (const Value *) ((const char *) args.weights + tap * args.weights_stride);
    const int n = args.columns - channel;
    const bool whole = args.columns % 4 == 0;
    const QsCudaTap at = qs_load (args.taps + tap);
    Sum w[4];

    load (weights + channel, true, 4, w);
#pragma unroll
    for (int p = 0; p < PIXELS; p++)
      {
        const Value *from = (const Value *) qs_row_find_tap (args, rows[p], at, sizeof (Value));
        Sum x[4];

        if (from == nullptr)
          continue;
        load (from, whole, n, x);
#pragma unroll
        for (int i = 0; i < 4; i++)
          sums[p][i] = qs_multiply_add (x[i], w[i], sums[p][i]);
      }
  }

  /* With one copy of the epilogue for all pixels. */
  static QS_DEVICE void
  put (const QsCudaConvolution &args,
       const Sum                sums[PIXELS][4],
       int64_t                  first,
       int                      channel)
  {
#pragma unroll 1
    for (int p = 0; p < PIXELS && first + p < args.rows; p++)
      {
        float values[4] = { 0.0f, 0.0f, 0.0f, 0.0f };

#pragma unroll
        for (int i = 0; i < PIXELS; i++)
          if (i == p)
#pragma unroll
            for (int c = 0; c < 4; c++)
              values[c] = (float) sums[i][c];
        qs_epilogue_apply (args.epilogue, values, first + p, channel, channel,
                           args.columns - channel);
      }
  }

  static QS_DEVICE void
  run (const QsCudaConvolution &args)
  {
    const int quads = (args.columns + 3) / 4;
    const int64_t index = (int64_t) qs_block_x () * QS_CUDA_FLAT_THREADS + qs_thread ();
    const int channel = (int) (index % quads) * 4;
    const int64_t first = index / quads * PIXELS;
    Sum sums[PIXELS][4] = {};
    QsRow rows[PIXELS];

    if (first >= args.rows)
      return;

#pragma unroll
    for (int p = 0; p < PIXELS; p++)
      rows[p] = qs_row_find (args, (int) first + p, channel, sizeof (Value));
#pragma unroll 1
    for (int tap = 0; tap < args.n_taps; tap++)
      add_tap (args, rows, tap, channel, sums);
    put (args, sums, first, channel);
  }
};

#define QS_DEPTHWISE_KERNEL(name, Value, Sum, pixels) \
  QS_KERNEL (qs_depthwise_##name, QsCudaConvolution, QS_CUDA_FLAT_THREADS) \
  { \
    QsDepthwise<Value, Sum, pixels>::run (args); \
  }

QS_CUDA_DEPTHWISE (QS_DEPTHWISE_KERNEL)
