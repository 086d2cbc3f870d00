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
  g_test_add_func ("/findings/spike", test_spike);

  return g_test_run ();
}
