/* SPDX-License-Identifier: MIT */
#include "qs-alignment.h"

#include "operators/qs-attributes.h"

static const int multiples[] = {
  [QS_PRECISION_FP32] = 0,
  [QS_PRECISION_FP16] = 8,
  [QS_PRECISION_INT8] = 16,
};

static gboolean
get_channels (const QsLayer *layer,
              gint64        *inputs,
              gint64        *outputs)
{
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X), *y = qs_layer_get_output (layer, 0);
  const QsConvolutionAttributes *attributes = layer->attributes;

  if (x == NULL || y == NULL || x->shape.n_dims < 3 || y->shape.n_dims < 3)
    return FALSE;

  *inputs = x->shape.dims[1] / MAX (attributes->groups, 1);
  *outputs = y->shape.dims[1] / MAX (attributes->groups, 1);
  return attributes->groups <= 1 || *inputs > 1;
}

static gboolean
get_columns (const QsLayer *layer,
             gint64        *inputs,
             gint64        *outputs)
{
  const QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  const QsTensor *y = qs_layer_get_output (layer, 0);
  gint64 n;

  if (weights == NULL || y == NULL || weights->shape.n_dims < 2 || y->shape.n_dims < 1)
    return FALSE;

  *outputs = y->shape.dims[y->shape.n_dims - 1];
  n = weights->shape.dims[weights->shape.n_dims - 1] * weights->shape.dims[weights->shape.n_dims - 2];
  *inputs = *outputs > 0 ? n / *outputs : 0;
  return *inputs > 0;
}

static gint64
count_padded (gint64 channels,
              int    multiple)
{
  return (multiple - channels % multiple) % multiple;
}

gboolean
qs_layer_get_alignment (const QsLayer *layer,
                        QsAlignment   *alignment)
{
  int multiple = multiples[layer->precision];
  gint64 inputs = 0, outputs = 0;
  gboolean found = FALSE;

  if (layer->klass->kind == QS_LAYER_CONVOLUTION || layer->klass->kind == QS_LAYER_DECONVOLUTION)
    found = get_channels (layer, &inputs, &outputs);
  else if (layer->klass->kind == QS_LAYER_MATRIX_MULTIPLY)
    found = get_columns (layer, &inputs, &outputs);
  if (!found || multiple == 0)
    return FALSE;

  *alignment = (QsAlignment) {
    .multiple = multiple,
    .inputs = inputs,
    .outputs = outputs,
    .padded_inputs = count_padded (inputs, multiple),
    .padded_outputs = count_padded (outputs, multiple),
  };
  return TRUE;
}
