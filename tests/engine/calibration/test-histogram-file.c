/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "calibration/histograms.pb-c.h"
#include "calibration/qs-histogram-file.h"
#include "core/qs-error.h"
#include "qs-test.h"

static void
make_notes (QsHistogramSet *set)
{
  const float infinite[] = { 0.25f, INFINITY };
  QsTensorNotes *notes = qs_histogram_set_get_notes (set, 1);

  notes->fused_away = TRUE;
  qs_tensor_notes_set_channels (notes, 2, 3);
  notes->channel_maxima[0] = 0.5f;
  notes->channel_maxima[2] = 0.125f;

  qs_histogram_add (qs_histogram_set_get (set, 2), infinite, 2);
  notes = qs_histogram_set_get_notes (set, 2);
  notes->bad_sample = 12;
  notes->bad_sample_last = 15;
  notes->bad_batch = 3;
  notes->bad_source = g_strdup ("layer/1:0");
}

static QsHistogramSet *
make_set (void)
{
  QsHistogramSet *set = qs_histogram_set_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (30);
  const float zeros[3] = { 0 };

  for (int tensor = 0; tensor < 4; tensor++)
    {
      g_autofree char *name = g_strdup_printf ("layer/%d:0", tensor);
      QsHistogram *histogram = qs_histogram_set_ensure (set, name);

      for (int batch = 0; batch < 3; batch++)
        {
          float values[500];

          for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
            values[i] = (float) (g_rand_double (rand) * (batch + 1) - 0.3 * tensor);
          qs_histogram_add (histogram, values, G_N_ELEMENTS (values));
        }
    }
  qs_histogram_add (qs_histogram_set_ensure (set, "zero"), zeros, 3);
  qs_histogram_set_ensure (set, "never seen");
  make_notes (set);
  qs_histogram_set_set_n_samples (set, 77);
  qs_histogram_set_set_origin (set, "model", "samples");
  return set;
}

static void
assert_same_notes (const QsTensorNotes *a,
                   const QsTensorNotes *b)
{
  g_assert_cmpint (a->fused_away, ==, b->fused_away);
  g_assert_cmpint (a->bad_sample, ==, b->bad_sample);
  g_assert_cmpint (a->bad_sample_last, ==, b->bad_sample_last);
  g_assert_cmpint (a->bad_batch, ==, b->bad_batch);
  g_assert_cmpstr (a->bad_source, ==, b->bad_source);
  g_assert_cmpint (a->channel_axis, ==, b->channel_axis);
  g_assert_cmpmem (a->channel_maxima, a->n_channels * sizeof (float), b->channel_maxima,
                   b->n_channels * sizeof (float));
}

static void
assert_same (QsHistogramSet *a,
             QsHistogramSet *b)
{
  g_assert_cmpuint (qs_histogram_set_get_n (a), ==, qs_histogram_set_get_n (b));
  for (guint i = 0; i < qs_histogram_set_get_n (a); i++)
    {
      QsHistogram *x = qs_histogram_set_get (a, i), *y = qs_histogram_set_get (b, i);

      g_assert_cmpstr (qs_histogram_set_get_name (a, i), ==, qs_histogram_set_get_name (b, i));
      g_assert_cmpmem (qs_histogram_get_counts (x), 2048 * 8, qs_histogram_get_counts (y), 2048 * 8);
      g_assert_cmpfloat (qs_histogram_get_range (x), ==, qs_histogram_get_range (y));
      g_assert_cmpfloat (qs_histogram_get_min (x), ==, qs_histogram_get_min (y));
      g_assert_cmpfloat (qs_histogram_get_max (x), ==, qs_histogram_get_max (y));
      g_assert_cmpfloat (qs_histogram_get_mean (x), ==, qs_histogram_get_mean (y));
      g_assert_cmpfloat (qs_histogram_get_variance (x), ==, qs_histogram_get_variance (y));
      g_assert_cmpuint (qs_histogram_get_n (x), ==, qs_histogram_get_n (y));
      g_assert_cmpuint (qs_histogram_get_n_zeros (x), ==, qs_histogram_get_n_zeros (y));
      g_assert_cmpuint (qs_histogram_get_n_doublings (x), ==, qs_histogram_get_n_doublings (y));
      g_assert_cmpuint (qs_histogram_get_n_infinite (x), ==, qs_histogram_get_n_infinite (y));
      assert_same_notes (qs_histogram_set_get_notes (a, i), qs_histogram_set_get_notes (b, i));
    }
}

