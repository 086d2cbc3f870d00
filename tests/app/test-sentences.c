/* SPDX-License-Identifier: MIT */
#include <locale.h>

#include "onnx/qs-model.h"
#include "passes/qs-pass.h"
#include "qs-sentences.h"
#include "qs-test.h"

/* No catalogue is bound here, so that translating gives the English sentence back: put together from
 * the pieces that were recognised. */
static void
test_known (void)
{
  static const char *const sentences[] = {
    "conv1 was not fused into add, because of the tensor between them, t 1: another layer reads it "
    "as well.",
    "Requantizing is the last step of an INT8 layer, so Q became part of it. The residual is read as "
    "INT8, too.",
    "It stays in floating point: INT8 takes 0.0100 ms and 0.0020 ms of reformats, FP32 0.0050 ms and "
    "0.0000 ms of reformats, given what its neighbours do.",
    "It computes in INT8: INT8 takes 0.0100 ms and 0.0000 ms of reformats, FP32 0.0105 ms and 0.0000 ms "
    "of reformats, given what its neighbours do. These times are close, so another build may decide "
    "otherwise; a timing cache makes builds repeat.",
    "It takes 0.0100 ms, less than 3 % or 0.001 ms faster than tiles with 0.0102 ms, which comes first in "
    "the backend's order; so builds repeat.",
    "25.0 % of all values lie at ±0.5, a padding or background. Entropy calibration lets this spike "
    "absorb everything beyond it: 1.5 % of the values are clipped to ±0.7 although the largest is 3.",
    "a stays in floating point, because its result b is not quantized alone: nothing reads it. A layer "
    "without weights needs INT8 on both sides.",
    "Timing layers",
  };

  for (guint i = 0; i < G_N_ELEMENTS (sentences); i++)
    {
      g_autofree char *text = qs_sentence_translate (sentences[i]);

      g_assert_true (qs_sentence_is_known (sentences[i]));
      g_assert_cmpstr (text, ==, sentences[i]);
    }
}

/* What nobody knows stays as it is, half of it included, whatever is in a name. */
static void
test_unknown (void)
{
  static const char *const sentences[] = {
    "", " ", ".", "%s %s", "A sentence of somebody else.",
    "Timing layers. A sentence of somebody else.", "%n%n was removed: it",
  };

  for (guint i = 0; i < G_N_ELEMENTS (sentences); i++)
    {
      g_autofree char *text = qs_sentence_translate (sentences[i]);

      g_assert_false (qs_sentence_is_known (sentences[i]));
      g_assert_cmpstr (text, ==, sentences[i]);
    }
}

/* A format that is more general does not take what another one says, whichever is first. */
static void
test_special (void)
{
  const char *const times = "It stays in floating point: INT8 takes 0.0117 ms and 0.0180 ms of reformats, "
    "FP32 0.0064 ms and 0.0000 ms of reformats, given what its neighbours do.";

  g_assert_cmpstr (qs_sentence_find_format (times), ==,
                   "It stays in floating point: INT8 takes %.4f ms and %.4f ms of reformats, %s %.4f ms "
                   "and %.4f ms of reformats, given what its neighbours do.");
  g_assert_cmpstr (qs_sentence_find_format ("It stays in floating point: a reason."), ==,
                   "It stays in floating point: %s.");
  g_assert_cmpstr (qs_sentence_find_format ("conv stays in floating point: a reason."), ==,
                   "%s stays in floating point: %s.");
  /* Two sentences are not one with a long reason. */
  g_assert_null (qs_sentence_find_format ("It stays in floating point: a reason. Timing layers."));
}

/* Names are hostile: one that repeats a format's own words must not take forever. */
static void
test_hostile (void)
{
  g_autoptr (GString) name = g_string_new ("x did not get ");
  g_autofree char *text = NULL;

  for (guint i = 0; i < 60; i++)
    g_string_append (name, " behind it, because the scales of its inputs differ:  has  and ");
  text = qs_sentence_translate (name->str);
  g_assert_cmpstr (text, ==, name->str);
}

/* Every rule is shown with its title and its condition. */
static void
test_rules (void)
{
  for (guint i = 0; i < qs_pass_get_n (); i++)
    {
      const QsPass *pass = qs_pass_get (i);

      if (!qs_sentence_is_known (pass->title) ||
          (pass->condition != NULL && !qs_sentence_is_known (pass->condition)))
        g_error ("pass %s: its title or its condition is not among the formats", pass->id);
    }
}

static void
assert_refused (const char *name,
                const char *data,
                gsize       size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) model = qs_model_load_bytes (bytes, name, &error);

  g_assert_null (model);
  if (!qs_sentence_is_known (error->message))
    g_error ("“%s” is not among the formats", error->message);
}

/* What the engine says of files that are no models, or not whole. */
static void
test_errors (void)
{
  g_autoptr (GFile) file = qs_test_sample ("fashion-resnet.onnx");
  g_autofree char *data = NULL;
  gsize size;

  g_assert_true (g_file_load_contents (file, NULL, &data, &size, NULL, NULL));
  assert_refused ("cut.onnx", data, size / 2);
  assert_refused ("text.onnx", "hello, world", 12);
  assert_refused ("empty.onnx", "", 0);
}

/* No format is there twice. */
static void
test_distinct (void)
{
  for (guint i = 0; i < qs_sentence_get_n_formats (); i++)
    for (guint j = i + 1; j < qs_sentence_get_n_formats (); j++)
      g_assert_cmpstr (qs_sentence_get_format (i), !=, qs_sentence_get_format (j));
}

int
main (int   argc,
      char *argv[])
{
  setlocale (LC_ALL, "C");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sentences/known", test_known);
  g_test_add_func ("/sentences/unknown", test_unknown);
  g_test_add_func ("/sentences/special", test_special);
  g_test_add_func ("/sentences/hostile", test_hostile);
  g_test_add_func ("/sentences/rules", test_rules);
  g_test_add_func ("/sentences/errors", test_errors);
  g_test_add_func ("/sentences/distinct", test_distinct);
  return g_test_run ();
}
