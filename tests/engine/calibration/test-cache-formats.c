/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "calibration/formats/qs-cache-format.h"
#include "core/qs-error.h"
#include "qs-test.h"

static QsScaleTable *
read_text (const char *id,
           const char *text,
           GError    **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, strlen (text));

  return qs_cache_format_read (id != NULL ? qs_cache_format_lookup (id) : NULL, bytes, NULL, error);
}

/* A file of each format, with the range of `a:0` 1 and that of `b` 2.64, and its detection. */
static void
test_read (void)
{
  const struct
  {
    const char *id;
    const char *text;
  } cases[] = {
    { "tensorrt", "TRT-7203-MinMaxCalibration\na:0: 3c010204\nb: 3caa4a57\n" },
    { "int8api", "a:0: 1.0\nb: 2.64\n" },
    { "int8api", "a:0:1\r\nb:2.640000\r\n\r\n" },
    { "ort", "a:0 1.0\nb 2.640000104904175\n" },
    { "ppq", "{\"configs\": {}, \"act_quant_info\": {\"a:0\": 1.0, \"b\": 2.64}}" },
    { "mqbench", " {\"blob_range\":{\"a:0\":1,\"b\":264e-2}}" },
    { "ncnn", "conv_param_0 1.0 2.0 3.0\na:0 127.000\nb 48.106060606\n" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new_static (cases[i].text, strlen (cases[i].text));
      g_autoptr (GError) error = NULL;
      g_autoptr (QsScaleTable) scales = read_text (NULL, cases[i].text, &error);
      float scale;

      g_assert_no_error (error);
      g_assert_cmpstr (qs_cache_format_detect (bytes)->id, ==, cases[i].id);
      g_assert_cmpuint (qs_scale_table_get_n (scales), ==, 2);
      g_assert_true (qs_scale_table_lookup (scales, "a:0", &scale));
      g_assert_cmpfloat (scale, ==, 1.0f / 127.0f);
      g_assert_true (qs_scale_table_lookup (scales, "b", &scale));
      /* 2.64 in decimal is not the nearest float32 times 127 in every text above. */
      g_assert_cmpfloat_with_epsilon (scale, 2.64f / 127.0f, 4e-9f);
    }
}

/* Every scale comes back with the same bits from every format that can express it. */
static void
test_round_trip (void)
{
  g_autoptr (QsScaleTable) scales = qs_scale_table_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (40);

  for (int i = 0; i < 2000; i++)
    {
      g_autofree char *name = g_strdup_printf ("a/%d:\"é\\%d", i, i % 3);

      qs_scale_table_set (scales, name, (float) exp (g_rand_double_range (rand, -60.0, 60.0)));
    }
  qs_scale_table_set (scales, "x", 0x1p-126f);
  qs_scale_table_set (scales, "y", 1.0f / 127.0f);

  for (guint k = 0; k < qs_cache_format_get_n (); k++)
    {
      const QsCacheFormat *format = qs_cache_format_get (k);
      g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
      g_autoptr (GBytes) bytes = qs_cache_format_write (format, scales, warnings);
      g_autoptr (QsScaleTable) read = NULL;
      g_autoptr (GError) error = NULL;

      read = qs_cache_format_read (format, bytes, warnings, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (warnings->len, ==, 0);
      g_assert_cmpuint (qs_scale_table_get_n (read), ==, qs_scale_table_get_n (scales));
      for (guint i = 0; i < qs_scale_table_get_n (scales); i++)
        {
          g_assert_cmpstr (qs_scale_table_get_name (read, i), ==,
                           qs_scale_table_get_name (scales, i));
          g_assert_cmpfloat (qs_scale_table_get_scale (read, i), ==,
                             qs_scale_table_get_scale (scales, i));
        }
    }
}

/* What a format cannot express is left out and said. */
static void
test_left_out (void)
{
  g_autoptr (QsScaleTable) scales = qs_scale_table_new ();

  qs_scale_table_set (scales, "good", 1.0f);
  qs_scale_table_set (scales, "line\nbreak", 1.0f);
  qs_scale_table_set (scales, "infinite", INFINITY);

  for (guint k = 0; k < qs_cache_format_get_n (); k++)
    {
      const QsCacheFormat *format = qs_cache_format_get (k);
      g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
      g_autoptr (GBytes) bytes = qs_cache_format_write (format, scales, warnings);
      g_autoptr (GError) error = NULL;
      g_autoptr (QsScaleTable) read = qs_cache_format_read (format, bytes, NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpuint (qs_scale_table_get_n (read) + warnings->len, ==, 3);
      g_assert_true (qs_scale_table_lookup (read, "good", NULL));
    }
}

static void
test_malformed (void)
{
  const struct
  {
    const char *id;
    const char *text;
    int code;
    const char *word;
  } cases[] = {
    { NULL, "", QS_ERROR_MALFORMED, "0 bytes" },
    { NULL, "hello", QS_ERROR_UNSUPPORTED, "known format" },
    { NULL, "\xff\xfe", QS_ERROR_MALFORMED, "not text" },
    { NULL, "{\"other\": {}}", QS_ERROR_UNSUPPORTED, "known format" },
    { "int8api", "a: 1\nb\n", QS_ERROR_MALFORMED, "line 2" },
    { "int8api", "a: 1\n\nb: x\n", QS_ERROR_DATA, "line 3" },
    { "int8api", "a: -1\n", QS_ERROR_DATA, "line 1" },
    { "int8api", "a: inf\n", QS_ERROR_DATA, "line 1" },
    { "ort", "a 1\nb nan\n", QS_ERROR_DATA, "line 2" },
    { "ort", " 1\n", QS_ERROR_MALFORMED, "line 1" },
    { "ncnn", "a 0\n", QS_ERROR_MALFORMED, "line 1" },
    { "ncnn", "a 1 2\n", QS_ERROR_MALFORMED, "line 1" },
    { "ppq", "{", QS_ERROR_MALFORMED, "JSON" },
    { "ppq", "[]", QS_ERROR_MALFORMED, "act_quant_info" },
    { "ppq", "{\"act_quant_info\": 1}", QS_ERROR_MALFORMED, "act_quant_info" },
    { "ppq", "{\"act_quant_info\": {\"a\": \"1\"}}", QS_ERROR_DATA, "“a”" },
    { "ppq", "{\"act_quant_info\": {\"a\": [1]}}", QS_ERROR_DATA, "“a”" },
    { "mqbench", "{\"blob_range\": {\"a\": -1}}", QS_ERROR_DATA, "“a”" },
    { "mqbench", "{\"blob_range\": {\"a\": null}}", QS_ERROR_DATA, "“a”" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (read_text (cases[i].id, cases[i].text, &error));
      qs_test_assert_error (error, QS_ERROR, cases[i].code, cases[i].word);
    }
}

/* A million brackets must not become a million calls. */
static void
test_deep_json (void)
{
  g_autofree char *text = g_strnfill (1000000, '[');
  g_autoptr (GError) error = NULL;

  g_assert_null (read_text ("ppq", text, &error));
  g_assert_error (error, QS_ERROR, QS_ERROR_LIMIT);
}

static void
test_warnings (void)
{
  const char text[] = "a: 1\nzero: 0\na: 2\n";
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, strlen (text));
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (QsScaleTable) scales = qs_cache_format_read (NULL, bytes, warnings, &error);
  float scale;

  g_assert_no_error (error);
  g_assert_cmpuint (warnings->len, ==, 2);
  g_assert_cmpstr (warnings->pdata[0], ==, "Tensor zero is uniformly zero.");
  g_assert_true (qs_scale_table_lookup (scales, "a", &scale));
  g_assert_cmpfloat (scale, ==, 2.0f / 127.0f);
}

/* A thousand changed files of each format: an error or a table whose ranges are possible. */
static void
test_mutations (void)
{
  g_autoptr (QsScaleTable) scales = qs_scale_table_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (41);

  qs_scale_table_set (scales, "input:0", 1.0f / 127.0f);
  qs_scale_table_set (scales, "conv", 0.25f);

  for (guint k = 0; k < qs_cache_format_get_n (); k++)
    {
      const QsCacheFormat *format = qs_cache_format_get (k);
      g_autoptr (GBytes) bytes = qs_cache_format_write (format, scales, NULL);
      gsize size;
      const char *data = g_bytes_get_data (bytes, &size);

      for (int round = 0; round < 1000; round++)
        {
          g_autofree char *copy = g_memdup2 (data, size);
          g_autoptr (GBytes) changed = NULL;
          g_autoptr (QsScaleTable) read = NULL;
          g_autoptr (GError) error = NULL;

          for (int i = 0; i <= round % 3; i++)
            copy[g_rand_int_range (rand, 0, (gint32) size)] =
              (char) g_rand_int_range (rand, round % 2 == 0 ? 9 : 0, round % 2 == 0 ? 127 : 256);
          changed = g_bytes_new (copy, size - (gsize) (round % 5));
          read = qs_cache_format_read (round % 7 == 0 ? NULL : format, changed, NULL, &error);
          g_assert_true ((read == NULL) == (error != NULL));
        }
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cache-formats/read", test_read);
  g_test_add_func ("/cache-formats/round-trip", test_round_trip);
  g_test_add_func ("/cache-formats/left-out", test_left_out);
  g_test_add_func ("/cache-formats/malformed", test_malformed);
  g_test_add_func ("/cache-formats/deep-json", test_deep_json);
  g_test_add_func ("/cache-formats/warnings", test_warnings);
  g_test_add_func ("/cache-formats/mutations", test_mutations);

  return g_test_run ();
}