static void
test_round_trip (void)
{
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "h", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (QsHistogramSet) set = make_set (), loaded = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (qs_histogram_set_save (set, file, &error));
  loaded = qs_histogram_set_load (file, &error);
  g_assert_no_error (error);
  assert_same (set, loaded);
  g_assert_cmpint (qs_histogram_set_get_n_samples (loaded), ==, 77);
  g_assert_cmpstr (qs_histogram_set_get_model_checksum (loaded), ==, "model");
  g_assert_cmpstr (qs_histogram_set_get_samples_key (loaded), ==, "samples");
  qs_test_remove_folder (folder);
}

static void
test_origin (void)
{
  g_autoptr (QsHistogramSet) set = make_set ();
  g_autoptr (GError) error = NULL;

  g_assert_true (qs_histogram_set_check_origin (set, "model", "samples", &error));
  g_assert_true (qs_histogram_set_check_origin (set, "model", NULL, &error));
  g_assert_false (qs_histogram_set_check_origin (set, "other", "samples", &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISMATCH, "another model");
  g_clear_error (&error);
  g_assert_false (qs_histogram_set_check_origin (set, "model", "other", &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISMATCH, "other samples");
}

static void
test_damaged (void)
{
  g_autoptr (QsHistogramSet) set = make_set ();
  g_autoptr (GBytes) bytes = qs_histogram_set_write (set);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  for (gsize i = 0; i < size; i += 1 + i / 20)
    {
      g_autofree guint8 *copy = g_memdup2 (data, size);
      g_autoptr (GBytes) changed = NULL, truncated = g_bytes_new (data, i);
      g_autoptr (GError) first = NULL, second = NULL;

      copy[i] ^= 0x10;
      changed = g_bytes_new (copy, size);
      if (i < 12 || i >= 16)
        g_assert_null (qs_histogram_set_read (changed, &first));
      if (i >= 8 && i < 12)
        g_assert_error (first, QS_ERROR, QS_ERROR_VERSION);
      g_assert_null (qs_histogram_set_read (truncated, &second));
      g_assert_error (second, QS_ERROR, QS_ERROR_MALFORMED);
    }
}

/* A file whose checksum is right, whatever is in it. */
static GBytes *
seal (gconstpointer message,
      gsize         size)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 *file = g_malloc0 (48 + size);
  gsize length = 32;

  memcpy (file, "\x89QSHIST\n\1", 9);
  g_checksum_update (checksum, message, (gssize) size);
  g_checksum_get_digest (checksum, file + 16, &length);
  memcpy (file + 48, message, size);
  return g_bytes_new_take (file, 48 + size);
}

/* Whatever is accepted must be fit for every calibrator. */
static void
test_mutations (void)
{
  g_autoptr (QsHistogramSet) set = make_set ();
  g_autoptr (GBytes) bytes = qs_histogram_set_write (set);
  g_autoptr (GRand) rand = g_rand_new_with_seed (31);
  guint n_accepted = 0;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  for (int round = 0; round < 1000; round++)
    {
      g_autofree guint8 *copy = g_memdup2 (data + 48, size - 48);
      g_autoptr (GBytes) sealed = NULL;
      g_autoptr (QsHistogramSet) read = NULL;
      g_autoptr (GError) error = NULL;

      for (int i = 0; i <= round % 3; i++)
        copy[g_rand_int_range (rand, 0, round % 2 == 0 ? 150 : (gint32) (size - 48))] =
          (guint8) g_rand_int (rand);
      sealed = seal (copy, size - 48);
      read = qs_histogram_set_read (sealed, &error);
      g_assert_true ((read == NULL) == (error != NULL));
      if (read == NULL)
        continue;

      n_accepted++;
      for (guint k = 0; k < qs_calibrator_get_n (); k++)
        {
          g_autoptr (QsScaleTable) scales =
            qs_histogram_set_calibrate (read, qs_calibrator_get (k), NULL);

          for (guint i = 0; i < qs_scale_table_get_n (scales); i++)
            g_assert_true (qs_scale_table_get_scale (scales, i) >= 0.0f);
        }
      if (n_accepted == 20)
        break;
    }
  g_assert_cmpuint (n_accepted, >, 0);
}

/* Each rule of the format broken alone, behind a correct checksum. */
static void
test_contradictions (void)
{
  for (int rule = 0; rule < 18; rule++)
    {
      guint64 counts[2048] = { 0 };
      float maxima[2] = { 1.0f, rule == 12 ? 1.5f : rule == 13 ? -0.5f : rule == 14 ? NAN : 0.5f };
      QsHistograms__NotFinite not_finite = QS_HISTOGRAMS__NOT_FINITE__INIT;
      QsHistograms__Histogram histogram = QS_HISTOGRAMS__HISTOGRAM__INIT;
      QsHistograms__Histogram *histograms[] = { &histogram, &histogram };
      QsHistograms__Set set = QS_HISTOGRAMS__SET__INIT;
      g_autofree guint8 *message = NULL;
      g_autoptr (GBytes) sealed = NULL;
      g_autoptr (QsHistogramSet) read = NULL;
      g_autoptr (GError) error = NULL;

      counts[0] = 3;
      counts[2047] = 2;
      histogram.name = (char *) (rule == 1 ? "" : rule == 2 ? "\xff" : "x");
      histogram.range = rule == 3 ? INFINITY : rule == 4 ? -1.0f : 1.0f;
      histogram.min = rule == 5 ? NAN : rule == 6 ? 2.0f : -1.0f;
      histogram.max = 1.0f;
      histogram.n = rule == 7 ? 6 : 5;
      histogram.n_zeros = rule == 8 ? 4 : 1;
      histogram.m2 = rule == 9 ? -1.0 : 1.0;
      histogram.counts = counts;
      histogram.n_counts = rule == 10 ? 2047 : 2048;
      histogram.n_channel_maxima = 2;
      histogram.channel_maxima = maxima;
      histogram.channel_axis = rule == 15 ? 1000 : 1;
      histogram.n_nan = rule == 16 ? 0 : 1;
      histogram.not_finite = &not_finite;
      not_finite.sample = rule == 17 ? -1 : 4;
      not_finite.last_sample = 4;
      set.histograms = histograms;
      set.n_histograms = rule == 11 ? 2 : 1;

      message = g_malloc (qs_histograms__set__get_packed_size (&set));
      sealed = seal (message, qs_histograms__set__pack (&set, message));
      read = qs_histogram_set_read (sealed, &error);
      if (rule == 0)
        g_assert_no_error (error);
      else
        g_assert_error (error, QS_ERROR, QS_ERROR_MALFORMED);
    }
}

/* A file of a program that noted nothing: its tensors count as left by fusion, and nothing is said
 * of channels. */
static void
test_without_notes (void)
{
  guint64 counts[2048] = { 0 };
  QsHistograms__Histogram histogram = QS_HISTOGRAMS__HISTOGRAM__INIT;
  QsHistograms__Histogram *histograms[] = { &histogram };
  QsHistograms__Set set = QS_HISTOGRAMS__SET__INIT;
  g_autofree guint8 *message = NULL;
  g_autoptr (QsHistogramSet) read = NULL;
  g_autoptr (QsScaleTable) scales = NULL;
  g_autoptr (GBytes) sealed = NULL;
  g_autoptr (GError) error = NULL;

  counts[2047] = 2;
  histogram.name = (char *) "x";
  histogram.range = histogram.max = 1.0f;
  histogram.n = 2;
  histogram.counts = counts;
  histogram.n_counts = 2048;
  set.histograms = histograms;
  set.n_histograms = 1;
  message = g_malloc (qs_histograms__set__get_packed_size (&set));
  sealed = seal (message, qs_histograms__set__pack (&set, message));

  read = qs_histogram_set_read (sealed, &error);
  g_assert_no_error (error);
  g_assert_cmpint (qs_histogram_set_get_notes (read, 0)->bad_sample, ==, -1);
  g_assert_cmpint (qs_histogram_set_get_notes (read, 0)->channel_axis, ==, -1);
  g_assert_null (qs_histogram_set_get_notes (read, 0)->channel_maxima);
  scales = qs_histogram_set_calibrate (read, qs_calibrator_lookup ("entropy"), NULL);
  g_assert_true (qs_scale_table_lookup (scales, "x", NULL));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/histogram-file/round-trip", test_round_trip);
  g_test_add_func ("/histogram-file/origin", test_origin);
  g_test_add_func ("/histogram-file/without-notes", test_without_notes);
  g_test_add_func ("/histogram-file/damaged", test_damaged);
  g_test_add_func ("/histogram-file/mutations", test_mutations);
  g_test_add_func ("/histogram-file/contradictions", test_contradictions);

  return g_test_run ();
}
