/* SPDX-License-Identifier: MIT */
#include <archive.h>
#include <archive_entry.h>
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/qs-error.h"
#include "qs-test.h"
#include "samples/qs-npz.h"
#include "samples/qs-samples.h"

/* An empty folder and what a network with one or two inputs wants. */
typedef struct
{
  char *folder;
  GFile *file;
  QsTensor a;
  QsTensor b;
  GPtrArray *inputs;
} Fixture;

static void
want (Fixture    *self,
      QsTensor   *tensor,
      const char *name,
      QsShape     shape)
{
  tensor->name = (char *) name;
  tensor->type = QS_DATA_TYPE_FLOAT;
  tensor->shape = shape;
  g_ptr_array_add (self->inputs, tensor);
}

static void
fixture_set_up (Fixture      *self,
                gconstpointer data)
{
  self->folder = qs_test_make_folder ();
  self->file = g_file_new_for_path (self->folder);
  self->inputs = g_ptr_array_new ();
}

static void
fixture_tear_down (Fixture      *self,
                   gconstpointer data)
{
  qs_test_remove_folder (self->folder);
  g_free (self->folder);
  g_object_unref (self->file);
  g_ptr_array_unref (self->inputs);
}

static void
put (Fixture      *self,
     const char   *path,
     gconstpointer data,
     gsize         size)
{
  g_autofree char *full = g_build_filename (self->folder, path, NULL);
  g_autofree char *folder = g_path_get_dirname (full);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (full, data, (gssize) size, NULL));
}

/* A PNG file of one colour. */
static GBytes *
make_png (int     width,
          int     height,
          guint32 rgb)
{
  g_autoptr (GdkPixbuf) pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, width, height);
  char *data;
  gsize size;

  gdk_pixbuf_fill (pixbuf, rgb << 8 | 0xff);
  g_assert_true (gdk_pixbuf_save_to_buffer (pixbuf, &data, &size, "png", NULL, NULL));
  return g_bytes_new_take (data, size);
}

static void
put_bytes (Fixture    *self,
           const char *path,
           GBytes     *bytes)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  put (self, path, data, size);
}

static void
put_png (Fixture    *self,
         const char *path,
         int         width,
         int         height,
         guint32     rgb)
{
  g_autoptr (GBytes) bytes = make_png (width, height, rgb);

  put_bytes (self, path, bytes);
}

/* Ends the test when there is an error. */
static QsSamples *
open_set (Fixture    *self,
          const char *path)
{
  g_autoptr (GFile) file = path != NULL ? g_file_get_child (self->file, path)
                                        : g_object_ref (self->file);
  g_autoptr (GError) error = NULL;
  QsSamples *samples = qs_samples_open (file, &error);

  g_assert_no_error (error);
  return samples;
}

static void
assert_fits (Fixture   *self,
             QsSamples *samples)
{
  g_autoptr (GError) error = NULL;

  qs_samples_fit (samples, self->inputs, &error);
  g_assert_no_error (error);
}

/* First value of every sample of @input. */
static void
assert_firsts (QsSamples   *samples,
               const char  *input,
               const float *expected,
               gint64       n)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsHostTensor) rows = qs_samples_read (samples, input, QS_DATA_TYPE_FLOAT, 0, n, &error);
  gint64 row;

  g_assert_no_error (error);
  g_assert_cmpint (qs_samples_get_n (samples), ==, n);
  row = qs_host_tensor_get_n_elements (rows) / n;
  for (gint64 i = 0; i < n; i++)
    g_assert_cmpfloat (qs_host_tensor_get_floats (rows)[i * row], ==, expected[i]);
}

static void
assert_not_opened (Fixture    *self,
                   const char *path,
                   int         code,
                   const char *word)
{
  g_autoptr (GFile) file = path != NULL ? g_file_get_child (self->file, path)
                                        : g_object_ref (self->file);
  g_autoptr (GError) error = NULL;

  g_assert_null (qs_samples_open (file, &error));
  qs_test_assert_error (error, QS_ERROR, code, word);
}

static void
assert_does_not_fit (Fixture    *self,
                     QsSamples  *samples,
                     int         code,
                     const char *word)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (qs_samples_fit (samples, self->inputs, &error));
  qs_test_assert_error (error, QS_ERROR, code, word);
}

static void
set_image (QsSamples  *samples,
           const char *resize,
           const char *crop,
           const char *color,
           const char *layout)
{
  QsPreprocessing preprocessing = *qs_samples_get_preprocessing (samples);
  g_autoptr (GError) error = NULL;

  g_assert_true (qs_preprocessing_parse_image (&preprocessing, resize, crop, color, layout, &error));
  qs_samples_set_preprocessing (samples, &preprocessing);
}

/* Images */

