/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "core/qs-error.h"
#include "qs-test.h"
#include "samples/qs-npz.h"
#include "samples/qs-samples.h"

/* A folder with one archive in it, made from arrays in memory. */
typedef struct
{
  char *folder;
  GFile *file;
  GPtrArray *names;
  GPtrArray *tensors;
} Fixture;

static void
fixture_set_up (Fixture      *self,
                gconstpointer data)
{
  g_autofree char *path = NULL;

  self->folder = qs_test_make_folder ();
  path = g_build_filename (self->folder, "set.npz", NULL);
  self->file = g_file_new_for_path (path);
  self->names = g_ptr_array_new ();
  self->tensors = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_host_tensor_unref);
}

static void
fixture_tear_down (Fixture      *self,
                   gconstpointer data)
{
  qs_test_remove_folder (self->folder);
  g_free (self->folder);
  g_object_unref (self->file);
  g_ptr_array_unref (self->names);
  g_ptr_array_unref (self->tensors);
}

static QsHostTensor *
add (Fixture    *self,
     const char *name,
     QsDataType  type,
     QsShape     shape)
{
  g_autoptr (GError) error = NULL;
  QsHostTensor *tensor = qs_host_tensor_new (type, &shape, &error);

  g_assert_no_error (error);
  g_ptr_array_add (self->names, (gpointer) name);
  g_ptr_array_add (self->tensors, tensor);
  return tensor;
}

static QsSamples *
save_and_open (Fixture *self,
               GError **error)
{
  g_assert_true (qs_npz_save (self->file, (const char **) self->names->pdata,
                              (QsHostTensor **) self->tensors->pdata, self->tensors->len, NULL));
  return qs_samples_open (self->file, error);
}

static guint8
pixel (gint64 index)
{
  return (guint8) (index * 37 % 251);
}

static QsHostTensor *
add_images (Fixture *self,
            int      n)
{
  QsHostTensor *images = add (self, "input", QS_DATA_TYPE_UINT8, qs_shape_make (4, n, 3, 4, 5));
  guint8 *data = qs_host_tensor_get_mutable (images);

  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (images); i++)
    data[i] = pixel (i);
  return images;
}

static void
set_preprocessing (QsSamples  *samples,
                   const char *scale,
                   const char *mean,
                   const char *std)
{
  g_autoptr (GError) error = NULL;
  QsPreprocessing preprocessing;

  g_assert_true (qs_preprocessing_parse (&preprocessing, scale, mean, std, &error));
  g_assert_no_error (error);
  qs_samples_set_preprocessing (samples, &preprocessing);
}

/* Every batch in order, then one that goes back, against the formula in float32. */
static void
test_read (Fixture      *self,
           gconstpointer data)
{
  const float means[] = { 0.485f, 0.456f, 0.406f }, stds[] = { 0.229f, 0.224f, 0.225f };
  const gint64 batches[][2] = { { 0, 4 }, { 4, 4 }, { 8, 3 }, { 2, 5 }, { 10, 1 }, { 10, 1 } };
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamples) samples = NULL;

  add_images (self, 11);
  samples = save_and_open (self, &error);
  g_assert_no_error (error);
  g_assert_cmpint (qs_samples_get_n (samples), ==, 11);
  set_preprocessing (samples, "1/255", "0.485,0.456,0.406", "0.229, 0.224, 0.225");

  for (gsize b = 0; b < G_N_ELEMENTS (batches); b++)
    {
      g_autoptr (QsHostTensor) rows = qs_samples_read (samples, "input", QS_DATA_TYPE_FLOAT,
                                                       batches[b][0], batches[b][1], &error);
      const float *values;

      g_assert_no_error (error);
      g_assert_cmpint (qs_host_tensor_get_shape (rows)->dims[0], ==, batches[b][1]);
      values = qs_host_tensor_get_floats (rows);
      for (gint64 i = 0; i < qs_host_tensor_get_n_elements (rows); i++)
        {
          int channel = (int) (i / 20 % 3);
          float x = (float) pixel (batches[b][0] * 60 + i) * (1.0f / 255.0f);

          g_assert_cmpfloat (values[i], ==, (x - means[channel]) / stds[channel]);
        }
    }
}

