/* SPDX-License-Identifier: MIT */
#pragma once

#include "calibration/qs-histogram-set.h"

G_BEGIN_DECLS

/**
 * QsFindingKind:
 * @QS_FINDING_ZERO: the tensor never was anything but zero
 * @QS_FINDING_SPIKE: one value is so frequent that entropy calibration clips what lies beyond
 * @QS_FINDING_OUTLIERS: the largest values are far beyond nearly all others
 * @QS_FINDING_HALF_EMPTY: the last doubling of the range left the upper half of the bins empty
 * @QS_FINDING_DISAGREEMENT: calibrators choose ranges that differ by more than a factor of 2
 * @QS_FINDING_ONE_SIDED: no value has one of the two signs, so half of the codes stay unused
 *
 * What is remarkable about a tensor, the most serious first.
 */
typedef enum
{
  QS_FINDING_ZERO,
  QS_FINDING_SPIKE,
  QS_FINDING_OUTLIERS,
  QS_FINDING_HALF_EMPTY,
  QS_FINDING_DISAGREEMENT,
  QS_FINDING_ONE_SIDED,
} QsFindingKind;

/**
 * QsFinding:
 * @tensor: its name
 * @message: sentences with the figures that led to it
 */
typedef struct
{
  QsFindingKind kind;
  char *tensor;
  char *message;
} QsFinding;

void       qs_finding_free    (QsFinding      *self);

/* Adds what is remarkable about one tensor to @findings (element-type QsFinding). */
void       qs_findings_add     (GPtrArray      *findings,
                                const char     *tensor,
                                const QsHistogram *histogram);
/* (element-type QsFinding) (transfer full): of all tensors in their order */
GPtrArray *qs_findings_find   (QsHistogramSet *histograms);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsFinding, qs_finding_free)

G_END_DECLS
