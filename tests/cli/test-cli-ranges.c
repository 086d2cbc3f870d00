/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "document/qs-document.h"
#include "qs-cli-test.h"

#define MODEL "fashion-resnet.onnx"
#define POOLED "/pool/MaxPool_output_0"

/* 127 for both ends of the pooling, so that a scale of 1 is recognised. */
#define WHOLE POOLED "=-127,64"

static char *model;
static char *set;

static gboolean
have_samples (void)
{
  g_clear_pointer (&model, g_free);
  g_clear_pointer (&set, g_free);
  return (model = qs_cli_test_sample (MODEL)) != NULL &&
         (set = qs_cli_test_sample ("calibration-uint8.npz")) != NULL;
}

static QsCliOutcome *
build (const char *option,
       const char *value,
       const char *output)
{
  return qs_cli_test_run ("build", model, "--calibration", set, QS_CLI_TEST_FASHION, "--limit", "8",
                          option, value, "-o", output, NULL);
}

/* Impossible ranges are named, and nothing is written. */
static void
test_impossible (void)
{
  static const struct
  {
    const char *range;
    int status;
    const char *word;
  } cases[] = {
    { "input=2,1", 2, "the minimum is larger than the maximum" },
    { "input=nan,1", 2, "“input”" },
    { "input=0,0", 2, "“input”" },
    { "input=-1e40,1", 2, "“input”" },
    { "input=1,2,3", 2, "“1,2,3”" },
    { "=1,2", 2, "--range" },
    { "nobody=-1,1", 1, "“nobody”" },
  };
  g_autofree char *output = qs_cli_test_path ("impossible.plan");

  if (!have_samples ())
    return;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (QsCliOutcome) outcome = build ("--range", cases[i].range, output);

      qs_cli_test_expect (outcome, cases[i].status, cases[i].word);
      g_assert_false (g_file_test (output, G_FILE_TEST_EXISTS));
    }
}

static void
test_bad_file (void)
{
  static const struct
  {
    const char *content;
    const char *word;
  } cases[] = {
    { "{", "bad-ranges.json" },
    { "{\"format\":\"quantoscope-ranges\",\"version\":1,\"ranges\":"
      "[{\"tensor\":\"input\",\"min\":2,\"max\":1}]}", "“input”" },
    { "{\"format\":\"quantoscope-ranges\",\"version\":1,\"ranges\":"
      "[{\"tensor\":\"nobody\",\"min\":-1,\"max\":1}]}", "“nobody”" },
  };
  g_autofree char *path = qs_cli_test_path ("bad-ranges.json");
  g_autofree char *output = qs_cli_test_path ("bad-ranges.plan");

  if (!have_samples ())
    return;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (QsCliOutcome) outcome = NULL;

      qs_cli_test_write (path, cases[i].content, strlen (cases[i].content));
      outcome = build ("--ranges", path, output);
      qs_cli_test_expect (outcome, 1, cases[i].word);
      g_assert_false (g_file_test (output, G_FILE_TEST_EXISTS));
    }
}

/* One member's range is the whole group's: the larger end over 127, by hand. */
static void
test_groups (void)
{
  g_autoptr (QsCliOutcome) outcome = NULL;
  g_auto (GStrv) lines = NULL;
  guint n_manual = 0;

  if (!have_samples ())
    return;

  outcome = qs_cli_test_succeed ("groups", model, "--range", WHOLE, NULL);
  lines = g_strsplit (outcome->out, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_suffix (g_strchomp (lines[i]), "manual"))
      {
        g_assert_nonnull (strstr (lines[i], " 1  manual"));
        n_manual++;
      }
  g_assert_cmpuint (n_manual, ==, 2);
}

static void
test_build (void)
{
  const char *text = "{\"format\":\"quantoscope-ranges\",\"version\":1,\"ranges\":"
                     "[{\"tensor\":\"input\",\"min\":-2,\"max\":1}]}";
  g_autofree char *path = qs_cli_test_path ("ranges.json");
  g_autofree char *output = qs_cli_test_path ("ranges.plan");
  g_autoptr (QsCliOutcome) by_file = NULL, by_option = NULL;

  if (!have_samples ())
    return;

  qs_cli_test_write (path, text, strlen (text));
  by_file = build ("--ranges", path, output);
  qs_cli_test_expect (by_file, 0, "");
  g_assert_nonnull (strstr (by_file->out, "1 tensor has a range set by hand"));
  by_option = build ("--range", "input=-2,1", output);
  qs_cli_test_expect (by_option, 0, "");
  g_assert_nonnull (strstr (by_option->out, "1 tensor has a range set by hand"));
}

/* A document as the window saves it: the model and one range. */
static void
save_document (const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFile) model_file = g_file_new_for_path (model);
  g_autoptr (QsDocument) document = qs_document_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) loaded = qs_model_load_file (model_file, &error);

  g_assert_no_error (error);
  qs_document_set_model (document, loaded, file);
  document->ranges = qs_dynamic_ranges_new ();
  g_assert_true (qs_dynamic_ranges_parse (document->ranges, "input=-2,1", &error));
  g_assert_true (qs_document_save (document, file, &error));
}

static void
test_document (void)
{
  g_autofree char *path = qs_cli_test_path ("a.quantoscope");
  g_autofree char *output = qs_cli_test_path ("document.plan");
  g_autoptr (QsCliOutcome) info = NULL, built = NULL, broken = NULL;
  g_autofree char *data = NULL;
  gsize length;

  if (!have_samples ())
    return;

  save_document (path);
  info = qs_cli_test_succeed ("info", path, NULL);
  g_assert_nonnull (strstr (info->out, "BatchNormalization"));
  built = qs_cli_test_succeed ("build", path, "--calibration", set, QS_CLI_TEST_FASHION, "--limit",
                               "8", "-o", output, NULL);
  g_assert_nonnull (strstr (built->out, "1 tensor has a range set by hand"));

  data = qs_cli_test_read (path, &length);
  qs_cli_test_write (path, data, length / 2);
  broken = qs_cli_test_run ("info", path, NULL);
  qs_cli_test_expect (broken, 1, "a.quantoscope");
}

int
main (int   argc,
      char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  qs_cli_test_init ();

  g_test_add_func ("/cli/ranges/impossible", test_impossible);
  g_test_add_func ("/cli/ranges/bad-file", test_bad_file);
  g_test_add_func ("/cli/ranges/groups", test_groups);
  g_test_add_func ("/cli/ranges/build", test_build);
  g_test_add_func ("/cli/ranges/document", test_document);

  status = g_test_run ();
  g_free (model);
  g_free (set);
  qs_cli_test_finish ();
  return status;
}
