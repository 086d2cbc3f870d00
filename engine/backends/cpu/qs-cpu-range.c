/* SPDX-License-Identifier: MIT */
#include "qs-cpu-range.h"

#include "operators/qs-attributes.h"

/* Layers to look through in a row, and tensors to look at in all: concatenations of concatenations
 * would double the search with every one. */
#define MAX_DEPTH 16
#define MAX_TENSORS 10000

typedef struct
{
  int depth;
  int n_tensors;
} Search;

static gboolean is_non_negative (const QsTensor *tensor,
                                 Search         *search);

/* Functions whose result is never below zero. */
static gboolean
activation_is_non_negative (const QsActivation *activation)
{
  switch (activation->type)
    {
    case QS_ACTIVATION_RELU:
    case QS_ACTIVATION_HARD_SIGMOID:
    case QS_ACTIVATION_SIGMOID:
    case QS_ACTIVATION_SOFTPLUS:
      return TRUE;
    case QS_ACTIVATION_CLIP:
      return activation->alpha >= 0.0f && activation->beta >= activation->alpha;
    case QS_ACTIVATION_THRESHOLDED_RELU:
      return activation->alpha >= 0.0f;
    default:
      return FALSE;
    }
}

/* A window that lies in the padding alone gives the lowest number there is. */
static gboolean
every_window_has_input (const QsLayer *layer)
{
  const QsPoolingAttributes *pooling = layer->attributes;

  if (pooling->global)
    return TRUE;
  if (pooling->ceil_mode)
    return FALSE;
  for (int i = 0; i < pooling->pads.n; i++)
    {
      int axis = i % pooling->kernel_shape.n;
      gint64 dilation = axis < pooling->dilations.n ? pooling->dilations.v[axis] : 1;

      if (dilation != 1 || pooling->pads.v[i] >= pooling->kernel_shape.v[axis])
        return FALSE;
    }

  return TRUE;
}

static gboolean
all_inputs (const QsLayer *layer,
            Search        *search)
{
  for (guint i = 0; i < layer->inputs->len; i++)
    {
      const QsTensor *input = qs_layer_get_input (layer, i);

      if (input != NULL && !is_non_negative (input, search))
        return FALSE;
    }

  return TRUE;
}

/* Whether the layer keeps what is true of its inputs. */
static gboolean
layer_keeps_sign (const QsLayer *layer,
                  Search        *search)
{
  if (layer->activation.type != QS_ACTIVATION_NONE)
    return FALSE;

  switch (layer->klass->kind)
    {
    case QS_LAYER_POOLING:
      return every_window_has_input (layer)
             && is_non_negative (qs_layer_get_input (layer, 0), search);
    case QS_LAYER_SOFT_MAX:
      return !((const QsSoftMaxAttributes *) layer->attributes)->log;
    case QS_LAYER_SHUFFLE:
    case QS_LAYER_TRANSPOSE:
    case QS_LAYER_SLICE:
    case QS_LAYER_SPLIT:
    case QS_LAYER_IDENTITY:
    case QS_LAYER_REFORMAT:
    case QS_LAYER_QUANTIZE:
    case QS_LAYER_DEQUANTIZE:
      return is_non_negative (qs_layer_get_input (layer, 0), search);
    case QS_LAYER_CONCATENATION:
      return all_inputs (layer, search);
    case QS_LAYER_ELEMENT_WISE:
      return ((const QsElementWiseAttributes *) layer->attributes)->type == QS_ELEMENT_WISE_ADD
             && all_inputs (layer, search);
    default:
      return FALSE;
    }
}

static gboolean
is_non_negative (const QsTensor *tensor,
                 Search         *search)
{
  gboolean proved;

  if (tensor == NULL || tensor->producer == NULL || search->depth == MAX_DEPTH
      || ++search->n_tensors > MAX_TENSORS)
    return FALSE;

  search->depth++;
  proved = activation_is_non_negative (&tensor->producer->activation)
           || layer_keeps_sign (tensor->producer, search);
  search->depth--;
  return proved;
}

/**
 * qs_cpu_is_non_negative:
 *
 * Whether the network proves that no value of @tensor is below zero, so that its INT8 codes are
 * 0 … 127: it comes from an activation like ReLU, directly or through layers that keep the sign. A
 * network that computes NaN is outside of the proof, as it is outside of quantization.
 */
gboolean
qs_cpu_is_non_negative (const QsTensor *tensor)
{
  Search search = { 0 };

  return is_non_negative (tensor, &search);
}
