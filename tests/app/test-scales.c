/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "calibration/qs-histogram-file.h"
#include "core/qs-error.h"
#include "qs-cache-editor.h"
#include "qs-presets.h"
#include "qs-scale-column.h"
#include "qs-async-test.h"
#include "qs-session.h"
#include "qs-test.h"
#include "qs-worker.h"

/* Bits of floats by their definition: 3f800000 is 1, 3f000000 1/2, 3e800000 1/4. */
#define CACHE "TRT-8401-EntropyCalibration2\ninput: 3f800000\nlogits: 3f000000\nelsewhere: 3f800000\n"

static QsCacheEditor *
make_editor (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (CACHE, strlen (CACHE));
  g_autoptr (GError) error = NULL;
  g_autoptr (QsScaleFile) file = qs_scale_file_new (bytes, NULL, &error);

  g_assert_no_error (error);
  return qs_cache_editor_new ("test.cache", file);
}

static void
assert_text (QsCacheEditor *editor,
             const char    *expected)
{
  GBytes *bytes = qs_scale_file_get_bytes (qs_cache_editor_get_file (editor));
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  g_assert_cmpmem (data, size, expected, strlen (expected));
}

static void
count_cb (guint *count)
{
  (*count)++;
}

static void
test_editor (void)
{
  g_autoptr (QsCacheEditor) editor = make_editor ();
  g_autoptr (GError) error = NULL;
  guint n = 0;

  g_signal_connect_swapped (editor, "changed", G_CALLBACK (count_cb), &n);
  g_assert_false (qs_cache_editor_can_undo (editor));
  g_assert_true (qs_cache_editor_set_scale (editor, "logits", 0.25f, &error));
  g_assert_cmpuint (n, ==, 1);
  g_assert_true (qs_cache_editor_is_modified (editor));
  assert_text (editor, "TRT-8401-EntropyCalibration2\ninput: 3f800000\nlogits: 3e800000\n"
                       "elsewhere: 3f800000\n");
  g_assert_true (qs_cache_editor_set_header (editor, "TRT-8601-MinMaxCalibration", &error));
  assert_text (editor, "TRT-8601-MinMaxCalibration\ninput: 3f800000\nlogits: 3e800000\n"
                       "elsewhere: 3f800000\n");

  qs_cache_editor_undo (editor);
  qs_cache_editor_undo (editor);
  g_assert_false (qs_cache_editor_can_undo (editor));
  g_assert_false (qs_cache_editor_is_modified (editor));
  assert_text (editor, CACHE);
  qs_cache_editor_redo (editor);
  assert_text (editor, "TRT-8401-EntropyCalibration2\ninput: 3f800000\nlogits: 3e800000\n"
                       "elsewhere: 3f800000\n");
  qs_cache_editor_mark_saved (editor);
  g_assert_false (qs_cache_editor_is_modified (editor));

  /* What was undone is gone after another change, and the same value again is no change. */
  n = 0;
  g_assert_true (qs_cache_editor_set_scale (editor, "input", 0.5f, &error));
  g_assert_true (qs_cache_editor_set_scale (editor, "input", 0.5f, &error));
  g_assert_cmpuint (n, ==, 1);
  g_assert_false (qs_cache_editor_can_redo (editor));
}

