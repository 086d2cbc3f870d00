/* SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <string.h>

#include "calibration/qs-dynamic-ranges-file.h"
#include "core/qs-error.h"
#include "qs-test.h"

/* Values by hand: 127 codes on each side of zero. A range from zero up leaves the 127 negative
 * codes unused; -1 … 3 has the scale 3/127, and -1 is code rint (-42.33) = -42. */
static void
test_values (void)
{
  const QsDynamicRange symmetric = { -2.0, 2.0 };
  const QsDynamicRange positive = { 0.0, 6.0 };
  const QsDynamicRange skewed = { -1.0, 3.0 };

  g_assert_cmpfloat (qs_dynamic_range_get_scale (&symmetric), ==, 2.0f / 127.0f);
  g_assert_cmpfloat (qs_dynamic_range_get_scale (&skewed), ==, 3.0f / 127.0f);
  g_assert_cmpfloat (qs_dynamic_range_get_unused (&symmetric), ==, 0.0);
  g_assert_cmpfloat_with_epsilon (qs_dynamic_range_get_unused (&positive), 127.0 / 255.0, 1e-15);
  g_assert_cmpfloat_with_epsilon (qs_dynamic_range_get_unused (&skewed), 85.0 / 255.0, 1e-15);
}

/* float32 division by its definition, and the scale of a cache through its range. */
static void
test_rounding (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);

  for (guint i = 0; i < 10000; i++)
    {
      float end = (float) exp (g_rand_double_range (rand, -30.0, 30.0));
      float scale = (float) exp (g_rand_double_range (rand, -30.0, 30.0));
      const QsDynamicRange range = { (double) -end / 2, (double) end };
      const QsDynamicRange from_scale = { -127.0 * (double) scale, 127.0 * (double) scale };

      g_assert_cmpfloat (qs_dynamic_range_get_scale (&range), ==, end / 127.0f);
      g_assert_cmpfloat (qs_dynamic_range_get_scale (&from_scale), ==, scale);
    }
}

static void
test_parse (void)
{
  g_autoptr (QsDynamicRanges) ranges = qs_dynamic_ranges_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (qs_dynamic_ranges_parse (ranges, "a=b,c/Relu:0=-1.5,3", &error));
  g_assert_true (qs_dynamic_ranges_parse (ranges, "x=2e-3", &error));
  g_assert_no_error (error);
  g_assert_cmpuint (qs_dynamic_ranges_get_n (ranges), ==, 2);
  g_assert_cmpfloat (qs_dynamic_ranges_lookup (ranges, "a=b,c/Relu:0")->min, ==, -1.5);
  g_assert_cmpfloat (qs_dynamic_ranges_lookup (ranges, "x")->min, ==, -2e-3);
  g_assert_true (qs_dynamic_ranges_remove (ranges, "x"));
  g_assert_false (qs_dynamic_ranges_remove (ranges, "x"));
  g_assert_null (qs_dynamic_ranges_lookup (ranges, "x"));
}

typedef struct
{
  const char *text;
  QsError code;
  const char *word;
} BadRange;

static const BadRange bad_ranges[] = {
  { "t=2,1", QS_ERROR_DATA, "minimum is larger" },
  { "t=nan,1", QS_ERROR_DATA, "finite" },
  { "t=-inf,1", QS_ERROR_DATA, "finite" },
  { "t=0,0", QS_ERROR_DATA, "both ends are 0" },
  { "t=0", QS_ERROR_DATA, "both ends are 0" },
  { "t=-1e300,1", QS_ERROR_DATA, "too large" },
  { "t=-1e-40,1e-40", QS_ERROR_DATA, "too small" },
  { "t=-1", QS_ERROR_DATA, "minimum is larger" },
  { "t=1,2,3", QS_ERROR_MALFORMED, "“t”" },
  { "t=1 2", QS_ERROR_MALFORMED, "“t”" },
  { "t=", QS_ERROR_MALFORMED, "“t”" },
  { "t", QS_ERROR_MALFORMED, "TENSOR=MIN,MAX" },
  { "=1,2", QS_ERROR_MALFORMED, "TENSOR=MIN,MAX" },
};

