/* SPDX-License-Identifier: MIT */
#include "qs-pass-list.h"
#include "qs-pass-tools.h"
#include "qs-qdq.h"

#define ID "quantize-constants"

/* Who reads the integers is no longer told by a layer which Q made them: a DQ remembers it. */
static void
remember (const QsLayer *quantize)
{
  const QsTensor *output = qs_layer_get_output (quantize, 0);

  for (guint i = 0; i < output->consumers->len; i++)
    {
      QsLayer *reader = g_ptr_array_index (output->consumers, i);

      if (qs_is_dequantize (reader))
        qs_qdq_add_origins (reader, quantize);
    }
}

/* The integers get the name of the floats, unless somebody still reads those. */
static void
take_name (QsNetwork *network,
           QsTensor  *original,
           QsTensor  *integers)
{
  g_autofree char *name = g_strdup (original->name);
  g_autofree char *old = g_strconcat (name, "_float", NULL);

  if (original->consumers->len > 0)
    return;

  qs_network_rename_tensor (network, original, old);
  qs_network_rename_tensor (network, integers, name);
}

static gboolean
quantize (QsNetwork *network,
          QsJournal *journal,
          QsLayer   *layer,
          GError   **error)
{
  QsTensor *original = qs_layer_get_input (layer, 0);
  QsTensor *integers = qs_layer_get_output (layer, 0);
  g_autoptr (QsHostTensor) value =
    qs_qdq_evaluate (layer, original->value, QS_DATA_TYPE_INT8, error);
  g_autofree char *name = g_strdup (layer->name);
  const char *layers[] = { name, NULL };
  QsTensor *tensors[] = { integers, NULL };

  if (value == NULL)
    return FALSE;

  remember (layer);
  qs_network_remove_layer (network, layer);
  qs_qdq_set_value (network, integers, value);
  take_name (network, original, integers);
  qs_qdq_rewrite (journal, ID, layers, tensors, NULL,
                  "%s is constant, so it was quantized now.", integers->name);
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
      const QsTensor *input = qs_layer_get_input (layer, 0);

      if (!qs_is_quantize (layer) || input->value == NULL ||
          qs_network_is_output (network, qs_layer_get_output (layer, 0)))
        i++;
      else if (!quantize (network, journal, layer, error))
        return FALSE;
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_quantize_constants = {
  .id = ID,
  .title = "Quantize constants",
  .run = run,
  .rule = "R0",
  .condition = "A QuantizeLinear reads a constant.",
  .proof = QS_PROOF_FUSES,
};
