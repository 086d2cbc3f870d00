/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/qs-error.h"
#include "qs-test.h"
#include "samples/qs-sample-order.h"
#include "samples/qs-sample-recipe.h"

/* The first numbers for the seed 1234567, as published with several implementations (Rosetta Code,
 * “Pseudo-random numbers/Splitmix64”). */
static void
test_generator (void)
{
  const guint64 expected[] = {
    G_GUINT64_CONSTANT (6457827717110365317), G_GUINT64_CONSTANT (3203168211198807973),
    G_GUINT64_CONSTANT (9817491932198370423), G_GUINT64_CONSTANT (4593380528125082431),
    G_GUINT64_CONSTANT (16408922859458223821),
  };
  guint64 state = 1234567;

  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpuint (qs_sample_order_next (&state), ==, expected[i]);
}

/* Written down from the definition in ten lines of Python:
 *
 *   def shuffle (n, seed):
 *     order, state, m = list (range (n)), seed, 2**64
 *     for i in range (n - 1, 0, -1):
 *       state = z = (state + 0x9e3779b97f4a7c15) % m
 *       z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 % m
 *       z = (z ^ z >> 27) * 0x94d049bb133111eb % m
 *       j = ((z ^ z >> 31) >> 32) * (i + 1) >> 32
 *       order[i], order[j] = order[j], order[i]
 *     return order
 */
static void
test_order (void)
{
  const guint32 expected[2][10] = {
    { 4, 9, 2, 5, 1, 7, 6, 0, 3, 8 },
    { 8, 3, 6, 5, 4, 0, 9, 2, 1, 7 },
  };
  const guint64 seeds[] = { 0, 42 };
  g_autoptr (GError) error = NULL;

  for (gsize s = 0; s < G_N_ELEMENTS (seeds); s++)
    {
      g_autofree guint32 *order = qs_sample_order_shuffle (10, seeds[s], &error);

      g_assert_no_error (error);
      for (guint i = 0; i < 10; i++)
        g_assert_cmpuint (order[i], ==, expected[s][i]);
    }
}

static void
test_permutation (void)
{
  g_autofree guint32 *order = qs_sample_order_shuffle (5000, 7, NULL);
  g_autofree guint8 *seen = g_malloc0 (5000);
  guint n_moved = 0;

  for (guint i = 0; i < 5000; i++)
    {
      g_assert_cmpuint (order[i], <, 5000);
      g_assert_cmpuint (seen[order[i]]++, ==, 0);
      n_moved += order[i] != i;
    }
  g_assert_cmpuint (n_moved, >, 4900);
}

static void
fill (QsSampleRecipe *recipe)
{
  g_autoptr (GError) error = NULL;

  qs_sample_recipe_init (recipe);
  g_assert_true (qs_preprocessing_parse (&recipe->preprocessing, "1/255", "0.485,0.456,0.406",
                                         "0.229,0.224,0.225", &error));
  g_assert_true (qs_preprocessing_parse_image (&recipe->preprocessing, "256", "224x192", "bgr",
                                               "nhwc", &error));
  recipe->limit = 500;
  recipe->shuffle = TRUE;
  recipe->seed = G_MAXINT64;
  recipe->batch = 8;
}

/* All of it comes back, to the last bit of every number. */
static void
test_round_trip (void)
{
  QsSampleRecipe recipe, read;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL, *again = NULL;

  fill (&recipe);
  text = qs_sample_recipe_to_json (&recipe);
  g_assert_true (qs_sample_recipe_from_json (&read, text, &error));
  g_assert_no_error (error);
  g_assert_true (qs_sample_recipe_equal (&recipe, &read));
  g_assert_cmpint (read.preprocessing.crop_height, ==, 192);
  g_assert_cmpint (read.preprocessing.resize, ==, QS_IMAGE_RESIZE_SHORTER);
  g_assert_cmpfloat (read.preprocessing.std[2], ==, 0.225f);
  again = qs_sample_recipe_to_json (&read);
  g_assert_cmpstr (text, ==, again);

  read.seed--;
  g_assert_false (qs_sample_recipe_equal (&recipe, &read));
}

static void
test_defaults (void)
{
  QsSampleRecipe plain, read;
  g_autoptr (GError) error = NULL;

  qs_sample_recipe_init (&plain);
  g_assert_true (qs_sample_recipe_from_json (&read, "{}", &error));
  g_assert_no_error (error);
  g_assert_true (qs_sample_recipe_equal (&plain, &read));
}

