/* SPDX-License-Identifier: MIT */
#include "qs-weight-channels.h"

#include "operators/qs-attributes.h"

static gboolean
init_convolution (QsWeightChannels *self,
                  const QsShape    *shape)
{
  if (shape->n_dims < 3)
    return FALSE;

  self->n = self->per_group = shape->dims[0];
  self->inner = self->n_weights / self->n;
  self->group_size = self->n_weights;
  return TRUE;
}

static gboolean
init_deconvolution (QsWeightChannels *self,
                    const QsShape    *shape,
                    gint64            groups)
{
  if (shape->n_dims < 3 || groups < 1 || shape->dims[0] % groups != 0)
    return FALSE;

  self->n = shape->dims[1] * groups;
  self->per_group = shape->dims[1];
  self->inner = self->n_weights / (shape->dims[0] * shape->dims[1]);
  self->group_size = self->n_weights / groups;
  return TRUE;
}

static gboolean
init_matrix (QsWeightChannels *self,
             const QsShape    *shape,
             gboolean          trans_b)
{
  if (shape->n_dims != 2)
    return FALSE;

  self->n = self->per_group = shape->dims[trans_b ? 0 : 1];
  self->inner = trans_b ? shape->dims[1] : 1;
  self->group_size = self->n_weights;
  return TRUE;
}

int
qs_weight_channels_get_axis (const QsLayer *layer,
                             const QsShape *shape)
{
  if (layer->klass->kind == QS_LAYER_DECONVOLUTION)
    return 1;
  if (layer->klass->kind != QS_LAYER_MATRIX_MULTIPLY)
    return 0;
  return shape->n_dims - (((const QsMatrixMultiplyAttributes *) layer->attributes)->trans_b ? 2 : 1);
}

static gboolean
init_from (QsWeightChannels  *self,
           const QsLayer     *layer,
           const QsTensor    *weights,
           const char       **why_not)
{
  gboolean ok = FALSE;

  *why_not = "its weights do not have the expected number of dimensions";
  self->n_weights = qs_host_tensor_get_n_elements (weights->value);
  if (self->n_weights <= 0)
    return FALSE;

  if (layer->klass->kind == QS_LAYER_CONVOLUTION ||
      layer->klass->kind == QS_LAYER_CONVOLUTION_POOLING)
    ok = init_convolution (self, &weights->shape);
  else if (layer->klass->kind == QS_LAYER_DECONVOLUTION)
    ok = init_deconvolution (self, &weights->shape,
                             ((const QsConvolutionAttributes *) layer->attributes)->groups);
  else if (layer->klass->kind == QS_LAYER_MATRIX_MULTIPLY)
    ok = init_matrix (self, &weights->shape,
                      ((const QsMatrixMultiplyAttributes *) layer->attributes)->trans_b);

  self->n_products = ok ? self->n_weights / self->n : 0;
  if (ok)
    *why_not = NULL;
  return ok;
}

/**
 * qs_weight_channels_init_integers:
 * @weights: the constant that is going to be the weights of @layer
 * @why_not: (out): a sentence about the weights, %NULL for %TRUE
 */
gboolean
qs_weight_channels_init_integers (QsWeightChannels  *self,
                                  const QsLayer     *layer,
                                  const QsTensor    *weights,
                                  const char       **why_not)
{
  *self = (QsWeightChannels) { 0 };
  return init_from (self, layer, weights, why_not);
}

/**
 * qs_weight_channels_init:
 * @layer: a weighted layer
 * @why_not: (out) (optional): a sentence about the weights
 *
 * Returns: %FALSE when the weights are not a constant of the expected rank, float32 or INT8 with
 *   scales
 */
gboolean
qs_weight_channels_init (QsWeightChannels  *self,
                         const QsLayer     *layer,
                         const char       **why_not)
{
  const QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  const char *ignored;

  if (why_not == NULL)
    why_not = &ignored;
  *self = (QsWeightChannels) { 0 };

  if (weights == NULL || weights->value == NULL)
    {
      *why_not = "its weights are not constant";
      return FALSE;
    }
  if (weights->type != QS_DATA_TYPE_FLOAT && layer->weight_scales == NULL)
    {
      *why_not = "its weights are not float32";
      return FALSE;
    }

  return init_from (self, layer, weights, why_not);
}
