/* SPDX-License-Identifier: MIT */
#include <glib/gstdio.h>
#include <string.h>

#include "core/qs-error.h"
#include "qs-test.h"
#include "samples/qs-npz.h"

/* A version 1 file as numpy.save() writes it: the dictionary padded to 118 bytes, then the data. */
static GBytes *
make_npy (const char   *dictionary,
          gconstpointer data,
          gsize         size)
{
  GString *file = g_string_new_len ("\x93NUMPY\x01\x00\x76\x00", 10);

  g_string_append (file, dictionary);
  while (file->len < 127)
    g_string_append_c (file, ' ');
  g_string_append_c (file, '\n');
  g_string_append_len (file, data, (gssize) size);
  return g_string_free_to_bytes (file);
}

static QsHostTensor *
parse (const char   *dictionary,
       gconstpointer data,
       gsize         size,
       GError      **error)
{
  g_autoptr (GBytes) bytes = make_npy (dictionary, data, size);

  return qs_npy_parse (bytes, error);
}

/* The bytes of numpy.array([[1, 2, 3], [4, 5, 6]], dtype) in each type and order, by hand from the
 * formats' definitions. */
static void
test_types (void)
{
  const struct
  {
    const char *descr;
    const char *bytes;
    gsize size;
    QsDataType type;
  } cases[] = {
    { "|u1", "\1\2\3\4\5\6", 6, QS_DATA_TYPE_UINT8 },
    { "|i1", "\1\2\3\4\5\6", 6, QS_DATA_TYPE_INT8 },
    { "<u2", "\1\0\2\0\3\0\4\0\5\0\6\0", 12, QS_DATA_TYPE_UINT16 },
    { ">u2", "\0\1\0\2\0\3\0\4\0\5\0\6", 12, QS_DATA_TYPE_UINT16 },
    { ">i4", "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5\0\0\0\6", 24, QS_DATA_TYPE_INT32 },
    { "<i8", "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0"
             "\5\0\0\0\0\0\0\0\6\0\0\0\0\0\0\0", 48, QS_DATA_TYPE_INT64 },
    { ">f4", "\x3f\x80\0\0\x40\0\0\0\x40\x40\0\0\x40\x80\0\0\x40\xa0\0\0\x40\xc0\0\0", 24,
      QS_DATA_TYPE_FLOAT },
    { "<f4", "\0\0\x80\x3f\0\0\0\x40\0\0\x40\x40\0\0\x80\x40\0\0\xa0\x40\0\0\xc0\x40", 24,
      QS_DATA_TYPE_FLOAT },
    { ">f8", "\x3f\xf0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0\x40\x08\0\0\0\0\0\0\x40\x10\0\0\0\0\0\0"
             "\x40\x14\0\0\0\0\0\0\x40\x18\0\0\0\0\0\0", 48, QS_DATA_TYPE_DOUBLE },
    { "<f2", "\0\x3c\0\x40\0\x42\0\x44\0\x45\0\x46", 12, QS_DATA_TYPE_FLOAT16 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *dictionary =
        g_strdup_printf ("{'descr': '%s', 'fortran_order': False, 'shape': (2, 3), }",
                         cases[i].descr);
      g_autoptr (GError) error = NULL;
      g_autoptr (QsHostTensor) tensor = parse (dictionary, cases[i].bytes, cases[i].size, &error);

      g_assert_no_error (error);
      g_assert_cmpint (qs_host_tensor_get_data_type (tensor), ==, cases[i].type);
      g_assert_cmpint (qs_host_tensor_get_shape (tensor)->dims[0], ==, 2);
      for (int k = 0; k < 6; k++)
        g_assert_cmpfloat (qs_host_tensor_get_number (tensor, k), ==, k + 1);
    }
}

/* Column by column: numpy.asfortranarray (numpy.arange (24).reshape (2, 3, 4)). */
static void
test_fortran (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsHostTensor) tensor = NULL;
  guint8 data[24];
  gsize at = 0;

  for (int k = 0; k < 4; k++)
    for (int j = 0; j < 3; j++)
      for (int i = 0; i < 2; i++)
        data[at++] = (guint8) (i * 12 + j * 4 + k);

  tensor = parse ("{'shape': (2, 3, 4), 'fortran_order': True, 'descr': \"|u1\"}", data, 24, &error);
  g_assert_no_error (error);
  for (int i = 0; i < 24; i++)
    g_assert_cmpfloat (qs_host_tensor_get_number (tensor, i), ==, i);
}

