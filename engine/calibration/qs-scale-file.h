/* SPDX-License-Identifier: MIT */
#pragma once

#include "formats/qs-cache-format.h"
#include "qs-portability.h"

G_BEGIN_DECLS

/**
 * QsScaleFile:
 *
 * A file of scales in any of the formats: TensorRT's calibration cache, with its header, or a table
 * of another program. Immutable and reference counted; a change gives another one, so that the
 * versions of a document can share what is not changed.
 */
typedef struct _QsScaleFile QsScaleFile;

/* @format: (nullable): found by the contents when %NULL */
QsScaleFile         *qs_scale_file_new           (GBytes               *bytes,
                                                  const QsCacheFormat  *format,
                                                  GError              **error);
QsScaleFile         *qs_scale_file_load          (GFile                *file,
                                                  const QsCacheFormat  *format,
                                                  GError              **error);
QsScaleFile         *qs_scale_file_ref           (QsScaleFile          *self);
void                 qs_scale_file_unref         (QsScaleFile          *self);

GBytes              *qs_scale_file_get_bytes     (QsScaleFile          *self);
const QsCacheFormat *qs_scale_file_get_format    (QsScaleFile          *self);
QsScaleTable        *qs_scale_file_get_scales    (QsScaleFile          *self);
/* (element-type utf8): what is odd about the file, one sentence each */
GPtrArray           *qs_scale_file_get_warnings  (QsScaleFile          *self);
/* (nullable): of TensorRT's format only */
const char          *qs_scale_file_get_header    (QsScaleFile          *self);
const char          *qs_scale_file_get_algorithm (QsScaleFile          *self);
/* By the algorithm, or where that does not tell, by the names in the light of @network
 * (nullable). */
QsPortability        qs_scale_file_get_portability (QsScaleFile        *self,
                                                  QsNetwork            *network);

gboolean             qs_scale_file_can_edit      (QsScaleFile          *self);
QsScaleFile         *qs_scale_file_set_scale     (QsScaleFile          *self,
                                                  const char           *tensor,
                                                  float                 scale,
                                                  GError              **error);
QsScaleFile         *qs_scale_file_set_header    (QsScaleFile          *self,
                                                  const char           *header,
                                                  GError              **error);
/* The file in another format; what that can't say goes to @warnings (nullable). Its own format
 * leaves the bytes as they are. */
GBytes              *qs_scale_file_convert       (QsScaleFile          *self,
                                                  const QsCacheFormat  *to,
                                                  GPtrArray            *warnings);
/* The same for scales that come from a calibrator, whose word @algorithm the header of TensorRT's
 * format has. */
GBytes              *qs_scale_table_to_bytes     (QsScaleTable         *scales,
                                                  const QsCacheFormat  *to,
                                                  const char           *algorithm,
                                                  GPtrArray            *warnings);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsScaleFile, qs_scale_file_unref)

G_END_DECLS
