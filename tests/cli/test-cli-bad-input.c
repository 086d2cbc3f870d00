/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "qs-cli-test.h"
#include "qs-onnx-writer.h"
#include "samples/qs-npz.h"

static char *model;
static char *calibration;

static gboolean
have_sample (void)
{
  g_clear_pointer (&model, g_free);
  g_clear_pointer (&calibration, g_free);
  return (model = qs_cli_test_sample ("fashion-resnet.onnx")) != NULL &&
         (calibration = qs_cli_test_sample ("calibration-uint8.npz")) != NULL;
}

/* Every bad file is refused with status 1 and a message that names it, never with a crash. */
static void
expect_bad (QsCliOutcome *outcome,
            const char   *word)
{
  qs_cli_test_expect (outcome, 1, word);
  g_assert_true (g_str_has_prefix (outcome->err, "quantoscope-cli: "));
  g_assert_cmpuint (strlen (outcome->err), >, strlen ("quantoscope-cli: ") + 20);
}

static void
test_missing_file (void)
{
  g_autofree char *path = qs_cli_test_path ("nowhere.onnx");
  g_autoptr (QsCliOutcome) outcome = qs_cli_test_run ("info", path, NULL);

  expect_bad (outcome, "nowhere.onnx");
}

static void
test_folder (void)
{
  g_autofree char *path = qs_cli_test_path (".");
  g_autoptr (QsCliOutcome) outcome = qs_cli_test_run ("info", path, NULL);

  expect_bad (outcome, path);
}

static void
test_empty_file (void)
{
  g_autofree char *path = qs_cli_test_path ("empty.onnx");
  g_autoptr (QsCliOutcome) outcome = NULL;

  qs_cli_test_write (path, "", 0);
  outcome = qs_cli_test_run ("info", path, NULL);
  expect_bad (outcome, "empty.onnx");
}

/* Cut anywhere, the file is not a model any more. */
static void
test_truncated_model (void)
{
  g_autofree char *path = qs_cli_test_path ("truncated.onnx");
  g_autofree char *data = NULL;
  const double shares[] = { 0.00001, 0.01, 0.5, 0.9, 0.9999 };
  gsize length;

  if (!have_sample ())
    return;

  data = qs_cli_test_read (model, &length);
  for (gsize i = 0; i < G_N_ELEMENTS (shares); i++)
    {
      g_autoptr (QsCliOutcome) outcome = NULL;

      qs_cli_test_write (path, data, (gsize) ((double) length * shares[i]));
      outcome = qs_cli_test_run ("info", path, NULL);
      expect_bad (outcome, "truncated.onnx");
    }
}

/* Overwritten at its start, where the structure is. */
static void
test_corrupted_model (void)
{
  g_autofree char *path = qs_cli_test_path ("corrupted.onnx");
  g_autofree char *data = NULL;
  g_autoptr (QsCliOutcome) outcome = NULL;
  gsize length;

  if (!have_sample ())
    return;

  data = qs_cli_test_read (model, &length);
  memset (data + 8, 0xff, 64);
  qs_cli_test_write (path, data, length);
  outcome = qs_cli_test_run ("info", path, NULL);
  expect_bad (outcome, "corrupted.onnx");
}

/* info shows the refusal and succeeds, since showing it is its job; everything else fails. */
static void
test_unsupported_operator (void)
{
  g_autofree char *path = qs_cli_test_path ("strange.onnx");
  g_autofree char *json = qs_cli_test_path ("strange.json");
  g_autoptr (GByteArray) bytes = qs_onnx_write_one_node ("FlumpAndWibble", "strange_0");
  g_autoptr (QsCliOutcome) info = NULL, bench = NULL;
  g_autoptr (JsonObject) root = NULL;
  JsonObject *refused;

  qs_cli_test_write (path, bytes->data, bytes->len);
  info = qs_cli_test_succeed ("info", path, "--json", json, NULL);
  g_assert_nonnull (strstr (info->out, "strange_0"));
  root = qs_cli_test_load_json (json);
  refused = json_array_get_object_element (json_object_get_array_member (root, "refused"), 0);
  g_assert_cmpstr (json_object_get_string_member (refused, "op_type"), ==, "FlumpAndWibble");
  g_assert_cmpstr (json_object_get_string_member (refused, "name"), ==, "strange_0");
  g_assert_nonnull (json_object_get_string_member (refused, "reason"));

  bench = qs_cli_test_run ("bench", path, NULL);
  expect_bad (bench, "strange_0");
  g_assert_nonnull (strstr (bench->err, "FlumpAndWibble"));
}

