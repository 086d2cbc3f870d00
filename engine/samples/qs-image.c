/* SPDX-License-Identifier: MIT */
#include "qs-image.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <string.h>

#include "core/qs-error.h"

/* Deflate, which PNG uses, turns a byte into 1032 at most, and a byte holds 8 pixels at most. No
 * picture that a JPEG can hold is denser. */
#define MAX_PIXELS_PER_BYTE (1032 * 8)

struct _QsImage
{
  int width;
  int height;
  int n_channels;
  guint8 *pixels;
};

QsImage *
qs_image_new (int      width,
              int      height,
              int      n_channels,
              GError **error)
{
  guint8 *pixels = NULL;
  QsImage *self;

  if (width > 0 && height > 0 && width <= QS_MAX_IMAGE_SIDE && height <= QS_MAX_IMAGE_SIDE &&
      (gint64) width * height <= QS_MAX_IMAGE_PIXELS)
    pixels = g_try_malloc ((gsize) width * (gsize) height * (gsize) n_channels);
  if (pixels == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "an image of %d × %d pixels is larger than this program is willing to process",
                   width, height);
      return NULL;
    }

  self = g_new0 (QsImage, 1);
  self->width = width;
  self->height = height;
  self->n_channels = n_channels;
  self->pixels = pixels;
  return self;
}

void
qs_image_free (QsImage *self)
{
  g_free (self->pixels);
  g_free (self);
}

int
qs_image_get_width (const QsImage *self)
{
  return self->width;
}

int
qs_image_get_height (const QsImage *self)
{
  return self->height;
}

int
qs_image_get_n_channels (const QsImage *self)
{
  return self->n_channels;
}

const guint8 *
qs_image_get_pixels (const QsImage *self)
{
  return self->pixels;
}

guint8 *
qs_image_get_mutable (QsImage *self)
{
  return self->pixels;
}

/* A decoder fills up what is missing and says nothing, so the end is looked for. */
static gboolean
png_has_end (const guint8 *data,
             gsize         size)
{
  static const char end[] = "IEND\xae\x42\x60\x82";

  return memmem (data, size, end, strlen (end)) != NULL;
}

/* Behind the header of the first scan: a small picture in the metadata has an end of its own. */
static gboolean
jpeg_has_end (const guint8 *data,
              gsize         size)
{
  gsize at = 2;

  while (at + 4 <= size && data[at] == 0xff && data[at + 1] != 0xda)
    at += data[at + 1] == 0xff ? 1 : 2 + ((gsize) data[at + 2] << 8 | data[at + 3]);

  return at < size && memmem (data + at, size - at, "\xff\xd9", 2) != NULL;
}

/* The loaders that may be used, and the first bytes of their files. */
static const struct
{
  const char *loader;
  const char *magic;
  gsize magic_size;
  gboolean (*has_end) (const guint8 *data,
                       gsize         size);
} formats[] = {
  { "png", "\x89PNG\r\n\x1a\n", 8, png_has_end },
  { "jpeg", "\xff\xd8\xff", 3, jpeg_has_end },
};

static int
find_format (GBytes *file)
{
  gsize size;
  const char *data = g_bytes_get_data (file, &size);

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (size >= formats[i].magic_size && memcmp (data, formats[i].magic, formats[i].magic_size) == 0)
      return (int) i;

  return -1;
}

gboolean
qs_image_probe (GBytes *head)
{
  return find_format (head) >= 0;
}

static gboolean
has_end (GBytes *file,
         int     format)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size);

  return formats[format].has_end (data, size);
}

/* What is known before memory is asked for. */
typedef struct
{
  gsize file_size;
  int width;
  int height;
  gboolean is_refused;
} Header;

static void
size_prepared_cb (GdkPixbufLoader *loader,
                  int              width,
                  int              height,
                  gpointer         user_data)
{
  Header *header = user_data;
  gint64 n = (gint64) width * height;

  header->width = width;
  header->height = height;
  header->is_refused = width > QS_MAX_IMAGE_SIDE || height > QS_MAX_IMAGE_SIDE ||
                       n > QS_MAX_IMAGE_PIXELS ||
                       n / MAX_PIXELS_PER_BYTE > (gint64) header->file_size;
  /* A size of nothing makes the loaders give up. */
  if (header->is_refused)
    gdk_pixbuf_loader_set_size (loader, 0, 0);
}

