/* SPDX-License-Identifier: MIT */
#include "qs-pass-list.h"
#include "qs-pass-tools.h"
#include "qs-qdq.h"

#define ID "keep-functions"

/*
 * TensorRT computes SiLU and GELU in the epilogue of a convolution on some platforms and in some
 * places only. Two places where it does not are known from its issues: behind a depthwise
 * convolution, whose fast implementation has no such epilogue (TensorRT #3205), and before a sum,
 * which takes the function into a pointwise layer with it (TensorRT #3861). ReLU and Clip are fused
 * everywhere (engine graphs of MobileNetV2).
 */
static gboolean
is_pointwise (const QsLayer *layer)
{
  QsActivationType type = layer->activation.type;

  return layer->klass->kind == QS_LAYER_ACTIVATION && type != QS_ACTIVATION_NONE &&
         type != QS_ACTIVATION_RELU && type != QS_ACTIVATION_CLIP;
}

static gboolean
is_depthwise (const QsLayer *layer)
{
  const QsConvolutionAttributes *attributes = layer->attributes;
  const QsTensor *x = qs_layer_get_input (layer, QS_INPUT_X);

  return layer->klass->kind == QS_LAYER_CONVOLUTION && attributes->groups > 1 &&
         x->shape.n_dims > 1 && attributes->groups == x->shape.dims[1];
}

/* The sum of two activations that alone reads what @function writes. */
static const QsLayer *
find_sum (QsNetwork     *network,
          const QsLayer *function)
{
  QsTensor *output = qs_layer_get_output (function, 0);
  const QsLayer *reader = qs_pass_only_reader (network, output, NULL);
  const QsTensor *other = reader != NULL ? qs_pass_other_input (reader, output) : NULL;

  return qs_pass_is_element_wise (reader, QS_ELEMENT_WISE_ADD) && other != NULL &&
           qs_tensor_is_activation (other) ? reader : NULL;
}

static void
keep (QsJournal     *journal,
      QsLayer       *function,
      const QsLayer *layer,
      const QsLayer *sum)
{
  const char *name = qs_activation_name (function->activation.type);
  QsRefusal refusal = { ID, sum != NULL ? "tensorrt-sum" : "tensorrt-depthwise",
                        { layer->name, function->name, sum != NULL ? sum->name : NULL },
                        { qs_layer_get_output (layer, 0) } };

  function->stands_alone = TRUE;
  refusal.reason = sum != NULL
    ? g_strdup_printf ("%s was not fused into %s, as in TensorRT: %s between a convolution and a sum "
                       "goes with the sum, %s.", function->name, layer->name, name, sum->name)
    : g_strdup_printf ("%s was not fused into %s, as in TensorRT: its depthwise convolutions have no "
                       "%s at their end.", function->name, layer->name, name);
  refusal.remedy = g_strdup ("Build without imitating TensorRT: this engine can fuse them.");
  qs_qdq_refuse (journal, &refusal);
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayer *function = g_ptr_array_index (network->layers, i);
      const QsLayer *layer = is_pointwise (function) ? qs_layer_get_input (function, 0)->producer
                                                     : NULL;
      const QsLayer *sum = qs_pass_is_weighted (layer) ? find_sum (network, function) : NULL;

      if (sum != NULL || (layer != NULL && is_depthwise (layer)))
        keep (journal, function, layer, sum);
    }

  return TRUE;
}

const QsPass qs_pass_keep_functions = {
  .id = ID,
  .title = "Leave functions apart as TensorRT does",
  .run = run,
  .rule = "R10",
  .condition = "TensorRT is imitated, and a function other than ReLU and Clip stands behind a "
               "depthwise convolution, or between a convolution and a sum.",
  .proof = QS_PROOF_FUSES,
  .needs = QS_PASS_EMULATE_TENSORRT,
};
