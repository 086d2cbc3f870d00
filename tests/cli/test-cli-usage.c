/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>

#include "qs-cli-test.h"

static const char *const commands[] = {
  "info", "devices", "run", "calibrate", "findings", "order", "build", "evaluate", "bench", "export",
  "refit", "lint", "compare", "cache show", "cache diff", "cache convert", "cache edit",
};

/* Runs the command of one or two words in @name, with @before and @after (both nullable). */
static QsCliOutcome *
run_command (const char *before,
             const char *name,
             const char *after)
{
  g_auto (GStrv) words = g_strsplit (name, " ", -1);
  g_autoptr (GPtrArray) args = g_ptr_array_new ();

  if (before != NULL)
    g_ptr_array_add (args, (gpointer) before);
  for (guint i = 0; words[i] != NULL; i++)
    g_ptr_array_add (args, words[i]);
  if (after != NULL)
    g_ptr_array_add (args, (gpointer) after);

  return qs_cli_test_run_args (args);
}

static void
test_version (void)
{
  g_autoptr (QsCliOutcome) outcome = qs_cli_test_succeed ("--version", NULL);

  g_assert_cmpstr (outcome->out, ==, "quantoscope-cli " QS_VERSION "\n");
  g_assert_cmpstr (outcome->err, ==, "");
}

static void
test_help (void)
{
  g_autoptr (QsCliOutcome) outcome = qs_cli_test_succeed ("--help", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_autofree char *line = g_strdup_printf ("\n  %s ", commands[i]);

      g_assert_nonnull (strstr (outcome->out, line));
    }
}

/* Each command has a help of its own, by --help and by “help”, and every one can write JSON. */
static void
test_command_help (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_autoptr (QsCliOutcome) outcome = run_command (NULL, commands[i], "--help");
      g_autoptr (QsCliOutcome) other = run_command ("help", commands[i], NULL);

      g_assert_cmpint (outcome->status, ==, 0);
      g_assert_cmpint (other->status, ==, 0);
      g_assert_nonnull (strstr (outcome->out, commands[i]));
      g_assert_nonnull (strstr (outcome->out, "--json"));
      g_assert_cmpstr (outcome->out, ==, other->out);
    }
}

/* A group of commands lists those in it, and only those. */
static void
test_group_help (void)
{
  g_autoptr (QsCliOutcome) outcome = qs_cli_test_succeed ("cache", "--help", NULL);
  g_autoptr (QsCliOutcome) other = qs_cli_test_succeed ("help", "cache", NULL);

  g_assert_nonnull (strstr (outcome->out, "\n  cache show "));
  g_assert_nonnull (strstr (outcome->out, "\n  cache edit "));
  g_assert_null (strstr (outcome->out, "calibrate"));
  g_assert_cmpstr (outcome->out, ==, other->out);
}

typedef struct
{
  const char *name;
  const char *args;
  const char *word;
} WrongUse;

