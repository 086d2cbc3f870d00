/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <string.h>

#include "qs-cli-test.h"

/* The bundled sample: every test needs these, and skips together. */
static char *model;
static char *calibration;
static char *evaluation;

static gboolean
have_sample (void)
{
  g_clear_pointer (&model, g_free);
  g_clear_pointer (&calibration, g_free);
  g_clear_pointer (&evaluation, g_free);
  return (model = qs_cli_test_sample ("fashion-resnet.onnx")) != NULL &&
         (calibration = qs_cli_test_sample ("calibration-uint8.npz")) != NULL &&
         (evaluation = qs_cli_test_sample ("evaluation-uint8.npz")) != NULL;
}

/* Counted with the onnx package 1.16 for Python: Counter (node.op_type for node in graph.node). */
static void
test_info (void)
{
  g_autofree char *json = qs_cli_test_path ("info.json");
  g_autoptr (QsCliOutcome) outcome = NULL;
  g_autoptr (JsonObject) root = NULL;
  JsonObject *operators, *input;

  if (!have_sample ())
    return;

  outcome = qs_cli_test_succeed ("info", model, "--json", json, NULL);
  g_assert_nonnull (strstr (outcome->out, "GlobalAveragePool"));
  g_assert_nonnull (strstr (outcome->out, "logits"));

  root = qs_cli_test_load_json (json);
  operators = json_object_get_object_member (root, "operators");
  g_assert_cmpint (json_object_get_int_member (operators, "Conv"), ==, 9);
  g_assert_cmpint (json_object_get_int_member (operators, "BatchNormalization"), ==, 9);
  g_assert_cmpint (json_object_get_int_member (operators, "Add"), ==, 3);
  g_assert_cmpint (json_object_get_int_member (root, "opset"), ==, 13);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (root, "refused")), ==, 0);
  input = json_array_get_object_element (json_object_get_array_member (root, "inputs"), 0);
  g_assert_cmpstr (json_object_get_string_member (input, "name"), ==, "input");
  g_assert_cmpstr (json_object_get_string_member (input, "type"), ==, "float32");
}

/* Calibrates the first 96 samples in batches of 36: the last one is short. */
static char *
calibrate (const char *cache,
           const char *threads,
           const char *calibrator)
{
  g_autofree char *path = qs_cli_test_path (cache);
  g_autoptr (QsCliOutcome) outcome =
    qs_cli_test_succeed ("calibrate", model, "--calibration", calibration, "--cache", path,
                         "--threads", threads, "--calibrator", calibrator, "--batch", "36",
                         "--limit", "96", QS_CLI_TEST_FASHION, NULL);

  g_assert_nonnull (strstr (outcome->out, "96 samples in 3 batches of 36; the last one has 24"));
  return g_steal_pointer (&path);
}

/* The same bytes for one and two threads, and again; the first line is TensorRT's. */
static void
test_calibrate_deterministic (gconstpointer data)
{
  const char *calibrator = data;
  g_autofree char *first = NULL, *second = NULL, *third = NULL;
  g_autofree char *first_text = NULL, *second_text = NULL, *third_text = NULL;

  if (!have_sample ())
    return;

  first = calibrate ("first.cache", "1", calibrator);
  second = calibrate ("second.cache", "2", calibrator);
  third = calibrate ("third.cache", "2", calibrator);
  first_text = qs_cli_test_read (first, NULL);
  second_text = qs_cli_test_read (second, NULL);
  third_text = qs_cli_test_read (third, NULL);

  g_assert_true (g_str_has_prefix (first_text, "TRT-"));
  g_assert_nonnull (strstr (first_text, "\ninput: "));
  g_assert_nonnull (strstr (first_text, "\nlogits: "));
  g_assert_cmpstr (first_text, ==, second_text);
  g_assert_cmpstr (first_text, ==, third_text);
}

