/* SPDX-License-Identifier: MIT */
#include "qs-reference.h"

#include "backends/qs-backend-table.h"
#include "backends/qs-fp16.h"
#include "core/qs-float16.h"
#include "numerics/qs-int8.h"

gboolean
qs_reference_refuse (const char **reason,
                     const char  *why)
{
  if (reason != NULL)
    *reason = why;
  return FALSE;
}

gboolean
qs_tensor_is_quantized (const QsTensor *tensor)
{
  return tensor != NULL && tensor->type == QS_DATA_TYPE_INT8 && tensor->scale > 0;
}

static gboolean
is_float (const QsTensor *tensor)
{
  return tensor->type == QS_DATA_TYPE_FLOAT || tensor->type == QS_DATA_TYPE_FLOAT16;
}

static gint64
n_elements (const QsHostTensor *tensor)
{
  return tensor != NULL ? qs_host_tensor_get_n_elements (tensor) : 0;
}

/**
 * qs_reference_check_weighted:
 * @n_channels: output channels
 * @products: how many products one output element sums
 *
 * Types and scales of a weighted layer's tensors.
 */
gboolean
qs_reference_check_weighted (const QsLayer *layer,
                             gint64         n_channels,
                             gint64         products,
                             const char   **reason)
{
  QsTensor *w = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  QsTensor *bias = qs_layer_get_input (layer, QS_INPUT_BIAS);
  QsTensor *residual = qs_layer_get_input (layer, QS_INPUT_RESIDUAL);
  QsTensor *y = qs_layer_get_output (layer, 0);

  if (!qs_tensor_is_quantized (qs_layer_get_input (layer, QS_INPUT_X)))
    return qs_reference_refuse (reason, "the input is not INT8 with a scale");
  if (w->value == NULL || w->type != QS_DATA_TYPE_INT8)
    return qs_reference_refuse (reason, "the weights are not constant INT8");
  if (layer->weight_scales == NULL || n_elements (layer->weight_scales) != n_channels ||
      qs_host_tensor_get_data_type (layer->weight_scales) != QS_DATA_TYPE_FLOAT)
    return qs_reference_refuse (reason, "the weights do not have one scale per output channel");
  if (products > QS_INT8_MAX_K)
    return qs_reference_refuse (reason, "more than 131,071 products per output element could "
                                        "overflow the int32 accumulator");
  if (bias != NULL && bias->type != QS_DATA_TYPE_FLOAT)
    return qs_reference_refuse (reason, "the bias is not float32");
  if (residual != NULL && residual->type != QS_DATA_TYPE_FLOAT &&
      !qs_tensor_is_quantized (residual))
    return qs_reference_refuse (reason, "the residual input is neither float32 nor INT8");
  if (y == NULL || !(is_float (y) || qs_tensor_is_quantized (y)))
    return qs_reference_refuse (reason, "the output is neither float nor INT8 with a scale");

  return TRUE;
}

/**
 * qs_reference_check_activations:
 *
 * Whether all inputs and outputs are INT8 with a scale, as non-weighted layers need it.
 */
gboolean
qs_reference_check_activations (const QsLayer *layer,
                                const char   **reason)
{
  for (guint i = 0; i < layer->inputs->len; i++)
    {
      QsTensor *tensor = qs_layer_get_input (layer, i);

      if (tensor != NULL && !qs_tensor_is_quantized (tensor))
        return qs_reference_refuse (reason, "an input is not INT8 with a scale");
    }
  if (!qs_tensor_is_quantized (qs_layer_get_output (layer, 0)))
    return qs_reference_refuse (reason, "the output is not INT8 with a scale");

  return TRUE;
}

/**
 * qs_reference_check_equal_scales:
 *
 * Whether the INT8 inputs and outputs have one scale, so that bytes can be moved as they are.
 * Inputs of other types are shapes and indices.
 */
gboolean
qs_reference_check_equal_scales (const QsLayer *layer,
                                 const char   **reason)
{
  QsTensor *x = qs_layer_get_input (layer, 0);

  if (!qs_tensor_is_quantized (x))
    return qs_reference_refuse (reason, "the input is not INT8 with a scale");

  for (guint i = 1; i < layer->inputs->len; i++)
    {
      QsTensor *tensor = qs_layer_get_input (layer, i);

      if (tensor == NULL)
        continue;
      if (is_float (tensor))
        return qs_reference_refuse (reason, "an input is not INT8");
      if (tensor->type == QS_DATA_TYPE_INT8 && tensor->scale != x->scale)
        return qs_reference_refuse (reason, "the inputs have different scales");
    }
  for (guint i = 0; i < layer->outputs->len; i++)
    {
      QsTensor *tensor = qs_layer_get_output (layer, i);

      if (tensor != NULL && (tensor->type != QS_DATA_TYPE_INT8 || tensor->scale != x->scale))
        return qs_reference_refuse (reason, "the output is not INT8 with the scale of the input");
    }

  return TRUE;
}

void
qs_epilogue_init (QsEpilogue        *self,
                  const QsLayer     *layer,
                  const QsExecution *execution)
{
  gboolean has_residual = execution->n_inputs > QS_INPUT_RESIDUAL &&
                          execution->inputs[QS_INPUT_RESIDUAL].data != NULL;

  self->residual = has_residual ? &execution->inputs[QS_INPUT_RESIDUAL] : NULL;
  self->activation = &layer->activation;
  self->y = &execution->outputs[0];
}

