/* SPDX-License-Identifier: MIT */
#include "qs-pass-list.h"
#include "qs-pass-tools.h"
#include "qs-qdq.h"

#define ID "fuse-quantize"

/*
 * The Q behind an INT8 weighted layer becomes its requantization. A residual decides with: the sum
 * is in the type of its first operand, so the output is INT8 only if the residual is.
 */

static void
refuse_residual (QsJournal      *journal,
                 const QsLayer  *layer,
                 const QsLayer  *quantize,
                 const QsTensor *residual)
{
  QsRefusal refusal = { ID, "float-residual", { layer->name, quantize->name }, { residual } };

  refusal.reason = g_strdup_printf (
    "%s was not fused into %s, whose output stays in floating point, because the residual %s is: "
    "the residual decides about the type of the sum.", quantize->name, layer->name,
    residual->name);
  refusal.remedy = g_strdup_printf ("Put QuantizeLinear and DequantizeLinear on the residual %s.",
                                    residual->name);
  qs_qdq_refuse (journal, &refusal);
}

/* The first Q among those that read @output. */
static const QsLayer *
find_quantize (const QsTensor *output)
{
  for (guint i = 0; i < output->consumers->len; i++)
    if (qs_is_quantize (g_ptr_array_index (output->consumers, i)))
      return g_ptr_array_index (output->consumers, i);

  return NULL;
}

static void
refuse_output (QsNetwork      *network,
               QsJournal      *journal,
               const QsLayer  *layer,
               const QsTensor *output,
               const char     *why_not)
{
  QsRefusal refusal = { ID, "another-reader", { layer->name }, { output } };
  const QsLayer *quantize = find_quantize (output);

  if (quantize == NULL)
    {
      refusal.condition = "missing-quantize";
      refusal.reason = g_strdup_printf ("The output of %s, %s, stays in floating point: no "
                                        "QuantizeLinear reads it.", layer->name, output->name);
      refusal.remedy = g_strdup_printf ("Put QuantizeLinear and DequantizeLinear on %s if what reads "
                                        "it can compute in INT8.", output->name);
    }
  else
    {
      refusal.layers[1] = quantize->name;
      refusal.reason = g_strdup_printf ("%s was not fused into %s, because of the tensor between "
                                        "them, %s: %s.", quantize->name, layer->name, output->name,
                                        why_not);
      refusal.remedy = g_strdup_printf ("Let everything that reads %s read it quantized with one "
                                        "scale.", output->name);
    }
  qs_qdq_refuse (journal, &refusal);
}

static void
fuse (QsNetwork *network,
      QsJournal *journal,
      QsLayer   *layer,
      QsLayer   *quantize,
      QsLayer   *residual)
{
  g_autofree char *name = g_strdup (quantize->name);
  const char *layers[] = { layer->name, name, residual != NULL ? residual->name : NULL, NULL };
  QsTensor *output = qs_layer_get_output (quantize, 0);
  QsTensor *tensors[] = { output, NULL, NULL };

  if (residual != NULL)
    {
      tensors[1] = qs_layer_get_input (residual, 0);
      qs_qdq_add_origins (layer, residual);
      qs_network_set_input (network, layer, QS_INPUT_RESIDUAL, tensors[1]);
    }
  qs_qdq_add_origins (layer, quantize);
  qs_network_set_output (network, layer, 0, output);
  qs_network_remove_layer (network, quantize);
  qs_qdq_rewrite (journal, ID, layers, tensors, layer,
                  "Requantizing is the last step of an INT8 layer, so %s became part of it.%s", name,
                  residual != NULL ? " The residual is read as INT8, too." : "");
}

static void
try_fuse (QsNetwork *network,
          QsJournal *journal,
          QsLayer   *layer)
{
  QsTensor *output = qs_layer_get_output (layer, 0);
  QsTensor *residual = qs_layer_get_input (layer, QS_INPUT_RESIDUAL);
  QsLayer *dequantize = qs_qdq_get_dequantize (residual);
  const char *why_not = NULL;
  QsLayer *quantize = qs_qdq_only_quantize (network, output, &why_not);

  if (quantize == NULL)
    refuse_output (network, journal, layer, output, why_not);
  if (residual != NULL && dequantize == NULL && find_quantize (output) != NULL)
    refuse_residual (journal, layer, find_quantize (output), residual);
  else if (quantize != NULL)
    fuse (network, journal, layer, quantize, dequantize);
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);

      if (qs_pass_is_weighted (layer) && layer->precision == QS_PRECISION_INT8 &&
          qs_layer_get_output (layer, 0)->type == QS_DATA_TYPE_FLOAT)
        try_fuse (network, journal, layer);
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_fuse_quantize = {
  .id = ID,
  .title = "Requantize in the epilogue",
  .run = run,
  .rule = "R7",
  .condition = "One QuantizeLinear alone reads the result of an INT8 convolution or matrix product, "
               "whose residual, if any, comes from a DequantizeLinear.",
  .proof = QS_PROOF_FUSES,
};