/* MinMax of the input by hand: its pixels reach 255, so the range is (1 - 0.2860) / 0.3530. */
static void
test_calibrate_json (void)
{
  g_autofree char *cache = qs_cli_test_path ("json.cache");
  g_autofree char *json = qs_cli_test_path ("calibrate.json");
  g_autoptr (JsonObject) root = NULL;
  g_autoptr (QsCliOutcome) outcome = NULL;
  JsonObject *input;

  if (!have_sample ())
    return;

  outcome = qs_cli_test_succeed ("calibrate", model, "--calibration", calibration, "--cache", cache,
                                 "--calibrator", "minmax", "--limit", "32", "--json", json,
                                 QS_CLI_TEST_FASHION, NULL);
  root = qs_cli_test_load_json (json);
  g_assert_cmpint (json_object_get_int_member (root, "samples"), ==, 32);
  g_assert_cmpint (json_object_get_int_member (root, "last_batch"), ==, 32);
  input = json_array_get_object_element (json_object_get_array_member (root, "tensors"), 0);
  g_assert_cmpstr (json_object_get_string_member (input, "name"), ==, "input");
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (input, "scale"),
                                  (1.0 - 0.2860) / 0.3530 / 127.0, 1e-6);
}

static char *
build (const char *plan,
       const char *json)
{
  g_autofree char *path = qs_cli_test_path (plan);
  g_autofree char *json_path = qs_cli_test_path (json);
  g_autoptr (QsCliOutcome) outcome =
    qs_cli_test_succeed ("build", model, "--calibration", calibration, "--calibrator", "minmax",
                         "--limit", "64", "--int8-all", "--batch", "16", "-o", path, "--json",
                         json_path, QS_CLI_TEST_FASHION, NULL);

  g_assert_nonnull (strstr (outcome->out, "Convolution"));
  g_assert_nonnull (strstr (outcome->out, "INT8"));
  return g_steal_pointer (&path);
}

/* Every Conv of the sample can be INT8, so with --int8-all every one is. */
static void
test_build (void)
{
  g_autofree char *plan = NULL, *json = qs_cli_test_path ("build.json");
  g_autoptr (JsonObject) root = NULL;
  JsonArray *layers;
  guint n_convolutions = 0;

  if (!have_sample ())
    return;

  plan = build ("sample.plan", "build.json");
  root = qs_cli_test_load_json (json);
  layers = json_object_get_array_member (root, "layers");
  for (guint i = 0; i < json_array_get_length (layers); i++)
    {
      JsonObject *layer = json_array_get_object_element (layers, i);

      g_assert_cmpfloat (json_object_get_double_member (layer, "ms"), >=, 0.0);
      g_assert_nonnull (json_object_get_string_member (layer, "kernel"));
      /* The first convolution takes in the pooling behind it. */
      if (strcmp (json_object_get_string_member (layer, "type"), "Convolution") != 0 &&
          strcmp (json_object_get_string_member (layer, "type"), "ConvActPool") != 0)
        continue;
      n_convolutions++;
      g_assert_cmpstr (json_object_get_string_member (layer, "precision"), ==, "INT8");
      g_assert_cmpuint (json_array_get_length (json_object_get_array_member (layer, "nodes")), >=,
                        2);
    }

  g_assert_cmpuint (n_convolutions, ==, 9);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (root, "journal")), >, 0);
}