static const WrongUse wrong_uses[] = {
  { "nothing", "", "--help" },
  { "command", "frobnicate", "frobnicate" },
  { "option", "info model.onnx --frobnicate", "--frobnicate" },
  { "foreign-option", "info model.onnx --calibration set.npz", "--calibration" },
  { "no-argument", "info", "MODEL" },
  { "two-arguments", "info a.onnx b.onnx", "one argument" },
  { "no-input", "run model.onnx --output out.npz", "--input" },
  { "no-output", "run model.onnx --input in.npz", "--output" },
  { "no-set", "calibrate model.onnx --cache a.cache", "--calibration" },
  { "no-histograms", "calibrate model.onnx --cache a.cache --histograms no-such-file",
    "no-such-file" },
  { "no-source", "findings model.onnx", "--calibration" },
  { "fusion", "calibrate model.onnx --calibration a.npz --cache b --calibrate-before-fusion maybe",
    "maybe" },
  { "fusion-fixed", "calibrate model.onnx --calibration a.npz --cache b --calibrator minmax "
    "--calibrate-before-fusion no", "MinMax" },
  { "quantile", "calibrate model.onnx --calibration a.npz --cache b --quantile 1.5", "1.5" },
  { "cutoff", "calibrate model.onnx --calibration a.npz --cache b --cutoff half", "half" },
  { "preset", "calibrate model.onnx --calibration a.npz --cache b --preset lenet", "lenet" },
  { "batches", "order model.onnx --calibration a.npz --batches 1,,8", "1,,8" },
  { "batches-zero", "order model.onnx --calibration a.npz --batches 0", "--batches" },
  { "shuffles", "order model.onnx --calibration a.npz --shuffles -2", "--shuffles" },
  { "no-cache", "calibrate model.onnx --calibration set.npz", "--cache" },
  { "no-plan", "build model.onnx --cache a.cache", "--output" },
  { "no-data", "evaluate model.onnx", "--data" },
  { "no-format", "export model.plan", "--svg" },
  { "no-comparison-data", "compare model.onnx --calibration set.npz", "--data" },
  { "threads", "bench model.onnx --threads many", "many" },
  { "threads-zero", "bench model.onnx --threads 0", "--threads" },
  { "threads-huge", "bench model.onnx --threads 100000", "--threads" },
  { "batch-negative", "bench model.onnx --batch -1", "--batch" },
  { "shape", "info model.onnx --shape input=1xx3", "--shape" },
  { "backend", "bench model.onnx --backend abacus", "abacus" },
  { "device", "bench model.onnx --device abacus", "abacus" },
  { "device-reference", "bench model.onnx --device reference", "auto, cuda, cpu" },
  { "device-and-backend", "bench model.onnx --device cpu --backend cpu", "--backend" },
  { "devices", "devices model.onnx", "no argument" },
  { "calibrator", "calibrate model.onnx --calibration a.npz --cache b --calibrator oracle",
    "oracle" },
  { "group", "cache", "“cache”" },
  { "group-option", "cache --frobnicate", "“cache”" },
  { "group-command", "cache frobnicate", "cache frobnicate" },
  { "cache-one", "cache diff a.cache", "two arguments" },
  { "cache-three", "cache diff a.cache b.cache c.cache", "two arguments" },
  { "cache-from", "cache show a.cache --from abacus", "abacus" },
  { "cache-to", "cache convert a.cache --to abacus -o b", "abacus" },
  { "cache-no-format", "cache convert a.cache -o b", "--to" },
  { "cache-no-output", "cache convert a.cache --to ort", "--output" },
  { "cache-no-change", "cache edit a.cache -o b", "--set" },
  { "cache-edit-output", "cache edit a.cache --set x=1", "--output" },
};

/* Status 2, the reason, and where to read on. */
static void
test_wrong_use (gconstpointer data)
{
  const WrongUse *use = data;
  g_auto (GStrv) words = g_strsplit (use->args, " ", -1);
  g_autoptr (GPtrArray) args = g_ptr_array_new ();
  g_autoptr (QsCliOutcome) outcome = NULL;

  for (guint i = 0; words[i] != NULL && words[i][0] != '\0'; i++)
    g_ptr_array_add (args, words[i]);

  outcome = qs_cli_test_run_args (args);
  qs_cli_test_expect (outcome, 2, use->word);
  g_assert_nonnull (strstr (outcome->err, "--help"));
  g_assert_cmpstr (outcome->out, ==, "");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cli/usage/version", test_version);
  g_test_add_func ("/cli/usage/help", test_help);
  g_test_add_func ("/cli/usage/command-help", test_command_help);
  g_test_add_func ("/cli/usage/group-help", test_group_help);
  for (gsize i = 0; i < G_N_ELEMENTS (wrong_uses); i++)
    {
      g_autofree char *path = g_strdup_printf ("/cli/usage/wrong/%s", wrong_uses[i].name);

      g_test_add_data_func (path, &wrong_uses[i], test_wrong_use);
    }

  return g_test_run ();
}
