/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "qs-cli-test.h"

/* What explains and carries on a build: TensorRT's graphs, Q/DQ models, advice, new scales. */

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

static char *
build_plan (const char *name)
{
  char *plan = qs_cli_test_path (name);
  g_autoptr (QsCliOutcome) outcome =
    qs_cli_test_succeed ("build", model, "--calibration", calibration, "--limit", "32",
                         QS_CLI_TEST_FASHION, "--batch", "4", "--int8-all", "--output", plan, NULL);

  return plan;
}

/* The graph that is written is read again, and has the plan's layers. */
static void
test_trex (void)
{
  g_autofree char *plan = NULL;
  g_autofree char *graph = qs_cli_test_path ("graph.json");
  g_autofree char *profile = qs_cli_test_path ("profile.json");
  g_autofree char *info = qs_cli_test_path ("info.json");
  g_autofree char *whole = qs_cli_test_path ("whole.json");
  g_autofree char *times = NULL;
  g_autoptr (QsCliOutcome) outcome = NULL;
  g_autoptr (QsCliOutcome) shown = NULL;
  g_autoptr (JsonObject) ours = NULL;
  g_autoptr (JsonObject) theirs = NULL;
  JsonArray *a, *b;

  if (!have_sample ())
    return;

  plan = build_plan ("trex.plan");
  outcome = qs_cli_test_succeed ("export", plan, "--trex", graph, "--trex-profile", profile,
                                 "--runs", "2", "--json", whole, NULL);
  shown = qs_cli_test_succeed ("info", graph, "--json", info, NULL);
  g_assert_nonnull (strstr (shown->out, "CaskConvolution"));
  times = qs_cli_test_read (profile, NULL);
  g_assert_nonnull (strstr (times, "\"count\" : 2"));

  ours = qs_cli_test_load_json (whole);
  theirs = qs_cli_test_load_json (info);
  a = json_object_get_array_member (ours, "layers");
  b = json_object_get_array_member (theirs, "layers");
  g_assert_cmpuint (json_array_get_length (a), ==, json_array_get_length (b));
  for (guint i = 0; i < json_array_get_length (a); i++)
    g_assert_cmpstr (
      json_object_get_string_member (json_array_get_object_element (a, i), "name"), ==,
      json_object_get_string_member (json_array_get_object_element (b, i), "name"));
}

/* A graph has no weights, so nothing but looking can be done with it. */
static void
test_trex_is_no_model (void)
{
  static const char *const commands[] = { "bench", "export", "build" };
  static const char text[] = "{\"Layers\": [], \"Bindings\": []}";
  g_autofree char *path = qs_cli_test_path ("empty.json");
  g_autofree char *out = qs_cli_test_path ("empty.out");

  qs_cli_test_write (path, text, strlen (text));
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      gboolean is_export = strcmp (commands[i], "export") == 0;
      g_autoptr (QsCliOutcome) outcome =
        strcmp (commands[i], "bench") == 0
          ? qs_cli_test_run (commands[i], path, NULL)
          : qs_cli_test_run (commands[i], path, is_export ? "--svg" : "--output", out, NULL);

      qs_cli_test_expect (outcome, 1, "TensorRT engine");
    }
}

/* The export is a model that can be read, and has one pair for each of the 9 convolutions' and the
 * product's weights; without the model there is nothing to put pairs into. */
static void
test_onnx (void)
{
  g_autofree char *plan = NULL;
  g_autofree char *export = qs_cli_test_path ("export.onnx");
  g_autofree char *json = qs_cli_test_path ("export.json");
  g_autoptr (QsCliOutcome) alone = NULL;
  g_autoptr (QsCliOutcome) outcome = NULL;
  g_autoptr (QsCliOutcome) info = NULL;
  g_autoptr (JsonObject) root = NULL;
  JsonObject *operators;

  if (!have_sample ())
    return;

  plan = build_plan ("onnx.plan");
  alone = qs_cli_test_run ("export", plan, "--onnx", export, NULL);
  qs_cli_test_expect (alone, 2, "--model");

  outcome = qs_cli_test_succeed ("export", plan, "--onnx", export, "--model", model, NULL);
  g_assert_nonnull (strstr (outcome->out, "10 on weights"));
  info = qs_cli_test_succeed ("info", export, "--json", json, NULL);
  root = qs_cli_test_load_json (json);
  operators = json_object_get_object_member (root, "operators");
  g_assert_cmpint (json_object_get_int_member (operators, "QuantizeLinear"), >=, 20);
  g_assert_cmpint (json_object_get_int_member (operators, "Conv"), ==, 9);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (root, "refused")), ==, 0);
}

/* A scale of the plan's own table is replaced; a name that is not there is refused. */
static void
test_refit (void)
{
  g_autofree char *plan = NULL;
  g_autofree char *other = qs_cli_test_path ("other.plan");
  g_autofree char *good = qs_cli_test_path ("good.cache");
  g_autofree char *bad = qs_cli_test_path ("bad.cache");
  g_autofree char *json = qs_cli_test_path ("other.json");
  g_autoptr (QsCliOutcome) done = NULL;
  g_autoptr (QsCliOutcome) refused = NULL;
  g_autoptr (QsCliOutcome) info = NULL;
  g_autoptr (JsonObject) root = NULL;
  JsonArray *tensors;
  gboolean found = FALSE;

  if (!have_sample ())
    return;

  plan = build_plan ("refit.plan");
  /* 3d800000 is 2^-4 as float32 */
  qs_cli_test_write (good, "TRT-8401-EntropyCalibration2\n/l/l.0/Relu_output_0: 3d800000\n", 60);
  qs_cli_test_write (bad, "TRT-8401-EntropyCalibration2\nnowhere: 3d800000\n", 47);
  done = qs_cli_test_succeed ("refit", plan, "--scales", good, "--output", other, NULL);
  g_assert_nonnull (strstr (done->out, "/l/l.0/Relu_output_0: 0.0625"));
  refused = qs_cli_test_run ("refit", plan, "--scales", bad, "--output", other, NULL);
  qs_cli_test_expect (refused, 1, "nowhere");

  info = qs_cli_test_succeed ("info", other, "--json", json, NULL);
  root = qs_cli_test_load_json (json);
  tensors = json_object_get_array_member (root, "tensors");
  for (guint i = 0; i < json_array_get_length (tensors); i++)
    {
      JsonObject *tensor = json_array_get_object_element (tensors, i);

      if (strcmp (json_object_get_string_member (tensor, "name"), "/l/l.0/Relu_output_0") != 0)
        continue;
      g_assert_cmpfloat (json_object_get_double_member (tensor, "scale"), ==, 0.0625);
      found = TRUE;
    }
  g_assert_true (found);
}

int
main (int    argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  qs_cli_test_init ();
  g_test_add_func ("/cli/explain/trex", test_trex);
  g_test_add_func ("/cli/explain/trex-is-no-model", test_trex_is_no_model);
  g_test_add_func ("/cli/explain/onnx", test_onnx);
  g_test_add_func ("/cli/explain/refit", test_refit);
  status = g_test_run ();
  qs_cli_test_finish ();
  g_free (model);
  g_free (calibration);
  return status;
}