/* Calibration with a set that this test made. */
static QsCliOutcome *
calibrate (const char *set)
{
  g_autofree char *cache = qs_cli_test_path ("bad.cache");
  QsCliOutcome *outcome = qs_cli_test_run ("calibrate", model, "--calibration", set, "--cache",
                                           cache, "--batch", "4", NULL);

  /* A failed calibration leaves no cache behind. */
  g_assert_false (g_file_test (cache, G_FILE_TEST_EXISTS));
  return outcome;
}

static QsCliOutcome *
calibrate_array (const char  *file,
                 const char  *name,
                 QsDataType   type,
                 QsShape      shape,
                 const float *data)
{
  g_autofree char *path = qs_cli_test_path (file);

  qs_cli_test_save_array (path, name, type, &shape, data);
  return calibrate (path);
}

#define N_SAMPLES 6
#define SAMPLE_SIZE (32 * 32)

static void
test_wrong_shape (void)
{
  g_autofree float *data = g_new0 (float, N_SAMPLES * 16 * 16);
  g_autoptr (QsCliOutcome) outcome = NULL;

  if (!have_sample ())
    return;

  outcome = calibrate_array ("shape.npz", "input", QS_DATA_TYPE_FLOAT,
                             qs_shape_make (4, N_SAMPLES, 1, 16, 16), data);
  expect_bad (outcome, "shape.npz");
  g_assert_nonnull (strstr (outcome->err, "input"));
  g_assert_nonnull (strstr (outcome->err, "16"));
}

static void
test_wrong_name (void)
{
  g_autofree float *data = g_new0 (float, N_SAMPLES * SAMPLE_SIZE);
  g_autoptr (QsCliOutcome) outcome = NULL;

  if (!have_sample ())
    return;

  outcome = calibrate_array ("name.npz", "picture", QS_DATA_TYPE_FLOAT,
                             qs_shape_make (4, N_SAMPLES, 1, 32, 32), data);
  expect_bad (outcome, "name.npz");
  g_assert_nonnull (strstr (outcome->err, "“input”"));
}

/* Complex numbers, which NumPy writes and no network takes. */
static void
test_wrong_type (void)
{
  g_autofree char *path = qs_cli_test_path ("type.npz");
  g_autoptr (QsCliOutcome) outcome = NULL;

  if (!have_sample ())
    return;

  qs_cli_test_save_npy (path, "input", "<c8", "(6, 1, 32, 32)", N_SAMPLES * SAMPLE_SIZE * 8);
  outcome = calibrate (path);
  expect_bad (outcome, "type.npz");
  g_assert_nonnull (strstr (outcome->err, "c8"));
}

static void
test_empty_set (void)
{
  g_autoptr (QsCliOutcome) outcome = NULL;
  float nothing = 0.0f;

  if (!have_sample ())
    return;

  outcome = calibrate_array ("none.npz", "input", QS_DATA_TYPE_FLOAT,
                             qs_shape_make (4, 0, 1, 32, 32), &nothing);
  expect_bad (outcome, "none.npz");
}

/* Sample 5 is the second of the second batch. */
static void
test_not_a_number (gconstpointer user_data)
{
  float bad = *(const float *) user_data;
  g_autofree float *data = g_new0 (float, N_SAMPLES * SAMPLE_SIZE);
  g_autoptr (QsCliOutcome) outcome = NULL;

  if (!have_sample ())
    return;

  data[5 * SAMPLE_SIZE + 17] = bad;
  outcome = calibrate_array ("nan.npz", "input", QS_DATA_TYPE_FLOAT,
                             qs_shape_make (4, N_SAMPLES, 1, 32, 32), data);
  expect_bad (outcome, "input");
  g_assert_nonnull (strstr (outcome->err, "5"));
}

static void
test_truncated_set (void)
{
  g_autofree char *path = qs_cli_test_path ("truncated.npz");
  g_autofree char *data = NULL;
  const double shares[] = { 0.0, 0.001, 0.5, 0.99 };
  gsize length;

  if (!have_sample ())
    return;

  data = qs_cli_test_read (calibration, &length);
  for (gsize i = 0; i < G_N_ELEMENTS (shares); i++)
    {
      g_autoptr (QsCliOutcome) outcome = NULL;

      qs_cli_test_write (path, data, (gsize) ((double) length * shares[i]));
      outcome = calibrate (path);
      expect_bad (outcome, "truncated.npz");
    }
}

