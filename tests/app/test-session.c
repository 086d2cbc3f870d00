/* SPDX-License-Identifier: MIT */
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <math.h>
#include <string.h>

#include "core/qs-error.h"
#include "qs-async-test.h"
#include "qs-onnx-maker.h"
#include "qs-presets.h"
#include "qs-session.h"
#include "qs-test.h"
#include "qs-worker.h"
#include "samples/qs-npz.h"
#include "scales/qs-calibration-cache.h"

static QsSamples *
load (QsSession  *session,
      GFile      *file,
      GError    **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  QsFileKind kind = QS_FILE_UNKNOWN;
  QsSamples *samples = NULL;

  qs_session_load_async (session, file, qs_async_test_done, NULL);
  g_assert_true (qs_session_is_busy (session));
  result = qs_async_test_wait ();
  g_assert_false (qs_session_is_busy (session));
  qs_session_load_finish (session, result, &kind, &samples, error);
  return samples;
}

static void
load_sample (QsSession  *session,
             const char *name)
{
  g_autoptr (GFile) file = qs_test_sample (name);
  g_autoptr (GError) error = NULL;

  g_assert_null (load (session, file, &error));
  g_assert_no_error (error);
}

static QsSamples *
load_samples (QsSession  *session,
              const char *name,
              gint64      limit)
{
  g_autoptr (GFile) file = qs_test_sample (name);
  g_autoptr (GError) error = NULL;
  QsSamples *samples = load (session, file, &error);
  QsPreprocessing preprocessing;

  g_assert_no_error (error);
  g_assert_nonnull (samples);
  qs_preprocessing_init (&preprocessing);
  qs_sample_preset_apply (qs_sample_preset_lookup (QS_SAMPLE_PRESET), &preprocessing);
  qs_samples_set_preprocessing (samples, &preprocessing);
  qs_samples_set_limit (samples, limit);
  return samples;
}

static gboolean
build (QsSession  *session,
       GError    **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  qs_session_build_async (session, qs_async_test_done, NULL);
  result = qs_async_test_wait ();
  return qs_session_build_finish (session, result, error);
}

static QsSession *
make_session (void)
{
  QsSession *session = qs_session_new ();
  g_autoptr (QsSamples) samples = NULL;
  QsBuildSettings settings;

  load_sample (session, QS_SAMPLE_MODEL);
  samples = load_samples (session, QS_SAMPLE_CALIBRATION, 32);
  qs_session_set_calibration (session, samples);
  settings = *qs_session_get_settings (session);
  settings.int8 = QS_INT8_ALL;
  qs_session_set_settings (session, &settings);
  return session;
}

/* x -> Q -> DQ -> Relu -> y */
static char *
write_qdq_model (const char *folder)
{
  const float scale = 0.05f;
  const gint8 zero = 0;
  QsMessage *graph = qs_make_graph ();
  g_autoptr (GBytes) bytes = NULL;
  char *path = g_build_filename (folder, "qdq.onnx", NULL);

  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("x", QS_DATA_TYPE_FLOAT, "1x2x4x4"));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value ("y", QS_DATA_TYPE_FLOAT, ""));
  qs_graph_add_floats (graph, "s", "", &scale, 1);
  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor ("z", QS_DATA_TYPE_INT8, "", &zero, 1));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("QuantizeLinear", "q", "x,s,z", "xq", NULL));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("DequantizeLinear", "d", "xq,s,z", "xd", NULL));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Relu", "r", "xd", "y", NULL));
  bytes = qs_make_model (graph, 13);
  g_assert_true (g_file_set_contents (path, g_bytes_get_data (bytes, NULL),
                                      (gssize) g_bytes_get_size (bytes), NULL));
  return path;
}

