/* SPDX-License-Identifier: MIT */
#include "qs-interpret.h"

#include "operators/qs-op-util.h"

typedef struct
{
  GHashTable *values; /* QsTensor to the QsHostTensor that holds its bytes */
  QsFormat format;
} Run;

static QsView
view_of (const Run *run,
         QsTensor  *tensor)
{
  QsHostTensor *value;
  QsView view = { 0 };

  if (tensor == NULL)
    return view;

  if (tensor->value != NULL)
    {
      qs_view_init_for_host (&view, tensor->value);
      return view;
    }

  value = g_hash_table_lookup (run->values, tensor);
  g_assert_nonnull (value);
  qs_view_init (&view, tensor->type, run->format, &tensor->shape,
                (gpointer) qs_host_tensor_get_data (value));
  return view;
}

static gboolean
add_value (const Run *run,
           QsTensor  *tensor,
           GError   **error)
{
  QsHostTensor *value = qs_host_tensor_new (tensor->type, &tensor->shape, error);

  if (value != NULL)
    g_hash_table_insert (run->values, tensor, value);
  return value != NULL;
}

static gboolean
run_layer (const Run *run,
           QsLayer   *layer,
           GError   **error)
{
  g_autofree QsView *inputs = g_new0 (QsView, layer->inputs->len + 1);
  g_autofree QsView *outputs = g_new0 (QsView, layer->outputs->len + 1);

  for (guint i = 0; i < layer->inputs->len; i++)
    inputs[i] = view_of (run, qs_layer_get_input (layer, i));

  for (guint i = 0; i < layer->outputs->len; i++)
    {
      QsTensor *tensor = qs_layer_get_output (layer, i);

      if (tensor != NULL && !add_value (run, tensor, error))
        return FALSE;
      outputs[i] = view_of (run, tensor);
    }

  g_assert_nonnull (layer->klass->evaluate);
  if (!layer->klass->evaluate (layer, inputs, outputs, error))
    {
      g_prefix_error (error, "%s %s: ", layer->klass->name, layer->name);
      return FALSE;
    }

  return TRUE;
}

static gboolean
set_input (const Run    *run,
           QsTensor     *tensor,
           QsHostTensor *given,
           GError      **error)
{
  QsView from, to;

  g_assert_cmpint (tensor->type, ==, qs_host_tensor_get_data_type (given));
  g_assert_true (qs_shape_equal (&tensor->shape, qs_host_tensor_get_shape (given)));
  if (!add_value (run, tensor, error))
    return FALSE;

  qs_view_init_for_host (&from, given);
  to = view_of (run, tensor);
  qs_view_copy (&from, &to);
  return TRUE;
}

static QsHostTensor *
get_output (const Run *run,
            QsTensor  *tensor,
            GError   **error)
{
  QsHostTensor *result = qs_host_tensor_new (tensor->type, &tensor->shape, error);
  QsView from = view_of (run, tensor);
  QsView to;

  if (result == NULL)
    return NULL;

  qs_view_init_for_host (&to, result);
  qs_view_copy (&from, &to);
  return result;
}

gboolean
qs_interpret_in_format (QsNetwork     *network,
                        QsFormat       format,
                        QsHostTensor **inputs,
                        QsHostTensor **outputs,
                        GError       **error)
{
  g_autoptr (GHashTable) values =
    g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) qs_host_tensor_unref);
  Run run = { values, format };

  for (guint i = 0; i < network->inputs->len; i++)
    if (!set_input (&run, g_ptr_array_index (network->inputs, i), inputs[i], error))
      return FALSE;

  for (guint i = 0; i < network->layers->len; i++)
    if (!run_layer (&run, g_ptr_array_index (network->layers, i), error))
      return FALSE;

  for (guint i = 0; i < network->outputs->len; i++)
    {
      outputs[i] = get_output (&run, g_ptr_array_index (network->outputs, i), error);
      if (outputs[i] == NULL)
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
  return qs_interpret_in_format (network, QS_FORMAT_LINEAR, inputs, outputs, error);
}
