/* SPDX-License-Identifier: MIT */
#include "operators/qs-operator.h"
#include "qs-pass-list.h"
#include "qs-pass-tools.h"
#include "qs-qdq.h"

#define ID "place-reformats"

/* Its name stays, as in TensorRT's engines: "QuantizeLinear_2" is a Reformat there. */
static void
replace (QsNetwork *network,
         QsJournal *journal,
         QsLayer   *layer)
{
  const char *layers[] = { layer->name, NULL };
  QsTensor *input = qs_layer_get_input (layer, 0);
  QsTensor *output = qs_layer_get_output (layer, 0);
  QsTensor *tensors[] = { input, output, NULL };
  gboolean quantizes = qs_is_quantize (layer);
  const QsLayerClass *klass = qs_layer_class_lookup (QS_LAYER_REFORMAT);

  qs_network_touch (network, layer);
  for (guint i = 1; i < layer->inputs->len; i++)
    qs_network_set_input (network, layer, i, NULL);
  g_ptr_array_set_size (layer->inputs, 1);
  g_clear_pointer (&layer->attributes, g_free);
  layer->klass = klass;
  layer->precision = QS_PRECISION_INT8;
  qs_qdq_rewrite (journal, ID, layers, tensors, layer,
                  quantizes ? "%s stands alone: what writes %s does so in floating point, so a Reformat "
                              "quantizes it."
                            : "%s stands alone: %s is read in floating point, so a Reformat "
                              "dequantizes it.",
                  layer->name, input->name);
}

/* Equal DQs were needed one by one for the layers that took them in; now one is enough. */
static gboolean
merge_twin (QsNetwork *network,
            QsJournal *journal,
            QsLayer   *layer)
{
  const QsTensor *input = qs_layer_get_input (layer, 0);
  g_autofree char *name = g_strdup (layer->name);

  if (qs_network_is_output (network, qs_layer_get_output (layer, 0)))
    return FALSE;

  for (guint i = 0; i < input->consumers->len; i++)
    {
      QsLayer *other = g_ptr_array_index (input->consumers, i);
      const char *layers[] = { other->name, name, NULL };
      QsTensor *tensors[] = { qs_layer_get_input (layer, 0), NULL };

      if (other == layer || !qs_is_dequantize (other))
        continue;
      qs_qdq_add_origins (other, layer);
      qs_network_replace_uses (network, qs_layer_get_output (layer, 0),
                               qs_layer_get_output (other, 0));
      qs_network_remove_layer (network, layer);
      qs_qdq_rewrite (journal, ID, layers, tensors, other,
                      "%s and %s dequantize the same tensor, so one is enough.", other->name, name);
      return TRUE;
    }

  return FALSE;
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  for (guint i = network->layers->len; i > 0; i--)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i - 1);

      if (qs_is_dequantize (layer))
        merge_twin (network, journal, layer);
    }
  /* A twin that was read later may have become an earlier reader's. */
  if (!qs_network_sort (network, error))
    return FALSE;

  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);

      if (qs_is_quantize (layer) || qs_is_dequantize (layer))
        replace (network, journal, layer);
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_place_reformats = {
  .id = ID,
  .title = "Make what is left reformats",
  .run = run,
  .rule = "R12",
  .condition = "A QuantizeLinear or DequantizeLinear is left, at the ends of the network or between "
               "float and INT8 layers.",
  .proof = QS_PROOF_FUSES,
};
