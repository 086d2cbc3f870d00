/* SPDX-License-Identifier: MIT */
#include "numerics/qs-int8.h"
#include "operators/qs-access.h"
#include "operators/qs-attributes.h"
#include "operators/qs-op-matrix-multiply.h"
#include "operators/qs-op-util.h"
#include "qs-reference.h"

/*
 * The product of two activations, as in attention: y[…, m, n] = sum over k of a[…, m, k] * b[…, k, n]
 * in int32, then the steps of numerics/qs-int8.h with the multiplier s_a * s_b * alpha for every
 * column, each product rounded to float32.
 */

static const char *
find_obstacle (const QsLayer          *layer,
               const QsMatrixGeometry *g)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const QsTensor *a = qs_layer_get_input (layer, QS_INPUT_X);
  const QsTensor *b = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  const QsTensor *bias = qs_layer_get_input (layer, QS_INPUT_BIAS);
  const QsTensor *residual = qs_layer_get_input (layer, QS_INPUT_RESIDUAL);
  const QsTensor *y = qs_layer_get_output (layer, 0);

  if (b->value != NULL || layer->weight_scales != NULL)
    return "the second operand is constant";
  if (!qs_tensor_is_quantized (a) || !qs_tensor_is_quantized (b))
    return "an operand is not INT8 with a scale";
  if (g->k > QS_INT8_MAX_K)
    return "more than 131,071 products per output element could overflow the int32 accumulator";
  if (bias != NULL && (bias->type != QS_DATA_TYPE_FLOAT || attributes->beta != 1.0f))
    return "the bias is not float32, or multiplied by beta";
  if (residual != NULL && residual->type != QS_DATA_TYPE_FLOAT && !qs_tensor_is_quantized (residual))
    return "the residual input is neither float32 nor INT8";
  if (!qs_tensor_is_quantized (y) && y->type != QS_DATA_TYPE_FLOAT)
    return "the output is neither float nor INT8 with a scale";
  return NULL;
}

static gboolean
supports (const QsKernel *self,
          const QsLayer  *layer,
          const char    **reason)
{
  const QsTensor *a = qs_layer_get_input (layer, QS_INPUT_X);
  const QsTensor *b = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  QsMatrixGeometry g;
  const char *obstacle;

  if (!qs_matrix_geometry_init (&g, layer->attributes, &a->shape, &b->shape, NULL))
    return qs_reference_refuse (reason, "the shapes do not fit together");

  obstacle = find_obstacle (layer, &g);
  return obstacle == NULL || qs_reference_refuse (reason, obstacle);
}

typedef struct
{
  QsMatrixGeometry g;
  QsMatrixLayout a;
  QsMatrixLayout b;
  QsMatrixLayout y;
  QsMatrixLayout bias;
  QsMatrixLayout residual;
  const gint8 *left;
  const gint8 *right;
  const float *biases; /* (nullable) */
  QsEpilogue epilogue;
} Product;

static gint32
dot (const Product *self,
     const gint8   *a,
     const gint8   *b)
{
  gint32 sum = 0;

  for (gint64 k = 0; k < self->g.k; k++)
    sum += (gint32) a[k * self->a.column] * b[k * self->b.row];
  return sum;
}

static void
multiply_matrices (Product      *self,
                   const QsWalk *walk)
{
  gint64 bias = 0, residual = 0;

  for (int d = 0; d < self->g.batch.n_dims; d++)
    {
      bias += walk->index[d] * self->bias.batch[d];
      residual += walk->index[d] * self->residual.batch[d];
    }
  for (gint64 i = 0; i < self->g.m; i++)
    for (gint64 j = 0; j < self->g.n; j++)
      {
        if (self->biases != NULL)
          self->epilogue.bias = self->biases[bias + i * self->bias.row + j * self->bias.column];
        qs_epilogue_apply (&self->epilogue,
                           dot (self, self->left + walk->offset[0] + i * self->a.row,
                                self->right + walk->offset[1] + j * self->b.column),
                           residual + i * self->residual.row + j * self->residual.column,
                           walk->offset[2] + i * self->y.row + j * self->y.column);
      }
}

/* Where the operands and the result lie. */
static gboolean
find_layouts (Product            *self,
              const QsLayer      *layer,
              const QsExecution  *execution,
              GError            **error)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const QsView *inputs = execution->inputs;
  QsView a, b, y;

  if (!qs_matrix_geometry_init (&self->g, attributes, &inputs[0].shape, &inputs[1].shape, error))
    return FALSE;

  self->left = (const gint8 *) inputs[0].data + qs_access_view (&attributes->a, &inputs[0], &a);
  self->right = (const gint8 *) inputs[1].data + qs_access_view (&attributes->b, &inputs[1], &b);
  qs_matrix_result_view (&self->g, attributes, &execution->outputs[0], &y);
  qs_matrix_layout_init_left (&self->a, &self->g, attributes, &a);
  qs_matrix_layout_init_right (&self->b, &self->g, attributes, &b);
  qs_matrix_layout_init_result (&self->y, &self->g, &y);
  return TRUE;
}

static gboolean
execute (const QsKernel    *self,
         const QsLayer     *layer,
         gpointer           state,
         const QsExecution *execution,
         GError           **error)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const QsView *inputs = execution->inputs;
  Product product = { .biases = NULL };
  QsWalk walk;

  if (!find_layouts (&product, layer, execution, error))
    return FALSE;

  qs_epilogue_init (&product.epilogue, layer, execution);
  product.epilogue.multiplier = inputs[0].scale * inputs[1].scale;
  product.epilogue.multiplier = product.epilogue.multiplier * attributes->alpha;
  product.epilogue.bias = 0.0f;
  if (product.epilogue.residual != NULL)
    qs_matrix_layout_init_result (&product.residual, &product.g, product.epilogue.residual);
  if (execution->n_inputs > QS_INPUT_BIAS && inputs[QS_INPUT_BIAS].data != NULL)
    {
      product.biases = inputs[QS_INPUT_BIAS].data;
      qs_matrix_layout_init_result (&product.bias, &product.g, &inputs[QS_INPUT_BIAS]);
    }

  qs_walk_init (&walk, &product.g.batch);
  qs_walk_add (&walk, product.a.batch);
  qs_walk_add (&walk, product.b.batch);
  qs_walk_add (&walk, product.y.batch);
  for (; !walk.done; qs_walk_next (&walk))
    multiply_matrices (&product, &walk);
  return TRUE;
}

const QsKernel qs_reference_matrix_multiply_dynamic = {
  .name = "reference_matrix_multiply_dynamic_s8",
  .kind = QS_LAYER_MATRIX_MULTIPLY,
  .precision = QS_PRECISION_INT8,
  .format = QS_FORMAT_LINEAR,
  .supports = supports,
  .execute = execute,
};
