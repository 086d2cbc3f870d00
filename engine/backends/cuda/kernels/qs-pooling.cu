/* SPDX-License-Identifier: MIT */
#include "qs-elements.h"

/*
 * Pooling. A thread computes one output position, of one channel or of as many neighbouring ones as
 * 16 bytes hold. Taps are added in the order depth, height, width, as in the layer class, so floats
 * have the same bits, too.
 */

typedef struct
{
  int first;
  int last;
  int n_padded;
  int64_t origin;
} QsTapRange;

/* How many of n positions stride apart, from shift on, lie below limit. */
QS_DEVICE int
qs_count_below (int n,
                int stride,
                int shift,
                int limit)
{
  const int inside = limit - 1 - shift < 0 ? 0 : (limit - 1 - shift) / stride + 1;

  return inside < n ? inside : n;
}

QS_DEVICE QsTapRange
qs_find_taps (const QsCudaWindow &window,
              int                 position)
{
  const int start = position * window.stride - window.begin;
  QsTapRange range;

  range.last = qs_count_below (window.kernel, window.dilation, start, window.in);
  range.first = start >= 0 ? 0 : (-start + window.dilation - 1) / window.dilation;
  range.first = range.first < range.last ? range.first : range.last;
  range.n_padded = qs_count_below (window.kernel, window.dilation, start, window.in + window.end);
  range.origin = start * window.in_stride;
  return range;
}

template <class T, int N>
struct alignas (sizeof (T) * N) QsValues
{
  T v[N];
};

struct QsFloatPooling
{
  typedef float Value;
  typedef float Sum;

  static QS_DEVICE float load (Value value) { return value; }
  static QS_DEVICE Value store (float value, float) { return value; }
};

struct QsHalfPooling
{
  typedef uint16_t Value;
  typedef float Sum;

  static QS_DEVICE float load (Value value) { return qs_half_to_float (value); }
  static QS_DEVICE Value store (float value, float) { return qs_float_to_half (value); }
};

struct QsBytePooling
{
  typedef int8_t Value;
  typedef int32_t Sum;

  static QS_DEVICE int32_t load (Value value) { return value; }

  static QS_DEVICE Value
  store (float value,
         float reciprocal)
  {
    return (Value) qs_quantize (value, reciprocal);
  }
};

template <class Type, int N>
struct QsPool
{
  typedef typename Type::Sum Sum;
  typedef typename Type::Value Value;
  static constexpr bool IS_BYTE = sizeof (Value) == 1;

  static QS_DEVICE void
  take (const QsCudaPooling       &args,
        Sum                        (&sums)[N],
        const QsValues<Value, N>  &values)
  {
#pragma unroll
    for (int i = 0; i < N; i++)
      {
        const Sum x = Type::load (values.v[i]);

        if (args.function == QS_CUDA_POOLING_MAX)
          sums[i] = x > sums[i] || x != x ? x : sums[i];
        else if (args.function == QS_CUDA_POOLING_AVERAGE || IS_BYTE)
          sums[i] += x;
        else
          sums[i] += args.p == 1.0f ? (Sum) fabsf ((float) x) : x * x;
      }
  }

  /* The end of one channel. A maximum of bytes is stored as it is. */
  static QS_DEVICE Value
  finish (const QsCudaPooling &args,
          Sum                  sum,
          float                count)
  {
    float value = (float) sum;

    if constexpr (IS_BYTE)
      {
        if (args.function == QS_CUDA_POOLING_MAX)
          return (Value) sum;
        value = value * count;
      }
    else if (args.function == QS_CUDA_POOLING_AVERAGE)
      value = value / count;
    else if (args.function == QS_CUDA_POOLING_LP && args.p == 2.0f)
      value = sqrtf (value);
    return Type::store (value, args.y.scale);
  }

  /* How many elements count; for INT8 what a sum is multiplied with. */
  static QS_DEVICE float
  find_count (const QsCudaPooling &args,
              const QsTapRange    (&ranges)[3])
  {
    int count = 1;

#pragma unroll
    for (int i = 0; i < 3; i++)
      count *= args.counts_padding ? ranges[i].n_padded : ranges[i].last - ranges[i].first;
    return IS_BYTE ? args.x.scale / (float) count : (float) count;
  }

  static QS_DEVICE void
  run (const QsCudaPooling &args)
  {
    typedef QsValues<Value, N> Values;
    QsTapRange ranges[3];
    int64_t y = 0, x = 0;
    int positions[3] = { 0, 0, 0 };
    Sum sums[N];

    if (qs_element () >= (uint32_t) args.loops.n)
      return;

    qs_locate (args.loops, qs_element (), [&] (int d, int64_t at) {
      y += at * args.y.strides[d];
      x += at * args.x.strides[d];
#pragma unroll
      for (int i = 0; i < 3; i++)
        if (args.windows[i].loop == d)
          positions[i] = (int) at;
    });
#pragma unroll
    for (int i = 0; i < 3; i++)
      {
        ranges[i] = qs_find_taps (args.windows[i], positions[i]);
        x += ranges[i].origin;
      }
    const float count = find_count (args, ranges);

#pragma unroll
    for (int i = 0; i < N; i++)
      sums[i] = args.function != QS_CUDA_POOLING_MAX ? (Sum) 0
                : IS_BYTE                            ? (Sum) -128
                                                     : (Sum) -INFINITY;

    for (int d = ranges[0].first; d < ranges[0].last; d++)
      for (int h = ranges[1].first; h < ranges[1].last; h++)
        for (int w = ranges[2].first; w < ranges[2].last; w++)
          {
            const int64_t at = x + d * args.windows[0].dilation * args.windows[0].in_stride
                               + h * args.windows[1].dilation * args.windows[1].in_stride
                               + w * args.windows[2].dilation * args.windows[2].in_stride;

            take (args, sums, qs_load ((const Values *) ((const Value *) args.x.data + at)));
          }

    Values results;

#pragma unroll
    for (int i = 0; i < N; i++)
      results.v[i] = finish (args, sums[i], count);
    qs_store ((Values *) ((Value *) args.y.data + y), results);
  }
};

#define QS_POOLING_KERNEL(name, Type, n) \
  QS_KERNEL (qs_pooling_##name, QsCudaPooling, QS_CUDA_BLOCK) { QsPool<Type, n>::run (args); }

QS_POOLING_KERNEL (f32_1, QsFloatPooling, 1)
QS_POOLING_KERNEL (f32_4, QsFloatPooling, 4)
QS_POOLING_KERNEL (f16_1, QsHalfPooling, 1)
QS_POOLING_KERNEL (f16_8, QsHalfPooling, 8)
QS_POOLING_KERNEL (s8_1, QsBytePooling, 1)
QS_POOLING_KERNEL (s8_16, QsBytePooling, 16)
