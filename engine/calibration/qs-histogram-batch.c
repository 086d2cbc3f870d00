/* SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <string.h>

#include "qs-histogram-loops.h"
#include "qs-histogram-private.h"

/*
 * Adding a batch. It is cut into blocks that stay in the processor's cache while they are looked at:
 * statistics and the largest |x| of a block first, then its channels, then its counts. Blocks are
 * spread over threads. Their statistics are joined in the order of the blocks, and counts are
 * whole numbers, so that the result is the same bits everywhere.
 *
 * The range must hold the whole batch before the first value is counted. Nearly always it does already,
 * so the counts are taken in the same go, and thrown away and taken again where it turns out
 * that it does not.
 */

/* Blocks that a thread takes at a time. */
#define CHUNK_BLOCKS 16

/* Zeros from which on it pays to leave them out. */
#define SPARSE_SHARE 0.2

/* Between these, squares of floats and sums of them are floats, too. */
#define SMALL 1e-15f
#define LARGE 1e18f

/* Accumulators of neighbouring channels, at least, so that few channels fill vectors too. */
#define MIN_WIDTH 64

/* What one thread gathers. */
typedef struct
{
  QsHistogramTables tables;
  gsize n_in_tables;
  guint64 counts[QS_HISTOGRAM_BINS];
  gboolean has_exceeded;
  float *maxima;
} Worker;

typedef struct
{
  const QsHistogramLoops *loops;
  const float *values;
  gsize n;
  const QsChannels *channels;
  gsize width; /* of a worker's maxima */
  float range; /* to count in, 0 for not counting */
  QsHistogramScan *scans;
  gboolean is_scanned;
  Worker *workers;
  guint n_workers;
} Batch;

static gsize
block_size (const Batch *self,
            gint64       block)
{
  return MIN (self->n - (gsize) block * QS_HISTOGRAM_BLOCK, QS_HISTOGRAM_BLOCK);
}

static gint64
count_blocks (const Batch *self)
{
  return (gint64) ((self->n + QS_HISTOGRAM_BLOCK - 1) / QS_HISTOGRAM_BLOCK);
}

static gboolean
is_finite (const QsHistogramScan *scan)
{
  return isfinite (scan->squares);
}

/* Squares of very large and very small values are beyond floats. */
gboolean
qs_histogram_scan_is_good (const QsHistogramScan *scan)
{
  float abs_max = MAX (fabsf (scan->min), fabsf (scan->max));

  return is_finite (scan) && abs_max <= LARGE && (abs_max >= SMALL || abs_max == 0.0f);
}

static void
scan_block (const QsHistogramLoops *loops,
            const float            *values,
            gsize                   n,
            QsHistogramScan        *scan)
{
  loops->scan (values, n, scan);
  if (!qs_histogram_scan_is_good (scan))
    qs_histogram_scan_exact (values, n, scan);
}

static void
worker_empty_tables (Worker *self)
{
  for (int bin = 0; bin < QS_HISTOGRAM_BINS; bin++)
    for (int table = 0; table < QS_HISTOGRAM_N_TABLES; table++)
      self->counts[bin] += self->tables[table][bin];

  memset (self->tables, 0, sizeof self->tables);
  self->n_in_tables = 0;
}

/* Where clearing the tables would cost more than they save, and where NaN must be left out. */
static void
count_one_by_one (const float *values,
                  gsize        n,
                  float        range,
                  guint64     *counts)
{
  for (gsize i = 0; i < n; i++)
    if (fabsf (values[i]) <= FLT_MAX)
      counts[qs_histogram_bin (values[i], range)]++;
}

static void
count_block (const Batch           *self,
             Worker                *worker,
             const float           *values,
             gsize                  n,
             const QsHistogramScan *scan)
{
  if (!is_finite (scan))
    {
      count_one_by_one (values, n, self->range, worker->counts);
      return;
    }

  if (worker->n_in_tables + n > QS_HISTOGRAM_TABLES_MAX)
    worker_empty_tables (worker);
  if (scan->n_zeros > SPARSE_SHARE * (double) n)
    self->loops->count_sparse (values, n, self->range, worker->tables);
  else
    self->loops->count (values, n, self->range, worker->tables);
  worker->n_in_tables += n;
}

