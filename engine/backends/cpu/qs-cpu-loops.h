/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-types.h"

G_BEGIN_DECLS

#define QS_CPU_LOOPS_MAX_VIEWS 3

/**
 * QsCpuLoops:
 * @n_dims: nested loops, at least 1
 * @dims: their lengths, outermost first
 * @strides: steps of every view in every loop, in elements
 *
 * A walk over the elements of the first view in the order of its memory, with as few loops as
 * possible: axes that all views step through as one are merged. The other views have its shape;
 * where a view is broadcast its strides are 0.
 */
typedef struct
{
  int n_dims;
  int n_views;
  gint64 dims[QS_MAX_DIMS];
  gint64 strides[QS_CPU_LOOPS_MAX_VIEWS][QS_MAX_DIMS];
} QsCpuLoops;

void   qs_cpu_loops_init    (QsCpuLoops       *self,
                             const QsShape    *shape,
                             const gint64     *strides[],
                             int               n_views);
gint64 qs_cpu_loops_n_outer (const QsCpuLoops *self,
                             int               n_inner);
/* Where the views are at position @index of all loops but the last @n_inner. */
void   qs_cpu_loops_locate  (const QsCpuLoops *self,
                             int               n_inner,
                             gint64            index,
                             gint64           *offsets);

G_END_DECLS
