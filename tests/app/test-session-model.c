/* SPDX-License-Identifier: MIT */
#include "core/qs-error.h"
#include "qs-node-item.h"
#include "qs-onnx-maker.h"
#include "qs-async-test.h"
#include "qs-session.h"
#include "qs-test.h"
#include "qs-worker.h"
#include "samples/qs-npz.h"

/* The questions a model asks when it is opened, and what becomes of the answers. */

static gboolean
load (QsSession  *session,
      const char *path,
      const char *data_folder,
      QsSamples **samples,
      GError    **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFile) folder = data_folder == NULL ? NULL : g_file_new_for_path (data_folder);
  g_autoptr (GAsyncResult) result = NULL;
  QsFileKind kind;
  QsSamples *found = NULL;
  gboolean is_loaded;

  qs_session_load_model_async (session, file, folder, qs_async_test_done, NULL);
  result = qs_async_test_wait ();
  is_loaded = qs_session_load_finish (session, result, &kind, &found, error);
  if (samples != NULL)
    *samples = found;
  else
    g_clear_pointer (&found, qs_samples_unref);
  return is_loaded;
}

static gboolean
set_dimensions (QsSession  *session,
                GPtrArray  *dimensions,
                GError    **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  qs_session_set_dimensions_async (session, dimensions, qs_async_test_done, NULL);
  result = qs_async_test_wait ();
  return qs_session_set_dimensions_finish (session, result, error);
}

static char *
write_model (const char *folder,
             const char *name,
             QsMessage  *graph)
{
  g_autoptr (GBytes) bytes = qs_make_model (graph, 13);
  char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, g_bytes_get_data (bytes, NULL),
                                      (gssize) g_bytes_get_size (bytes), NULL));
  return path;
}

/* y = pooled x, whose window of 4 rows must fit into the height. */
static char *
write_dynamic (const char *folder)
{
  QsMessage *graph = qs_make_graph ();

  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("x", QS_DATA_TYPE_FLOAT,
                                                        "batchx1xheightx4"));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value ("y", QS_DATA_TYPE_FLOAT, ""));
  qs_put_message (graph, QS_GRAPH_NODE,
                  qs_make_node ("MaxPool", "pool", "x", "y",
                                qs_make_ints ("kernel_shape", "4 4"), NULL));
  return write_model (folder, "dynamic.onnx", graph);
}

static char *
write_samples (const char *folder,
               gint64      height)
{
  g_autoptr (GError) error = NULL;
  QsShape shape = qs_shape_make (4, (gint64) 3, (gint64) 1, height, (gint64) 4);
  g_autoptr (QsHostTensor) x = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &shape, NULL);
  char *path = g_build_filename (folder, "samples.npz", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  const char *name = "x";

  qs_npz_save (file, &name, &x, 1, &error);
  g_assert_no_error (error);
  return path;
}

static gint64
get_height (QsSession *session)
{
  QsNetwork *network = qs_session_get_network (session);

  return ((QsTensor *) network->inputs->pdata[0])->shape.dims[2];
}

static void
set_sizes (GPtrArray *dimensions,
           gint64     low,
           gint64     opt,
           gint64     high)
{
  QsDimension *dimension = dimensions->pdata[0];

  dimension->at[QS_PROFILE_MIN] = low;
  dimension->at[QS_PROFILE_OPT] = opt;
  dimension->at[QS_PROFILE_MAX] = high;
}

