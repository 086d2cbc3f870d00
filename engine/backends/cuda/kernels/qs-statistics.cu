/* SPDX-License-Identifier: MIT */
#include "qs-division.h"
#include "qs-elements.h"
#include "qs-statistics-arguments.h"

/*
 * What calibration keeps of activations, with the very bits of the host: blocks of 4096 values are
 * scanned in the order that QsHistogramScan gives, each by 16 threads, one for every place of a row
 * of 16; counts are whole numbers.
 */

#define QS_SCAN_BLOCK 4096
#define QS_SCAN_ROW 16
#define QS_SCAN_RUN 8
#define QS_BINS 2048

QS_KERNEL (qs_clear, QsCudaClear, QS_CUDA_BLOCK)
{
  if (qs_element () < args.n)
    qs_store (args.words + qs_element (), 0u);
}

/* The value of the lane that differs in the bits of @mask, in two words. */
QS_DEVICE double
qs_shuffle_double (double value,
                   int    mask)
{
  uint32_t words[2];

  memcpy (words, &value, sizeof value);
  words[0] = qs_shuffle_xor (words[0], mask);
  words[1] = qs_shuffle_xor (words[1], mask);
  memcpy (&value, words, sizeof value);
  return value;
}

/* One place of a row. */
struct QsScanPlace
{
  float low;
  float high;
  uint32_t n_zeros;
  double sum;
  double squares;

  QS_DEVICE void
  scan (const float *values,
        int          n,
        float        shift)
  {
    low = high = shift;
    n_zeros = 0;
    sum = squares = 0.0;
    for (int i = 0; i < n; i += QS_SCAN_RUN * QS_SCAN_ROW)
      {
        float run_sum = 0.0f, run_squares = 0.0f;

#pragma unroll
        for (int k = 0; k < QS_SCAN_RUN; k++)
          {
            const float x = qs_load (values + i + k * QS_SCAN_ROW);
            const float difference = x - shift;

            low = x < low ? x : low;
            high = x > high ? x : high;
            n_zeros += x == 0.0f;
            run_sum += difference;
            run_squares += difference * difference;
          }
        sum += (double) run_sum;
        squares += (double) run_squares;
      }
  }
};

/* Those that do not fill a run, one by one. */
QS_DEVICE void
qs_scan_rest (const float      *values,
              int               n,
              QsCudaScanResult *scan)
{
  for (int i = 0; i < n; i++)
    {
      const float x = qs_load (values + i);
      const double difference = (double) x - scan->shift;

      scan->min = scan->min < x ? scan->min : x;
      scan->max = scan->max > x ? scan->max : x;
      scan->n_zeros += x == 0.0f;
      scan->sum += difference;
      scan->squares += difference * difference;
    }
}

QS_DEVICE void
qs_store_scan (QsCudaScanResult       *to,
               const QsCudaScanResult &scan)
{
  qs_store (&to->min, scan.min);
  qs_store (&to->max, scan.max);
  qs_store (&to->n_zeros, scan.n_zeros);
  qs_store (&to->shift, scan.shift);
  qs_store (&to->sum, scan.sum);
  qs_store (&to->squares, scan.squares);
}

