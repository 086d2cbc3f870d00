/* SPDX-License-Identifier: MIT */
#include "qs-placement-text.h"

#include <string.h>

static gint
compare_texts (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

char *
qs_test_join_sorted (GPtrArray  *texts,
                     const char *separator)
{
  g_ptr_array_sort (texts, compare_texts);
  g_ptr_array_add (texts, NULL);
  return g_strjoinv (separator, (char **) texts->pdata);
}

/* (transfer full): the model's nodes in a layer, without the Q and DQ that only one of the two has;
 * the export adds an Identity in front of an output that is quantized, which no layer keeps */
static char *
describe_nodes (const QsLayer *layer)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < layer->origins->len; i++)
    {
      const QsOrigin *origin = g_ptr_array_index (layer->origins, i);

      if (strcmp (origin->op_type, "QuantizeLinear") != 0 &&
          strcmp (origin->op_type, "DequantizeLinear") != 0)
        g_ptr_array_add (names, origin->name);
    }
  return qs_test_join_sorted (names, "+");
}

/* (transfer full): the nodes of the layer that computes @tensor */
static char *
describe_source (const QsTensor *tensor)
{
  while (tensor->producer != NULL && tensor->producer->klass->kind == QS_LAYER_REFORMAT)
    tensor = qs_layer_get_input (tensor->producer, 0);
  return tensor->producer == NULL ? g_strdup (tensor->name) : describe_nodes (tensor->producer);
}

static char *
describe_type (const QsTensor *tensor)
{
  return tensor->type == QS_DATA_TYPE_INT8 ? g_strdup_printf ("int8 %a", (double) tensor->scale)
                                           : g_strdup (qs_data_type_name (tensor->type));
}

static void
add_end (GString        *line,
         const QsTensor *tensor)
{
  g_autofree char *source = describe_source (tensor);
  g_autofree char *type = describe_type (tensor);

  g_string_append_printf (line, " [%s %s]", source, type);
}

/* (transfer full): “Convolution Conv_1+Relu_2: [x int8 0x1p-4] -> int8 0x1p-5” */
static char *
describe_layer (const QsLayer *layer)
{
  g_autofree char *nodes = describe_nodes (layer);
  g_autofree char *type = describe_type (qs_layer_get_output (layer, 0));
  GString *line = g_string_new (layer->klass->name);

  g_string_append_printf (line, " %s:", nodes);
  for (guint i = 0; i < layer->inputs->len; i++)
    {
      const QsTensor *input = qs_layer_get_input (layer, i);

      if (input != NULL && qs_tensor_is_activation (input))
        add_end (line, input);
    }
  g_string_append_printf (line, " -> %s", type);
  return g_string_free (line, FALSE);
}

char *
qs_test_describe_placement (QsEngine *engine)
{
  QsNetwork *network = qs_engine_get_network (engine);
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (network->layers, i);

      if (layer->klass->kind != QS_LAYER_REFORMAT)
        g_ptr_array_add (lines, describe_layer (layer));
    }
  return qs_test_join_sorted (lines, "\n");
}
