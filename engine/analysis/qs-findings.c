/* SPDX-License-Identifier: MIT */
#include "qs-findings.h"

#include <float.h>
#include <math.h>

/* A bin with this share of all values is a spike, and clipping this share is worth a word. */
#define SPIKE_SHARE 0.2
#define CLIPPED_SHARE 0.01

/* How much farther the largest value lies than 99.99 % of all. */
#define OUTLIER_RATIO 4.0

/* How much farther one channel reaches than the next one, among how many at least. A channel alone
 * is an outlier; where two reach as far, the tensor simply has channels of different sizes. */
#define CHANNEL_RATIO 2.0
#define MIN_CHANNELS 8

/* A range that has just doubled is used a little more than half. */
#define HALF_EMPTY_USE 0.55

/* How often the first batch's range had to double until it held all batches. */
#define FIRST_BATCH_DOUBLINGS 2

#define DISAGREEMENT_RATIO 2.0

/* Half of the codes, but for the few that a small negative tail uses. */
#define UNUSED_SHARE 0.4

static const struct
{
  const char *id;
  const char *name;
  QsGravity gravity;
} kinds[QS_N_FINDING_KINDS] = {
  [QS_FINDING_NOT_FINITE] = { "not-finite", "NaN or infinity", QS_GRAVITY_ERROR },
  [QS_FINDING_ZERO] = { "zero", "Uniformly zero", QS_GRAVITY_ERROR },
  [QS_FINDING_SPIKE] = { "spike", "Padding or background spike", QS_GRAVITY_WARNING },
  [QS_FINDING_OUTLIER_CHANNEL] = { "outlier-channel", "Outlier channel", QS_GRAVITY_WARNING },
  [QS_FINDING_OUTLIERS] = { "outliers", "Outliers", QS_GRAVITY_WARNING },
  [QS_FINDING_DISAGREEMENT] = { "disagreement", "Calibrators disagree", QS_GRAVITY_WARNING },
  [QS_FINDING_FIRST_BATCH] = { "first-batch", "Small first batch", QS_GRAVITY_WARNING },
  [QS_FINDING_HALF_EMPTY] = { "half-empty", "Half-empty histogram", QS_GRAVITY_NOTE },
  [QS_FINDING_ASYMMETRIC] = { "asymmetric", "Asymmetric range", QS_GRAVITY_NOTE },
};

static const char *const gravities[] = { "error", "warning", "note" };

void
qs_finding_free (QsFinding *self)
{
  g_free (self->tensor);
  g_free (self->message);
  g_free (self);
}

const char *
qs_finding_kind_get_id (QsFindingKind self)
{
  return kinds[self].id;
}

const char *
qs_finding_kind_get_name (QsFindingKind self)
{
  return kinds[self].name;
}

QsGravity
qs_finding_kind_get_gravity (QsFindingKind self)
{
  return kinds[self].gravity;
}

const char *
qs_gravity_get_id (QsGravity self)
{
  return gravities[self];
}

int
qs_finding_compare (gconstpointer a,
                    gconstpointer b)
{
  const QsFinding *first = *(const QsFinding *const *) a, *second = *(const QsFinding *const *) b;

  if (first->kind != second->kind)
    return first->kind < second->kind ? -1 : 1;
  if (first->weight != second->weight)
    return first->weight > second->weight ? -1 : 1;

  return first->index < second->index ? -1 : first->index > second->index;
}

/* What the rules look at. */
typedef struct
{
  const char *name;
  const QsHistogram *histogram;
  const QsTensorNotes *notes;
  const QsCalibration *calibrations;
} Subject;

/* (transfer full) (nullable): what a rule has to say about a tensor, and how marked it is */
typedef char *(*Rule) (const Subject *subject,
                       double        *weight);

static const QsCalibration *
get_calibration (const Subject *subject,
                 const char    *id)
{
  guint k = 0;

  while (qs_calibrator_get (k) != qs_calibrator_lookup (id))
    k++;

  return &subject->calibrations[k];
}

static char *
describe_values (guint64 n_nan,
                 guint64 n_infinite)
{
  if (n_nan == 0)
    return g_strdup_printf ("%" G_GUINT64_FORMAT " infinite value%s", n_infinite,
                            n_infinite == 1 ? "" : "s");
  if (n_infinite == 0)
    return g_strdup_printf ("%" G_GUINT64_FORMAT " NaN", n_nan);

  return g_strdup_printf ("%" G_GUINT64_FORMAT " NaN and %" G_GUINT64_FORMAT " infinite value%s",
                          n_nan, n_infinite, n_infinite == 1 ? "" : "s");
}

static char *
describe_place (const QsTensorNotes *notes)
{
  if (notes->bad_sample < 0)
    return g_strdup ("");
  if (notes->bad_sample == notes->bad_sample_last)
    return g_strdup_printf (", first for sample %" G_GINT64_FORMAT " in batch %" G_GINT64_FORMAT,
                            notes->bad_sample, notes->bad_batch);

  return g_strdup_printf (", first for one of the samples %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                          ", batch %" G_GINT64_FORMAT, notes->bad_sample, notes->bad_sample_last,
                          notes->bad_batch);
}