/* Versions 2 and 3 have a length of four bytes. */
static void
test_versions (void)
{
  for (char version = 2; version <= 4; version++)
    {
      const char dictionary[] = "{'descr': '|u1', 'fortran_order': False, 'shape': ()}";
      g_autoptr (GString) file = g_string_new_len ("\x93NUMPY\2\0\0\0\0\0", 12);
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (QsHostTensor) tensor = NULL;

      file->str[6] = version;
      file->str[8] = (char) strlen (dictionary);
      g_string_append (file, dictionary);
      g_string_append_c (file, 42);
      bytes = g_bytes_new (file->str, file->len);
      tensor = qs_npy_parse (bytes, &error);

      if (version == 4)
        {
          g_assert_error (error, QS_ERROR, QS_ERROR_VERSION);
          continue;
        }
      g_assert_no_error (error);
      g_assert_cmpfloat (qs_host_tensor_get_number (tensor, 0), ==, 42);
    }
}

static void
test_bad_headers (void)
{
  const struct
  {
    const char *dictionary;
    int code;
  } cases[] = {
    { "", QS_ERROR_MALFORMED },
    { "{", QS_ERROR_MALFORMED },
    { "{}", QS_ERROR_MALFORMED },
    { "{'descr': '<f4', 'fortran_order': False}", QS_ERROR_MALFORMED },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}", QS_ERROR_MALFORMED },
    { "{'descr': '<f4', 'descr': '<f4', 'shape': (1,)}", QS_ERROR_MALFORMED },
    { "{'descr': '<f4', 'fortran_order': No, 'shape': (1,)}", QS_ERROR_MALFORMED },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (1}", QS_ERROR_MALFORMED },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", QS_ERROR_MALFORMED },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': 1}", QS_ERROR_MALFORMED },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", QS_ERROR_MALFORMED },
    { "{'descr': '<f4, 'fortran_order': False, 'shape': (1,)}", QS_ERROR_UNSUPPORTED },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", QS_ERROR_MALFORMED },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': ()  }}", QS_ERROR_MALFORMED },
    { "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", QS_ERROR_UNSUPPORTED },
    { "{'descr': '<U5', 'fortran_order': False, 'shape': (1,)}", QS_ERROR_UNSUPPORTED },
    { "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", QS_ERROR_UNSUPPORTED },
    { "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", QS_ERROR_UNSUPPORTED },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}", QS_ERROR_LIMIT },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,)}", QS_ERROR_MALFORMED },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 2147483647,)}",
      QS_ERROR_LIMIT },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 2147483647, 2147483647, 2147483647,)}",
      QS_ERROR_LIMIT },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      const float one = 1.0f;

      g_test_message ("%s", cases[i].dictionary);
      g_assert_null (parse (cases[i].dictionary, &one, sizeof one, &error));
      g_assert_error (error, QS_ERROR, cases[i].code);
    }
}

static QsHostTensor *
make_ramp (QsDataType     type,
           const QsShape *shape)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsHostTensor) floats = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, shape, &error);
  float *values = qs_host_tensor_get_mutable (floats);
  QsHostTensor *tensor;

  for (gint64 i = 0; i < qs_shape_n_elements (shape); i++)
    values[i] = (float) (i % 100);

  tensor = qs_host_tensor_convert (floats, type, &error);
  g_assert_no_error (error);
  return tensor;
}