/* Paths in the order of their bytes: capitals first, "a-b/" before "a/". Hidden files and what holds
 * no samples are left out. */
static void
test_order (Fixture      *self,
            gconstpointer data)
{
  const float expected[] = { 4, 3, 2, 1, 5 };
  g_autoptr (QsSamples) samples = NULL;

  want (self, &self->a, "x", qs_shape_make (4, 1, 3, 2, 2));
  put_png (self, "b/10.png", 2, 2, 0x010000);
  put_png (self, "a/2.PNG", 2, 2, 0x020000);
  put_png (self, "a-b/3.png", 2, 2, 0x030000);
  put_png (self, "Z.png", 2, 2, 0x040000);
  put_png (self, "b/9.png", 2, 2, 0x050000);
  put_png (self, "b/.hidden.png", 2, 2, 0x060000);
  put_png (self, ".cache/x.png", 2, 2, 0x070000);
  put (self, "README.md", "hello", 5);
  samples = open_set (self, NULL);
  assert_fits (self, samples);
  assert_firsts (samples, "x", expected, 5);
  g_assert_false (qs_samples_has_labels (samples));
}

/* Channels in every order and layout; the grey of (200, 100, 50) is
 * (19595·200 + 38470·100 + 7471·50 + 32768) >> 16 = 124. */
static void
test_channels (Fixture      *self,
               gconstpointer data)
{
  const struct
  {
    const char *color;
    const char *layout;
    QsShape shape;
    float expected[12];
  } cases[] = {
    { "auto", "auto", qs_shape_make (4, 1, 3, 1, 2), { 200, 200, 100, 100, 50, 50 } },
    { "bgr", "auto", qs_shape_make (4, 1, 3, 1, 2), { 50, 50, 100, 100, 200, 200 } },
    { "rgb", "nhwc", qs_shape_make (4, 1, 1, 2, 3), { 200, 100, 50, 200, 100, 50 } },
    { "bgr", "nhwc", qs_shape_make (4, 1, 1, 2, 3), { 50, 100, 200, 50, 100, 200 } },
    { "auto", "auto", qs_shape_make (4, 1, 1, 1, 2), { 124, 124 } },
    { "grey", "nhwc", qs_shape_make (4, 1, 1, 2, 1), { 124, 124 } },
  };
  g_autoptr (QsSamples) samples = NULL;

  put_png (self, "a.png", 2, 1, 0xc86432);
  samples = open_set (self, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (QsHostTensor) row = NULL;

      g_ptr_array_set_size (self->inputs, 0);
      want (self, &self->a, "x", cases[i].shape);
      set_image (samples, NULL, NULL, cases[i].color, cases[i].layout);
      assert_fits (self, samples);
      row = qs_samples_read (samples, "x", QS_DATA_TYPE_FLOAT, 0, 1, &error);
      g_assert_no_error (error);
      for (gint64 k = 0; k < qs_host_tensor_get_n_elements (row); k++)
        g_assert_cmpfloat (qs_host_tensor_get_floats (row)[k], ==, cases[i].expected[k]);
    }
}

/* Resize, crop and numbers of ImageNet on a flat colour, in float32 by hand:
 * (200 · 1/255 − 0.485) / 0.229 and so on for the other channels. */
static void
test_pipeline (Fixture      *self,
               gconstpointer data)
{
  const float scale = (float) (1.0 / 255.0), mean[] = { 0.485f, 0.456f, 0.406f },
              std[] = { 0.229f, 0.224f, 0.225f }, color[] = { 200, 100, 50 };
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamples) samples = NULL;
  g_autoptr (QsHostTensor) rows = NULL;
  QsSampleRecipe recipe;

  want (self, &self->a, "x", qs_shape_make (4, 1, 3, 4, 6));
  put_png (self, "tall.png", 10, 40, 0xc86432);
  put_png (self, "wide.png", 70, 9, 0xc86432);
  samples = open_set (self, NULL);
  assert_does_not_fit (self, samples, QS_ERROR_SHAPE, "tall.png: 10 × 40 pixels do not fit");

  qs_sample_recipe_init (&recipe);
  g_assert_true (qs_preprocessing_parse (&recipe.preprocessing, "1/255", "0.485,0.456,0.406",
                                         "0.229,0.224,0.225", &error));
  g_assert_true (qs_preprocessing_parse_image (&recipe.preprocessing, "8", "input", NULL, NULL,
                                               &error));
  qs_samples_set_recipe (samples, &recipe);
  assert_fits (self, samples);
  rows = qs_samples_read (samples, "x", QS_DATA_TYPE_FLOAT, 0, 2, &error);
  g_assert_no_error (error);
  for (int i = 0; i < 2 * 3 * 24; i++)
    {
      int c = i / 24 % 3;

      g_assert_cmpfloat (qs_host_tensor_get_floats (rows)[i], ==,
                         (color[c] * scale - mean[c]) / std[c]);
    }

  set_image (samples, "3", NULL, NULL, NULL);
  assert_does_not_fit (self, samples, QS_ERROR_SHAPE, "cannot be cropped");
  set_image (samples, "exact", "none", NULL, NULL);
  assert_fits (self, samples);
  set_image (samples, "none", "6x4", NULL, NULL);
  assert_fits (self, samples);
}