static QsHostTensor *
run (const char *subject,
     const char *backend,
     const char *threads)
{
  g_autofree char *output = qs_cli_test_path ("logits.npz");
  g_autoptr (GPtrArray) args = g_ptr_array_new ();
  g_autoptr (QsCliOutcome) outcome = NULL;
  const char *const words[] = {
    "run", subject, "--input", evaluation, "--output", output, "--limit", "40", "--threads",
    threads, QS_CLI_TEST_FASHION,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    g_ptr_array_add (args, (gpointer) words[i]);
  if (backend != NULL)
    {
      g_ptr_array_add (args, (gpointer) "--backend");
      g_ptr_array_add (args, (gpointer) backend);
    }

  outcome = qs_cli_test_run_args (args);
  g_assert_cmpstr (outcome->err, ==, "");
  g_assert_cmpint (outcome->status, ==, 0);
  return qs_cli_test_load_array (output, "logits");
}

/* A plan says where its activations lie and what its kernels were chosen from. */
static void
test_info_plan (void)
{
  g_autofree char *plan = NULL, *json = qs_cli_test_path ("info-plan.json");
  g_autoptr (QsCliOutcome) outcome = NULL;
  g_autoptr (JsonObject) root = NULL;
  JsonArray *tensors;
  guint n_placed = 0;

  if (!have_sample ())
    return;

  plan = build ("info.plan", "build-for-info.json");
  outcome = qs_cli_test_succeed ("info", plan, "--memory", "--tactics", "--json", json, NULL);
  g_assert_nonnull (strstr (outcome->out, "tensors alive at once need"));
  g_assert_nonnull (strstr (outcome->out, "cpu_conv_s8"));
  g_assert_nonnull (strstr (outcome->out, "chosen"));

  root = qs_cli_test_load_json (json);
  tensors = json_object_get_array_member (root, "tensors");
  for (guint i = 0; i < json_array_get_length (tensors); i++)
    {
      JsonObject *tensor = json_array_get_object_element (tensors, i);

      if (!json_object_has_member (tensor, "offset"))
        continue;
      n_placed++;
      g_assert_cmpint (json_object_get_int_member (tensor, "first_layer"), <=,
                       json_object_get_int_member (tensor, "last_layer"));
      g_assert_cmpint (json_object_get_int_member (tensor, "offset")
                         + json_object_get_int_member (tensor, "bytes"), <=,
                       json_object_get_int_member (root, "memory_bytes"));
    }
  g_assert_cmpuint (n_placed, >, 5);
}

static JsonObject *
build_with_times (const char *plan,
                  const char *times)
{
  g_autofree char *json = qs_cli_test_path ("timed.json");
  g_autoptr (QsCliOutcome) outcome =
    qs_cli_test_succeed ("build", model, "--calibration", calibration, "--calibrator", "minmax",
                         "--limit", "32", "--batch", "1", "-o", plan, "--timing-cache", times,
                         "--threads", "1", "--json", json, QS_CLI_TEST_FASHION, NULL);
  g_autoptr (JsonObject) root = qs_cli_test_load_json (json);

  g_assert_nonnull (strstr (outcome->out, "from the timing cache"));
  return json_object_ref (json_object_get_object_member (root, "timing_cache"));
}

/* The first build writes the cache, the second measures nothing and gives the same plan; a file that
 * is no timing cache is refused and not overwritten. */
static void
test_build_timing_cache (void)
{
  g_autofree char *times = qs_cli_test_path ("times.txt");
  g_autofree char *one = qs_cli_test_path ("one.plan"), *two = qs_cli_test_path ("two.plan");
  g_autofree char *bytes_one = NULL, *bytes_two = NULL, *after = NULL;
  g_autoptr (JsonObject) first = NULL, second = NULL;
  g_autoptr (QsCliOutcome) refused = NULL;
  gsize size_one, size_two;

  if (!have_sample ())
    return;

  first = build_with_times (one, times);
  second = build_with_times (two, times);
  g_assert_cmpint (json_object_get_int_member (first, "candidates"), >, 10);
  g_assert_cmpint (json_object_get_int_member (first, "known"), ==, 0);
  g_assert_cmpint (json_object_get_int_member (second, "candidates"), ==,
                   json_object_get_int_member (first, "candidates"));
  g_assert_cmpint (json_object_get_int_member (second, "known"), ==,
                   json_object_get_int_member (second, "candidates"));
  bytes_one = qs_cli_test_read (one, &size_one);
  bytes_two = qs_cli_test_read (two, &size_two);
  g_assert_cmpmem (bytes_one, size_one, bytes_two, size_two);

  qs_cli_test_write (times, "mine", 4);
  refused = qs_cli_test_run ("build", model, "--calibration", calibration, "--limit", "32", "-o",
                             one, "--timing-cache", times, QS_CLI_TEST_FASHION, NULL);
  qs_cli_test_expect (refused, 1, "times.txt: it is not a timing cache");
  after = qs_cli_test_read (times, NULL);
  g_assert_cmpstr (after, ==, "mine");
}

/* A model with Q/DQ needs no scales, and those that are given are not used. */
static void
test_build_explicit (void)
{
  g_autofree char *qat = qs_cli_test_shared ("models/fashion-resnet-qat.onnx");
  g_autofree char *plan = qs_cli_test_path ("explicit.plan");
  g_autofree char *cache = qs_cli_test_path ("absent.cache");
  g_autofree char *json = qs_cli_test_path ("explicit.json");
  g_autoptr (QsCliOutcome) built = NULL;
  g_autoptr (QsCliOutcome) shown = NULL;
  g_autoptr (JsonObject) root = NULL;

  if (qat == NULL)
    return;

  built = qs_cli_test_succeed ("build", qat, "--int8-all", "--batch", "1", "--cache", cache,
                               "--output", plan, "--json", json, NULL);
  g_assert_nonnull (strstr (built->out, "Explicit quantization"));
  g_assert_nonnull (strstr (built->err, "neither --cache nor --calibration is used"));
  root = qs_cli_test_load_json (json);
  g_assert_true (json_object_get_boolean_member (root, "explicit"));
  g_assert_cmpint (json_object_get_int_member (root, "int8_layers"), >=, 11);

  shown = qs_cli_test_succeed ("info", plan, NULL);
  g_assert_nonnull (strstr (shown->out, "Explicit quantization"));
}

static void
assert_same (QsHostTensor *a,
             QsHostTensor *b)
{
  g_assert_cmpmem (qs_host_tensor_get_data (a), qs_host_tensor_get_size (a),
                   qs_host_tensor_get_data (b), qs_host_tensor_get_size (b));
}

/* FP32 does not depend on the threads; 40 samples are not a multiple of the batch. */
static void
test_run (void)
{
  g_autoptr (QsHostTensor) one = NULL, two = NULL;

  if (!have_sample ())
    return;

  one = run (model, NULL, "1");
  two = run (model, NULL, "2");
  g_assert_cmpint (qs_host_tensor_get_shape (one)->n_dims, ==, 2);
  g_assert_cmpint (qs_host_tensor_get_shape (one)->dims[0], ==, 40);
  g_assert_cmpint (qs_host_tensor_get_shape (one)->dims[1], ==, 10);
  assert_same (one, two);
}

static QsHostTensor *
run_int8 (const char *cache,
          const char *backend)
{
  g_autofree char *output = qs_cli_test_path ("int8.npz");
  g_autoptr (QsCliOutcome) outcome =
    qs_cli_test_succeed ("run", model, "--input", evaluation, "--output", output, "--limit", "4",
                         "--precision", "int8", "--int8-all", "--cache", cache, "--backend",
                         backend, QS_CLI_TEST_FASHION, NULL);

  return qs_cli_test_load_array (output, "logits");
}

/* INT8 from a cache is the same bits on both backends. */
static void
test_run_int8 (void)
{
  g_autofree char *cache = NULL;
  g_autoptr (QsHostTensor) reference = NULL, cpu = NULL;

  if (!have_sample ())
    return;

  cache = calibrate ("int8.cache", "2", "minmax");
  reference = run_int8 (cache, "reference");
  cpu = run_int8 (cache, "cpu");
  assert_same (reference, cpu);
}

/* A plan gives what the build of the model with the same scales gives, and fills up batches. */
static void
test_plan (void)
{
  g_autofree char *plan = NULL, *json = qs_cli_test_path ("evaluate.json");
  g_autoptr (QsHostTensor) one = NULL, two = NULL;
  g_autoptr (QsCliOutcome) outcome = NULL;
  g_autoptr (JsonObject) root = NULL;

  if (!have_sample ())
    return;

  plan = build ("run.plan", "run.json");
  one = run (plan, NULL, "1");
  two = run (plan, NULL, "2");
  assert_same (one, two);

  outcome = qs_cli_test_succeed ("evaluate", plan, "--data", evaluation, "--limit", "200",
                                 "--reference", model, "--json", json, QS_CLI_TEST_FASHION, NULL);
  root = qs_cli_test_load_json (json);
  g_assert_cmpint (json_object_get_int_member (root, "samples"), ==, 200);
  g_assert_cmpfloat (json_object_get_double_member (root, "top1"), >, 0.85);
  g_assert_cmpfloat (json_object_get_double_member (root, "agreement"), >, 0.95);
  g_assert_cmpfloat (json_object_get_double_member (root, "cosine"), >, 0.99);
  g_assert_cmpfloat (json_object_get_double_member (root, "sqnr_db"), >, 15.0);
}

/* Operations and bytes over the layer's time, where there is any. */
static void
check_speeds (JsonArray *layers)
{
  double total = 0.0;

  for (guint i = 0; i < json_array_get_length (layers); i++)
    {
      JsonObject *layer = json_array_get_object_element (layers, i);
      double operations = json_object_get_double_member (layer, "operations");
      double ms = json_object_get_double_member (layer, "ms");

      total += operations;
      g_assert_cmpfloat (json_object_get_double_member (layer, "bytes"), >, 0.0);
      if (ms > 0.0 && operations > 0.0)
        g_assert_cmpfloat_with_epsilon (json_object_get_double_member (layer, "gops") * ms * 1e6,
                                        operations, 1e-6 * operations);
      else
        g_assert_true (json_object_get_null_member (layer, "gops"));
    }
  g_assert_cmpfloat (total, >, 1e6);
}

static void
test_bench (void)
{
  g_autofree char *plan = NULL, *json = qs_cli_test_path ("bench.json");
  g_autoptr (QsCliOutcome) outcome = NULL;
  g_autoptr (JsonObject) root = NULL;
  JsonArray *layers;

  if (!have_sample ())
    return;

  plan = build ("bench.plan", "bench-build.json");
  outcome = qs_cli_test_succeed ("bench", plan, "--runs", "3", "--threads", "1", "--json", json,
                                 NULL);
  root = qs_cli_test_load_json (json);
  g_assert_cmpint (json_object_get_int_member (root, "runs"), ==, 3);
  g_assert_cmpint (json_object_get_int_member (root, "batch"), ==, 16);
  g_assert_cmpfloat (json_object_get_double_member (root, "min_ms"), >, 0.0);
  g_assert_cmpfloat (json_object_get_double_member (root, "median_ms"), >=,
                     json_object_get_double_member (root, "min_ms"));
  layers = json_object_get_array_member (root, "layers");
  g_assert_cmpuint (json_array_get_length (layers), >, 10);
  check_speeds (layers);
}

static void
test_export (void)
{
  g_autofree char *plan = NULL;
  g_autofree char *svg = qs_cli_test_path ("graph.svg"), *pdf = qs_cli_test_path ("graph.pdf");
  g_autofree char *json = qs_cli_test_path ("graph.json");
  g_autofree char *svg_text = NULL, *pdf_text = NULL;
  g_autoptr (QsCliOutcome) outcome = NULL;
  g_autoptr (JsonObject) root = NULL;

  if (!have_sample ())
    return;

  plan = build ("export.plan", "export-build.json");
  outcome = qs_cli_test_succeed ("export", plan, "--svg", svg, "--pdf", pdf, "--json", json, NULL);
  svg_text = qs_cli_test_read (svg, NULL);
  pdf_text = qs_cli_test_read (pdf, NULL);
  g_assert_nonnull (strstr (svg_text, "<svg"));
  g_assert_nonnull (strstr (svg_text, "INT8"));
  g_assert_true (g_str_has_prefix (pdf_text, "%PDF-"));
  root = qs_cli_test_load_json (json);
  g_assert_true (json_object_has_member (root, "tensors"));
  g_assert_true (json_object_has_member (root, "scales"));
}

static void
test_compare (void)
{
  g_autofree char *json = qs_cli_test_path ("compare.json");
  const char *const names[] = { "fp32", "entropy2", "minmax" };
  const char *const members[] = { "top1", "top5", "agreement", "cosine", "ms" };
  g_autoptr (QsCliOutcome) outcome = NULL;
  g_autoptr (JsonObject) root = NULL;
  JsonArray *results;

  if (!have_sample ())
    return;

  outcome = qs_cli_test_succeed ("compare", model, "--calibration", calibration, "--data",
                                 evaluation, "--limit", "128", "--json", json, QS_CLI_TEST_FASHION,
                                 NULL);
  root = qs_cli_test_load_json (json);
  results = json_object_get_array_member (root, "results");
  g_assert_cmpuint (json_array_get_length (results), >=, 3);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      gboolean found = FALSE;

      for (guint k = 0; k < json_array_get_length (results); k++)
        {
          JsonObject *result = json_array_get_object_element (results, k);

          if (strcmp (json_object_get_string_member (result, "calibrator"), names[i]) != 0)
            continue;
          found = TRUE;
          for (gsize m = 0; m < G_N_ELEMENTS (members); m++)
            g_assert_cmpfloat (json_object_get_double_member (result, members[m]), >, 0.0);
          g_assert_true (json_object_has_member (result, "sqnr_db"));
        }
      g_assert_true (found);
    }
}

