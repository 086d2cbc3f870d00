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

/* a < b ? a : b and a > b ? a : b, lane by lane. */
#ifndef LESSER
#define SELECT(mask, a, b) ((Floats) (((mask) & (Ints) (a)) | (~(mask) & (Ints) (b))))
#define LESSER(a, b) SELECT ((a) < (b), a, b)
#define GREATER(a, b) SELECT ((a) > (b), a, b)
#endif

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
            low[v] = LESSER (x, low[v]);
            high[v] = GREATER (x, high[v]);
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

TARGET static inline Ints
NAME (limit) (Ints bins)
{
  const Ints last = (Ints) { 0 } + (QS_HISTOGRAM_BINS - 1);
  Ints over = bins > last;

  return (over & last) | (~over & bins);
}

TARGET static inline Floats
NAME (load_magnitudes) (const float *values)
{
  const Ints magnitude = (Ints) { 0 } + 0x7fffffff;
  Floats x;

  memcpy (&x, values, sizeof x);
  return (Floats) ((Ints) x & magnitude);
}

/* By definition, with a division, which takes longer than all the rest. */
TARGET static inline Ints
NAME (find_bins) (const float *values,
                  float        range)
{
  Floats x = NAME (load_magnitudes) (values) / range * (float) QS_HISTOGRAM_BINS;

  return NAME (limit) (__builtin_convertvector (x, Ints));
}

/* With a product instead; bits of @doubt are set when a value is so near to an edge that the division
 * may put it on the other side. Counting leaves the memory idle, which can bring the next block
 * meanwhile. */
TARGET static inline Ints
NAME (guess_bins) (const float *values,
                   float        inverse,
                   Ints        *doubt)
{
  Floats x = NAME (load_magnitudes) (values);
  Ints bins = __builtin_convertvector (x * (inverse - inverse * EDGE), Ints);

  __builtin_prefetch ((const char *) ((guintptr) values + QS_HISTOGRAM_BLOCK * sizeof *values));
  *doubt |= bins ^ __builtin_convertvector (x * (inverse + inverse * EDGE), Ints);
  return NAME (limit) (bins);
}

TARGET static inline gboolean
NAME (is_certain) (const Ints *doubt)
{
  guint64 words[sizeof (Ints) / sizeof (guint64)], any = 0;

  memcpy (words, doubt, sizeof words);
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    any |= words[i];

  return any == 0;
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

/* The bins of BINS_AT_ONCE values. */
TARGET static inline void
NAME (fill_bins) (const float *values,
                  float        range,
                  float        inverse,
                  gint32      *bins)
{
  Ints doubt = { 0 }, some;

  for (gsize k = 0; k < BINS_AT_ONCE; k += LANES)
    {
      some = NAME (guess_bins) (values + k, inverse, &doubt);
      memcpy (bins + k, &some, sizeof some);
    }
  if (inverse > 0.0f && NAME (is_certain) (&doubt))
    return;

  for (gsize k = 0; k < BINS_AT_ONCE; k += LANES)
    {
      some = NAME (find_bins) (values + k, range);
      memcpy (bins + k, &some, sizeof some);
    }
}

TARGET static inline void
NAME (count_bins) (const gint32      *bins,
                   gsize              n,
                   QsHistogramTables  tables)
{
  gsize k;

  for (k = 0; k + QS_HISTOGRAM_N_TABLES <= n; k += QS_HISTOGRAM_N_TABLES)
    {
      /* Written out: a loop here takes four times as long. */
      tables[0][bins[k]]++;
      tables[1][bins[k + 1]]++;
      tables[2][bins[k + 2]]++;
      tables[3][bins[k + 3]]++;
    }
  for (gsize table = 0; k + table < n; table++)
    tables[table][bins[k + table]]++;
}

TARGET static void
NAME (count) (const float      *values,
              gsize             n,
              float             range,
              QsHistogramTables tables)
{
  const float inverse = safe_inverse (range);
  gint32 bins[BINS_AT_ONCE];
  gsize i;

  for (i = 0; i + BINS_AT_ONCE <= n; i += BINS_AT_ONCE)
    {
      NAME (fill_bins) (values + i, range, inverse, bins);
      NAME (count_bins) (bins, BINS_AT_ONCE, tables);
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
  const float inverse = safe_inverse (range);
  gint32 bins[BINS_AT_ONCE], others[BINS_AT_ONCE + LANES];
  gsize i;

  for (i = 0; i + BINS_AT_ONCE <= n; i += BINS_AT_ONCE)
    {
      gsize n_others = 0;

      NAME (fill_bins) (values + i, range, inverse, bins);
      for (gsize k = 0; k < BINS_AT_ONCE; k += LANES)
        n_others += COMPRESS (bins + k, others + n_others);
      NAME (count_bins) (others, n_others, tables);
      tables[i / BINS_AT_ONCE % QS_HISTOGRAM_N_TABLES][0] += (guint16) (BINS_AT_ONCE - n_others);
    }
  NAME (count_rest) (values + i, n - i, range, tables);
}

#define COUNT_SPARSE NAME (count_sparse)
#else
#define COUNT_SPARSE NAME (count)
#endif

/* @n_vectors is a constant where this is called, and the vectors are registers once it is unrolled. */
TARGET __attribute__ ((always_inline)) static inline void
NAME (raise_vectors) (const float *values,
                      gsize        stride,
                      gsize        n_rows,
                      int          n_vectors,
                      float       *maxima)
{
  Floats most[COLUMNS];

  memcpy (most, maxima, (gsize) n_vectors * sizeof *most);
  for (gsize row = 0; row < n_rows; row++)
#pragma GCC unroll 4
    for (int v = 0; v < n_vectors; v++)
      most[v] = GREATER (NAME (load_magnitudes) (values + row * stride + v * LANES), most[v]);
  memcpy (maxima, most, (gsize) n_vectors * sizeof *most);
}

TARGET static void
NAME (raise) (const float *values,
              gsize        n_rows,
              gsize        width,
              gsize        stride,
              float       *maxima)
{
  gsize i;

  for (i = 0; i + COLUMNS * LANES <= width; i += COLUMNS * LANES)
    NAME (raise_vectors) (values + i, stride, n_rows, COLUMNS, maxima + i);
  for (; i + LANES <= width; i += LANES)
    NAME (raise_vectors) (values + i, stride, n_rows, 1, maxima + i);
  for (; i < width; i++)
    for (gsize row = 0; row < n_rows; row++)
      maxima[i] = MAX (maxima[i], __builtin_fabsf (values[row * stride + i]));
}

TARGET static float
NAME (abs_max) (const float *values,
                gsize        n)
{
  Floats most = { 0 };
  float result = 0.0f;
  gsize i;

  for (i = 0; i + LANES <= n; i += LANES)
    most = GREATER (NAME (load_magnitudes) (values + i), most);
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
#undef LESSER
#undef GREATER
#undef NAME
#undef PASTE
#undef PASTE_
#undef VECTORS
#undef TARGET
#undef LEVEL
#undef LANES
#undef COMPRESS
#undef COUNT_SPARSE
