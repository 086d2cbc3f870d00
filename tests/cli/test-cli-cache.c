/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "qs-cli-test.h"

/* Bits of floats by their definition: 3f800000 is 1, 3f000000 1/2, 40000000 2, 40800000 4. */
#define CACHE_A "TRT-8401-EntropyCalibration2\nx:0: 3f800000\ny: 3f000000\nz: 0\nonly a: 3f800000\n"
#define CACHE_B "TRT-8601-MinMaxCalibration\nonly=b: 3f800000\ny: 40000000\nz: 0\nx:0: 3f000000\n"

static char *
write_file (const char *name,
            const char *text)
{
  char *path = qs_cli_test_path (name);

  qs_cli_test_write (path, text, strlen (text));
  return path;
}

static void
assert_file (const char *path,
             const char *text)
{
  g_autofree char *data = NULL;
  gsize length;

  data = qs_cli_test_read (path, &length);
  g_assert_cmpmem (data, length, text, strlen (text));
}

static void
assert_says (const char *text,
             const char *word)
{
  if (strstr (text, word) == NULL)
    g_error ("“%s” does not mention “%s”", text, word);
}

static JsonObject *
get_member (JsonObject *root,
            const char *array,
            guint       index)
{
  return json_array_get_object_element (json_object_get_array_member (root, array), index);
}

static void
assert_names (JsonObject *root,
              const char *member,
              const char *only)
{
  JsonArray *names = json_object_get_array_member (root, member);

  g_assert_cmpuint (json_array_get_length (names), ==, only != NULL);
  if (only != NULL)
    g_assert_cmpstr (json_array_get_string_element (names, 0), ==, only);
}

static void
test_show (void)
{
  g_autofree char *path = write_file ("show", CACHE_A);
  g_autofree char *json = qs_cli_test_path ("show.json");
  g_autoptr (QsCliOutcome) outcome =
    qs_cli_test_succeed ("cache", "show", path, "--json", json, NULL);
  g_autoptr (JsonObject) root = qs_cli_test_load_json (json);
  JsonObject *y = get_member (root, "tensors", 1);

  assert_says (outcome->out, "TRT-8401-EntropyCalibration2\n");
  assert_says (outcome->out, "3f000000");
  assert_says (outcome->out, "63.5");
  assert_says (outcome->err, "Tensor z is uniformly zero.");

  g_assert_cmpstr (json_object_get_string_member (root, "command"), ==, "cache show");
  g_assert_cmpstr (json_object_get_string_member (root, "format"), ==, "tensorrt");
  g_assert_cmpstr (json_object_get_string_member (root, "algorithm"), ==, "EntropyCalibration2");
  assert_names (root, "warnings", "Tensor z is uniformly zero.");
  g_assert_cmpstr (json_object_get_string_member (y, "name"), ==, "y");
  g_assert_cmpfloat (json_object_get_double_member (y, "scale"), ==, 0.5);
  g_assert_cmpfloat (json_object_get_double_member (y, "range"), ==, 63.5);
  g_assert_cmpstr (json_object_get_string_member (y, "bits"), ==, "3f000000");
}

/* The same numbers mean ranges in one format and 127 / range in the other. */
static void
test_from (void)
{
  g_autofree char *path = write_file ("table", "x 127\n");
  g_autofree char *json = qs_cli_test_path ("table.json");
  const char *const formats[] = { "ort", "ncnn" };
  const double scales[] = { 1.0, 1.0 / 127.0 };

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      g_autoptr (QsCliOutcome) outcome =
        qs_cli_test_succeed ("cache", "show", path, "--from", formats[i], "--json", json, NULL);
      g_autoptr (JsonObject) root = qs_cli_test_load_json (json);

      assert_names (root, "warnings", NULL);
      g_assert_cmpstr (json_object_get_string_member (root, "format"), ==, formats[i]);
      /* Scales are float32. */
      g_assert_cmpfloat (json_object_get_double_member (get_member (root, "tensors", 0), "scale"),
                         ==, (double) (float) scales[i]);
    }
}

/* A real model with the cache that TensorRT wrote for it: TensorRT names the constants of scale
 * layers itself, and has no scale for one tensor of the model. Counted in the two files. */