/* Values of one channel after the other. */
static void
raise_planes (const Batch *self,
              float       *maxima,
              const float *values,
              gsize        first,
              gsize        n)
{
  gsize inner = self->channels->inner;

  for (gsize i = 0, size; i < n; i += size)
    {
      float *most = &maxima[(first + i) / inner % self->channels->n];

      size = MIN (inner - (first + i) % inner, n - i);
      *most = MAX (*most, self->loops->abs_max (values + i, size));
    }
}

/* Values of all channels in turn. */
static void
raise_rows (const Batch *self,
            float       *maxima,
            const float *values,
            gsize        first,
            gsize        n)
{
  for (gsize i = 0, size; i < n; i += size)
    {
      gsize place = (first + i) % self->width;
      gsize n_rows = place == 0 ? (n - i) / self->width : 0;

      if (n_rows > 0)
        {
          size = n_rows * self->width;
          self->loops->raise (values + i, n_rows, self->width, self->width, maxima);
        }
      else
        {
          size = MIN (self->width - place, n - i);
          self->loops->raise (values + i, 1, size, size, maxima + place);
        }
    }
}

static void
raise_finite (const Batch *self,
              float       *maxima,
              const float *values,
              gsize        first,
              gsize        n)
{
  for (gsize i = 0; i < n; i++)
    {
      float *most = &maxima[(first + i) / self->channels->inner % self->channels->n];

      if (fabsf (values[i]) <= FLT_MAX)
        *most = MAX (*most, fabsf (values[i]));
    }
}

static void
raise_maxima (const Batch *self,
              float       *maxima,
              const float *values,
              gsize        first,
              gsize        n,
              gboolean     all_finite)
{
  if (self->channels == NULL)
    return;

  if (!all_finite)
    raise_finite (self, maxima, values, first, n);
  else if (self->channels->inner == 1)
    raise_rows (self, maxima, values, first, n);
  else
    raise_planes (self, maxima, values, first, n);
}

static void
look_at_block (const Batch *self,
               Worker      *worker,
               gint64       block)
{
  gsize first = (gsize) block * QS_HISTOGRAM_BLOCK, n = block_size (self, block);
  const float *values = self->values + first;
  QsHistogramScan *scan = &self->scans[block];

  if (!self->is_scanned)
    {
      scan_block (self->loops, values, n, scan);
      raise_maxima (self, worker->maxima, values, first, n, is_finite (scan));
      if (is_finite (scan) && MAX (fabsf (scan->min), fabsf (scan->max)) > self->range)
        worker->has_exceeded = TRUE;
    }

  if (self->range > 0.0f && !worker->has_exceeded)
    count_block (self, worker, values, n, scan);
}

static void
look_at_blocks (gint64   first,
                gint64   last,
                guint    thread,
                gpointer data)
{
  const Batch *self = data;

  for (gint64 block = first; block < last; block++)
    look_at_block (self, &self->workers[thread], block);
}

static void
batch_run (Batch        *self,
           QsThreadPool *pool)
{
  gint64 n_blocks = count_blocks (self);

  if (self->n_workers > 1)
    qs_thread_pool_run (pool, n_blocks, CHUNK_BLOCKS, look_at_blocks, self);
  else
    look_at_blocks (0, n_blocks, 0, self);
}

/* Joins mean and squared differences of two sets (Chan, Golub and LeVeque 1979), which keeps the
 * digits that a sum of squares would lose when the mean is large. */
static void
merge_moments (QsHistogram *self,
               guint64      n,
               double       mean,
               double       m2)
{
  double total = (double) (self->n + n);
  double delta = mean - self->mean;

  self->mean += delta * ((double) n / total);
  self->m2 += m2 + delta * delta * ((double) self->n * ((double) n / total));
}

