/* SPDX-License-Identifier: MIT */
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <string.h>

#include "core/qs-error.h"
#include "qs-test.h"
#include "samples/qs-image.h"

/* Colours that depend on place and channel: (37 x + 91 y + 53 c + 7 x y) mod 256. */
static QsImage *
make_pattern (int width,
              int height)
{
  QsImage *image = qs_image_new (width, height, 3, NULL);
  guint8 *pixel = qs_image_get_mutable (image);

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      for (int c = 0; c < 3; c++)
        *pixel++ = (guint8) (37 * x + 91 * y + 53 * c + 7 * x * y);

  return image;
}

static GBytes *
encode (const QsImage *image,
        const char    *type)
{
  int width = qs_image_get_width (image), height = qs_image_get_height (image);
  g_autoptr (GdkPixbuf) pixbuf =
    gdk_pixbuf_new_from_data (qs_image_get_pixels (image), GDK_COLORSPACE_RGB, FALSE, 8, width,
                              height, width * 3, NULL, NULL);
  g_autoptr (GError) error = NULL;
  char *data;
  gsize size;

  g_assert_true (gdk_pixbuf_save_to_buffer (pixbuf, &data, &size, type, &error, NULL));
  g_assert_no_error (error);
  return g_bytes_new_take (data, size);
}

static char *
hash (const QsImage *image)
{
  gsize n = (gsize) qs_image_get_width (image) * (gsize) qs_image_get_height (image) *
            (gsize) qs_image_get_n_channels (image);

  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, qs_image_get_pixels (image), n);
}

/* SHA-256 of what Pillow 13.0.0 made of the same pattern on x86-64:
 *
 *   y, x, c = numpy.mgrid[0:h, 0:w, 0:3]
 *   image = Image.fromarray (((37*x + 91*y + 53*c + 7*x*y) % 256).astype (numpy.uint8))
 *   numpy.array (image.resize ((W, H), Image.BILINEAR)).tobytes ()
 *   numpy.array (image.convert ("L").resize ((W, H), Image.BILINEAR)).tobytes ()
 */