static void
test_bad_images (Fixture      *self,
                 gconstpointer data)
{
  g_autoptr (GBytes) png = make_png (2, 2, 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamples) samples = NULL;
  gsize size = g_bytes_get_size (png);

  want (self, &self->a, "x", qs_shape_make (4, 1, 3, 2, 2));
  put_bytes (self, "a.png", png);
  put (self, "b.png", g_bytes_get_data (png, NULL), size - 9);
  put (self, "c.png", "GIF89a", 6);
  put (self, "d.png", "", 0);
  put_png (self, "e.png", 3, 2, 0);
  samples = open_set (self, NULL);
  assert_fits (self, samples);
  for (int i = 1; i < 5; i++)
    {
      const char *const words[] = { NULL, "b.png: the image", "c.png: this is neither",
                                    "d.png: this is neither", "e.png: 3 × 2 pixels" };

      g_assert_null (qs_samples_read (samples, "x", QS_DATA_TYPE_FLOAT, i, 1, &error));
      g_assert_nonnull (strstr (error->message, words[i]));
      g_clear_error (&error);
    }

  g_ptr_array_set_size (self->inputs, 0);
  want (self, &self->a, "x", qs_shape_make (2, 1, 12));
  assert_does_not_fit (self, samples, QS_ERROR_SHAPE, "1×12");
  g_ptr_array_set_size (self->inputs, 0);
  want (self, &self->a, "x", qs_shape_make (4, 1, 4, 2, 2));
  assert_does_not_fit (self, samples, QS_ERROR_SHAPE, "1 or 3 channels");
}

/* Labels */

static void
assert_labels (Fixture      *self,
               QsSamples    *samples,
               const gint64 *expected,
               gint64        n)
{
  g_autoptr (GError) error = NULL;
  g_autofree gint64 *labels = NULL;

  g_assert_true (qs_samples_has_labels (samples));
  labels = qs_samples_read_labels (samples, 0, n, &error);
  g_assert_no_error (error);
  for (gint64 i = 0; i < n; i++)
    g_assert_cmpint (labels[i], ==, expected[i]);
}

/* Classes count in the order of their names, in which "a" comes before "a-b" though its files come
 * behind. */
static void
test_class_folders (Fixture      *self,
                    gconstpointer data)
{
  const gint64 expected[] = { 1, 0, 0, 2 };
  g_autoptr (QsSamples) samples = NULL;

  want (self, &self->a, "x", qs_shape_make (4, 1, 3, 2, 2));
  put_png (self, "val/a-b/1.png", 2, 2, 0);
  put_png (self, "val/a/1.png", 2, 2, 0);
  put_png (self, "val/a/2/3.png", 2, 2, 0);
  put_png (self, "val/c/1.png", 2, 2, 0);
  samples = open_set (self, NULL);
  assert_fits (self, samples);
  assert_labels (self, samples, expected, 4);
}

static void
test_number_folders (Fixture      *self,
                     gconstpointer data)
{
  const gint64 expected[] = { 10, 2 };
  g_autoptr (QsSamples) samples = NULL;

  want (self, &self->a, "x", qs_shape_make (4, 1, 3, 2, 2));
  put_png (self, "10/1.png", 2, 2, 0);
  put_png (self, "2/1.png", 2, 2, 0);
  samples = open_set (self, NULL);
  assert_fits (self, samples);
  assert_labels (self, samples, expected, 2);
}