/* A cache that is there saves the calibration; one that is not is written. */
static void
test_cache_with_calibration (void)
{
  g_autofree char *cache = qs_cli_test_path ("both.cache"), *plan = qs_cli_test_path ("both.plan");
  g_autofree char *written = NULL, *kept = NULL;

  if (!have_sample ())
    return;

  for (int i = 0; i < 2; i++)
    {
      g_autoptr (QsCliOutcome) outcome =
        qs_cli_test_succeed ("build", model, "--calibration", calibration, "--cache", cache,
                             "--calibrator", "minmax", "--limit", i == 0 ? "64" : "32", "-o", plan,
                             QS_CLI_TEST_FASHION, NULL);

      if (i == 0)
        written = qs_cli_test_read (cache, NULL);
    }

  kept = qs_cli_test_read (cache, NULL);
  g_assert_true (g_str_has_prefix (written, "TRT-"));
  g_assert_cmpstr (written, ==, kept);
}

/* Whether a process has a handler for SIGINT, as Linux tells it; true where nothing tells it. */
static gboolean
catches_interrupt (const char *pid)
{
  g_autofree char *path = g_build_filename ("/proc", pid, "status", NULL);
  g_autofree char *text = NULL;
  const char *caught;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return TRUE;

  caught = strstr (text, "SigCgt:");
  return caught == NULL ||
         (g_ascii_strtoull (caught + strlen ("SigCgt:"), NULL, 16) & (1u << (SIGINT - 1))) != 0;
}