/* A scale alone, one mean for all channels, and channels on the last axis. */
static void
test_preprocessing (Fixture      *self,
                    gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamples) samples = NULL;
  const char *const settings[][3] = {
    { "0.5", NULL, NULL },
    { NULL, "7", NULL },
    { NULL, NULL, "4" },
    { NULL, "1,2,3,4,5", NULL },
  };

  add_images (self, 2);
  samples = save_and_open (self, &error);
  for (gsize k = 0; k < G_N_ELEMENTS (settings); k++)
    {
      g_autoptr (QsHostTensor) rows = NULL;

      set_preprocessing (samples, settings[k][0], settings[k][1], settings[k][2]);
      rows = qs_samples_read (samples, "input", QS_DATA_TYPE_FLOAT, 0, 2, &error);
      g_assert_no_error (error);
      for (gint64 i = 0; i < 120; i++)
        {
          float x = (float) pixel (i);
          const float expected[] = { x * 0.5f, x - 7.0f, x / 4.0f, x - (float) (i % 5 + 1) };

          g_assert_cmpfloat (qs_host_tensor_get_floats (rows)[i], ==, expected[k]);
        }
    }

  set_preprocessing (samples, NULL, "1,2", NULL);
  g_assert_null (qs_samples_read (samples, "input", QS_DATA_TYPE_FLOAT, 0, 2, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_SHAPE, "2 channels");
}

static void
test_parse_preprocessing (void)
{
  const struct
  {
    const char *scale, *mean, *std;
    const char *word;
  } bad[] = {
    { "x", NULL, NULL, "scale" },
    { "0", NULL, NULL, "scale" },
    { "1,2", NULL, NULL, "scale" },
    { "1/0", NULL, NULL, "scale" },
    { "1/2/3", NULL, NULL, "scale" },
    { "", NULL, NULL, "scale" },
    { NULL, "1,,2", NULL, "mean" },
    { NULL, "nan", NULL, "mean" },
    { NULL, "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", NULL, "mean" },
    { NULL, NULL, "0", "std" },
    { NULL, NULL, "1,0,1", "std" },
    { NULL, "1,2", "1,2,3", "2 means" },
  };
  QsPreprocessing preprocessing;
  g_autoptr (GError) error = NULL;

  qs_preprocessing_init (&preprocessing);
  g_assert_true (qs_preprocessing_is_identity (&preprocessing));
  g_assert_true (qs_preprocessing_parse (&preprocessing, NULL, NULL, NULL, &error));
  g_assert_true (qs_preprocessing_is_identity (&preprocessing));

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) bad_error = NULL;

      g_assert_false (qs_preprocessing_parse (&preprocessing, bad[i].scale, bad[i].mean, bad[i].std,
                                              &bad_error));
      qs_test_assert_error (bad_error, QS_ERROR, QS_ERROR_DATA, bad[i].word);
      g_assert_true (qs_preprocessing_is_identity (&preprocessing));
    }

  g_assert_true (qs_preprocessing_parse (&preprocessing, NULL, "0.5", "1,2,3", &error));
  g_assert_cmpint (preprocessing.n_channels, ==, 3);
  g_assert_cmpfloat (preprocessing.mean[2], ==, 0.5f);
  g_assert_cmpfloat (preprocessing.std[2], ==, 3.0f);
}

/* The preprocessed images that come with the models, made by other code, against ours from the
 * stored pixels: every value within two roundings. */
