/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "qs-cli-test.h"

#define MODEL "fashion-resnet.onnx"

static void
test_layer (void)
{
  g_autofree char *model = qs_cli_test_sample (MODEL);
  g_autofree char *json = qs_cli_test_path ("weights.json");
  g_autoptr (QsCliOutcome) outcome = NULL;
  g_autoptr (JsonObject) root = NULL;
  JsonArray *layers;
  JsonObject *layer;

  if (model == NULL)
    return;

  outcome = qs_cli_test_succeed ("weights", model, "--layer", "/fc/Gemm", "--json", json, NULL);
  g_assert_nonnull (strstr (outcome->out, "0.00165539642"));
  root = qs_cli_test_load_json (json);
  layers = json_object_get_array_member (root, "layers");
  g_assert_cmpuint (json_array_get_length (layers), ==, 1);
  layer = json_array_get_object_element (layers, 0);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (layer, "channels")), ==,
                    10);
  /* By NumPy from the initializer fc.weight, see test-weight-report. */
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (layer, "sqnr_db"),
                                  47.026064305902594, 1e-6);
  g_assert_cmpint (json_object_get_int_member (layer, "n_weights"), ==, 1280);
}

/* A node inside of a fused layer finds the layer; a name that is none is an error. */
static void
test_names (void)
{
  g_autofree char *model = qs_cli_test_sample (MODEL);
  g_autoptr (QsCliOutcome) found = NULL, missing = NULL;

  if (model == NULL)
    return;

  found = qs_cli_test_succeed ("weights", model, "--layer", "/bn/BatchNormalization", NULL);
  g_assert_nonnull (strstr (found->out, "/stem/Conv"));
  missing = qs_cli_test_run ("weights", model, "--layer", "nothing", NULL);
  qs_cli_test_expect (missing, 1, "nothing");
}

static void
test_rounding (void)
{
  g_autofree char *model = qs_cli_test_sample (MODEL);
  g_autofree char *set = qs_cli_test_sample ("calibration-uint8.npz");
  g_autofree char *plan = qs_cli_test_path ("dla.plan");
  g_autofree char *json = qs_cli_test_path ("info.json");
  g_autoptr (QsCliOutcome) wrong = NULL, built = NULL, info = NULL, again = NULL;
  g_autoptr (JsonObject) root = NULL;

  if (model == NULL || set == NULL)
    return;

  wrong = qs_cli_test_run ("build", model, "--calibration", set, "--rounding", "even", "-o", plan,
                           NULL);
  qs_cli_test_expect (wrong, 2, "--rounding");
  built = qs_cli_test_succeed ("build", model, "--calibration", set, QS_CLI_TEST_FASHION, "--limit",
                               "2", "--int8-all", "--rounding", "dla", "-o", plan, NULL);
  info = qs_cli_test_succeed ("info", plan, "--json", json, NULL);
  root = qs_cli_test_load_json (json);
  g_assert_cmpstr (json_object_get_string_member (root, "rounding"), ==, "dla");
  again = qs_cli_test_run ("bench", plan, "--rounding", "gpu", NULL);
  qs_cli_test_expect (again, 1, "rounded already");
}

int
main (int    argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  qs_cli_test_init ();
  g_test_add_func ("/cli/weights/layer", test_layer);
  g_test_add_func ("/cli/weights/names", test_names);
  g_test_add_func ("/cli/weights/rounding", test_rounding);
  status = g_test_run ();
  qs_cli_test_finish ();
  return status;
}
