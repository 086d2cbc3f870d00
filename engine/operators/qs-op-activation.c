/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "numerics/qs-int8.h"
#include "qs-attributes.h"
#include "qs-families.h"
#include "qs-op-element-wise.h"
#include "qs-op-rows.h"
#include "qs-op-util.h"

/* Attribute names and defaults of the functions that have parameters. */
typedef struct
{
  const char *alpha;
  const char *beta;
  float alpha_default;
  float beta_default;
} Parameters;

static const Parameters parameters[QS_N_ACTIVATIONS] = {
  [QS_ACTIVATION_LEAKY_RELU] = { "alpha", NULL, 0.01f, 0 },
  [QS_ACTIVATION_HARD_SIGMOID] = { "alpha", "beta", 0.2f, 0.5f },
  [QS_ACTIVATION_ELU] = { "alpha", NULL, 1, 0 },
  [QS_ACTIVATION_SELU] = { "alpha", "gamma", 1.67326319217681884765625f,
                           1.05070102214813232421875f },
  [QS_ACTIVATION_THRESHOLDED_RELU] = { "alpha", NULL, 1, 0 },
  [QS_ACTIVATION_CELU] = { "alpha", NULL, 1, 0 },
  [QS_ACTIVATION_SHRINK] = { "lambd", "bias", 0.5f, 0 },
};

static gboolean
infer (QsLayer *layer,
       GError **error)
{
  QsTensor *x = qs_layer_require_input (layer, 0, error);

  if (x == NULL || !qs_layer_check_float (x, "the input", error))
    return FALSE;

  return qs_layer_set_output (layer, 0, x->type, &x->shape, error);
}

static gboolean
evaluate (const QsLayer *layer,
          const QsView  *inputs,
          QsView        *outputs,
          GError       **error)
{
  const QsView *views[] = { &inputs[0], &outputs[0] };
  QsRows rows;
  float values[QS_ROW_LENGTH];

  qs_rows_init (&rows, &outputs[0].shape, views, 2);
  while (qs_rows_next (&rows))
    {
      qs_floats_load (values, &inputs[0], rows.offsets[0], rows.steps[0], rows.length);
      qs_activation_apply_row (&layer->activation, values, rows.length);
      qs_floats_store (values, &outputs[0], rows.offsets[1], rows.steps[1], rows.length);
    }

  return TRUE;
}

static gboolean
add_activation (QsImporter         *importer,
                const QsOnnxNode   *node,
                const QsActivation *activation,
                GError            **error)
{
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  QsLayer *layer;

  if (x == NULL || !qs_layer_check_float (x, "the input", error))
    return FALSE;
  if (isnan (activation->alpha) || isnan (activation->beta))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_DATA, "a parameter is not a number (NaN)");
      return FALSE;
    }

  layer = qs_importer_add_layer_full (importer, node, QS_LAYER_ACTIVATION, NULL, &x, 1, 1, error);
  if (layer == NULL)
    return FALSE;

  layer->activation = *activation;
  return TRUE;
}

static gboolean
parse (QsImporter       *importer,
       const QsOperator *op,
       const QsOnnxNode *node,
       GError          **error)
{
  const Parameters *names = &parameters[op->variant];
  QsActivation activation = { .type = (QsActivationType) op->variant };

  if (names->alpha != NULL &&
      !qs_onnx_node_get_float (node, names->alpha, names->alpha_default, &activation.alpha, error))
    return FALSE;
  if (names->beta != NULL &&
      !qs_onnx_node_get_float (node, names->beta, names->beta_default, &activation.beta, error))
    return FALSE;
  if (activation.type == QS_ACTIVATION_CELU && activation.alpha == 0.0f)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_DATA, "alpha is 0, by which Celu divides");
      return FALSE;
    }

  return add_activation (importer, node, &activation, error);
}

/* Relu of integers (opset 14) is a maximum with zero. */
static gboolean
parse_relu (QsImporter       *importer,
            const QsOperator *op,
            const QsOnnxNode *node,
            GError          **error)
{
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  QsElementWiseAttributes attributes = { QS_ELEMENT_WISE_MAX };
  QsTensor *inputs[2] = { x, NULL };

  if (x == NULL)
    return FALSE;
  if (x->type == QS_DATA_TYPE_FLOAT || x->type == QS_DATA_TYPE_FLOAT16)
    return parse (importer, op, node, error);

  inputs[1] = qs_element_wise_add_scalar (qs_importer_get_network (importer), "zero", x->type, 0,
                                          error);
  return inputs[1] != NULL &&
         qs_importer_add_layer_full (importer, node, QS_LAYER_ELEMENT_WISE, &attributes, inputs, 2,
                                     1, error) != NULL;
}

/* Clip before opset 11 has its limits as attributes. */
static gboolean
parse_clip_attributes (QsImporter       *importer,
                       const QsOperator *op,
                       const QsOnnxNode *node,
                       GError          **error)
{
  QsActivation activation = { .type = QS_ACTIVATION_CLIP };

  return qs_onnx_node_get_float (node, "min", -G_MAXFLOAT, &activation.alpha, error) &&
         qs_onnx_node_get_float (node, "max", G_MAXFLOAT, &activation.beta, error) &&
         add_activation (importer, node, &activation, error);
}

static gboolean
is_known_limit (const QsTensor *limit)
{
  return limit == NULL ||
         (limit->value != NULL && qs_host_tensor_get_n_elements (limit->value) == 1);
}

