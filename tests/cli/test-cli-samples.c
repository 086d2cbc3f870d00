/* SPDX-License-Identifier: MIT */
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "qs-cli-test.h"
#include "samples/qs-npz.h"

#define MODEL "fashion-resnet.onnx"
#define SET "calibration-uint8.npz"
#define N_IMAGES 12
#define SIDE 32

static void
save_png (const char   *path,
          const guint8 *grey)
{
  g_autoptr (GdkPixbuf) pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, SIDE, SIDE);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;
  guint8 *pixels = gdk_pixbuf_get_pixels (pixbuf);
  int stride = gdk_pixbuf_get_rowstride (pixbuf);

  for (int i = 0; i < SIDE * SIDE; i++)
    memset (pixels + i / SIDE * stride + i % SIDE * 3, grey[i], 3);
  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (gdk_pixbuf_save (pixbuf, path, "png", &error, NULL));
  g_assert_no_error (error);
}

static int
compare_paths (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* “CLASS/NUMBER.png” in order; the number at the end is the image's. */
static GPtrArray *
list_paths (const gint64 *labels)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);

  for (int i = 0; i < N_IMAGES; i++)
    g_ptr_array_add (paths, g_strdup_printf ("%d/%03d.png", (int) labels[i], i));
  g_ptr_array_sort (paths, compare_paths);
  return paths;
}

/* The first images of the bundled set: as grey PNG files in folders of their class, and in an archive
 * of arrays, which has them in the order of the files' names. */
static void
save_both (const char *folder,
           const char *archive,
           GHashTable *arrays)
{
  const guint8 *pixels = qs_host_tensor_get_data (g_hash_table_lookup (arrays, "input"));
  const gint64 *labels = qs_host_tensor_get_data (g_hash_table_lookup (arrays, "label"));
  g_autoptr (GPtrArray) paths = list_paths (labels);
  QsShape shape = qs_shape_make (4, N_IMAGES, 1, SIDE, SIDE), classes = qs_shape_make (1, N_IMAGES);
  g_autoptr (QsHostTensor) sorted = qs_host_tensor_new (QS_DATA_TYPE_UINT8, &shape, NULL);
  g_autoptr (QsHostTensor) sorted_labels = qs_host_tensor_new (QS_DATA_TYPE_INT64, &classes, NULL);
  QsHostTensor *tensors[] = { sorted, sorted_labels };
  const char *names[] = { "input", "label" };
  g_autoptr (GFile) file = g_file_new_for_path (archive);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < N_IMAGES; i++)
    {
      g_autofree char *path = g_build_filename (folder, paths->pdata[i], NULL);
      int number = atoi (strchr (paths->pdata[i], '/') + 1);

      save_png (path, pixels + number * SIDE * SIDE);
      memcpy ((guint8 *) qs_host_tensor_get_mutable (sorted) + i * SIDE * SIDE,
              pixels + number * SIDE * SIDE, SIDE * SIDE);
      ((gint64 *) qs_host_tensor_get_mutable (sorted_labels))[i] = labels[number];
    }

  g_assert_true (qs_npz_save (file, names, tensors, 2, &error));
  g_assert_no_error (error);
}

/* %FALSE where the bundled set is absent. */
static gboolean
make_images (char **folder,
             char **archive)
{
  g_autofree char *set = qs_cli_test_sample (SET);
  g_autoptr (GFile) file = set != NULL ? g_file_new_for_path (set) : NULL;
  g_autoptr (GHashTable) arrays = NULL;
  g_autoptr (GError) error = NULL;

  if (file == NULL)
    return FALSE;

  *folder = qs_cli_test_path ("images");
  *archive = qs_cli_test_path ("images.npz");
  arrays = qs_npz_load (file, &error);
  g_assert_no_error (error);
  save_both (*folder, *archive, arrays);
  return TRUE;
}

