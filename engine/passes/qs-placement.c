/* SPDX-License-Identifier: MIT */
#include "qs-placement.h"

#include "operators/qs-attributes.h"
#include "qs-pass-tools.h"

/* Tensor cores work on 16 channels at a time. */
#define FULL_CHANNELS 16
#define ALIGNED_CHANNELS 8

/* One row or one column: every weight is read for one product. */
static gboolean
is_matrix_vector (const QsLayer *layer)
{
  const QsShape *x, *y;
  gint64 rows = 1;

  if (layer->klass->kind != QS_LAYER_MATRIX_MULTIPLY)
    return FALSE;

  x = &qs_layer_get_input (layer, QS_INPUT_X)->shape;
  y = &qs_layer_get_output (layer, 0)->shape;
  for (int i = 0; i + 1 < x->n_dims; i++)
    rows *= x->dims[i];
  return rows == 1 || (y->n_dims > 0 && y->dims[y->n_dims - 1] == 1);
}

static gboolean
is_square (const QsInts *kernel)
{
  for (int i = 1; i < kernel->n; i++)
    if (kernel->v[i] != kernel->v[0])
      return FALSE;

  return TRUE;
}

/* Whether the input of the convolution is the network's. */
static gboolean
is_first (const QsLayer *layer)
{
  return qs_layer_get_input (layer, QS_INPUT_X)->producer == NULL;
}

static gboolean
has_few_channels (const QsLayer *layer)
{
  const QsConvolutionAttributes *attributes = layer->attributes;
  gint64 c, k;

  if (layer->klass->kind != QS_LAYER_CONVOLUTION)
    return FALSE;

  c = qs_layer_get_input (layer, QS_INPUT_X)->shape.dims[1];
  k = qs_layer_get_output (layer, 0)->shape.dims[1];
  if (attributes->groups > 1)
    return k % ALIGNED_CHANNELS != 0 || attributes->kernel_shape.v[0] < 3;
  if (c >= FULL_CHANNELS && k >= FULL_CHANNELS)
    return FALSE;

  return !((k % ALIGNED_CHANNELS == 0 || c % ALIGNED_CHANNELS == 0) &&
           (is_first (layer) || c >= FULL_CHANNELS || k >= FULL_CHANNELS) &&
           is_square (&attributes->kernel_shape));
}

static gboolean
has_variable_weights (const QsLayer *layer)
{
  const QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);

  return qs_pass_is_weighted (layer) && weights != NULL && weights->value == NULL;
}

static gboolean
has_constant_operand (const QsLayer *layer)
{
  return layer->klass->kind == QS_LAYER_ELEMENT_WISE && layer->inputs->len == 2 &&
         (qs_layer_get_input (layer, 0)->value != NULL ||
          qs_layer_get_input (layer, 1)->value != NULL);
}

static gboolean
is_function (const QsLayer *layer)
{
  QsActivationType type = layer->activation.type;

  return layer->klass->kind == QS_LAYER_ACTIVATION &&
         (type == QS_ACTIVATION_GELU_ERF || type == QS_ACTIVATION_GELU_TANH ||
          type == QS_ACTIVATION_SILU || type == QS_ACTIVATION_SIGMOID || type == QS_ACTIVATION_TANH);
}

static gboolean
is_float_class (const QsLayer *layer)
{
  return layer->klass->placement == QS_PLACEMENT_FLOAT;
}

static gboolean
is_weighted_neighbour (const QsLayer *layer)
{
  return qs_pass_is_weighted (layer) || layer->klass->placement == QS_PLACEMENT_NON_WEIGHTED;
}

/* Nothing on either side of it that would be INT8 itself. */
static gboolean
is_lonely_pooling (const QsLayer *layer)
{
  const QsTensor *input = qs_layer_get_input (layer, 0);
  const QsTensor *output = qs_layer_get_output (layer, 0);

  if (layer->klass->kind != QS_LAYER_POOLING)
    return FALSE;
  if (input->producer != NULL && is_weighted_neighbour (input->producer))
    return FALSE;
  for (guint i = 0; i < output->consumers->len; i++)
    if (is_weighted_neighbour (g_ptr_array_index (output->consumers, i)))
      return FALSE;

  return TRUE;
}

static const QsPlacementRule rules[] = {
  { "float-class", QS_PLACEMENT_USE_BUILD, is_float_class,
    "A layer of the classes Softmax, normalization, exponential and the like.",
    "Softmax, normalization and chains of exponentials lose too much in INT8." },
  { QS_PLACEMENT_SHARED_SCALE, QS_PLACEMENT_USE_BUILD, NULL,
    "A concatenation, or a layer that only moves or selects elements.",
    "The inputs and the output of a concatenation share the largest of their scales, so that it only "
    "moves bytes; so do input and output of layers that move or select elements." },
  { "variable-weights", QS_PLACEMENT_USE_ADVICE, has_variable_weights,
    "A matrix product or a convolution whose weights are not constant.",
    "Products of two activations, as in attention, have no constant weights to quantize." },
  { QS_PLACEMENT_SOFT_MAX_RANGE, QS_PLACEMENT_USE_BUILD, NULL,
    "A tensor that a Softmax writes, without a range set by hand.",
    "Its numbers lie between 0 and 1, so its scale is 1/127, whatever was calibrated: a calibrator "
    "that cuts off what is rare would cut off the largest probabilities." },
  { QS_PLACEMENT_NETWORK_OUTPUT, QS_PLACEMENT_USE_BUILD, NULL,
    "An output of the network that no INT8 layer reads and a layer with weights writes.",
    "An output is given in floating point, so it is not rounded to INT8 before." },
  { "matrix-vector", QS_PLACEMENT_USE_ADVICE, is_matrix_vector,
    "A matrix product with one row or one column.",
    "With one row or one column every weight is used once, so memory decides and not arithmetic." },
  { "few-channels", QS_PLACEMENT_USE_ADVICE, has_few_channels,
    "A convolution with fewer than 16 channels on one side, but for first layers and "
    "multiples of 8 with square kernels; groups of other numbers or smaller kernels than 3.",
    "With fewer than 16 channels, or groups that are no multiple of 8, most of a tensor core's lanes "
    "would be padding." },
  { "constant-operand", QS_PLACEMENT_USE_ADVICE, has_constant_operand,
    "A sum or product of two operands, one of them constant.",
    "A sum or product with a constant is cheap, and rounding both operands is not." },
  { "standing-function", QS_PLACEMENT_USE_ADVICE, is_function,
    "A GELU, SiLU, sigmoid or tanh that is a layer of its own.",
    "GELU, SiLU, sigmoid and tanh stay in floating point unless they end a convolution." },
  { "lonely-pooling", QS_PLACEMENT_USE_ADVICE, is_lonely_pooling,
    "A pooling with no layer beside it that computes in INT8.",
    "A pooling is worth INT8 only beside a layer that computes in it." },
};

guint
qs_placement_get_n (void)
{
  return G_N_ELEMENTS (rules);
}

const QsPlacementRule *
qs_placement_get (guint index)
{
  return index < G_N_ELEMENTS (rules) ? &rules[index] : NULL;
}

const QsPlacementRule *
qs_placement_find (const QsLayer *layer)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rules); i++)
    if (rules[i].keeps_float != NULL && rules[i].keeps_float (layer))
      return &rules[i];

  return NULL;
}
