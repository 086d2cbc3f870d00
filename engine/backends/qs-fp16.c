/* SPDX-License-Identifier: MIT */
#include "qs-fp16.h"

#include <math.h>

#include "core/qs-error.h"

static void
widen (const guint16 *from,
       float         *to,
       gint64         n)
{
  for (gint64 i = 0; i < n; i++)
    to[i] = qs_float16_to_float (from[i]);
}

static void
narrow (const float *from,
        guint16     *to,
        gint64       n)
{
  for (gint64 i = 0; i < n; i++)
    to[i] = qs_float16_from_float (from[i]);
}

const QsFp16Functions qs_fp16_portable = { widen, narrow };

/* Bits of the magnitude: infinity, and the smallest number that is not subnormal. */
#define INFINITE 0x7c00u
#define NORMAL 0x0400u

static void
count (QsFp16Rounding *self,
       float           value,
       guint16         half)
{
  guint16 magnitude = half & 0x7fffu;

  if (value == 0.0f || !isfinite (value))
    return;

  self->n_overflows += magnitude == INFINITE;
  self->n_underflows += magnitude == 0;
  self->n_subnormals += magnitude > 0 && magnitude < NORMAL;
}

/**
 * qs_fp16_round:
 * @tensor: float32
 * @rounding: (inout): what happened to its values is added
 *
 * Errors: too little memory.
 */
QsHostTensor *
qs_fp16_round (const QsHostTensor  *tensor,
               QsFp16Rounding      *rounding,
               GError             **error)
{
  const float *from = qs_host_tensor_get_floats (tensor);
  gint64 n = qs_host_tensor_get_n_elements (tensor);
  QsHostTensor *result =
    qs_host_tensor_new (QS_DATA_TYPE_FLOAT16, qs_host_tensor_get_shape (tensor), error);
  guint16 *to;

  if (result == NULL)
    return NULL;

  to = qs_host_tensor_get_mutable (result);
  for (gint64 i = 0; i < n; i++)
    {
      to[i] = qs_float16_from_float (from[i]);
      count (rounding, from[i], to[i]);
    }
  return result;
}

QsHostTensor *
qs_fp16_widen (const QsHostTensor  *tensor,
               GError             **error)
{
  QsHostTensor *result =
    qs_host_tensor_new (QS_DATA_TYPE_FLOAT, qs_host_tensor_get_shape (tensor), error);

  if (result != NULL)
    widen (qs_host_tensor_get_data (tensor), qs_host_tensor_get_mutable (result),
           qs_host_tensor_get_n_elements (tensor));
  return result;
}

static gboolean
any_fp16 (GPtrArray *tensors)
{
  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      if (tensor != NULL && tensor->type == QS_DATA_TYPE_FLOAT16)
        return TRUE;
    }

  return FALSE;
}

gboolean
qs_layer_has_fp16 (const QsLayer *layer)
{
  switch ((int) layer->klass->kind)
    {
    case QS_LAYER_CAST:
    case QS_LAYER_REFORMAT:
    case QS_LAYER_QUANTIZE:
    case QS_LAYER_DEQUANTIZE:
      return FALSE;
    default:
      return any_fp16 (layer->inputs) || any_fp16 (layer->outputs);
    }
}

static QsTensor *
widen_tensor (QsNetwork       *network,
              const QsTensor  *tensor,
              GError         **error)
{
  gboolean is_half = tensor->type == QS_DATA_TYPE_FLOAT16;
  QsTensor *twin;

  if (tensor->value != NULL)
    {
      g_autoptr (QsHostTensor) value = is_half ? qs_fp16_widen (tensor->value, error)
                                               : qs_host_tensor_ref (tensor->value);

      if (value == NULL)
        return NULL;
      twin = qs_network_add_constant (network, tensor->name, value);
    }
  else
    {
      twin = qs_network_add_tensor (network, tensor->name);
      twin->type = is_half ? QS_DATA_TYPE_FLOAT : tensor->type;
      twin->shape = tensor->shape;
      twin->format = tensor->format;
    }

  twin->scale = tensor->scale;
  return twin;
}

static gboolean
widen_inputs (QsNetwork      *network,
              const QsLayer  *layer,
              QsLayer        *copy,
              GError        **error)
{
  g_autoptr (GHashTable) twins = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < layer->inputs->len; i++)
    {
      QsTensor *input = g_ptr_array_index (layer->inputs, i);
      QsTensor *twin = input != NULL ? g_hash_table_lookup (twins, input) : NULL;

      if (input != NULL && twin == NULL)
        {
          twin = widen_tensor (network, input, error);
          if (twin == NULL)
            return FALSE;
          g_hash_table_insert (twins, input, twin);
        }
      qs_network_set_input (network, copy, i, twin);
    }

  return TRUE;
}

QsNetwork *
qs_layer_widen (const QsLayer  *layer,
                GError        **error)
{
  g_autoptr (QsNetwork) network = qs_network_new (layer->name);
  QsLayer *copy = qs_network_add_layer (network, layer->klass, layer->name, layer->attributes, NULL,
                                        0, NULL, 0);

  copy->activation = layer->activation;
  copy->precision = layer->precision == QS_PRECISION_FP16 ? QS_PRECISION_FP32 : layer->precision;
  if (layer->weight_scales != NULL)
    copy->weight_scales = qs_host_tensor_ref (layer->weight_scales);
  if (!widen_inputs (network, layer, copy, error))
    return NULL;

  for (guint i = 0; i < layer->outputs->len; i++)
    {
      const QsTensor *output = g_ptr_array_index (layer->outputs, i);

      qs_network_set_output (network, copy, i,
                             output != NULL ? widen_tensor (network, output, NULL) : NULL);
    }

  return g_steal_pointer (&network);
}
