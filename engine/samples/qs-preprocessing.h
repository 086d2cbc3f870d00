/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-shape.h"

G_BEGIN_DECLS

#define QS_MAX_CHANNELS 16

/* No side of an image is longer, and no image has more pixels: a few bytes of a hostile file can
 * claim any size. */
#define QS_MAX_IMAGE_SIDE 32768
#define QS_MAX_IMAGE_PIXELS (G_GINT64_CONSTANT (1) << 27)

/**
 * QsImageResize:
 * @QS_IMAGE_RESIZE_NONE: images have the size they need
 * @QS_IMAGE_RESIZE_SHORTER: the shorter side gets the given length, the longer one follows
 * @QS_IMAGE_RESIZE_EXACT: both sides get the given lengths, whatever becomes of the proportions
 */
#define QS_IMAGE_RESIZES(X) X (NONE, "none") X (SHORTER, "shorter") X (EXACT, "exact")

/**
 * QsImageColor:
 * @QS_IMAGE_COLOR_AUTO: grey for an input of one channel, else RGB
 * @QS_IMAGE_COLOR_GREY: ITU-R BT.601 luma
 */
#define QS_IMAGE_COLORS(X) X (AUTO, "auto") X (RGB, "rgb") X (BGR, "bgr") X (GREY, "grey")

/**
 * QsImageLayout:
 * @QS_IMAGE_LAYOUT_AUTO: where the input's shape has its 1 or 3 channels; first, if both fit
 */
#define QS_IMAGE_LAYOUTS(X) X (AUTO, "auto") X (NCHW, "nchw") X (NHWC, "nhwc")

#define QS_ENUM_ROW_RESIZE(id, name) QS_IMAGE_RESIZE_##id,
#define QS_ENUM_ROW_COLOR(id, name) QS_IMAGE_COLOR_##id,
#define QS_ENUM_ROW_LAYOUT(id, name) QS_IMAGE_LAYOUT_##id,
typedef enum { QS_IMAGE_RESIZES (QS_ENUM_ROW_RESIZE) QS_N_IMAGE_RESIZES } QsImageResize;
typedef enum { QS_IMAGE_COLORS (QS_ENUM_ROW_COLOR) QS_N_IMAGE_COLORS } QsImageColor;
typedef enum { QS_IMAGE_LAYOUTS (QS_ENUM_ROW_LAYOUT) QS_N_IMAGE_LAYOUTS } QsImageLayout;
#undef QS_ENUM_ROW_RESIZE
#undef QS_ENUM_ROW_COLOR
#undef QS_ENUM_ROW_LAYOUT

/**
 * QsPreprocessing:
 * @resize: how images are resized before anything else
 * @resize_width: width, or the shorter side; 0 for the network input's own
 * @resize_height: height of an exact resize; 0 for the network input's own
 * @crop: whether the centre of the resized image is cut out
 * @crop_width: 0 for the network input's own
 * @crop_height: likewise
 * @color: order of an image's channels
 * @layout: where an image's channels are
 * @scale: multiplies the stored value
 * @mean: (array length=n_channels): subtracted per channel after scaling
 * @std: (array length=n_channels): divides per channel
 * @n_channels: 0 when values are used as stored, 1 when one pair serves all channels
 *
 * How stored numbers become network inputs. Images are resized, cropped and brought into the
 * network's channel order and layout, all in 8 bits; arrays already have the network's shape. Then
 * every value becomes `(x * scale - mean[c]) / std[c]` in float32, where c counts the channels as
 * the network sees them.
 */
typedef struct
{
  QsImageResize resize;
  int resize_width;
  int resize_height;
  gboolean crop;
  int crop_width;
  int crop_height;
  QsImageColor color;
  QsImageLayout layout;
  float scale;
  int n_channels;
  float mean[QS_MAX_CHANNELS];
  float std[QS_MAX_CHANNELS];
} QsPreprocessing;

void     qs_preprocessing_init        (QsPreprocessing        *self);
/* Comma-separated numbers as on the command line; NULL leaves the default. What becomes of images
 * is not touched. */
gboolean qs_preprocessing_parse       (QsPreprocessing        *self,
                                       const char             *scale,
                                       const char             *mean,
                                       const char             *std,
                                       GError                **error);
/* Words as on the command line; NULL leaves what there is. The numbers are not touched. */
gboolean qs_preprocessing_parse_image (QsPreprocessing        *self,
                                       const char             *resize,
                                       const char             *crop,
                                       const char             *color,
                                       const char             *layout,
                                       GError                **error);
/* Whether numbers are used as they are stored. */
gboolean qs_preprocessing_is_identity (const QsPreprocessing  *self);
gboolean qs_preprocessing_equal       (const QsPreprocessing  *a,
                                       const QsPreprocessing  *b);
/* The same for what becomes of images. */
gboolean qs_preprocessing_equal_image (const QsPreprocessing  *a,
                                       const QsPreprocessing  *b);
/* Scale, mean and deviation of @numbers; what becomes of images stays. */
void     qs_preprocessing_set_numbers (QsPreprocessing        *self,
                                       const QsPreprocessing  *numbers);
/* Whether numbers and sizes are in range; for preprocessing that comes out of a file. */
gboolean qs_preprocessing_validate    (const QsPreprocessing  *self,
                                       GError                **error);

const char *qs_image_resize_get_name  (QsImageResize           resize);
const char *qs_image_color_get_name   (QsImageColor            color);
const char *qs_image_layout_get_name  (QsImageLayout           layout);
/* Their values, or -1. */
int         qs_image_resize_lookup    (const char             *name);
int         qs_image_color_lookup     (const char             *name);
int         qs_image_layout_lookup    (const char             *name);

/* Applies the numbers of @self to a batch of shape @shape in place. */
gboolean qs_preprocessing_apply       (const QsPreprocessing  *self,
                                       const QsShape          *shape,
                                       float                  *values,
                                       GError                **error);
/* Whether values of @shape have the channels that @self speaks of. */
gboolean qs_preprocessing_check       (const QsPreprocessing  *self,
                                       const QsShape          *shape,
                                       GError                **error);

G_END_DECLS
