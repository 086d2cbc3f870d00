/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "calibration/qs-calibrator.h"
#include "import/qs-import.h"
#include "qs-test.h"
#include "scales/qs-calibration-cache.h"

static guint32
bits (float value)
{
  guint32 result;

  memcpy (&result, &value, sizeof result);
  return result;
}

static void
assert_scale (const QsHistogram *histogram,
              const char        *calibrator,
              guint32            expected,
              int                expected_bin)
{
  QsCalibration result;

  qs_calibrator_compute (qs_calibrator_lookup (calibrator), histogram, NULL, FALSE, &result);
  if (bits (result.scale) != expected)
    g_error ("scale is %x (m = %d), not %x", bits (result.scale), result.bin, expected);
  g_assert_cmpint (result.bin, ==, expected_bin);
  qs_calibration_clear (&result);
}

static void
assert_scale_of (const float *values,
                 gsize        n,
                 const char  *calibrator,
                 guint32      expected,
                 int          expected_bin)
{
  g_autoptr (QsHistogram) histogram = qs_histogram_new ();

  qs_histogram_add (histogram, values, n);
  assert_scale (histogram, calibrator, expected, expected_bin);
}

/* Images in [0, 1] with every level equally often: TensorRT caches of such inputs say 3c010a14 with
 * entropy, half a bin above 1/127, and 3c010204, 1/127, with MinMax. */
static void
test_unit_images (void)
{
  float values[256];

  for (int i = 0; i < 256; i++)
    values[i] = (float) i / 255.0f;

  assert_scale_of (values, 256, "entropy2", 0x3c010a14, 2048);
  assert_scale_of (values, 256, "minmax", 0x3c010204, -1);
}

/* The cache of NVIDIA's SSD-ResNet34 in MLPerf 1.0 has 3caa54fc for its input, ImageNet-normalised
 * images: all 2048 bins of (1 - 0.406)/0.225 = 2.64. A value in every bin keeps the whole range. */
static void
test_imagenet (void)
{
  float values[QS_HISTOGRAM_BINS];

  for (int k = 0; k < QS_HISTOGRAM_BINS; k++)
    values[k] = ((float) k + 0.5f) / 2048.0f * (k % 2 == 0 ? 2.64f : -2.64f);
  values[2047] = 2.64f;

  assert_scale_of (values, G_N_ELEMENTS (values), "entropy2", 0x3caa54fc, 2048);
}

/* The frequencies of a sinusoidal position embedding, exp (-k ln 10000 / 127), are a constant that a
 * TensorRT 8.6.1 cache gives scale 3bdf4e9d, so m = 1772. Nothing else that is known tells so many
 * variants of the algorithm apart: bin 0, levels, averaging and normalisation all matter. */
static void
test_log_spaced (void)
{
  float values[128];

  for (int k = 0; k < 128; k++)
    values[k] = expf ((float) k * (float) (-log (10000.0) / 127.0));

  assert_scale_of (values, G_N_ELEMENTS (values), "entropy2", 0x3bdf4e9d, 1772);
}

/* A beta (1.2, 2.2) variable by rejection from its density, the distribution of a dark image. */
static double
dark_pixel (GRand *rand)
{
  const double mode = 0.2 / 1.4, peak = pow (mode, 0.2) * pow (1.0 - mode, 1.2);

  for (;;)
    {
      double x = g_rand_double (rand);

      if (g_rand_double (rand) * peak < pow (x, 0.2) * pow (1.0 - x, 1.2))
        return x;
    }
}

/* Pixels 0 … 255 minus RetinaFace's channel means 104, 117, 123: the range is 255 - 104 = 151. A
 * TensorRT 8.5.1 cache has m = 1967, one past the bin of the value 145, so a peak there has absorbed
 * the six values beyond it. Here that is a background of 249 in the first channel; besides it there
 * are the grey of a letterbox, white, and a dark image's pixels, all from a seeded generator. */
