/* SPDX-License-Identifier: MIT */
#include "qs-histogram-loops.h"

#include <float.h>
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

/* Values that are taken at a time. */
#define ROW 16

/* Rows whose sums are added up as floats before they join the doubles: 8 additions to each place lose
 * no more than the last bits of a float, and doubles would take as long as all the rest. */
#define RUN 8

/* Vectors of maxima that stay in registers while rows pass by. */
#define COLUMNS 4

/* Values whose bins are found before the first of them is counted: finding and counting wait for
 * each other where they alternate. */
#define BINS_AT_ONCE 512

/* A bin is floor (2048 q), where q is |x| / range, rounded. The product of |x| with the rounded
 * 2048 / range differs from 2048 q by at most a few roundings of 2^-24; within this share of an edge, eight
 * times as much, the division decides. */
#define EDGE 0x1p-21f

/* Those that do not fill a run. */
static void
scan_rest (const float     *values,
           gsize            n,
           QsHistogramScan *scan)
{
  for (gsize i = 0; i < n; i++)
    {
      double difference = (double) values[i] - scan->shift;

      scan->min = MIN (scan->min, values[i]);
      scan->max = MAX (scan->max, values[i]);
      scan->n_zeros += values[i] == 0.0f;
      scan->sum += difference;
      scan->squares += difference * difference;
    }
}

void
qs_histogram_scan_exact (const float     *values,
                         gsize            n,
                         QsHistogramScan *result)
{
  *result = (QsHistogramScan) { values[0], values[0], 0, (double) values[0], 0.0, 0.0 };
  scan_rest (values, n, result);
}

/* 2048 / @range, or 0 where that is beyond floats: for ranges below 1e-35. */
static inline float
safe_inverse (float range)
{
  float inverse = (float) QS_HISTOGRAM_BINS / range;

  return inverse <= FLT_MAX ? inverse : 0.0f;
}

#define LANES 4
#define LEVEL baseline
#define TARGET
#include "qs-histogram-loops-body.h"

#ifdef __x86_64__

#define LESSER(a, b) ((Floats) _mm256_min_ps (a, b))
#define GREATER(a, b) ((Floats) _mm256_max_ps (a, b))
#define LANES 8
#define LEVEL avx2
#define TARGET __attribute__ ((target ("avx2")))
#include "qs-histogram-loops-body.h"

#define AVX512 __attribute__ ((target ("avx512f,avx512bw,avx512dq,avx512vl,popcnt")))

/* Stores the bins that are not 0 side by side, and returns how many they are: zeros all fall into
 * bin 0, and what is missing is counted at once. */
AVX512 static inline gsize
compress_bins (const gint32 *some,
               gint32       *result)
{
  __m512i bins = _mm512_loadu_si512 (some);
  __mmask16 mask = _mm512_test_epi32_mask (bins, bins);

  _mm512_storeu_si512 (result, _mm512_maskz_compress_epi32 (mask, bins));
  return (gsize) __builtin_popcount (mask);
}

#define LESSER(a, b) ((Floats) _mm512_min_ps (a, b))
#define GREATER(a, b) ((Floats) _mm512_max_ps (a, b))
#define LANES 16
#define LEVEL avx512
#define TARGET AVX512
#define COMPRESS(bins, result) compress_bins (bins, result)
#include "qs-histogram-loops-body.h"

static gboolean
has_avx512 (void)
{
  return __builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512bw") &&
         __builtin_cpu_supports ("avx512dq") && __builtin_cpu_supports ("avx512vl");
}

const QsHistogramLoops *
qs_histogram_get_level_loops (guint index)
{
  switch (index)
    {
    case 0:
      return &loops_baseline;
    case 1:
      return __builtin_cpu_supports ("avx2") ? &loops_avx2 : NULL;
    case 2:
      return has_avx512 () ? &loops_avx512 : NULL;
    default:
      return NULL;
    }
}

#else

const QsHistogramLoops *
qs_histogram_get_level_loops (guint index)
{
  return index == 0 ? &loops_baseline : NULL;
}

#endif

/**
 * qs_histogram_get_loops:
 *
 * The fastest that this processor can run.
 */
const QsHistogramLoops *
qs_histogram_get_loops (void)
{
  const QsHistogramLoops *best = &loops_baseline, *next;

  for (guint i = 1; (next = qs_histogram_get_level_loops (i)) != NULL; i++)
    best = next;

  return best;
}
