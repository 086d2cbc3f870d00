/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-attributes.h"

G_BEGIN_DECLS

/**
 * QsResizeTaps:
 * @n_taps: of every output
 * @first: of the taps of an output; it may lie outside the input, whose ends are repeated
 * @weights: @n_taps for every output
 * @outside: outputs that get the extrapolation value
 *
 * Linear and cubic interpolation along one axis: each output is a weighted sum of neighbouring
 * inputs, the first to the last, in float32, without those whose weight is 0. They are separable, so
 * axes are resized one after another.
 */
typedef struct
{
  gint64 n_taps;
  gint64 *first;
  float *weights;
  gboolean *outside;
} QsResizeTaps;

gboolean qs_resize_taps_init     (QsResizeTaps             *self,
                                  const QsResizeAttributes *attributes,
                                  int                       axis,
                                  gint64                    in,
                                  GError                  **error);
void     qs_resize_taps_clear    (QsResizeTaps             *self);
gboolean qs_resize_keeps_axis    (const QsResizeAttributes *attributes,
                                  int                       axis,
                                  gint64                    in);
gint64  *qs_resize_nearest_table (const QsResizeAttributes *attributes,
                                  int                       axis,
                                  gint64                    in,
                                  GError                  **error);

G_END_DECLS
