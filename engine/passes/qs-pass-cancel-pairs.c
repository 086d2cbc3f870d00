/* SPDX-License-Identifier: MIT */
#include "qs-pass-list.h"
#include "qs-pass-tools.h"
#include "qs-qdq.h"

#define ID "cancel-pairs"

static gboolean
try_cancel (QsNetwork *network,
            QsJournal *journal,
            QsLayer   *quantize)
{
  QsLayer *dequantize = qs_qdq_get_dequantize (qs_layer_get_input (quantize, 0));
  g_autofree char *name = g_strdup (quantize->name);
  const char *layers[3] = { NULL };
  QsTensor *tensors[2] = { NULL };
  QsTensor *integers, *output;

  if (dequantize == NULL ||
      !qs_scales_equal (qs_qdq_get_scale (dequantize), qs_qdq_get_scale (quantize)))
    return FALSE;

  layers[0] = dequantize->name;
  layers[1] = name;
  integers = tensors[0] = qs_layer_get_input (dequantize, 0);
  output = qs_layer_get_output (quantize, 0);
  if (qs_network_is_output (network, output))
    return FALSE;

  qs_network_replace_uses (network, output, integers);
  qs_network_remove_layer (network, quantize);
  qs_qdq_rewrite (journal, ID, layers, tensors, NULL,
                  "Quantizing what was just dequantized with the same scale gives the same integers.");
  return TRUE;
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  for (guint i = 0; i < network->layers->len;)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);

      if (!qs_is_quantize (layer) || qs_qdq_get_scale (layer) == 0.0f ||
          !try_cancel (network, journal, layer))
        i++;
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_cancel_pairs = {
  .id = ID,
  .title = "Remove redundant pairs",
  .run = run,
  .rule = "R1",
  .condition = "A QuantizeLinear reads what a DequantizeLinear of the same scale writes.",
  .proof = QS_PROOF_EQUAL_SCALES,
};