static void
test_model (void)
{
  g_autofree char *path = qs_cli_test_shared ("tensorrt/channel-estimation.TRT-8401.cache");
  g_autofree char *model = qs_cli_test_shared ("tensorrt/channel-estimation.onnx");
  g_autofree char *json = qs_cli_test_path ("model.json");
  g_autoptr (QsCliOutcome) outcome = NULL;
  g_autoptr (JsonObject) root = NULL;
  JsonArray *strangers;

  if (path == NULL || model == NULL)
    return;

  outcome = qs_cli_test_succeed ("cache", "show", path, "--model", model, "--json", json, NULL);
  root = qs_cli_test_load_json (json);
  strangers = json_object_get_array_member (root, "not_in_model");
  g_assert_cmpuint (json_array_get_length (strangers), ==, 8);
  for (guint i = 0; i < 8; i++)
    assert_says (json_array_get_string_element (strangers, i), "[Constant]_output");
  assert_names (root, "not_in_cache",
                "sequential_11_1/sequential_11_1/sequential_7_1/conv2d_13_1/BiasAdd__13:0");
  assert_says (outcome->out, "(Unnamed Layer* 31) [Constant]_output\n");
}

/* x:0 halves and y is four times as large, so y comes first. */
static void
test_diff (void)
{
  g_autofree char *a = write_file ("a", CACHE_A);
  g_autofree char *b = write_file ("b", CACHE_B);
  g_autofree char *json = qs_cli_test_path ("diff.json");
  g_autoptr (QsCliOutcome) outcome =
    qs_cli_test_succeed ("cache", "diff", a, b, "--json", json, NULL);
  g_autoptr (JsonObject) root = qs_cli_test_load_json (json);
  JsonObject *first = get_member (root, "different", 0);

  assert_says (outcome->out, "3 names are in both, 2 of them with another scale.");
  g_assert_false (json_object_get_boolean_member (root, "equal"));
  g_assert_cmpint (json_object_get_int_member (root, "n_common"), ==, 3);
  assert_names (root, "only_in_a", "only a");
  assert_names (root, "only_in_b", "only=b");
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (root, "different")), ==,
                    2);
  g_assert_cmpstr (json_object_get_string_member (first, "name"), ==, "y");
  g_assert_cmpfloat (json_object_get_double_member (first, "ratio"), ==, 4.0);
  g_assert_cmpfloat (json_object_get_double_member (get_member (root, "different", 1), "ratio"),
                     ==, 0.5);
}

/* No ratio to zero or infinity: they come first. */
static void
test_diff_unusable (void)
{
  g_autofree char *a = write_file ("ua", "TRT-1-E\nbig: 3f800000\nzero: 0\ninf: 7f800000\n");
  g_autofree char *b = write_file ("ub", "TRT-1-E\nbig: 7f000000\nzero: 3f800000\ninf: 7f800000\n");
  g_autofree char *json = qs_cli_test_path ("unusable.json");
  g_autoptr (QsCliOutcome) outcome =
    qs_cli_test_succeed ("cache", "diff", a, b, "--json", json, NULL);
  g_autoptr (JsonObject) root = qs_cli_test_load_json (json);
  JsonObject *first = get_member (root, "different", 0);

  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (root, "different")), ==,
                    2);
  g_assert_cmpstr (json_object_get_string_member (first, "name"), ==, "zero");
  g_assert_true (json_object_get_null_member (first, "ratio"));
  assert_says (outcome->err, "uniformly zero");
}

static void
test_exit_code (void)
{
  g_autofree char *a = write_file ("ea", CACHE_A);
  g_autofree char *b = write_file ("eb", CACHE_B);
  g_autofree char *same = write_file ("es", "TRT-1-E\nonly a: 3f800000\nz:0\ny: 3f000000\n"
                                            "x:0: 3f800000\n");
  g_autoptr (QsCliOutcome) different = qs_cli_test_run ("cache", "diff", a, b, "--exit-code", NULL);
  g_autoptr (QsCliOutcome) equal = qs_cli_test_run ("cache", "diff", a, same, "--exit-code", NULL);
  g_autoptr (QsCliOutcome) missing =
    qs_cli_test_run ("cache", "diff", a, "/nonexistent/b", "--exit-code", NULL);

  qs_cli_test_expect (different, 3, "");
  qs_cli_test_expect (equal, 0, "");
  qs_cli_test_expect (missing, 1, "/nonexistent/b");
}

