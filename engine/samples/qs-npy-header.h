/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-data-type.h"
#include "core/qs-shape.h"

G_BEGIN_DECLS

/* Bytes before the header's text: magic, version and the longer of the two length fields. */
#define QS_NPY_PREFIX 12

/* NumPy itself refuses longer headers than 10,000 characters unless told otherwise. */
#define QS_NPY_MAX_HEADER 65535

/**
 * QsNpyHeader:
 * @type: element type
 * @swapped: whether elements are in the other byte order than this machine's
 * @fortran: whether axis 0 changes fastest
 * @shape: dimensions
 *
 * The header of a .npy array (format versions 1 to 3 of NumPy's NEP 1).
 */
typedef struct
{
  QsDataType type;
  gboolean swapped;
  gboolean fortran;
  QsShape shape;
} QsNpyHeader;

/* From the first %QS_NPY_PREFIX bytes: where the header's text starts and how long it is. */
gboolean qs_npy_header_parse_prefix (const guint8  *prefix,
                                     gsize         *start,
                                     gsize         *length,
                                     GError       **error);
gboolean qs_npy_header_parse        (QsNpyHeader   *self,
                                     const char    *text,
                                     gsize          length,
                                     GError       **error);
/* Magic, version, length and text, padded so that the data starts at a multiple of 64 bytes. */
GString *qs_npy_header_format       (QsDataType     type,
                                     const QsShape *shape);
/* Turns @n elements around in place when they are @swapped. */
void     qs_npy_header_to_host      (const QsNpyHeader *self,
                                     gpointer       data,
                                     gsize          n);

G_END_DECLS
