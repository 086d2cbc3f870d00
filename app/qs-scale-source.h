/* SPDX-License-Identifier: MIT */
#pragma once

#include "calibration/qs-histogram-set.h"
#include "calibration/qs-portability.h"

G_BEGIN_DECLS

/**
 * QsScaleSource:
 *
 * One opinion about every tensor's scale: a calibrator's, or that of a calibration cache that was
 * opened. All of them are shown side by side. Immutable and reference counted.
 */
typedef struct _QsScaleSource QsScaleSource;

#define QS_SCALE_SOURCE_CACHE "cache"
#define QS_SCALE_SOURCE_MANUAL "manual"

QsScaleSource *qs_scale_source_new_calibrator (const QsCalibrator *calibrator,
                                               QsHistogramSet     *histograms,
                                               QsBeforeFusion      before_fusion);
QsScaleSource *qs_scale_source_new_cache      (const char         *name,
                                               QsScaleTable       *scales);
/* Ranges set by hand, for the tensors that have one. */
QsScaleSource *qs_scale_source_new_manual     (const char         *name,
                                               QsScaleTable       *scales);
QsScaleSource *qs_scale_source_ref            (QsScaleSource      *self);
void           qs_scale_source_unref          (QsScaleSource      *self);

/* The calibrator's id, or QS_SCALE_SOURCE_CACHE. */
const char    *qs_scale_source_get_id         (QsScaleSource      *self);
const char    *qs_scale_source_get_name       (QsScaleSource      *self);
/* (nullable): NULL for a cache */
const QsCalibrator *qs_scale_source_get_calibrator (QsScaleSource *self);
QsScaleTable  *qs_scale_source_get_scales     (QsScaleSource      *self);
/* Where a cache of these scales may be used; unknown of one that was opened. */
QsPortability  qs_scale_source_get_portability (QsScaleSource     *self);
/* The largest |x| that @tensor can hold, NaN when this source does not know it. */
double         qs_scale_source_get_threshold  (QsScaleSource      *self,
                                               const char         *tensor);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsScaleSource, qs_scale_source_unref)

G_END_DECLS
