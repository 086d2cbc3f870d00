/* SPDX-License-Identifier: MIT */
#include "qs-affine-fold.h"

#include "operators/qs-attributes.h"

static gboolean
is_per_channel (const QsTensor         *bias,
                const QsWeightChannels *channels)
{
  gint64 n = qs_shape_n_elements (&bias->shape);

  if (bias->value == NULL || bias->type != QS_DATA_TYPE_FLOAT)
    return FALSE;
  return n == 1 || (n == channels->n && bias->shape.dims[bias->shape.n_dims - 1] == n);
}

double *
qs_affine_read_bias (const QsLayer          *layer,
                     const QsWeightChannels *channels)
{
  const QsTensor *bias = qs_layer_get_input (layer, QS_INPUT_BIAS);
  double *values = g_try_new0 (double, channels->n);
  double beta = 1.0;
  gboolean is_scalar;

  if (values == NULL || bias == NULL)
    return values;

  if (!is_per_channel (bias, channels))
    {
      g_free (values);
      return NULL;
    }

  if (layer->klass->kind == QS_LAYER_MATRIX_MULTIPLY)
    beta = ((const QsMatrixMultiplyAttributes *) layer->attributes)->beta;
  is_scalar = qs_shape_n_elements (&bias->shape) == 1;
  for (gint64 k = 0; k < channels->n; k++)
    values[k] = beta * qs_host_tensor_get_number (bias->value, is_scalar ? 0 : k);

  return values;
}

static QsHostTensor *
scale_weights (const QsTensor         *weights,
               const QsWeightChannels *channels,
               const double           *factor,
               GError                **error)
{
  QsHostTensor *scaled = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &weights->shape, error);
  float *values;

  if (scaled == NULL)
    return NULL;

  values = qs_host_tensor_get_mutable (scaled);
  for (gint64 i = 0; i < channels->n_weights; i++)
    values[i] = (float) (qs_host_tensor_get_number (weights->value, i) *
                         factor[qs_weight_channels_find (channels, i)]);
  return scaled;
}

/* INT8 weights stay as they are; their scales take the factor, which may be negative or zero. */
static QsHostTensor *
scale_scales (const QsHostTensor *scales,
              gint64              n,
              const double       *factor,
              GError            **error)
{
  QsHostTensor *scaled = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, qs_host_tensor_get_shape (scales),
                                             error);
  float *values;

  if (scaled == NULL)
    return NULL;

  values = qs_host_tensor_get_mutable (scaled);
  for (gint64 k = 0; k < n; k++)
    values[k] = (float) (qs_host_tensor_get_floats (scales)[k] * factor[k]);
  return scaled;
}

static QsHostTensor *
round_bias (const QsWeightChannels *channels,
            const double           *bias,
            GError                **error)
{
  QsShape shape = { .n_dims = 1, .dims = { channels->n } };
  QsHostTensor *rounded = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &shape, error);
  float *values;

  if (rounded == NULL)
    return NULL;

  values = qs_host_tensor_get_mutable (rounded);
  for (gint64 k = 0; k < channels->n; k++)
    values[k] = (float) bias[k];
  return rounded;
}

static void
set_constant (QsNetwork    *network,
              QsLayer      *layer,
              guint         index,
              const char   *name,
              QsHostTensor *value)
{
  QsTensor *tensor = qs_layer_get_input (layer, index);

  if (tensor == NULL || tensor->value == NULL || tensor->consumers->len > 1)
    {
      qs_network_set_input (network, layer, index, qs_network_add_constant (network, name, value));
      return;
    }

  /* Nobody else reads it, so it can change and keep its name. */
  qs_host_tensor_unref (tensor->value);
  tensor->value = qs_host_tensor_ref (value);
  tensor->type = qs_host_tensor_get_data_type (value);
  tensor->shape = *qs_host_tensor_get_shape (value);
}

gboolean
qs_affine_fold (QsNetwork              *network,
                QsLayer                *layer,
                const QsWeightChannels *channels,
                const double           *factor,
                const double           *bias,
                GError                **error)
{
  const QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  const QsTensor *old_bias = qs_layer_get_input (layer, QS_INPUT_BIAS);
  g_autoptr (QsHostTensor) new_bias = round_bias (channels, bias, error);
  g_autofree char *bias_name = old_bias != NULL ? g_strdup (old_bias->name)
                                                : g_strconcat (weights->name, "_bias", NULL);

  if (new_bias == NULL)
    return FALSE;

  if (factor != NULL && layer->weight_scales != NULL)
    {
      QsHostTensor *scaled = scale_scales (layer->weight_scales, channels->n, factor, error);

      if (scaled == NULL)
        return FALSE;
      qs_host_tensor_unref (layer->weight_scales);
      layer->weight_scales = scaled;
    }
  else if (factor != NULL)
    {
      g_autoptr (QsHostTensor) scaled = scale_weights (weights, channels, factor, error);

      if (scaled == NULL)
        return FALSE;
      set_constant (network, layer, QS_INPUT_WEIGHTS, weights->name, scaled);
    }

  set_constant (network, layer, QS_INPUT_BIAS, bias_name, new_bias);
  if (layer->klass->kind == QS_LAYER_MATRIX_MULTIPLY)
    ((QsMatrixMultiplyAttributes *) layer->attributes)->beta = 1.0f;
  return TRUE;
}
