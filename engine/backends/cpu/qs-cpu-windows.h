/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-cpu-geometry.h"
#include "qs-cpu-product.h"

G_BEGIN_DECLS

/**
 * QsCpuWindows:
 * @geometry: where windows lie
 * @product: the weights
 * @n_runs: runs of a row
 * @taps_per_run: taps that one run takes in
 * @run: values of a run
 * @merged: whether all runs of a row are copied together
 * @move: bytes that are copied for a run where so many may be read, the next power of two; 0: no more
 *   than the run has
 * @move_pixels: input pixels that these are in
 * @scratch_per_row: bytes for a row that has to be put together, 0 where none has
 * @value_size: bytes of a left value
 * @zero: byte pattern of a zero left value
 * @zeros: a run in the padding
 * @shifts: of every run, from where an output pixel's filter starts
 *
 * A convolution over channels-last memory, as a matrix product whose rows are output pixels. What
 * lies under one row of the filter is one contiguous run of the input, kernel width times channels
 * long, so rows are not gathered: the product gets a pointer to every run. Only runs that hang over
 * the border are copied, and all of them where runs are too short to be worth a call each.
 */
typedef struct
{
  QsCpuGeometry geometry;
  QsCpuProduct product;
  gint64 n_runs;
  gint64 taps_per_run;
  gint64 run;
  gboolean merged;
  guint move;
  gint64 move_pixels;
  gsize scratch_per_row;
  guint value_size;
  guint8 zero;
  guint8 *zeros;
  gint64 (*shifts)[QS_CPU_SPATIAL];
} QsCpuWindows;

/* What one execution needs to find rows: the input in the form that the product wants. */
typedef struct
{
  const QsCpuWindows *windows;
  const guint8 *input;
} QsCpuWindowsSource;

gboolean qs_cpu_windows_init      (QsCpuWindows             *self,
                                   const QsCpuGeometry      *geometry,
                                   const QsCpuFunctions     *functions,
                                   const QsCpuProductFuncs  *funcs,
                                   GError                  **error);
void     qs_cpu_windows_clear     (QsCpuWindows             *self);
void     qs_cpu_windows_pack      (QsCpuWindows             *self,
                                   gconstpointer             matrix);
void     qs_cpu_windows_find_rows (gconstpointer             source,
                                   gint64                    group,
                                   gint64                    first,
                                   guint                     n_rows,
                                   guint8                   *scratch,
                                   const guint8            **rows);

G_END_DECLS