/* A model with Q/DQ is built in INT8 without a calibration. */
static void
test_explicit (void)
{
  g_autoptr (QsSession) session = qs_session_new ();
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = write_qdq_model (folder);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) error = NULL;
  QsBuildSettings settings;

  g_assert_null (load (session, file, &error));
  g_assert_no_error (error);
  settings = *qs_session_get_settings (session);
  settings.int8 = QS_INT8_ALL;
  qs_session_set_settings (session, &settings);
  g_assert_true (qs_session_can_build (session));
  g_assert_true (build (session, &error));
  g_assert_no_error (error);
  g_assert_true (qs_engine_is_explicit (qs_session_get_engine (session)));
  g_assert_cmpuint (qs_engine_count_layers (qs_session_get_engine (session), QS_PRECISION_INT8), ==,
                    1);
  qs_test_remove_folder (folder);
}

static void
count_cb (QsSession *session,
          guint     *count)
{
  (*count)++;
}

static void
test_empty (void)
{
  QsSession *session = qs_session_new ();

  g_assert_true (qs_session_is_empty (session));
  g_assert_false (qs_session_can_build (session));
  g_assert_false (qs_session_can_compare (session));
  g_assert_null (qs_session_get_shown_network (session));
  g_assert_null (qs_session_dup_title (session));
  g_assert_finalize_object (session);
}

static void
test_build (void)
{
  QsSession *session = make_session ();
  QsHistogramSet *histograms;
  QsBuildSettings settings;
  g_autoptr (GError) error = NULL;
  guint n_engine = 0, n_live = 0, n_int8, n_layers;

  g_signal_connect (session, "changed::" QS_CHANGED_ENGINE, G_CALLBACK (count_cb), &n_engine);
  g_signal_connect (session, "changed::" QS_CHANGED_LIVE, G_CALLBACK (count_cb), &n_live);
  qs_session_select (session, QS_SELECTION_TENSOR, "input");
  g_assert_true (qs_session_can_build (session));
  g_assert_true (build (session, &error));
  g_assert_no_error (error);

  g_assert_cmpuint (n_engine, ==, 1);
  g_assert_nonnull (qs_session_get_engine (session));
  g_assert_cmpuint (qs_session_get_sources (session)->len, ==, qs_calibrator_get_n ());
  g_assert_cmpstr (qs_session_get_engine_source (session), ==, "entropy2");
  g_assert_cmpfloat (qs_session_get_time (session, NULL), >, 0.0);
  qs_session_count_layers (session, &n_int8, &n_layers);
  g_assert_cmpuint (n_int8, >, 0);
  g_assert_cmpuint (n_int8, <=, n_layers);

  /* Another calibrator needs no other run over the data. */
  histograms = qs_session_get_histograms (session);
  settings = *qs_session_get_settings (session);
  settings.source = "minmax";
  qs_session_set_settings (session, &settings);
  n_live = 0;
  g_assert_true (build (session, &error));
  g_assert_true (qs_session_get_histograms (session) == histograms);
  g_assert_cmpuint (n_live, ==, 0);
  g_assert_cmpstr (qs_session_get_engine_source (session), ==, "minmax");

  g_assert_finalize_object (session);
}

/* A selected layer is followed into the fused layer that carries out its node. */
static void
test_selection (void)
{
  QsSession *session = make_session ();
  QsNetwork *network = qs_session_get_network (session);
  QsLayer *convolution = network->layers->pdata[0], *fused;
  g_autofree char *node = g_strdup (convolution->name);
  g_autoptr (GError) error = NULL;

  qs_session_select (session, QS_SELECTION_LAYER, node);
  g_assert_true (qs_session_get_selected_layer (session) == convolution);
  g_assert_true (build (session, &error));

  fused = qs_session_get_selected_layer (session);
  g_assert_nonnull (fused);
  g_assert_cmpuint (fused->origins->len, >, 1);
  g_assert_cmpstr (((QsOrigin *) fused->origins->pdata[0])->name, ==, node);
  g_assert_nonnull (qs_session_get_engine_layer (session, fused)->reason);

  qs_session_select (session, QS_SELECTION_TENSOR, "logits");
  g_assert_cmpstr (qs_session_get_selected_tensor (session)->name, ==, "logits");
  g_assert_null (qs_session_get_selected_layer (session));
  qs_session_step (session, -1);
  g_assert_true (qs_session_get_selected_layer (session) == fused);
  g_assert_finalize_object (session);
}