static void
test_channel_means (void)
{
  const int means[] = { 104, 117, 123 };
  g_autofree float *values = g_new (float, 300000);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1967);

  for (int i = 0; i < 300000; i++)
    {
      double kind = g_rand_double (rand);
      int pixel = kind < 0.42 ? 128 : kind < 0.5 ? 255 : (int) (dark_pixel (rand) * 255.0 + 0.5);

      if (i % 3 == 0 && g_rand_double (rand) < 0.35)
        pixel = 249;
      values[i] = (float) (pixel - means[i % 3]);
    }

  assert_scale_of (values, 300000, "entropy2", 0x3f9234fa, 1967);
}

/* A 16:9 frame of 20 evenly coloured areas, letterboxed into a square with 114/255. */
static void
draw_letterboxed (float *image,
                  GRand *rand)
{
  for (int channel = 0; channel < 3; channel++)
    {
      float colours[20];

      for (int area = 0; area < 20; area++)
        colours[area] = (float) (int) (dark_pixel (rand) * 255.0 + 0.5) / 255.0f;

      for (int row = 0; row < 160; row++)
        for (int column = 0; column < 160; column++)
          *image++ = row < 35 || row >= 125 ? 114.0f / 255.0f
                                            : colours[(row - 35) / 18 * 4 + column / 40];
    }
}

/* 43.75 % of the pixels are padding of 114/255. Its bin, 915, absorbs everything brighter: a
 * TensorRT 8.6.1 cache of a model that is fed such images says 3b66eddc, m = 916. The drawings are
 * made of areas because their levels are uneven then, as those of real frames; where all levels are
 * smoothly distributed, merging two of them costs next to nothing and m is larger. */
static void
test_letterbox (void)
{
  g_autoptr (QsHistogram) histogram = qs_histogram_new ();
  g_autofree float *image = g_new (float, 3 * 160 * 160);
  g_autoptr (GRand) rand = g_rand_new_with_seed (916);

  for (int n = 0; n < 16; n++)
    {
      draw_letterboxed (image, rand);
      image[40 * 160] = 1.0f;
      qs_histogram_add (histogram, image, 3 * 160 * 160);
    }

  assert_scale (histogram, "entropy2", 0x3b66eddc, 916);
}

/* The batch normalization constants of a real model, four values each: all candidates that keep them
 * apart have no divergence at all, and TensorRT 8.4.1 chose the whole range every time. The model
 * calls the constants otherwise than TensorRT's cache, which numbers its layers. */
static void
test_batch_norm_constants (void)
{
#define PART(n, m) \
  "sequential_11_1/sequential_11_1/sequential_" n "/batch_normalization_" m "/batchnorm/mul:0"
  const struct
  {
    const char *constant;
    const char *key;
  } cases[] = {
    { PART ("7_1", "4_1"), "(Unnamed Layer* 5) [Constant]_output" },
    { "const_fold_opt__114", "(Unnamed Layer* 7) [Constant]_output" },
    { PART ("8_1", "5_1"), "(Unnamed Layer* 13) [Constant]_output" },
    { "const_fold_opt__107", "(Unnamed Layer* 15) [Constant]_output" },
    { PART ("9_1", "6_1"), "(Unnamed Layer* 21) [Constant]_output" },
    { "const_fold_opt__112", "(Unnamed Layer* 23) [Constant]_output" },
    { PART ("10_1", "7_1"), "(Unnamed Layer* 29) [Constant]_output" },
    { "const_fold_opt__115", "(Unnamed Layer* 31) [Constant]_output" },
  };
  g_autoptr (GFile) model_file = qs_test_shared ("tensorrt/channel-estimation.onnx");
  g_autoptr (GFile) cache_file = qs_test_shared ("tensorrt/channel-estimation.TRT-8401.cache");
  g_autoptr (QsCalibrationCache) cache = NULL;
  g_autoptr (QsProfile) profile = qs_profile_new ();
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (QsModel) model = NULL;
  g_autoptr (GError) error = NULL;

  if (model_file == NULL || cache_file == NULL)
    return;

  model = qs_model_load_file (model_file, &error);
  g_assert_no_error (error);
  network = qs_import_network (model, profile, &error);
  g_assert_no_error (error);
  cache = qs_calibration_cache_load (cache_file, &error);
  g_assert_no_error (error);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const QsTensor *constant = qs_network_find_tensor (network, cases[i].constant);
      float expected;

      g_assert_true (qs_scale_table_lookup (qs_calibration_cache_get_scales (cache), cases[i].key,
                                            &expected));
      g_assert_nonnull (constant);
      assert_scale_of (qs_host_tensor_get_floats (constant->value), 4, "entropy2", bits (expected),
                       2048);
    }
