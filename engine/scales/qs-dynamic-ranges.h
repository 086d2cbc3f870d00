/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * QsDynamicRange:
 *
 * The values a tensor is to represent (TensorRT ITensor::setDynamicRange): finite, @min <= @max,
 * not both zero. Quantization is symmetric, so only the larger end matters for the scale.
 */
typedef struct
{
  double min;
  double max;
} QsDynamicRange;

/* Errors: %QS_ERROR_DATA, naming @tensor and the rule that is broken. */
gboolean qs_dynamic_range_check      (const QsDynamicRange *self,
                                      const char           *tensor,
                                      GError              **error);
/* max (|min|, |max|), the largest |x| that is represented */
double   qs_dynamic_range_get_abs_max (const QsDynamicRange *self);
/* max (|min|, |max|) / 127 in float32. */
float    qs_dynamic_range_get_scale  (const QsDynamicRange *self);
/* Share of the 255 codes -127 … 127 that no value between @min and @max has: 0 for a symmetric
 * range, nearly a half for one that starts at zero. */
double   qs_dynamic_range_get_unused (const QsDynamicRange *self);
gboolean qs_dynamic_range_equal      (const QsDynamicRange *a,
                                      const QsDynamicRange *b);

/**
 * QsDynamicRanges:
 *
 * Ranges that were set by hand, by tensor name, in the order in which they were set. They take the
 * place of whatever a calibrator says. Reference counted.
 */
typedef struct _QsDynamicRanges QsDynamicRanges;

QsDynamicRanges *qs_dynamic_ranges_new      (void);
QsDynamicRanges *qs_dynamic_ranges_copy     (QsDynamicRanges       *self);
QsDynamicRanges *qs_dynamic_ranges_ref      (QsDynamicRanges       *self);
void             qs_dynamic_ranges_unref    (QsDynamicRanges       *self);
guint            qs_dynamic_ranges_get_n    (QsDynamicRanges       *self);
const char      *qs_dynamic_ranges_get_name (QsDynamicRanges       *self,
                                             guint                  index);
const QsDynamicRange *qs_dynamic_ranges_get (QsDynamicRanges       *self,
                                             guint                  index);
/* (nullable) */
const QsDynamicRange *qs_dynamic_ranges_lookup (QsDynamicRanges    *self,
                                             const char            *tensor);
/* Checks @range and sets it; a bad one leaves everything as it is. */
gboolean         qs_dynamic_ranges_set      (QsDynamicRanges       *self,
                                             const char            *tensor,
                                             const QsDynamicRange  *range,
                                             GError               **error);
/* Whether there was one. */
gboolean         qs_dynamic_ranges_remove   (QsDynamicRanges       *self,
                                             const char            *tensor);
gboolean         qs_dynamic_ranges_equal    (QsDynamicRanges       *self,
                                             QsDynamicRanges       *other);
/* "TENSOR=MIN,MAX", or "TENSOR=MAX" for -MAX … MAX. */
gboolean         qs_dynamic_ranges_parse    (QsDynamicRanges       *self,
                                             const char            *text,
                                             GError               **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsDynamicRanges, qs_dynamic_ranges_unref)

G_END_DECLS
