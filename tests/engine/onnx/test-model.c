/* SPDX-License-Identifier: MIT */
#include <glib/gstdio.h>
#include <unistd.h>

#include "core/qs-error.h"
#include "core/qs-float16.h"
#include "onnx/qs-model.h"
#include "onnx/qs-tensor-proto.h"
#include "qs-onnx-maker.h"
#include "qs-test.h"

/* A graph that only passes x on; tests add what they need. */
static QsMessage *
plain_graph (void)
{
  QsMessage *graph = qs_make_graph ();

  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("x", QS_DATA_TYPE_FLOAT, "batchx3"));
  qs_put_message (graph, QS_GRAPH_OUTPUT, qs_make_value ("y", QS_DATA_TYPE_FLOAT, "batchx3"));
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Relu", "r", "x", "y", NULL));
  return graph;
}

static QsModel *
load (GBytes  *bytes,
      GError **error)
{
  QsModel *model = qs_model_load_bytes (bytes, "test.onnx", error);

  g_bytes_unref (bytes);
  return model;
}

static void
assert_refused (QsMessage  *graph,
                int         opset,
                int         code,
                const char *word)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) model = load (qs_make_model (graph, opset), &error);

  g_assert_null (model);
  qs_test_assert_error (error, QS_ERROR, code, word);
  g_assert_true (g_str_has_prefix (error->message, "test.onnx: "));
}

static void
test_reads_declarations (void)
{
  g_autoptr (GError) error = NULL;
  QsMessage *graph = plain_graph ();
  g_autoptr (QsModel) model = NULL;
  const QsModelValue *x;

  qs_graph_add_ints (graph, "k", "1 2 3");
  model = load (qs_make_model (graph, 13), &error);
  g_assert_no_error (error);

  g_assert_cmpint (qs_model_get_opset (model), ==, 13);
  g_assert_cmpint (qs_model_get_ir_version (model), ==, 8);
  g_assert_cmpstr (qs_model_get_producer (model), ==, "test");
  g_assert_cmpuint (qs_model_get_n_nodes (model), ==, 1);
  g_assert_cmpuint (qs_model_get_n_parameters (model), ==, 3);
  g_assert_null (qs_model_get_file (model));

  x = qs_model_get_input (model, 0);
  g_assert_cmpstr (x->name, ==, "x");
  g_assert_cmpint (x->shape.n_dims, ==, 2);
  g_assert_cmpint (x->shape.dims[0], ==, -1);
  g_assert_cmpstr (x->dim_names[0], ==, "batch");
  g_assert_cmpint (x->shape.dims[1], ==, 3);
}

/* The checksum is that of the whole file, computed here by GLib on its own. */
static void
test_checksum (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = qs_make_model (plain_graph (), 13);
  g_autofree char *expected = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  g_autoptr (QsModel) model = qs_model_load_bytes (bytes, "m", &error);

  g_assert_no_error (error);
  g_assert_cmpstr (qs_model_get_checksum (model), ==, expected);
}

static void
test_versions (void)
{
  g_autoptr (GError) error = NULL;
  QsMessage *model = g_byte_array_new ();

  assert_refused (plain_graph (), -1, QS_ERROR_MALFORMED, "which version");
  assert_refused (plain_graph (), 99, QS_ERROR_VERSION, "version_converter");
  assert_refused (plain_graph (), 0, QS_ERROR_MALFORMED, "which version");

  qs_put_int (model, 1, 99);
  qs_put_message (model, 7, plain_graph ());
  g_assert_null (load (g_byte_array_free_to_bytes (model), &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_VERSION, "99");
}

static void
test_not_a_model (void)
{
  const char *texts[] = { "", "PK\x03\x04 some archive", "\x89PNG\r\n\x1a\n", "<html></html>" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (load (g_bytes_new (texts[i], strlen (texts[i])), &error));
      g_assert_error (error, QS_ERROR, QS_ERROR_MALFORMED);
    }
}

static void
test_duplicates (void)
{
  QsMessage *graph = plain_graph ();

  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Relu", "s", "x", "y", NULL));
  assert_refused (graph, 13, QS_ERROR_MALFORMED, "“s” writes “y”");

  graph = plain_graph ();
  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("x", QS_DATA_TYPE_FLOAT, "1"));
  assert_refused (graph, 13, QS_ERROR_MALFORMED, "input “x” is there twice");

  graph = plain_graph ();
  qs_graph_add_ints (graph, "w", "1");
  qs_graph_add_ints (graph, "w", "1");
  assert_refused (graph, 13, QS_ERROR_MALFORMED, "initializer “w” is there twice");

  graph = plain_graph ();
  qs_put_message (graph, QS_GRAPH_NODE,
                  qs_make_node ("Concat", "c", "x", "z", qs_make_int ("axis", 1),
                                qs_make_int ("axis", 2), NULL));
  assert_refused (graph, 13, QS_ERROR_MALFORMED, "attribute “axis” is there twice");
}

