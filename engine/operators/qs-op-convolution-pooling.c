/* SPDX-License-Identifier: MIT */
#include "qs-op-convolution-pooling.h"

#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-util.h"

/*
 * ConvActPool, as TensorRT calls it: an INT8 convolution with its activation and the maximum over
 * windows of what it writes. Only the rewrite fuse-pooling makes it.
 */

#define OFFSET(field) G_STRUCT_OFFSET (QsConvolutionPoolingAttributes, field)

static const QsField fields[] = {
  { "groups", QS_FIELD_INT, OFFSET (convolution.groups) },
  { "kernel_shape", QS_FIELD_INTS, OFFSET (convolution.kernel_shape) },
  { "strides", QS_FIELD_INTS, OFFSET (convolution.strides) },
  { "dilations", QS_FIELD_INTS, OFFSET (convolution.dilations) },
  { "pads", QS_FIELD_INTS, OFFSET (convolution.pads) },
  { "pooling_kernel_shape", QS_FIELD_INTS, OFFSET (pooling.kernel_shape) },
  { "pooling_strides", QS_FIELD_INTS, OFFSET (pooling.strides) },
  { "pooling_dilations", QS_FIELD_INTS, OFFSET (pooling.dilations) },
  { "pooling_pads", QS_FIELD_INTS, OFFSET (pooling.pads) },
  { "pooling_ceil_mode", QS_FIELD_FLAG, OFFSET (pooling.ceil_mode) },
  { NULL },
};

static QsTensor *
copy_input (QsNetwork      *network,
            const QsTensor *tensor,
            QsFormat        format)
{
  QsTensor *copy;

  if (tensor == NULL)
    return NULL;
  if (tensor->value != NULL)
    {
      copy = qs_network_add_constant (network, tensor->name, tensor->value);
      copy->type = tensor->type;
      return copy;
    }

  copy = qs_network_add_input (network, tensor->name, tensor->type, &tensor->shape);
  copy->scale = tensor->scale;
  copy->format = format;
  return copy;
}

static QsTensor *
add_output (QsNetwork      *network,
            const QsTensor *model,
            const char     *name,
            QsFormat        format)
{
  QsTensor *tensor = qs_network_add_tensor (network, name);

  tensor->scale = model->scale;
  tensor->format = format;
  return tensor;
}

QsNetwork *
qs_convolution_pooling_split (const QsLayer *layer,
                              QsFormat       format,
                              GError       **error)
{
  const QsConvolutionPoolingAttributes *attributes = layer->attributes;
  const QsTensor *output = qs_layer_get_output (layer, 0);
  g_autoptr (QsNetwork) network = qs_network_new (layer->name);
  QsTensor *inputs[3] = { NULL };
  QsTensor *middle = add_output (network, output, "convolution", format);
  QsTensor *result = add_output (network, output, output->name, format);
  QsLayer *convolution, *pooling;

  if (qs_layer_require_input (layer, QS_INPUT_X, error) == NULL ||
      qs_layer_require_input (layer, QS_INPUT_WEIGHTS, error) == NULL)
    return NULL;

  for (guint i = 0; i < 3; i++)
    inputs[i] = copy_input (network, qs_layer_get_input (layer, i), format);
  convolution = qs_network_add_layer (network, qs_layer_class_lookup (QS_LAYER_CONVOLUTION),
                                      layer->name, &attributes->convolution, inputs, 3, &middle, 1);
  convolution->activation = layer->activation;
  convolution->precision = layer->precision;
  if (layer->weight_scales != NULL)
    convolution->weight_scales = qs_host_tensor_ref (layer->weight_scales);

  pooling = qs_network_add_layer (network, qs_layer_class_lookup (QS_LAYER_POOLING), layer->name,
                                  &attributes->pooling, &middle, 1, &result, 1);
  pooling->precision = layer->precision;

  /* Inference knows float types; the tensors get those of the layer afterwards. */
  inputs[QS_INPUT_X]->type = QS_DATA_TYPE_FLOAT;
  inputs[QS_INPUT_WEIGHTS]->type = QS_DATA_TYPE_FLOAT;
  if (!qs_network_infer (network, error))
    return NULL;
  inputs[QS_INPUT_X]->type = qs_layer_get_input (layer, QS_INPUT_X)->type;
  inputs[QS_INPUT_WEIGHTS]->type = qs_layer_get_input (layer, QS_INPUT_WEIGHTS)->type;
  if (output->type != QS_DATA_TYPE_UNDEFINED)
    middle->type = result->type = output->type;
  qs_network_mark_output (network, result);
  return g_steal_pointer (&network);
}

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  g_autoptr (QsNetwork) network = NULL;
  const QsTensor *x = qs_layer_require_input (layer, QS_INPUT_X, error);

  if (x == NULL)
    return FALSE;
  if (qs_layer_get_output (layer, 0) == NULL)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_MISSING, "output 0 is missing");
      return FALSE;
    }

  network = qs_convolution_pooling_split (layer, QS_FORMAT_LINEAR, error);
  return network != NULL &&
         qs_layer_set_output (layer, 0, x->type,
                              &((QsTensor *) g_ptr_array_index (network->outputs, 0))->shape, error);
}

const QsLayerClass qs_layer_classes_convolution_pooling[] = {
  {
    .kind = QS_LAYER_CONVOLUTION_POOLING,
    .name = "ConvActPool",
    .placement = QS_PLACEMENT_WEIGHTED,
    .attributes_size = sizeof (QsConvolutionPoolingAttributes),
    .fields = fields,
    .infer = infer,
  },
  { 0 },
};

const QsOperator qs_operators_convolution_pooling[] = {
  { 0 },
};
