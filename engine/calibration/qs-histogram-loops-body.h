/* SPDX-License-Identifier: MIT */

/*
 * The inner loops for vectors of LANES floats, as functions whose names end in _LEVEL with the
 * attributes TARGET. Included once for every instruction set, without a guard.
 *
 * Whatever LANES is, ROW values are taken at a time, and each place in the row has sums of its own,
 * which are added in the order of the places at the end: what is rounded where is written here,
 * and all instruction sets give the same bits. Vectors wider than the processor's would do, too,
 * but compilers take them apart badly.
 */

#define VECTORS (ROW / LANES)
#define PASTE_(name, level) name##_##level
#define PASTE(name, level) PASTE_ (name, level)
#define NAME(name) PASTE (name, LEVEL)

#define Floats NAME (Floats)
#define Ints NAME (Ints)
#define Shorts NAME (Shorts)
#define HalfFloats NAME (HalfFloats)
#define HalfDoubles NAME (HalfDoubles)

typedef float Floats __attribute__ ((vector_size (LANES * 4)));
typedef gint32 Ints __attribute__ ((vector_size (LANES * 4)));
typedef guint16 Shorts __attribute__ ((vector_size (LANES * 2)));
typedef float HalfFloats __attribute__ ((vector_size (LANES * 2)));
typedef double HalfDoubles __attribute__ ((vector_size (LANES * 4)));

/* mask ? a : b, lane by lane; masks are all ones or zero. */
#define SELECT(mask, a, b) ((Floats) (((mask) & (Ints) (a)) | (~(mask) & (Ints) (b))))

TARGET static inline void
NAME (join) (const Floats *part,
             double       *sums)
{
  HalfFloats halves[2];
  HalfDoubles sum;

  memcpy (halves, part, sizeof halves);
  for (int half = 0; half < 2; half++)
    {
      memcpy (&sum, sums + half * LANES / 2, sizeof sum);
      sum += __builtin_convertvector (halves[half], HalfDoubles);
      memcpy (sums + half * LANES / 2, &sum, sizeof sum);
    }
}

TARGET static void
NAME (scan) (const float     *values,
             gsize            n,
             QsHistogramScan *result)
{
  QsHistogramScan scan = { values[0], values[0], 0, (double) values[0], 0.0, 0.0 };
  const Floats shift = (Floats) { 0 } + values[0];
  Floats low[VECTORS], high[VECTORS];
  Ints zeros[VECTORS] = { { 0 } };
  double sums[ROW] = { 0.0 }, squares[ROW] = { 0.0 };
  gsize i, last = n - n % (RUN * ROW);

  for (int v = 0; v < VECTORS; v++)
    low[v] = high[v] = shift;

  for (i = 0; i < last; i += RUN * ROW)
    {
      Floats run_sums[VECTORS] = { { 0 } }, run_squares[VECTORS] = { { 0 } };

      for (int k = 0; k < RUN; k++)
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++)
          {
            Floats x, difference;

            memcpy (&x, values + i + k * ROW + v * LANES, sizeof x);
            low[v] = SELECT (x < low[v], x, low[v]);
            high[v] = SELECT (x > high[v], x, high[v]);
            zeros[v] -= x == 0.0f;
            difference = x - shift;
            run_sums[v] += difference;
            run_squares[v] += difference * difference;
          }
      for (int v = 0; v < VECTORS; v++)
        {
          NAME (join) (&run_sums[v], sums + v * LANES);
          NAME (join) (&run_squares[v], squares + v * LANES);
        }
    }
  scan_rest (values + i, n - i, &scan);

  for (int place = 0; place < ROW; place++)
    {
      scan.min = MIN (scan.min, low[place / LANES][place % LANES]);
      scan.max = MAX (scan.max, high[place / LANES][place % LANES]);
      scan.n_zeros += (guint) zeros[place / LANES][place % LANES];
      scan.sum += sums[place];
      scan.squares += squares[place];
    }
  *result = scan;
}