static void
test_labels_file (Fixture      *self,
                  gconstpointer data)
{
  const struct
  {
    const char *text;
    const char *problem;
  } cases[] = {
    { "5\n7\n6", NULL },
    { "# classes\r\n5\r\n\r\n7\r\n6\r\n", NULL },
    { "c.png 6\nsub/b.png\t7\na.png 5\n", NULL },
    { "a.png,5\nb.png , 7\nc.png;6\n", NULL },
    { "5\n7\n", "2 classes but 3 samples" },
    { "5\n7\n6\n1\n", "line 4" },
    { "5\nseven\n6\n", "line 2" },
    { "5\n-7\n6\n", "line 2" },
    { "a.png 5\n7\n6\n", "some lines" },
    { "a.png 5\nc.png 6\n", "no class for “sub/b.png”" },
  };
  const gint64 expected[] = { 5, 6, 7 };

  want (self, &self->a, "x", qs_shape_make (4, 1, 3, 2, 2));
  put_png (self, "a.png", 2, 2, 0);
  put_png (self, "c.png", 2, 2, 0);
  put_png (self, "sub/b.png", 2, 2, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (QsSamples) samples = NULL;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", cases[i].text);
      put (self, "labels.txt", cases[i].text, strlen (cases[i].text));
      samples = open_set (self, NULL);
      assert_fits (self, samples);
      if (cases[i].problem == NULL && i >= 2)
        assert_labels (self, samples, expected, 3);
      else if (cases[i].problem == NULL)
        assert_labels (self, samples, (const gint64[]) { 5, 7, 6 }, 3);
      else
        {
          /* The samples can be used without them. */
          g_assert_null (qs_samples_read_labels (samples, 0, 3, &error));
          g_assert_nonnull (error);
          g_assert_nonnull (strstr (error->message, "labels.txt"));
          g_assert_nonnull (strstr (error->message, cases[i].problem));
        }
    }
}

/* Arrays, tensors, raw numbers */

static void
put_floats (Fixture     *self,
            const char  *path,
            const float *values,
            gsize        n)
{
  g_autofree guint32 *bits = g_new (guint32, n);

  memcpy (bits, values, n * sizeof *values);
  for (gsize i = 0; i < n; i++)
    bits[i] = GUINT32_TO_LE (bits[i]);
  put (self, path, bits, n * sizeof *bits);
}