/* The same pixels give the same cache, whatever they come in. */
static void
test_folder (void)
{
  g_autofree char *model = qs_cli_test_sample (MODEL);
  g_autofree char *folder = NULL, *archive = NULL, *a = NULL, *b = NULL;
  g_autofree char *cache_a = qs_cli_test_path ("a.cache"), *cache_b = qs_cli_test_path ("b.cache");
  g_autoptr (QsCliOutcome) from_folder = NULL, from_archive = NULL;
  gsize length_a, length_b;

  if (model == NULL || !make_images (&folder, &archive))
    return;

  from_folder = qs_cli_test_succeed ("calibrate", model, "--calibration", folder, "--cache", cache_a,
                                     "--shuffle", "7", "--batch", "5", "--preprocessing", "fashion",
                                     NULL);
  from_archive = qs_cli_test_succeed ("calibrate", model, "--calibration", archive, "--cache",
                                      cache_b, "--shuffle", "7", "--batch", "5",
                                      QS_CLI_TEST_FASHION, NULL);
  g_assert_null (strstr (from_folder->err, "warning"));
  a = qs_cli_test_read (cache_a, &length_a);
  b = qs_cli_test_read (cache_b, &length_b);
  g_assert_cmpmem (a, length_a, b, length_b);
}

static void
test_report (void)
{
  g_autofree char *model = qs_cli_test_sample (MODEL);
  g_autofree char *folder = NULL, *archive = NULL, *json = qs_cli_test_path ("samples.json");
  g_autoptr (QsCliOutcome) outcome = NULL, beyond = NULL;
  g_autoptr (JsonObject) root = NULL;
  JsonObject *input, *warning;

  if (model == NULL || !make_images (&folder, &archive))
    return;

  outcome = qs_cli_test_succeed ("samples", folder, "--model", model, "--first", "3", "--json", json,
                                 NULL);
  g_assert_nonnull (strstr (outcome->out, "12 samples, with labels"));
  g_assert_nonnull (strstr (outcome->err, "whole numbers"));
  root = qs_cli_test_load_json (json);
  g_assert_cmpint (json_object_get_int_member (root, "samples"), ==, N_IMAGES);
  input = json_array_get_object_element (json_object_get_array_member (root, "inputs"), 0);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (input, "first")), ==, 3);
  g_assert_cmpfloat (json_object_get_double_member (input, "min"), ==, 0.0);
  warning = json_array_get_object_element (json_object_get_array_member (root, "warnings"), 0);
  g_assert_cmpstr (json_object_get_string_member (warning, "kind"), ==, "unscaled");

  beyond = qs_cli_test_succeed ("samples", archive, "--model", model, "--int8-io", "--scale", "1",
                                NULL);
  g_assert_nonnull (strstr (beyond->err, "do not fit INT8"));
}

static void
test_wrong (void)
{
  g_autofree char *model = qs_cli_test_sample (MODEL);
  g_autofree char *folder = NULL, *archive = NULL, *broken = NULL, *cache = qs_cli_test_path ("c.cache");
  const char *const words[][3] = {
    { "--shuffle", "-1", "--shuffle" },
    { "--shuffle", "soon", "--shuffle" },
    { "--preprocessing", "magic", "imagenet" },
    { "--resize", "0", "resize" },
    { "--crop", "big", "crop" },
    { "--color", "cmyk", "color" },
    { "--layout", "hwc", "layout" },
    { "--first", "0", "--first" },
  };
  g_autoptr (QsCliOutcome) unfit = NULL, damaged = NULL, nowhere = NULL;

  if (model == NULL || !make_images (&folder, &archive))
    return;

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autoptr (QsCliOutcome) outcome =
        qs_cli_test_run ("samples", folder, "--model", model, words[i][0], words[i][1], NULL);

      qs_cli_test_expect (outcome, 2, words[i][2]);
    }

  unfit = qs_cli_test_run ("samples", folder, "--model", model, "--resize", "40", NULL);
  qs_cli_test_expect (unfit, 1, "40 × 40 pixels do not fit");
  nowhere = qs_cli_test_run ("samples", "/nonexistent", "--model", model, NULL);
  qs_cli_test_expect (nowhere, 1, "nonexistent");

  /* A sample that cannot be read is a warning here, and ends a calibration. */
  broken = g_build_filename (folder, "zzz.png", NULL);
  g_assert_true (g_file_set_contents (broken, "\x89PNG\r\n\x1a\n", 8, NULL));
  damaged = qs_cli_test_run ("calibrate", model, "--calibration", folder, "--cache", cache, NULL);
  qs_cli_test_expect (damaged, 1, "zzz.png");
  g_assert_cmpint (g_unlink (broken), ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  qs_cli_test_init ();

  g_test_add_func ("/cli/samples/folder", test_folder);
  g_test_add_func ("/cli/samples/report", test_report);
  g_test_add_func ("/cli/samples/wrong", test_wrong);

  status = g_test_run ();
  qs_cli_test_finish ();
  return status;
}
