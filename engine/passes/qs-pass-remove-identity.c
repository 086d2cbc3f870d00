/* SPDX-License-Identifier: MIT */
#include "qs-pass-list.h"
#include "qs-pass-tools.h"

#define ID "remove-identity"

static gboolean
keeps_axes (const QsLayer *layer)
{
  const QsTransposeAttributes *attributes = layer->attributes;

  for (int i = 0; i < attributes->perm.n; i++)
    if (attributes->perm.v[i] != i)
      return FALSE;

  return attributes->perm.n > 0;
}

/* Why the layer does nothing; NULL when it does something. */
static const char *
describe_nothing (const QsLayer *layer)
{
  const QsTensor *input = qs_layer_get_input (layer, 0);
  const QsTensor *output = qs_layer_get_output (layer, 0);

  if (input == NULL || output == NULL || layer->outputs->len != 1 || input->type != output->type ||
      !qs_shape_equal (&input->shape, &output->shape))
    return NULL;

  if (layer->klass->kind == QS_LAYER_IDENTITY)
    return "its output is its input";
  if (layer->klass->kind == QS_LAYER_CAST)
    return "the type stays the same";
  if (layer->klass->kind == QS_LAYER_SHUFFLE)
    return "the shape stays the same";
  if (layer->klass->kind == QS_LAYER_TRANSPOSE && keeps_axes (layer))
    return "the axes keep their order";
  if (layer->klass->kind == QS_LAYER_ACTIVATION && layer->activation.type == QS_ACTIVATION_NONE)
    return "it has no function";
  return NULL;
}

/* The name of a network output must stay, so there the tensor before the layer gives way. */
static gboolean
remove_layer (QsNetwork *network,
              QsLayer   *layer)
{
  QsTensor *input = qs_layer_get_input (layer, 0);
  QsTensor *output = qs_layer_get_output (layer, 0);
  QsLayer *producer = input->producer;
  guint position;

  if (!qs_network_is_output (network, output))
    {
      qs_network_remove_layer (network, layer);
      qs_network_replace_uses (network, output, input);
      return TRUE;
    }

  if (producer == NULL || qs_network_is_output (network, input) ||
      !g_ptr_array_find (producer->outputs, input, &position))
    return FALSE;

  qs_network_remove_layer (network, layer);
  qs_network_replace_uses (network, input, output);
  qs_network_set_output (network, producer, position, output);
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
      const char *nothing = describe_nothing (layer);
      g_autofree char *name = g_strdup (layer->name);
      g_autofree char *tensor = NULL;
      const char *layers[] = { name, NULL };
      const char *tensors[] = { NULL, NULL };

      if (nothing != NULL)
        tensors[0] = tensor = g_strdup (qs_layer_get_output (layer, 0)->name);
      if (nothing == NULL || !remove_layer (network, layer))
        {
          i++;
          continue;
        }

      qs_journal_add (journal, QS_JOURNAL_REWRITE, ID, layers, tensors, NULL,
                      "%s was removed: %s.", name, nothing);
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_remove_identity = {
  .id = ID,
  .title = "Remove layers that do nothing",
  .run = run,
};
