/* SPDX-License-Identifier: MIT */
#include "qs-refusals.h"

#include "operators/qs-operator.h"

/* Why an operator that is not read is not, and what to do about it: "<operator> <reason>; <advice>".
 * A pattern may have a `*`; the first row that fits counts. */
typedef struct
{
  const char *pattern;
  const char *reason;
  const char *advice;
} Refusal;

#define CONTROL_FLOW \
  "is control flow, which is not supported here", \
  "export the model with unrolled loops, or fold them with a simplifier"
#define SEQUENCE \
  "works on sequences, and only tensors are supported", \
  "export the model with tensors only"
#define OPTIONAL \
  "works on optional values, and only tensors are supported", \
  "export the model with tensors only"
#define RECURRENT \
  "is a recurrent operator, which cannot be quantized here", \
  "export it unrolled, or leave this part out of the model"
#define QLINEAR(float_op) \
  "computes on quantized integers itself", \
  "write the model in QDQ format, as DequantizeLinear, " float_op " and QuantizeLinear, instead"
#define INTEGER(float_op) \
  "computes on integers without scales", \
  "write the model in QDQ format, as DequantizeLinear and " float_op ", instead"
#define DYNAMIC \
  "finds its range at run time, and ranges are fixed here", \
  "use static quantization, with QuantizeLinear, DequantizeLinear and constant scales"
#define TEXT "works on text, which is not supported", "move the preprocessing out of the model"
#define RANDOM \
  "makes random numbers, which are not supported", \
  "remove what is only used in training, or make the numbers an input"
#define TRAINING "is for training", "export the model for inference"
#define SIGNAL \
  "is signal processing, which is not supported", "move it out of the model"
#define IMAGE "is image processing, which is not supported", "move it out of the model"
#define COMPOSED \
  "is not supported as one operator", \
  "export the model with an older opset version, where it is spelled out in simpler operators"

static const Refusal refusals[] = {
  { "Scan", CONTROL_FLOW },
  { "Sequence*", SEQUENCE },
  { "SplitToSequence", SEQUENCE },
  { "ConcatFromSequence", SEQUENCE },
  { "Optional*", OPTIONAL },
  { "LSTM", RECURRENT },
  { "GRU", RECURRENT },
  { "RNN", RECURRENT },
  { "QLinearConv", QLINEAR ("Conv") },
  { "QLinearMatMul", QLINEAR ("MatMul") },
  { "QLinear*", QLINEAR ("the float operator") },
  { "ConvInteger", INTEGER ("Conv") },
  { "MatMulInteger", INTEGER ("MatMul") },
  { "DynamicQuantizeLinear", DYNAMIC },
  { "String*", TEXT },
  { "RegexFullMatch", TEXT },
  { "TfIdfVectorizer", TEXT },
  { "LabelEncoder", TEXT },
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
  { "*Window", SIGNAL },
  { "ImageDecoder", IMAGE },
  { "Attention", COMPOSED },
  { "RotaryEmbedding", COMPOSED },
  { "*", "is not supported", "replace it by other operators when exporting the model" },
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
    return g_strdup_printf ("%s is an operator of the domain “%s”, which is not supported; export the "
                            "model with standard ONNX operators only", op_type, domain);
  if (g_str_equal (op_type, "If") || g_str_equal (op_type, "Loop") ||
      qs_operator_lookup (op_type, opset) != NULL)
    return NULL;
  if (qs_operator_is_known (op_type))
    return g_strdup_printf ("%s does not exist in version %d of the ONNX operators, or not in a form "
                            "that is supported; convert the model with onnx.version_converter",
                            op_type, opset);

  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    if (g_pattern_match_simple (refusals[i].pattern, op_type))
      return g_strdup_printf ("%s %s; %s", op_type, refusals[i].reason, refusals[i].advice);

  g_return_val_if_reached (NULL);
}
