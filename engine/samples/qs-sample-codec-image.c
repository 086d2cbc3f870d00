/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/qs-error.h"
#include "qs-image.h"
#include "qs-sample-files.h"

/* Where the input has its axes, and what it wants along them. */
typedef struct
{
  gboolean channels_last;
  int n_channels;
  int width;
  int height;
} Target;

static gboolean
is_channels (gint64 n)
{
  return n == 1 || n == 3;
}

static gboolean
find_target (QsSampleFiles *self,
             Target        *target,
             GError       **error)
{
  const QsShape *shape = &self->input.shape;
  QsImageLayout layout = self->preprocessing.layout;
  g_autofree char *text = NULL;
  int spatial;

  if (shape->n_dims == 4)
    {
      if (layout == QS_IMAGE_LAYOUT_AUTO)
        layout = is_channels (shape->dims[1]) || !is_channels (shape->dims[3])
                   ? QS_IMAGE_LAYOUT_NCHW
                   : QS_IMAGE_LAYOUT_NHWC;
      target->channels_last = layout == QS_IMAGE_LAYOUT_NHWC;
      spatial = target->channels_last ? 1 : 2;
      target->n_channels = (int) CLAMP (shape->dims[target->channels_last ? 3 : 1], 0, 9999);
      target->height = (int) CLAMP (shape->dims[spatial], 0, G_MAXINT);
      target->width = (int) CLAMP (shape->dims[spatial + 1], 0, G_MAXINT);
      if (is_channels (target->n_channels))
        return TRUE;
    }

  text = qs_shape_to_string (shape);
  qs_sample_files_set_error (self, 0, error, QS_ERROR_SHAPE,
                             "an image fits no input of shape %s such as “%s”; it needs samples, 1 "
                             "or 3 channels, height and width", text, self->input.name);
  return FALSE;
}

static QsImageColor
get_color (QsSampleFiles *self,
           const Target  *target)
{
  if (self->preprocessing.color != QS_IMAGE_COLOR_AUTO)
    return self->preprocessing.color;

  return target->n_channels == 1 ? QS_IMAGE_COLOR_GREY : QS_IMAGE_COLOR_RGB;
}

static gboolean
check_color (QsSampleFiles *self,
             const Target  *target,
             GError       **error)
{
  QsImageColor color = get_color (self, target);
  int n = color == QS_IMAGE_COLOR_GREY ? 1 : 3;

  if (n == target->n_channels)
    return TRUE;

  qs_sample_files_set_error (self, 0, error, QS_ERROR_SHAPE,
                             "“%s” images have %d channel%s, but input “%s” has %d",
                             qs_image_color_get_name (color), n, n == 1 ? "" : "s",
                             self->input.name, target->n_channels);
  return FALSE;
}

/* The longer side is rounded down, as torchvision's Resize does it. */
static QsImage *
resize (const QsPreprocessing *preprocessing,
        const Target          *target,
        const QsImage         *image,
        GError               **error)
{
  gint64 width = qs_image_get_width (image), height = qs_image_get_height (image);
  gint64 shorter = preprocessing->resize_width;

  if (preprocessing->resize == QS_IMAGE_RESIZE_EXACT)
    return qs_image_resize (
      image, preprocessing->resize_width > 0 ? preprocessing->resize_width : target->width,
      preprocessing->resize_height > 0 ? preprocessing->resize_height : target->height, error);

  if (shorter == 0)
    shorter = MAX (target->width, target->height);
  if (width <= height)
    return qs_image_resize (image, (int) shorter, (int) MIN (shorter * height / width, G_MAXINT),
                            error);

  return qs_image_resize (image, (int) MIN (shorter * width / height, G_MAXINT), (int) shorter,
                          error);
}

static QsImage *
crop (const QsPreprocessing *preprocessing,
      const Target          *target,
      const QsImage         *image,
      GError               **error)
{
  return qs_image_crop_centre (
    image, preprocessing->crop_width > 0 ? preprocessing->crop_width : target->width,
    preprocessing->crop_height > 0 ? preprocessing->crop_height : target->height, error);
}

static void
replace (QsImage **image,
         QsImage  *next)
{
  qs_image_free (*image);
  *image = next;
}

static QsImage *
transform (QsSampleFiles *self,
           const Target  *target,
           GBytes        *file,
           GError       **error)
{
  const QsPreprocessing *preprocessing = &self->preprocessing;
  g_autoptr (QsImage) image = qs_image_decode (file, error);

  if (image != NULL && get_color (self, target) == QS_IMAGE_COLOR_GREY)
    replace (&image, qs_image_to_grey (image, error));
  if (image != NULL && preprocessing->resize != QS_IMAGE_RESIZE_NONE)
    replace (&image, resize (preprocessing, target, image, error));
  if (image != NULL && preprocessing->crop)
    replace (&image, crop (preprocessing, target, image, error));
  if (image == NULL)
    return NULL;

  if (qs_image_get_width (image) == target->width && qs_image_get_height (image) == target->height)
    return g_steal_pointer (&image);

  g_set_error (error, QS_ERROR, QS_ERROR_SHAPE,
               "%d × %d pixels do not fit input “%s”, which takes %d × %d; resize or crop the images",
               qs_image_get_width (image), qs_image_get_height (image), self->input.name,
               target->width, target->height);
  return NULL;
}

static QsImage *
load (QsSampleFiles *self,
      const Target  *target,
      guint          index,
      GError       **error)
{
  g_autoptr (GBytes) bytes =
    qs_sample_store_load (self->store, qs_sample_files_get (self, index), error);
  QsImage *image;

  if (bytes == NULL)
    return NULL;

  image = transform (self, target, bytes, error);
  if (image == NULL)
    qs_sample_files_name_error (self, index, error);
  return image;
}

static gint64
get_rows (QsSampleFiles *self,
          guint          index,
          GError       **error)
{
  return 1;
}

static gboolean
describe (QsSampleFiles *self,
          GError       **error)
{
  g_autoptr (QsImage) image = NULL;
  Target target;

  self->type = QS_DATA_TYPE_UINT8;
  if (!find_target (self, &target, error) || !check_color (self, &target, error))
    return FALSE;

  image = load (self, &target, 0, error);
  return image != NULL && qs_sample_files_set_rows (self, get_rows, error);
}

static void
write_pixels (const QsImage *image,
              const Target  *target,
              gboolean       is_reversed,
              guint8        *buffer)
{
  gsize n_pixels = (gsize) target->width * (gsize) target->height;
  gsize n = (gsize) target->n_channels;
  const guint8 *pixels = qs_image_get_pixels (image);

  for (gsize i = 0; i < n_pixels; i++)
    for (gsize c = 0; c < n; c++)
      buffer[target->channels_last ? i * n + c : c * n_pixels + i] =
        pixels[i * n + (is_reversed ? n - 1 - c : c)];
}

static gboolean
read_images (QsSampleFiles *self,
             guint          index,
             gint64         first,
             gint64         n,
             guint8        *buffer,
             GError       **error)
{
  g_autoptr (QsImage) image = NULL;
  Target target;

  if (!find_target (self, &target, error))
    return FALSE;

  image = load (self, &target, index, error);
  if (image == NULL)
    return FALSE;

  write_pixels (image, &target, self->preprocessing.color == QS_IMAGE_COLOR_BGR, buffer);
  return TRUE;
}

static const char *const suffixes[] = { ".png", ".jpg", ".jpeg", NULL };

const QsSampleCodec qs_sample_codec_image = {
  .id = "image",
  .title = "PNG and JPEG images",
  .suffixes = suffixes,
  .describe = describe,
  .read = read_images,
};
