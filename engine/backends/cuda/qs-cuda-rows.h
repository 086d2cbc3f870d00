/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-cuda-views.h"

G_BEGIN_DECLS

/**
 * QsCudaRowViews:
 * @outer: the rows, with dimension 1 along the axes of their elements
 * @inner: the elements of a row, with dimension 1 along the others
 * @x: (not nullable): the input
 * @y_strides: of the output along the axes of @x
 * @y: the output
 * @parameters: factor and shift of normalized values, with the strides of @x's axes; `data` %NULL for
 *   none
 *
 * What a kernel for rows works on.
 */
typedef struct
{
  QsShape outer;
  QsShape inner;
  QsView x;
  QsView y;
  gint64 y_strides[QS_MAX_DIMS];
  QsView parameters[2];
} QsCudaRowViews;

/* @family: what the kernels' names begin with, as “qs_reduce” */
gboolean qs_cuda_rows_launch (QsCudaDevice         *device,
                              const char           *family,
                              QsCudaRows           *args,
                              const QsCudaRowViews *views,
                              GError              **error);

G_END_DECLS