static void
test_fashion (void)
{
  g_autoptr (GFile) bytes_file = qs_test_shared ("fashion/calibration-uint8.npz");
  g_autoptr (GFile) floats_file = qs_test_shared ("fashion/calibration-float32.npz");
  g_autoptr (QsSamples) bytes = NULL, floats = NULL;
  g_autoptr (QsHostTensor) ours = NULL, theirs = NULL;
  g_autoptr (GError) error = NULL;
  QsShape shape = qs_shape_make (4, -1, 1, 32, 32);

  if (bytes_file == NULL || floats_file == NULL)
    return;

  bytes = qs_samples_open (bytes_file, &error);
  floats = qs_samples_open (floats_file, &error);
  g_assert_no_error (error);
  set_preprocessing (bytes, "1/255", "0.2860", "0.3530");
  g_assert_true (qs_samples_check_input (bytes, "input", QS_DATA_TYPE_FLOAT, &shape, &error));
  ours = qs_samples_read (bytes, "input", QS_DATA_TYPE_FLOAT, 0, 500, &error);
  theirs = qs_samples_read (floats, "input", QS_DATA_TYPE_FLOAT, 0, 500, &error);
  g_assert_no_error (error);

  for (gint64 i = 0; i < 500 * 32 * 32; i++)
    g_assert_cmpfloat_with_epsilon (qs_host_tensor_get_floats (ours)[i],
                                    qs_host_tensor_get_floats (theirs)[i], 4.8e-7f);
  /* sha256sum of the file. */
  g_assert_cmpstr (qs_samples_get_checksum (bytes), ==,
                   "00de183b5a0e8409ca4efd26ba5c52c67b555602718ee3894aa77f01e877de2f");
}

static void
test_labels (Fixture      *self,
             gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamples) samples = NULL;
  g_autofree gint64 *labels = NULL;
  gint32 *values;

  add_images (self, 4);
  values = qs_host_tensor_get_mutable (add (self, "labels", QS_DATA_TYPE_INT32,
                                            qs_shape_make (2, 4, 1)));
  for (int i = 0; i < 4; i++)
    values[i] = i * 3 - (i == 3 ? 10 : 0);

  samples = save_and_open (self, &error);
  g_assert_true (qs_samples_has_labels (samples));
  labels = qs_samples_read_labels (samples, 1, 2, &error);
  g_assert_no_error (error);
  g_assert_cmpint (labels[0], ==, 3);
  g_assert_cmpint (labels[1], ==, 6);
  g_assert_null (qs_samples_read_labels (samples, 2, 2, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_DATA, "sample 3");
}

static void
test_bad_labels (Fixture      *self,
                 gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamples) samples = NULL;

  add_images (self, 4);
  add (self, "label", QS_DATA_TYPE_FLOAT, qs_shape_make (1, 4));
  samples = save_and_open (self, &error);
  g_assert_no_error (error);
  g_assert_null (qs_samples_read_labels (samples, 0, 2, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_TYPE, "“label”");
}

static void
test_no_labels (Fixture      *self,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamples) samples = NULL;

  add_images (self, 4);
  samples = save_and_open (self, &error);
  g_assert_false (qs_samples_has_labels (samples));
  g_assert_null (qs_samples_read_labels (samples, 0, 2, &error));
  g_assert_error (error, QS_ERROR, QS_ERROR_MISSING);
}

