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

G_END_DECLS
