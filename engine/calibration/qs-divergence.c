/* SPDX-License-Identifier: MIT */
#include "qs-divergence.h"

#include <math.h>
#include <string.h>

/*
 * The search for the range that loses least information (S. Migacz, GTC 2017, s7310), with the
 * details that caches written by TensorRT 8 reveal:
 *
 * - Bin 0 is replaced by bin 1 before anything else.
 * - Candidate m keeps bins 0 … m - 1. The reference distribution P is those bins, with everything
 *   beyond added to the last of them.
 * - Q takes the kept bins without that addition, merges bin k into level floor (k * 128 / m), and
 *   spreads each level evenly over those of its bins that are not empty. Q is normalised by its own
 *   sum. Nothing is smoothed: a candidate with P > 0 where Q = 0 is not possible.
 * - All m from 128 to 2048 are candidates, the whole range included; ties go to the largest.
 *
 * With N the sum of P, S the sum of the kept bins, s and z the sum and the number of non-empty bins
 * of a level, W the sum of P in it, the divergence is
 *
 *   (sum_k P_k log P_k - sum_levels W log (s / z)) / N + log (S / N)
 *
 * whose first sum is a prefix sum and whose second has 128 terms, so that a candidate costs 128
 * logarithms. Rounding makes that formula useless for ties, which are frequent: several ranges
 * represent a sparse tensor exactly. So it only selects the candidates close to the least value,
 * and those are computed again by a formula that gives exactly 0 for equal distributions and the
 * same bits for equal terms.
 */

/* More than the rounding of the fast formula: terms below 64, 2048 of them, 2^-53 each. */
#define ROUNDING 1e-10

typedef struct
{
  guint64 counts[QS_HISTOGRAM_BINS];
  guint64 total;
  /* Entry k is the sum over bins 0 … k - 1. */
  guint64 sums[QS_HISTOGRAM_BINS + 1];
  guint32 used[QS_HISTOGRAM_BINS + 1];
  double entropies[QS_HISTOGRAM_BINS + 1];
} Search;

static double
x_log_x (double x)
{
  return x > 0.0 ? x * log (x) : 0.0;
}

static void
search_init (Search            *self,
             const QsHistogram *histogram)
{
  memcpy (self->counts, qs_histogram_get_counts (histogram), sizeof self->counts);
  self->counts[0] = self->counts[1];

  self->sums[0] = 0;
  self->used[0] = 0;
  self->entropies[0] = 0.0;
  for (int k = 0; k < QS_HISTOGRAM_BINS; k++)
    {
      self->sums[k + 1] = self->sums[k] + self->counts[k];
      self->used[k + 1] = self->used[k] + (self->counts[k] > 0);
      self->entropies[k + 1] = self->entropies[k] + x_log_x ((double) self->counts[k]);
    }
  self->total = self->sums[QS_HISTOGRAM_BINS];
}

/* The first bin of @level: the least k with floor (k * 128 / m) = level. */
static int
level_start (int m,
             int level)
{
  return (level * m + QS_DIVERGENCE_LEVELS - 1) / QS_DIVERGENCE_LEVELS;
}

static gboolean
is_possible (const Search *self,
             int           m)
{
  return self->sums[m] > 0 && (self->counts[m - 1] > 0 || self->sums[m] == self->total);
}

static double
divergence_fast (const Search *self,
                 int           m)
{
  double total = (double) self->total, kept = (double) self->sums[m];
  double last = (double) (self->counts[m - 1] + self->total - self->sums[m]);
  double sum = self->entropies[m - 1] + x_log_x (last);

  for (int level = 0; level < QS_DIVERGENCE_LEVELS; level++)
    {
      int first = level_start (m, level), next = level_start (m, level + 1);
      guint64 level_sum = self->sums[next] - self->sums[first];
      guint64 weight = next == m ? self->total - self->sums[first] : level_sum;

      if (level_sum > 0)
        sum -= (double) weight *
               log ((double) level_sum / (double) (self->used[next] - self->used[first]));
    }

  return sum / total + log (kept / total);
}

/* p log (p / q) - p + q, which sums to the divergence since P and Q both sum to 1, and of which no
 * term is negative, so that nothing cancels. r = p / q is exactly 1 where p = q. */
static double
exact_term (double p_times_used,
            double kept,
            double total,
            double level_sum,
            double used)
{
  double numerator = p_times_used * kept, denominator = total * level_sum;
  double excess = (numerator - denominator) / denominator;
  double q = level_sum / (used * kept);

  /* log1p (-1) belongs to p = 0, where the term is q. */
  return excess <= -1.0 ? q : q * ((1.0 + excess) * log1p (excess) - excess);
}

static double
divergence_exact (const Search *self,
                  int           m)
{
  guint64 outliers = self->total - self->sums[m];
  double sum = 0.0;

  for (int level = 0; level < QS_DIVERGENCE_LEVELS; level++)
    {
      int first = level_start (m, level), next = level_start (m, level + 1);
      guint64 level_sum = self->sums[next] - self->sums[first];
      guint64 used = self->used[next] - self->used[first];

      for (int k = first; k < next && level_sum > 0; k++)
        if (self->counts[k] > 0)
          {
            guint64 p = self->counts[k] + (k == m - 1 ? outliers : 0);

            sum += exact_term ((double) p * (double) used, (double) self->sums[m],
                               (double) self->total, (double) level_sum, (double) used);
          }
    }

  return sum;
}

/**
 * qs_divergence_search:
 * @curve: (nullable) (array length=2049): divergence in nats by candidate; NaN below 128, infinity
 *   where a candidate is not possible
 *
 * Finds the number of bins to keep. @histogram contains a value other than zero.
 */
int
qs_divergence_search (const QsHistogram *histogram,
                      float             *curve)
{
  g_autofree Search *search = g_new (Search, 1);
  double fast[QS_HISTOGRAM_BINS + 1], least = (double) INFINITY, best = (double) INFINITY;
  int best_m = QS_HISTOGRAM_BINS;

  search_init (search, histogram);
  for (int m = QS_DIVERGENCE_LEVELS; m <= QS_HISTOGRAM_BINS; m++)
    {
      fast[m] = is_possible (search, m) ? divergence_fast (search, m) : (double) INFINITY;
      least = MIN (least, fast[m]);
    }

  for (int m = QS_DIVERGENCE_LEVELS; m <= QS_HISTOGRAM_BINS; m++)
    if (fast[m] <= least + 2.0 * ROUNDING)
      {
        fast[m] = divergence_exact (search, m);
        if (fast[m] <= best)
          {
            best = fast[m];
            best_m = m;
          }
      }

  for (int m = 0; curve != NULL && m <= QS_HISTOGRAM_BINS; m++)
    curve[m] = m < QS_DIVERGENCE_LEVELS ? NAN : (float) MAX (fast[m], 0.0);

  return best_m;
}