/* Limits that the network computes, and integers: a maximum and a minimum. */
static gboolean
add_clip_chain (QsImporter       *importer,
                const QsOnnxNode *node,
                QsTensor         *x,
                QsTensor         *low,
                QsTensor         *high,
                GError          **error)
{
  QsElementWiseAttributes maximum = { QS_ELEMENT_WISE_MAX }, minimum = { QS_ELEMENT_WISE_MIN };
  QsTensor *inputs[2] = { x, NULL };

  if (low == NULL && high == NULL)
    {
      qs_importer_bind_output (importer, node, 0, x);
      return TRUE;
    }

  if (low != NULL && high != NULL)
    {
      inputs[1] = low;
      inputs[0] = qs_element_wise_add_inner (importer, node, QS_ELEMENT_WISE_MAX, x, low, error);
      if (inputs[0] == NULL)
        return FALSE;
    }

  inputs[1] = high != NULL ? high : low;
  return qs_importer_add_layer_full (importer, node, QS_LAYER_ELEMENT_WISE,
                                     high != NULL ? &minimum : &maximum, inputs, 2, 1,
                                     error) != NULL;
}

static gboolean
parse_clip (QsImporter       *importer,
            const QsOperator *op,
            const QsOnnxNode *node,
            GError          **error)
{
  QsActivation activation = { QS_ACTIVATION_CLIP, -INFINITY, INFINITY };
  QsTensor *x = qs_importer_require_input (importer, node, 0, error);
  QsTensor *low = qs_importer_get_input (importer, node, 1);
  QsTensor *high = qs_importer_get_input (importer, node, 2);
  gboolean is_float;

  if (x == NULL)
    return FALSE;

  is_float = x->type == QS_DATA_TYPE_FLOAT || x->type == QS_DATA_TYPE_FLOAT16;
  if (!is_float || !is_known_limit (low) || !is_known_limit (high))
    return add_clip_chain (importer, node, x, low, high, error);

  if (low != NULL)
    activation.alpha = (float) qs_host_tensor_get_number (low->value, 0);
  if (high != NULL)
    activation.beta = (float) qs_host_tensor_get_number (high->value, 0);
  return add_activation (importer, node, &activation, error);
}

static gboolean
parse_gelu (QsImporter       *importer,
            const QsOperator *op,
            const QsOnnxNode *node,
            GError          **error)
{
  QsActivation activation = { .type = QS_ACTIVATION_GELU_ERF };
  g_autofree char *approximate = NULL;

  if (!qs_onnx_node_get_string (node, "approximate", "none", &approximate, error))
    return FALSE;

  if (g_strcmp0 (approximate, "tanh") == 0)
    activation.type = QS_ACTIVATION_GELU_TANH;
  else if (g_strcmp0 (approximate, "none") != 0)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "approximate is “%s”, which is neither “none” nor “tanh”", approximate);
      return FALSE;
    }

  return add_activation (importer, node, &activation, error);
}

/* ReLU is monotone and keeps zero, so it commutes with rounding and clamping. */
static QsPlacement
qdq_placement (const QsLayer  *layer,
               const char    **why_not)
{
  if (layer->activation.type == QS_ACTIVATION_RELU)
    return QS_PLACEMENT_COMMUTES;

  *why_not = "of the activations only ReLU commutes with quantization";
  return QS_PLACEMENT_NON_WEIGHTED;
}

const QsLayerClass qs_layer_classes_activation[] = {
  {
    .kind = QS_LAYER_ACTIVATION,
    .name = "Activation",
    .placement = QS_PLACEMENT_NON_WEIGHTED,
    .infer = infer,
    .evaluate = evaluate,
    .qdq_placement = qdq_placement,
  },
  { 0 },
};

const QsOperator qs_operators_activation[] = {
  { "Relu", 6, 0, QS_ACTIVATION_RELU, parse_relu },
  { "Clip", 6, 10, QS_ACTIVATION_CLIP, parse_clip_attributes },
  { "Clip", 11, 0, QS_ACTIVATION_CLIP, parse_clip },
  { "LeakyRelu", 6, 0, QS_ACTIVATION_LEAKY_RELU, parse },
  { "HardSigmoid", 6, 0, QS_ACTIVATION_HARD_SIGMOID, parse },
  { "HardSwish", 14, 0, QS_ACTIVATION_HARD_SWISH, parse },
  { "Sigmoid", 6, 0, QS_ACTIVATION_SIGMOID, parse },
  { "Tanh", 6, 0, QS_ACTIVATION_TANH, parse },
  { "Elu", 6, 0, QS_ACTIVATION_ELU, parse },
  { "Selu", 6, 0, QS_ACTIVATION_SELU, parse },
  { "Softplus", 1, 0, QS_ACTIVATION_SOFTPLUS, parse },
  { "Softsign", 1, 0, QS_ACTIVATION_SOFTSIGN, parse },
  { "ThresholdedRelu", 10, 0, QS_ACTIVATION_THRESHOLDED_RELU, parse },
  { "Celu", 12, 0, QS_ACTIVATION_CELU, parse },
  { "Mish", 18, 0, QS_ACTIVATION_MISH, parse },
  { "Shrink", 9, 0, QS_ACTIVATION_SHRINK, parse },
  { "Gelu", 20, 0, QS_ACTIVATION_GELU_ERF, parse_gelu },
  { 0 },
};