/* Where it begins comes first, then what only passed it on. */
static char *
find_not_finite (const Subject *subject,
                 double        *weight)
{
  guint64 n_nan = qs_histogram_get_n_nan (subject->histogram);
  guint64 n_infinite = qs_histogram_get_n_infinite (subject->histogram);
  const char *source = subject->notes->bad_source;
  g_autofree char *values = NULL;
  g_autofree char *place = NULL;
  g_autofree char *cause = NULL;

  if (n_nan + n_infinite == 0)
    return NULL;

  values = describe_values (n_nan, n_infinite);
  place = describe_place (subject->notes);
  cause = source != NULL ? g_strdup_printf ("It was computed from tensor %s, which has some, too.",
                                            source)
                         : g_strdup ("It begins here: check the sample, its preprocessing and the "
                                     "model's weights.");
  *weight = source != NULL ? 0.0 : 1.0;
  return g_strdup_printf ("Tensor %s has %s%s. %s Missing scale and zero-point for tensor %s, expect "
                          "fall back to non-int8 implementation for any layer consuming or "
                          "producing given tensor. The cache has 7f800000, infinity, for it, as "
                          "TensorRT's do; a range given by hand takes its place.",
                          subject->name, values, place, cause, subject->name);
}

static char *
find_zero (const Subject *subject,
           double        *weight)
{
  if (qs_histogram_get_range (subject->histogram) > 0.0f ||
      qs_histogram_get_n (subject->histogram) == 0)
    return NULL;

  /* TensorRT's words for it. */
  return g_strdup_printf ("Tensor %s is uniformly zero. The cache has scale 0 for it, as TensorRT's "
                          "do, and layers that read or write it stay in floating point.",
                          subject->name);
}

static char *
find_spike (const Subject *subject,
            double        *weight)
{
  const QsHistogram *histogram = subject->histogram;
  const QsCalibration *entropy = get_calibration (subject, "entropy2");
  double n = (double) qs_histogram_get_n (histogram), share, clipped, width;
  int m = entropy->bin;

  if (m < 2)
    return NULL;

  /* The spike is in the last bin that is kept: everything beyond was added to it. */
  share = (double) qs_histogram_get_counts (histogram)[m - 1] / n;
  clipped = qs_histogram_get_clipped (histogram, entropy->threshold);
  if (share < SPIKE_SHARE || clipped < CLIPPED_SHARE)
    return NULL;

  *weight = clipped;
  width = (double) qs_histogram_get_range (histogram) / QS_HISTOGRAM_BINS;
  return g_strdup_printf ("%.1f %% of all values lie at ±%.4g, a padding or background. Entropy "
                          "calibration lets this spike absorb everything beyond it: %.1f %% of the "
                          "values are clipped to ±%.4g although the largest is %.4g.",
                          100.0 * share, (m - 0.5) * width, 100.0 * clipped,
                          (double) entropy->threshold,
                          (double) qs_histogram_get_abs_max (histogram));
}

static char *
find_outlier_channel (const Subject *subject,
                      double        *weight)
{
  const QsTensorNotes *notes = subject->notes;
  float first = 0.0f, second = 0.0f;
  guint channel = 0;

  if (notes->n_channels < MIN_CHANNELS)
    return NULL;

  for (guint i = 0; i < notes->n_channels; i++)
    {
      float maximum = notes->channel_maxima[i];

      if (maximum > first)
        {
          second = first;
          first = maximum;
          channel = i;
        }
      else
        second = MAX (second, maximum);
    }

  *weight = second > 0.0f ? (double) first / (double) second : DBL_MAX;
  if (second == 0.0f || *weight < CHANNEL_RATIO)
    return NULL;

  return g_strdup_printf ("Channel %u of %u reaches %.4g, %.1f times as far as any other, which end at "
                          "%.4g. One scale for all channels leaves the others %.1f times fewer "
                          "steps.", channel, notes->n_channels, (double) first, *weight,
                          (double) second, *weight);
}

static char *
find_outliers (const Subject *subject,
               double        *weight)
{
  double usual = (double) get_calibration (subject, "percentile")->threshold;
  double largest = (double) qs_histogram_get_abs_max (subject->histogram);

  *weight = largest / usual;
  if (*weight < OUTLIER_RATIO)
    return NULL;

  return g_strdup_printf ("99.99 %% of all values lie within ±%.4g, but the largest is %.4g. A range "
                          "that holds it leaves most values %.0f times fewer steps.",
                          usual, largest, *weight);
}