static void
test_editor_refuses (void)
{
  g_autoptr (QsCacheEditor) editor = make_editor ();
  g_autoptr (GError) error = NULL;

  g_assert_false (qs_cache_editor_set_scale (editor, "input", -1.0f, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_DATA, "input");
  g_clear_error (&error);
  g_assert_false (qs_cache_editor_set_scale (editor, "nothing", 1.0f, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISSING, "nothing");
  g_clear_error (&error);
  g_assert_false (qs_cache_editor_set_header (editor, "no header", &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_DATA, "no header");
  assert_text (editor, CACHE);
  g_assert_false (qs_cache_editor_can_undo (editor));
}

/* Decimals, and bits after “0x”: 3c010a14 is 1.000244140625 / 127. */
static void
test_parse (void)
{
  float scale;

  g_assert_true (qs_scale_parse ("0.25", &scale));
  g_assert_cmpfloat (scale, ==, 0.25f);
  g_assert_true (qs_scale_parse ("0x3c010a14", &scale));
  g_assert_cmpfloat (scale, ==, (float) (1.000244140625 / 127.0));
  g_assert_false (qs_scale_parse ("", &scale));
  g_assert_false (qs_scale_parse ("0.25 s", &scale));
  g_assert_false (qs_scale_parse ("0x123456789", &scale));
}

static QsSamples *
load (QsSession  *session,
      GFile      *file,
      GError    **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  QsFileKind kind = QS_FILE_UNKNOWN;
  QsSamples *samples = NULL;

  qs_session_load_async (session, file, qs_async_test_done, NULL);
  result = qs_async_test_wait ();
  qs_session_load_finish (session, result, &kind, &samples, error);
  return samples;
}

static QsSamples *
load_sample (QsSession  *session,
             const char *name)
{
  g_autoptr (GFile) file = qs_test_sample (name);
  g_autoptr (GError) error = NULL;
  QsSamples *samples = load (session, file, &error);

  g_assert_no_error (error);
  return samples;
}

static QsSession *
make_session (const char *model,
              gint64      limit)
{
  QsSession *session = qs_session_new ();
  QsPreprocessing preprocessing;
  g_autoptr (QsSamples) samples = NULL;
  QsBuildSettings settings;

  load_sample (session, model);
  samples = load_sample (session, QS_SAMPLE_CALIBRATION);
  qs_preprocessing_init (&preprocessing);
  qs_sample_preset_apply (qs_sample_preset_lookup (QS_SAMPLE_PRESET), &preprocessing);
  qs_samples_set_preprocessing (samples, &preprocessing);
  qs_samples_set_limit (samples, limit);
  qs_session_set_calibration (session, samples);
  settings = *qs_session_get_settings (session);
  settings.int8 = QS_INT8_ALL;
  settings.calibration_batch = 4;
  qs_session_set_settings (session, &settings);
  return session;
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

/* A cache and nothing else; an edit is what every view sees. */
static void
test_cache_alone (void)
{
  QsSession *session = qs_session_new ();
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "some.cache", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autofree char *title = NULL;
  g_autoptr (GError) error = NULL;
  QsScaleSource *source;
  guint n = 0;

  g_assert_true (g_file_set_contents (path, CACHE, -1, &error));
  g_assert_null (load (session, file, &error));
  g_assert_no_error (error);
  g_assert_false (qs_session_is_empty (session));
  title = qs_session_dup_title (session);
  g_assert_cmpstr (title, ==, "some.cache");
  source = qs_session_find_source (session, QS_SCALE_SOURCE_CACHE);
  g_assert_cmpfloat (qs_scale_source_get_threshold (source, "logits"), ==, 63.5);

  g_signal_connect_swapped (session, "changed::" QS_CHANGED_SCALES, G_CALLBACK (count_cb), &n);
  g_assert_true (qs_cache_editor_set_scale (qs_session_get_cache (session), "logits", 1.0f,
                                            &error));
  g_assert_cmpuint (n, ==, 1);
  source = qs_session_find_source (session, QS_SCALE_SOURCE_CACHE);
  g_assert_cmpfloat (qs_scale_source_get_threshold (source, "logits"), ==, 127.0);
  qs_cache_editor_undo (qs_session_get_cache (session));
  source = qs_session_find_source (session, QS_SCALE_SOURCE_CACHE);
  g_assert_cmpfloat (qs_scale_source_get_threshold (source, "logits"), ==, 63.5);

  qs_test_remove_folder (folder);
  g_assert_finalize_object (session);
}

/* A table of ONNX Runtime's, which nothing but its contents gives away. */
static void
test_other_format (void)
{
  QsSession *session = qs_session_new ();
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "table", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "input 127\nlogits 12.7\n", -1, &error));
  g_assert_null (load (session, file, &error));
  g_assert_no_error (error);
  g_assert_nonnull (qs_session_get_cache (session));
  g_assert_false (qs_cache_editor_set_scale (qs_session_get_cache (session), "input", 1.0f, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "TensorRT");

  qs_test_remove_folder (folder);
  g_assert_finalize_object (session);
}

static void
wait_for_findings (QsSession *session)
{
  while (qs_finding_store_get_is_busy (qs_session_get_findings (session)))
    g_main_context_iteration (NULL, TRUE);
}

/* Histograms serve without the data, the scales are the same bits, and another model or another
 * set refuses them. */
static void
test_histograms (void)
{
  QsSession *session = make_session (QS_SAMPLE_MODEL, 8);
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "saved", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) error = NULL;
  double threshold;

  build (session);
  threshold = qs_scale_source_get_threshold (qs_session_find_source (session, "entropy2"), "input");
  g_assert_true (qs_histogram_set_save (qs_session_get_histograms (session), file, &error));
  g_assert_finalize_object (session);

  /* Alone they are of no use. */
  session = qs_session_new ();
  load (session, file, &error);
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISSING, "saved");
  g_clear_error (&error);

  load_sample (session, QS_SAMPLE_MODEL);
  g_assert_false (qs_session_can_build (session));
  load (session, file, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (qs_session_get_sources (session)->len, ==, qs_calibrator_get_n ());
  g_assert_cmpfloat (qs_scale_source_get_threshold (qs_session_find_source (session, "entropy2"),
                                                    "input"), ==, threshold);
  g_assert_true (qs_session_can_build (session));
  build (session);
  wait_for_findings (session);
  g_assert_finalize_object (session);

  session = make_session ("fashion-mobilenet.onnx", 8);
  load (session, file, &error);
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISMATCH, "another model");
  g_clear_error (&error);
  g_assert_null (qs_session_get_histograms (session));
  g_assert_finalize_object (session);

  session = make_session (QS_SAMPLE_MODEL, 12);
  load (session, file, &error);
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISMATCH, "other samples");
  g_assert_null (qs_session_get_histograms (session));
  qs_test_remove_folder (folder);
  g_assert_finalize_object (session);
}

