/* SPDX-License-Identifier: MIT */
#include "qs-types.h"

static const char *const precision_names[] = {
  [QS_PRECISION_FP32] = "FP32",
  [QS_PRECISION_FP16] = "FP16",
  [QS_PRECISION_INT8] = "INT8",
};

static const char *const format_names[] = {
  [QS_FORMAT_LINEAR] = "Linear",
  [QS_FORMAT_HWC] = "HWC",
};

static const char *const activation_names[QS_N_ACTIVATIONS] = {
  [QS_ACTIVATION_NONE] = "None",
  [QS_ACTIVATION_RELU] = "ReLU",
  [QS_ACTIVATION_CLIP] = "Clip",
  [QS_ACTIVATION_LEAKY_RELU] = "LeakyReLU",
  [QS_ACTIVATION_HARD_SIGMOID] = "HardSigmoid",
  [QS_ACTIVATION_HARD_SWISH] = "HardSwish",
  [QS_ACTIVATION_SIGMOID] = "Sigmoid",
  [QS_ACTIVATION_TANH] = "Tanh",
  [QS_ACTIVATION_SILU] = "SiLU",
  [QS_ACTIVATION_GELU_ERF] = "GELU (erf)",
  [QS_ACTIVATION_GELU_TANH] = "GELU (tanh)",
  [QS_ACTIVATION_ELU] = "ELU",
  [QS_ACTIVATION_SELU] = "SELU",
  [QS_ACTIVATION_SOFTPLUS] = "Softplus",
  [QS_ACTIVATION_SOFTSIGN] = "Softsign",
  [QS_ACTIVATION_THRESHOLDED_RELU] = "ThresholdedReLU",
  [QS_ACTIVATION_CELU] = "CELU",
  [QS_ACTIVATION_MISH] = "Mish",
  [QS_ACTIVATION_SHRINK] = "Shrink",
};

const char *
qs_precision_name (QsPrecision precision)
{
  return precision_names[precision];
}

const char *
qs_format_name (QsFormat format)
{
  return format_names[format];
}

const char *
qs_activation_name (QsActivationType type)
{
  return activation_names[type];
}

/* Channels move to the end; batch and spatial axes keep their order. */
static void
channels_last_strides (const QsShape *shape,
                       gint64        *strides)
{
  gint64 step = shape->dims[1];

  strides[1] = 1;
  for (int i = shape->n_dims - 1; i >= 2; i--)
    {
      strides[i] = step;
      step *= shape->dims[i];
    }
  strides[0] = step;
}

/**
 * qs_view_init:
 *
 * A dense view of @data. Tensors of rank below 3 are linear whatever @format says.
 */
void
qs_view_init (QsView        *self,
              QsDataType     type,
              QsFormat       format,
              const QsShape *shape,
              gpointer       data)
{
  *self = (QsView) { .data = data, .type = type, .format = format, .shape = *shape };

  if (shape->n_dims < 3)
    self->format = QS_FORMAT_LINEAR;

  if (self->format == QS_FORMAT_HWC)
    channels_last_strides (shape, self->strides);
  else
    qs_shape_strides (shape, self->strides);
}

/**
 * qs_view_init_for_host:
 *
 * A linear view of @tensor, for reading.
 */
void
qs_view_init_for_host (QsView             *self,
                       const QsHostTensor *tensor)
{
  qs_view_init (self, qs_host_tensor_get_data_type (tensor), QS_FORMAT_LINEAR,
                qs_host_tensor_get_shape (tensor), (gpointer) qs_host_tensor_get_data (tensor));
}

/**
 * qs_view_is_linear:
 *
 * Whether the elements lie in memory in row-major order of the logical axes, one after another.
 * True for a channels-last view when moving the channels makes no difference.
 */
gboolean
qs_view_is_linear (const QsView *self)
{
  gint64 step = 1;

  for (int i = self->shape.n_dims - 1; i >= 0; i--)
    {
      if (self->shape.dims[i] != 1 && self->strides[i] != step)
        return FALSE;
      step *= self->shape.dims[i];
    }

  return TRUE;
}

/**
 * qs_view_offset:
 * @index: (array): one index per logical axis
 *
 * Where an element lies, in elements from @data.
 */
gint64
qs_view_offset (const QsView *self,
                const gint64 *index)
{
  gint64 offset = 0;

  for (int i = 0; i < self->shape.n_dims; i++)
    offset += index[i] * self->strides[i];

  return offset;
}