static void
test_dimensions (void)
{
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = write_dynamic (folder);
  g_autofree char *samples_path = write_samples (folder, 9);
  g_autoptr (QsSession) session = qs_session_new ();
  g_autoptr (QsSession) another = qs_session_new ();
  g_autoptr (GPtrArray) dimensions = NULL, fitting = NULL;
  g_autoptr (QsSamples) samples = NULL;
  g_autoptr (GError) error = NULL;

  /* It waits, and is not part of the session yet. */
  g_assert_true (load (session, path, NULL, NULL, &error));
  g_assert_true (qs_session_is_empty (session));
  dimensions = qs_dimensions_copy (qs_session_get_waiting_dimensions (session));
  g_assert_cmpuint (dimensions->len, ==, 1);

  /* A smallest size that the model does not take is told, and it goes on waiting. */
  set_sizes (dimensions, 3, 8, 16);
  g_assert_false (set_dimensions (session, dimensions, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "minimum shapes");
  g_clear_error (&error);
  g_assert_true (qs_session_is_empty (session));
  g_assert_nonnull (qs_session_get_waiting_dimensions (session));

  set_sizes (dimensions, 4, 8, 16);
  g_assert_true (set_dimensions (session, dimensions, &error));
  g_assert_no_error (error);
  g_assert_null (qs_session_get_waiting_dimensions (session));
  g_assert_cmpint (get_height (session), ==, 8);

  /* The sizes are kept for the model. */
  g_assert_true (load (another, path, NULL, NULL, &error));
  g_assert_null (qs_session_get_waiting_dimensions (another));
  g_assert_cmpint (get_height (another), ==, 8);

  /* Samples of another size within the bounds are what the model becomes like; then they fit. */
  g_assert_true (load (session, samples_path, NULL, &samples, &error));
  g_assert_no_error (error);
  fitting = qs_session_fit_dimensions (session, samples);
  g_assert_nonnull (fitting);
  g_assert_true (set_dimensions (session, fitting, &error));
  g_assert_cmpint (get_height (session), ==, 9);
  g_assert_null (qs_session_fit_dimensions (session, samples));

  /* A failure leaves the model as it is. */
  set_sizes (dimensions, 1, 9, 16);
  g_assert_false (set_dimensions (session, dimensions, &error));
  g_clear_error (&error);
  g_assert_cmpint (get_height (session), ==, 9);

  qs_test_remove_folder (folder);
}

static QsMessage *
make_entry (const char *key,
            const char *value)
{
  QsMessage *entry = g_byte_array_new ();

  qs_put_text (entry, 1, key);
  qs_put_text (entry, 2, value);
  return entry;
}

static void
test_missing_weights (void)
{
  const float values[] = { 1.0f, 2.0f };
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *inner = g_build_filename (folder, "elsewhere", NULL);
  g_autofree char *weights = g_build_filename (inner, "model.data", NULL);
  g_autofree char *path = NULL;
  g_autoptr (QsSession) session = qs_session_new ();
  g_autoptr (GError) error = NULL;
  QsMessage *graph = qs_make_graph (), *tensor = g_byte_array_new ();

  g_mkdir_with_parents (inner, 0700);
  g_assert_true (g_file_set_contents (weights, (const char *) values, sizeof values, NULL));
  qs_put_int (tensor, 1, 2);
  qs_put_int (tensor, 2, QS_DATA_TYPE_FLOAT);
  qs_put_text (tensor, 8, "w");
  qs_put_message (tensor, 13, make_entry ("location", "model.data"));
  qs_put_int (tensor, 14, 1);
  qs_put_message (graph, QS_GRAPH_INITIALIZER, tensor);
  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("x", QS_DATA_TYPE_FLOAT, "1x2"));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value ("y", QS_DATA_TYPE_FLOAT, ""));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Add", "add", "x,w", "y", NULL));
  path = write_model (folder, "model.onnx", graph);

  g_assert_false (load (session, path, NULL, NULL, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_EXTERNAL_DATA, "model.data");
  g_clear_error (&error);
  g_assert_cmpstr (qs_session_get_missing_data (session), ==, "model.data");
  g_assert_true (qs_session_is_empty (session));

  g_assert_true (load (session, path, inner, NULL, &error));
  g_assert_no_error (error);
  g_assert_null (qs_session_get_missing_data (session));
  g_assert_nonnull (qs_session_get_network (session));

  qs_test_remove_folder (folder);
}

/* The nodes of a refused model are drawn and can be chosen, the refused one with its reason. */
static void
test_refused (void)
{
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = NULL, *reason = NULL;
  g_autoptr (QsSession) session = qs_session_new ();
  g_autoptr (GPtrArray) report = NULL;
  g_autoptr (QsNodeItem) item = NULL;
  g_autoptr (GError) error = NULL;
  QsMessage *graph = qs_make_graph ();
  QsLayer *layer;

  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("x", QS_DATA_TYPE_FLOAT, "1x2"));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value ("y", QS_DATA_TYPE_FLOAT, ""));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Relu", "twin", "x", "a", NULL));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("StringNormalizer", "twin", "a", "b", NULL));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Relu", "last", "b", "y", NULL));
  path = write_model (folder, "refused.onnx", graph);

  g_assert_true (load (session, path, NULL, NULL, &error));
  g_assert_null (qs_session_get_network (session));
  g_assert_cmpuint (qs_session_get_shown_network (session)->layers->len, ==, 3);

  report = qs_node_report_new (qs_session_get_import (session), NULL, NULL);
  item = qs_node_item_new (report->pdata[1]);
  g_assert_cmpint (qs_node_item_get_fate (item), ==, QS_VERDICT_REFUSED);
  reason = qs_node_item_explain (item);
  g_assert_nonnull (g_strstr_len (reason, -1, "works on text"));

  qs_session_select (session, QS_SELECTION_LAYER, qs_node_item_get_layer (item));
  layer = qs_session_get_selected_layer (session);
  g_assert_nonnull (layer);
  g_assert_cmpint (layer->klass->kind, ==, QS_LAYER_REFUSED);
  g_assert_cmpuint (((QsTensor *) layer->outputs->pdata[0])->consumers->len, ==, 1);

  qs_test_remove_folder (folder);
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *folder = qs_test_make_folder ();
  int status;

  /* Sizes that are kept must not meet those of an earlier run. */
  g_setenv ("XDG_DATA_HOME", folder, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/session-model/dimensions", test_dimensions);
  g_test_add_func ("/session-model/missing-weights", test_missing_weights);
  g_test_add_func ("/session-model/refused", test_refused);
  status = g_test_run ();
  qs_worker_stop ();
  qs_test_remove_folder (folder);
  return status;
}