#undef PART
}

/* The algorithm once more as a person would write it down: one candidate after the other, explicit
 * P and Q, sums in index order. */
static double
plain_divergence (const double *counts,
                  int           m)
{
  double q[QS_HISTOGRAM_BINS], p_sum = 0.0, q_sum = 0.0, result = 0.0;

  for (int level = 0; level < 128; level++)
    {
      double sum = 0.0;
      int used = 0;

      for (int k = 0; k < m; k++)
        if (k * 128 / m == level)
          {
            sum += counts[k];
            used += counts[k] > 0.0;
          }
      for (int k = 0; k < m; k++)
        if (k * 128 / m == level)
          q[k] = counts[k] > 0.0 ? sum / used : 0.0;
    }

  for (int k = 0; k < QS_HISTOGRAM_BINS; k++)
    p_sum += counts[k];
  for (int k = 0; k < m; k++)
    q_sum += q[k];

  for (int k = 0; k < m; k++)
    {
      double p = counts[k];

      for (int i = m; k == m - 1 && i < QS_HISTOGRAM_BINS; i++)
        p += counts[i];
      if (p > 0.0 && q[k] == 0.0)
        return (double) INFINITY;
      if (p > 0.0)
        result += p / p_sum * log (p / p_sum / (q[k] / q_sum));
    }
  return result;
}

static float
random_value (GRand *rand,
              int    kind)
{
  double u = g_rand_double (rand), v = g_rand_double (rand);
  double normal = sqrt (-2.0 * log (1.0 - u)) * cos (2.0 * G_PI * v);

  switch (kind)
    {
    case 0:
      return (float) normal;
    case 1:
      return (float) MAX (normal, 0.0);
    case 2:
      return (float) (log (1.0 - u) * (v < 0.5 ? 1.0 : -1.0));
    case 3:
      return u < 0.9 ? (float) v : 30.0f * (float) v;
    case 4:
      return floorf ((float) u * 16.0f) / 16.0f;
    default:
      return (float) pow (10.0, -4.0 * u);
    }
}

/* Every divergence against the plain algorithm, and the choice: no other candidate may be better by
 * more than the plain algorithm's rounding (2048 terms of at most 8 nats), and none that is larger
 * may be as good. */
static void
check_against_plain (guint32 seed,
                     int     kind)
{
  g_autoptr (QsHistogram) histogram = qs_histogram_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  double counts[QS_HISTOGRAM_BINS], chosen;
  QsCalibration result;
  float values[3000];

  for (gsize batch = 0; batch < 2; batch++)
    {
      for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
        values[i] = random_value (rand, kind);
      qs_histogram_add (histogram, values, G_N_ELEMENTS (values));
    }

  for (int k = 0; k < QS_HISTOGRAM_BINS; k++)
    counts[k] = (double) qs_histogram_get_counts (histogram)[MAX (k, 1)];

  qs_calibrator_compute (qs_calibrator_lookup ("entropy2"), histogram, NULL, TRUE, &result);
  chosen = plain_divergence (counts, result.bin);
  for (int m = 0; m < 128; m++)
    g_assert_true (isnan (result.curve[m]));
  for (int m = 128; m <= QS_HISTOGRAM_BINS; m += m < 2000 ? 13 : 1)
    {
      double plain = plain_divergence (counts, m);

      g_assert_cmpint (isinf (plain), ==, isinf (result.curve[m]));
      if (isinf (plain))
        continue;
      /* The curve is float32. */
      g_assert_cmpfloat_with_epsilon (result.curve[m], MAX (plain, 0.0), 1e-6 * plain + 1e-9);
      g_assert_cmpfloat (chosen, <=, plain + 2e-12);
    }
  qs_calibration_clear (&result);
}