static void
assert_equal (const QsHostTensor *a,
              const QsHostTensor *b)
{
  g_assert_cmpint (qs_host_tensor_get_data_type (a), ==, qs_host_tensor_get_data_type (b));
  g_assert_true (qs_shape_equal (qs_host_tensor_get_shape (a), qs_host_tensor_get_shape (b)));
  g_assert_cmpmem (qs_host_tensor_get_data (a), qs_host_tensor_get_size (a),
                   qs_host_tensor_get_data (b), qs_host_tensor_get_size (b));
}

/* Every type and rank through both writers and readers. */
static void
test_round_trip (void)
{
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "all.npz", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GHashTable) loaded = NULL;
  g_autoptr (GError) error = NULL;
  QsHostTensor *tensors[2 * 13];
  char *names[2 * 13];
  guint n = 0;

  for (int type = 1; type <= 13; type++)
    {
      QsShape shapes[] = { qs_shape_make (4, 3, 2, 5, 7), qs_shape_make (type % 3, 4, 4) };

      for (int i = 0; i < 2 && qs_data_type_is_valid (type); i++)
        {
          names[n] = g_strdup_printf ("é %d/%d", type, i);
          tensors[n++] = make_ramp ((QsDataType) type, &shapes[i]);
        }
    }

  g_assert_true (qs_npz_save (file, (const char **) names, tensors, n, &error));
  g_assert_no_error (error);
  loaded = qs_npz_load (file, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_hash_table_size (loaded), ==, n);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GBytes) bytes = qs_npy_serialize (tensors[i]);
      g_autoptr (QsHostTensor) parsed = qs_npy_parse (bytes, &error);

      g_assert_no_error (error);
      assert_equal (parsed, tensors[i]);
      assert_equal (g_hash_table_lookup (loaded, names[i]), tensors[i]);
      qs_host_tensor_unref (tensors[i]);
      g_free (names[i]);
    }
  qs_test_remove_folder (folder);
}

/* A file made by numpy.savez_compressed (): the fashion images. Sums computed with NumPy. */
static void
test_numpy_file (void)
{
  g_autoptr (GFile) file = qs_test_shared ("fashion/calibration-uint8.npz");
  g_autoptr (GHashTable) arrays = NULL;
  g_autoptr (GError) error = NULL;
  QsHostTensor *input, *label;
  double sum = 0.0;

  if (file == NULL)
    return;

  arrays = qs_npz_load (file, &error);
  g_assert_no_error (error);
  input = g_hash_table_lookup (arrays, "input");
  label = g_hash_table_lookup (arrays, "label");
  g_assert_cmpint (qs_host_tensor_get_n_elements (input), ==, 500 * 32 * 32);
  g_assert_cmpint (qs_host_tensor_get_data_type (label), ==, QS_DATA_TYPE_INT64);

  for (gint64 i = 0; i < 500 * 32 * 32; i++)
    sum += qs_host_tensor_get_number (input, i) * (double) (i % 7 + 1);
  g_assert_cmpfloat (sum, ==, 110616536.0);
  sum = 0.0;
  for (gint64 i = 0; i < 500; i++)
    sum += qs_host_tensor_get_number (label, i) * (double) (i % 7 + 1);
  g_assert_cmpfloat (sum, ==, 8686.0);
}

/* Files in memory, changed, truncated and written to disk. */
typedef struct
{
  char *folder;
  GFile *file;
  guint8 *data;
  gsize size;
} Damage;

static void
damage_init (Damage *self)
{
  QsShape shape = qs_shape_make (3, 40, 5, 5);
  g_autoptr (QsHostTensor) a = make_ramp (QS_DATA_TYPE_FLOAT, &shape);
  g_autoptr (QsHostTensor) b = make_ramp (QS_DATA_TYPE_UINT8, &shape);
  const char *names[] = { "a", "b" };
  QsHostTensor *tensors[] = { a, b };
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  self->folder = qs_test_make_folder ();
  path = g_build_filename (self->folder, "x.npz", NULL);
  self->file = g_file_new_for_path (path);
  g_assert_true (qs_npz_save (self->file, names, tensors, 2, &error));
  g_assert_true (g_file_load_contents (self->file, NULL, (char **) &self->data, &self->size, NULL,
                                       &error));
}

