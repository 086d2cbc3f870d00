/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-attributes.h"

G_BEGIN_DECLS

/**
 * QsPoolingAxis:
 *
 * The windows along one spatial axis: window o has taps at o * stride - begin + k * dilation.
 */
typedef struct
{
  gint64 in;
  gint64 kernel;
  gint64 stride;
  gint64 dilation;
  gint64 begin;
  gint64 end;
} QsPoolingAxis;

gboolean qs_pooling_infer_shape (const QsPoolingAttributes *attributes,
                              const QsTensor            *x,
                              QsShape                   *y,
                              GError                   **error);
double qs_pooling_count_steps (const QsPoolingAttributes *attributes,
                              const QsShape             *x,
                              const QsShape             *y);
void   qs_pooling_axes_init  (QsPoolingAxis              axes[QS_MAX_SPATIAL],
                              const QsPoolingAttributes *attributes,
                              const QsShape             *x);
gint64 qs_pooling_axis_range (const QsPoolingAxis       *self,
                              gint64                     o,
                              gint64                    *first,
                              gint64                    *last);

G_END_DECLS
