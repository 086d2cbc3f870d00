/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "core/qs-error.h"
#include "qs-presets.h"
#include "qs-range-history.h"
#include "qs-async-test.h"
#include "qs-session.h"
#include "qs-test.h"
#include "qs-worker.h"

#define POOLED "/pool/MaxPool_output_0"
#define BEFORE_POOLING "/Relu_output_0"

static QsSamples *
load (QsSession  *session,
      const char *name)
{
  g_autoptr (GFile) file = qs_test_sample (name);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  QsFileKind kind = QS_FILE_UNKNOWN;
  QsSamples *samples = NULL;

  qs_session_load_async (session, file, qs_async_test_done, NULL);
  result = qs_async_test_wait ();
  g_assert_true (qs_session_load_finish (session, result, &kind, &samples, &error));
  g_assert_no_error (error);
  return samples;
}

static void
build (QsSession *session)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  qs_session_build_async (session, qs_async_test_done, NULL);
  result = qs_async_test_wait ();
  qs_session_build_finish (session, result, &error);
  g_assert_no_error (error);
}

static QsSession *
make_session (void)
{
  QsSession *session = qs_session_new ();
  g_autoptr (QsSamples) samples = NULL;
  QsPreprocessing preprocessing;
  QsBuildSettings settings;

  g_assert_null (load (session, QS_SAMPLE_MODEL));
  samples = load (session, QS_SAMPLE_CALIBRATION);
  qs_preprocessing_init (&preprocessing);
  qs_sample_preset_apply (qs_sample_preset_lookup (QS_SAMPLE_PRESET), &preprocessing);
  qs_samples_set_preprocessing (samples, &preprocessing);
  qs_samples_set_limit (samples, 32);
  qs_session_set_calibration (session, samples);
  settings = *qs_session_get_settings (session);
  settings.int8 = QS_INT8_ALL;
  qs_session_set_settings (session, &settings);
  return session;
}

/* The scale that the engine really has for @name. The pooled tensor lies in the convolution that pools; the
 * engine's own knows that it has its range. */
static float
get_engine_scale (QsSession  *session,
                  const char *name)
{
  QsNetwork *network = qs_engine_get_network (qs_session_get_engine (session));

  for (guint i = 0; i < network->tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (network->tensors, i);

      if (g_str_equal (tensor->name, name) || g_strcmp0 (tensor->range_name, name) == 0)
        return tensor->scale;
    }

  g_error ("the engine has no tensor with the range of %s", name);
}

static void
wait_for_scale (QsSession  *session,
                const char *tensor,
                float       scale)
{
  while (get_engine_scale (session, tensor) != scale)
    g_main_context_iteration (NULL, TRUE);
}

static void
set_range (QsSession  *session,
           const char *tensor,
           double      min,
           double      max)
{
  const QsDynamicRange range = { min, max };
  g_autoptr (GError) error = NULL;

  qs_session_set_range (session, tensor, &range, FALSE, &error);
  g_assert_no_error (error);
}

static void
test_history (void)
{
  g_autoptr (QsRangeHistory) history = qs_range_history_new ();
  QsDynamicRanges *ranges = qs_dynamic_ranges_new ();

  g_assert_false (qs_range_history_can_step (history, -1));
  qs_dynamic_ranges_parse (ranges, "a=1", NULL);
  g_assert_true (qs_range_history_push (history, ranges));
  ranges = qs_dynamic_ranges_copy (ranges);
  g_assert_false (qs_range_history_push (history, ranges)); /* nothing new */

  g_assert_true (qs_range_history_step (history, -1));
  g_assert_cmpuint (qs_dynamic_ranges_get_n (qs_range_history_get_current (history)), ==, 0);
  g_assert_true (qs_range_history_can_step (history, 1));
  ranges = qs_dynamic_ranges_new ();
  qs_dynamic_ranges_parse (ranges, "b=2", NULL);
  g_assert_true (qs_range_history_push (history, ranges));
  g_assert_false (qs_range_history_can_step (history, 1)); /* another edit takes redo's place */
  g_assert_nonnull (qs_dynamic_ranges_lookup (qs_range_history_get_current (history), "b"));
}

/* The engine follows an edit, its undoing and its redoing without a build; a pooling's ends share
 * what is set. */
static void
test_edits (void)
{
  QsSession *session = make_session ();
  const char *owner = NULL;
  float before;

  build (session);
  before = get_engine_scale (session, POOLED);
  g_assert_cmpfloat (get_engine_scale (session, BEFORE_POOLING), ==, before);

  set_range (session, POOLED, -1.27, 0.0);
  wait_for_scale (session, POOLED, 0.01f);
  g_assert_cmpfloat (get_engine_scale (session, BEFORE_POOLING), ==, 0.01f);
  g_assert_nonnull (qs_session_find_range (session, BEFORE_POOLING, &owner));
  g_assert_cmpstr (owner, ==, POOLED);
  g_assert_cmpfloat (qs_session_get_time (session, NULL), >, 0.0); /* the same layers */

  set_range (session, BEFORE_POOLING, 0.0, 2.54);
  wait_for_scale (session, POOLED, 0.02f);
  g_assert_true (qs_session_can_undo (session, -1));
  qs_session_undo (session, -1);
  wait_for_scale (session, POOLED, 0.01f);
  qs_session_undo (session, -1);
  wait_for_scale (session, POOLED, before);
  g_assert_false (qs_session_can_undo (session, -1));
  qs_session_undo (session, 1);
  wait_for_scale (session, POOLED, 0.01f);

  /* Another build honours it, too. */
  build (session);
  g_assert_cmpfloat (get_engine_scale (session, POOLED), ==, 0.01f);
  g_assert_false (qs_session_is_stale (session));
  g_object_unref (session);
}