static void
damage_clear (Damage *self)
{
  qs_test_remove_folder (self->folder);
  g_free (self->folder);
  g_object_unref (self->file);
  g_free (self->data);
}

static GHashTable *
damage_load (Damage       *self,
             gconstpointer data,
             gsize         size,
             GError      **error)
{
  g_autofree char *path = g_file_get_path (self->file);

  g_assert_true (g_file_set_contents (path, data, (gssize) size, NULL));
  return qs_npz_load (self->file, error);
}

static void
test_truncated (void)
{
  Damage damage;

  damage_init (&damage);
  for (gsize size = 0; size < damage.size; size += 1 + size / 16)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (damage_load (&damage, damage.data, size, &error));
      g_assert_nonnull (error);
      g_assert_nonnull (strstr (error->message, "x.npz"));
    }
  damage_clear (&damage);
}

/* A thousand files with one to four bytes changed. Either an error or arrays come back; data that
 * differs is caught by the archive's checksum, so what is loaded has the shape it had or says so. */
static void
test_mutations (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (20);
  guint n_refused = 0;
  Damage damage;

  damage_init (&damage);
  for (int round = 0; round < 1000; round++)
    {
      g_autofree guint8 *copy = g_memdup2 (damage.data, damage.size);
      g_autoptr (GHashTable) arrays = NULL;
      g_autoptr (GError) error = NULL;

      for (int i = 0; i <= round % 4; i++)
        copy[g_rand_int_range (rand, 0, (gint32) damage.size)] = (guint8) g_rand_int (rand);

      arrays = damage_load (&damage, copy, damage.size, &error);
      g_assert_true ((arrays == NULL) == (error != NULL));
      n_refused += arrays == NULL;
    }
  /* Most bytes are compressed data or a checksum of it. */
  g_assert_cmpuint (n_refused, >, 500);
  damage_clear (&damage);
}

/* The same on the header of an array, where nothing is protected by a checksum. */
static void
test_header_mutations (void)
{
  QsShape shape = qs_shape_make (2, 6, 4);
  g_autoptr (QsHostTensor) tensor = make_ramp (QS_DATA_TYPE_FLOAT, &shape);
  g_autoptr (GBytes) bytes = qs_npy_serialize (tensor);
  g_autoptr (GRand) rand = g_rand_new_with_seed (21);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  for (int round = 0; round < 1000; round++)
    {
      g_autofree guint8 *copy = g_memdup2 (data, size);
      g_autoptr (GBytes) changed = NULL;
      g_autoptr (QsHostTensor) parsed = NULL;
      g_autoptr (GError) error = NULL;

      for (int i = 0; i <= round % 3; i++)
        copy[g_rand_int_range (rand, 0, 72)] = (guint8) g_rand_int_range (rand, 0, 256);
      changed = g_bytes_new (copy, round % 10 == 0 ? (gsize) g_rand_int_range (rand, 0, 200) : size);
      parsed = qs_npy_parse (changed, &error);
      g_assert_true ((parsed == NULL) == (error != NULL));
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/npz/types", test_types);
  g_test_add_func ("/npz/fortran", test_fortran);
  g_test_add_func ("/npz/versions", test_versions);
  g_test_add_func ("/npz/bad-headers", test_bad_headers);
  g_test_add_func ("/npz/round-trip", test_round_trip);
  g_test_add_func ("/npz/numpy-file", test_numpy_file);
  g_test_add_func ("/npz/truncated", test_truncated);
  g_test_add_func ("/npz/mutations", test_mutations);
  g_test_add_func ("/npz/header-mutations", test_header_mutations);

  return g_test_run ();
}