static char *
find_disagreement (const Subject *subject,
                   double        *weight)
{
  guint low = 0, high = 0;

  for (guint i = 1; i < qs_calibrator_get_n (); i++)
    {
      if (subject->calibrations[i].threshold < subject->calibrations[low].threshold)
        low = i;
      if (subject->calibrations[i].threshold > subject->calibrations[high].threshold)
        high = i;
    }

  *weight = (double) subject->calibrations[high].threshold /
            (double) subject->calibrations[low].threshold;
  if (*weight <= DISAGREEMENT_RATIO)
    return NULL;

  return g_strdup_printf ("Calibrators disagree: %s takes ±%.4g, %s ±%.4g, %.1f times as much. Compare "
                          "their accuracy.",
                          qs_calibrator_get (low)->name,
                          (double) subject->calibrations[low].threshold,
                          qs_calibrator_get (high)->name,
                          (double) subject->calibrations[high].threshold, *weight);
}

static char *
find_first_batch (const Subject *subject,
                  double        *weight)
{
  guint n = qs_histogram_get_n_doublings (subject->histogram);
  double range = (double) qs_histogram_get_range (subject->histogram);

  *weight = n;
  if (n < FIRST_BATCH_DOUBLINGS)
    return NULL;

  return g_strdup_printf ("The first batch that was not zero ended at ±%.4g, but all together reach "
                          "%.4g: the range doubled %u times. The first batch is not like the others, "
                          "and entropy calibration depends on which one comes first; larger or "
                          "shuffled batches help.",
                          ldexp (range, -(int) n),
                          (double) qs_histogram_get_abs_max (subject->histogram), n);
}

static char *
find_half_empty (const Subject *subject,
                 double        *weight)
{
  double use = (double) qs_histogram_get_abs_max (subject->histogram) /
               (double) qs_histogram_get_range (subject->histogram);

  *weight = 1.0 - use;
  if (qs_histogram_get_n_doublings (subject->histogram) == 0 || use > HALF_EMPTY_USE)
    return NULL;

  return g_strdup_printf ("The histogram's range has doubled for values just beyond it, and %.0f %% of "
                          "its bins are empty. Larger or better mixed batches give finer bins.",
                          100.0 * (1.0 - use));
}

static char *
find_asymmetric (const Subject *subject,
                 double        *weight)
{
  double min = (double) qs_histogram_get_min (subject->histogram);
  double max = (double) qs_histogram_get_max (subject->histogram);
  double step = MAX (fabs (min), fabs (max)) / 127.0;
  double used = nearbyint (MAX (max, 0.0) / step) + nearbyint (MAX (-min, 0.0) / step) + 1.0;

  *weight = 1.0 - used / 255.0;
  if (*weight < UNUSED_SHARE)
    return NULL;

  return g_strdup_printf ("Values lie between %.4g and %.4g. Symmetric quantization gives both signs "
                          "the same range, so that %.0f %% of its codes stay unused.", min, max,
                          100.0 * *weight);
}

/* By kind; those below a line need a value other than zero. */
static const Rule rules[QS_N_FINDING_KINDS] = {
  [QS_FINDING_NOT_FINITE] = find_not_finite,
  [QS_FINDING_ZERO] = find_zero,
  [QS_FINDING_SPIKE] = find_spike,
  [QS_FINDING_OUTLIER_CHANNEL] = find_outlier_channel,
  [QS_FINDING_OUTLIERS] = find_outliers,
  [QS_FINDING_DISAGREEMENT] = find_disagreement,
  [QS_FINDING_FIRST_BATCH] = find_first_batch,
  [QS_FINDING_HALF_EMPTY] = find_half_empty,
  [QS_FINDING_ASYMMETRIC] = find_asymmetric,
};

#define N_RULES_OF_ZEROS (QS_FINDING_ZERO + 1)

void
qs_findings_add (GPtrArray      *findings,
                 QsHistogramSet *histograms,
                 guint           index)
{
  const Subject subject = {
    .name = qs_histogram_set_get_name (histograms, index),
    .histogram = qs_histogram_set_get (histograms, index),
    .notes = qs_histogram_set_get_notes (histograms, index),
    .calibrations = qs_histogram_set_get_calibrations (histograms, index),
  };
  gsize n = qs_histogram_get_range (subject.histogram) > 0.0f ? QS_N_FINDING_KINDS
                                                              : N_RULES_OF_ZEROS;

  for (gsize kind = 0; kind < n; kind++)
    {
      double weight = 0.0;
      char *message = rules[kind] (&subject, &weight);
      QsFinding *finding;

      if (message == NULL)
        continue;

      finding = g_new (QsFinding, 1);
      *finding = (QsFinding) { (QsFindingKind) kind, weight, g_strdup (subject.name), index, message };
      g_ptr_array_add (findings, finding);
    }
}

GPtrArray *
qs_findings_find (QsHistogramSet *histograms)
{
  GPtrArray *findings = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_finding_free);

  for (guint i = 0; i < qs_histogram_set_get_n (histograms); i++)
    qs_findings_add (findings, histograms, i);

  g_ptr_array_sort (findings, qs_finding_compare);
  return findings;
}