static void
test_labels_missing (void)
{
  g_autofree char *path = qs_cli_test_path ("unlabelled.npz");
  g_autofree float *data = g_new0 (float, N_SAMPLES * SAMPLE_SIZE);
  QsShape shape = qs_shape_make (4, N_SAMPLES, 1, 32, 32);
  g_autoptr (QsCliOutcome) outcome = NULL;

  if (!have_sample ())
    return;

  qs_cli_test_save_array (path, "input", QS_DATA_TYPE_FLOAT, &shape, data);
  outcome = qs_cli_test_succeed ("evaluate", model, "--data", path, NULL);
  g_assert_nonnull (strstr (outcome->err, "label"));
}

static QsCliOutcome *
build_with_cache (const char *name,
                  const char *text)
{
  g_autofree char *cache = qs_cli_test_path (name);
  g_autofree char *plan = qs_cli_test_path ("cache.plan");

  qs_cli_test_write (cache, text, strlen (text));
  return qs_cli_test_run ("build", model, "--cache", cache, "--int8-all", "-o", plan, NULL);
}

static void
test_cache_of_another_model (void)
{
  g_autoptr (QsCliOutcome) outcome = NULL;

  if (!have_sample ())
    return;

  outcome = build_with_cache ("other.cache",
                              "TRT-8401-EntropyCalibration2\nimage: 3c010a14\nprob: 3c010a14\n");
  expect_bad (outcome, "other.cache");
  g_assert_nonnull (strstr (outcome->err, "another model"));
}

/* Some names fit: it is used, and both sides of the difference are said. */
static void
test_cache_that_fits_in_part (void)
{
  g_autoptr (QsCliOutcome) outcome = NULL;

  if (!have_sample ())
    return;

  outcome = build_with_cache ("part.cache",
                              "TRT-8401-EntropyCalibration2\n"
                              "input: 3c82b6c0\nstranger: 3c010a14\n");
  g_assert_cmpint (outcome->status, ==, 0);
  g_assert_nonnull (strstr (outcome->err, "“stranger”"));
  g_assert_nonnull (strstr (outcome->err, "no scale"));
}

/* Some names fit by chance: most are unknown, and most tensors are not in it. */
static void
test_cache_of_a_similar_model (void)
{
  g_autoptr (QsCliOutcome) outcome = NULL;

  if (!have_sample ())
    return;

  outcome = build_with_cache ("similar.cache",
                              "TRT-8401-EntropyCalibration2\n"
                              "input: 3c82b6c0\nfirst: 3c010a14\nsecond: 3c010a14\n");
  expect_bad (outcome, "similar.cache");
  g_assert_nonnull (strstr (outcome->err, "only 1 of its 3 names"));
}

static void
test_cache_of_another_algorithm (void)
{
  g_autofree char *cache = qs_cli_test_path ("algorithm.cache");
  g_autofree char *plan = qs_cli_test_path ("algorithm.plan");
  const char text[] = "TRT-8401-EntropyCalibration2\ninput: 3c82b6c0\n";
  g_autoptr (QsCliOutcome) outcome = NULL;

  if (!have_sample ())
    return;

  qs_cli_test_write (cache, text, strlen (text));
  outcome = qs_cli_test_run ("build", model, "--cache", cache, "--calibrator", "minmax", "-o", plan,
                             NULL);
  expect_bad (outcome, "algorithm.cache");
  g_assert_nonnull (strstr (outcome->err, "EntropyCalibration2"));
}

static void
test_not_a_cache (void)
{
  g_autoptr (QsCliOutcome) outcome = NULL;

  if (!have_sample ())
    return;

  outcome = build_with_cache ("text.cache", "input: many\n");
  expect_bad (outcome, "text.cache");
}

/* Percentile is an extra of this program: TensorRT's format has no name for it. */
static void
test_cache_of_an_extra (void)
{
  g_autofree char *cache = qs_cli_test_path ("extra.cache");
  g_autoptr (QsCliOutcome) outcome = NULL;

  if (!have_sample ())
    return;

  outcome = qs_cli_test_run ("calibrate", model, "--calibration", calibration, "--cache", cache,
                             "--calibrator", "percentile", NULL);
  expect_bad (outcome, "extra.cache");
  g_assert_false (g_file_test (cache, G_FILE_TEST_EXISTS));
}