static void
test_missing_names (void)
{
  QsMessage *graph = plain_graph ();

  qs_put_message (graph, QS_GRAPH_INPUT, qs_make_value ("", QS_DATA_TYPE_FLOAT, "1"));
  assert_refused (graph, 13, QS_ERROR_MALFORMED, "input 1 has no name");

  graph = plain_graph ();
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("", "s", "x", "z", NULL));
  assert_refused (graph, 13, QS_ERROR_MALFORMED, "node 1 has no operator");

  graph = plain_graph ();
  qs_put_message (graph, QS_GRAPH_INITIALIZER,
                  qs_make_tensor ("", QS_DATA_TYPE_FLOAT, "0", NULL, 0));
  assert_refused (graph, 13, QS_ERROR_MALFORMED, "initializer 0 has no name");

  graph = plain_graph ();
  qs_put_message (graph, QS_GRAPH_NODE, qs_make_node ("Relu", "\xff\xfe", "x", "z", NULL));
  assert_refused (graph, 13, QS_ERROR_MALFORMED, "graph.node[1].name");
}

static void
refuse_tensor (QsDataType  type,
               const char *dims,
               gsize       size,
               int         code,
               const char *word)
{
  g_autofree guint8 *data = g_malloc0 (size + 1);
  QsMessage *graph = plain_graph ();

  qs_put_message (graph, QS_GRAPH_INITIALIZER, qs_make_tensor ("w", type, dims, data, size));
  assert_refused (graph, 13, code, word);
}

static void
test_bad_tensors (void)
{
  refuse_tensor (QS_DATA_TYPE_FLOAT, "2x3", 23, QS_ERROR_SHAPE, "initializer “w”");
  refuse_tensor (QS_DATA_TYPE_FLOAT, "2x3", 25, QS_ERROR_SHAPE, "2×3");
  refuse_tensor (QS_DATA_TYPE_FLOAT, "-1x3", 12, QS_ERROR_SHAPE, "not fully known");
  refuse_tensor (QS_DATA_TYPE_FLOAT, "-7x3", 12, QS_ERROR_SHAPE, "dimension 0");
  refuse_tensor (QS_DATA_TYPE_FLOAT, "1x1x1x1x1x1x1x1x1", 4, QS_ERROR_LIMIT, "9 dimensions");
  refuse_tensor (QS_DATA_TYPE_FLOAT, "2147483647x2147483647x2147483647", 4, QS_ERROR_LIMIT, "64 GiB");
  refuse_tensor (QS_DATA_TYPE_FLOAT, "1000000x1000", 4, QS_ERROR_SHAPE, "do not fill");
  refuse_tensor (QS_DATA_TYPE_STRING, "1", 1, QS_ERROR_UNSUPPORTED, "string");
  refuse_tensor ((QsDataType) 17, "1", 1, QS_ERROR_UNSUPPORTED, "17");
}