QS_KERNEL (qs_scan, QsCudaScan, QS_CUDA_BLOCK)
{
  const int place = qs_thread () % QS_SCAN_ROW;
  const int64_t block = (int64_t) qs_block_x () * QS_CUDA_SCAN_BLOCKS + qs_thread () / QS_SCAN_ROW;
  const int64_t first = block * QS_SCAN_BLOCK, left = args.n - first;
  const int n = left < 0 ? 0 : left < QS_SCAN_BLOCK ? (int) left : QS_SCAN_BLOCK;
  const int whole = n - n % (QS_SCAN_RUN * QS_SCAN_ROW);
  const float *values = args.values + first;
  const float shift = n > 0 ? qs_load (values) : 0.0f;
  QsCudaScanResult scan = { shift, shift, 0, 0, (double) shift, 0.0, 0.0 };
  QsScanPlace own;

  /* The host's vectors begin with 0 + x, which is never -0. */
  own.scan (values + place, whole, 0.0f + shift);
  if (place == 0)
    qs_scan_rest (values + whole, n - whole, &scan);

  /* The first thread of each row takes the others' in order. */
#pragma unroll 1
  for (int other = 0; other < QS_SCAN_ROW; other++)
    {
      const float low = qs_shuffle_xor (own.low, other), high = qs_shuffle_xor (own.high, other);

      scan.min = scan.min < low ? scan.min : low;
      scan.max = scan.max > high ? scan.max : high;
      scan.n_zeros += qs_shuffle_xor (own.n_zeros, other);
      scan.sum += qs_shuffle_double (own.sum, other);
      scan.squares += qs_shuffle_double (own.squares, other);
    }
  if (place == 0 && n > 0)
    qs_store_scan (args.scans + block, scan);
}

/* Bits of positive floats are ordered like the floats. */
#define QS_INFINITY_BITS 0x7f800000u

QS_KERNEL (qs_channel_maxima, QsCudaMaxima, QS_CUDA_BLOCK)
{
  uint32_t channel, rest, bits;

  if (qs_element () >= args.n)
    return;

  qs_divide (qs_divide (qs_element (), args.inner, &rest), args.n_channels, &channel);
  bits = qs_math_bits (qs_load (args.values + qs_element ())) & 0x7fffffffu;
  /* Looking first spares nearly all of the atomic operations. */
  if (bits < QS_INFINITY_BITS && bits > qs_load (args.maxima + channel))
    qs_atomic_max (args.maxima + channel, bits);
}

/* min (2047, floor (|x| / range * 2048)); -1 for what is not finite. */
QS_DEVICE int
qs_find_bin (float value,
             float range)
{
  const float x = fabsf (value) / range * (float) QS_BINS;

  if ((qs_math_bits (value) & 0x7fffffffu) >= QS_INFINITY_BITS)
    return -1;
  return x < (float) (QS_BINS - 1) ? (int) x : QS_BINS - 1;
}

QS_KERNEL (qs_count, QsCudaCount, QS_CUDA_BLOCK)
{
  const int64_t first = (int64_t) qs_block_x () * QS_CUDA_COUNT_CHUNK;
  const int64_t end = first + QS_CUDA_COUNT_CHUNK < args.n ? first + QS_CUDA_COUNT_CHUNK : args.n;
  uint32_t n_first = 0; /* in bin 0, where the zeros are */

  for (unsigned bin = qs_thread (); bin < QS_BINS; bin += QS_CUDA_BLOCK)
    qs_shared_store (bin * 4, 0u);
  qs_barrier ();

  for (int64_t i = first + qs_thread () * 4; i < end; i += QS_CUDA_BLOCK * 4)
    {
      float values[4] = { NAN, NAN, NAN, NAN };

      if (args.is_aligned && i + 4 <= end)
        qs_load_four (args.values, QS_CUDA_FLOAT, i, values);
      else
        {
#pragma unroll
          for (int k = 0; k < 4; k++)
            if (i + k < end)
              values[k] = qs_load (args.values + i + k);
        }
#pragma unroll
      for (int k = 0; k < 4; k++)
        {
          const int bin = qs_find_bin (values[k], args.range);

          n_first += bin == 0;
          if (bin > 0)
            qs_shared_atomic_add (bin * 4, 1u);
        }
    }
  if (n_first > 0)
    qs_shared_atomic_add (0, n_first);
  qs_barrier ();

  for (unsigned bin = qs_thread (); bin < QS_BINS; bin += QS_CUDA_BLOCK)
    {
      const uint32_t count = qs_shared_load<uint32_t> (bin * 4);

      if (count > 0)
        qs_atomic_add (args.counts + bin, count);
    }
}