static void
test_int8_without_scales (void)
{
  g_autofree char *plan = qs_cli_test_path ("scales.plan");
  g_autoptr (QsCliOutcome) outcome = NULL;

  if (!have_sample ())
    return;

  outcome = qs_cli_test_run ("build", model, "-o", plan, NULL);
  qs_cli_test_expect (outcome, 2, "--calibration");
}

/* A plan to damage. */
static char *
make_plan (gsize *length)
{
  g_autofree char *plan = qs_cli_test_path ("good.plan");
  g_autoptr (QsCliOutcome) outcome =
    qs_cli_test_succeed ("build", model, "--calibration", calibration, "--calibrator", "minmax",
                         "--limit", "8", "-o", plan, QS_CLI_TEST_FASHION, NULL);

  return qs_cli_test_read (plan, length);
}

static void
test_truncated_plan (void)
{
  g_autofree char *path = qs_cli_test_path ("truncated.plan");
  g_autofree char *data = NULL;
  const double shares[] = { 0.001, 0.5, 0.9999 };
  gsize length;

  if (!have_sample ())
    return;

  data = make_plan (&length);
  for (gsize i = 0; i < G_N_ELEMENTS (shares); i++)
    {
      g_autoptr (QsCliOutcome) outcome = NULL;

      qs_cli_test_write (path, data, (gsize) ((double) length * shares[i]));
      outcome = qs_cli_test_run ("bench", path, "--runs", "1", NULL);
      expect_bad (outcome, "truncated.plan");
    }
}

/* Bytes of the plan turned over, here and there: an error or, where it did no harm, success; never
 * a crash. */
static void
test_corrupted_plan (void)
{
  g_autofree char *path = qs_cli_test_path ("corrupted.plan");
  g_autofree char *data = NULL;
  int n_refused = 0;
  gsize length;

  if (!have_sample ())
    return;

  data = make_plan (&length);
  for (int i = 0; i < 16; i++)
    {
      g_autofree char *copy = g_memdup2 (data, length);
      g_autoptr (QsCliOutcome) outcome = NULL;

      copy[(length - 1) * i / 16 + i] ^= 0x55;
      qs_cli_test_write (path, copy, length);
      outcome = qs_cli_test_run ("info", path, NULL);
      g_assert_true (outcome->status == 0 || outcome->status == 1);
      n_refused += outcome->status == 1;
    }

  g_assert_cmpint (n_refused, >, 0);
}

static void
test_plan_for_model (void)
{
  g_autoptr (QsCliOutcome) outcome = NULL;
  g_autofree char *svg = qs_cli_test_path ("model.svg");

  if (!have_sample ())
    return;

  outcome = qs_cli_test_run ("export", model, "--svg", svg, NULL);
  expect_bad (outcome, "build");
}

static void
test_unwritable (void)
{
  g_autoptr (QsCliOutcome) outcome = NULL;
  g_autofree char *json = qs_cli_test_path ("no-such-folder/info.json");

  if (!have_sample ())
    return;

  outcome = qs_cli_test_run ("info", model, "--json", json, NULL);
  expect_bad (outcome, "no-such-folder");
}

/* The sample's classes are 0 to 9. */
static void
test_label_out_of_range (void)
{
  static const gint64 labels[] = { 9, 10 };
  static const char *names[] = { "input", "label" };
  const QsShape image = qs_shape_make (4, 2, 1, 32, 32), label = qs_shape_make (1, 2);
  g_autofree char *path = qs_cli_test_path ("classes.npz");
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (QsHostTensor) x = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &image, NULL);
  g_autoptr (QsHostTensor) y =
    qs_host_tensor_new_from_data (QS_DATA_TYPE_INT64, &label, labels, sizeof labels, NULL);
  g_autoptr (QsCliOutcome) outcome = NULL;

  if (!have_sample ())
    return;

  g_assert_true (qs_npz_save (file, names, (QsHostTensor *[]) { x, y }, 2, NULL));
  outcome = qs_cli_test_run ("evaluate", model, "--data", path, NULL);
  expect_bad (outcome, "classes.npz");
  g_assert_nonnull (strstr (outcome->err, "10 classes"));
}

/* GIO's own message does not name the device, which takes no bytes. */
static void
test_unwritable_device (void)
{
  g_autoptr (QsCliOutcome) outcome = NULL;

  if (!have_sample ())
    return;

  outcome = qs_cli_test_run ("run", model, "--input", calibration, "--limit", "1", "--output",
                             "/dev/full", NULL);
  expect_bad (outcome, "/dev/full");
}

