/* SPDX-License-Identifier: MIT */
#include "operators/qs-operator.h"
#include "qs-pass-list.h"
#include "qs-pass-tools.h"
#include "qs-qdq.h"

#define ID "fuse-pooling"

/* The INT8 maximum pooling that reads what @layer writes. */
static QsLayer *
find_pooling (const QsLayer *layer)
{
  const QsTensor *output = qs_layer_get_output (layer, 0);

  for (guint i = 0; i < output->consumers->len; i++)
    {
      QsLayer *reader = g_ptr_array_index (output->consumers, i);

      if (reader->klass->kind == QS_LAYER_POOLING && reader->precision == QS_PRECISION_INT8 &&
          qs_layer_get_qdq_placement (reader, NULL) == QS_PLACEMENT_COMMUTES)
        return reader;
    }

  return NULL;
}

static const char *
find_obstacle (QsNetwork     *network,
               const QsLayer *layer,
               const QsLayer *pooling)
{
  const char *obstacle = NULL;

  if (qs_pass_only_reader (network, qs_layer_get_output (layer, 0), &obstacle) == NULL)
    return obstacle;
  if (qs_layer_get_input (layer, QS_INPUT_RESIDUAL) != NULL)
    return "the convolution adds a residual";
  if (((const QsPoolingAttributes *) pooling->attributes)->global)
    return "the pooling takes the whole plane";
  if (pooling->outputs->len != 1)
    return "the pooling has a second output";
  return NULL;
}

static void
fuse (QsNetwork *network,
      QsJournal *journal,
      QsLayer   *layer,
      QsLayer   *pooling)
{
  QsConvolutionPoolingAttributes *attributes = g_new0 (QsConvolutionPoolingAttributes, 1);
  g_autofree char *before = g_strdup (layer->name);
  g_autofree char *name = g_strdup (pooling->name);
  QsTensor *tensors[] = { qs_layer_get_output (pooling, 0), NULL };
  const char *layers[] = { before, name, NULL };

  g_free (tensors[0]->range_name);
  tensors[0]->range_name = g_strdup (qs_layer_get_output (layer, 0)->name);
  attributes->convolution = *(const QsConvolutionAttributes *) layer->attributes;
  attributes->pooling = *(const QsPoolingAttributes *) pooling->attributes;
  qs_pass_absorb (network, layer, pooling);
  g_free (layer->attributes);
  layer->attributes = attributes;
  layer->klass = qs_layer_class_lookup (QS_LAYER_CONVOLUTION_POOLING);
  qs_qdq_rewrite (journal, ID, layers, tensors, layer,
                  "The maximum of bytes can be taken while the convolution's are at hand.");
}

static void
try_fuse (QsNetwork *network,
          QsJournal *journal,
          QsLayer   *layer)
{
  QsLayer *pooling = find_pooling (layer);
  QsRefusal refusal = { ID, "pooling-form", { layer->name }, { qs_layer_get_output (layer, 0) } };
  const char *obstacle;

  if (pooling == NULL)
    return;

  obstacle = find_obstacle (network, layer, pooling);
  if (obstacle == NULL)
    {
      fuse (network, journal, layer, pooling);
      return;
    }

  refusal.layers[1] = pooling->name;
  refusal.reason = g_strdup_printf ("%s was not fused into %s: %s.", pooling->name, layer->name,
                                    obstacle);
  refusal.remedy = g_strdup ("It costs one pass over the tensor and no accuracy, so nothing need be "
                             "done.");
  qs_qdq_refuse (journal, &refusal);
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);

      if (layer->klass->kind == QS_LAYER_CONVOLUTION && layer->weight_scales != NULL &&
          qs_layer_get_output (layer, 0)->type == QS_DATA_TYPE_INT8)
        try_fuse (network, journal, layer);
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_fuse_pooling = {
  .id = ID,
  .title = "Pool in the convolution",
  .run = run,
  .rule = "R13",
  .condition = "An INT8 maximum pooling alone reads what an INT8 convolution without residual writes.",
  .proof = QS_PROOF_FUSES,
};
