/* SPDX-License-Identifier: MIT */
#include "qs-findings.h"

#include <math.h>

/* A bin with this share of all values is a spike, and clipping this share is worth a word. */
#define SPIKE_SHARE 0.2
#define CLIPPED_SHARE 0.01

/* How much farther the largest value lies than 99.99 % of all. */
#define OUTLIER_RATIO 4.0

/* A range that has just doubled is used a little more than half. */
#define HALF_EMPTY_USE 0.55

#define DISAGREEMENT_RATIO 2.0

void
qs_finding_free (QsFinding *self)
{
  g_free (self->tensor);
  g_free (self->message);
  g_free (self);
}

/* (transfer full) (nullable): what a rule has to say about one histogram with values in it */
typedef char *(*Rule) (const QsHistogram *histogram);

static float
threshold_by (const char        *id,
              const QsHistogram *histogram,
              int               *bin)
{
  QsCalibration calibration;

  qs_calibrator_compute (qs_calibrator_lookup (id), histogram, NULL, FALSE, &calibration);
  if (bin != NULL)
    *bin = calibration.bin;
  qs_calibration_clear (&calibration);
  return calibration.threshold;
}

static char *
find_spike (const QsHistogram *histogram)
{
  const guint64 *counts = qs_histogram_get_counts (histogram);
  double n = (double) qs_histogram_get_n (histogram), share, clipped, width;
  float threshold;
  int m;

  threshold = threshold_by ("entropy2", histogram, &m);
  if (m < 2)
    return NULL;

  /* The spike is in the last bin that is kept: everything beyond was added to it. */
  share = (double) counts[m - 1] / n;
  clipped = qs_histogram_get_clipped (histogram, threshold);
  if (share < SPIKE_SHARE || clipped < CLIPPED_SHARE)
    return NULL;

  width = (double) qs_histogram_get_range (histogram) / QS_HISTOGRAM_BINS;
  return g_strdup_printf ("%.1f %% of all values lie at ±%.4g, a padding or background. Entropy "
                          "calibration lets this spike absorb everything beyond it: %.1f %% of the "
                          "values are clipped to ±%.4g although the largest is %.4g.",
                          100.0 * share, (m - 0.5) * width, 100.0 * clipped, (double) threshold,
                          (double) qs_histogram_get_abs_max (histogram));
}

static char *
find_outliers (const QsHistogram *histogram)
{
  double usual = (double) threshold_by ("percentile", histogram, NULL);
  double largest = (double) qs_histogram_get_abs_max (histogram);

  if (largest < OUTLIER_RATIO * usual)
    return NULL;

  return g_strdup_printf ("99.99 %% of all values lie within ±%.4g, but the largest is %.4g. A range "
                          "that holds it leaves most values %.0f times fewer steps.",
                          usual, largest, largest / usual);
}

static char *
find_half_empty (const QsHistogram *histogram)
{
  double use = (double) qs_histogram_get_abs_max (histogram) /
               (double) qs_histogram_get_range (histogram);

  if (qs_histogram_get_n_doublings (histogram) == 0 || use > HALF_EMPTY_USE)
    return NULL;

  return g_strdup_printf ("The histogram's range has doubled for values just beyond it, and %.0f %% of "
                          "its bins are empty. Larger or better mixed batches give finer bins.",
                          100.0 * (1.0 - use));
}

static char *
find_disagreement (const QsHistogram *histogram)
{
  const char *low_name = NULL, *high_name = NULL;
  double low = (double) INFINITY, high = 0.0;

  for (guint i = 0; i < qs_calibrator_get_n (); i++)
    {
      const QsCalibrator *calibrator = qs_calibrator_get (i);
      double threshold = (double) threshold_by (calibrator->id, histogram, NULL);

      if (threshold < low)
        {
          low = threshold;
          low_name = calibrator->name;
        }
      if (threshold > high)
        {
          high = threshold;
          high_name = calibrator->name;
        }
    }

  if (high <= DISAGREEMENT_RATIO * low)
    return NULL;

  return g_strdup_printf ("Calibrators disagree: %s takes ±%.4g, %s ±%.4g. Compare their accuracy.",
                          low_name, low, high_name, high);
}

static char *
find_one_sided (const QsHistogram *histogram)
{
  gboolean no_negative = qs_histogram_get_min (histogram) >= 0.0f;

  if (!no_negative && qs_histogram_get_max (histogram) > 0.0f)
    return NULL;

  return g_strdup_printf ("No value is %s, so that half of the codes of symmetric quantization stay "
                          "unused.", no_negative ? "negative" : "positive");
}

static const struct
{
  QsFindingKind kind;
  Rule rule;
} rules[] = {
  { QS_FINDING_SPIKE, find_spike },
  { QS_FINDING_OUTLIERS, find_outliers },
  { QS_FINDING_HALF_EMPTY, find_half_empty },
  { QS_FINDING_DISAGREEMENT, find_disagreement },
  { QS_FINDING_ONE_SIDED, find_one_sided },
};

static void
take (GPtrArray    *findings,
      QsFindingKind kind,
      const char   *tensor,
      char         *message)
{
  QsFinding *finding;

  if (message == NULL)
    return;

  finding = g_new (QsFinding, 1);
  *finding = (QsFinding) { kind, g_strdup (tensor), message };
  g_ptr_array_add (findings, finding);
}

void
qs_findings_add (GPtrArray         *findings,
                 const char        *tensor,
                 const QsHistogram *histogram)
{
  /* TensorRT's words for it. */
  if (qs_histogram_get_range (histogram) == 0.0f)
    {
      take (findings, QS_FINDING_ZERO, tensor,
            g_strdup_printf ("Tensor %s is uniformly zero.", tensor));
      return;
    }

  for (gsize i = 0; i < G_N_ELEMENTS (rules); i++)
    take (findings, rules[i].kind, tensor, rules[i].rule (histogram));
}

GPtrArray *
qs_findings_find (QsHistogramSet *histograms)
{
  GPtrArray *findings = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_finding_free);

  for (guint i = 0; i < qs_histogram_set_get_n (histograms); i++)
    qs_findings_add (findings, qs_histogram_set_get_name (histograms, i),
                     qs_histogram_set_get (histograms, i));

  return findings;
}