static void
test_against_plain (void)
{
  for (int kind = 0; kind < 6; kind++)
    check_against_plain (100 + (guint32) kind, kind);
}

/* Five values in bins that stay apart at every candidate beyond them: all of those have exactly no
 * divergence, and the largest of them is taken. */
static void
test_ties (void)
{
  const float values[] = { 0.3f, 0.35f, 0.4f, 0.45f, 1.0f, 0.35f, 0.4f, 0.4f };
  g_autoptr (QsHistogram) histogram = qs_histogram_new ();
  QsCalibration result;

  qs_histogram_add (histogram, values, G_N_ELEMENTS (values));
  qs_calibrator_compute (qs_calibrator_lookup ("entropy2"), histogram, NULL, TRUE, &result);
  g_assert_cmpint (result.bin, ==, 2048);
  g_assert_cmpfloat (result.curve[2048], ==, 0.0f);
  qs_calibration_clear (&result);
}

static QsHistogram *
make_random (guint32 seed,
             int     kind,
             gsize   n,
             float  *values)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  QsHistogram *histogram = qs_histogram_new ();

  for (gsize i = 0; i < n; i++)
    values[i] = random_value (rand, kind);
  qs_histogram_add (histogram, values, n);
  return histogram;
}

static float
threshold_of (const QsHistogram *histogram,
              const char        *id,
              double             quantile,
              double             cutoff)
{
  const QsCalibratorOptions options = { quantile, cutoff };
  QsCalibration result;

  qs_calibrator_compute (qs_calibrator_lookup (id), histogram, &options, FALSE, &result);
  g_assert_cmpfloat (result.scale, ==, result.threshold / 127.0f);
  qs_calibration_clear (&result);
  return result.threshold;
}

/* The first version chooses as the second one does. */
static void
test_entropy (void)
{
  float values[2000];

  for (int kind = 0; kind < 6; kind++)
    {
      g_autoptr (QsHistogram) histogram = make_random (7, kind, 2000, values);

      g_assert_cmpfloat (threshold_of (histogram, "entropy", 0.5, 0.5), ==,
                         threshold_of (histogram, "entropy2", 0.9, 1.0));
    }
}

static int
compare_magnitudes (const void *a,
                    const void *b)
{
  float x = fabsf (*(const float *) a), y = fabsf (*(const float *) b);

  return (x > y) - (x < y);
}

/* Both quantiles against the sorted values: at least the share lies below, and one bin lower less. */
static void
test_quantiles (void)
{
  const double shares[] = { 0.5, 0.9, 0.99, 0.9999, 1.0 };
  const gsize n = 20000;
  g_autofree float *values = g_new (float, n);

  for (int kind = 0; kind < 6; kind++)
    {
      g_autoptr (QsHistogram) histogram = make_random (8, kind, n, values);
      float width = qs_histogram_get_range (histogram) / 2048.0f;

      qsort (values, n, sizeof (float), compare_magnitudes);
      for (gsize i = 0; i < G_N_ELEMENTS (shares); i++)
        {
          float exact = fabsf (values[(gsize) ceil (shares[i] * (double) n) - 1]);
          float percentile = threshold_of (histogram, "percentile", shares[i], 1.0);
          float legacy = threshold_of (histogram, "legacy", shares[i], 1.0);

          g_assert_cmpfloat (percentile, >=, exact);
          g_assert_cmpfloat (percentile, <=, exact + 1.001f * width);
          g_assert_cmpfloat_with_epsilon (legacy, exact, 1.001f * width);
          if (shares[i] == 1.0)
            g_assert_cmpfloat (legacy, ==, qs_histogram_get_abs_max (histogram));
        }
    }
}

/* Counts that fall by a factor e every 100 bins, 10,000 in the first: the line crosses one value in
 * a bin at 100 ln 10,000 = 921 bins. The values beyond, one each in bins up to 2047, are the outliers
 * that the regression is there to ignore. */
