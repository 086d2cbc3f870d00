/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-types.h"
#include "qs-device.h"

G_BEGIN_DECLS

/* What calibration counts, wherever it is counted. */

#define QS_HISTOGRAM_BINS 2048

/* Values whose statistics are gathered together, and joined with those of others in order. */
#define QS_HISTOGRAM_BLOCK 4096

/**
 * QsHistogramScan:
 * @shift: the block's first value
 * @sum: of the differences from @shift
 * @squares: of their squares; infinity or NaN when a value is not finite
 *
 * Statistics of one block of values. The sums are doubles, so no finite float32 overflows them.
 *
 * Bits follow from the values' order alone: as far as they fill rows of 16 and eight rows, float32
 * sums of every place in eight rows are added to that place's float64 sum; the rest are added one by
 * one in float64, and then the places' sums in order.
 */
typedef struct
{
  float min;
  float max;
  guint n_zeros;
  double shift;
  double sum;
  double squares;
} QsHistogramScan;

/**
 * QsDeviceStatistics:
 * @move: copies and converts between views of one shape
 * @scan: statistics of every block of @n float32 values into @scans, squares added up as floats where
 *   %QsHistogramScan allows it; raises each of the @n_channels @maxima, as bits of float32, to the
 *   largest finite |x| of its channel, where there are any: value i is of channel (i / @inner) %
 *   @n_channels
 * @count: sets the %QS_HISTOGRAM_BINS @counts to those of the finite values, as qs_histogram_bin() has
 *   them; @range is not 0
 *
 * What a device does for calibration, so that activations need not come to the host. All pointers and
 * the views' data are the device's.
 */
struct _QsDeviceStatistics
{
  gboolean (*move) (QsDevice      *device,
                    const QsView  *from,
                    const QsView  *to,
                    GError       **error);
  gboolean (*scan) (QsDevice         *device,
                    const float      *values,
                    gsize             n,
                    QsHistogramScan  *scans,
                    guint32          *maxima,
                    gsize             n_channels,
                    gsize             inner,
                    GError          **error);
  gboolean (*count) (QsDevice     *device,
                     const float  *values,
                     gsize         n,
                     float         range,
                     guint32      *counts,
                     GError      **error);
};

G_END_DECLS
