/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "analysis/qs-findings.h"
#include "qs-test.h"
#include "samples/qs-samples.h"

/* The findings about a single tensor, as a set of bits. */
static guint
kinds_of (QsHistogramSet *set)
{
  g_autoptr (GPtrArray) findings = qs_findings_find (set);
  guint kinds = 0;

  for (guint i = 0; i < findings->len; i++)
    {
      const QsFinding *finding = findings->pdata[i];

      g_assert_cmpstr (finding->tensor, ==, "x");
      g_assert_cmpuint (strlen (finding->message), >, 10);
      kinds |= 1u << finding->kind;
    }
  return kinds;
}

static void
add_uniform (QsHistogramSet *set,
             float           low,
             float           high)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (50);
  g_autofree float *values = g_new (float, 50000);

  for (int i = 0; i < 50000; i++)
    values[i] = (float) g_rand_double_range (rand, (double) low, (double) high);
  values[0] = low;
  values[1] = high;
  qs_histogram_add (qs_histogram_set_ensure (set, "x"), values, 50000);
}

static void
test_nothing (void)
{
  g_autoptr (QsHistogramSet) set = qs_histogram_set_new ();

  add_uniform (set, -1.0f, 1.0f);
  g_assert_cmpuint (kinds_of (set), ==, 0);
}

static void
test_zero (void)
{
  const float zeros[10] = { 0 };
  g_autoptr (QsHistogramSet) set = qs_histogram_set_new ();

  qs_histogram_add (qs_histogram_set_ensure (set, "x"), zeros, 10);
  g_assert_cmpuint (kinds_of (set), ==, 1u << QS_FINDING_ZERO);
}

static void
test_one_sided (void)
{
  g_autoptr (QsHistogramSet) positive = qs_histogram_set_new (), negative = qs_histogram_set_new ();

  add_uniform (positive, 0.0f, 1.0f);
  g_assert_cmpuint (kinds_of (positive), ==, 1u << QS_FINDING_ASYMMETRIC);
  add_uniform (negative, -1.0f, -0.0f);
  g_assert_cmpuint (kinds_of (negative), ==, 1u << QS_FINDING_ASYMMETRIC);
}

/* A second batch that exceeds the first by a hundredth. */
static void
test_half_empty (void)
{
  g_autoptr (QsHistogramSet) set = qs_histogram_set_new ();

  add_uniform (set, -1.0f, 1.0f);
  add_uniform (set, -1.01f, 1.01f);
  g_assert_cmpuint (kinds_of (set) & 1u << QS_FINDING_HALF_EMPTY, !=, 0);
}

static void
test_outliers (void)
{
  const float outliers[] = { 20.0f, -15.0f };
  g_autoptr (QsHistogramSet) set = qs_histogram_set_new ();

  add_uniform (set, -1.0f, 1.0f);
  qs_histogram_add (qs_histogram_set_ensure (set, "x"), outliers, 2);
  g_assert_cmpuint (kinds_of (set) & 1u << QS_FINDING_OUTLIERS, !=, 0);
  g_assert_cmpuint (kinds_of (set) & 1u << QS_FINDING_DISAGREEMENT, !=, 0);
}

static const QsFinding *
find_kind (GPtrArray     *findings,
           QsFindingKind  kind)
{
  for (guint i = 0; i < findings->len; i++)
    if (((QsFinding *) findings->pdata[i])->kind == kind)
      return findings->pdata[i];

  g_error ("there is no finding “%s”", qs_finding_kind_get_id (kind));
}

static void
test_not_finite (void)
{
  const float values[] = { 1.0f, NAN, INFINITY, NAN };
  g_autoptr (QsHistogramSet) set = qs_histogram_set_new ();
  g_autoptr (GPtrArray) findings = NULL;
  const QsFinding *first, *second;
  QsTensorNotes *notes;

  for (int i = 0; i < 2; i++)
    {
      qs_histogram_add (qs_histogram_set_ensure (set, i == 0 ? "behind" : "x"), values, 4);
      notes = qs_histogram_set_get_notes (set, (guint) i);
      notes->bad_sample = notes->bad_sample_last = 37;
      notes->bad_batch = 4;
      notes->bad_source = i == 0 ? g_strdup ("x") : NULL;
    }

  findings = qs_findings_find (set);
  first = findings->pdata[0];
  second = findings->pdata[1];
  g_assert_cmpint (first->kind, ==, QS_FINDING_NOT_FINITE);
  g_assert_cmpstr (first->tensor, ==, "x");
  g_assert_cmpstr (second->tensor, ==, "behind");
  g_assert_nonnull (strstr (first->message, "2 NaN and 1 infinite value"));
  g_assert_nonnull (strstr (first->message, "sample 37 in batch 4"));
  g_assert_nonnull (strstr (first->message, "Missing scale and zero-point for tensor x, expect fall "
                                            "back to non-int8 implementation"));
  g_assert_nonnull (strstr (second->message, "computed from tensor x"));
}

