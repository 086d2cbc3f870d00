/* SPDX-License-Identifier: MIT */
#include "qs-weight-quantizer.h"

#include <float.h>
#include <math.h>

#include "core/qs-error.h"
#include "numerics/qs-int8.h"
#include "passes/qs-weight-channels.h"

/* TensorRT's implicit mode keeps weights symmetric: -128 is not used (developer guide, table 2). */
#define WEIGHT_MAX 127.0

static gboolean
find_maxima (const QsLayer          *layer,
             const QsWeightChannels *channels,
             float                  *maxima,
             GError                **error)
{
  const QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);

  for (gint64 i = 0; i < channels->n_weights; i++)
    {
      float value = fabsf ((float) qs_host_tensor_get_number (weights->value, i));
      gint64 k = qs_weight_channels_find (channels, i);

      if (!isfinite (value))
        {
          g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                       "its weights %s contain NaN or infinity", weights->name);
          return FALSE;
        }
      maxima[k] = MAX (maxima[k], value);
    }

  return TRUE;
}

static gint8
quantize_weight (double          value,
                 QsRoundingMode  rounding,
                 gint64         *n_ties)
{
  *n_ties += qs_is_tie (value);
  return (gint8) CLAMP (qs_round_weight (value, rounding), -WEIGHT_MAX, WEIGHT_MAX);
}

/**
 * qs_quantize_weights:
 * @layer: a weighted layer
 *
 * Weights as signed bytes, one scale per output channel: `scale = max |w| / 127`,
 * `q = round (w / scale)`, -127 … 127, ties as @rounding says. A channel without any weight above the smallest normal
 * float has the scale 1, so that products of scales stay finite; its bytes are all 0.
 *
 * Errors: %QS_ERROR_DATA for NaN or infinity, %QS_ERROR_UNSUPPORTED when the weights are not
 * constant, %QS_ERROR_LIMIT when int32 sums could overflow. The messages begin with “its” and
 * speak of the layer.
 */
gboolean
qs_quantize_weights (const QsLayer       *layer,
                     QsRoundingMode       rounding,
                     QsQuantizedWeights  *result,
                     GError             **error)
{
  const QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  QsWeightChannels channels;
  QsShape shape = { .n_dims = 1 };
  const char *why_not;
  float *scales;
  gint8 *values;

  *result = (QsQuantizedWeights) { NULL };
  if (!qs_weight_channels_init (&channels, layer, &why_not))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "%s", why_not);
      return FALSE;
    }
  if (channels.n_products > QS_INT8_MAX_K)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_LIMIT,
                   "its sums have %" G_GINT64_FORMAT " products, and INT32 accumulators are exact "
                   "for at most %d", channels.n_products, QS_INT8_MAX_K);
      return FALSE;
    }

  shape.dims[0] = channels.n;
  result->scales = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &shape, error);
  result->values = result->scales != NULL
    ? qs_host_tensor_new (QS_DATA_TYPE_INT8, &weights->shape, error) : NULL;
  if (result->values == NULL || !find_maxima (layer, &channels,
                                              qs_host_tensor_get_mutable (result->scales), error))
    {
      qs_quantized_weights_clear (result);
      return FALSE;
    }

  scales = qs_host_tensor_get_mutable (result->scales);
  values = qs_host_tensor_get_mutable (result->values);
  for (gint64 k = 0; k < channels.n; k++)
    scales[k] = scales[k] / 127.0f >= FLT_MIN ? scales[k] / 127.0f : 1.0f;
  for (gint64 i = 0; i < channels.n_weights; i++)
    values[i] = quantize_weight (qs_host_tensor_get_number (weights->value, i) /
                                   (double) scales[qs_weight_channels_find (&channels, i)],
                                 rounding, &result->n_ties);
  return TRUE;
}

void
qs_quantized_weights_clear (QsQuantizedWeights *self)
{
  g_clear_pointer (&self->values, qs_host_tensor_unref);
  g_clear_pointer (&self->scales, qs_host_tensor_unref);
}

/**
 * qs_quantize_constant:
 * @scale: (inout): the scale to use; 0 for max |x| / 127
 *
 * A constant operand of an INT8 layer, with one scale for all of it.
 *
 * Errors: %QS_ERROR_DATA for NaN or infinity.
 */
QsHostTensor *
qs_quantize_constant (const QsTensor  *tensor,
                      float           *scale,
                      GError         **error)
{
  gint64 n = qs_host_tensor_get_n_elements (tensor->value);
  float max = 0.0f;
  QsHostTensor *result;
  gint8 *values;

  for (gint64 i = 0; i < n; i++)
    max = fmaxf (max, fabsf ((float) qs_host_tensor_get_number (tensor->value, i)));
  for (gint64 i = 0; i < n; i++)
    if (!isfinite (qs_host_tensor_get_number (tensor->value, i)))
      {
        g_set_error (error, QS_ERROR, QS_ERROR_DATA, "its constant %s contains NaN or infinity",
                     tensor->name);
        return NULL;
      }

  if (*scale == 0.0f)
    *scale = max / 127.0f >= FLT_MIN ? max / 127.0f : 1.0f;
  result = qs_host_tensor_new (QS_DATA_TYPE_INT8, &tensor->shape, error);
  if (result == NULL)
    return NULL;

  values = qs_host_tensor_get_mutable (result);
  for (gint64 i = 0; i < n; i++)
    values[i] = qs_quantize ((float) qs_host_tensor_get_number (tensor->value, i), 1.0f / *scale);
  return result;
}