static void
test_regression (void)
{
  g_autoptr (QsHistogram) histogram = qs_histogram_new ();
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (float));
  float quantile, threshold;
  float outlier = 1.0f;

  g_array_append_val (values, outlier);
  for (int bin = 0; bin < 800; bin++)
    {
      float value = ((float) bin + 0.5f) / 2048.0f;

      for (int i = 0; i < (int) (10000.0 * exp (-(bin + 0.5) / 100.0)); i++)
        g_array_append_val (values, value);
    }
  qs_histogram_add (histogram, (const float *) (gconstpointer) values->data, values->len);

  quantile = threshold_of (histogram, "legacy", 1.0, 1.0);
  g_assert_cmpfloat (quantile, ==, 1.0f);
  threshold = threshold_of (histogram, "legacy", 0.99999, 0.1);
  /* Counts are cut to integers, which bends the end of the line by a few per cent. */
  g_assert_cmpfloat (threshold, >=, 700.0f / 2048.0f);
  g_assert_cmpfloat (threshold, <=, 921.0f / 2048.0f);
}

static void
test_presets (void)
{
  guint n;
  const QsCalibratorPreset *presets = qs_calibrator_get_legacy_presets (&n);

  g_assert_cmpuint (n, ==, 7);
  for (guint i = 0; i < n; i++)
    {
      g_assert_cmpfloat (presets[i].options.quantile, >=, 0.99);
      g_assert_cmpfloat (presets[i].options.quantile, <, 1.0);
      g_assert_cmpfloat (presets[i].options.regression_cutoff, >, 0.0);
      g_assert_cmpfloat (presets[i].options.regression_cutoff, <=, 1.0);
    }
}

/* The whole curve against the error of each bin's middle, quantized one by one. */
static void
test_mse (void)
{
  float values[3000];

  for (int kind = 0; kind < 6; kind++)
    {
      g_autoptr (QsHistogram) histogram = make_random (9, kind, 3000, values);
      float width = qs_histogram_get_range (histogram) / 2048.0f;
      QsCalibration result;

      qs_calibrator_compute (qs_calibrator_lookup ("mse"), histogram, NULL, TRUE, &result);
      for (int m = 128; m <= 2048; m += 10)
        {
          double expected = qs_histogram_get_mse (histogram, (float) m * width);

          /* The curve is float32, and the threshold is rounded to it. */
          g_assert_cmpfloat_with_epsilon (result.curve[m], expected, 1e-5 * expected + 1e-12);
          g_assert_cmpfloat (result.curve[result.bin], <=, result.curve[m]);
        }
      g_assert_true (isnan (result.curve[127]));
      qs_calibration_clear (&result);
    }
}

/* A tensor that never was anything but zero gets the scale 0, as TensorRT writes it. */
static void
test_zero (void)
{
  const float zeros[100] = { 0 };

  for (guint i = 0; i < qs_calibrator_get_n (); i++)
    assert_scale_of (zeros, G_N_ELEMENTS (zeros), qs_calibrator_get (i)->id, 0, -1);
}

static void
test_table (void)
{
  for (guint i = 0; i < qs_calibrator_get_n (); i++)
    g_assert_true (qs_calibrator_lookup (qs_calibrator_get (i)->id) == qs_calibrator_get (i));
  g_assert_null (qs_calibrator_lookup ("entropy3"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/calibrators/unit-images", test_unit_images);
  g_test_add_func ("/calibrators/imagenet", test_imagenet);
  g_test_add_func ("/calibrators/log-spaced", test_log_spaced);
  g_test_add_func ("/calibrators/channel-means", test_channel_means);
  g_test_add_func ("/calibrators/letterbox", test_letterbox);
  g_test_add_func ("/calibrators/batch-norm-constants", test_batch_norm_constants);
  g_test_add_func ("/calibrators/against-plain", test_against_plain);
  g_test_add_func ("/calibrators/ties", test_ties);
  g_test_add_func ("/calibrators/entropy", test_entropy);
  g_test_add_func ("/calibrators/quantiles", test_quantiles);
  g_test_add_func ("/calibrators/regression", test_regression);
  g_test_add_func ("/calibrators/presets", test_presets);
  g_test_add_func ("/calibrators/mse", test_mse);
  g_test_add_func ("/calibrators/zero", test_zero);
  g_test_add_func ("/calibrators/table", test_table);

  return g_test_run ();
}