static gboolean
cancel_cb (gpointer session)
{
  qs_session_cancel (session);
  return G_SOURCE_REMOVE;
}

/* Whenever the wish to stop comes, the session is as good as before and can build again. */
static void
test_cancel (void)
{
  QsSession *session = make_session ();
  g_autoptr (GError) error = NULL;

  g_idle_add (cancel_cb, session);
  g_assert_false (build (session, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (qs_session_get_engine (session));
  g_assert_nonnull (qs_session_get_network (session));
  g_clear_error (&error);
  g_assert_true (build (session, &error));
  g_assert_no_error (error);
  g_assert_finalize_object (session);
}

/* A file that cannot be opened takes nothing away. */
static void
test_bad_file (void)
{
  QsSession *session = make_session ();
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "broken.onnx", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autofree char *title = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (build (session, &error));
  g_assert_true (g_file_set_contents (path, "\x08\x07garbage that is no model", -1, &error));
  g_assert_null (load (session, file, &error));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, "broken.onnx"));

  title = qs_session_dup_title (session);
  g_assert_cmpstr (title, ==, QS_SAMPLE_MODEL);
  g_assert_nonnull (qs_session_get_engine (session));
  g_assert_nonnull (qs_session_get_histograms (session));
  g_assert_nonnull (qs_session_get_calibration (session));

  qs_test_remove_folder (folder);
  g_assert_finalize_object (session);
}

/* After a failed opening or build the document is still there. Its histograms are too, unless they
 * belonged to a set that was replaced. */
static void
assert_kept (QsSession *session)
{
  g_autofree char *title = qs_session_dup_title (session);

  g_assert_cmpstr (title, ==, QS_SAMPLE_MODEL);
  g_assert_nonnull (qs_session_get_network (session));
  g_assert_nonnull (qs_session_get_engine (session));
  g_assert_false (qs_session_is_busy (session));
}

static void
save_set (GFile         *file,
          const char    *name,
          const QsShape *shape,
          float          value)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsHostTensor) tensor = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, shape, &error);
  float *data = qs_host_tensor_get_mutable (tensor);

  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (tensor); i++)
    data[i] = value;
  g_assert_true (qs_npz_save (file, &name, &tensor, 1, &error));
  g_assert_no_error (error);
}

/* Opening the set may find the fault, or the build that reads it: either way it is named. */
static void
assert_set_fails (QsSession  *session,
                  GFile      *file,
                  const char *word)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamples) samples = load (session, file, &error);

  if (samples != NULL)
    {
      qs_session_set_calibration (session, samples);
      g_assert_false (build (session, &error));
    }
  g_assert_nonnull (error);
  if (strstr (error->message, word) == NULL)
    g_error ("“%s” does not mention “%s”", error->message, word);
  assert_kept (session);
}

static void
test_bad_sets (void)
{
  struct { const char *name; QsShape shape; float value; const char *word; } rows[] = {
    { "elsewhere", qs_shape_make (4, 4, 1, 32, 32), 0.5f, "elsewhere" },
    { "input", qs_shape_make (4, 4, 3, 32, 32), 0.5f, "input" },
    { "input", qs_shape_make (4, 4, 1, 32, 32), NAN, "input" },
    { "input", qs_shape_make (4, 0, 1, 32, 32), 0.5f, "set.npz" },
  };
  QsSession *session = make_session ();
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "set.npz", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) error = NULL;

  g_assert_true (build (session, &error));
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      save_set (file, rows[i].name, &rows[i].shape, rows[i].value);
      assert_set_fails (session, file, rows[i].word);
    }

  g_assert_true (g_file_set_contents (path, "PK\x03\x04 and no more", -1, &error));
  assert_set_fails (session, file, "set.npz");
  qs_test_remove_folder (folder);
  g_assert_finalize_object (session);
}

/* A folder of images of any size fits the network at once; one with nothing in it, and images that
 * are none, leave the document as it was. */
