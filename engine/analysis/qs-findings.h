/* SPDX-License-Identifier: MIT */
#pragma once

#include "calibration/qs-histogram-set.h"

G_BEGIN_DECLS

/**
 * QsFindingKind:
 * @QS_FINDING_NOT_FINITE: NaN or infinity occurred
 * @QS_FINDING_ZERO: the tensor never was anything but zero
 * @QS_FINDING_SPIKE: one value is so frequent that entropy calibration clips what lies beyond
 * @QS_FINDING_OUTLIER_CHANNEL: one channel reaches far beyond all others
 * @QS_FINDING_OUTLIERS: the largest values are far beyond nearly all others
 * @QS_FINDING_DISAGREEMENT: calibrators choose ranges that differ by more than a factor of 2
 * @QS_FINDING_FIRST_BATCH: the first batch's range, which the bins are laid out for, was much smaller
 *   than that of all batches
 * @QS_FINDING_HALF_EMPTY: the last doubling of the range left the upper half of the bins empty
 * @QS_FINDING_ASYMMETRIC: the range is so asymmetric that nearly half of the codes stay unused
 *
 * What is remarkable about a tensor, the most serious first.
 */
typedef enum
{
  QS_FINDING_NOT_FINITE,
  QS_FINDING_ZERO,
  QS_FINDING_SPIKE,
  QS_FINDING_OUTLIER_CHANNEL,
  QS_FINDING_OUTLIERS,
  QS_FINDING_DISAGREEMENT,
  QS_FINDING_FIRST_BATCH,
  QS_FINDING_HALF_EMPTY,
  QS_FINDING_ASYMMETRIC,
  QS_N_FINDING_KINDS
} QsFindingKind;

/**
 * QsGravity:
 * @QS_GRAVITY_ERROR: layers around the tensor can't be in INT8, or the data is broken
 * @QS_GRAVITY_WARNING: accuracy may be lost with some calibrator
 * @QS_GRAVITY_NOTE: good to know; often there is nothing to be done
 */
typedef enum
{
  QS_GRAVITY_ERROR,
  QS_GRAVITY_WARNING,
  QS_GRAVITY_NOTE,
} QsGravity;

/**
 * QsFinding:
 * @weight: how marked it is, to be compared within one kind only: a share, or a ratio
 * @tensor: its name
 * @index: the tensor's place in the histogram set
 * @message: sentences with the figures that led to it, and what happens next
 */
typedef struct
{
  QsFindingKind kind;
  double weight;
  char *tensor;
  guint index;
  char *message;
} QsFinding;

void        qs_finding_free             (QsFinding      *self);

/* "not-finite", "spike", … */
const char *qs_finding_kind_get_id      (QsFindingKind   self);
/* A few English words: "NaN or infinity", "Padding or background spike" */
const char *qs_finding_kind_get_name    (QsFindingKind   self);
QsGravity   qs_finding_kind_get_gravity (QsFindingKind   self);
/* "error", "warning", "note" */
const char *qs_gravity_get_id           (QsGravity       self);
/* A GCompareFunc for pointers to findings, the most serious first: by kind, then by weight, then in
 * the network's order. */
int         qs_finding_compare          (gconstpointer   a,
                                         gconstpointer   b);

/* Adds what is remarkable about one tensor of @histograms to @findings (element-type QsFinding). */
void        qs_findings_add             (GPtrArray      *findings,
                                         QsHistogramSet *histograms,
                                         guint           index);

/**
 * qs_findings_find:
 * @histograms: a set that is whole
 *
 * What is remarkable about the tensors, from the histograms and notes of a calibration run. The
 * calibrators' ranges come from [method@HistogramSet.get_calibrations]; once they are known, a set
 * of thousands of tensors takes milliseconds.
 *
 * Returns: (element-type QsFinding) (transfer full): sorted by [func@finding_compare]
 */
GPtrArray  *qs_findings_find            (QsHistogramSet *histograms);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsFinding, qs_finding_free)

G_END_DECLS
