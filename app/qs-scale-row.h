/* SPDX-License-Identifier: MIT */
#pragma once

#include "analysis/qs-order-study.h"
#include "calibration/qs-histogram-set.h"

G_BEGIN_DECLS

/**
 * QsScaleRow:
 *
 * A row of the table of scales: one name with what two sources say about it. It stays the same
 * object while its numbers change.
 *
 * ::changed is emitted when they did.
 */
#define QS_TYPE_SCALE_ROW (qs_scale_row_get_type ())
G_DECLARE_FINAL_TYPE (QsScaleRow, qs_scale_row, QS, SCALE_ROW, GObject)

/**
 * QsScaleFacts:
 * @scale: NaN where the source does not know the tensor
 * @other: the scale of the source that is compared with, NaN for none
 * @is_manual: @scale was set by hand
 * @has_spread: whether @spread is known
 * @histogram: (nullable): borrowed from a set that the table keeps
 */
typedef struct
{
  double scale;
  double other;
  gboolean is_manual;
  gboolean has_spread;
  QsSpread spread;
  const QsHistogram *histogram;
} QsScaleFacts;

QsScaleRow         *qs_scale_row_new       (const char         *name);
const char         *qs_scale_row_get_name  (QsScaleRow         *self);
const QsScaleFacts *qs_scale_row_get_facts (QsScaleRow         *self);
void                qs_scale_row_set_facts (QsScaleRow         *self,
                                            const QsScaleFacts *facts);
/* Whether the two sources disagree, or only one knows the name. */
gboolean            qs_scale_row_differs   (QsScaleRow         *self);

/* The largest |x|, 127 × scale. */
double              qs_scale_row_get_range   (QsScaleRow       *self);
/* The bin of the histogram in which the range ends; NaN without one */
double              qs_scale_row_get_bin     (QsScaleRow       *self);
/* Share of values that the range cuts off, 0 … 1; NaN without a histogram */
double              qs_scale_row_get_clipped (QsScaleRow       *self);
/* Other scale / scale. */
double              qs_scale_row_get_ratio   (QsScaleRow       *self);

G_END_DECLS
