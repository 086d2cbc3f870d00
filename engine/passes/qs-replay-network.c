/* SPDX-License-Identifier: MIT */
#include "qs-replay-network.h"

#include "operators/qs-operator.h"

typedef struct
{
  QsNetwork *result;
  QsNetwork *network;
  QsNetwork *imported;
  GHashTable *tensors; /* name -> tensor of the result */
} Maker;

static void
describe_tensor (Maker    *self,
                 QsTensor *tensor,
                 const char *name)
{
  const QsTensor *known = qs_network_find_tensor (self->network, name);

  if (known == NULL && self->imported != NULL)
    known = qs_network_find_tensor (self->imported, name);

  tensor->type = known != NULL ? known->type : QS_DATA_TYPE_FLOAT;
  tensor->scale = known != NULL ? known->scale : 0.0f;
  if (known != NULL)
    tensor->shape = known->shape;
}

static void
add_layer (Maker               *self,
           const QsLayerSketch *sketch)
{
  const QsLayerClass *klass = qs_layer_class_by_name (sketch->kind);
  QsLayer *layer;

  if (klass == NULL)
    klass = qs_layer_class_lookup (QS_LAYER_IDENTITY);

  layer = qs_network_add_layer (self->result, klass, sketch->name, NULL, NULL, 0, NULL, 0);
  layer->precision = sketch->precision;
  for (guint i = 0; sketch->outputs[i] != NULL; i++)
    {
      QsTensor *tensor = qs_network_add_tensor (self->result, sketch->outputs[i]);

      describe_tensor (self, tensor, sketch->outputs[i]);
      qs_network_set_output (self->result, layer, i, tensor);
      g_hash_table_insert (self->tensors, sketch->outputs[i], tensor);
    }
}

static void
connect_layer (Maker               *self,
               QsLayer             *layer,
               const QsLayerSketch *sketch)
{
  for (guint i = 0; sketch->inputs[i] != NULL; i++)
    {
      QsTensor *tensor = g_hash_table_lookup (self->tensors, sketch->inputs[i]);

      if (tensor == NULL)
        {
          QsShape shape = { 0 };

          tensor = qs_network_add_input (self->result, sketch->inputs[i], QS_DATA_TYPE_FLOAT,
                                         &shape);
          describe_tensor (self, tensor, sketch->inputs[i]);
          g_hash_table_insert (self->tensors, sketch->inputs[i], tensor);
        }
      qs_network_set_input (self->result, layer, i, tensor);
    }
}

static void
mark_outputs (Maker *self)
{
  for (guint i = 0; i < self->network->outputs->len; i++)
    {
      const QsTensor *output = g_ptr_array_index (self->network->outputs, i);
      QsTensor *tensor = g_hash_table_lookup (self->tensors, output->name);

      if (tensor != NULL)
        qs_network_mark_output (self->result, tensor);
    }
}

QsNetwork *
qs_replay_make_network (QsJournal  *journal,
                        QsNetwork  *network,
                        QsNetwork  *imported,
                        guint       step,
                        GError    **error)
{
  g_autoptr (QsNetwork) result = qs_network_new (network->name);
  g_autoptr (GPtrArray) layers = qs_replay_get_layers (journal, network, step);
  g_autoptr (GHashTable) tensors = g_hash_table_new (g_str_hash, g_str_equal);
  Maker maker = {
    .result = result,
    .network = network,
    .imported = imported,
    .tensors = tensors,
  };

  for (guint i = 0; i < layers->len; i++)
    add_layer (&maker, g_ptr_array_index (layers, i));
  for (guint i = 0; i < layers->len; i++)
    connect_layer (&maker, g_ptr_array_index (result->layers, i), g_ptr_array_index (layers, i));
  mark_outputs (&maker);
  return qs_network_sort (result, error) ? g_steal_pointer (&result) : NULL;
}
