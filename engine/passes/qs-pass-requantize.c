/* SPDX-License-Identifier: MIT */
#include "operators/qs-operator.h"
#include "qs-pass-list.h"
#include "qs-pass-tools.h"
#include "qs-qdq.h"

#define ID "requantize"

/* "DequantizeLinear_374 + QuantizeLinear_378", as TensorRT names it. */
static void
replace (QsNetwork *network,
         QsJournal *journal,
         QsLayer   *dequantize,
         QsLayer   *quantize)
{
  g_autofree char *name = g_strconcat (dequantize->name, " + ", quantize->name, NULL);
  g_autofree char *quantize_name = g_strdup (quantize->name);
  QsTensor *input = qs_layer_get_input (dequantize, 0);
  QsTensor *output = qs_layer_get_output (quantize, 0);
  QsTensor *tensors[] = { input, output, NULL };
  const char *layers[] = { dequantize->name, quantize_name, NULL };
  QsLayer *layer;

  qs_network_set_output (network, quantize, 0, NULL);
  layer = qs_network_add_layer (network, qs_layer_class_lookup (QS_LAYER_REFORMAT), name, NULL,
                                &input, 1, &output, 1);
  layer->precision = QS_PRECISION_INT8;
  qs_qdq_add_origins (layer, dequantize);
  qs_qdq_add_origins (layer, quantize);
  qs_qdq_place (network, layer, quantize, FALSE);
  qs_network_remove_layer (network, quantize);
  qs_qdq_rewrite (journal, ID, layers, tensors, layer,
                  "The integers go from scale %.9g to scale %.9g in one step.",
                  (double) input->scale, (double) output->scale);
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);
      QsLayer *dequantize = qs_is_quantize (layer)
        ? qs_qdq_get_dequantize (qs_layer_get_input (layer, 0)) : NULL;

      if (dequantize != NULL && qs_layer_get_input (dequantize, 0)->value == NULL)
        replace (network, journal, dequantize, layer);
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_requantize = {
  .id = ID,
  .title = "Change scales in one step",
  .run = run,
  .rule = "R1",
  .condition = "A QuantizeLinear reads what a DequantizeLinear of another scale writes.",
  .proof = QS_PROOF_FUSES,
};
