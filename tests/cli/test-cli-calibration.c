/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "qs-cli-test.h"

/* The bundled sample: every test needs these, and skips together. */
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

static guint
count_lines (const char *text)
{
  guint n = 0;

  for (; (text = strchr (text, '\n')) != NULL; text++)
    n++;
  return n;
}

/* A run that is kept gives the same cache without the data, and no other data is taken for it. */
static void
test_histograms (void)
{
  g_autofree char *histograms = qs_cli_test_path ("kept.histograms");
  g_autofree char *first = qs_cli_test_path ("first.cache"), *second = NULL;
  g_autoptr (QsCliOutcome) run = NULL, kept = NULL, other = NULL;
  g_autofree char *a = NULL, *b = NULL;

  if (!have_sample ())
    return;

  second = qs_cli_test_path ("second.cache");
  run = qs_cli_test_succeed ("calibrate", model, "--calibration", calibration, "--limit", "40",
                             "--cache", first, "--histograms", histograms, QS_CLI_TEST_FASHION,
                             NULL);
  kept = qs_cli_test_succeed ("calibrate", model, "--histograms", histograms, "--cache", second,
                              NULL);
  a = qs_cli_test_read (first, NULL);
  b = qs_cli_test_read (second, NULL);
  g_assert_cmpstr (a, ==, b);
  g_assert_nonnull (strstr (run->out, "FP32 run"));
  g_assert_null (strstr (kept->out, "FP32 run"));

  other = qs_cli_test_run ("calibrate", model, "--calibration", calibration, "--limit", "41",
                           "--cache", second, "--histograms", histograms, QS_CLI_TEST_FASHION, NULL);
  qs_cli_test_expect (other, 1, "of other samples");
}

/* Entropy runs after fusion, where the batch normalizations and additions are gone: 14 of 33
 * tensors are left, the input and the outputs of the 13 layers of the fused engine. */
static void
test_fusion (void)
{
  const struct
  {
    const char *calibrator;
    const char *choice;
    guint n_tensors;
    const char *portability;
  } cases[] = {
    { "entropy2", "default", 33, "devices" },
    { "minmax", "yes", 33, "devices" },
    { "entropy", "default", 14, "this-device" },
    { "entropy", "yes", 33, "devices" },
    { "legacy", "no", 14, "this-device" },
  };

  if (!have_sample ())
    return;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *cache = qs_cli_test_path ("fusion.cache");
      g_autofree char *json = qs_cli_test_path ("fusion.json"), *text = NULL;
      g_autofree char *histograms = qs_cli_test_path ("fusion.histograms");
      g_autoptr (QsCliOutcome) outcome = NULL, shown = NULL;
      g_autoptr (JsonObject) root = NULL, show = NULL;

      outcome = qs_cli_test_succeed ("calibrate", model, "--calibration", calibration, "--limit",
                                     "8", "--cache", cache, "--json", json, "--histograms",
                                     histograms, "--calibrator", cases[i].calibrator,
                                     "--calibrate-before-fusion", cases[i].choice,
                                     QS_CLI_TEST_FASHION, NULL);
      text = qs_cli_test_read (cache, NULL);
      g_assert_cmpuint (count_lines (text), ==, 1 + cases[i].n_tensors);
      root = qs_cli_test_load_json (json);
      g_assert_cmpstr (json_object_get_string_member (root, "portability"), ==,
                       cases[i].portability);

      shown = qs_cli_test_succeed ("cache", "show", cache, "--model", model, "--json", json, NULL);
      show = qs_cli_test_load_json (json);
      g_assert_cmpstr (json_object_get_string_member (show, "portability"), ==,
                       cases[i].portability);
      g_assert_nonnull (strstr (shown->out, "The names are those of the model's tensors"));
    }
}

/* The most serious first: the input's constant background. */
static void
test_findings (void)
{
  g_autofree char *json = qs_cli_test_path ("findings.json");
  g_autoptr (QsCliOutcome) outcome = NULL;
  g_autoptr (JsonObject) root = NULL;
  JsonArray *findings;
  JsonObject *first;

  if (!have_sample ())
    return;

  outcome = qs_cli_test_succeed ("findings", model, "--calibration", calibration, "--limit", "100",
                                 "--json", json, QS_CLI_TEST_FASHION, NULL);
  g_assert_true (g_str_has_prefix (outcome->out, "warning: input: Padding or background spike\n"));
  root = qs_cli_test_load_json (json);
  findings = json_object_get_array_member (root, "findings");
  first = json_array_get_object_element (findings, 0);
  g_assert_cmpstr (json_object_get_string_member (first, "kind"), ==, "spike");
  g_assert_cmpstr (json_object_get_string_member (first, "tensor"), ==, "input");
  g_assert_nonnull (strstr (json_object_get_string_member (first, "message"), "absorb"));
  g_assert_cmpint (json_object_get_int_member (root, "tensors"), ==, 33);
}

static void
test_order (void)
{
  g_autofree char *json = qs_cli_test_path ("order.json");
  g_autoptr (QsCliOutcome) outcome = NULL;
  g_autoptr (JsonObject) root = NULL;
  JsonObject *tensor, *run;
  JsonArray *spreads;

  if (!have_sample ())
    return;

  outcome = qs_cli_test_succeed ("order", model, "--calibration", calibration, "--limit", "10",
                                 "--batches", "2,5", "--shuffles", "1", "--seed", "9", "--json",
                                 json, QS_CLI_TEST_FASHION, NULL);
  g_assert_nonnull (strstr (outcome->out, "4 calibrations with 10 samples each, 33 tensors"));
  root = qs_cli_test_load_json (json);
  run = json_array_get_object_element (json_object_get_array_member (root, "runs"), 3);
  g_assert_cmpint (json_object_get_int_member (run, "batch"), ==, 5);
  g_assert_cmpint (json_object_get_int_member (run, "seed"), ==, 9);

  tensor = json_array_get_object_element (json_object_get_array_member (root, "tensors"), 0);
  g_assert_cmpstr (json_object_get_string_member (tensor, "name"), ==, "input");
  spreads = json_object_get_array_member (tensor, "spreads");
  g_assert_cmpuint (json_array_get_length (spreads), ==, 6);
  for (guint i = 0; i < 6; i++)
    {
      JsonObject *spread = json_array_get_object_element (spreads, i);

      g_assert_cmpuint (json_array_get_length (json_object_get_array_member (spread, "scales")), ==,
                        4);
      if (g_str_equal (json_object_get_string_member (spread, "calibrator"), "minmax"))
        g_assert_cmpfloat (json_object_get_double_member (spread, "ratio"), ==, 1.0);
    }
}

int
main (int    argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  qs_cli_test_init ();

  g_test_add_func ("/cli/calibration/histograms", test_histograms);
  g_test_add_func ("/cli/calibration/fusion", test_fusion);
  g_test_add_func ("/cli/calibration/findings", test_findings);
  g_test_add_func ("/cli/calibration/order", test_order);

  status = g_test_run ();
  g_clear_pointer (&model, g_free);
  g_clear_pointer (&calibration, g_free);
  qs_cli_test_finish ();
  return status;
}