void
qs_histogram_merge_scan (QsHistogram           *self,
                         const QsHistogramScan *scan,
                         gsize                  n,
                         float                 *abs_max)
{
  double mean = scan->sum / (double) n;

  merge_moments (self, n, scan->shift + mean, MAX (scan->squares - scan->sum * mean, 0.0));
  self->min = self->n == 0 ? scan->min : MIN (self->min, scan->min);
  self->max = self->n == 0 ? scan->max : MAX (self->max, scan->max);
  self->n_zeros += scan->n_zeros;
  self->n += n;
  *abs_max = MAX (*abs_max, MAX (fabsf (scan->min), fabsf (scan->max)));
}

/* A block with values that are not finite: those are counted apart, and the others scanned again. */
static void
merge_mixed (QsHistogram            *self,
             const QsHistogramLoops *loops,
             const float            *values,
             gsize                   n,
             float                  *abs_max)
{
  float finite[QS_HISTOGRAM_BLOCK];
  QsHistogramScan scan;
  gsize n_finite = 0;

  for (gsize i = 0; i < n; i++)
    if (isnan (values[i]))
      self->n_nan++;
    else if (isinf (values[i]))
      self->n_infinite++;
    else
      finite[n_finite++] = values[i];

  if (n_finite == 0)
    return;

  scan_block (loops, finite, n_finite, &scan);
  qs_histogram_merge_scan (self, &scan, n_finite, abs_max);
}

/* A block whose statistics are still to be gathered. */
void
qs_histogram_merge_block (QsHistogram *self,
                          const float *values,
                          gsize        n,
                          float       *abs_max)
{
  const QsHistogramLoops *loops = qs_histogram_get_loops ();
  QsHistogramScan scan;

  scan_block (loops, values, n, &scan);
  if (is_finite (&scan))
    qs_histogram_merge_scan (self, &scan, n, abs_max);
  else
    merge_mixed (self, loops, values, n, abs_max);
}

/* In the order of the blocks; returns the batch's largest |x|. */
static float
merge_statistics (QsHistogram *self,
                  const Batch *batch)
{
  gint64 n_blocks = count_blocks (batch);
  float abs_max = 0.0f;

  for (gint64 block = 0; block < n_blocks; block++)
    {
      const QsHistogramScan *scan = &batch->scans[block];
      gsize n = block_size (batch, block);

      if (is_finite (scan))
        qs_histogram_merge_scan (self, scan, n, &abs_max);
      else
        merge_mixed (self, batch->loops, batch->values + (gsize) block * QS_HISTOGRAM_BLOCK, n,
                     &abs_max);
    }

  return abs_max;
}

static void
double_range (QsHistogram *self)
{
  for (int i = 0; i < QS_HISTOGRAM_BINS / 2; i++)
    self->counts[i] = self->counts[2 * i] + self->counts[2 * i + 1];
  memset (self->counts + QS_HISTOGRAM_BINS / 2, 0, sizeof self->counts / 2);

  self->range *= 2.0f;
  self->n_doublings++;
}

/* @n_before: how many finite values had come before this batch, all of them zero while there is no
 * range; they belong into bin 0 of whatever range it becomes. */
void
qs_histogram_grow_range (QsHistogram *self,
                         float        abs_max,
                         guint64      n_before)
{
  if (self->range == 0.0f && abs_max > 0.0f)
    {
      self->range = abs_max;
      self->counts[0] = n_before;
    }

  /* A range above FLT_MAX / 2 cannot double; the values beyond it then fall into the last bin. */
  while (abs_max > self->range && self->range <= FLT_MAX / 2.0f)
    double_range (self);
}

static void
batch_reset_counts (Batch *self)
{
  for (guint i = 0; i < self->n_workers; i++)
    {
      Worker *worker = &self->workers[i];

      memset (worker->tables, 0, sizeof worker->tables);
      memset (worker->counts, 0, sizeof worker->counts);
      worker->n_in_tables = 0;
      worker->has_exceeded = FALSE;
    }
}

static void
merge_counts (QsHistogram *self,
              Batch       *batch)
{
  for (guint i = 0; i < batch->n_workers; i++)
    {
      Worker *worker = &batch->workers[i];

      worker_empty_tables (worker);
      for (int bin = 0; bin < QS_HISTOGRAM_BINS; bin++)
        self->counts[bin] += worker->counts[bin];
    }
}

