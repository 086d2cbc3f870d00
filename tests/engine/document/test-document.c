/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "calibration/qs-calibration-run.h"
#include "core/qs-error.h"
#include "document/qs-document-private.h"
#include "import/qs-import.h"
#include "qs-test.h"

#define N_MUTATIONS 1500

/* Everything a document can hold, of the smallest bundled model. */
static QsDocument *
make_document (void)
{
  const QsCalibrationRunOptions options = QS_CALIBRATION_RUN_OPTIONS_INIT;
  const QsCalibratorOptions calibrator = QS_CALIBRATOR_OPTIONS_INIT;
  QsBuilderOptions build = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (GFile) model_file = qs_test_sample ("fashion-mobilenet.onnx");
  g_autoptr (GFile) samples_file = qs_test_sample ("calibration-uint8.npz");
  g_autoptr (GFile) place = qs_test_sample ("work.quantoscope");
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) model = qs_model_load_file (model_file, &error);
  g_autoptr (QsSamples) samples = qs_samples_open (samples_file, &error);
  g_autoptr (QsProfile) profile = qs_profile_new ();
  g_autoptr (QsNetwork) network = qs_import_network (model, profile, &error);
  QsDocument *self = qs_document_new ();

  g_assert_no_error (error);
  qs_samples_set_limit (samples, 4);
  qs_document_set_model (self, model, place);
  self->calibration.path = qs_document_dup_path (samples_file, place);
  self->calibration.recipe.limit = 4;
  self->histograms = qs_calibration_run (model, profile, samples, &options, NULL, NULL, NULL,
                                         &error);
  g_assert_no_error (error);
  self->cache = qs_histogram_set_calibrate (self->histograms, qs_calibrator_lookup ("minmax"),
                                            &calibrator);
  self->cache_name = g_strdup ("other.cache");
  self->ranges = qs_dynamic_ranges_new ();
  qs_dynamic_ranges_parse (self->ranges, "input=-1,0.30000000000000004", &error);
  build.int8 = QS_INT8_ALL;
  build.ranges = self->ranges;
  build.model_checksum = qs_model_get_checksum (model);
  self->engine = qs_builder_build (network, self->cache, &build, NULL, &error);
  g_assert_no_error (error);
  self->source = g_strdup ("minmax");
  self->int8 = QS_INT8_ALL;
  self->calibration_batch = 7;
  return self;
}

static GBytes *
write_document (QsDocument *document)
{
  g_autoptr (GError) error = NULL;
  GBytes *bytes = qs_document_write (document, &error);

  g_assert_no_error (error);
  return bytes;
}

static void
test_round_trip (void)
{
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "a.quantoscope", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (QsDocument) document = make_document ();
  g_autoptr (QsDocument) loaded = NULL;
  g_autoptr (QsModel) model = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) first = NULL;
  g_autoptr (GBytes) second = NULL;

  g_assert_true (qs_document_save (document, file, &error));
  loaded = qs_document_load (file, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (loaded->model_path, ==, "fashion-mobilenet.onnx");
  g_assert_cmpstr (loaded->calibration.path, ==, "calibration-uint8.npz");
  g_assert_true (qs_sample_recipe_equal (&loaded->calibration.recipe,
                                         &document->calibration.recipe));
  g_assert_true (qs_dynamic_ranges_equal (loaded->ranges, document->ranges));
  g_assert_cmpuint (qs_histogram_set_get_n (loaded->histograms), ==,
                    qs_histogram_set_get_n (document->histograms));
  g_assert_cmpuint (qs_scale_table_count_manual (qs_engine_get_scales (loaded->engine)), ==, 1);
  g_assert_cmpstr (loaded->source, ==, "minmax");
  g_assert_cmpint (loaded->calibration_batch, ==, 7);

  /* The model came along, so that none is needed beside it. */
  model = qs_document_open_model (loaded, file, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (qs_model_get_checksum (model), ==, document->model_checksum);

  /* Nothing is lost: written again it is the same file. */
  first = write_document (document);
  second = write_document (loaded);
  g_assert_true (g_bytes_equal (first, second));
  g_assert_true (qs_document_probe (first));
  qs_test_remove_folder (folder);
}

static void
test_other_model (void)
{
  g_autoptr (GFile) place = qs_test_sample ("work.quantoscope");
  g_autoptr (QsDocument) document = make_document ();
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&document->model, g_bytes_unref);
  g_free (document->model_path);
  document->model_path = g_strdup ("fashion-resnet.onnx");
  g_assert_null (qs_document_open_model (document, place, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISMATCH, "fashion-resnet.onnx");
  g_clear_error (&error);

  g_free (document->model_path);
  document->model_path = g_strdup ("nowhere.onnx");
  g_assert_null (qs_document_open_model (document, place, &error));
  g_assert_nonnull (error);
}

static void
assert_refused (const char *const *names,
                const char *const *texts,
                QsError            code,
                const char        *word)
{
  GBytes *contents[4] = { NULL };
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; names[i] != NULL; i++)
    contents[i] = g_bytes_new_static (texts[i], strlen (texts[i]));
  bytes = qs_document_archive_write (names, contents, &error);
  g_assert_no_error (error);
  g_assert_null (qs_document_read (bytes, &error));
  qs_test_assert_error (error, QS_ERROR, (int) code, word);
  for (guint i = 0; names[i] != NULL; i++)
    g_bytes_unref (contents[i]);
}

