/* SPDX-License-Identifier: MIT */
#include <glib/gstdio.h>
#include <string.h>

#include "backends/qs-machine.h"
#include "builder/qs-builder.h"
#include "builder/qs-timing-cache.h"
#include "core/qs-error.h"
#include "import/qs-import.h"
#include "qs-test.h"

#define MAGIC "# Quantoscope timing cache 1\n"

static char *
make_path (const char *name)
{
  static char *folder;

  if (folder == NULL)
    folder = g_dir_make_tmp ("quantoscope-XXXXXX", NULL);
  return g_build_filename (folder, name, NULL);
}

static GFile *
write_file (const char *text,
            gssize      size)
{
  g_autofree char *path = make_path ("timings");

  g_assert_true (g_file_set_contents (path, text, size, NULL));
  return g_file_new_for_path (path);
}

static void
test_round_trip (void)
{
  g_autofree char *path = make_path ("round-trip");
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (QsTimingCache) cache = qs_timing_cache_new ();
  g_autoptr (QsTimingCache) again = qs_timing_cache_new ();
  g_autofree char *place = qs_timing_cache_make_place (3);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  double kept = qs_timing_cache_add (cache, place, "conv|1x3", 1.0 / 3.0), ms;

  qs_timing_cache_add (cache, "another\tset\t1", "conv|1x3", 7.5);
  g_assert_true (qs_timing_cache_save (cache, file, &error));
  g_assert_no_error (error);
  g_assert_true (qs_timing_cache_load (again, file, &error));
  g_assert_no_error (error);

  /* The same double, not one that is near. */
  g_assert_true (qs_timing_cache_lookup (again, place, "conv|1x3", &ms));
  g_assert_true (ms == kept);
  g_assert_cmpfloat_with_epsilon (ms, 1.0 / 3.0, 1e-6);
  g_assert_false (qs_timing_cache_lookup (again, place, "conv|1x4", &ms));
  g_assert_true (qs_timing_cache_lookup (again, "another\tset\t1", "conv|1x3", &ms));
  g_assert_true (ms == 7.5);
  g_assert_cmpuint (qs_timing_cache_count_others (again, place), ==, 1);

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "0.333333\tconv|1x3\n"));
  g_unlink (path);
}

/* Two programs that load the same file and save one after the other keep each other's times; times
 * of other kernels on this processor go. */
static void
test_merge (void)
{
  g_autofree char *outdated = g_strdup_printf (MAGIC "[place]\t%s\tother\t1\n1.0\told\n",
                                               qs_machine_get_processor ());
  g_autoptr (GFile) file = write_file (outdated, -1);
  g_autoptr (QsTimingCache) a = qs_timing_cache_new ();
  g_autoptr (QsTimingCache) b = qs_timing_cache_new ();
  g_autoptr (QsTimingCache) all = qs_timing_cache_new ();
  g_autofree char *place = qs_timing_cache_make_place (1);
  g_autofree char *text = NULL;
  double ms;

  g_assert_true (qs_timing_cache_load (a, file, NULL));
  g_assert_cmpuint (qs_timing_cache_count_others (a, place), ==, 1);
  qs_timing_cache_add (a, place, "first", 1.0);
  qs_timing_cache_add (b, place, "second", 2.0);
  g_assert_true (qs_timing_cache_save (a, file, NULL));
  g_assert_true (qs_timing_cache_save (b, file, NULL));
  g_assert_true (qs_timing_cache_load (all, file, NULL));
  g_assert_true (qs_timing_cache_lookup (all, place, "first", &ms));
  g_assert_true (qs_timing_cache_lookup (all, place, "second", &ms));
  g_assert_cmpuint (qs_timing_cache_count_others (all, place), ==, 0);
}

static void
test_absent (void)
{
  g_autoptr (GFile) file = g_file_new_for_path ("/nonexistent/timings");
  g_autoptr (QsTimingCache) cache = qs_timing_cache_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (qs_timing_cache_load (cache, file, &error));
  g_assert_no_error (error);
  g_assert_false (qs_timing_cache_save (cache, file, &error));
  g_assert_nonnull (error);
}