static void
merge_maxima (const Batch *self)
{
  const QsChannels *channels = self->channels;

  for (guint i = 0; channels != NULL && i < self->n_workers; i++)
    for (gsize k = 0; k < self->width; k++)
      channels->maxima[k % channels->n] = MAX (channels->maxima[k % channels->n],
                                               self->workers[i].maxima[k]);
}

/* Channels that alternate get several accumulators each, so that a row of them is long. */
static gsize
choose_width (const QsChannels *channels)
{
  if (channels == NULL)
    return 0;

  return channels->inner > 1 ? channels->n
                             : channels->n * ((MIN_WIDTH + channels->n - 1) / channels->n);
}

static void
batch_init (Batch            *self,
            const float      *values,
            gsize             n,
            const QsChannels *channels,
            QsThreadPool     *pool)
{
  *self = (Batch) {
    .loops = qs_histogram_get_loops (),
    .values = values,
    .n = n,
    .channels = channels,
    .width = choose_width (channels),
    .n_workers = 1,
  };
  if (pool != NULL && count_blocks (self) > CHUNK_BLOCKS)
    self->n_workers = qs_thread_pool_get_n_threads (pool);

  self->scans = g_new (QsHistogramScan, (gsize) count_blocks (self));
  self->workers = g_new0 (Worker, self->n_workers);
  for (guint i = 0; i < self->n_workers; i++)
    self->workers[i].maxima = g_new0 (float, MAX (self->width, 1));
}

static void
batch_clear (Batch *self)
{
  for (guint i = 0; i < self->n_workers; i++)
    g_free (self->workers[i].maxima);
  g_free (self->workers);
  g_free (self->scans);
}

/* A batch of one block, not worth tables and threads. */
static void
add_small (QsHistogram      *self,
           const float      *values,
           gsize             n,
           const QsChannels *channels)
{
  QsHistogramScan scan;
  Batch batch = {
    .loops = qs_histogram_get_loops (),
    .values = values,
    .n = n,
    .channels = channels,
    .width = channels != NULL ? channels->n : 0,
    .scans = &scan,
  };
  guint64 n_before = self->n;

  scan_block (batch.loops, values, n, &scan);
  raise_maxima (&batch, channels != NULL ? channels->maxima : NULL, values, 0, n, is_finite (&scan));
  qs_histogram_grow_range (self, merge_statistics (self, &batch), n_before);
  if (self->range > 0.0f)
    count_one_by_one (values, n, self->range, self->counts);
}

/**
 * qs_histogram_add_batch:
 * @values: (array length=n_values): a batch of one tensor, in any order
 * @channels: (nullable): where its channels lie, to gather their maxima in passing
 * @pool: (nullable): threads to use, which must be idle; never part of the result
 *
 * Counts a batch. The range grows by doubling until it holds the batch's largest |x|. NaN and
 * infinity are counted apart and take no part in anything else. Counts do not depend on the order
 * of @values; mean and variance are the same bits for the same order.
 */
void
qs_histogram_add_batch (QsHistogram      *self,
                        const float      *values,
                        gsize             n_values,
                        const QsChannels *channels,
                        QsThreadPool     *pool)
{
  guint64 n_before = self->n;
  float abs_max;
  Batch batch;

  if (n_values < QS_HISTOGRAM_BLOCK)
    {
      if (n_values > 0)
        add_small (self, values, n_values, channels);
      return;
    }

  batch_init (&batch, values, n_values, channels, pool);
  batch.range = self->range;
  batch_run (&batch, pool);
  abs_max = merge_statistics (self, &batch);
  merge_maxima (&batch);

  if (abs_max > batch.range)
    {
      qs_histogram_grow_range (self, abs_max, n_before);
      batch_reset_counts (&batch);
      batch.range = self->range;
      batch.is_scanned = TRUE;
      batch_run (&batch, pool);
    }

  if (self->range > 0.0f)
    merge_counts (self, &batch);
  batch_clear (&batch);
}

/* Without channels and threads. */
void
qs_histogram_add (QsHistogram *self,
                  const float *values,
                  gsize        n_values)
{
  qs_histogram_add_batch (self, values, n_values, NULL, NULL);
}
