/* SPDX-License-Identifier: MIT */
#include "qs-elements.h"

/*
 * Rows: elements that are normalized together or summed up. LANES threads share a row: one where
 * neighbouring rows lie beside each other in memory, a warp, or a whole block. Each takes every
 * LANES-th unit of one element or four, and what the threads have is joined in a fixed tree, so
 * that results depend on shapes alone. Sums of floats are kept in two parts, the second of which is
 * joined every QS_RUN additions; the error of a sum of n values is at most
 * (QS_RUN + n / (QS_RUN LANES) + log2 (LANES)) 2^-24 of the sum of their magnitudes.
 */

#define QS_RUN 16

struct QsAdd
{
  template <class T> static QS_DEVICE T join (T a, T b) { return a + b; }
};

struct QsLarger
{
  static QS_DEVICE float join (float a, float b) { return b > a || isnan (b) ? b : a; }
};

/* A NaN among the values does not count here; it comes back with the sum. */
struct QsLargest
{
  static QS_DEVICE float join (float a, float b) { return b > a ? b : a; }
};

struct QsSmaller
{
  static QS_DEVICE float join (float a, float b) { return b < a || isnan (b) ? b : a; }
};

struct QsSmallest
{
  static QS_DEVICE int32_t join (int32_t a, int32_t b) { return b < a ? b : a; }
};

struct QsMultiply
{
  static QS_DEVICE float join (float a, float b) { return a * b; }
};

/* What all threads of a row have, joined; all get the result. Every thread of the block calls it. */
template <int LANES, class Join, class T>
QS_DEVICE T
qs_join (T value)
{
#pragma unroll
  for (int mask = LANES < 32 ? LANES / 2 : 16; mask > 0; mask /= 2)
    value = Join::join (value, qs_shuffle_xor (value, mask));
  if (LANES <= 32)
    return value;

  const unsigned warp = qs_thread () / 32;
  T all;

  qs_barrier ();
  if (qs_thread () % 32 == 0)
    qs_shared_store (warp * 4, value);
  qs_barrier ();
  all = qs_shared_load<T> (0);
#pragma unroll
  for (int i = 1; i < LANES / 32; i++)
    all = Join::join (all, qs_shared_load<T> (i * 4));
  return all;
}

/* A sum whose error grows with the square root of what it would be. */
struct QsSum
{
  float total = 0.0f;
  float part = 0.0f;
  int n = 0;

  QS_DEVICE void
  add (float value)
  {
    part += value;
    if (++n == QS_RUN)
      {
        total += part;
        part = 0.0f;
        n = 0;
      }
  }

  QS_DEVICE float get () const { return total + part; }
};

template <int LANES, int WIDTH>
struct QsRowWorker
{
  const QsCudaRows &args;
  int lane;
  bool exists;
  int64_t y = 0, x = 0, factor = 0, shift = 0;

  QS_DEVICE
  QsRowWorker (const QsCudaRows &all)
    : args (all), lane (qs_thread () % LANES)
  {
    const uint32_t row = qs_block_x () * (QS_CUDA_BLOCK / LANES) + qs_thread () / LANES;

    exists = row < (uint32_t) args.outer.n;
    if (!exists)
      return;
    qs_locate (args.outer, row, [&] (int d, int64_t at) {
      y += at * args.y.outer[d];
      x += at * args.x.outer[d];
      factor += at * args.factor.outer[d];
      shift += at * args.shift.outer[d];
    });
  }

  static QS_DEVICE int64_t
  find (const QsCudaLoops &loops,
        const int64_t     *strides,
        uint32_t           unit)
  {
    int64_t place = 0;

    if (loops.n_dims == 1)
      return (int64_t) unit * strides[0];
    qs_locate (loops, unit, [&] (int d, int64_t at) { place += at * strides[d]; });
    return place;
  }

  /* Calls @f with the values of every unit of this thread's. */
  template <class F>
  QS_DEVICE void
  for_all (F f) const
  {
    if (!exists)
      return;
    for (int unit = lane; unit < args.inner.n; unit += LANES)
      {
        float values[WIDTH];

        qs_load_reals (args.x.data, args.x.type, args.x.scale,
                       x + find (args.inner, args.x.inner, unit), values);
        f (unit, values);
      }
  }

  template <class F>
  QS_DEVICE float
  sum (F f) const
  {
    QsSum own;

    for_all ([&] (int, const float (&values)[WIDTH]) {
#pragma unroll
      for (int i = 0; i < WIDTH; i++)
        own.add (f (values[i]));
    });
    return qs_join<LANES, QsAdd> (own.get ());
  }

  template <class Join>
  QS_DEVICE float
  fold (float start) const
  {
    for_all ([&] (int, const float (&values)[WIDTH]) {
#pragma unroll
      for (int i = 0; i < WIDTH; i++)
        start = Join::join (start, values[i]);
    });
    return qs_join<LANES, Join> (start);
  }

