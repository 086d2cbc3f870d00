/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-attributes.h"

G_BEGIN_DECLS

/**
 * QsMatrixGeometry:
 * @batch: the broadcast axes in front of the matrices
 * @y: shape of the result
 *
 * y[batch, m, n] = sum over k of a[batch, m, k] * b[batch, k, n].
 */
typedef struct
{
  QsShape batch;
  QsShape y;
  gint64 m;
  gint64 k;
  gint64 n;
  gboolean vector_a; /* the operand is 1-D */
  gboolean vector_b;
} QsMatrixGeometry;

gboolean qs_matrix_geometry_init (QsMatrixGeometry                 *self,
                                  const QsMatrixMultiplyAttributes *attributes,
                                  const QsShape                    *a,
                                  const QsShape                    *b,
                                  GError                          **error);

G_END_DECLS
