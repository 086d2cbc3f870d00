/* SPDX-License-Identifier: MIT */
#include "qs-histogram-loops.h"

#include <string.h>

/*
 * Eight values at a time, in the compilers' vector types, which they turn into the instructions of
 * whatever set the function is compiled for. Each lane has sums of its own, and the lanes are added
 * in order at the end: what is rounded where is written here and not left to the compiler.
 */
#define LANES 8

typedef float Floats __attribute__ ((vector_size (LANES * 4)));
typedef gint32 Ints __attribute__ ((vector_size (LANES * 4)));
typedef float HalfFloats __attribute__ ((vector_size (LANES * 2)));
typedef double HalfDoubles __attribute__ ((vector_size (LANES * 4)));

/* mask ? a : b, lane by lane; masks are all ones or zero. */
#define SELECT(mask, a, b) ((Floats) (((mask) & (Ints) (a)) | (~(mask) & (Ints) (b))))

static inline __attribute__ ((always_inline)) void
scan (const float     *values,
      gsize            n,
      QsHistogramScan *result)
{
  QsHistogramScan scan = { values[0], values[0], 0, (double) values[0], 0.0, 0.0 };
  Floats low = (Floats) { 0 } + values[0], high = low;
  HalfDoubles sums[2] = { { 0 } }, squares[2] = { { 0 } };
  Ints zeros = { 0 };
  gsize i;

  for (i = 0; i + LANES <= n; i += LANES)
    {
      Floats x;

      memcpy (&x, values + i, sizeof x);
      low = SELECT (x < low, x, low);
      high = SELECT (x > high, x, high);
      zeros -= x == 0.0f;
      for (gsize half = 0; half < 2; half++)
        {
          HalfFloats part;
          HalfDoubles difference;

          memcpy (&part, values + i + half * LANES / 2, sizeof part);
          difference = __builtin_convertvector (part, HalfDoubles) - scan.shift;
          sums[half] += difference;
          squares[half] += difference * difference;
        }
    }
  for (gsize lane = 0; i < n; i++, lane++)
    {
      double difference = (double) values[i] - scan.shift;

      scan.min = MIN (scan.min, values[i]);
      scan.max = MAX (scan.max, values[i]);
      scan.n_zeros += values[i] == 0.0f;
      scan.sum += difference;
      scan.squares += difference * difference;
    }

  for (int lane = 0; lane < LANES; lane++)
    {
      scan.min = MIN (scan.min, low[lane]);
      scan.max = MAX (scan.max, high[lane]);
      scan.n_zeros += (guint) zeros[lane];
      scan.sum += sums[lane / 4][lane % 4];
      scan.squares += squares[lane / 4][lane % 4];
    }
  *result = scan;
}

static inline __attribute__ ((always_inline)) void
count (const float      *values,
       gsize             n,
       float             range,
       QsHistogramTables tables)
{
  const Ints magnitude = (Ints) { 0 } + 0x7fffffff, last = (Ints) { 0 } + (QS_HISTOGRAM_BINS - 1);
  gsize i;

  for (i = 0; i + LANES <= n; i += LANES)
    {
      gint32 bins[LANES];
      Floats x;
      Ints bin, over;

      memcpy (&x, values + i, sizeof x);
      x = (Floats) ((Ints) x & magnitude);
      bin = __builtin_convertvector (x / range * (float) QS_HISTOGRAM_BINS, Ints);
      over = bin > last;
      bin = (over & last) | (~over & bin);
      memcpy (bins, &bin, sizeof bins);
      /* Written out: a loop here takes four times as long. */
      tables[0][bins[0]]++;
      tables[1][bins[1]]++;
      tables[2][bins[2]]++;
      tables[3][bins[3]]++;
      tables[0][bins[4]]++;
      tables[1][bins[5]]++;
      tables[2][bins[6]]++;
      tables[3][bins[7]]++;
    }
  for (; i < n; i++)
    tables[i % QS_HISTOGRAM_N_TABLES][qs_histogram_bin (values[i], range)]++;
}

static inline __attribute__ ((always_inline)) void
raise_maxima (const float *values,
              gsize        n,
              float       *maxima)
{
  const Ints magnitude = (Ints) { 0 } + 0x7fffffff;
  gsize i;

  for (i = 0; i + LANES <= n; i += LANES)
    {
      Floats x, most;

      memcpy (&x, values + i, sizeof x);
      memcpy (&most, maxima + i, sizeof most);
      x = (Floats) ((Ints) x & magnitude);
      most = SELECT (x > most, x, most);
      memcpy (maxima + i, &most, sizeof most);
    }
  for (; i < n; i++)
    maxima[i] = MAX (maxima[i], __builtin_fabsf (values[i]));
}

static inline __attribute__ ((always_inline)) float
find_abs_max (const float *values,
              gsize        n)
{
  float lanes[LANES] = { 0.0f }, most = 0.0f;
  gsize i;

  for (i = 0; i + LANES <= n; i += LANES)
    raise_maxima (values + i, LANES, lanes);
  for (; i < n; i++)
    most = MAX (most, __builtin_fabsf (values[i]));
  for (int lane = 0; lane < LANES; lane++)
    most = MAX (most, lanes[lane]);

  return most;
}

static void
scan_baseline (const float     *values,
               gsize            n,
               QsHistogramScan *result)
{
  scan (values, n, result);
}

static void
count_baseline (const float      *values,
                gsize             n,
                float             range,
                QsHistogramTables tables)
{
  count (values, n, range, tables);
}

static void
raise_baseline (const float *values,
                gsize        n,
                float       *maxima)
{
  raise_maxima (values, n, maxima);
}

static float
abs_max_baseline (const float *values,
                  gsize        n)
{
  return find_abs_max (values, n);
}

static const QsHistogramLoops baseline = {
  scan_baseline, count_baseline, raise_baseline, abs_max_baseline
};

const QsHistogramLoops *
qs_histogram_get_baseline_loops (void)
{
  return &baseline;
}

#ifdef __x86_64__

__attribute__ ((target ("avx2"))) static void
scan_avx2 (const float     *values,
           gsize            n,
           QsHistogramScan *result)
{
  scan (values, n, result);
}

__attribute__ ((target ("avx2"))) static void
count_avx2 (const float      *values,
            gsize             n,
            float             range,
            QsHistogramTables tables)
{
  count (values, n, range, tables);
}

__attribute__ ((target ("avx2"))) static void
raise_avx2 (const float *values,
            gsize        n,
            float       *maxima)
{
  raise_maxima (values, n, maxima);
}

__attribute__ ((target ("avx2"))) static float
abs_max_avx2 (const float *values,
              gsize        n)
{
  return find_abs_max (values, n);
}

static const QsHistogramLoops avx2 = { scan_avx2, count_avx2, raise_avx2, abs_max_avx2 };

const QsHistogramLoops *
qs_histogram_get_loops (void)
{
  return __builtin_cpu_supports ("avx2") ? &avx2 : &baseline;
}

#else

const QsHistogramLoops *
qs_histogram_get_loops (void)
{
  return &baseline;
}

#endif