static void
test_raw (Fixture      *self,
          gconstpointer data)
{
  const float values[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
  const float firsts[] = { 1, 4, 7 }, both[] = { 1, 4, 7, 5 };
  g_autoptr (QsSamples) file = NULL, folder = NULL, odd = NULL;

  want (self, &self->a, "x", qs_shape_make (2, 1, 3));
  put_floats (self, "f/all.bin", values, 9);
  file = open_set (self, "f/all.bin");
  assert_fits (self, file);
  assert_firsts (file, "x", firsts, 3);

  put_floats (self, "f/more.raw", values + 4, 3);
  folder = open_set (self, "f");
  assert_fits (self, folder);
  assert_firsts (folder, "x", both, 4);

  put_floats (self, "f/odd.raw", values, 4);
  odd = open_set (self, "f");
  assert_does_not_fit (self, odd, QS_ERROR_SHAPE, "odd.raw: its 16 bytes");
  self->a.type = QS_DATA_TYPE_INT64;
  assert_does_not_fit (self, file, QS_ERROR_TYPE, "float32");
}

static void
put_npy (Fixture     *self,
         const char  *path,
         const float *values,
         QsShape      shape)
{
  g_autoptr (QsHostTensor) tensor =
    qs_host_tensor_new_from_data (QS_DATA_TYPE_FLOAT, &shape, values,
                                  (gsize) qs_shape_n_elements (&shape) * sizeof *values, NULL);
  g_autoptr (GBytes) bytes = qs_npy_serialize (tensor);

  put_bytes (self, path, bytes);
}

/* One sample, several samples and a short last batch, each in a file. */
static void
test_npy (Fixture      *self,
          gconstpointer data)
{
  const float values[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 }, firsts[] = { 1, 3, 5, 7, 8 };
  const gint64 labels[] = { 3, 1, 4, 1, 5 };
  QsShape labels_shape = qs_shape_make (1, 5);
  g_autoptr (QsHostTensor) tensor =
    qs_host_tensor_new_from_data (QS_DATA_TYPE_INT64, &labels_shape, labels, sizeof labels, NULL);
  g_autoptr (GBytes) bytes = qs_npy_serialize (tensor);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamples) samples = NULL, bad = NULL;

  want (self, &self->a, "x", qs_shape_make (2, 32, 2));
  put_npy (self, "0.npy", values, qs_shape_make (2, 3, 2));
  put_npy (self, "1.npy", values + 6, qs_shape_make (1, 2));
  put_npy (self, "2.npy", values + 7, qs_shape_make (2, 1, 2));
  put_bytes (self, "labels.npy", bytes);
  samples = open_set (self, NULL);
  assert_fits (self, samples);
  assert_firsts (samples, "x", firsts, 5);
  assert_labels (self, samples, labels, 5);

  put_npy (self, "1.npy", values, qs_shape_make (1, 3));
  bad = open_set (self, NULL);
  assert_does_not_fit (self, bad, QS_ERROR_SHAPE, "1.npy: shape 3");
  put (self, "1.npy", "\x93NUMPY\1\0", 8);
  g_clear_pointer (&bad, qs_samples_unref);
  bad = open_set (self, NULL);
  assert_does_not_fit (self, bad, QS_ERROR_MALFORMED, "1.npy: this is not a NumPy array");
  /* Replaced between opening and reading. */
  put_npy (self, "1.npy", values, qs_shape_make (2, 2, 2));
  g_assert_null (qs_samples_read (samples, "x", QS_DATA_TYPE_FLOAT, 3, 1, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MALFORMED, "1.npy");
}

/* TensorProto by hand: dims (field 1), data_type (2) FLOAT, raw_data (9). */
static void
put_tensor (Fixture     *self,
            const char  *path,
            const guint8 dims[2],
            const float *values)
{
  gsize n = (gsize) dims[0] * dims[1];
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_len (text, (const char[]) { 0x08, (char) dims[0], 0x08, (char) dims[1], 0x10, 1,
                                              0x4a, (char) (n * 4) }, 8);
  for (gsize i = 0; i < n; i++)
    {
      guint32 bits;

      memcpy (&bits, &values[i], sizeof bits);
      bits = GUINT32_TO_LE (bits);
      g_string_append_len (text, (const char *) &bits, sizeof bits);
    }
  put (self, path, text->str, text->len);
}

/* As ONNX's test data is laid out: two inputs by number, an output that is none of our business. */
static void
test_data_sets (Fixture      *self,
                gconstpointer data)
{
  const float values[] = { 1, 2, 3, 4, 5, 6 };
  const guint8 one[] = { 1, 2 }, longer[] = { 1, 3 }, two[] = { 2, 2 };
  const float first_a[] = { 1, 3 }, first_b[] = { 4, 2 };
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamples) samples = NULL, single = NULL, odd = NULL, missing = NULL;

  want (self, &self->a, "left:0", qs_shape_make (2, 1, 2));
  want (self, &self->b, "right", qs_shape_make (2, 1, 3));
  put_tensor (self, "test_data_set_0/input_0.pb", one, values);
  put_tensor (self, "test_data_set_0/input_1.pb", longer, values + 3);
  put_tensor (self, "test_data_set_0/output_0.pb", two, values);
  put_tensor (self, "test_data_set_1/input_0.pb", one, values + 2);
  put_tensor (self, "test_data_set_1/input_1.pb", longer, values + 1);
  samples = open_set (self, NULL);
  assert_fits (self, samples);
  assert_firsts (samples, "left:0", first_a, 2);
  assert_firsts (samples, "right", first_b, 2);
  single = open_set (self, "test_data_set_1");
  assert_fits (self, single);
  assert_firsts (single, "left:0", first_a + 1, 1);

  put_tensor (self, "test_data_set_1/input_1.pb", two, values);
  odd = open_set (self, NULL);
  assert_fits (self, odd);
  g_assert_null (qs_samples_read (odd, "right", QS_DATA_TYPE_FLOAT, 1, 1, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_SHAPE, "test_data_set_1/input_1.pb");
  put (self, "test_data_set_0/input_1.pb", "\x08\xff", 2);
  missing = open_set (self, NULL);
  assert_does_not_fit (self, missing, QS_ERROR_MALFORMED, "test_data_set_0/input_1.pb");
}

/* Sub-folders of the inputs' names, where “left:0” becomes “left_0”. */
static void
test_named_inputs (Fixture      *self,
                   gconstpointer data)
{
  const float values[] = { 1, 2, 3, 4, 5, 6 }, first_a[] = { 7, 8 }, first_b[] = { 1, 4 };
  g_autoptr (QsSamples) samples = NULL, lonely = NULL, nameless = NULL;

  want (self, &self->a, "left:0", qs_shape_make (4, 1, 3, 2, 2));
  want (self, &self->b, "right", qs_shape_make (2, 1, 3));
  put_png (self, "left_0/a.png", 2, 2, 0x070000);
  put_png (self, "left_0/b.png", 2, 2, 0x080000);
  put_npy (self, "right/a.npy", values, qs_shape_make (1, 3));
  put_npy (self, "right/b.npy", values + 3, qs_shape_make (1, 3));
  samples = open_set (self, NULL);
  assert_fits (self, samples);
  assert_firsts (samples, "left:0", first_a, 2);
  assert_firsts (samples, "right", first_b, 2);
  g_assert_false (qs_samples_has_labels (samples));

  put_png (self, "left_0/aa.png", 2, 2, 0);
  lonely = open_set (self, NULL);
  assert_does_not_fit (self, lonely, QS_ERROR_MISSING, "aa.png: the file of the same name");
  self->b.name = (char *) "third";
  assert_does_not_fit (self, lonely, QS_ERROR_MISSING, "“third”; there are “left_0”, “right”");
}

static void
test_mixed (Fixture      *self,
            gconstpointer data)
{
  const float values[] = { 1 };
  g_autoptr (QsSamples) samples = NULL;

  want (self, &self->a, "x", qs_shape_make (4, 1, 3, 2, 2));
  put_png (self, "a.png", 2, 2, 0);
  put_npy (self, "b.npy", values, qs_shape_make (1, 1));
  samples = open_set (self, NULL);
  assert_does_not_fit (self, samples, QS_ERROR_TYPE, "b.npy");
}

/* Archives */

static struct archive *
begin_archive (Fixture    *self,
               const char *name,
               gboolean    is_zip)
{
  g_autofree char *path = g_build_filename (self->folder, name, NULL);
  struct archive *writer = archive_write_new ();

  if (is_zip)
    archive_write_set_format_zip (writer);
  else
    archive_write_set_format_pax_restricted (writer);
  if (g_str_has_suffix (name, "gz"))
    archive_write_add_filter_gzip (writer);
  g_assert_cmpint (archive_write_open_filename (writer, path), ==, ARCHIVE_OK);
  return writer;
}

static void
add_entry (struct archive *writer,
           const char     *name,
           GBytes         *bytes)
{
  struct archive_entry *entry = archive_entry_new ();
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  archive_entry_set_pathname (entry, name);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, 0644);
  archive_entry_set_size (entry, (gint64) size);
  /* A warning about a name that is not ASCII. */
  g_assert_cmpint (archive_write_header (writer, entry), >=, ARCHIVE_WARN);
  g_assert_cmpint (archive_write_data (writer, data, size), ==, size);
  archive_entry_free (entry);
}