/* The sample's background is a spike that entropy calibration clips at: the first of all findings. */
static void
test_findings (void)
{
  QsSession *session = make_session (QS_SAMPLE_MODEL, 32);
  QsFindingStore *store = qs_session_get_findings (session);
  g_autoptr (QsFindingItem) first = NULL;
  g_autofree char *needle = g_utf8_casefold ("PADDING or", -1);
  QsFindingKind last = 0;
  GPtrArray *items;
  guint n;

  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (store)), ==, 0);
  build (session);
  g_assert_true (qs_finding_store_get_is_busy (store));
  wait_for_findings (session);

  n = g_list_model_get_n_items (G_LIST_MODEL (store));
  g_assert_cmpuint (n, >, 1);
  first = g_list_model_get_item (G_LIST_MODEL (store), 0);
  g_assert_cmpint (qs_finding_item_get_kind (first), ==, QS_FINDING_SPIKE);
  g_assert_cmpstr (qs_finding_item_get_tensor (first), ==, "input");
  g_assert_true (qs_finding_item_matches (first, needle));
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (QsFindingItem) item = g_list_model_get_item (G_LIST_MODEL (store), i);

      g_assert_cmpint (qs_finding_item_get_kind (item), >=, last);
      last = qs_finding_item_get_kind (item);
      items = qs_finding_store_lookup (store, qs_finding_item_get_tensor (item));
      g_assert_true (g_ptr_array_find (items, item, NULL));
    }

  /* Another set, and they are gone. */
  qs_session_set_calibration (session, qs_session_get_calibration (session));
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (store)), ==, 0);
  g_assert_null (qs_finding_store_lookup (store, "input"));
  g_assert_finalize_object (session);
}

/* The layer is found by its name, and by that of the node which was folded into it. */
static void
test_weights (void)
{
  QsSession *session = qs_session_new ();
  QsWeightStore *store = qs_session_get_weights (session);
  const QsWeightReport *report;
  guint n = 0;

  g_assert_null (qs_weight_store_lookup (store, "/fc/Gemm"));
  load_sample (session, QS_SAMPLE_MODEL);
  g_signal_connect_swapped (store, "changed", G_CALLBACK (count_cb), &n);
  g_assert_null (qs_weight_store_lookup (store, "/fc/Gemm"));
  while (n == 0)
    g_main_context_iteration (NULL, TRUE);

  report = qs_weight_store_lookup (store, "/fc/Gemm");
  g_assert_nonnull (report);
  g_assert_cmpint (report->n_channels, ==, 10);
  report = qs_weight_store_lookup (store, "/stem/Conv");
  g_assert_nonnull (report);
  g_assert_true (report == qs_weight_store_lookup (store, "/bn/BatchNormalization"));
  g_assert_finalize_object (session);
}

/* MinMax does not depend on the order; a study is dropped with the set it was made of. */
static void
test_order (void)
{
  QsSession *session = make_session (QS_SAMPLE_MODEL, 16);
  const gint64 batches[] = { 4, 2 };
  QsOrderStudyOptions options = QS_ORDER_STUDY_OPTIONS_INIT;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  QsOrderStudy *study;
  QsSpread spread;
  guint minmax = 0, tensor;

  options.batches = batches;
  options.n_batches = G_N_ELEMENTS (batches);
  options.n_shuffles = 1;
  g_assert_true (qs_session_can_study_order (session));
  qs_session_study_order_async (session, &options, qs_async_test_done, NULL);
  g_assert_true (qs_session_is_busy (session));
  result = qs_async_test_wait ();
  g_assert_true (qs_session_study_order_finish (session, result, &error));

  study = qs_session_get_order_study (session);
  g_assert_cmpuint (qs_order_study_get_n_runs (study), ==, 4);
  while (!g_str_equal (qs_calibrator_get (minmax)->id, "minmax"))
    minmax++;
  g_assert_true (qs_order_study_find (study, "input", &tensor));
  g_assert_false (qs_order_study_find (study, "nothing", &tensor));
  g_assert_true (qs_order_study_get_spread (study, minmax, tensor, &spread));
  g_assert_cmpfloat (spread.ratio, ==, 1.0);

  qs_session_set_calibration (session, qs_session_get_calibration (session));
  g_assert_null (qs_session_get_order_study (session));
  g_clear_object (&result);
  g_assert_finalize_object (session);
}

int
main (int    argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/scales/editor", test_editor);
  g_test_add_func ("/scales/editor-refuses", test_editor_refuses);
  g_test_add_func ("/scales/parse", test_parse);
  g_test_add_func ("/scales/cache-alone", test_cache_alone);
  g_test_add_func ("/scales/other-format", test_other_format);
  g_test_add_func ("/scales/histograms", test_histograms);
  g_test_add_func ("/scales/findings", test_findings);
  g_test_add_func ("/scales/weights", test_weights);
  g_test_add_func ("/scales/order", test_order);
  status = g_test_run ();
  qs_worker_stop ();
  return status;
}
