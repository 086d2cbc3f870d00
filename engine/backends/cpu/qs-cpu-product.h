/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/qs-backend.h"
#include "qs-cpu-functions.h"

G_BEGIN_DECLS

/**
 * QsCpuProduct:
 *
 * The right side of a matrix product, packed for one instruction set: the weights of a convolution
 * or of a fully connected layer. The k axis is cut into segments of equal length; the rows of the
 * left side are contiguous within a segment only, which lets a convolution take them from its input
 * without copies.
 */
typedef struct
{
  const QsCpuFunctions *functions;
  const QsCpuProductFuncs *funcs;
  gint64 n_groups;
  gint64 n_columns;      /* per group */
  gint64 n_panels;       /* per group */
  gint64 n_segments;
  gint64 segment;        /* values of k */
  gint64 segment_steps;
  gint64 span_segments;  /* what of k all tiles of a block take before any takes more: segments, … */
  gint64 span_steps;     /* … and steps of each, fewer than a segment has where it is one */
  gint64 row_bytes;      /* of the left side that every row adds, less than its length where rows
                          * overlap */
  gsize panel_bytes;
  guint8 *packed;        /* [group][panel] */
  gint32 *initial;       /* [group][panels' columns], what accumulators start from, or NULL */
} QsCpuProduct;

/**
 * QsCpuRowsFunc:
 * @first: first row
 * @n_rows: number of rows
 * @scratch: room for the rows' values
 * @rows: (out) (array): pointers [segment][n_rows]
 *
 * Says where the rows of the left side lie.
 */
typedef void (*QsCpuRowsFunc) (gconstpointer  source,
                               gint64         group,
                               gint64         first,
                               guint          n_rows,
                               guint8        *scratch,
                               const guint8 **rows);

/**
 * QsCpuPlaceFunc:
 * @row: a row
 * @n_rows: (inout): rows from @row on; of them those that lie @place_step positions apart
 *
 * Returns: where @row lies among the rows of the output
 */
typedef gint64 (*QsCpuPlaceFunc) (gconstpointer source,
                                  gint64        row,
                                  guint        *n_rows);

/**
 * QsCpuProductRun:
 * @place: (nullable): where the output's rows lie, %NULL where they follow each other
 *
 * One execution: left side and epilogue. The epilogue's arrays have one entry per column of the
 * panels of all groups; its output columns are those of group after group.
 */
typedef struct
{
  const QsCpuProduct *product;
  gint64 n_rows;
  QsCpuRowsFunc rows;
  gconstpointer source;
  gsize scratch_per_row;
  QsCpuEpilogue epilogue;
  QsCpuPlaceFunc place;
  gint64 place_step;
} QsCpuProductRun;

void     qs_cpu_product_measure   (QsCpuProduct            *self,
                                   const QsCpuFunctions    *functions,
                                   const QsCpuProductFuncs *funcs,
                                   gint64                   n_groups,
                                   gint64                   n_columns,
                                   gint64                   n_segments,
                                   gint64                   segment);
gboolean qs_cpu_product_init      (QsCpuProduct            *self,
                                   const QsCpuFunctions    *functions,
                                   const QsCpuProductFuncs *funcs,
                                   gint64                   n_groups,
                                   gint64                   n_columns,
                                   gint64                   n_segments,
                                   gint64                   segment,
                                   GError                 **error);
void     qs_cpu_product_clear     (QsCpuProduct            *self);
void     qs_cpu_product_pack      (QsCpuProduct            *self,
                                   gint64                   group,
                                   gconstpointer            matrix,
                                   gint64                   k_stride,
                                   gint64                   column_stride);
gint64   qs_cpu_product_n_padded  (const QsCpuProduct      *self);
gsize    qs_cpu_product_workspace (const QsCpuProduct      *self,
                                   gint64                   n_rows,
                                   gsize                    scratch_per_row,
                                   guint                    n_threads);
void     qs_cpu_product_run       (const QsCpuProductRun   *self,
                                   gpointer                 workspace,
                                   QsThreadPool            *pool);

G_END_DECLS
