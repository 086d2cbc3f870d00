/* SPDX-License-Identifier: MIT */
#include "qs-pass-list.h"
#include "qs-pass-tools.h"
#include "qs-qdq.h"

#define ID "quantize-non-weighted"

/* The first input that is not dequantized, or not from one scale. */
static const QsTensor *
find_float_input (const QsLayer *layer,
                  guint         *n_quantized)
{
  const QsTensor *failing = NULL;

  *n_quantized = 0;
  for (guint i = 0; i < qs_qdq_n_data_inputs (layer); i++)
    {
      const QsTensor *input = qs_layer_get_input (layer, i);

      if (qs_qdq_get_dequantize (input) != NULL)
        (*n_quantized)++;
      else if (failing == NULL)
        failing = input;
    }

  return failing;
}

static void
refuse (QsJournal      *journal,
        const QsLayer  *layer,
        const QsLayer  *quantize,
        const QsTensor *failing,
        const char     *why_not)
{
  const QsTensor *output = qs_layer_get_output (layer, 0);
  QsRefusal refusal = { ID, "missing-quantize", { layer->name, quantize ? quantize->name : NULL },
                        { failing != NULL ? failing : output } };

  if (failing != NULL)
    {
      refusal.reason = g_strdup_printf ("%s stays in floating point, because its input %s is not "
                                        "quantized.", layer->name, failing->name);
      refusal.remedy = g_strdup_printf ("Put QuantizeLinear and DequantizeLinear on %s.",
                                        failing->name);
    }
  else
    {
      refusal.reason = g_strdup_printf ("%s stays in floating point, because its result %s is not "
                                        "quantized alone: %s. A layer without weights needs INT8 "
                                        "on both sides.", layer->name, output->name, why_not);
      refusal.remedy = g_strdup_printf ("Put QuantizeLinear and DequantizeLinear behind %s.",
                                        layer->name);
    }
  qs_qdq_refuse (journal, &refusal);
}

static void
refuse_form (QsJournal     *journal,
             const QsLayer *layer,
             const char    *why_not)
{
  QsRefusal refusal = { ID, "no-int8-form", { layer->name }, { qs_layer_get_input (layer, 0) } };

  refusal.reason = g_strdup_printf ("%s stays in floating point although its inputs are quantized: "
                                    "%s.", layer->name, why_not);
  refusal.remedy = g_strdup ("Take QuantizeLinear and DequantizeLinear away here; they only cost "
                             "accuracy.");
  qs_qdq_refuse (journal, &refusal);
}

static void
use_integers (QsNetwork *network,
              QsJournal *journal,
              QsLayer   *layer,
              QsLayer   *quantize)
{
  guint n = qs_qdq_n_data_inputs (layer);
  g_autofree char *name = g_strdup (quantize->name);
  g_autofree const char **layers = g_new0 (const char *, n + 3);
  QsTensor *tensors[9] = { NULL };
  guint n_layers = 0, n_tensors = 0;

  qs_network_touch (network, layer);
  for (guint i = 0; i < n; i++)
    {
      QsLayer *dequantize = qs_layer_get_input (layer, i)->producer;

      layers[n_layers++] = dequantize->name;
      if (n_tensors < 7)
        tensors[n_tensors++] = qs_layer_get_input (dequantize, 0);
      qs_qdq_add_origins (layer, dequantize);
      qs_network_set_input (network, layer, i, qs_layer_get_input (dequantize, 0));
    }
  layers[n_layers++] = layer->name;
  layers[n_layers] = name;
  tensors[n_tensors] = qs_layer_get_output (quantize, 0);
  qs_qdq_add_origins (layer, quantize);
  layer->precision = QS_PRECISION_INT8;
  qs_network_set_output (network, layer, 0, tensors[n_tensors]);
  qs_network_remove_layer (network, quantize);
  qs_qdq_rewrite (journal, ID, layers, tensors, layer,
                  "All inputs of %s are dequantized and its result is quantized, so it computes in "
                  "INT8.", layer->name);
}

static void
try_quantize (QsNetwork *network,
              QsJournal *journal,
              QsLayer   *layer)
{
  QsTensor *output = qs_layer_get_output (layer, 0);
  const char *why_not = NULL, *form = NULL;
  QsPlacement placement = qs_layer_get_qdq_placement (layer, &form);
  QsLayer *quantize;
  guint n_quantized;
  const QsTensor *failing = find_float_input (layer, &n_quantized);

  if (layer->outputs->len != 1 || output == NULL || output->type != QS_DATA_TYPE_FLOAT)
    return;
  if (placement != QS_PLACEMENT_NON_WEIGHTED)
    {
      if (placement == QS_PLACEMENT_FLOAT && n_quantized > 0 && failing == NULL && form != NULL)
        refuse_form (journal, layer, form);
      return;
    }

  quantize = qs_qdq_only_quantize (network, output, &why_not);
  if (failing != NULL ? n_quantized > 0 || quantize != NULL : quantize == NULL)
    refuse (journal, layer, quantize, failing, why_not);
  else if (failing == NULL)
    use_integers (network, journal, layer, quantize);
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);

      if (layer->precision != QS_PRECISION_INT8 && !qs_is_quantize (layer) &&
          !qs_is_dequantize (layer))
        try_quantize (network, journal, layer);
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_quantize_non_weighted = {
  .id = ID,
  .title = "Compute other layers in INT8",
  .run = run,
  .rule = "R9",
  .condition = "All inputs of a layer without weights come from DequantizeLinear, and its result goes "
               "to one QuantizeLinear alone.",
  .proof = QS_PROOF_FUSES,
};
