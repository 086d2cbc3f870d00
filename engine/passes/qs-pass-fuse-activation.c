/* SPDX-License-Identifier: MIT */
#include "qs-pass-list.h"
#include "qs-pass-tools.h"

#define ID "fuse-activation"

/* Layers that can end with an activation function: the weighted ones and float arithmetic. */
static gboolean
has_epilogue (const QsLayer *layer)
{
  const QsElementWiseAttributes *attributes = layer->attributes;

  if (qs_pass_is_weighted (layer))
    return TRUE;
  return layer->klass->kind == QS_LAYER_ELEMENT_WISE && attributes->type <= QS_ELEMENT_WISE_MAX &&
         qs_layer_get_output (layer, 0)->type == QS_DATA_TYPE_FLOAT;
}

static QsLayer *
find_activation (const QsTensor *tensor)
{
  for (guint i = 0; tensor != NULL && i < tensor->consumers->len; i++)
    {
      QsLayer *reader = g_ptr_array_index (tensor->consumers, i);

      if (reader->klass->kind == QS_LAYER_ACTIVATION)
        return reader;
    }

  return NULL;
}

static const QsObstacle *
find_obstacle (QsNetwork     *network,
               const QsLayer *layer)
{
  static const QsObstacle has_function = {
    "activation-between", "the layer before it ends with an activation already",
    "Nothing need be done: a layer can end with one function, and the second costs a pass over the "
    "tensor.",
  };
  const QsObstacle *obstacle =
    qs_pass_find_readers_obstacle (network, qs_layer_get_output (layer, 0));

  if (obstacle == NULL && layer->activation.type != QS_ACTIVATION_NONE)
    return &has_function;
  return obstacle;
}

static void
try_fuse (QsNetwork *network,
          QsJournal *journal,
          QsLayer   *layer)
{
  QsTensor *tensor = qs_layer_get_output (layer, 0);
  QsLayer *activation = find_activation (tensor);
  g_autofree char *before = g_strdup (layer->name);
  g_autofree char *name = NULL;
  const QsObstacle *obstacle;

  if (activation == NULL || activation->stands_alone)
    return;

  name = g_strdup (activation->name);
  obstacle = find_obstacle (network, layer);
  if (obstacle != NULL)
    {
      qs_pass_refuse (journal, ID, layer, activation, tensor, obstacle,
                      "%s was not fused into %s, because of the tensor between them, %s: %s.", name,
                      before, tensor->name, obstacle->reason);
      return;
    }

  layer->activation = activation->activation;
  qs_pass_absorb (network, layer, activation);
  qs_pass_note (journal, QS_JOURNAL_REWRITE, ID, before, name, tensor, layer->name,
                "%s is computed where the result is written, so the tensor %s need not be stored.",
                qs_activation_name (layer->activation.type), tensor->name);
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);

      if (has_epilogue (layer))
        try_fuse (network, journal, layer);
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_fuse_activation = {
  .id = ID,
  .title = "Fuse activations into the layer before them",
  .run = run,
  .rule = "R10",
  .condition = "An activation function, SiLU and GELU included, alone reads what a convolution, a "
               "matrix product or float arithmetic writes.",
  .proof = QS_PROOF_FUSES,
};