/* Counting leaves the memory idle, which can bring the next block meanwhile. */
TARGET static inline Ints
NAME (find_bins) (const float *values,
                  float        range)
{
  const Ints magnitude = (Ints) { 0 } + 0x7fffffff, last = (Ints) { 0 } + (QS_HISTOGRAM_BINS - 1);
  Floats x;
  Ints bins, over;

  __builtin_prefetch ((const char *) ((guintptr) values + QS_HISTOGRAM_BLOCK * sizeof *values));
  memcpy (&x, values, sizeof x);
  x = (Floats) ((Ints) x & magnitude);
  bins = __builtin_convertvector (x / range * (float) QS_HISTOGRAM_BINS, Ints);
  over = bins > last;
  return (over & last) | (~over & bins);
}

TARGET static inline void
NAME (count_rest) (const float      *values,
                   gsize             n,
                   float             range,
                   QsHistogramTables tables)
{
  for (gsize i = 0; i < n; i++)
    tables[i % QS_HISTOGRAM_N_TABLES][qs_histogram_bin (values[i], range)]++;
}

TARGET static void
NAME (count) (const float      *values,
              gsize             n,
              float             range,
              QsHistogramTables tables)
{
  gint32 bins[BINS_AT_ONCE];
  gsize i;

  for (i = 0; i + BINS_AT_ONCE <= n; i += BINS_AT_ONCE)
    {
      for (gsize k = 0; k < BINS_AT_ONCE; k += LANES)
        {
          Ints some = NAME (find_bins) (values + i + k, range);

          memcpy (bins + k, &some, sizeof some);
        }
      for (gsize k = 0; k < BINS_AT_ONCE; k += QS_HISTOGRAM_N_TABLES)
        {
          /* Written out: a loop here takes four times as long. */
          tables[0][bins[k]]++;
          tables[1][bins[k + 1]]++;
          tables[2][bins[k + 2]]++;
          tables[3][bins[k + 3]]++;
        }
    }
  NAME (count_rest) (values + i, n - i, range, tables);
}

#ifdef COMPRESS

TARGET static void
NAME (count_sparse) (const float      *values,
                     gsize             n,
                     float             range,
                     QsHistogramTables tables)
{
  gint32 bins[BINS_AT_ONCE + LANES];
  gsize i;

  for (i = 0; i + BINS_AT_ONCE <= n; i += BINS_AT_ONCE)
    {
      gsize n_bins = 0, k;

      for (k = 0; k < BINS_AT_ONCE; k += LANES)
        n_bins += COMPRESS (NAME (find_bins) (values + i + k, range), bins + n_bins);
      for (k = 0; k + QS_HISTOGRAM_N_TABLES <= n_bins; k += QS_HISTOGRAM_N_TABLES)
        {
          tables[0][bins[k]]++;
          tables[1][bins[k + 1]]++;
          tables[2][bins[k + 2]]++;
          tables[3][bins[k + 3]]++;
        }
      for (; k < n_bins; k++)
        tables[k % QS_HISTOGRAM_N_TABLES][bins[k]]++;
      tables[i / BINS_AT_ONCE % QS_HISTOGRAM_N_TABLES][0] += (guint16) (BINS_AT_ONCE - n_bins);
    }
  NAME (count_rest) (values + i, n - i, range, tables);
}

#define COUNT_SPARSE NAME (count_sparse)
#else
#define COUNT_SPARSE NAME (count)
#endif

TARGET static void
NAME (raise) (const float *values,
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

TARGET static float
NAME (abs_max) (const float *values,
                gsize        n)
{
  const Ints magnitude = (Ints) { 0 } + 0x7fffffff;
  Floats most = { 0 };
  float result = 0.0f;
  gsize i;

  for (i = 0; i + LANES <= n; i += LANES)
    {
      Floats x;

      memcpy (&x, values + i, sizeof x);
      x = (Floats) ((Ints) x & magnitude);
      most = SELECT (x > most, x, most);
    }
  for (; i < n; i++)
    result = MAX (result, __builtin_fabsf (values[i]));
  for (int lane = 0; lane < LANES; lane++)
    result = MAX (result, most[lane]);

  return result;
}

static const QsHistogramLoops NAME (loops) = {
  NAME (scan), NAME (count), COUNT_SPARSE, NAME (raise), NAME (abs_max),
};

#undef Floats
#undef Ints
#undef Shorts
#undef HalfFloats
#undef HalfDoubles
#undef SELECT
#undef NAME
#undef PASTE
#undef PASTE_
#undef VECTORS
#undef TARGET
#undef LEVEL
#undef LANES
#undef COMPRESS
#undef COUNT_SPARSE