static void
test_wrong_inputs (Fixture      *self,
                   gconstpointer data)
{
  const struct
  {
    const char *name;
    QsDataType type;
    QsShape shape;
    int code;
    const char *word;
  } cases[] = {
    { "pixels", QS_DATA_TYPE_FLOAT, qs_shape_make (4, 1, 3, 4, 5), QS_ERROR_MISSING, "“input”" },
    { "pixels", QS_DATA_TYPE_FLOAT, qs_shape_make (4, 1, 3, 4, 5), QS_ERROR_MISSING, "“pixels”" },
    { "input", QS_DATA_TYPE_FLOAT, qs_shape_make (4, 1, 1, 4, 5), QS_ERROR_SHAPE, "4×3×4×5" },
    { "input", QS_DATA_TYPE_FLOAT, qs_shape_make (3, 3, 4, 5), QS_ERROR_SHAPE, "set.npz" },
    { "input", QS_DATA_TYPE_BOOL, qs_shape_make (4, 1, 3, 4, 5), QS_ERROR_TYPE, "uint8" },
    { "ids", QS_DATA_TYPE_INT32, qs_shape_make (2, 1, 2), QS_ERROR_TYPE, "int64" },
    { "weights", QS_DATA_TYPE_INT64, qs_shape_make (2, 1, 2), QS_ERROR_TYPE, "float32" },
  };
  QsShape shape = qs_shape_make (2, 1, 2);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamples) samples = NULL;

  add_images (self, 4);
  add (self, "ids", QS_DATA_TYPE_INT64, qs_shape_make (2, 4, 2));
  add (self, "weights", QS_DATA_TYPE_FLOAT, qs_shape_make (2, 4, 2));
  samples = save_and_open (self, &error);
  g_assert_no_error (error);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) case_error = NULL;

      g_assert_false (qs_samples_check_input (samples, cases[i].name, cases[i].type,
                                              &cases[i].shape, &case_error));
      qs_test_assert_error (case_error, QS_ERROR, cases[i].code, cases[i].word);
    }
  g_assert_true (qs_samples_check_input (samples, "ids", QS_DATA_TYPE_INT64, &shape, &error));
  g_assert_null (qs_samples_read (samples, "ids", QS_DATA_TYPE_INT64, 3, 2, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_SHAPE, "“ids”");
}

