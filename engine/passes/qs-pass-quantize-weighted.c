/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "operators/qs-op-matrix-multiply.h"
#include "qs-affine-fold.h"
#include "qs-pass-list.h"
#include "qs-pass-tools.h"
#include "qs-qdq.h"

#define ID "quantize-weighted"

/* As in numerics/qs-int8.h: more products could overflow an int32 accumulator. */
#define MAX_PRODUCTS 131071

/* The DQ layer of the weights: it reads constant integers. */
static QsLayer *
find_weights (const QsLayer *layer)
{
  const QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  QsLayer *producer = weights != NULL ? weights->producer : NULL;

  return qs_is_dequantize (producer) && qs_layer_get_input (producer, 0)->value != NULL ? producer
                                                                                         : NULL;
}

static void
refuse (QsJournal     *journal,
        const QsLayer *layer,
        const char    *condition,
        char          *reason,
        char          *remedy)
{
  QsRefusal refusal = { ID, condition, { layer->name },
                        { qs_layer_get_input (layer, QS_INPUT_X),
                          qs_layer_get_input (layer, QS_INPUT_WEIGHTS) }, reason, remedy };

  qs_qdq_refuse (journal, &refusal);
}

/* Says what is missing; TRUE when nothing is. */
static gboolean
check_operands (QsJournal     *journal,
                const QsLayer *layer,
                const QsLayer *x,
                const QsLayer *weights)
{
  const QsTensor *w = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);

  if (x != NULL && weights != NULL)
    return TRUE;

  if (x == NULL && weights == NULL)
    refuse (journal, layer, "missing-quantize",
            g_strdup_printf ("%s stays in floating point: neither its input nor its weights are "
                             "quantized.", layer->name),
            g_strdup ("Put QuantizeLinear and DequantizeLinear on its input and on its weights."));
  else if (x == NULL)
    refuse (journal, layer, "missing-quantize",
            g_strdup_printf ("%s stays in floating point: its weights are quantized, but its input "
                             "%s is not.", layer->name, qs_layer_get_input (layer, 0)->name),
            g_strdup ("Put QuantizeLinear and DequantizeLinear on its input."));
  else if (w != NULL && w->value == NULL)
    refuse (journal, layer, "weights-not-constant",
            g_strdup_printf ("%s stays in floating point: its weights %s are not constant.",
                             layer->name, w->name),
            g_strdup ("Take QuantizeLinear and DequantizeLinear away here; they only cost "
                      "accuracy."));
  else
    refuse (journal, layer, "missing-quantize",
            g_strdup_printf ("%s stays in floating point: its input is quantized, but its weights "
                             "are not.", layer->name),
            g_strdup ("Put QuantizeLinear and DequantizeLinear on its weights."));
  return FALSE;
}

/* One scale per output channel. A deconvolution's channels of all groups share the list. */
static QsHostTensor *
spread_scales (const QsLayer           *weights,
               const QsWeightChannels  *channels,
               GError                 **error)
{
  const QsHostTensor *scales = qs_layer_get_input (weights, 1)->value;
  gint64 n = qs_host_tensor_get_n_elements (scales);
  QsShape shape = { .n_dims = 1, .dims = { channels->n } };
  QsHostTensor *spread = qs_host_tensor_new (QS_DATA_TYPE_FLOAT, &shape, error);
  float *values;

  if (spread == NULL)
    return NULL;

  values = qs_host_tensor_get_mutable (spread);
  for (gint64 k = 0; k < channels->n; k++)
    values[k] = (float) qs_host_tensor_get_number (scales, n == 1 ? 0 : k % n);
  return spread;
}

/* INT8 kernels take one float per channel; zero is what a layer without bias adds. */
static gboolean
normalise_bias (QsNetwork               *network,
                QsLayer                 *layer,
                const QsWeightChannels  *channels,
                GError                 **error)
{
  const QsTensor *bias = qs_layer_get_input (layer, QS_INPUT_BIAS);
  g_autofree double *values = NULL;

  if (bias == NULL)
    return TRUE;

  values = qs_affine_read_bias (layer, channels);
  return values != NULL && qs_affine_fold (network, layer, channels, NULL, values, error);
}