/* There and back through every format: all scales keep their bits. */
static void
test_convert (void)
{
  const char *const formats[] = { "tensorrt", "int8api", "ort", "ppq", "mqbench", "ncnn" };
  const char text[] = "TRT-8601-EntropyCalibration2\nx:0: 3c010204\ny: 3daaaaab\nz: 7effffff\n";
  g_autofree char *path = write_file ("convert", text);
  g_autofree char *there = qs_cli_test_path ("there");
  g_autofree char *back = qs_cli_test_path ("back");

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      g_autoptr (QsCliOutcome) first =
        qs_cli_test_succeed ("cache", "convert", path, "--to", formats[i], "-o", there, NULL);
      g_autoptr (QsCliOutcome) second =
        qs_cli_test_succeed ("cache", "convert", there, "--from", formats[i], "--to", "tensorrt",
                             "-o", back, NULL);

      g_assert_cmpstr (first->err, ==, "");
      if (i > 0)
        assert_says (second->err, "EntropyCalibration2");
      assert_file (back, text);
    }
}

static void
test_convert_left_out (void)
{
  g_autofree char *path = write_file ("left", "TRT-8601-E\ngood: 3f800000\na b: 3f800000\n");
  g_autofree char *output = qs_cli_test_path ("left.table");
  g_autofree char *json = qs_cli_test_path ("left.json");
  g_autoptr (QsCliOutcome) outcome =
    qs_cli_test_succeed ("cache", "convert", path, "--to", "ncnn", "-o", output, "--json", json,
                         NULL);
  g_autoptr (JsonObject) root = qs_cli_test_load_json (json);

  assert_says (outcome->err, "Tensor a b is left out");
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (root, "left_out")), ==, 1);
  assert_file (output, "good 1\n");
}

/* Files that TensorRT wrote go through as they are, and through an edit that changes nothing. */
static void
test_real_files (void)
{
  const char *const names[] = { "tensorrt/channel-estimation.TRT-8401.cache",
                                "tensorrt/concat-groups.TRT-8001.cache" };
  g_autofree char *output = qs_cli_test_path ("real.cache");

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = qs_cli_test_shared (names[i]);
      g_autofree char *text = NULL, *header = NULL;
      g_autoptr (QsCliOutcome) converted = NULL, edited = NULL;

      if (path == NULL)
        return;

      text = qs_cli_test_read (path, NULL);
      header = g_strndup (text, strcspn (text, "\n"));
      converted = qs_cli_test_succeed ("cache", "convert", path, "--to", "tensorrt", "-o", output,
                                       NULL);
      assert_file (output, text);
      edited = qs_cli_test_succeed ("cache", "edit", path, "--header", header, "-o", output, NULL);
      assert_file (output, text);
      g_assert_cmpstr (edited->err, ==, "");
    }
}

static void
test_edit (void)
{
  g_autofree char *path = write_file ("edit", CACHE_B);
  g_autofree char *output = qs_cli_test_path ("edited");
  g_autoptr (QsCliOutcome) outcome =
    qs_cli_test_succeed ("cache", "edit", path, "--set", "only=b=4", "--set", "x:0=2e0", "--header",
                         "TRT-10-EntropyCalibration2", "-o", output, NULL);
  g_autoptr (QsCliOutcome) silent =
    qs_cli_test_succeed ("cache", "edit", output, "--set", "y=1", "-o", output, NULL);

  assert_says (outcome->err, "with this header TensorRT uses scales");
  g_assert_cmpstr (silent->err, ==, "");
  assert_file (path, CACHE_B);
  assert_file (output, "TRT-10-EntropyCalibration2\nonly=b: 40800000\ny: 3f800000\nz: 0\n"
                       "x:0: 40000000\n");
}

/* Status 1 is about the file, 2 about the command line; neither writes anything. */
static void
test_edit_refused (void)
{
  const struct
  {
    const char *option;
    const char *value;
    int status;
    const char *word;
  } cases[] = {
    { "--set", "nope=1", 1, "nope" },
    { "--set", "x=1", 1, "no tensor x" },
    { "--set", "y=nan", 2, "y" },
    { "--set", "y=inf", 2, "y" },
    { "--set", "y=-1", 2, "-1" },
    { "--set", "y=0", 2, "positive" },
    { "--set", "y=1e-60", 2, "positive" },
    { "--set", "y=1e60", 2, "finite" },
    { "--set", "y=", 2, "--set" },
    { "--set", "=1", 2, "--set" },
    { "--set", "y", 2, "--set" },
    { "--set", "y=1x", 2, "1x" },
    { "--header", "TRT-8601-E\ny: 1", 2, "one line" },
    { "--header", "TRT-8601-E\r", 2, "one line" },
    { "--header", "TRT-8601", 2, "algorithm" },
    { "--header", "", 2, "--header" },
  };
  g_autofree char *path = write_file ("refused", CACHE_A);
  g_autofree char *output = qs_cli_test_path ("not-written");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (QsCliOutcome) outcome =
        qs_cli_test_run ("cache", "edit", path, "--set", "x:0=2", cases[i].option, cases[i].value,
                         "-o", output, NULL);

      qs_cli_test_expect (outcome, cases[i].status, cases[i].word);
      g_assert_false (g_file_test (output, G_FILE_TEST_EXISTS));
    }
}

