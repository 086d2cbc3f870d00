/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "operators/qs-attributes.h"
#include "operators/qs-op-matrix-multiply.h"
#include "operators/qs-op-rows.h"
#include "operators/qs-op-util.h"
#include "qs-reference.h"

/* y[…, n] = sum over k of x[…, k] * w[k, n]; w is stored transposed when trans_b is set. */

static gint64
count_columns (const QsLayer *layer)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const QsShape *w = &qs_layer_get_input (layer, QS_INPUT_WEIGHTS)->shape;

  return w->dims[attributes->trans_b ? 0 : 1];
}

/* One number per column, whatever axes of length 1 stand in front. */
static gboolean
is_row (const QsTensor *tensor,
        gint64          n)
{
  int last = tensor->shape.n_dims - 1;

  return last >= 0 && tensor->shape.dims[last] == n &&
         qs_shape_n_elements (&tensor->shape) == n;
}

static gboolean
supports (const QsKernel *self,
          const QsLayer  *layer,
          const char    **reason)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);
  QsTensor *w = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  QsTensor *bias = qs_layer_get_input (layer, QS_INPUT_BIAS);
  QsTensor *residual = qs_layer_get_input (layer, QS_INPUT_RESIDUAL);
  QsTensor *y = qs_layer_get_output (layer, 0);

  if (w->shape.n_dims != 2 || x->shape.n_dims < 2)
    return qs_reference_refuse (reason, "the operands are not matrices");
  if (!qs_matrix_reads_plainly (attributes))
    return qs_reference_refuse (reason, "an operand is read through strides");
  if (attributes->trans_a || attributes->alpha != 1.0f ||
      (bias != NULL && attributes->beta != 1.0f))
    return qs_reference_refuse (reason, "transA, alpha and beta have no INT8 form");
  if (bias != NULL && !is_row (bias, count_columns (layer)))
    return qs_reference_refuse (reason, "the bias is not one number per column");
  if (residual != NULL && (y == NULL || !qs_shape_equal (&residual->shape, &y->shape)))
    return qs_reference_refuse (reason, "the residual input has another shape than the output");

  return qs_reference_check_weighted (layer, count_columns (layer),
                                      x->shape.dims[x->shape.n_dims - 1], reason);
}

static gint32
dot (const gint8 *x,
     gint64       x_step,
     const gint8 *w,
     gint64       w_step,
     gint64       n)
{
  gint32 sum = 0;

  for (gint64 k = 0; k < n; k++)
    sum += (gint32) x[k * x_step] * w[k * w_step];
  return sum;
}

static gboolean
execute (const QsKernel    *self,
         const QsLayer     *layer,
         gpointer           state,
         const QsExecution *execution,
         GError           **error)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const QsView *x = &execution->inputs[QS_INPUT_X], *w = &execution->inputs[QS_INPUT_WEIGHTS];
  QsView *y = &execution->outputs[0];
  int last = x->shape.n_dims - 1;
  gint64 k_step = w->strides[attributes->trans_b ? 1 : 0];
  gint64 n_step = w->strides[attributes->trans_b ? 0 : 1];
  QsShape rows = x->shape;
  QsEpilogue epilogue;

  qs_epilogue_init (&epilogue, layer, execution);
  rows.dims[last] = 1;
  for (gint64 n = 0; n < y->shape.dims[last]; n++)
    {
      const gint8 *column = (const gint8 *) w->data + n * n_step;
      const QsView *r = epilogue.residual;
      QsWalk walk;

      qs_epilogue_set_channel (&epilogue, layer, execution, n);
      qs_walk_init (&walk, &rows);
      qs_walk_add (&walk, x->strides);
      qs_walk_add (&walk, y->strides);
      qs_walk_add (&walk, r != NULL ? r->strides : y->strides);
      for (; !walk.done; qs_walk_next (&walk))
        qs_epilogue_apply (&epilogue,
                           dot ((const gint8 *) x->data + walk.offset[0], x->strides[last],
                                column, k_step, x->shape.dims[last]),
                           r != NULL ? walk.offset[2] + n * r->strides[last] : 0,
                           walk.offset[1] + n * y->strides[last]);
    }

  return TRUE;
}

const QsKernel qs_reference_matrix_multiply = {
  .name = "reference_matrix_multiply_s8",
  .kind = QS_LAYER_MATRIX_MULTIPLY,
  .precision = QS_PRECISION_INT8,
  .any_format = TRUE,
  .supports = supports,
  .execute = execute,
};