/* Found while the batch is read that contains it, not before. */
static void
test_not_finite (Fixture      *self,
                 gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamples) samples = NULL;
  g_autoptr (QsHostTensor) rows = NULL;
  double *values = qs_host_tensor_get_mutable (add (self, "x", QS_DATA_TYPE_DOUBLE,
                                                    qs_shape_make (2, 5, 10)));

  values[33] = NAN;
  values[47] = 1e300; /* too large for float32 */
  samples = save_and_open (self, &error);
  g_assert_no_error (error);
  rows = qs_samples_read (samples, "x", QS_DATA_TYPE_FLOAT, 0, 3, &error);
  g_assert_no_error (error);
  g_assert_null (qs_samples_read (samples, "x", QS_DATA_TYPE_FLOAT, 3, 2, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_DATA, "sample 3 contains NaN (element 3 of its 10)");
  g_assert_nonnull (strstr (error->message, "set.npz: array “x”"));
  g_clear_error (&error);
  g_assert_null (qs_samples_read (samples, "x", QS_DATA_TYPE_FLOAT, 4, 1, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_DATA, "sample 4 contains infinity");
}

static void
test_row_counts (Fixture      *self,
                 gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  add_images (self, 4);
  add (self, "label", QS_DATA_TYPE_INT64, qs_shape_make (1, 5));
  g_assert_null (save_and_open (self, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_SHAPE, "“label” has 5");
}

static void
test_empty (Fixture      *self,
            gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (save_and_open (self, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MALFORMED, "set.npz");
  g_clear_error (&error);
  add_images (self, 0);
  g_assert_null (save_and_open (self, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_DATA, "no samples");
}

static void
test_scalar (Fixture      *self,
             gconstpointer data)
{
  QsShape shape = qs_shape_make (1, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamples) samples = NULL;

  add_images (self, 4);
  add (self, "x", QS_DATA_TYPE_FLOAT, qs_shape_make (0));
  samples = save_and_open (self, &error);
  g_assert_no_error (error);
  g_assert_false (qs_samples_check_input (samples, "x", QS_DATA_TYPE_FLOAT, &shape, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_SHAPE, "“x”");
}

static void
test_limit (Fixture      *self,
            gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamples) samples = NULL;

  add_images (self, 10);
  samples = save_and_open (self, &error);
  qs_samples_set_limit (samples, 4);
  g_assert_cmpint (qs_samples_get_n (samples), ==, 4);
  qs_samples_set_limit (samples, 40);
  g_assert_cmpint (qs_samples_get_n (samples), ==, 10);
  qs_samples_set_limit (samples, 0);
  g_assert_cmpint (qs_samples_get_n (samples), ==, 10);
}

static void
test_not_an_archive (Fixture      *self,
                     gconstpointer data)
{
  g_autofree char *path = g_file_get_path (self->file);
  g_autoptr (GFile) folder = g_file_new_for_path (self->folder);
  g_autoptr (GFile) missing = g_file_get_child (folder, "missing.npz");
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "hello", 5, NULL));
  g_assert_null (qs_samples_open (self->file, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MALFORMED, "set.npz");
  g_clear_error (&error);
  g_assert_null (qs_samples_open (folder, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_DATA, "no samples");
  g_clear_error (&error);
  g_assert_null (qs_samples_open (missing, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* The set is replaced by another one between opening and reading. */
static void
test_changed_on_disk (Fixture      *self,
                      gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamples) samples = NULL, other = NULL;

  add_images (self, 10);
  samples = save_and_open (self, &error);
  g_ptr_array_set_size (self->names, 0);
  g_ptr_array_set_size (self->tensors, 0);
  add_images (self, 5);
  other = save_and_open (self, &error);
  g_assert_no_error (error);
  g_assert_null (qs_samples_read (samples, "input", QS_DATA_TYPE_FLOAT, 0, 2, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISMATCH, "“input”");
}

/* A .npy file: the whole, its rows in any order, and what can be wrong. */
static void
test_npy (Fixture      *self,
          gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->folder, "set.npy", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GBytes) bytes = qs_npy_serialize (add_images (self, 7));
  QsShape shape = qs_shape_make (4, -1, 3, 4, 5);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsSamples) samples = NULL;
  gsize size;
  const char *content = g_bytes_get_data (bytes, &size);

  g_assert_true (g_file_set_contents (path, content, (gssize) size, NULL));
  samples = qs_samples_open (file, &error);
  g_assert_no_error (error);
  g_assert_cmpint (qs_samples_get_n (samples), ==, 7);
  g_assert_false (qs_samples_has_labels (samples));
  g_assert_true (qs_samples_check_input (samples, "any name", QS_DATA_TYPE_FLOAT, &shape, &error));

  for (gint64 first = 6; first >= 0; first -= 2)
    {
      g_autoptr (QsHostTensor) rows = qs_samples_read (samples, "any name", QS_DATA_TYPE_FLOAT,
                                                       first, 1, &error);

      g_assert_no_error (error);
      for (gint64 i = 0; i < 60; i++)
        g_assert_cmpfloat (qs_host_tensor_get_floats (rows)[i], ==, pixel (first * 60 + i));
    }

  g_assert_true (g_file_set_contents (path, content, (gssize) size - 1, NULL));
  g_assert_null (qs_samples_open (file, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MALFORMED, "set.npy");
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (path, content, 40, NULL));
  g_assert_null (qs_samples_open (file, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MALFORMED, "set.npy");
}

#define ADD(name, test) \
  g_test_add ("/samples/" name, Fixture, NULL, fixture_set_up, test, fixture_tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("read", test_read);
  ADD ("preprocessing", test_preprocessing);
  g_test_add_func ("/samples/parse-preprocessing", test_parse_preprocessing);
  g_test_add_func ("/samples/fashion", test_fashion);
  ADD ("labels", test_labels);
  ADD ("bad-labels", test_bad_labels);
  ADD ("no-labels", test_no_labels);
  ADD ("wrong-inputs", test_wrong_inputs);
  ADD ("not-finite", test_not_finite);
  ADD ("row-counts", test_row_counts);
  ADD ("empty", test_empty);
  ADD ("scalar", test_scalar);
  ADD ("limit", test_limit);
  ADD ("not-an-archive", test_not_an_archive);
  ADD ("npy", test_npy);
  ADD ("changed-on-disk", test_changed_on_disk);

  return g_test_run ();
}