/* A million runs would take a day: interrupted, it ends soon, with a message and shells' status. */
static void
test_interrupt (void)
{
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *err = NULL;

  if (!have_sample ())
    return;

  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE,
                              &error, g_getenv ("QS_TEST_CLI"), "bench", model, "--runs", "1000000",
                              NULL);
  g_assert_no_error (error);
  while (!catches_interrupt (g_subprocess_get_identifier (process)))
    g_usleep (10000);

  g_subprocess_send_signal (process, SIGINT);
  g_subprocess_communicate_utf8 (process, NULL, NULL, NULL, &err, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (process));
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 128 + SIGINT);
  g_assert_nonnull (strstr (err, "cancel"));
}

int
main (int   argc,
      char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  qs_cli_test_init ();

  g_test_add_func ("/cli/jobs/info", test_info);
  g_test_add_data_func ("/cli/jobs/calibrate/entropy2", "entropy2", test_calibrate_deterministic);
  g_test_add_data_func ("/cli/jobs/calibrate/minmax", "minmax", test_calibrate_deterministic);
  g_test_add_func ("/cli/jobs/calibrate/json", test_calibrate_json);
  g_test_add_func ("/cli/jobs/build", test_build);
  g_test_add_func ("/cli/jobs/build-timing-cache", test_build_timing_cache);
  g_test_add_func ("/cli/jobs/info-plan", test_info_plan);
  g_test_add_func ("/cli/jobs/build-explicit", test_build_explicit);
  g_test_add_func ("/cli/jobs/run", test_run);
  g_test_add_func ("/cli/jobs/run-int8", test_run_int8);
  g_test_add_func ("/cli/jobs/plan", test_plan);
  g_test_add_func ("/cli/jobs/bench", test_bench);
  g_test_add_func ("/cli/jobs/export", test_export);
  g_test_add_func ("/cli/jobs/compare", test_compare);
  g_test_add_func ("/cli/jobs/cache-with-calibration", test_cache_with_calibration);
  g_test_add_func ("/cli/jobs/interrupt", test_interrupt);

  status = g_test_run ();
  g_free (model);
  g_free (calibration);
  g_free (evaluation);
  qs_cli_test_finish ();
  return status;
}
