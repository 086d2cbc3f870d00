/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "qs-cli-test.h"

/*
 * The figures that came with the models: logits that PyTorch 1.13 computed for the first 256
 * evaluation images, and its top-1 on all 10,000.
 */
typedef struct
{
  const char *name;
  double top1;
  double minmax_loss; /* the most that INT8 with MinMax may lose; NaN where nothing was promised */
} Model;

static const Model models[] = {
  { "fashion-resnet", 0.9287, 0.004 },
  { "fashion-mobilenet", 0.9144, NAN },
  { "fashion-vit", 0.8802, NAN },
};

static char *
get_model (const Model *model)
{
  g_autofree char *name = g_strdup_printf ("models/%s.onnx", model->name);

  return qs_cli_test_shared (name);
}

/* Two programs that add in another order differ by a few units of float32's last place, enlarged
 * by the layers between: 1e-4 for logits of up to about 20. */
static void
test_logits (gconstpointer data)
{
  const Model *model = data;
  g_autofree char *path = get_model (model);
  g_autofree char *images = qs_cli_test_shared ("fashion/eval-uint8.npz");
  g_autofree char *expected_name = g_strdup_printf ("models/%s-logits.npz", model->name);
  g_autofree char *expected_path = qs_cli_test_shared (expected_name);
  g_autofree char *output = qs_cli_test_path ("logits.npz");
  const char *n = qs_cli_test_is_slow () ? "32" : "256";
  g_autoptr (QsCliOutcome) outcome = NULL;
  g_autoptr (QsHostTensor) logits = NULL, expected = NULL;
  const float *values, *expected_values;
  double largest = 0.0;

  if (path == NULL || images == NULL || expected_path == NULL)
    return;

  outcome = qs_cli_test_succeed ("run", path, "--input", images, "--output", output, "--limit", n,
                                 QS_CLI_TEST_FASHION, NULL);
  logits = qs_cli_test_load_array (output, "logits");
  expected = qs_cli_test_load_array (expected_path, "logits");
  g_assert_cmpint (qs_host_tensor_get_data_type (expected), ==, QS_DATA_TYPE_FLOAT);
  g_assert_cmpint (qs_host_tensor_get_n_elements (logits), ==, g_ascii_strtoll (n, NULL, 10) * 10);

  values = qs_host_tensor_get_floats (logits);
  expected_values = qs_host_tensor_get_floats (expected);
  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (logits); i++)
    largest = MAX (largest, fabs ((double) values[i] - (double) expected_values[i]));

  g_test_message ("%s: largest difference %g", model->name, largest);
  g_assert_cmpfloat (largest, <=, 1e-4);
}

static JsonObject *
find_result (JsonArray  *results,
             const char *calibrator)
{
  for (guint i = 0; i < json_array_get_length (results); i++)
    {
      JsonObject *result = json_array_get_object_element (results, i);

      if (g_str_equal (json_object_get_string_member (result, "calibrator"), calibrator))
        return result;
    }

  g_error ("there is no result for “%s”", calibrator);
}

static void
report (const Model *model,
        JsonArray   *results)
{
  for (guint i = 0; i < json_array_get_length (results); i++)
    {
      JsonObject *result = json_array_get_object_element (results, i);

      g_test_message ("%s %s: top-1 %.4f, top-5 %.4f, agreement %.4f", model->name,
                      json_object_get_string_member (result, "calibrator"),
                      json_object_get_double_member (result, "top1"),
                      json_object_get_double_member (result, "top5"),
                      json_object_get_double_member (result, "agreement"));
    }
}

/* The recorded top-1 is rounded to four places and a near tie may fall either way: two images. */
static void
test_accuracy (gconstpointer data)
{
  const Model *model = data;
  g_autofree char *path = get_model (model);
  g_autofree char *calibration = qs_cli_test_shared ("fashion/calibration-uint8.npz");
  g_autofree char *images = qs_cli_test_shared ("fashion/eval-uint8.npz");
  g_autofree char *json = qs_cli_test_path ("compare.json");
  g_autoptr (QsCliOutcome) outcome = NULL;
  g_autoptr (JsonObject) root = NULL;
  JsonArray *results;
  double fp32, minmax;

  if (path == NULL || calibration == NULL || images == NULL)
    return;
  if (qs_cli_test_is_slow ())
    {
      g_test_skip ("10,000 images take too long under sanitizers");
      return;
    }

  outcome = qs_cli_test_succeed ("compare", path, "--calibration", calibration, "--data", images,
                                 "--json", json, QS_CLI_TEST_FASHION, NULL);
  root = qs_cli_test_load_json (json);
  results = json_object_get_array_member (root, "results");
  report (model, results);

  fp32 = json_object_get_double_member (find_result (results, "fp32"), "top1");
  minmax = json_object_get_double_member (find_result (results, "minmax"), "top1");
  g_assert_cmpint (json_object_get_int_member (find_result (results, "fp32"), "samples"), ==,
                   10000);
  g_assert_cmpfloat (fabs (fp32 - model->top1), <=, 0.0002);
  if (!isnan (model->minmax_loss))
    g_assert_cmpfloat (fabs (fp32 - minmax), <=, model->minmax_loss);
}

int
main (int   argc,
      char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  qs_cli_test_init ();

  for (gsize i = 0; i < G_N_ELEMENTS (models); i++)
    {
      g_autofree char *logits = g_strdup_printf ("/cli/accuracy/logits/%s", models[i].name);
      g_autofree char *top1 = g_strdup_printf ("/cli/accuracy/top-1/%s", models[i].name);

      g_test_add_data_func (logits, &models[i], test_logits);
      g_test_add_data_func (top1, &models[i], test_accuracy);
    }

  status = g_test_run ();
  qs_cli_test_finish ();
  return status;
}