/* Nothing of a bad file is taken, the message names the place, and the file stays as it is. */
static void
check_refused (const char *text,
               gssize      size,
               const char *words)
{
  g_autoptr (GFile) file = write_file (text, size);
  g_autoptr (QsTimingCache) cache = qs_timing_cache_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *after = NULL;
  gsize length;

  g_assert_false (qs_timing_cache_load (cache, file, &error));
  g_assert_nonnull (error);
  if (strstr (error->message, words) == NULL || strstr (error->message, "timings: ") == NULL)
    g_error ("“%s” does not say “%s”", error->message, words);
  g_assert_cmpuint (qs_timing_cache_count_others (cache, ""), ==, 0);

  g_clear_error (&error);
  g_assert_false (qs_timing_cache_save (cache, file, &error));
  g_assert_true (g_file_load_contents (file, NULL, &after, &length, NULL, NULL));
  g_assert_cmpmem (after, length, text, size < 0 ? strlen (text) : (gsize) size);
}

static void
test_hostile (void)
{
  g_autofree char *garbage = g_strnfill (20000, 'x');
  g_autofree char *long_line = g_strconcat (MAGIC "[place]\ta\tb\t1\n1.0\t", garbage, NULL);

  check_refused ("", -1, "not a timing cache");
  check_refused ("# Quantoscope timing cache 2\n", -1, "not a timing cache");
  check_refused ("TRT-8601-EntropyCalibration2\ninput: 3c010a14\n", -1, "not a timing cache");
  check_refused (MAGIC "1.0\tconv\n", -1, "line 2: a time stands before");
  check_refused (MAGIC "[place]\tone\n", -1, "line 2: a place is");
  check_refused (MAGIC "[place]\ta\tb\t1\n\n1.0\n", -1, "line 4: it is not a time");
  check_refused (MAGIC "[place]\ta\tb\t1\n1.0\t\n", -1, "line 3: it is not a time");
  check_refused (MAGIC "[place]\ta\tb\t1\n1.0\ta\tb\n", -1, "line 3: it is not a time");
  check_refused (MAGIC "[place]\ta\tb\t1\nnan\tconv\n", -1, "line 3: its time");
  check_refused (MAGIC "[place]\ta\tb\t1\n-1\tconv\n", -1, "line 3: its time");
  check_refused (MAGIC "[place]\ta\tb\t1\n1e300\tconv\n", -1, "line 3: its time");
  check_refused (MAGIC "[place]\ta\tb\t1\n0\tconv\n", -1, "line 3: its time");
  check_refused (MAGIC "[place]\ta\tb\t1\n1.0\tco\x01nv\n", -1, "line 3: it has other characters");
  check_refused (MAGIC "[place]\ta\tb\t1\n1.0\tc\0v\n", strlen (MAGIC) + 22, "zero byte");
  check_refused (long_line, -1, "line 3: it is longer");
}

static QsNetwork *
import_sample (void)
{
  g_autoptr (GFile) file = qs_test_sample ("fashion-resnet.onnx");
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) model = qs_model_load_file (file, &error);
  g_autoptr (QsProfile) profile = qs_profile_new ();
  QsNetwork *network;

  g_assert_no_error (error);
  qs_profile_set_batch (profile, 1);
  network = qs_import_network (model, profile, &error);
  g_assert_no_error (error);
  return network;
}

static QsEngine *
build (QsNetwork     *network,
       QsTimingCache *timings)
{
  g_autoptr (QsScaleTable) scales = qs_scale_table_new ();
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_autoptr (GError) error = NULL;
  QsEngine *engine;

  for (guint i = 0; i < network->tensors->len; i++)
    qs_scale_table_set (scales, ((QsTensor *) g_ptr_array_index (network->tensors, i))->name, 0.05f);
  options.backend = qs_backend_lookup ("cpu");
  options.n_threads = 1;
  options.int8 = QS_INT8_FASTER;
  options.timings = timings;
  engine = qs_builder_build (network, scales, &options, NULL, &error);
  g_assert_no_error (error);
  return engine;
}

static char *
save (QsEngine *engine,
      gsize    *size)
{
  g_autofree char *path = make_path ("plan");
  g_autoptr (GFile) file = g_file_new_for_path (path);
  char *bytes;

  g_assert_true (qs_engine_save (engine, file, NULL));
  g_assert_true (g_file_get_contents (path, &bytes, size, NULL));
  g_unlink (path);
  return bytes;
}