/**
 * qs_epilogue_set_channel:
 * @k: output channel; the bias is a list of one number per channel, its last axis
 */
void
qs_epilogue_set_channel (QsEpilogue        *self,
                         const QsLayer     *layer,
                         const QsExecution *execution,
                         gint64             k)
{
  const QsView *bias = &execution->inputs[QS_INPUT_BIAS];

  self->multiplier =
    execution->inputs[QS_INPUT_X].scale * qs_host_tensor_get_floats (layer->weight_scales)[k];
  self->bias = 0;
  if (execution->n_inputs > QS_INPUT_BIAS && bias->data != NULL)
    self->bias = ((const float *) bias->data)[k * bias->strides[bias->shape.n_dims - 1]];
}

static float
add_residual (const QsView *residual,
              gint64        offset,
              float         value)
{
  if (residual->type == QS_DATA_TYPE_INT8)
    return __builtin_fmaf ((float) ((const gint8 *) residual->data)[offset], residual->scale,
                           value);

  return value + ((const float *) residual->data)[offset];
}

/**
 * qs_epilogue_apply:
 *
 * Stores one output element.
 */
void
qs_epilogue_apply (const QsEpilogue *self,
                   gint32            accumulator,
                   gint64            residual_offset,
                   gint64            y_offset)
{
  float v = qs_int8_scale_accumulator (accumulator, self->multiplier, self->bias);

  if (self->residual != NULL)
    v = add_residual (self->residual, residual_offset, v);
  v = qs_activation_apply (self->activation, v);

  if (self->y->type == QS_DATA_TYPE_INT8)
    ((gint8 *) self->y->data)[y_offset] = qs_quantize (v, 1.0f / self->y->scale);
  else if (self->y->type == QS_DATA_TYPE_FLOAT16)
    ((guint16 *) self->y->data)[y_offset] = qs_float16_from_float (v);
  else
    ((float *) self->y->data)[y_offset] = v;
}

/* Layers that move or select elements: the layer class's kernel moves bytes as well. */
static gboolean
move_execute (const QsKernel    *self,
              const QsLayer     *layer,
              gpointer           state,
              const QsExecution *execution,
              GError           **error)
{
  return layer->klass->evaluate (layer, execution->inputs, execution->outputs, error);
}

static gboolean
move_supports (const QsKernel *self,
               const QsLayer  *layer,
               const char    **reason)
{
  if (layer->klass->evaluate == NULL)
    return qs_reference_refuse (reason, "there is no kernel for layers of this kind");

  return qs_reference_check_equal_scales (layer, reason);
}

#define MOVE_KERNEL(identifier, kind_, words)                   \
  static const QsKernel identifier = {                          \
    .name = "reference_" words "_s8",                           \
    .kind = kind_,                                              \
    .precision = QS_PRECISION_INT8,                             \
    .any_format = TRUE,                                         \
    .supports = move_supports,                                  \
    .execute = move_execute,                                    \
  };

MOVE_KERNEL (move_shuffle, QS_LAYER_SHUFFLE, "shuffle")
MOVE_KERNEL (move_transpose, QS_LAYER_TRANSPOSE, "transpose")
MOVE_KERNEL (move_concatenation, QS_LAYER_CONCATENATION, "concatenation")
MOVE_KERNEL (move_slice, QS_LAYER_SLICE, "slice")
MOVE_KERNEL (move_split, QS_LAYER_SPLIT, "split")
MOVE_KERNEL (move_gather, QS_LAYER_GATHER, "gather")
MOVE_KERNEL (move_expand, QS_LAYER_EXPAND, "expand")
MOVE_KERNEL (move_tile, QS_LAYER_TILE, "tile")
MOVE_KERNEL (move_space_to_depth, QS_LAYER_SPACE_TO_DEPTH, "space_to_depth")
MOVE_KERNEL (move_identity, QS_LAYER_IDENTITY, "identity")
MOVE_KERNEL (move_padding, QS_LAYER_PADDING, "padding")

static const QsKernel *const kernels[] = {
  &qs_reference_convolution,
  &qs_reference_convolution_pooling,
  &qs_reference_deconvolution,
  &qs_reference_matrix_multiply,
  &qs_reference_matrix_multiply_dynamic,
  &qs_reference_pooling,
  &qs_reference_reduce,
  &qs_reference_element_wise,
  &qs_reference_activation,
  &qs_reference_reformat,
  &qs_reference_resize,
  &move_shuffle,
  &move_transpose,
  &move_concatenation,
  &move_slice,
  &move_split,
  &move_gather,
  &move_expand,
  &move_tile,
  &move_space_to_depth,
  &move_identity,
  &move_padding,
};

const QsKernel *const *
qs_reference_get_kernels (guint *n)
{
  *n = G_N_ELEMENTS (kernels);
  return kernels;
}

static char *
get_device_name (void)
{
  return g_strdup ("scalar C, 1 thread");
}

static const QsFp16Functions *
get_fp16 (void)
{
  return &qs_fp16_portable;
}

const QsBackend qs_backend_reference = {
  .id = "reference",
  .name = "Reference",
  .get_kernels = qs_reference_get_kernels,
  .get_device_name = get_device_name,
  .get_fp16 = get_fp16,
  .emulates_fp16 = TRUE,
};
