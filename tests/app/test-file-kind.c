/* SPDX-License-Identifier: MIT */
#include "qs-file-kind.h"
#include "qs-presets.h"
#include "qs-test.h"

static void
test_guess (void)
{
  static const struct
  {
    const char *name;
    const char *head;
    gsize size;
    QsFileKind kind;
  } cases[] = {
    { "model.onnx", "\x08\x07\x12\x07pytorch", 11, QS_FILE_MODEL },
    { "MODEL.ONNX", "", 0, QS_FILE_MODEL },
    { "no-ending", "\x08\x07\x12\x07pytorch", 11, QS_FILE_MODEL },
    { "set.npz", "PK\003\004", 4, QS_FILE_SAMPLES },
    { "set.data", "PK\003\004", 4, QS_FILE_SAMPLES },
    /* The content is believed before the name. */
    { "renamed.onnx", "PK\003\004", 4, QS_FILE_SAMPLES },
    { "table.cache", "TRT-8401-EntropyCalibration2\n", 29, QS_FILE_CACHE },
    { "table.txt", "TRT-8401-EntropyCalibration2\n", 29, QS_FILE_CACHE },
    { "table.calib", "", 0, QS_FILE_CACHE },
    { "engine.plan", "", 0, QS_FILE_PLAN },
    { "engine.json", "{\"Layers\": [{", 13, QS_FILE_GRAPH },
    { "times.json", "[ { \"count\" : 1 }", 17, QS_FILE_PROFILE },
    { "other.json", "{\"scales\": {", 12, QS_FILE_UNKNOWN },
    { "rows.npy", "\x93NUMPY\x01\x00", 8, QS_FILE_SAMPLES },
    { "images", "\x1f\x8b\x08\x00", 4, QS_FILE_SAMPLES },
    { "a.txt", "\x89PNG\r\n\x1a\n", 8, QS_FILE_SAMPLES },
    { "a.txt", "\xff\xd8\xff\xe0", 4, QS_FILE_SAMPLES },
    { "numbers.raw", "\x00\x00\x80\x3f", 4, QS_FILE_SAMPLES },
    /* Fields 1, 1, 2 of a TensorProto, one by one and packed; field 1 of a model, then a name. */
    { "input_0.pb", "\x08\x01\x08\xe0\x01\x10\x01", 7, QS_FILE_SAMPLES },
    { "input_0.pb", "\x0a\x02\x01\x03\x10\x01", 6, QS_FILE_SAMPLES },
    { "model.pb", "\x08\x07\x12\x07pytorch", 11, QS_FILE_MODEL },
    { "notes.txt", "Dear diary", 10, QS_FILE_UNKNOWN },
    { "empty", "", 0, QS_FILE_UNKNOWN },
    { "", "", 0, QS_FILE_UNKNOWN },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) head = g_bytes_new_static (cases[i].head, cases[i].size);

      g_test_message ("%s", cases[i].name);
      g_assert_cmpint (qs_file_kind_guess (cases[i].name, head), ==, cases[i].kind);
    }
}

static void
test_query (void)
{
  g_autoptr (GFile) model = qs_test_sample (QS_SAMPLE_MODEL);
  g_autoptr (GFile) samples = qs_test_sample (QS_SAMPLE_CALIBRATION);
  g_autoptr (GFile) folder = g_file_get_parent (model);
  g_autoptr (GFile) missing = qs_test_sample ("no-such-file.onnx");
  g_autoptr (GError) error = NULL;
  QsFileKind kind;

  g_assert_true (qs_file_kind_query (model, &kind, &error));
  g_assert_cmpint (kind, ==, QS_FILE_MODEL);
  g_assert_true (qs_file_kind_query (samples, &kind, &error));
  g_assert_cmpint (kind, ==, QS_FILE_SAMPLES);
  g_assert_true (qs_file_kind_query (folder, &kind, &error));
  g_assert_cmpint (kind, ==, QS_FILE_SAMPLES);
  g_assert_false (qs_file_kind_query (missing, &kind, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* The sample's preset against what its data says of itself (data/samples/README.md). */
static void
test_sample_preset (void)
{
  QsPreprocessing preprocessing;
  g_autoptr (GFile) model = qs_sample_get_file (QS_SAMPLE_MODEL);

  qs_preprocessing_init (&preprocessing);
  qs_sample_preset_apply (qs_sample_preset_lookup (QS_SAMPLE_PRESET), &preprocessing);
  g_assert_cmpfloat (preprocessing.scale, ==, (float) (1.0 / 255.0));
  g_assert_cmpfloat (preprocessing.mean[0], ==, 0.2860f);
  g_assert_cmpfloat (preprocessing.std[0], ==, 0.3530f);
  g_assert_true (qs_sample_contains (model));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/app/file-kind/guess", test_guess);
  g_test_add_func ("/app/file-kind/query", test_query);
  g_test_add_func ("/app/presets/sample", test_sample_preset);
  return g_test_run ();
}
