/* SPDX-License-Identifier: MIT */
#include "operators/qs-attributes.h"
#include "qs-reference.h"

/*
 * Pointwise layers and resizing: their reference kernels load quantized elements as q * s and store them
 * requantized (operators/qs-op-rows.h), which is what the contract asks for.
 */
static gboolean
execute (const QsKernel    *self,
         const QsLayer     *layer,
         gpointer           state,
         const QsExecution *execution,
         GError           **error)
{
  return layer->klass->evaluate (layer, execution->inputs, execution->outputs, error);
}

static gboolean
element_wise_supports (const QsKernel *self,
                       const QsLayer  *layer,
                       const char    **reason)
{
  const QsElementWiseAttributes *attributes = layer->attributes;

  switch ((int) attributes->type)
    {
    case QS_ELEMENT_WISE_ADD:
    case QS_ELEMENT_WISE_SUB:
    case QS_ELEMENT_WISE_MUL:
    case QS_ELEMENT_WISE_MIN:
    case QS_ELEMENT_WISE_MAX:
      return qs_reference_check_activations (layer, reason);
    default:
      return qs_reference_refuse (reason, "only Add, Sub, Mul, Min and Max have an INT8 form");
    }
}

static gboolean
activation_supports (const QsKernel *self,
                     const QsLayer  *layer,
                     const char    **reason)
{
  return qs_reference_check_activations (layer, reason);
}

/* Nearest neighbours are bytes; interpolation is in float32, between requantizations. */
static gboolean
resize_supports (const QsKernel *self,
                 const QsLayer  *layer,
                 const char    **reason)
{
  const QsResizeAttributes *attributes = layer->attributes;

  if (attributes->mode == QS_RESIZE_NEAREST)
    return qs_reference_check_equal_scales (layer, reason);

  return qs_reference_check_activations (layer, reason);
}

static gboolean
is_usable (const QsTensor *tensor)
{
  return tensor != NULL &&
         (tensor->type == QS_DATA_TYPE_FLOAT || tensor->type == QS_DATA_TYPE_FLOAT16 ||
          qs_tensor_is_quantized (tensor));
}

static gboolean
reformat_supports (const QsKernel *self,
                   const QsLayer  *layer,
                   const char    **reason)
{
  if (!is_usable (qs_layer_get_input (layer, 0)) || !is_usable (qs_layer_get_output (layer, 0)))
    return qs_reference_refuse (reason, "it does not change between float and INT8 with a scale");

  return TRUE;
}

const QsKernel qs_reference_element_wise = {
  .name = "reference_element_wise_s8",
  .kind = QS_LAYER_ELEMENT_WISE,
  .precision = QS_PRECISION_INT8,
  .any_format = TRUE,
  .supports = element_wise_supports,
  .execute = execute,
};

const QsKernel qs_reference_activation = {
  .name = "reference_activation_s8",
  .kind = QS_LAYER_ACTIVATION,
  .precision = QS_PRECISION_INT8,
  .any_format = TRUE,
  .supports = activation_supports,
  .execute = execute,
};

const QsKernel qs_reference_reformat = {
  .name = "reference_reformat_s8",
  .kind = QS_LAYER_REFORMAT,
  .precision = QS_PRECISION_INT8,
  .any_format = TRUE,
  .supports = reformat_supports,
  .execute = execute,
};

const QsKernel qs_reference_resize = {
  .name = "reference_resize_s8",
  .kind = QS_LAYER_RESIZE,
  .precision = QS_PRECISION_INT8,
  .any_format = TRUE,
  .supports = resize_supports,
  .execute = execute,
};