  QS_DEVICE int32_t
  sum_bytes () const
  {
    int32_t own = 0;

    for_all ([&] (int, const float (&values)[WIDTH]) {
#pragma unroll
      for (int i = 0; i < WIDTH; i++)
        own += (int32_t) values[i];
    });
    return qs_join<LANES, QsAdd> (own);
  }

  /* Where the largest value is for the first time. */
  QS_DEVICE int32_t
  find_largest (float largest) const
  {
    int32_t best = INT32_MAX;

    for_all ([&] (int unit, const float (&values)[WIDTH]) {
#pragma unroll
      for (int i = WIDTH - 1; i >= 0; i--)
        if (values[i] == largest && best > unit * WIDTH + i)
          best = unit * WIDTH + i;
    });
    return qs_join<LANES, QsSmallest> (best);
  }

  /* Stores f of every value, with its parameters. */
  template <class F>
  QS_DEVICE void
  map (F f) const
  {
    for_all ([&] (int unit, float (&values)[WIDTH]) {
#pragma unroll
      for (int i = 0; i < WIDTH; i++)
        values[i] = f (values[i], unit * WIDTH + i);
      apply_parameters (unit, values);
      qs_store_reals (args.y.data, args.y.type, args.y.scale,
                      y + find (args.inner, args.y.inner, unit), values);
    });
  }

  QS_DEVICE void
  apply_parameters (int   unit,
                    float (&values)[WIDTH]) const
  {
    float parameters[WIDTH];

    if (args.factor.data != nullptr)
      {
        load_parameters (args.factor, factor, unit, parameters);
#pragma unroll
        for (int i = 0; i < WIDTH; i++)
          values[i] *= parameters[i];
      }
    if (args.shift.data != nullptr)
      {
        load_parameters (args.shift, shift, unit, parameters);
#pragma unroll
        for (int i = 0; i < WIDTH; i++)
          values[i] += parameters[i];
      }
  }

  /* The same one for all values of a row that has channels as rows. */
  QS_DEVICE void
  load_parameters (const QsCudaRowOperand &operand,
                   int64_t                 start,
                   int                     unit,
                   float                   (&values)[WIDTH]) const
  {
    const int64_t at = start + find (args.inner, operand.inner, unit);

    if (WIDTH == 1 || operand.scale == 0.0f)
      {
        qs_load_reals (operand.data, operand.type, 1.0f, at, values);
        return;
      }

    const float value = qs_load_element (operand.data, operand.type, at);

#pragma unroll
    for (int i = 0; i < WIDTH; i++)
      values[i] = value;
  }

  /* The one result of a row. */
  QS_DEVICE void
  store (float value) const
  {
    if (!exists || lane != 0)
      return;
    if (args.activation != QS_ACTIVATION_NONE)
      value = qs_activate_seldom (args.activation, value, args.alpha, args.beta);
    qs_store_element (args.y.data, args.y.type, y, value, args.y.scale);
  }
};

template <int LANES, int WIDTH>
QS_DEVICE void
qs_soft_max (const QsCudaRows &args)
{
  const QsRowWorker<LANES, WIDTH> rows (args);
  const float largest = rows.template fold<QsLargest> (-INFINITY);
  float sum;

  if (args.function == QS_CUDA_HARD_MAX)
    {
      const int32_t best = rows.find_largest (largest);

      rows.map ([&] (float, int i) { return i == best ? 1.0f : 0.0f; });
      return;
    }

  sum = rows.sum ([&] (float x) { return qs_math_exp (x - largest); });
  if (args.function == QS_CUDA_LOG_SOFT_MAX)
    {
      sum = logf (sum);
      rows.map ([&] (float x, int) { return x - largest - sum; });
    }
  else
    rows.map ([&] (float x, int) { return qs_math_exp (x - largest) / sum; });
}

template <int LANES, int WIDTH>
QS_DEVICE void
qs_normalize (const QsCudaRows &args)
{
  const QsRowWorker<LANES, WIDTH> rows (args);
  const float n = (float) args.n;
  float center = 0.0f, spread;

  if (args.function == QS_CUDA_STANDARDIZE || args.function == QS_CUDA_MEAN_VARIANCE)
    center = rows.sum ([] (float x) { return x; }) / n;
  if (args.function == QS_CUDA_LP_1)
    spread = rows.sum ([] (float x) { return fabsf (x); });
  else
    spread = rows.sum ([&] (float x) { return (x - center) * (x - center); });

  switch (args.function)
    {
    case QS_CUDA_STANDARDIZE:
    case QS_CUDA_ROOT_MEAN_SQUARE:
      spread = 1.0f / sqrtf (spread / n + args.epsilon);
      rows.map ([&] (float x, int) { return (x - center) * spread; });
      break;
    case QS_CUDA_MEAN_VARIANCE:
      spread = sqrtf (spread / n) + 1e-9f;
      rows.map ([&] (float x, int) { return (x - center) / spread; });
      break;
    default:
      spread = args.function == QS_CUDA_LP_1 ? spread : sqrtf (spread);
      rows.map ([&] (float x, int) { return spread == 0.0f ? 0.0f : x / spread; });
      break;
    }
}

