/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-preprocessing.h"

G_BEGIN_DECLS

/**
 * QsImage:
 *
 * Pixels of 8 bits, 1 channel (grey) or 3 (red, green, blue), row by row without gaps.
 */
typedef struct _QsImage QsImage;

QsImage      *qs_image_new            (int             width,
                                       int             height,
                                       int             n_channels,
                                       GError        **error);
/* A PNG or JPEG file, told by its first bytes. Transparency is dropped; colour stays as stored. */
QsImage      *qs_image_decode         (GBytes         *file,
                                       GError        **error);
gboolean      qs_image_probe          (GBytes         *head);
void          qs_image_free           (QsImage        *self);

int           qs_image_get_width      (const QsImage  *self);
int           qs_image_get_height     (const QsImage  *self);
int           qs_image_get_n_channels (const QsImage  *self);
const guint8 *qs_image_get_pixels     (const QsImage  *self);
guint8       *qs_image_get_mutable    (QsImage        *self);

/* (transfer full): one channel, (19595 R + 38470 G + 7471 B + 32768) >> 16 */
QsImage      *qs_image_to_grey        (const QsImage  *self,
                                       GError        **error);
QsImage      *qs_image_resize         (const QsImage  *self,
                                       int             width,
                                       int             height,
                                       GError        **error);
QsImage      *qs_image_crop_centre    (const QsImage  *self,
                                       int             width,
                                       int             height,
                                       GError        **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsImage, qs_image_free)

G_END_DECLS