static void
test_folders (void)
{
  g_autoptr (QsSession) session = qs_session_new ();
  g_autofree char *path = qs_test_make_folder ();
  g_autofree char *first = g_build_filename (path, "a.png", NULL);
  g_autofree char *second = g_build_filename (path, "b.png", NULL);
  g_autoptr (GFile) folder = g_file_new_for_path (path);
  g_autoptr (GdkPixbuf) pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, 50, 40);
  g_autoptr (QsSamples) samples = NULL;
  g_autoptr (GError) error = NULL;
  QsModel *model;

  load_sample (session, QS_SAMPLE_MODEL);
  model = qs_session_get_model (session);
  g_assert_null (load (session, folder, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_DATA, "no");
  g_clear_error (&error);

  gdk_pixbuf_fill (pixbuf, 0x808080ff);
  g_assert_true (gdk_pixbuf_save (pixbuf, first, "png", NULL, NULL));
  g_assert_true (gdk_pixbuf_save (pixbuf, second, "png", NULL, NULL));
  samples = load (session, folder, &error);
  g_assert_no_error (error);
  g_assert_cmpint (qs_samples_get_n (samples), ==, 2);
  g_assert_true (qs_samples_get_preprocessing (samples)->crop);

  g_assert_true (g_file_set_contents (first, "hello", 5, NULL));
  g_assert_null (load (session, folder, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "a.png");
  g_assert_true (qs_session_get_model (session) == model);
  qs_test_remove_folder (path);
}

/* Bytes 8 to 11 of a plan are the version of its format. */
static void
test_other_plan (void)
{
  QsSession *session = make_session ();
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "old.plan", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  g_assert_true (build (session, &error));
  g_assert_true (qs_engine_save (qs_session_get_engine (session), file, &error));
  g_assert_true (g_file_get_contents (path, &contents, &size, &error));
  contents[8] ^= 0x40;
  g_assert_true (g_file_set_contents (path, contents, (gssize) size, &error));

  g_assert_null (load (session, file, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_VERSION, "old.plan");
  assert_kept (session);
  g_assert_nonnull (qs_session_get_histograms (session));
  qs_test_remove_folder (folder);
  g_assert_finalize_object (session);
}

static void
test_busy (void)
{
  QsSession *session = make_session ();
  g_autoptr (GFile) file = qs_test_sample (QS_SAMPLE_MODEL);
  g_autoptr (GAsyncResult) first = NULL, second = NULL;
  g_autoptr (GError) error = NULL;
  QsSamples *samples = NULL;
  QsFileKind kind;

  qs_session_load_async (session, file, qs_async_test_done, NULL);
  qs_session_build_async (session, qs_async_test_done, NULL);
  first = qs_async_test_wait ();
  g_assert_false (qs_session_build_finish (session, first, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_clear_error (&error);
  second = qs_async_test_wait ();
  g_assert_true (qs_session_load_finish (session, second, &kind, &samples, &error));
  g_assert_cmpint (kind, ==, QS_FILE_MODEL);
  g_clear_object (&first);
  g_clear_object (&second);
  g_assert_finalize_object (session);
}

/* What is saved in one session opens in another. */
static void
test_cache_and_plan (void)
{
  QsSession *session = make_session ();
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *cache_path = g_build_filename (folder, "model.cache", NULL);
  g_autofree char *plan_path = g_build_filename (folder, "model.plan", NULL);
  g_autoptr (GFile) cache_file = g_file_new_for_path (cache_path);
  g_autoptr (GFile) plan_file = g_file_new_for_path (plan_path);
  g_autoptr (QsCalibrationCache) cache = NULL;
  g_autoptr (GError) error = NULL;
  QsScaleSource *source;

  g_assert_true (build (session, &error));
  source = qs_session_find_source (session, "entropy2");
  cache = qs_calibration_cache_new ("EntropyCalibration2", qs_scale_source_get_scales (source));
  g_assert_true (qs_calibration_cache_save (cache, cache_file, &error));
  g_assert_true (qs_engine_save (qs_session_get_engine (session), plan_file, &error));
  g_assert_finalize_object (session);

  session = qs_session_new ();
  g_assert_null (load (session, cache_file, &error));
  g_assert_no_error (error);
  g_assert_false (qs_session_is_empty (session));
  g_assert_false (qs_session_can_build (session));
  g_assert_nonnull (qs_session_find_source (session, QS_SCALE_SOURCE_CACHE));
  load_sample (session, QS_SAMPLE_MODEL);
  g_assert_null (qs_session_get_cache (session));
  g_assert_false (qs_session_can_build (session));
  g_assert_null (load (session, cache_file, &error));
  g_assert_no_error (error);
  g_assert_true (qs_session_can_build (session));
  g_assert_true (build (session, &error));
  g_assert_no_error (error);

  load (session, plan_file, &error);
  g_assert_no_error (error);
  g_assert_null (qs_session_get_model (session));
  g_assert_nonnull (qs_session_get_engine (session));
  g_assert_false (qs_session_can_build (session));

  qs_test_remove_folder (folder);
  g_assert_finalize_object (session);
}

/* A cache whose names are in no tensor belongs to another model. */
static void
test_foreign_cache (void)
{
  QsSession *session = make_session ();
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "other.cache", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "TRT-8401-EntropyCalibration2\nelsewhere: 3c010a14\n",
                                      -1, &error));
  g_assert_null (load (session, file, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISMATCH, "other.cache");
  g_assert_null (qs_session_find_source (session, QS_SCALE_SOURCE_CACHE));

  qs_test_remove_folder (folder);
  g_assert_finalize_object (session);
}

static void
test_compare (void)
{
  QsSession *session = make_session ();
  g_autoptr (QsSamples) labelled = load_samples (session, QS_SAMPLE_LABELLED, 64);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GPtrArray *evaluations;

  qs_session_set_labelled (session, labelled);
  g_assert_false (qs_session_can_compare (session));
  g_assert_true (build (session, &error));
  g_assert_true (qs_session_can_compare (session));

  qs_session_compare_async (session, qs_async_test_done, NULL);
  result = qs_async_test_wait ();
  g_assert_true (qs_session_compare_finish (session, result, &error));
  evaluations = qs_session_get_evaluations (session);
  g_assert_cmpuint (evaluations->len, ==, 1 + qs_calibrator_get_n ());
  for (guint i = 0; i < evaluations->len; i++)
    {
      QsEvaluation *evaluation = evaluations->pdata[i];

      g_assert_cmpint (evaluation->n, ==, 64);
      g_assert_cmpfloat (evaluation->top1, >=, 0.0);
      g_assert_cmpfloat (evaluation->top1, <=, 1.0);
    }

  /* Other labels make the old figures void. */
  qs_session_set_labelled (session, labelled);
  g_assert_null (qs_session_get_evaluations (session));
  g_clear_object (&result);
  g_assert_finalize_object (session);
}

/* A graph of TensorRT's is a document of its own; its profile is no document, but needs one. */
static void
test_graph (void)
{
  static const char graph_text[] =
    "{\"Layers\": [{\"Name\": \"conv\", \"LayerType\": \"CaskConvolution\", \"Inputs\": "
    "[{\"Name\": \"x\", \"Dimensions\": [1,3,8,8], \"Format/Datatype\": \"Row major Int8 "
    "format\"}], \"Outputs\": [{\"Name\": \"y\", \"Dimensions\": [1,4,8,8], "
    "\"Format/Datatype\": \"Row major linear FP32\"}], \"Weights\": {\"Type\": \"Int8\", "
    "\"Count\": 12}}], \"Bindings\": [\"x\", \"y\"]}";
  static const char profile_text[] = "[ { \"count\" : 1 }, { \"name\" : \"conv\", \"timeMs\" : 0.5, "
                                     "\"averageMs\" : 0.5, \"medianMs\" : 0.25 } ]";
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *graph_path = g_build_filename (folder, "a.graph.json", NULL);
  g_autofree char *profile_path = g_build_filename (folder, "a.profile.json", NULL);
  g_autoptr (GFile) graph = g_file_new_for_path (graph_path);
  g_autoptr (GFile) profile = g_file_new_for_path (profile_path);
  QsSession *session = qs_session_new ();
  GError *error = NULL;
  guint n_int8, n_layers;

  g_assert_true (g_file_set_contents (graph_path, graph_text, -1, NULL));
  g_assert_true (g_file_set_contents (profile_path, profile_text, -1, NULL));

  load (session, profile, &error);
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISSING, "a.profile.json");
  g_clear_error (&error);
  g_assert_true (qs_session_is_empty (session));

  load (session, graph, &error);
  g_assert_no_error (error);
  g_assert_false (qs_session_is_empty (session));
  g_assert_true (qs_session_is_built (session));
  g_assert_false (qs_session_can_build (session));
  g_assert_null (qs_session_get_engine (session));
  qs_session_count_layers (session, &n_int8, &n_layers);
  g_assert_cmpuint (n_int8, ==, 1);
  g_assert_cmpuint (n_layers, ==, 1);

  load (session, profile, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (qs_session_get_time (session, NULL), ==, 0.25);
  qs_session_select (session, QS_SELECTION_LAYER, "conv");
  g_assert_cmpfloat (
    qs_session_get_time (session, qs_session_get_selected_layer (session)), ==, 0.25);

  load_sample (session, QS_SAMPLE_MODEL);
  g_assert_null (qs_session_get_graph (session));
  g_assert_false (qs_session_is_built (session));
  g_object_unref (session);
  qs_test_remove_folder (folder);
}

/* What was edited comes back with the document, and can be taken back there. */
static void
test_document_keeps (QsSession *session,
                     guint      n_lints)
{
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "a.quantoscope", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GPtrArray) lints = NULL;
  g_autoptr (GError) error = NULL;
  QsSession *other = qs_session_new ();

  g_assert_true (qs_session_is_modified (session));
  qs_session_save_async (session, file, qs_async_test_done, NULL);
  result = qs_async_test_wait ();
  g_assert_true (qs_session_save_finish (session, result, &error));
  g_assert_false (qs_session_is_modified (session));

  g_assert_null (load (other, file, &error));
  g_assert_no_error (error);
  g_assert_true (qs_session_can_undo_edit (other));
  lints = qs_lint_network (qs_session_get_network (other));
  g_assert_cmpuint (lints->len, ==, n_lints);
  qs_session_undo_edit (other);
  g_clear_pointer (&lints, g_ptr_array_unref);
  lints = qs_lint_network (qs_session_get_network (other));
  g_assert_cmpuint (lints->len, ==, n_lints + 1);
  g_assert_true (qs_session_is_modified (other));
  g_object_unref (other);
  qs_test_remove_folder (folder);
}

/* Advice is taken on the session's network, and taken back. NVIDIA's example has four float
 * residuals. */
static void
test_advice (void)
{
  g_autoptr (GFile) file = qs_test_shared ("tensorrt/resnet18-qat.onnx");
  QsSession *session;
  g_autoptr (GPtrArray) lints = NULL;
  g_autoptr (GPtrArray) fewer = NULL;
  g_autoptr (GError) error = NULL;
  QsNetwork *imported;

  if (file == NULL)
    return;

  session = qs_session_new ();
  load (session, file, &error);
  g_assert_no_error (error);
  imported = qs_session_get_network (session);
  lints = qs_lint_network (imported);
  g_assert_false (qs_session_can_undo_edit (session));
  for (guint i = 0; i < lints->len; i++)
    {
      const QsLint *lint = g_ptr_array_index (lints, i);

      if (!lint->has_fix)
        continue;
      g_assert_true (qs_session_apply_lint (session, lint, &error));
      g_assert_no_error (error);
      break;
    }

  g_assert_true (qs_session_get_network (session) != imported);
  fewer = qs_lint_network (qs_session_get_network (session));
  g_assert_cmpuint (fewer->len, ==, lints->len - 1);
  g_assert_true (qs_session_can_undo_edit (session));
  test_document_keeps (session, fewer->len);
  qs_session_undo_edit (session);
  g_assert_true (qs_session_get_network (session) == imported);
  g_assert_false (qs_session_can_undo_edit (session));
  g_object_unref (session);
}

static QsTensor *
find_int8 (QsEngine *engine)
{
  GPtrArray *tensors = qs_engine_get_network (engine)->tensors;

  for (guint i = 0; i < tensors->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (tensors, i);

      if (qs_tensor_is_activation (tensor) && tensor->type == QS_DATA_TYPE_INT8)
        return tensor;
    }
  g_assert_not_reached ();
}

static gboolean
refit (QsSession   *session,
       const char  *folder,
       const char  *tensor,
       GError     **error)
{
  g_autofree char *path = g_build_filename (folder, "new.cache", NULL);
  g_autofree char *text =
    g_strdup_printf ("TRT-8001-EntropyCalibration2\n%s: 3e800000\n", tensor); /* 0.25 */
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GAsyncResult) result = NULL;
  guint n = 0;

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  qs_session_refit_async (session, file, qs_async_test_done, NULL);
  result = qs_async_test_wait ();
  if (!qs_session_refit_finish (session, result, &n, error))
    return FALSE;

  g_assert_cmpuint (n, ==, 1);
  return TRUE;
}

/* New scales are the engine's; a file that is refused leaves it as it was. */
static void
test_refit (void)
{
  QsSession *session = qs_session_new ();
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = write_qdq_model (folder);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;
  QsBuildSettings settings;
  QsEngine *engine;

  g_assert_false (qs_session_can_refit (session));
  g_assert_null (load (session, file, &error));
  settings = *qs_session_get_settings (session);
  settings.int8 = QS_INT8_ALL;
  qs_session_set_settings (session, &settings);
  g_assert_true (build (session, &error));
  g_assert_no_error (error);
  g_assert_true (qs_session_can_refit (session));

  name = g_strdup (find_int8 (qs_session_get_engine (session))->name);
  g_assert_cmpfloat (find_int8 (qs_session_get_engine (session))->scale, ==, 0.05f);
  g_assert_true (refit (session, folder, name, &error));
  g_assert_no_error (error);
  engine = qs_session_get_engine (session);
  g_assert_cmpfloat (qs_network_find_tensor (qs_engine_get_network (engine), name)->scale, ==,
                     0.25f);

  g_assert_true (qs_session_can_undo (session, -1));
  qs_session_undo (session, -1);
  g_assert_cmpfloat (find_int8 (qs_session_get_engine (session))->scale, ==, 0.05f);
  g_assert_false (qs_session_can_undo (session, -1));
  qs_session_undo (session, 1);
  g_assert_true (qs_session_get_engine (session) == engine);
  g_assert_false (qs_session_can_undo (session, 1));

  g_assert_false (refit (session, folder, "nobody", &error));
  g_assert_error (error, QS_ERROR, QS_ERROR_MISSING);
  g_assert_nonnull (strstr (error->message, "nobody"));
  g_assert_true (qs_session_get_engine (session) == engine);
  g_object_unref (session);
  qs_test_remove_folder (folder);
}

int
main (int    argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/app/session/empty", test_empty);
  g_test_add_func ("/app/session/build", test_build);
  g_test_add_func ("/app/session/explicit", test_explicit);
  g_test_add_func ("/app/session/selection", test_selection);
  g_test_add_func ("/app/session/cancel", test_cancel);
  g_test_add_func ("/app/session/bad-file", test_bad_file);
  g_test_add_func ("/app/session/bad-sets", test_bad_sets);
  g_test_add_func ("/app/session/folders", test_folders);
  g_test_add_func ("/app/session/other-plan", test_other_plan);
  g_test_add_func ("/app/session/busy", test_busy);
  g_test_add_func ("/app/session/cache-and-plan", test_cache_and_plan);
  g_test_add_func ("/app/session/foreign-cache", test_foreign_cache);
  g_test_add_func ("/app/session/compare", test_compare);
  g_test_add_func ("/app/session/graph", test_graph);
  g_test_add_func ("/app/session/advice", test_advice);
  g_test_add_func ("/app/session/refit", test_refit);
  status = g_test_run ();
  qs_worker_stop ();
  return status;
}