/* Typed fields: int32_data (5) carries the narrow types, and float16 as its bits. */
static QsHostTensor *
parse_typed (QsDataType type,
             guint      field,
             gint64     value,
             guint      n,
             GError   **error)
{
  QsMessage *tensor = g_byte_array_new ();
  QsMessage *packed = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;

  for (guint i = 0; i < n; i++)
    qs_put_varint (packed, (guint64) value);
  qs_put_int (tensor, 1, 2);
  qs_put_int (tensor, 2, type);
  qs_put_message (tensor, field, packed);
  bytes = g_byte_array_free_to_bytes (tensor);
  return qs_tensor_proto_parse (bytes, NULL, error);
}

static void
test_typed_fields (void)
{
  struct { QsDataType type; guint field; gint64 stored; double expected; } rows[] = {
    { QS_DATA_TYPE_INT8, 5, -3, -3.0 },
    { QS_DATA_TYPE_UINT8, 5, 200, 200.0 },
    { QS_DATA_TYPE_BOOL, 5, 1, 1.0 },
    { QS_DATA_TYPE_INT16, 5, -30000, -30000.0 },
    { QS_DATA_TYPE_UINT16, 5, 60000, 60000.0 },
    { QS_DATA_TYPE_INT32, 5, -70000, -70000.0 },
    { QS_DATA_TYPE_FLOAT16, 5, 0x3e00, 1.5 },
    { QS_DATA_TYPE_INT64, 7, -5000000000, -5e9 },
    { QS_DATA_TYPE_UINT32, 11, 4000000000, 4e9 },
    { QS_DATA_TYPE_UINT64, 11, 5000000000, 5e9 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (QsHostTensor) tensor = parse_typed (rows[i].type, rows[i].field, rows[i].stored, 2,
                                                     &error);

      g_assert_no_error (error);
      g_assert_cmpfloat (qs_host_tensor_get_number (tensor, 0), ==, rows[i].expected);
      g_assert_cmpfloat (qs_host_tensor_get_number (tensor, 1), ==, rows[i].expected);
      g_clear_pointer (&tensor, qs_host_tensor_unref);

      tensor = parse_typed (rows[i].type, rows[i].field, rows[i].stored, 3, &error);
      g_assert_null (tensor);
      qs_test_assert_error (error, QS_ERROR, QS_ERROR_SHAPE, "3 values");
    }
}

static void
test_unpacked_floats (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (QsHostTensor) tensor = NULL;
  g_autofree char *name = NULL;
  QsMessage *message = g_byte_array_new ();

  qs_put_int (message, 1, 2);
  qs_put_int (message, 2, QS_DATA_TYPE_FLOAT);
  qs_put_float (message, 4, 1.25f);
  qs_put_float (message, 4, -2.5f);
  qs_put_text (message, 8, "w");
  bytes = g_byte_array_free_to_bytes (message);

  tensor = qs_tensor_proto_parse (bytes, &name, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (name, ==, "w");
  g_assert_cmpfloat (qs_host_tensor_get_floats (tensor)[0], ==, 1.25f);
  g_assert_cmpfloat (qs_host_tensor_get_floats (tensor)[1], ==, -2.5f);
}

static void
test_deep_nesting (void)
{
  QsMessage *graph = plain_graph ();
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 3000; i++)
    {
      QsMessage *attribute = g_byte_array_new ();
      QsMessage *node = g_byte_array_new ();
      QsMessage *outer = g_byte_array_new ();

      qs_put_message (attribute, 6, graph);
      qs_put_message (node, 5, attribute);
      qs_put_message (outer, 1, node);
      graph = outer;
    }

  g_assert_null (load (qs_make_model (graph, 13), &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_LIMIT, "nested too deeply");
}

/* An empty submessage takes two bytes and 200 when unpacked. */
static void
test_memory_budget (void)
{
  QsMessage *node = g_byte_array_new ();
  QsMessage *graph = qs_make_graph ();
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 1000000; i++)
    qs_put_message (node, 5, g_byte_array_new ());
  qs_put_message (graph, QS_GRAPH_NODE, node);

  g_assert_null (load (qs_make_model (graph, 13), &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_LIMIT, "memory");
}

/* External data, in a folder of the test's own. */

static QsMessage *
make_entry (const char *key,
            const char *value)
{
  QsMessage *entry = g_byte_array_new ();

  qs_put_text (entry, 1, key);
  qs_put_text (entry, 2, value);
  return entry;
}

static QsModel *
load_external (const char *folder,
               const char *location,
               const char *offset,
               const char *length,
               GError    **error)
{
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GBytes) bytes = NULL;
  QsMessage *graph = plain_graph ();
  QsMessage *tensor = g_byte_array_new ();

  qs_put_int (tensor, 1, 2);
  qs_put_int (tensor, 2, QS_DATA_TYPE_FLOAT);
  qs_put_text (tensor, 8, "w");
  qs_put_message (tensor, 13, make_entry ("location", location));
  if (offset != NULL)
    qs_put_message (tensor, 13, make_entry ("offset", offset));
  if (length != NULL)
    qs_put_message (tensor, 13, make_entry ("length", length));
  qs_put_int (tensor, 14, 1);
  qs_put_message (graph, QS_GRAPH_INITIALIZER, tensor);

  bytes = qs_make_model (graph, 13);
  g_assert_true (g_file_set_contents (path, g_bytes_get_data (bytes, NULL),
                                      (gssize) g_bytes_get_size (bytes), NULL));
  return qs_model_load_file (file, error);
}

static void
test_external_data (void)
{
  const float values[] = { 1.0f, 2.0f, 3.0f, 4.0f };
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *inner = g_build_filename (folder, "sub", NULL);
  g_autofree char *path = g_build_filename (inner, "weights.bin", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) model = NULL;

  g_mkdir (inner, 0700);
  g_assert_true (g_file_set_contents (path, (const char *) values, sizeof values, NULL));

  model = load_external (folder, "sub/weights.bin", "8", "8", &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (qs_host_tensor_get_floats (qs_model_get_initializer (model, 0, NULL))[0], ==,
                     3.0f);
  g_clear_pointer (&model, qs_model_unref);

  /* An offset that is not a multiple of the element size works as well; so does no length. */
  model = load_external (folder, "./sub/weights.bin", "6", NULL, &error);
  g_assert_no_error (error);
  g_clear_pointer (&model, qs_model_unref);

  qs_test_remove_folder (folder);
}

/* Weights that were moved: who asks is told which file is missing, and may name another folder, which
 * then confines as the model's own does. */
static void
test_external_data_elsewhere (void)
{
  const float values[] = { 5.0f, 6.0f };
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autofree char *elsewhere = g_build_filename (folder, "elsewhere", NULL);
  g_autofree char *weights = g_build_filename (elsewhere, "model.data", NULL);
  g_autofree char *missing = NULL;
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFile) data_folder = g_file_new_for_path (elsewhere);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) model = NULL;

  g_mkdir (elsewhere, 0700);
  g_assert_true (g_file_set_contents (weights, (const char *) values, sizeof values, NULL));

  g_assert_null (load_external (folder, "model.data", NULL, NULL, &error));
  g_clear_error (&error);
  g_assert_null (qs_model_load_file_full (file, NULL, &missing, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_EXTERNAL_DATA, "model.data");
  g_clear_error (&error);
  g_assert_cmpstr (missing, ==, "model.data");
  g_clear_pointer (&missing, g_free);

  model = qs_model_load_file_full (file, data_folder, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (qs_host_tensor_get_floats (qs_model_get_initializer (model, 0, NULL))[1], ==,
                     6.0f);
  g_clear_pointer (&model, qs_model_unref);

  g_assert_null (load_external (folder, "../model.data", NULL, NULL, &error));
  g_clear_error (&error);
  g_assert_null (qs_model_load_file_full (file, data_folder, &missing, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_DATA, "outside");
  g_assert_null (missing);

  qs_test_remove_folder (folder);
}

/* Dropped pages come back from the file with the same contents. */
static void
test_external_data_dropped (void)
{
  const gsize n = 65536;
  g_autofree float *values = g_new (float, n);
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "block", NULL);
  g_autoptr (GMappedFile) mapped = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (QsHostTensor) tensor = NULL, part = NULL;
  QsShape shape = qs_shape_make (1, (gint64) n), square = qs_shape_make (2, 256, 256);

  for (gsize i = 0; i < n; i++)
    values[i] = (float) i;
  g_assert_true (g_file_set_contents (path, (const char *) values, (gssize) (n * 4), NULL));
  mapped = g_mapped_file_new (path, FALSE, NULL);
  bytes = g_mapped_file_get_bytes (mapped);

  tensor = qs_host_tensor_new_for_mapping (QS_DATA_TYPE_FLOAT, &shape, bytes, NULL);
  part = qs_host_tensor_reshape (tensor, &square, NULL);
  for (int round = 0; round < 2; round++)
    {
      g_assert_cmpmem (qs_host_tensor_get_data (part), n * 4, values, n * 4);
      qs_host_tensor_drop_pages (part);
    }

  qs_test_remove_folder (folder);
}

static void
test_external_data_confined (void)
{
  const float values[] = { 1.0f, 2.0f, 3.0f, 4.0f };
  g_autofree char *outer = qs_test_make_folder ();
  g_autofree char *folder = g_build_filename (outer, "model", NULL);
  g_autofree char *secret = g_build_filename (outer, "secret", NULL);
  g_autofree char *link_path = g_build_filename (folder, "link", NULL);
  g_autofree char *folder_link = g_build_filename (folder, "up", NULL);
  g_autofree char *hard = g_build_filename (folder, "hard", NULL);
  g_autofree char *plain = g_build_filename (folder, "plain", NULL);
  struct { const char *location, *offset, *length, *word; int code; } rows[] = {
    { "../secret", NULL, NULL, "outside", QS_ERROR_DATA },
    { "a/../../secret", NULL, NULL, "outside", QS_ERROR_DATA },
    { secret, NULL, NULL, "relative", QS_ERROR_DATA },
    { "C:\\secret", NULL, NULL, "relative", QS_ERROR_DATA },
    { "link", NULL, NULL, "symbolic links", QS_ERROR_DATA },
    { "up/secret", NULL, NULL, "symbolic links", QS_ERROR_DATA },
    { "hard", NULL, NULL, "hard link", QS_ERROR_DATA },
    { ".", NULL, NULL, "regular file", QS_ERROR_DATA },
    { "absent", NULL, NULL, "absent", QS_ERROR_EXTERNAL_DATA },
    { "", NULL, NULL, "empty", QS_ERROR_MALFORMED },
    { "plain", "12", "8", "outside the file", QS_ERROR_MALFORMED },
    { "plain", "9223372036854775807", "8", "outside the file", QS_ERROR_MALFORMED },
    { "plain", "0", "9223372036854775807", "outside the file", QS_ERROR_MALFORMED },
    { "plain", "-4", "8", "not a number", QS_ERROR_MALFORMED },
    { "plain", "0", "12", "do not fill", QS_ERROR_SHAPE },
  };

  g_mkdir (folder, 0700);
  g_assert_true (g_file_set_contents (secret, (const char *) values, 8, NULL));
  g_assert_true (g_file_set_contents (plain, (const char *) values, 16, NULL));
  g_assert_cmpint (symlink (secret, link_path), ==, 0);
  g_assert_cmpint (symlink (outer, folder_link), ==, 0);
  g_assert_cmpint (link (secret, hard), ==, 0);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (load_external (folder, rows[i].location, rows[i].offset, rows[i].length,
                                    &error));
      qs_test_assert_error (error, QS_ERROR, rows[i].code, rows[i].word);
    }

  qs_test_remove_folder (outer);
}

/* Every damaged file is either refused with the file's name in front or happens to be valid. */

static void
try_bytes (const guint8 *data,
           gsize         size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsModel) model = qs_model_load_bytes (bytes, "damaged", &error);

  if (model != NULL)
    return;
  g_assert_nonnull (error);
  g_assert_true (g_str_has_prefix (error->message, "damaged: "));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
test_truncated (void)
{
  g_autoptr (GFile) file = qs_test_shared ("models/fashion-mobilenet.onnx");
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  const guint8 *data;
  gsize size;

  if (file == NULL)
    return;

  bytes = g_file_load_bytes (file, NULL, NULL, &error);
  g_assert_no_error (error);
  data = g_bytes_get_data (bytes, &size);

  for (gsize n = 0; n < size; n += 97)
    try_bytes (data, n);
}

/* Files that are something else are named. Their first bytes are those that PyTorch 1.13, numpy,
 * TensorFlow and so on write. */
static void
test_other_files (void)
{
  struct { const char *begin; gsize size; const char *words; } rows[] = {
    { "", 0, "it is empty" },
    { "Dear reader,\nthis is no model.\n", 31, "it is a text file" },
    { "{\"layers\": []}", 14, "it is a JSON file" },
    { "[1, 2]", 6, "it is a JSON file" },
    { "PK\003\004\0\0\010\010\0\0archive/data.pkl", 26, "it is a PyTorch file" },
    { "PK\003\004\024\0\0\0\0\0x0.npy", 16, "it is an NPZ file" },
    { "PK\003\004\024\0\0\0\0\0readme", 16, "it is a ZIP archive" },
    { "\200\002\212\nl\374", 6, "torch.onnx.export" },
    { "ftrt\1\0\0\0", 8, "it is a TensorRT engine" },
    { "\x08\x01\x12\x20\x0a\x1e\x12\x05serve and more", 22, "TensorFlow SavedModel" },
    { "\x1c\0\0\0TFL3\0\0\0\0", 12, "TensorFlow Lite" },
    { "\x40\0\0\0\0\0\0\0{\"a\":{}}", 16, "safetensors" },
    { "version https://git-lfs.github.com/spec/v1\noid sha256:12\n", 57, "Git LFS pointer" },
    { "TRT-8601-EntropyCalibration2\nx: 3c010a14\n", 42, "calibration cache" },
    { "<!DOCTYPE html><html>", 21, "web page" },
    { "ir_version: 8\ngraph {}", 22, "written as text" },
    { "\x37\x99\x01\x02\x00\x03", 6, "message" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (rows[i].begin, rows[i].size);
      g_autoptr (GError) error = NULL;

      g_assert_null (qs_model_load_bytes (bytes, "odd.onnx", &error));
      qs_test_assert_error (error, QS_ERROR, QS_ERROR_MALFORMED, rows[i].words);
      g_assert_true (g_str_has_prefix (error->message, "odd.onnx: "));
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/model/declarations", test_reads_declarations);
  g_test_add_func ("/model/checksum", test_checksum);
  g_test_add_func ("/model/versions", test_versions);
  g_test_add_func ("/model/not-a-model", test_not_a_model);
  g_test_add_func ("/model/duplicates", test_duplicates);
  g_test_add_func ("/model/missing-names", test_missing_names);
  g_test_add_func ("/model/bad-tensors", test_bad_tensors);
  g_test_add_func ("/model/typed-fields", test_typed_fields);
  g_test_add_func ("/model/unpacked-floats", test_unpacked_floats);
  g_test_add_func ("/model/deep-nesting", test_deep_nesting);
  g_test_add_func ("/model/memory-budget", test_memory_budget);
  g_test_add_func ("/model/external-data", test_external_data);
  g_test_add_func ("/model/external-data/elsewhere", test_external_data_elsewhere);
  g_test_add_func ("/model/external-data/dropped", test_external_data_dropped);
  g_test_add_func ("/model/external-data/confined", test_external_data_confined);
  g_test_add_func ("/model/truncated", test_truncated);
  g_test_add_func ("/model/other-files", test_other_files);

  return g_test_run ();
}
