/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "qs-scale-table.h"

G_BEGIN_DECLS

/**
 * QsCalibrationCache:
 *
 * A calibration cache in TensorRT's text format: a header line such as
 * `TRT-8401-EntropyCalibration2`, then `name: bits` lines, where bits are those of the float32
 * scale in hexadecimal without padding. Reading and writing again gives the same bytes, and a
 * change leaves all bytes but those of what is changed.
 */
typedef struct _QsCalibrationCache QsCalibrationCache;

QsCalibrationCache *qs_calibration_cache_new        (const char          *algorithm,
                                                     QsScaleTable        *scales);
QsCalibrationCache *qs_calibration_cache_parse      (GBytes              *bytes,
                                                     GError             **error);
QsCalibrationCache *qs_calibration_cache_load       (GFile               *file,
                                                     GError             **error);
void                qs_calibration_cache_free       (QsCalibrationCache  *self);
GBytes             *qs_calibration_cache_serialize  (QsCalibrationCache  *self);
gboolean            qs_calibration_cache_save       (QsCalibrationCache  *self,
                                                     GFile               *file,
                                                     GError             **error);
const char         *qs_calibration_cache_get_header (QsCalibrationCache  *self);
/* (nullable): "EntropyCalibration2" */
const char         *qs_calibration_cache_get_algorithm (QsCalibrationCache *self);
gboolean            qs_calibration_cache_set_header (QsCalibrationCache *self,
                                                     const char          *header,
                                                     GError             **error);
gboolean            qs_calibration_cache_set_scale  (QsCalibrationCache *self,
                                                     const char          *name,
                                                     float                scale,
                                                     GError             **error);
/* Last one wins where a name is there twice. */
QsScaleTable       *qs_calibration_cache_get_scales (QsCalibrationCache  *self);
/* (element-type utf8): what was odd about the file when it was read, one sentence each; never
 * NULL */
GPtrArray          *qs_calibration_cache_get_warnings (QsCalibrationCache *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsCalibrationCache, qs_calibration_cache_free)

G_END_DECLS
