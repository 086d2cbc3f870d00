/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-attributes.h"

G_BEGIN_DECLS

/**
 * QsMatrixGeometry:
 * @batch: the broadcast axes in front of the matrices
 * @y: shape of the result
 * @stored: shape of the tensor that holds it, whose axes may have another order
 *
 * y[batch, m, n] = sum over k of a[batch, m, k] * b[batch, k, n].
 */
typedef struct
{
  QsShape batch;
  QsShape y;
  QsShape stored;
  gint64 m;
  gint64 k;
  gint64 n;
  gboolean vector_a; /* the operand is 1-D */
  gboolean vector_b;
} QsMatrixGeometry;

/**
 * QsMatrixLayout:
 * @row: step between neighbouring rows of a matrix
 * @column: step between neighbouring columns
 * @batch: steps along the batch axes; 0 where the operand is broadcast
 *
 * Where the matrices of an operand or of the result lie, in elements, after transposition.
 */
typedef struct
{
  gint64 row;
  gint64 column;
  gint64 batch[QS_MAX_DIMS];
} QsMatrixLayout;

gboolean qs_matrix_geometry_init (QsMatrixGeometry                 *self,
                                  const QsMatrixMultiplyAttributes *attributes,
                                  const QsShape                    *a,
                                  const QsShape                    *b,
                                  GError                          **error);
void     qs_matrix_layout_init_left   (QsMatrixLayout                   *self,
                                       const QsMatrixGeometry           *geometry,
                                       const QsMatrixMultiplyAttributes *attributes,
                                       const QsView                     *a);
void     qs_matrix_layout_init_right  (QsMatrixLayout                   *self,
                                       const QsMatrixGeometry           *geometry,
                                       const QsMatrixMultiplyAttributes *attributes,
                                       const QsView                     *b);
/* Whether operands and result are dense tensors in the usual order of axes. */
gboolean qs_matrix_reads_plainly      (const QsMatrixMultiplyAttributes *attributes);
/* @view: (out): the result in the order of the product's axes, over the tensor @stored */
void     qs_matrix_result_view        (const QsMatrixGeometry           *geometry,
                                       const QsMatrixMultiplyAttributes *attributes,
                                       const QsView                     *stored,
                                       QsView                           *view);
/* Of the result, or of an input that broadcasts to it: a bias or a residual. */
void     qs_matrix_layout_init_result (QsMatrixLayout                   *self,
                                       const QsMatrixGeometry           *geometry,
                                       const QsView                     *view);

G_END_DECLS
