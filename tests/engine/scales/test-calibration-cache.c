/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "core/qs-error.h"
#include "qs-test.h"
#include "scales/qs-calibration-cache.h"

static QsCalibrationCache *
parse (const char *text,
       GError    **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, strlen (text));

  return qs_calibration_cache_parse (bytes, error);
}

static void
assert_round_trip (QsCalibrationCache *cache,
                   gconstpointer       text,
                   gsize               size)
{
  g_autoptr (GBytes) bytes = qs_calibration_cache_serialize (cache);

  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), text, size);
}

static float
lookup (QsCalibrationCache *cache,
        const char         *name)
{
  float scale = NAN;

  g_assert_true (qs_scale_table_lookup (qs_calibration_cache_get_scales (cache), name, &scale));
  return scale;
}

/* Bits of floats by their definition: 3f810204 is 128/127, 3c010204 is 1/127. */
static void
test_parse (void)
{
  const char text[] = "TRT-8401-EntropyCalibration2\n"
                      "input_tensor_0: 3f810204\n"
                      "a/b:c/Relu:0: 3c010204\n"
                      "(Unnamed Layer* 64) [Shuffle]_output: 0\n"
                      "mask: 7f800000\n"
                      "Gemm_output: 3f800000\n"
                      "tiny: 1\n"
                      "Gemm_output: 40000000\n";
  g_autoptr (GError) error = NULL;
  g_autoptr (QsCalibrationCache) cache = parse (text, &error);
  QsScaleTable *scales;

  g_assert_no_error (error);
  scales = qs_calibration_cache_get_scales (cache);
  g_assert_cmpstr (qs_calibration_cache_get_header (cache), ==, "TRT-8401-EntropyCalibration2");
  g_assert_cmpstr (qs_calibration_cache_get_algorithm (cache), ==, "EntropyCalibration2");
  g_assert_cmpuint (qs_scale_table_get_n (scales), ==, 6);
  g_assert_cmpfloat (lookup (cache, "input_tensor_0"), ==, 128.0f / 127.0f);
  g_assert_cmpfloat (lookup (cache, "a/b:c/Relu:0"), ==, 1.0f / 127.0f);
  g_assert_cmpfloat (lookup (cache, "(Unnamed Layer* 64) [Shuffle]_output"), ==, 0.0f);
  g_assert_cmpfloat (lookup (cache, "tiny"), ==, 0x1p-149f);
  g_assert_true (isinf (lookup (cache, "mask")));
  g_assert_cmpfloat (lookup (cache, "Gemm_output"), ==, 2.0f);
  g_assert_cmpstr (qs_scale_table_get_name (scales, 4), ==, "Gemm_output");
  g_assert_cmpuint (qs_calibration_cache_get_warnings (cache)->len, ==, 3);
  assert_round_trip (cache, text, strlen (text));
}

