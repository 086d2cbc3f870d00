/* SPDX-License-Identifier: MIT */
#include "qs-pass-list.h"
#include "qs-pass-tools.h"
#include "qs-qdq.h"

#define ID "merge-padding"

/* Why the padding cannot be the convolution's own; NULL when it can. */
static const char *
find_obstacle (QsNetwork     *network,
               const QsLayer *padding,
               const QsLayer *layer)
{
  const QsPaddingAttributes *attributes = padding->attributes;
  const char *obstacle = NULL;
  int n = attributes->pads.n / 2;

  if (qs_pass_only_reader (network, qs_layer_get_output (padding, 0), &obstacle) == NULL)
    return obstacle;
  if (attributes->mode != QS_PADDING_CONSTANT || attributes->value != 0.0f)
    return "it does not pad with zeros";
  for (int i = 0; i < attributes->pads.n; i++)
    if (attributes->pads.v[i] < 0 || (i % n < 2 && attributes->pads.v[i] != 0))
      return "it pads another axis than the spatial ones, or crops";
  return ((const QsConvolutionAttributes *) layer->attributes)->pads.n == 2 * (n - 2)
           ? NULL : "it has another number of axes";
}

static void
merge (QsNetwork *network,
       QsJournal *journal,
       QsLayer   *padding,
       QsLayer   *layer)
{
  const QsInts *pads = &((const QsPaddingAttributes *) padding->attributes)->pads;
  QsConvolutionAttributes *attributes = layer->attributes;
  QsTensor *input = qs_layer_get_input (padding, 0);
  QsTensor *tensors[] = { input, qs_layer_get_output (padding, 0), NULL };
  g_autofree char *name = g_strdup (padding->name);
  g_autofree char *before = g_strdup (layer->name);
  const char *layers[] = { name, before, NULL };
  int n = pads->n / 2;

  for (int i = 2; i < n; i++)
    {
      attributes->pads.v[i - 2] += pads->v[i];
      attributes->pads.v[n - 4 + i] += pads->v[n + i];
    }

  qs_network_touch (network, layer);
  g_free (layer->name);
  layer->name = g_strconcat (name, " + ", before, NULL);
  qs_qdq_add_origins (layer, padding);
  qs_network_set_input (network, layer, QS_INPUT_X, input);
  qs_qdq_rewrite (journal, ID, layers, tensors, layer,
                  "Zeros around the input are what a convolution pads with, in INT8, too.");
  qs_network_remove_layer (network, padding);
}

static void
try_merge (QsNetwork *network,
           QsJournal *journal,
           QsLayer   *layer)
{
  QsLayer *padding = qs_layer_get_input (layer, QS_INPUT_X)->producer;
  QsRefusal refusal = { ID, "padding-form", { layer->name }, { NULL } };
  const char *obstacle;

  if (padding == NULL || padding->klass->kind != QS_LAYER_PADDING)
    return;

  obstacle = find_obstacle (network, padding, layer);
  if (obstacle == NULL)
    {
      merge (network, journal, padding, layer);
      return;
    }

  refusal.layers[1] = padding->name;
  refusal.tensors[0] = qs_layer_get_output (padding, 0);
  refusal.reason = g_strdup_printf ("%s did not become the padding of %s: %s.", padding->name,
                                    layer->name, obstacle);
  refusal.remedy = g_strdup ("Let the padding have no other reader, and pad only spatial axes, with "
                             "zeros.");
  qs_qdq_refuse (journal, &refusal);
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  g_autoptr (GPtrArray) layers = g_ptr_array_new ();

  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);

      if (layer->klass->kind == QS_LAYER_CONVOLUTION && layer->weight_scales != NULL)
        g_ptr_array_add (layers, layer);
    }
  for (guint i = 0; i < layers->len; i++)
    try_merge (network, journal, g_ptr_array_index (layers, i));

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_merge_padding = {
  .id = ID,
  .title = "Merge padding into convolutions",
  .run = run,
  .rule = "R11",
  .condition = "An INT8 convolution alone reads what a Pad with zeros on spatial axes writes.",
  .proof = QS_PROOF_COMMUTES_WITH_DQ,
};
