/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-histogram.h"

G_BEGIN_DECLS

struct _QsHistogram
{
  guint64 counts[QS_HISTOGRAM_BINS];
  float range; /* 0 until a non-zero value has come */
  float min;
  float max;
  guint64 n;
  guint64 n_zeros;
  guint64 n_nan;
  guint64 n_infinite;
  double mean;
  double m2; /* sum of squared differences from the mean */
  guint n_doublings;
};

/* Whether float32 squares were enough for a block; else its values must be looked at again. */
gboolean qs_histogram_scan_is_good (const QsHistogramScan *scan);
/* The statistics of the next @n values, all of them finite; @abs_max is raised. */
void     qs_histogram_merge_scan   (QsHistogram           *self,
                                    const QsHistogramScan *scan,
                                    gsize                  n,
                                    float                 *abs_max);
/* The same for at most %QS_HISTOGRAM_BLOCK values of any kind. */
void     qs_histogram_merge_block  (QsHistogram           *self,
                                    const float           *values,
                                    gsize                  n,
                                    float                 *abs_max);
/* @n_before: how many finite values had come before this batch */
void     qs_histogram_grow_range   (QsHistogram           *self,
                                    float                  abs_max,
                                    guint64                n_before);

G_END_DECLS