static void
test_int8_all_without_int8 (void)
{
  g_autoptr (QsCliOutcome) outcome = NULL;

  if (!have_sample ())
    return;

  outcome = qs_cli_test_run ("bench", model, "--int8-all", "--runs", "1", NULL);
  qs_cli_test_expect (outcome, 2, "--precision int8");
}

/* Words that mean nothing, a layer that is not there, and a constraint that cannot be obeyed. */
static void
test_precision_options (void)
{
  const struct
  {
    const char *option, *value, *word;
    int status;
  } rows[] = {
    { "--precision", "fp8", "fp8", 2 },
    { "--layer-precision", "/fc/Gemm", "LAYER=PRECISION", 2 },
    { "--layer-precision", "/fc/Gemm=fp8", "fp8", 2 },
    { "--layer-output-types", "/fc/Gemm=fp16+", "--layer-output-types", 2 },
    { "--precision-constraints", "insist", "insist", 2 },
    { "--layer-precision", "/nothing=fp16", "/nothing", 1 },
    { "--layer-precision", "/fc/Gemm=fp16", "FP16 is not enabled", 1 },
  };

  if (!have_sample ())
    return;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      gboolean is_mode = strcmp (rows[i].option, "--precision-constraints") == 0;
      g_autoptr (QsCliOutcome) outcome =
        qs_cli_test_run ("bench", model, "--runs", "1", rows[i].option, rows[i].value,
                         is_mode ? NULL : "--precision-constraints", "obey", NULL);

      qs_cli_test_expect (outcome, rows[i].status, rows[i].word);
    }
}

int
main (int   argc,
      char *argv[])
{
  static const float nan_value = NAN, infinity = INFINITY;
  int status;

  g_test_init (&argc, &argv, NULL);
  qs_cli_test_init ();

  g_test_add_func ("/cli/bad-input/missing-file", test_missing_file);
  g_test_add_func ("/cli/bad-input/folder", test_folder);
  g_test_add_func ("/cli/bad-input/empty-file", test_empty_file);
  g_test_add_func ("/cli/bad-input/truncated-model", test_truncated_model);
  g_test_add_func ("/cli/bad-input/corrupted-model", test_corrupted_model);
  g_test_add_func ("/cli/bad-input/unsupported-operator", test_unsupported_operator);
  g_test_add_func ("/cli/bad-input/set/shape", test_wrong_shape);
  g_test_add_func ("/cli/bad-input/set/name", test_wrong_name);
  g_test_add_func ("/cli/bad-input/set/type", test_wrong_type);
  g_test_add_func ("/cli/bad-input/set/empty", test_empty_set);
  g_test_add_data_func ("/cli/bad-input/set/nan", &nan_value, test_not_a_number);
  g_test_add_data_func ("/cli/bad-input/set/infinity", &infinity, test_not_a_number);
  g_test_add_func ("/cli/bad-input/set/truncated", test_truncated_set);
  g_test_add_func ("/cli/bad-input/set/no-labels", test_labels_missing);
  g_test_add_func ("/cli/bad-input/cache/other-model", test_cache_of_another_model);
  g_test_add_func ("/cli/bad-input/cache/similar-model", test_cache_of_a_similar_model);
  g_test_add_func ("/cli/bad-input/cache/in-part", test_cache_that_fits_in_part);
  g_test_add_func ("/cli/bad-input/cache/other-algorithm", test_cache_of_another_algorithm);
  g_test_add_func ("/cli/bad-input/cache/malformed", test_not_a_cache);
  g_test_add_func ("/cli/bad-input/cache/extra", test_cache_of_an_extra);
  g_test_add_func ("/cli/bad-input/int8-without-scales", test_int8_without_scales);
  g_test_add_func ("/cli/bad-input/plan/truncated", test_truncated_plan);
  g_test_add_func ("/cli/bad-input/plan/corrupted", test_corrupted_plan);
  g_test_add_func ("/cli/bad-input/model-for-plan", test_plan_for_model);
  g_test_add_func ("/cli/bad-input/set/class", test_label_out_of_range);
  g_test_add_func ("/cli/bad-input/unwritable", test_unwritable);
  g_test_add_func ("/cli/bad-input/unwritable-device", test_unwritable_device);
  g_test_add_func ("/cli/bad-input/int8-all-without-int8", test_int8_all_without_int8);
  g_test_add_func ("/cli/bad-input/precision-options", test_precision_options);

  status = g_test_run ();
  g_free (model);
  g_free (calibration);
  qs_cli_test_finish ();
  return status;
}