/* A build measures; one with its times measures nothing and writes the same plan, byte for byte. */
static void
test_repeats (void)
{
  g_autoptr (QsNetwork) network = import_sample ();
  g_autofree char *path = make_path ("repeats");
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (QsTimingCache) first = qs_timing_cache_new ();
  g_autoptr (QsTimingCache) second = qs_timing_cache_new ();
  g_autoptr (QsEngine) a = build (network, first);
  g_autoptr (QsEngine) b = NULL;
  g_autofree char *plan_a = NULL, *plan_b = NULL;
  gsize size_a, size_b;

  g_assert_cmpuint (qs_timing_cache_get_n_candidates (first), >, 10);
  g_assert_cmpuint (qs_timing_cache_get_n_known (first), ==, 0);
  g_assert_true (qs_timing_cache_save (first, file, NULL));
  g_assert_true (qs_timing_cache_load (second, file, NULL));

  b = build (network, second);
  g_assert_cmpuint (qs_timing_cache_get_n_candidates (second), ==,
                    qs_timing_cache_get_n_candidates (first));
  g_assert_cmpuint (qs_timing_cache_get_n_known (second), ==,
                    qs_timing_cache_get_n_candidates (second));
  plan_a = save (a, &size_a);
  plan_b = save (b, &size_b);
  g_assert_cmpmem (plan_a, size_a, plan_b, size_b);
  g_unlink (path);
}

/* The file of @cache, where candidates with @slow in their kernel's name take a second and all others
 * no time to speak of. */
static QsTimingCache *
invent (QsTimingCache *cache,
        const char    *slow)
{
  g_autofree char *path = make_path ("invented");
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GString) changed = g_string_new (NULL);
  QsTimingCache *invented = qs_timing_cache_new ();

  g_assert_true (qs_timing_cache_save (cache, file, NULL));
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *tab = g_ascii_isdigit (lines[i][0]) ? strchr (lines[i], '\t') : NULL;
      g_autofree char *kernel = tab != NULL ? g_strndup (tab + 1, strcspn (tab + 1, "|")) : NULL;

      if (tab == NULL)
        g_string_append_printf (changed, "%s\n", lines[i]);
      else
        g_string_append_printf (changed, "%s%s\n",
                                strstr (kernel, slow) != NULL ? "1000.000000" : "0.001000", tab);
    }
  g_assert_true (g_file_set_contents (path, changed->str, -1, NULL));
  g_assert_true (qs_timing_cache_load (invented, file, NULL));
  g_unlink (path);
  return invented;
}

static guint
count_convolutions (QsEngine    *engine,
                    QsPrecision  precision)
{
  QsNetwork *network = qs_engine_get_network (engine);
  guint n = 0;

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (network->layers, i);

      n += layer->klass->kind == QS_LAYER_CONVOLUTION && layer->precision == precision;
    }
  return n;
}

/* Convolutions become what the times say: never INT8 where only the float kernel is fast, and always
 * where only it is slow. */
static void
test_steers (void)
{
  g_autoptr (QsNetwork) network = import_sample ();
  g_autoptr (QsTimingCache) real = qs_timing_cache_new ();
  g_autoptr (QsEngine) measured = build (network, real);
  g_autoptr (QsTimingCache) slow_int8 = invent (real, "_s8_");
  g_autoptr (QsTimingCache) slow_float = invent (real, "conv_f32_");
  g_autoptr (QsEngine) in_float = build (network, slow_int8);
  g_autoptr (QsEngine) in_int8 = build (network, slow_float);

  g_assert_cmpuint (count_convolutions (in_float, QS_PRECISION_INT8), ==, 0);
  g_assert_cmpuint (count_convolutions (in_float, QS_PRECISION_FP32), >, 0);
  g_assert_cmpuint (count_convolutions (in_int8, QS_PRECISION_FP32), ==, 0);
  g_assert_cmpuint (count_convolutions (in_int8, QS_PRECISION_INT8), >, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/timing-cache/round-trip", test_round_trip);
  g_test_add_func ("/timing-cache/merge", test_merge);
  g_test_add_func ("/timing-cache/absent", test_absent);
  g_test_add_func ("/timing-cache/hostile", test_hostile);
  g_test_add_func ("/timing-cache/repeats", test_repeats);
  g_test_add_func ("/timing-cache/steers", test_steers);

  return g_test_run ();
}
