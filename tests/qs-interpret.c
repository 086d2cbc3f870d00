/* SPDX-License-Identifier: MIT */
#include "qs-interpret.h"

static QsView
view_of (GHashTable *values,
         QsTensor   *tensor)
{
  QsHostTensor *value;
  QsView view = { 0 };

  if (tensor == NULL)
    return view;

  value = tensor->value != NULL ? tensor->value : g_hash_table_lookup (values, tensor);
  g_assert_nonnull (value);
  qs_view_init_for_host (&view, value);
  return view;
}

static gboolean
run_layer (QsLayer    *layer,
           GHashTable *values,
           GError    **error)
{
  g_autofree QsView *inputs = g_new0 (QsView, layer->inputs->len + 1);
  g_autofree QsView *outputs = g_new0 (QsView, layer->outputs->len + 1);

  for (guint i = 0; i < layer->inputs->len; i++)
    inputs[i] = view_of (values, qs_layer_get_input (layer, i));

  for (guint i = 0; i < layer->outputs->len; i++)
    {
      QsTensor *tensor = qs_layer_get_output (layer, i);
      QsHostTensor *value;

      if (tensor == NULL)
        continue;
      value = qs_host_tensor_new (tensor->type, &tensor->shape, error);
      if (value == NULL)
        return FALSE;
      g_hash_table_insert (values, tensor, value);
      outputs[i] = view_of (values, tensor);
    }

  g_assert_nonnull (layer->klass->evaluate);
  if (!layer->klass->evaluate (layer, inputs, outputs, error))
    {
      g_prefix_error (error, "%s %s: ", layer->klass->name, layer->name);
      return FALSE;
    }

  return TRUE;
}

gboolean
qs_interpret (QsNetwork     *network,
              QsHostTensor **inputs,
              QsHostTensor **outputs,
              GError       **error)
{
  g_autoptr (GHashTable) values =
    g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) qs_host_tensor_unref);

  for (guint i = 0; i < network->inputs->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (network->inputs, i);

      g_assert_cmpint (tensor->type, ==, qs_host_tensor_get_data_type (inputs[i]));
      g_assert_true (qs_shape_equal (&tensor->shape, qs_host_tensor_get_shape (inputs[i])));
      g_hash_table_insert (values, tensor, qs_host_tensor_ref (inputs[i]));
    }

  for (guint i = 0; i < network->layers->len; i++)
    if (!run_layer (g_ptr_array_index (network->layers, i), values, error))
      return FALSE;

  for (guint i = 0; i < network->outputs->len; i++)
    outputs[i] = qs_host_tensor_ref (g_hash_table_lookup (values,
                                                          g_ptr_array_index (network->outputs, i)));
  return TRUE;
}