static void
add_link (struct archive *writer,
          const char     *name,
          const char     *target)
{
  struct archive_entry *entry = archive_entry_new ();

  archive_entry_set_pathname (entry, name);
  archive_entry_set_filetype (entry, AE_IFLNK);
  archive_entry_set_symlink (entry, target);
  g_assert_cmpint (archive_write_header (writer, entry), ==, ARCHIVE_OK);
  archive_entry_free (entry);
}

static void
end_archive (struct archive *writer)
{
  g_assert_cmpint (archive_write_close (writer), ==, ARCHIVE_OK);
  archive_write_free (writer);
}

static void
add_png (struct archive *writer,
         const char     *name,
         guint32         rgb)
{
  g_autoptr (GBytes) png = make_png (2, 2, rgb);

  add_entry (writer, name, png);
}

/* The order is that of the names, whatever the archive's is; links lead nowhere. */
static void
test_archives (Fixture      *self,
               gconstpointer data)
{
  const char *const names[] = { "set.zip", "set.tar", "set.tar.gz", "set.tgz" };
  const float expected[] = { 1, 2, 3 };
  const gint64 labels[] = { 0, 0, 1 };

  want (self, &self->a, "x", qs_shape_make (4, 1, 3, 2, 2));
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      struct archive *writer = begin_archive (self, names[i], i == 0);
      g_autoptr (QsSamples) samples = NULL;

      add_png (writer, "./dogs/1.png", 0x030000);
      add_png (writer, "./cats/1.png", 0x010000);
      add_png (writer, "__MACOSX/cats/1.png", 0x090000);
      add_link (writer, "cats/0.png", "/etc/passwd");
      add_png (writer, "cats/ü.png", 0x020000);
      end_archive (writer);

      samples = open_set (self, names[i]);
      assert_fits (self, samples);
      assert_labels (self, samples, labels, 3);
      /* Forwards, then back to the beginning more often than streaming goes along with. */
      for (int round = 0; round < 8; round++)
        assert_firsts (samples, "x", expected, 3);
    }
}

static void
test_archive_of_arrays (Fixture      *self,
                        gconstpointer data)
{
  const float values[] = { 1, 2, 3, 4 }, firsts[] = { 1, 3 };
  struct archive *writer = begin_archive (self, "set.zip", TRUE);
  g_autoptr (QsSamples) samples = NULL;

  want (self, &self->a, "x", qs_shape_make (2, 1, 2));
  for (int i = 0; i < 2; i++)
    {
      QsShape shape = qs_shape_make (1, 2);
      g_autofree char *name = g_strdup_printf ("%d.npy", i);
      g_autoptr (QsHostTensor) tensor =
        qs_host_tensor_new_from_data (QS_DATA_TYPE_FLOAT, &shape, values + 2 * i, 8, NULL);
      g_autoptr (GBytes) bytes = qs_npy_serialize (tensor);

      add_entry (writer, name, bytes);
    }
  end_archive (writer);
  samples = open_set (self, "set.zip");
  assert_fits (self, samples);
  assert_firsts (samples, "x", firsts, 2);
}

