/* SPDX-License-Identifier: MIT */
#include "qs-refusals.h"

#include "operators/qs-operator.h"

/* Why an operator that is not read is not, and what to do about it. A pattern may end in `*`. */
typedef struct
{
  const char *pattern;
  const char *reason;
} Refusal;

#define CONTROL_FLOW \
  "control flow is not supported; export the model with fixed conditions and unrolled loops, " \
  "or fold them with a simplifier"
#define SEQUENCE \
  "sequences and optional values are not supported; export the model with tensors only"
#define RECURRENT \
  "recurrent layers cannot be quantized here; export them unrolled, or leave this part out"
#define QLINEAR \
  "operators on integers are not supported; write the model with QuantizeLinear and " \
  "DequantizeLinear around float operators (QDQ format) instead"
#define DYNAMIC \
  "quantization with ranges found at run time is not supported; use static quantization with " \
  "QuantizeLinear and DequantizeLinear and constant scales"
#define TEXT "text is not supported; move the preprocessing out of the model"
#define RANDOM "random numbers are not supported; remove what is only used in training"
#define TRAINING "training is not supported; export the model for inference"
#define SIGNAL "signal processing is not supported; move it out of the model"

static const Refusal refusals[] = {
  { "Scan", CONTROL_FLOW },
  { "Sequence*", SEQUENCE },
  { "SplitToSequence", SEQUENCE },
  { "ConcatFromSequence", SEQUENCE },
  { "Optional*", SEQUENCE },
  { "LSTM", RECURRENT },
  { "GRU", RECURRENT },
  { "RNN", RECURRENT },
  { "QLinear*", QLINEAR },
  { "ConvInteger", QLINEAR },
  { "MatMulInteger", QLINEAR },
  { "DynamicQuantizeLinear", DYNAMIC },
  { "String*", TEXT },
  { "RegexFullMatch", TEXT },
  { "TfIdfVectorizer", TEXT },
  { "Random*", RANDOM },
  { "Multinomial", RANDOM },
  { "Bernoulli", RANDOM },
  { "NegativeLogLikelihoodLoss", TRAINING },
  { "SoftmaxCrossEntropyLoss", TRAINING },
  { "Gradient", TRAINING },
  { "Adam", TRAINING },
  { "Adagrad", TRAINING },
  { "Momentum", TRAINING },
  { "DFT", SIGNAL },
  { "STFT", SIGNAL },
  { "MelWeightMatrix", SIGNAL },
};

/**
 * qs_refusal_explain:
 *
 * Returns: (transfer full) (nullable): why @node cannot be imported whatever its inputs are; %NULL
 *   when there is a row for its operator, or it is a branch or a function of the model
 */
char *
qs_refusal_explain (const QsOnnxNode *node,
                    QsModel          *model)
{
  const char *op_type = qs_onnx_node_get_op_type (node);
  const char *domain = qs_onnx_node_get_domain (node);
  int opset = qs_onnx_node_get_opset (node);

  if (qs_model_has_function (model, domain, op_type))
    return NULL;
  if (domain[0] != '\0')
    return g_strdup_printf ("operators of the domain “%s” are not supported; export the model with "
                            "standard ONNX operators only", domain);
  if (g_str_equal (op_type, "If") || g_str_equal (op_type, "Loop") || qs_operator_lookup (op_type, opset) != NULL)
    return NULL;
  if (qs_operator_is_known (op_type))
    return g_strdup_printf ("this operator does not exist in version %d of the ONNX operators, or "
                            "not in a form that is supported; convert the model with "
                            "onnx.version_converter", opset);

  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    if (g_pattern_match_simple (refusals[i].pattern, op_type))
      return g_strdup (refusals[i].reason);

  return g_strdup ("this operator is not supported; replace it by others when exporting the model");
}