static void
test_edit_other_format (void)
{
  g_autofree char *path = write_file ("ppq", "{\"act_quant_info\": {\"x\": 1.0}}");
  g_autofree char *output = qs_cli_test_path ("not-written-either");
  g_autoptr (QsCliOutcome) outcome =
    qs_cli_test_run ("cache", "edit", path, "--set", "x=1", "-o", output, NULL);

  qs_cli_test_expect (outcome, 1, "convert");
  g_assert_false (g_file_test (output, G_FILE_TEST_EXISTS));
}

static void
test_bad_files (void)
{
  const struct
  {
    const char *text;
    const char *word;
  } cases[] = {
    { "", "0 bytes" },
    { "hello\n", "known format" },
    { "{\"a\": 1}", "known format" },
    { "TRT-8601-E\nx: zzz\n", "line 2" },
    { "TRT-8601-E\nx\n", "line 2" },
    { "TRT-8601-E\nx\xff: 1\n", "text" },
    { "x: 1.0\ny: -1.0\n", "line 2" },
    { "x: 1.0\ny: nan\n", "line 2" },
    { "{\"act_quant_info\": {\"x\": -1}}", "x" },
  };
  g_autofree char *good = write_file ("good", CACHE_A);
  g_autofree char *output = qs_cli_test_path ("never");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *bad = write_file ("bad", cases[i].text);
      g_autoptr (QsCliOutcome) show = qs_cli_test_run ("cache", "show", bad, NULL);
      g_autoptr (QsCliOutcome) diff = qs_cli_test_run ("cache", "diff", good, bad, NULL);
      g_autoptr (QsCliOutcome) convert =
        qs_cli_test_run ("cache", "convert", bad, "--to", "ort", "-o", output, NULL);

      qs_cli_test_expect (show, 1, cases[i].word);
      qs_cli_test_expect (diff, 1, bad);
      qs_cli_test_expect (convert, 1, cases[i].word);
      g_assert_cmpstr (show->out, ==, "");
      g_assert_false (g_file_test (output, G_FILE_TEST_EXISTS));
    }
}

/* What can't be written, and a model that is none. */
static void
test_bad_paths (void)
{
  g_autofree char *path = write_file ("path", CACHE_A);
  g_autoptr (QsCliOutcome) convert =
    qs_cli_test_run ("cache", "convert", path, "--to", "ort", "-o", "/nonexistent/x", NULL);
  g_autoptr (QsCliOutcome) edit =
    qs_cli_test_run ("cache", "edit", path, "--set", "y=1", "-o", "/nonexistent/x", NULL);
  g_autoptr (QsCliOutcome) model = qs_cli_test_run ("cache", "show", path, "--model", path, NULL);
  g_autoptr (QsCliOutcome) folder = qs_cli_test_run ("cache", "show", "/", NULL);

  qs_cli_test_expect (convert, 1, "/nonexistent/x");
  qs_cli_test_expect (edit, 1, "/nonexistent/x");
  qs_cli_test_expect (model, 1, "path");
  qs_cli_test_expect (folder, 1, "/");
}

int
main (int   argc,
      char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  qs_cli_test_init ();

  g_test_add_func ("/cli/cache/show", test_show);
  g_test_add_func ("/cli/cache/from", test_from);
  g_test_add_func ("/cli/cache/model", test_model);
  g_test_add_func ("/cli/cache/diff", test_diff);
  g_test_add_func ("/cli/cache/diff-unusable", test_diff_unusable);
  g_test_add_func ("/cli/cache/exit-code", test_exit_code);
  g_test_add_func ("/cli/cache/convert", test_convert);
  g_test_add_func ("/cli/cache/convert-left-out", test_convert_left_out);
  g_test_add_func ("/cli/cache/real-files", test_real_files);
  g_test_add_func ("/cli/cache/edit", test_edit);
  g_test_add_func ("/cli/cache/edit-refused", test_edit_refused);
  g_test_add_func ("/cli/cache/edit-other-format", test_edit_other_format);
  g_test_add_func ("/cli/cache/bad-files", test_bad_files);
  g_test_add_func ("/cli/cache/bad-paths", test_bad_paths);

  status = g_test_run ();
  qs_cli_test_finish ();
  return status;
}