#define GOOD "{\"format\":\"quantoscope-document\",\"version\":1}"

static void
test_hostile (void)
{
  static const struct
  {
    const char *names[4];
    const char *texts[4];
    QsError code;
    const char *word;
  } cases[] = {
    { { "ranges.json" }, { "{}" }, QS_ERROR_MALFORMED, "quantoscope.json is missing" },
    { { "quantoscope.json", "../../etc/passwd" }, { GOOD, "x" }, QS_ERROR_MALFORMED, "no part" },
    { { "quantoscope.json", "quantoscope.json" }, { GOOD, GOOD }, QS_ERROR_MALFORMED, "twice" },
    { { "quantoscope.json" }, { "{\"format\":\"quantoscope-document\",\"version\":2}" },
      QS_ERROR_VERSION, "2" },
    { { "quantoscope.json" }, { "[]" }, QS_ERROR_MALFORMED, "not a document" },
    { { "quantoscope.json" }, { "" }, QS_ERROR_MALFORMED, "JSON" },
    { { "quantoscope.json" },
      { "{\"format\":\"quantoscope-document\",\"version\":1,\"settings\":{\"int8\":9}}" },
      QS_ERROR_DATA, "int8" },
    { { "quantoscope.json", "histograms.bin" }, { GOOD, "x" }, QS_ERROR_MALFORMED, "histogram" },
    { { "quantoscope.json", "engine.plan" }, { GOOD, "x" }, QS_ERROR_MALFORMED, "" },
    { { "quantoscope.json", "ranges.json" },
      { GOOD, "{\"format\":\"quantoscope-ranges\",\"version\":1,\"ranges\":[{\"tensor\":\"t\","
              "\"min\":3,\"max\":1}]}" }, QS_ERROR_DATA, "“t”" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_refused (cases[i].names, cases[i].texts, cases[i].code, cases[i].word);
}

/* Cut off or with bytes changed, it is read or refused, and nothing else happens. */
static void
test_mutations (void)
{
  g_autoptr (QsDocument) document = make_document ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);
  guint n_refused = 0;
  gsize size;

  /* The large parts have mutation tests of their own; here the frame is what matters. */
  g_clear_pointer (&document->model, g_bytes_unref);
  g_clear_pointer (&document->engine, qs_engine_unref);
  g_clear_pointer (&document->histograms, qs_histogram_set_unref);
  bytes = write_document (document);
  size = g_bytes_get_size (bytes);

  for (guint i = 0; i < N_MUTATIONS; i++)
    {
      gsize length = i % 3 == 0 ? (gsize) g_rand_int_range (rand, 0, (gint32) size) : size;
      guint8 *copy = g_memdup2 (g_bytes_get_data (bytes, NULL), size);
      g_autoptr (GBytes) changed = NULL;
      g_autoptr (QsDocument) read = NULL;
      g_autoptr (GError) error = NULL;

      for (guint k = 0; k < 1 + i % 4 && i % 3 != 0; k++)
        copy[g_rand_int_range (rand, 0, (gint32) size)] = (guint8) g_rand_int (rand);
      changed = g_bytes_new_take (copy, length);
      read = qs_document_read (changed, &error);
      g_assert_true ((read == NULL) == (error != NULL));
      n_refused += read == NULL;
    }

  g_assert_cmpuint (n_refused, >, N_MUTATIONS / 3);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/document/round-trip", test_round_trip);
  g_test_add_func ("/document/other-model", test_other_model);
  g_test_add_func ("/document/hostile", test_hostile);
  g_test_add_func ("/document/mutations", test_mutations);
  return g_test_run ();
}