static void
test_headers (void)
{
  const struct
  {
    const char *header;
    const char *algorithm;
  } cases[] = {
    { "TRT-7203-EntropyCalibration2", "EntropyCalibration2" },
    { "TRT-8400-MinMaxCalibration", "MinMaxCalibration" },
    { "TRT-100300-EntropyCalibration", "EntropyCalibration" },
    { "TRT-XXXX-EntropyCalibration2", "EntropyCalibration2" },
    { "TRT-8601", NULL },
    { "0 3ff0000000000000 3fefffb8b26394fb", "LegacyCalibration" },
    { "2 0 0", "EntropyCalibration2" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strconcat (cases[i].header, "\nx: 3f800000\n", NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (QsCalibrationCache) cache = parse (text, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (qs_calibration_cache_get_header (cache), ==, cases[i].header);
      g_assert_cmpstr (qs_calibration_cache_get_algorithm (cache), ==, cases[i].algorithm);
      g_assert_cmpfloat (lookup (cache, "x"), ==, 1.0f);
    }
}

/* What editors and other tools make of caches: line ends, padding, capitals, no last line end. */
static void
test_oddities (void)
{
  const char *const texts[] = {
    "TRT-8601-EntropyCalibration2\r\nx: 3F800000\r\n",
    "TRT-8601-EntropyCalibration2\n\n  \nx: 3f800000",
    "TRT-8601-EntropyCalibration2\nx:3f800000 \n",
    "TRT-8601-EntropyCalibration2\nx: 003f8000\nx: 3f800000\n\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (QsCalibrationCache) cache = parse (texts[i], &error);

      g_assert_no_error (error);
      g_assert_cmpstr (qs_calibration_cache_get_header (cache), ==, "TRT-8601-EntropyCalibration2");
      g_assert_cmpfloat (lookup (cache, "x"), ==, 1.0f);
      assert_round_trip (cache, texts[i], strlen (texts[i]));
    }
}

static void
test_malformed (void)
{
  const struct
  {
    const char *text;
    const char *word;
  } cases[] = {
    { "", "0 bytes" },
    { "x: 3f800000\n", "line 1" },
    { "{\"a\": 1}\n", "line 1" },
    { "\n", "line 1" },
    { "4 3ff0000000000000 3fefffb8b26394fb\n", "line 1" },
    { "0 3ff0000000000000 x\n", "line 1" },
    { "TRT-8601-E\nx\n", "line 2" },
    { "TRT-8601-E\nx: 1\n: 3f800000\n", "line 3" },
    { "TRT-8601-E\nx: 1\ny: \n", "line 3" },
    { "TRT-8601-E\nx: 0x3f8000\n", "line 2" },
    { "TRT-8601-E\nx: 3f8000000\n", "line 2" },
    { "TRT-8601-E\nx: -1\n", "line 2" },
    { "TRT-8601-E\nx: 3f80 000\n", "line 2" },
    { "TRT-8601-E\nx: 1\ny\xff: 1\n", "line 3" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (parse (cases[i].text, &error));
      qs_test_assert_error (error, QS_ERROR, QS_ERROR_MALFORMED, cases[i].word);
    }
}

static void
test_nul (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("TRT-8601-E\nx\0: 1\n", 18);
  g_autoptr (GError) error = NULL;

  g_assert_null (qs_calibration_cache_parse (bytes, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MALFORMED, "line 2");
}

/* Files that TensorRT itself wrote. Values from their text. */
static void
test_files (void)
{
  const struct
  {
    const char *name;
    guint n;
    const char *tensor;
    float scale;
  } cases[] = {
    { "tensorrt/channel-estimation.TRT-8401.cache", 36, "(Unnamed Layer* 5) [Constant]_output",
      0x1.e3d7a8p-4f /* 3df1ebd4 */ },
    { "tensorrt/concat-groups.TRT-8001.cache", 108, "input0", 0x1.021428p-7f /* 3c010a14 */ },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GFile) file = qs_test_shared (cases[i].name);
      g_autoptr (QsCalibrationCache) cache = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *text = NULL;
      gsize size;

      if (file == NULL)
        return;

      cache = qs_calibration_cache_load (file, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (qs_calibration_cache_get_warnings (cache)->len, ==, 0);
      g_assert_cmpuint (qs_scale_table_get_n (qs_calibration_cache_get_scales (cache)), ==,
                        cases[i].n);
      g_assert_cmpfloat (lookup (cache, cases[i].tensor), ==, cases[i].scale);
      g_assert_true (g_file_load_contents (file, NULL, &text, &size, NULL, &error));
      assert_round_trip (cache, text, size);
    }
}

static void
test_write (void)
{
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "c", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (QsScaleTable) scales = qs_scale_table_new ();
  g_autoptr (QsCalibrationCache) cache = NULL, loaded = NULL;
  g_autoptr (GError) error = NULL;
  const char text[] = "TRT-8601-EntropyCalibration2\nx:0: 3c010204\nzero: 0\nsmall: 1\n";

  qs_scale_table_set (scales, "x:0", 1.0f / 127.0f);
  qs_scale_table_set (scales, "zero", 0.0f);
  qs_scale_table_set (scales, "small", 0x1p-149f);
  qs_scale_table_set (scales, "line\nbreak", 1.0f);
  cache = qs_calibration_cache_new ("EntropyCalibration2", scales);
  assert_round_trip (cache, text, strlen (text));
  g_assert_cmpuint (qs_calibration_cache_get_warnings (cache)->len, ==, 1);

  g_assert_true (qs_calibration_cache_save (cache, file, &error));
  loaded = qs_calibration_cache_load (file, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (lookup (loaded, "x:0"), ==, 1.0f / 127.0f);
  qs_test_remove_folder (folder);
}

/* What is changed is the scale of the line that counts, or the header; other bytes stay. Bits:
 * 3f000000 is 1/2, 3e800000 is 1/4. */
static void
test_edit (void)
{
  const char text[] = "TRT-8401-EntropyCalibration2\r\na:b:  3F800000 \r\n\nx: 0\ny:1\n"
                      "x: 7f800000\nf: 3f800000";
  const char edited[] = "TRT-10-MinMaxCalibration\r\na:b:  3f000000 \r\n\nx: 0\ny:3e800000\n"
                        "x: 3f800000\nf: 3f000000";
  g_autoptr (GError) error = NULL;
  g_autoptr (QsCalibrationCache) cache = parse (text, &error);

  g_assert_no_error (error);
  g_assert_true (qs_calibration_cache_set_scale (cache, "a:b", 0.5f, &error));
  g_assert_true (qs_calibration_cache_set_scale (cache, "y", 0.25f, &error));
  g_assert_true (qs_calibration_cache_set_scale (cache, "x", 1.0f, &error));
  g_assert_true (qs_calibration_cache_set_scale (cache, "f", 0.5f, &error));
  g_assert_true (qs_calibration_cache_set_header (cache, "TRT-10-MinMaxCalibration", &error));
  g_assert_no_error (error);

  assert_round_trip (cache, edited, strlen (edited));
  g_assert_cmpfloat (lookup (cache, "a:b"), ==, 0.5f);
  g_assert_cmpfloat (lookup (cache, "x"), ==, 1.0f);
  g_assert_cmpstr (qs_calibration_cache_get_header (cache), ==, "TRT-10-MinMaxCalibration");
  g_assert_cmpstr (qs_calibration_cache_get_algorithm (cache), ==, "MinMaxCalibration");
}

/* A refused change changes nothing. */
static void
test_edit_refused (void)
{
  const char text[] = "TRT-8401-EntropyCalibration2\na:b: 3f800000\n";
  const char *const headers[] = {
    "", "TRT-8601", "TRT-8601-", "frob", "4 0 0", "TRT-8601-E\nx: 1", "TRT-8601-E\r", "TRT-\t-E",
    "TRT-8601-\xff",
  };
  const float scales[] = { 0.0f, -0.0f, -1.0f, NAN, INFINITY, -INFINITY };
  const char *const names[] = { "", "a", "b", "a:b:", "TRT-8401-EntropyCalibration2" };
  g_autoptr (QsCalibrationCache) cache = parse (text, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (headers); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (qs_calibration_cache_set_header (cache, headers[i], &error));
      qs_test_assert_error (error, QS_ERROR, QS_ERROR_DATA, "");
    }
  for (gsize i = 0; i < G_N_ELEMENTS (scales); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (qs_calibration_cache_set_scale (cache, "a:b", scales[i], &error));
      qs_test_assert_error (error, QS_ERROR, QS_ERROR_DATA, "a:b");
    }
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (qs_calibration_cache_set_scale (cache, names[i], 1.0f, &error));
      qs_test_assert_error (error, QS_ERROR, QS_ERROR_MISSING, names[i]);
    }

  assert_round_trip (cache, text, strlen (text));
  g_assert_cmpfloat (lookup (cache, "a:b"), ==, 1.0f);
  g_assert_cmpstr (qs_calibration_cache_get_algorithm (cache), ==, "EntropyCalibration2");
}

static void
test_missing_file (void)
{
  g_autoptr (GFile) file = g_file_new_for_path ("/nonexistent/cache");
  g_autoptr (GError) error = NULL;

  g_assert_null (qs_calibration_cache_load (file, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

/* A thousand changed files: an error that names a line, or a cache that gives its bytes back. */
static void
test_mutations (void)
{
  const char text[] = "TRT-8401-EntropyCalibration2\nin:put: 3d5b6231\nConv__54:0: 3cf5d113\r\n"
                      "(Unnamed Layer* 5) [Constant]_output: 3df1ebd4\né: 0\nm: 7f800000\n";
  g_autoptr (GRand) rand = g_rand_new_with_seed (22);
  guint n_read = 0;

  for (int round = 0; round < 1000; round++)
    {
      g_autofree char *copy = g_strdup (text);
      gsize size = sizeof text - 1;
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (QsCalibrationCache) cache = NULL;
      g_autoptr (GError) error = NULL;

      for (int i = 0; i <= round % 4; i++)
        copy[g_rand_int_range (rand, 0, (gint32) size)] =
          round % 2 == 0 ? (char) g_rand_int (rand) : (char) g_rand_int_range (rand, 10, 127);
      if (round % 10 == 0)
        size = (gsize) g_rand_int_range (rand, 0, (gint32) size);

      bytes = g_bytes_new (copy, size);
      cache = qs_calibration_cache_parse (bytes, &error);
      g_assert_true ((cache == NULL) == (error != NULL));
      if (cache != NULL)
        assert_round_trip (cache, copy, size);
      n_read += cache != NULL;
    }
  g_assert_cmpuint (n_read, >, 100);
  g_assert_cmpuint (n_read, <, 900);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/calibration-cache/parse", test_parse);
  g_test_add_func ("/calibration-cache/headers", test_headers);
  g_test_add_func ("/calibration-cache/oddities", test_oddities);
  g_test_add_func ("/calibration-cache/malformed", test_malformed);
  g_test_add_func ("/calibration-cache/nul", test_nul);
  g_test_add_func ("/calibration-cache/files", test_files);
  g_test_add_func ("/calibration-cache/write", test_write);
  g_test_add_func ("/calibration-cache/edit", test_edit);
  g_test_add_func ("/calibration-cache/edit-refused", test_edit_refused);
  g_test_add_func ("/calibration-cache/missing-file", test_missing_file);
  g_test_add_func ("/calibration-cache/mutations", test_mutations);

  return g_test_run ();
}
