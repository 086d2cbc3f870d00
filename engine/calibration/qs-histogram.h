/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/qs-statistics.h"
#include "core/qs-thread-pool.h"

G_BEGIN_DECLS

/**
 * QsHistogram:
 *
 * What calibration keeps of one activation tensor, however many samples pass by: 2048 counts of
 * |x| over 0 … range, and the running statistics. The range starts at the first non-zero batch's
 * largest |x| and doubles when a batch exceeds it; doubling merges pairs of bins, so no count is
 * ever estimated.
 */
typedef struct _QsHistogram QsHistogram;

/**
 * QsChannels:
 * @maxima: (array length=n): the largest finite |x| of every channel, raised while values are added
 * @n: how many channels there are
 * @inner: how many neighbours in memory are of one channel: value i is of channel (i / inner) % n
 *
 * Where the channels of a batch lie, and what is gathered of them in passing.
 */
typedef struct
{
  float *maxima;
  gsize n;
  gsize inner;
} QsChannels;

QsHistogram   *qs_histogram_new          (void);
QsHistogram   *qs_histogram_copy         (const QsHistogram *self);
void           qs_histogram_free         (QsHistogram       *self);
void           qs_histogram_add          (QsHistogram       *self,
                                          const float       *values,
                                          gsize              n_values);
/* @channels and @pool: (nullable) */
void           qs_histogram_add_batch    (QsHistogram       *self,
                                          const float       *values,
                                          gsize              n_values,
                                          const QsChannels  *channels,
                                          QsThreadPool      *pool);
const guint64 *qs_histogram_get_counts   (const QsHistogram *self);
float          qs_histogram_get_range    (const QsHistogram *self);
float          qs_histogram_get_min      (const QsHistogram *self);
float          qs_histogram_get_max      (const QsHistogram *self);
float          qs_histogram_get_abs_max  (const QsHistogram *self);
guint64        qs_histogram_get_n        (const QsHistogram *self);
guint64        qs_histogram_get_n_zeros  (const QsHistogram *self);
guint64        qs_histogram_get_n_nan    (const QsHistogram *self);
guint64        qs_histogram_get_n_infinite (const QsHistogram *self);
double         qs_histogram_get_mean     (const QsHistogram *self);
double         qs_histogram_get_variance (const QsHistogram *self);
guint          qs_histogram_get_n_doublings (const QsHistogram *self);
/* Share of all values whose |x| is above @threshold, 0 … 1, to the resolution of a bin. */
double         qs_histogram_get_clipped  (const QsHistogram *self,
                                          float              threshold);
/* Expected mean squared error and SQNR in dB of quantizing to @threshold / 127, from the bins. */
double         qs_histogram_get_mse      (const QsHistogram *self,
                                          float              threshold);
double         qs_histogram_get_sqnr_db  (const QsHistogram *self,
                                          float              threshold);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsHistogram, qs_histogram_free)

G_END_DECLS