static void
test_resize (void)
{
  const struct
  {
    int from[2];
    int to[2];
    const char *color;
    const char *grey;
  } cases[] = {
    { { 13, 9 }, { 5, 4 }, "e3de532b8135f4b6ed92a644d0908639ee56bef38f1744c1ec64a41939b5666e",
      "acbc3eeadb99562c93401514e97c2ffb4887d3ac07fa4ee2d6dbe2c0322e816a" },
    { { 7, 5 }, { 12, 11 }, "43e9dbd6f2e06f732fd2cc7059ed1f02b43b5a1d8f9c1ca564e0b2f856795976",
      "340cc616d040bfef9af3cc99786e9e64bf3f09ece4dd9fa55c753ad0a56445e8" },
    { { 64, 48 }, { 24, 17 }, "ad834ad5ec5f9485c5df8718bbba6ca65685c1e3d9cfa65720340a7155ebdf9a",
      "a48281ec0bc340c51ed29618348d349b1f9d9e830285aab73c235bf1c3707384" },
    { { 200, 3 }, { 31, 3 }, "c1125769e0a1a9681fed328861fe129a8204d2f994948750b125bf2412807134",
      "661ab5ee0d7bdaed084bf33e3ffcf8945d8b5b90715b666323541243529fd828" },
    { { 5, 5 }, { 5, 9 }, "fe8d5db9875d8ec85778b42782435c434cef03667304c662ae41857fe36b5d95",
      "a154b97dc5fca771cbe607bb1bc2b59c39364cd45b283dfa03e34d32cfb3eb49" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (QsImage) image = make_pattern (cases[i].from[0], cases[i].from[1]);
      g_autoptr (QsImage) grey = qs_image_to_grey (image, NULL);
      g_autoptr (QsImage) small = qs_image_resize (image, cases[i].to[0], cases[i].to[1], NULL);
      g_autoptr (QsImage) small_grey = qs_image_resize (grey, cases[i].to[0], cases[i].to[1], NULL);
      g_autofree char *color_hash = hash (small), *grey_hash = hash (small_grey);

      g_assert_cmpstr (color_hash, ==, cases[i].color);
      g_assert_cmpstr (grey_hash, ==, cases[i].grey);
    }
}

/* By hand: 5 columns out of 8 begin at round (1.5) = 2, out of 10 at round (2.5) = 2, since Python
 * rounds halves to even; 3 rows out of 4 at round (0.5) = 0, out of 6 at round (1.5) = 2. */
static void
test_crop (void)
{
  const int cases[][6] = {
    { 8, 4, 5, 3, 2, 0 }, { 10, 6, 5, 3, 2, 2 }, { 9, 7, 5, 3, 2, 2 }, { 5, 3, 5, 3, 0, 0 },
  };
  g_autoptr (QsImage) tiny = make_pattern (4, 4);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (QsImage) image = make_pattern (cases[i][0], cases[i][1]);
      g_autoptr (QsImage) cut = qs_image_crop_centre (image, cases[i][2], cases[i][3], &error);
      int left = cases[i][4], top = cases[i][5];

      g_assert_no_error (error);
      for (int y = 0; y < cases[i][3]; y++)
        for (int x = 0; x < cases[i][2]; x++)
          g_assert_cmpuint (qs_image_get_pixels (cut)[(y * cases[i][2] + x) * 3], ==,
                            (guint8) (37 * (left + x) + 91 * (top + y) +
                                      7 * (left + x) * (top + y)));
    }

  g_assert_null (qs_image_crop_centre (tiny, 5, 4, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_SHAPE, "4 × 4");
}

static void
test_png (void)
{
  g_autoptr (QsImage) image = make_pattern (19, 11);
  g_autoptr (GBytes) bytes = encode (image, "png");
  g_autoptr (GError) error = NULL;
  g_autoptr (QsImage) decoded = qs_image_decode (bytes, &error);

  g_assert_no_error (error);
  g_assert_cmpint (qs_image_get_width (decoded), ==, 19);
  g_assert_cmpmem (qs_image_get_pixels (decoded), 19 * 11 * 3, qs_image_get_pixels (image),
                   19 * 11 * 3);
}

/* Compression changes a flat grey by nothing at all. */
static void
test_jpeg (void)
{
  g_autoptr (QsImage) image = qs_image_new (24, 16, 3, NULL);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (QsImage) decoded = NULL;

  memset (qs_image_get_mutable (image), 128, 24 * 16 * 3);
  bytes = encode (image, "jpeg");
  g_assert_true (qs_image_probe (bytes));
  decoded = qs_image_decode (bytes, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (qs_image_get_pixels (decoded), 24 * 16 * 3, qs_image_get_pixels (image),
                   24 * 16 * 3);
}

/* Neither format is read where its end is missing, however little that is. */
static void
test_truncated (void)
{
  const char *const types[] = { "png", "jpeg" };
  g_autoptr (QsImage) image = make_pattern (40, 30);

  for (gsize t = 0; t < G_N_ELEMENTS (types); t++)
    {
      g_autoptr (GBytes) whole = encode (image, types[t]);
      gsize size = g_bytes_get_size (whole);

      for (gsize n = 0; n < size; n += n < size - 20 ? 1 + n / 8 : 1)
        {
          g_autoptr (GBytes) part = g_bytes_new_from_bytes (whole, 0, n);
          g_autoptr (GError) error = NULL;

          g_assert_null (qs_image_decode (part, &error));
          g_assert_nonnull (error);
        }
    }
}

/* A header of 100,000 × 100,000 pixels, which would be 30 GB, and one of 20,000 × 6,000 in a file of
 * some hundred bytes. */
static void
test_bombs (void)
{
  const guint32 sizes[][2] = { { 100000, 100000 }, { 20000, 6000 } };
  g_autoptr (QsImage) image = make_pattern (4, 4);
  g_autoptr (GBytes) bytes = encode (image, "png");

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      gsize size = g_bytes_get_size (bytes);
      g_autofree guint8 *data = g_memdup2 (g_bytes_get_data (bytes, NULL), size);
      g_autoptr (GBytes) bomb = NULL;
      g_autoptr (GError) error = NULL;
      guint32 crc = 0xffffffff;

      for (int k = 0; k < 2; k++)
        for (int b = 0; b < 4; b++)
          data[16 + 4 * k + b] = (guint8) (sizes[i][k] >> (24 - 8 * b));
      /* The chunk's CRC-32 over "IHDR" and its 13 bytes. */
      for (gsize b = 12; b < 29; b++)
        {
          crc ^= data[b];
          for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
      for (int b = 0; b < 4; b++)
        data[29 + b] = (guint8) (~crc >> (24 - 8 * b));

      bomb = g_bytes_new (data, size);
      g_assert_null (qs_image_decode (bomb, &error));
      qs_test_assert_error (error, QS_ERROR, QS_ERROR_LIMIT, "claims");
    }
}

static void
test_other_kinds (void)
{
  g_autoptr (GBytes) svg = g_bytes_new_static ("<svg xmlns='http://www.w3.org/2000/svg'/>", 41);
  g_autoptr (GError) error = NULL;

  g_assert_null (qs_image_decode (svg, &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "PNG");
}

/* A thousand files with some bytes changed are read or refused. */
static void
test_mutations (void)
{
  const char *const types[] = { "png", "jpeg" };
  g_autoptr (QsImage) image = make_pattern (24, 24);
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);

  for (int round = 0; round < 1000; round++)
    {
      g_autoptr (GBytes) bytes = encode (image, types[round % 2]);
      gsize size = g_bytes_get_size (bytes);
      g_autofree guint8 *data = g_memdup2 (g_bytes_get_data (bytes, NULL), size);
      g_autoptr (GBytes) changed = NULL;
      g_autoptr (QsImage) decoded = NULL;
      g_autoptr (GError) error = NULL;

      for (int i = 0; i <= round % 5; i++)
        data[g_rand_int_range (rand, 0, (gint32) size)] = (guint8) g_rand_int (rand);
      changed = g_bytes_new (data, size);
      decoded = qs_image_decode (changed, &error);
      g_assert_true ((decoded == NULL) == (error != NULL));
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/image/resize", test_resize);
  g_test_add_func ("/image/crop", test_crop);
  g_test_add_func ("/image/png", test_png);
  g_test_add_func ("/image/jpeg", test_jpeg);
  g_test_add_func ("/image/truncated", test_truncated);
  g_test_add_func ("/image/bombs", test_bombs);
  g_test_add_func ("/image/other-kinds", test_other_kinds);
  g_test_add_func ("/image/mutations", test_mutations);

  return g_test_run ();
}
