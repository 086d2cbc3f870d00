/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-calibrator.h"
#include "qs-tensor-notes.h"
#include "scales/qs-scale-table.h"

G_BEGIN_DECLS

/**
 * QsHistogramSet:
 *
 * The histograms of all activation tensors of a network, in the network's order, from one pass
 * over a calibration set. Every calibrator reads the same set. Reference counted, immutable once
 * the run is over.
 */
typedef struct _QsHistogramSet QsHistogramSet;

QsHistogramSet *qs_histogram_set_new       (void);
QsHistogramSet *qs_histogram_set_ref       (QsHistogramSet            *self);
void            qs_histogram_set_unref     (QsHistogramSet            *self);
/* (transfer none): the histogram of tensor @name, made when it is new */
QsHistogram    *qs_histogram_set_ensure    (QsHistogramSet            *self,
                                            const char                *name);
guint           qs_histogram_set_get_n     (QsHistogramSet            *self);
const char     *qs_histogram_set_get_name  (QsHistogramSet            *self,
                                            guint                      index);
QsHistogram    *qs_histogram_set_get       (QsHistogramSet            *self,
                                            guint                      index);
QsHistogram    *qs_histogram_set_lookup    (QsHistogramSet            *self,
                                            const char                *name);
gint64          qs_histogram_set_get_n_samples (QsHistogramSet        *self);
void            qs_histogram_set_set_n_samples (QsHistogramSet        *self,
                                            gint64                     n_samples);
/* What the histograms belong to: the model's checksum, and a key of the samples with everything about
 * them that changes the result. %NULL when unknown. */
void            qs_histogram_set_set_origin    (QsHistogramSet        *self,
                                            const char                *model_checksum,
                                            const char                *samples_key);
const char     *qs_histogram_set_get_model_checksum (QsHistogramSet   *self);
const char     *qs_histogram_set_get_samples_key (QsHistogramSet      *self);
/* Where tensor @name is. */
gboolean        qs_histogram_set_find      (QsHistogramSet            *self,
                                            const char                *name,
                                            guint                     *index);
/* (transfer none): what the run noted beside the histogram */
QsTensorNotes  *qs_histogram_set_get_notes (QsHistogramSet            *self,
                                            guint                      index);
/**
 * qs_histogram_set_get_calibrations:
 *
 * What every calibrator makes of a tensor with its default parameters, without curves, in the order
 * of the calibrators. Computed once and kept: calibrating, listing findings and drawing need the
 * same numbers. Of a set that is whole; may be called from any thread.
 *
 * Returns: (transfer none) (array): one [struct@Calibration] per calibrator
 */
const QsCalibration *qs_histogram_set_get_calibrations (QsHistogramSet *self,
                                            guint                      index);
/* One scale per tensor by @calibrator, of those that are left by fusion where it runs after it. */
QsScaleTable   *qs_histogram_set_calibrate (QsHistogramSet            *self,
                                            const QsCalibrator        *calibrator,
                                            const QsCalibratorOptions *options);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsHistogramSet, qs_histogram_set_unref)

G_END_DECLS
