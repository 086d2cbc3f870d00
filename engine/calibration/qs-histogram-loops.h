/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

#include "backends/qs-statistics.h"
#include "qs-histogram.h"

G_BEGIN_DECLS

/* Neighbours often fall into the same bin (the zeros after a ReLU); a table for every fourth value
 * keeps the processor from waiting for its own last store. Small counters keep them in the cache. */
#define QS_HISTOGRAM_N_TABLES 4

/* Values that the tables can take before they must be emptied. */
#define QS_HISTOGRAM_TABLES_MAX (QS_HISTOGRAM_N_TABLES * (gsize) G_MAXUINT16)

typedef guint16 QsHistogramTables[QS_HISTOGRAM_N_TABLES][QS_HISTOGRAM_BINS];

/**
 * QsHistogramLoops:
 * @scan: statistics of a block; squares are added up as floats, which do for |x| from 1e-15 to 1e18
 * @count: adds a block of finite values to the tables, none beyond @range by more than a factor of 2
 * @count_sparse: the same for a block with many zeros; the tables may differ, their sum does not
 * @raise: raises each of @width @maxima to the largest |x| of its column, in @n_rows rows that are @stride
 *   values apart
 * @abs_max: the largest |x|
 *
 * The inner loops, compiled for the instruction sets of a processor. Every set performs the
 * same IEEE operations in the same order, so all give the same bits.
 */
typedef struct
{
  void (*scan) (const float     *values,
                gsize            n,
                QsHistogramScan *result);
  void (*count) (const float      *values,
                 gsize             n,
                 float             range,
                 QsHistogramTables tables);
  void (*count_sparse) (const float      *values,
                        gsize             n,
                        float             range,
                        QsHistogramTables tables);
  void (*raise) (const float     *values,
                 gsize            n_rows,
                 gsize            width,
                 gsize            stride,
                 float           *maxima);
  float (*abs_max) (const float  *values,
                    gsize         n);
} QsHistogramLoops;

/* The same as @scan in doubles, for any values, one by one. */
void                    qs_histogram_scan_exact      (const float     *values,
                                                      gsize            n,
                                                      QsHistogramScan *result);
const QsHistogramLoops *qs_histogram_get_loops       (void);
/* (nullable): those of one instruction set, from 0, which every processor can run, upwards; %NULL from
 * the first that this one cannot */
const QsHistogramLoops *qs_histogram_get_level_loops (guint index);

/* min (2047, floor (|x| / range * 2048)), two float32 operations; truncation is floor here. */
static inline gint32
qs_histogram_bin (float value,
                  float range)
{
  gint32 bin = (gint32) (__builtin_fabsf (value) / range * (float) QS_HISTOGRAM_BINS);

  return MIN (bin, QS_HISTOGRAM_BINS - 1);
}

G_END_DECLS