static void
test_outlier_channel (void)
{
  g_autoptr (QsHistogramSet) set = qs_histogram_set_new ();
  g_autoptr (GPtrArray) findings = NULL;
  const QsFinding *finding;
  QsTensorNotes *notes;

  add_uniform (set, -6.0f, 6.0f);
  notes = qs_histogram_set_get_notes (set, 0);
  qs_tensor_notes_set_channels (notes, 1, 16);
  for (guint i = 0; i < 16; i++)
    notes->channel_maxima[i] = i == 11 ? 6.0f : 1.0f + (float) i / 16.0f;

  findings = qs_findings_find (set);
  finding = find_kind (findings, QS_FINDING_OUTLIER_CHANNEL);
  g_assert_nonnull (strstr (finding->message, "Channel 11 of 16 reaches 6, 3.1 times"));
  /* 6 over the next one, channel 15. */
  g_assert_cmpfloat_with_epsilon (finding->weight, 6.0 / (1.0 + 15.0 / 16.0), 1e-6);

  notes->channel_maxima[3] = 5.0f;
  g_assert_cmpuint (kinds_of (set) & 1u << QS_FINDING_OUTLIER_CHANNEL, ==, 0);
}

/* HardSwish: a negative tail of 0.375 under values up to 6. */
static void
test_asymmetric (void)
{
  g_autoptr (QsHistogramSet) swish = qs_histogram_set_new (), balanced = qs_histogram_set_new ();

  add_uniform (swish, -0.375f, 6.0f);
  g_assert_cmpuint (kinds_of (swish), ==, 1u << QS_FINDING_ASYMMETRIC);
  add_uniform (balanced, -3.0f, 6.0f);
  g_assert_cmpuint (kinds_of (balanced), ==, 0);
}

static void
test_first_batch (void)
{
  g_autoptr (QsHistogramSet) set = qs_histogram_set_new ();

  add_uniform (set, -1.0f, 1.0f);
  add_uniform (set, -1.8f, 1.8f);
  g_assert_cmpuint (kinds_of (set) & 1u << QS_FINDING_FIRST_BATCH, ==, 0);
  add_uniform (set, -3.9f, 3.9f);
  g_assert_cmpuint (kinds_of (set) & 1u << QS_FINDING_FIRST_BATCH, !=, 0);
}

/* By kind, by weight, by place. */
static void
test_order (void)
{
  const QsFinding findings[] = {
    { QS_FINDING_SPIKE, 0.5, NULL, 3, NULL }, { QS_FINDING_SPIKE, 0.2, NULL, 0, NULL },
    { QS_FINDING_SPIKE, 0.2, NULL, 1, NULL }, { QS_FINDING_ASYMMETRIC, 0.9, NULL, 0, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (findings); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (findings); k++)
      {
        const QsFinding *a = &findings[i], *b = &findings[k];

        g_assert_cmpint (qs_finding_compare (&a, &b), ==, i < k ? -1 : i > k);
      }
}

/* The bundled images: their constant background makes entropy calibration clip. */
static void
test_spike (void)
{
  g_autoptr (GFile) file = qs_test_sample ("calibration-uint8.npz");
  g_autoptr (QsHistogramSet) set = qs_histogram_set_new ();
  g_autoptr (QsHostTensor) images = NULL;
  g_autoptr (QsSamples) samples = NULL;
  g_autoptr (GError) error = NULL;
  QsPreprocessing preprocessing;

  samples = qs_samples_open (file, &error);
  g_assert_no_error (error);
  g_assert_true (qs_preprocessing_parse (&preprocessing, "1/255", "0.2860", "0.3530", &error));
  qs_samples_set_preprocessing (samples, &preprocessing);
  images = qs_samples_read (samples, "input", QS_DATA_TYPE_FLOAT, 0, 500, &error);
  g_assert_no_error (error);

  qs_histogram_add (qs_histogram_set_ensure (set, "x"), qs_host_tensor_get_floats (images),
                    (gsize) qs_host_tensor_get_n_elements (images));
  g_assert_cmpuint (kinds_of (set), ==, 1u << QS_FINDING_SPIKE | 1u << QS_FINDING_DISAGREEMENT);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/findings/nothing", test_nothing);
  g_test_add_func ("/findings/zero", test_zero);
  g_test_add_func ("/findings/one-sided", test_one_sided);
  g_test_add_func ("/findings/half-empty", test_half_empty);
  g_test_add_func ("/findings/outliers", test_outliers);
  g_test_add_func ("/findings/not-finite", test_not_finite);
  g_test_add_func ("/findings/outlier-channel", test_outlier_channel);
  g_test_add_func ("/findings/asymmetric", test_asymmetric);
  g_test_add_func ("/findings/first-batch", test_first_batch);
  g_test_add_func ("/findings/order", test_order);
  g_test_add_func ("/findings/spike", test_spike);

  return g_test_run ();
}