static void
test_bad_archives (Fixture      *self,
                   gconstpointer data)
{
  const char *const names[] = { "set.zip", "set.tar", "set.tar.gz" };
  const char *const traversals[] = { "../out.png", "a/../../out.png", "/etc/out.png" };

  want (self, &self->a, "x", qs_shape_make (4, 1, 3, 2, 2));
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (self->folder, names[i], NULL);
      g_autofree char *content = NULL;
      struct archive *writer;
      gsize size;

      for (gsize k = 0; k < G_N_ELEMENTS (traversals); k++)
        {
          writer = begin_archive (self, names[i], i == 0);
          add_png (writer, traversals[k], 0);
          end_archive (writer);
          assert_not_opened (self, names[i], QS_ERROR_MALFORMED, "leads out of the archive");
        }

      writer = begin_archive (self, names[i], i == 0);
      add_png (writer, "a.png", 0);
      add_png (writer, "b.png", 0);
      end_archive (writer);
      g_assert_true (g_file_get_contents (path, &content, &size, NULL));
      for (gsize n = size; n > 600; n = n * 3 / 4)
        {
          g_autoptr (GFile) file = g_file_new_for_path (path);
          g_autoptr (GError) error = NULL;
          g_autoptr (QsSamples) samples = NULL;
          gboolean fits;

          g_assert_true (g_file_set_contents (path, content, (gssize) n - 1, NULL));
          samples = qs_samples_open (file, &error);
          fits = samples != NULL && qs_samples_fit (samples, self->inputs, &error);
          /* Of a tar archive, the padding at the end may be missing. */
          g_assert_true (fits == (error == NULL));
          g_assert_true (fits || strstr (error->message, names[i]) != NULL);
        }
    }

  assert_not_opened (self, "set.tar", QS_ERROR_MALFORMED, "set.tar");
}

/* A tar header that claims 8 GiB in a file of 1 KiB. */
static void
test_archive_bomb (Fixture      *self,
                   gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->folder, "set.tar", NULL);
  struct archive *writer = begin_archive (self, "set.tar", FALSE);
  g_autofree char *content = NULL;
  unsigned int sum = 0;
  gsize size;

  add_png (writer, "a.png", 0);
  end_archive (writer);
  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  memcpy (content + 124, "77777777777", 11);
  memset (content + 148, ' ', 8);
  for (int i = 0; i < 512; i++)
    sum += (guint8) content[i];
  g_snprintf (content + 148, 8, "%06o", sum);
  g_assert_true (g_file_set_contents (path, content, (gssize) size, NULL));
  assert_not_opened (self, "set.tar", QS_ERROR_LIMIT, "claims");
}

/* Folders that are not what they seem */

static void
test_links (Fixture      *self,
            gconstpointer data)
{
  g_autofree char *loop = g_build_filename (self->folder, "a/b/loop", NULL);
  g_autofree char *dangling = g_build_filename (self->folder, "a/z.png", NULL);
  const float expected[] = { 1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamples) samples = NULL;

  want (self, &self->a, "x", qs_shape_make (4, 1, 3, 2, 2));
  put_png (self, "a/b/1.png", 2, 2, 0x010000);
  g_assert_cmpint (symlink ("../..", loop), ==, 0);
  assert_not_opened (self, NULL, QS_ERROR_MALFORMED, "a/b/loop/: a link leads back");

  g_assert_cmpint (g_unlink (loop), ==, 0);
  samples = open_set (self, NULL);
  assert_fits (self, samples);
  assert_firsts (samples, "x", expected, 1);
  g_clear_pointer (&samples, qs_samples_unref);

  g_assert_cmpint (symlink ("nowhere.png", dangling), ==, 0);
  samples = open_set (self, NULL);
  assert_fits (self, samples);
  g_assert_null (qs_samples_read (samples, "x", QS_DATA_TYPE_FLOAT, 1, 1, &error));
  g_assert_nonnull (strstr (error->message, "a/z.png"));
}

/* Reading a pipe would wait for ever. */
static void
test_pipe (Fixture      *self,
           gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->folder, "a.png", NULL);

  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  assert_not_opened (self, NULL, QS_ERROR_MALFORMED, "a.png: this is not a regular file");
  assert_not_opened (self, "a.png", QS_ERROR_MALFORMED, "a.png");
}

static void
test_nothing (Fixture      *self,
              gconstpointer data)
{
  struct archive *writer = begin_archive (self, "set.tar.gz", FALSE);

  end_archive (writer);
  assert_not_opened (self, "set.tar.gz", QS_ERROR_DATA, "set.tar.gz");
  put (self, "empty/notes.txt", "x", 1);
  assert_not_opened (self, "empty", QS_ERROR_DATA, "no samples in it: no images");
}

/* Order and checksum */