/* Each is refused with the tensor's name, and what was set before stays. */
static void
test_impossible (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad_ranges); i++)
    {
      g_autoptr (QsDynamicRanges) ranges = qs_dynamic_ranges_new ();
      g_autoptr (GError) error = NULL;

      g_assert_true (qs_dynamic_ranges_parse (ranges, "t=5", NULL));
      g_assert_false (qs_dynamic_ranges_parse (ranges, bad_ranges[i].text, &error));
      qs_test_assert_error (error, QS_ERROR, (int) bad_ranges[i].code, bad_ranges[i].word);
      g_assert_cmpuint (qs_dynamic_ranges_get_n (ranges), ==, 1);
      g_assert_cmpfloat (qs_dynamic_ranges_lookup (ranges, "t")->max, ==, 5.0);
    }
}

static void
assert_round_trip (const char *name,
                   gboolean    symmetric)
{
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (QsDynamicRanges) ranges = qs_dynamic_ranges_new ();
  g_autoptr (QsDynamicRanges) loaded = NULL;
  g_autoptr (GError) error = NULL;

  qs_dynamic_ranges_parse (ranges, symmetric ? "a: b=0.1" : "a: b=-0.1,0.30000000000000004", NULL);
  qs_dynamic_ranges_parse (ranges, "tensor \"é\"=3", NULL);
  g_assert_true (qs_dynamic_ranges_save (ranges, file, &error));
  loaded = qs_dynamic_ranges_load (file, &error);
  g_assert_no_error (error);

  g_assert_cmpuint (qs_dynamic_ranges_get_n (loaded), ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpstr (qs_dynamic_ranges_get_name (loaded, i), ==,
                       qs_dynamic_ranges_get_name (ranges, i));
      g_assert_cmpfloat (qs_dynamic_range_get_scale (qs_dynamic_ranges_get (loaded, i)), ==,
                         qs_dynamic_range_get_scale (qs_dynamic_ranges_get (ranges, i)));
    }
  if (!symmetric)
    g_assert_true (qs_dynamic_ranges_equal (loaded, ranges));
  qs_test_remove_folder (folder);
}

static void
test_files (void)
{
  assert_round_trip ("ranges.json", FALSE);
  assert_round_trip ("ranges.txt", TRUE);
}

static const BadRange bad_files[] = {
  { "{\"format\":\"quantoscope-ranges\",\"version\":1,\"ranges\":[{\"tensor\":\"t\",\"min\":2,"
    "\"max\":1}]}", QS_ERROR_DATA, "“t”" },
  { "{\"format\":\"quantoscope-ranges\",\"version\":1,\"ranges\":[{\"tensor\":\"t\",\"min\":2}]}",
    QS_ERROR_DATA, "“t”" },
  { "{\"format\":\"quantoscope-ranges\",\"version\":1,\"ranges\":[{\"tensor\":\"t\",\"min\":-1,"
    "\"max\":1},{\"tensor\":\"t\",\"min\":-1,\"max\":1}]}", QS_ERROR_MALFORMED, "two ranges" },
  { "{\"format\":\"quantoscope-ranges\",\"version\":1,\"ranges\":[7]}", QS_ERROR_MALFORMED,
    "range 1" },
  { "{\"format\":\"quantoscope-ranges\",\"version\":9,\"ranges\":[]}", QS_ERROR_VERSION, "9" },
  { "{\"format\":\"quantoscope-ranges\",\"version\":1,\"ranges\":{}}", QS_ERROR_MALFORMED,
    "ranges" },
  { "{\"format\":\"quantoscope-ranges\"", QS_ERROR_MALFORMED, "JSON" },
  { "TRT-8601-EntropyCalibration2\na: 3c010204\nmask: 7f800000\n", QS_ERROR_DATA, "mask" },
};

static void
test_bad_files (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad_files); i++)
    {
      g_autoptr (GBytes) bytes =
        g_bytes_new_static (bad_files[i].text, strlen (bad_files[i].text));
      g_autoptr (GError) error = NULL;

      g_assert_null (qs_dynamic_ranges_read (bytes, &error));
      qs_test_assert_error (error, QS_ERROR, (int) bad_files[i].code, bad_files[i].word);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dynamic-ranges/values", test_values);
  g_test_add_func ("/dynamic-ranges/rounding", test_rounding);
  g_test_add_func ("/dynamic-ranges/parse", test_parse);
  g_test_add_func ("/dynamic-ranges/impossible", test_impossible);
  g_test_add_func ("/dynamic-ranges/files", test_files);
  g_test_add_func ("/dynamic-ranges/bad-files", test_bad_files);
  return g_test_run ();
}