static void
test_impossible (void)
{
  QsSession *session = make_session ();
  const QsDynamicRange good = { -1.0, 1.0 }, bad = { 2.0, 1.0 };
  g_autoptr (GError) error = NULL;

  g_assert_false (qs_session_set_range (session, "input", &bad, FALSE, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_DATA, "“input”");
  g_clear_error (&error);
  g_assert_false (qs_session_set_range (session, "nothing", &good, FALSE, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISSING, "“nothing”");
  g_assert_cmpuint (qs_dynamic_ranges_get_n (qs_session_get_ranges (session)), ==, 0);
  g_assert_false (qs_session_can_undo (session, -1));
  g_object_unref (session);
}

static void
measured_cb (QsSession *session,
             guint     *n)
{
  (*n)++;
}

/* Many questions at once: the first is answered, and the last, and the last is what counts. */
static void
test_effect (void)
{
  QsSession *session = make_session ();
  QsLiveEffect *effect = qs_session_get_effect (session);
  double narrow;
  guint n = 0;

  build (session);
  g_signal_connect (session, "changed::" QS_CHANGED_EFFECT, G_CALLBACK (measured_cb), &n);
  for (guint i = 0; i < 50; i++)
    {
      const QsDynamicRange range = { -0.01 * (i + 1), 0.01 * (i + 1) };

      qs_session_preview_range (session, "input", &range, FALSE);
    }
  while (qs_live_effect_is_pending (effect))
    g_main_context_iteration (NULL, TRUE);

  g_assert_cmpuint (n, ==, 2);
  g_assert_null (qs_live_effect_get_failure (effect));
  g_assert_cmpint (qs_live_effect_get_result (effect)->n_samples, ==, 32);
  narrow = qs_live_effect_get_result (effect)->sqnr_db;

  /* ±0.5 cuts off most of an image of ±2, so it has to be worse than what a calibrator chose. */
  g_assert_cmpfloat (narrow, <, qs_live_effect_get_base (effect)->sqnr_db);
  g_assert_false (qs_session_can_undo (session, -1)); /* a question is no edit */
  g_object_unref (session);
}

static void
save (QsSession *session,
      GFile     *file)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  qs_session_save_async (session, file, qs_async_test_done, NULL);
  result = qs_async_test_wait ();
  g_assert_true (qs_session_save_finish (session, result, &error));
  g_assert_no_error (error);
}

static gboolean
open_file (QsSession *session,
           GFile     *file,
           GError   **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  QsFileKind kind = QS_FILE_UNKNOWN;
  QsSamples *samples = NULL;

  qs_session_load_async (session, file, qs_async_test_done, NULL);
  result = qs_async_test_wait ();
  return qs_session_load_finish (session, result, &kind, &samples, error);
}

/* A work that is saved opens elsewhere as it was, and a damaged document leaves the work alone. */
static void
test_document (void)
{
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "work.quantoscope", NULL);
  g_autofree char *cut = g_build_filename (folder, "cut.quantoscope", NULL);
  g_autofree char *title = NULL;
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFile) cut_file = g_file_new_for_path (cut);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  QsSession *session = make_session (), *other = qs_session_new ();

  build (session);
  set_range (session, POOLED, -1.27, 0.0);
  wait_for_scale (session, POOLED, 0.01f);
  g_assert_true (qs_session_is_modified (session));
  save (session, file);
  g_assert_false (qs_session_is_modified (session));
  title = qs_session_dup_title (session);
  g_assert_cmpstr (title, ==, "work.quantoscope");

  open_file (other, file, &error);
  g_assert_no_error (error);
  wait_for_scale (other, POOLED, 0.01f);
  g_assert_true (qs_dynamic_ranges_equal (qs_session_get_ranges (other),
                                          qs_session_get_ranges (session)));
  g_assert_cmpint (qs_samples_get_n (qs_session_get_calibration (other)), ==, 32);
  g_assert_nonnull (qs_session_get_histogram (other, "input"));
  g_assert_cmpuint (qs_session_get_sources (other)->len, ==, qs_calibrator_get_n ());
  g_assert_cmpint (qs_session_get_settings (other)->int8, ==, QS_INT8_ALL);
  g_assert_false (qs_session_is_modified (other));
  g_assert_false (qs_session_can_undo (other, -1));
  g_assert_null (qs_session_get_missing (other));

  bytes = g_file_load_bytes (file, NULL, NULL, &error);
  g_assert_no_error (error);
  g_file_set_contents (cut, g_bytes_get_data (bytes, NULL),
                       (gssize) g_bytes_get_size (bytes) / 2, &error);
  g_assert_no_error (error);
  g_assert_false (open_file (other, cut_file, &error));
  g_assert_nonnull (error);
  g_assert_cmpuint (qs_dynamic_ranges_get_n (qs_session_get_ranges (other)), ==, 1);
  g_assert_nonnull (qs_session_get_engine (other));

  g_object_unref (session);
  g_object_unref (other);
  qs_test_remove_folder (folder);
}

int
main (int   argc,
      char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ranges/history", test_history);
  g_test_add_func ("/ranges/edits", test_edits);
  g_test_add_func ("/ranges/impossible", test_impossible);
  g_test_add_func ("/ranges/effect", test_effect);
  g_test_add_func ("/ranges/document", test_document);
  status = g_test_run ();
  qs_worker_stop ();
  return status;
}
