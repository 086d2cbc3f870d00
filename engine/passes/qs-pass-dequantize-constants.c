/* SPDX-License-Identifier: MIT */
#include "qs-pass-list.h"
#include "qs-pass-tools.h"
#include "qs-qdq.h"

#define ID "dequantize-constants"

/* An operand of a layer that may still become INT8 waits; what is left is done when the others have
 * had their turn. */
static gboolean
is_operand (const QsLayer *dequantize)
{
  const QsTensor *output = qs_layer_get_output (dequantize, 0);

  for (guint i = 0; i < output->consumers->len; i++)
    {
      const QsLayer *reader = g_ptr_array_index (output->consumers, i);

      if (!qs_pass_is_weighted (reader) &&
          qs_layer_get_qdq_placement (reader, NULL) != QS_PLACEMENT_FLOAT &&
          qs_layer_get_qdq_placement (reader, NULL) != QS_PLACEMENT_HOST)
        return TRUE;
    }

  return FALSE;
}

static gboolean
dequantize (QsNetwork *network,
            QsJournal *journal,
            QsLayer   *layer,
            GError   **error)
{
  QsTensor *integers = qs_layer_get_input (layer, 0);
  QsTensor *output = qs_layer_get_output (layer, 0);
  g_autoptr (QsHostTensor) value =
    qs_qdq_evaluate (layer, integers->value, QS_DATA_TYPE_FLOAT, error);
  g_autofree char *name = g_strdup (layer->name);
  const char *layers[] = { name, NULL };
  QsTensor *tensors[] = { output, NULL };

  if (value == NULL)
    return FALSE;

  qs_network_remove_layer (network, layer);
  qs_qdq_set_value (network, output, value);
  qs_qdq_rewrite (journal, ID, layers, tensors, NULL,
                  "%s is constant, and the layers that read it compute in floating point, so it was "
                  "dequantized now.", integers->name);
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

      if (!qs_is_dequantize (layer) || qs_layer_get_input (layer, 0)->value == NULL ||
          is_operand (layer) ||
          qs_network_is_output (network, qs_layer_get_output (layer, 0)))
        i++;
      else if (!dequantize (network, journal, layer, error))
        return FALSE;
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_dequantize_constants = {
  .id = ID,
  .title = "Dequantize constants of float layers",
  .run = run,
  .rule = "R0",
  .condition = "A DequantizeLinear reads a constant, and no INT8 layer can use the integers.",
  .proof = QS_PROOF_FUSES,
};