static GdkPixbuf *
load (GBytes      *file,
      const char  *type,
      Header      *header,
      GError     **error)
{
  g_autoptr (GdkPixbufLoader) loader = gdk_pixbuf_loader_new_with_type (type, error);
  GdkPixbuf *pixbuf;
  gboolean success;

  if (loader == NULL)
    return NULL;

  g_signal_connect (loader, "size-prepared", G_CALLBACK (size_prepared_cb), header);
  success = gdk_pixbuf_loader_write_bytes (loader, file, error);
  /* Closing is a duty, and an error to be told when writing gave none. */
  success = gdk_pixbuf_loader_close (loader, success ? error : NULL) && success;
  pixbuf = success ? gdk_pixbuf_loader_get_pixbuf (loader) : NULL;
  return pixbuf != NULL ? g_object_ref (pixbuf) : NULL;
}

static QsImage *
from_pixbuf (GdkPixbuf  *pixbuf,
             GError    **error)
{
  int n_channels = gdk_pixbuf_get_n_channels (pixbuf), stride = gdk_pixbuf_get_rowstride (pixbuf);
  const guint8 *from = gdk_pixbuf_read_pixels (pixbuf);
  QsImage *self = qs_image_new (gdk_pixbuf_get_width (pixbuf), gdk_pixbuf_get_height (pixbuf), 3,
                                error);
  guint8 *to;

  if (self == NULL)
    return NULL;

  to = self->pixels;
  for (int y = 0; y < self->height; y++)
    for (int x = 0; x < self->width; x++, to += 3)
      memcpy (to, from + (gsize) y * (gsize) stride + (gsize) x * (gsize) n_channels, 3);

  return self;
}

static void
set_header_error (GError      **error,
                  const Header *header)
{
  g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
               "the image claims to have %d × %d pixels, which its %" G_GSIZE_FORMAT " bytes cannot "
               "hold or this program is not willing to process", header->width, header->height,
               header->file_size);
}

/**
 * qs_image_decode:
 * @file: all bytes of a PNG or JPEG file
 *
 * Errors: %QS_ERROR_MALFORMED for a damaged or truncated file, %QS_ERROR_UNSUPPORTED for another
 * kind of file, %QS_ERROR_LIMIT for an image whose header claims more than there can be.
 */
QsImage *
qs_image_decode (GBytes  *file,
                 GError **error)
{
  Header header = { .file_size = g_bytes_get_size (file) };
  int format = find_format (file);
  g_autoptr (GError) problem = NULL;
  g_autoptr (GdkPixbuf) pixbuf = NULL;

  if (format < 0)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                           "this is neither a PNG nor a JPEG image");
      return NULL;
    }

  pixbuf = load (file, formats[format].loader, &header, &problem);
  if (header.is_refused)
    set_header_error (error, &header);
  else if (pixbuf == NULL)
    g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "the image cannot be read: %s",
                 problem != NULL ? problem->message : "there are no pixels");
  else if (!has_end (file, format))
    g_set_error_literal (error, QS_ERROR, QS_ERROR_MALFORMED, "the image ends too early");
  else
    return from_pixbuf (pixbuf, error);

  return NULL;
}

QsImage *
qs_image_to_grey (const QsImage  *self,
                  GError        **error)
{
  QsImage *grey = qs_image_new (self->width, self->height, 1, error);
  gsize n = (gsize) self->width * (gsize) self->height;

  if (grey == NULL)
    return NULL;

  for (gsize i = 0; i < n; i++)
    {
      const guint8 *pixel = self->pixels + i * (gsize) self->n_channels;

      grey->pixels[i] = self->n_channels == 1
                          ? pixel[0]
                          : (guint8) ((19595u * pixel[0] + 38470u * pixel[1] + 7471u * pixel[2] +
                                       32768u) >> 16);
    }
  return grey;
}

/* Half of what is left over; halves go to the even number, as Python's round() has it. */
static int
get_margin (int whole,
            int part)
{
  int half = (whole - part) / 2;

  return half + ((whole - part) % 2 != 0 && half % 2 != 0);
}

/**
 * qs_image_crop_centre:
 *
 * Cuts out the middle, with the same rounding as torchvision's CenterCrop.
 *
 * Errors: %QS_ERROR_SHAPE when the image is smaller, %QS_ERROR_LIMIT.
 */
QsImage *
qs_image_crop_centre (const QsImage  *self,
                      int             width,
                      int             height,
                      GError        **error)
{
  gsize n = (gsize) self->n_channels;
  int left, top;
  QsImage *cut;

  if (width > self->width || height > self->height)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
                   "%d × %d pixels cannot be cropped out of %d × %d; resize the images to more",
                   width, height, self->width, self->height);
      return NULL;
    }

  cut = qs_image_new (width, height, self->n_channels, error);
  if (cut == NULL)
    return NULL;

  left = get_margin (self->width, width);
  top = get_margin (self->height, height);
  for (int y = 0; y < height; y++)
    memcpy (cut->pixels + (gsize) y * (gsize) width * n,
            self->pixels + ((gsize) (top + y) * (gsize) self->width + (gsize) left) * n,
            (gsize) width * n);
  return cut;
}