/* "conv1.weight + QuantizeLinear_7 + Conv_9", as TensorRT names it. */
static void
rename_layer (QsLayer       *layer,
              const QsLayer *weights)
{
  const char *quantize = NULL;
  char *name;

  for (guint i = 0; i < weights->origins->len; i++)
    {
      const QsOrigin *origin = g_ptr_array_index (weights->origins, i);

      if (g_str_has_prefix (origin->op_type, "Quantize"))
        quantize = origin->name;
    }

  name = g_strjoin (" + ", qs_layer_get_input (weights, 0)->name,
                    quantize != NULL ? quantize : layer->name,
                    quantize != NULL ? layer->name : NULL, NULL);
  g_free (layer->name);
  layer->name = name;
}

static const char *
find_obstacle (const QsLayer          *layer,
               const QsLayer          *weights,
               const QsWeightChannels *channels)
{
  const QsTensor *bias = qs_layer_get_input (layer, QS_INPUT_BIAS);
  g_autofree double *values = NULL;

  if (channels->n_products > MAX_PRODUCTS)
    return "more products per output element than int32 accumulators are exact for";
  if (layer->klass->kind == QS_LAYER_MATRIX_MULTIPLY &&
      ((const QsMatrixMultiplyAttributes *) layer->attributes)->trans_a)
    return "its input is transposed";
  if (qs_layer_get_output (layer, 0)->type != QS_DATA_TYPE_FLOAT)
    return "its result is not float32";
  if (bias != NULL)
    values = qs_affine_read_bias (layer, channels);
  if (bias != NULL && values == NULL)
    return "its bias is not one constant per output channel";
  return NULL;
}

static void
use_integers (QsNetwork    *network,
              QsJournal    *journal,
              QsLayer      *layer,
              QsLayer      *x,
              QsLayer      *weights,
              QsHostTensor *scales)
{
  g_autofree char *before = g_strdup (layer->name);
  const char *layers[] = { x->name, weights->name, before, NULL };
  QsTensor *tensors[] = { qs_layer_get_input (x, 0), qs_layer_get_input (weights, 0), NULL };

  layer->weight_scales = scales;
  layer->precision = QS_PRECISION_INT8;
  rename_layer (layer, weights);
  qs_qdq_add_origins (layer, weights);
  qs_qdq_add_origins (layer, x);
  qs_network_set_input (network, layer, QS_INPUT_X, tensors[0]);
  qs_network_set_input (network, layer, QS_INPUT_WEIGHTS, tensors[1]);
  qs_qdq_rewrite (journal, ID, layers, tensors, layer,
                  "Input and weights of %s are dequantized, so it multiplies the integers and scales "
                  "the sums.", before);
}

static gboolean
is_product_of_activations (const QsLayer *layer)
{
  const QsTensor *w = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);

  return layer->klass->kind == QS_LAYER_MATRIX_MULTIPLY && w != NULL && w->value == NULL &&
         find_weights (layer) == NULL;
}

static const char *
find_product_obstacle (const QsLayer *layer,
                       const QsLayer *x)
{
  const QsMatrixMultiplyAttributes *attributes = layer->attributes;
  const QsTensor *bias = qs_layer_get_input (layer, QS_INPUT_BIAS);
  const QsTensor *y = qs_layer_get_output (layer, 0);
  const QsTensor *a = qs_layer_get_input (layer, QS_INPUT_X), *b = qs_layer_get_input (layer, 1);
  gint64 n = y->shape.n_dims > 0 ? y->shape.dims[y->shape.n_dims - 1] : 1;
  QsMatrixGeometry g;

  if (qs_layer_get_input (x, 0)->value != NULL)
    return "its first operand is constant and its second is not";
  if (!qs_matrix_geometry_init (&g, attributes, &a->shape, &b->shape, NULL) || g.k > MAX_PRODUCTS)
    return "more products per output element than int32 accumulators are exact for";
  if (y->type != QS_DATA_TYPE_FLOAT)
    return "its result is not float32";
  if (bias != NULL && (bias->value == NULL || bias->type != QS_DATA_TYPE_FLOAT ||
                       bias->shape.n_dims < 1 || qs_shape_n_elements (&bias->shape) != n ||
                       bias->shape.dims[bias->shape.n_dims - 1] != n || attributes->beta != 1.0f))
    return "its bias is not one constant per column";
  return NULL;
}

static void
refuse_form (QsJournal     *journal,
             const QsLayer *layer,
             const char    *obstacle)
{
  refuse (journal, layer, "no-int8-form",
          g_strdup_printf ("%s stays in floating point: %s.", layer->name, obstacle),
          g_strdup ("Take QuantizeLinear and DequantizeLinear away here; they only cost accuracy."));
}