static void
test_bad_json (void)
{
  const struct
  {
    const char *text;
    int code;
    const char *word;
  } cases[] = {
    { "", QS_ERROR_MALFORMED, "no JSON" },
    { "[]", QS_ERROR_MALFORMED, "no JSON" },
    { "{\"scale\":", QS_ERROR_MALFORMED, "no JSON" },
    { "{\"scale\":0}", QS_ERROR_DATA, "scale" },
    { "{\"scale\":\"1\"}", QS_ERROR_DATA, "scale" },
    { "{\"scale\":1e39}", QS_ERROR_DATA, "scale" },
    { "{\"std\":[0.5,0]}", QS_ERROR_DATA, "std" },
    { "{\"std\":[1,1],\"mean\":[1]}", QS_ERROR_DATA, "number of channels" },
    { "{\"mean\":[1,null]}", QS_ERROR_DATA, "mean" },
    { "{\"mean\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}", QS_ERROR_DATA, "mean" },
    { "{\"mean\":0.5}", QS_ERROR_DATA, "mean" },
    { "{\"resize\":\"cubic\"}", QS_ERROR_DATA, "resize" },
    { "{\"resize\":1}", QS_ERROR_DATA, "resize" },
    { "{\"crop-width\":40000}", QS_ERROR_DATA, "crop-width" },
    { "{\"limit\":-1}", QS_ERROR_DATA, "limit" },
    { "{\"limit\":1.5}", QS_ERROR_DATA, "limit" },
    { "{\"batch\":65537}", QS_ERROR_DATA, "batch" },
    { "{\"seed\":9223372036854775808}", QS_ERROR_DATA, "seed" },
    { "{\"shuffle\":1}", QS_ERROR_DATA, "shuffle" },
    { "{\"gamma\":2.2}", QS_ERROR_DATA, "gamma" },
    { "{\"mean\":[[[[[1]]]]]}", QS_ERROR_LIMIT, "nested" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      QsSampleRecipe recipe, before;
      g_autoptr (GError) error = NULL;

      fill (&recipe);
      before = recipe;
      g_test_message ("%s", cases[i].text);
      g_assert_false (qs_sample_recipe_from_json (&recipe, cases[i].text, &error));
      qs_test_assert_error (error, QS_ERROR, cases[i].code, cases[i].word);
      g_assert_true (qs_sample_recipe_equal (&recipe, &before));
    }
}

static void
test_too_long (void)
{
  g_autofree char *text = g_strnfill (100000, ' ');
  g_autoptr (GError) error = NULL;
  QsSampleRecipe recipe;

  g_assert_false (qs_sample_recipe_from_json (&recipe, text, &error));
  g_assert_error (error, QS_ERROR, QS_ERROR_LIMIT);
}

/* Every text of one changed byte: read or refused, never anything else. */
static void
test_mutations (void)
{
  g_autofree char *text = NULL;
  QsSampleRecipe recipe, read;

  fill (&recipe);
  text = qs_sample_recipe_to_json (&recipe);
  for (gsize i = 0; text[i] != '\0'; i++)
    for (const char *c = "\"0-{}[],x\xff"; *c != '\0'; c++)
      {
        g_autofree char *copy = g_strdup (text);
        g_autoptr (GError) error = NULL;
        gboolean success;

        copy[i] = *c;
        success = qs_sample_recipe_from_json (&read, copy, &error);
        g_assert_true (success == (error == NULL));
      }
}

static void
test_parse_image (void)
{
  QsPreprocessing preprocessing, before;
  g_autoptr (GError) error = NULL;
  const struct
  {
    const char *resize;
    const char *crop;
    const char *color;
    const char *layout;
  } bad[] = {
    { "0", NULL, NULL, NULL }, { "-3", NULL, NULL, NULL }, { "256x", NULL, NULL, NULL },
    { "1x2x3", NULL, NULL, NULL }, { "99999", NULL, NULL, NULL }, { "", NULL, NULL, NULL },
    { NULL, "big", NULL, NULL }, { NULL, "224x0", NULL, NULL }, { NULL, NULL, "yuv", NULL },
    { "256", NULL, NULL, "hwc" },
  };

  qs_preprocessing_init (&preprocessing);
  before = preprocessing;
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_false (qs_preprocessing_parse_image (&preprocessing, bad[i].resize, bad[i].crop,
                                                    bad[i].color, bad[i].layout, &error));
      g_assert_error (error, QS_ERROR, QS_ERROR_DATA);
      g_clear_error (&error);
      g_assert_true (qs_preprocessing_equal (&preprocessing, &before));
    }

  g_assert_true (qs_preprocessing_parse_image (&preprocessing, "320x240", "input", "grey", "nchw",
                                               &error));
  g_assert_cmpint (preprocessing.resize, ==, QS_IMAGE_RESIZE_EXACT);
  g_assert_cmpint (preprocessing.resize_width, ==, 320);
  g_assert_cmpint (preprocessing.resize_height, ==, 240);
  g_assert_true (preprocessing.crop);
  g_assert_cmpint (preprocessing.crop_width, ==, 0);
  g_assert_cmpint (preprocessing.color, ==, QS_IMAGE_COLOR_GREY);
  g_assert_cmpint (preprocessing.layout, ==, QS_IMAGE_LAYOUT_NCHW);
  /* The numbers leave the images alone. */
  g_assert_true (qs_preprocessing_parse (&preprocessing, "2", NULL, NULL, &error));
  g_assert_cmpint (preprocessing.resize_width, ==, 320);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sample-order/generator", test_generator);
  g_test_add_func ("/sample-order/order", test_order);
  g_test_add_func ("/sample-order/permutation", test_permutation);
  g_test_add_func ("/sample-recipe/round-trip", test_round_trip);
  g_test_add_func ("/sample-recipe/defaults", test_defaults);
  g_test_add_func ("/sample-recipe/bad-json", test_bad_json);
  g_test_add_func ("/sample-recipe/too-long", test_too_long);
  g_test_add_func ("/sample-recipe/mutations", test_mutations);
  g_test_add_func ("/sample-recipe/parse-image", test_parse_image);

  return g_test_run ();
}