/* The mean of INT8 as qs-int8.h has it: the sum is exact, and the scale is divided. */
template <int LANES, int WIDTH>
QS_DEVICE void
qs_mean_of_bytes (const QsCudaRows &args)
{
  const QsRowWorker<LANES, WIDTH> rows (args);

  rows.store ((float) rows.sum_bytes () * (args.epsilon / (float) args.n));
}

template <int LANES, int WIDTH>
QS_DEVICE void
qs_reduce (const QsCudaRows &args)
{
  const QsRowWorker<LANES, WIDTH> rows (args);
  float result;

  switch (args.function)
    {
    case QS_CUDA_REDUCE_MAX:
      result = rows.template fold<QsLarger> (-INFINITY);
      break;
    case QS_CUDA_REDUCE_MIN:
      result = rows.template fold<QsSmaller> (INFINITY);
      break;
    case QS_CUDA_REDUCE_PROD:
      result = rows.template fold<QsMultiply> (1.0f);
      break;
    case QS_CUDA_REDUCE_L1:
      result = rows.sum ([] (float x) { return fabsf (x); });
      break;
    case QS_CUDA_REDUCE_L2:
    case QS_CUDA_REDUCE_SUM_SQUARE:
      result = rows.sum ([] (float x) { return x * x; });
      result = args.function == QS_CUDA_REDUCE_L2 ? sqrtf (result) : result;
      break;
    case QS_CUDA_REDUCE_LOG_SUM_EXP:
      {
        float largest = rows.template fold<QsLarger> (-INFINITY);

        /* exp (-inf - -inf) would be NaN. */
        largest = isinf (largest) ? 0.0f : largest;
        result = rows.sum ([&] (float x) { return qs_math_exp (x - largest); });
        result = largest + logf (result);
        break;
      }
    default:
      result = rows.sum ([] (float x) { return x; });
      result = args.function == QS_CUDA_REDUCE_MEAN      ? result / (float) args.n
               : args.function == QS_CUDA_REDUCE_LOG_SUM ? logf (result)
                                                         : result;
    }
  rows.store (result);
}

#define QS_ROW_KERNELS(lanes, width) \
  QS_KERNEL (qs_soft_max_##lanes##_##width, QsCudaRows, QS_CUDA_BLOCK) \
  { \
    qs_soft_max<lanes, width> (args); \
  } \
  QS_KERNEL (qs_normalize_##lanes##_##width, QsCudaRows, QS_CUDA_BLOCK) \
  { \
    qs_normalize<lanes, width> (args); \
  } \
  QS_KERNEL (qs_mean_of_bytes_##lanes##_##width, QsCudaRows, QS_CUDA_BLOCK) \
  { \
    qs_mean_of_bytes<lanes, width> (args); \
  } \
  QS_KERNEL (qs_reduce_##lanes##_##width, QsCudaRows, QS_CUDA_BLOCK) \
  { \
    qs_reduce<lanes, width> (args); \
  }

QS_ROW_KERNELS (1, 1)
QS_ROW_KERNELS (32, 1)
QS_ROW_KERNELS (32, 4)
QS_ROW_KERNELS (256, 1)
QS_ROW_KERNELS (256, 4)

/* Normalization over channels: x / (bias + alpha / size * sum of the squares of neighbours)^beta.
 * Loops are all elements; @inner is the channel's, in which x is @x.inner[0] apart. */
QS_KERNEL (qs_local_response, QsCudaRows, QS_CUDA_BLOCK)
{
  const uint32_t element = qs_element ();
  int64_t y = 0, x = 0;
  int channel = 0;

  if (element >= (uint32_t) args.outer.n)
    return;

  qs_locate (args.outer, element, [&] (int d, int64_t at) {
    y += at * args.y.outer[d];
    x += at * args.x.outer[d];
    if (d == args.function)
      channel = (int) at;
  });

  const int before = (args.width - 1) / 2, after = args.width / 2;
  const int first = channel > before ? channel - before : 0;
  const int last = channel + after < args.n - 1 ? channel + after : args.n - 1;
  const float own = qs_load_element (args.x.data, args.x.type, x);
  float sum = 0.0f;

  for (int k = first; k <= last; k++)
    {
      const float value =
        qs_load_element (args.x.data, args.x.type, x + (int64_t) (k - channel) * args.x.inner[0]);

      sum += value * value;
    }
  qs_store_element (args.y.data, args.y.type, y,
                    own / powf (args.epsilon + args.alpha / (float) args.width * sum, args.beta),
                    0.0f);
}