/* Says what is missing of a product of activations; TRUE when nothing is. */
static gboolean
check_product (QsJournal     *journal,
               const QsLayer *layer,
               const QsLayer *x,
               const QsLayer *w)
{
  const guint missing = x == NULL ? QS_INPUT_X : QS_INPUT_WEIGHTS;
  const char *name = qs_layer_get_input (layer, missing)->name;

  if (x != NULL && w != NULL)
    return TRUE;

  if (x == NULL && w == NULL)
    refuse (journal, layer, "missing-quantize",
            g_strdup_printf ("%s stays in floating point: neither of its operands is quantized.",
                             layer->name),
            g_strdup ("Put QuantizeLinear and DequantizeLinear on both operands."));
  else
    refuse (journal, layer, "missing-quantize",
            g_strdup_printf ("%s stays in floating point: only one of its operands is quantized, and "
                             "%s is not.", layer->name, name),
            g_strdup_printf ("Put QuantizeLinear and DequantizeLinear on %s.", name));
  return FALSE;
}

/* Both operands are dequantized activations, as in attention: each has one scale, so that their
 * product scales the sums of integer products. */
static void
try_quantize_product (QsNetwork *network,
                      QsJournal *journal,
                      QsLayer   *layer)
{
  QsLayer *x = qs_qdq_get_dequantize (qs_layer_get_input (layer, QS_INPUT_X));
  QsLayer *w = qs_qdq_get_dequantize (qs_layer_get_input (layer, QS_INPUT_WEIGHTS));
  const char *layers[] = { NULL, NULL, layer->name, NULL };
  QsTensor *tensors[3] = { NULL };
  const char *obstacle;

  if (!check_product (journal, layer, x, w))
    return;
  obstacle = find_product_obstacle (layer, x);
  if (obstacle != NULL)
    {
      refuse_form (journal, layer, obstacle);
      return;
    }

  layers[0] = x->name;
  layers[1] = w->name;
  tensors[0] = qs_layer_get_input (x, 0);
  tensors[1] = qs_layer_get_input (w, 0);
  qs_network_touch (network, layer);
  layer->precision = QS_PRECISION_INT8;
  qs_qdq_add_origins (layer, x);
  if (w != x)
    qs_qdq_add_origins (layer, w);
  qs_network_set_input (network, layer, QS_INPUT_X, tensors[0]);
  qs_network_set_input (network, layer, QS_INPUT_WEIGHTS, tensors[1]);
  qs_qdq_rewrite (journal, ID, layers, tensors, layer,
                  "Both operands of %s are dequantized activations, so it multiplies the integers and "
                  "scales the sums with both scales.", layer->name);
}

static gboolean
try_quantize (QsNetwork  *network,
              QsJournal  *journal,
              QsLayer    *layer,
              GError    **error)
{
  QsLayer *x = qs_qdq_get_dequantize (qs_layer_get_input (layer, QS_INPUT_X));
  QsLayer *weights = find_weights (layer);
  QsWeightChannels channels;
  const char *obstacle = NULL;
  QsHostTensor *scales;

  if (!check_operands (journal, layer, x, weights))
    return TRUE;

  scales = NULL;
  if (qs_weight_channels_init_integers (&channels, layer, qs_layer_get_input (weights, 0),
                                        &obstacle))
    obstacle = find_obstacle (layer, weights, &channels);
  if (obstacle != NULL)
    {
      refuse_form (journal, layer, obstacle);
      return TRUE;
    }

  scales = spread_scales (weights, &channels, error);
  if (scales == NULL)
    return FALSE;

  qs_network_touch (network, layer);
  if (!normalise_bias (network, layer, &channels, error))
    {
      qs_host_tensor_unref (scales);
      return FALSE;
    }
  use_integers (network, journal, layer, x, weights, scales);
  return TRUE;
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);

      if (layer->precision == QS_PRECISION_INT8 || !qs_pass_is_weighted (layer))
        continue;
      if (is_product_of_activations (layer))
        try_quantize_product (network, journal, layer);
      else if (!try_quantize (network, journal, layer, error))
        return FALSE;
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_quantize_weighted = {
  .id = ID,
  .title = "Compute weighted layers in integers",
  .run = run,
  .rule = "R7",
  .condition = "The input and the constant weights of a convolution or a matrix product, or both "
               "operands of a product of activations, come from DequantizeLinear.",
  .proof = QS_PROOF_FUSES,
};