static void
test_shuffle (Fixture      *self,
              gconstpointer data)
{
  /* qs_sample_order_shuffle (10, 42), whose numbers test-sample-recipe has from Python. */
  const float expected[] = { 8, 3, 6, 5, 4, 0, 9, 2, 1, 7 };
  const gint64 first_labels[] = { 2, 0, 1, 1, 1, 0, 2, 0, 0, 1 };
  g_autoptr (QsSamples) samples = NULL;
  QsSampleRecipe recipe;

  want (self, &self->a, "x", qs_shape_make (4, 1, 1, 2, 2));
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u/%u.png", i / 4, i);

      put_png (self, name, 2, 2, i * 0x010101);
    }
  samples = open_set (self, NULL);
  recipe = *qs_samples_get_recipe (samples);
  recipe.shuffle = TRUE;
  recipe.seed = 42;
  qs_samples_set_recipe (samples, &recipe);
  assert_fits (self, samples);
  assert_firsts (samples, "x", expected, 10);
  assert_labels (self, samples, first_labels, 10);
  /* The limit takes the first of the shuffled order. */
  qs_samples_set_limit (samples, 3);
  assert_firsts (samples, "x", expected, 3);
}

static void
test_checksum (Fixture      *self,
               gconstpointer data)
{
  g_autoptr (QsSamples) samples = NULL, same = NULL, renamed = NULL, changed = NULL;
  g_autofree char *from = g_build_filename (self->folder, "a.png", NULL);
  g_autofree char *to = g_build_filename (self->folder, "b.png", NULL);

  put_png (self, "a.png", 2, 2, 0);
  samples = open_set (self, NULL);
  g_assert_nonnull (qs_samples_get_checksum (samples));
  put (self, "notes.txt", "x", 1);
  same = open_set (self, NULL);
  g_assert_cmpstr (qs_samples_get_checksum (samples), ==, qs_samples_get_checksum (same));
  put_png (self, "a.png", 2, 2, 1);
  changed = open_set (self, NULL);
  g_assert_cmpstr (qs_samples_get_checksum (samples), !=, qs_samples_get_checksum (changed));
  g_assert_cmpint (g_rename (from, to), ==, 0);
  renamed = open_set (self, NULL);
  g_assert_cmpstr (qs_samples_get_checksum (changed), !=, qs_samples_get_checksum (renamed));
}

/* Archives of random damage are read or refused. */
static void
test_mutations (Fixture      *self,
                gconstpointer data)
{
  const char *const names[] = { "set.zip", "set.tar", "set.tar.gz" };
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);

  want (self, &self->a, "x", qs_shape_make (4, 1, 3, 2, 2));
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (self->folder, names[i], NULL);
      g_autoptr (GFile) file = g_file_new_for_path (path);
      struct archive *writer = begin_archive (self, names[i], i == 0);
      g_autofree char *content = NULL;
      gsize size;

      add_png (writer, "b/1.png", 0x010000);
      add_png (writer, "a/1.png", 0x020000);
      end_archive (writer);
      g_assert_true (g_file_get_contents (path, &content, &size, NULL));

      for (int round = 0; round < 60; round++)
        {
          g_autofree char *copy = g_memdup2 (content, size);
          g_autoptr (GError) error = NULL;
          g_autoptr (QsSamples) samples = NULL;
          g_autoptr (QsHostTensor) rows = NULL;

          for (int k = 0; k <= round % 4; k++)
            copy[g_rand_int_range (rand, 0, (gint32) MIN (size, 3000))] = (char) g_rand_int (rand);
          g_assert_true (g_file_set_contents (path, copy, (gssize) size, NULL));
          samples = qs_samples_open (file, &error);
          if (samples != NULL && qs_samples_fit (samples, self->inputs, &error))
            rows = qs_samples_read (samples, "x", QS_DATA_TYPE_FLOAT, 0, qs_samples_get_n (samples),
                                    &error);
          g_assert_true ((rows == NULL) == (error != NULL));
        }
    }
}

#define ADD(name, test) \
  g_test_add ("/sample-sets/" name, Fixture, NULL, fixture_set_up, test, fixture_tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("order", test_order);
  ADD ("channels", test_channels);
  ADD ("pipeline", test_pipeline);
  ADD ("bad-images", test_bad_images);
  ADD ("class-folders", test_class_folders);
  ADD ("number-folders", test_number_folders);
  ADD ("labels-file", test_labels_file);
  ADD ("raw", test_raw);
  ADD ("npy", test_npy);
  ADD ("data-sets", test_data_sets);
  ADD ("named-inputs", test_named_inputs);
  ADD ("mixed", test_mixed);
  ADD ("archives", test_archives);
  ADD ("archive-of-arrays", test_archive_of_arrays);
  ADD ("bad-archives", test_bad_archives);
  ADD ("archive-bomb", test_archive_bomb);
  ADD ("links", test_links);
  ADD ("pipe", test_pipe);
  ADD ("nothing", test_nothing);
  ADD ("shuffle", test_shuffle);
  ADD ("checksum", test_checksum);
  ADD ("mutations", test_mutations);

  return g_test_run ();
}
