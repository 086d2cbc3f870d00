/* SPDX-License-Identifier: MIT */
#include "qs-qdq.h"

#include <string.h>

#include "operators/qs-attributes.h"

gboolean
qs_is_quantize (const QsLayer *layer)
{
  return layer != NULL && layer->klass->kind == QS_LAYER_QUANTIZE;
}

gboolean
qs_is_dequantize (const QsLayer *layer)
{
  return layer != NULL && layer->klass->kind == QS_LAYER_DEQUANTIZE;
}

float
qs_qdq_get_scale (const QsLayer *layer)
{
  const QsTensor *scale = qs_layer_get_input (layer, 1);

  if (scale == NULL || scale->value == NULL || qs_host_tensor_get_n_elements (scale->value) != 1)
    return 0.0f;
  return (float) qs_host_tensor_get_number (scale->value, 0);
}

gboolean
qs_scales_equal (float a,
                 float b)
{
  return memcmp (&a, &b, sizeof a) == 0;
}

QsLayer *
qs_qdq_get_dequantize (const QsTensor *tensor)
{
  if (tensor == NULL || !qs_is_dequantize (tensor->producer) ||
      qs_qdq_get_scale (tensor->producer) == 0.0f)
    return NULL;
  return tensor->producer;
}

QsLayer *
qs_qdq_only_quantize (QsNetwork   *network,
                      QsTensor    *tensor,
                      const char **why_not)
{
  const char *ignored;
  QsLayer *reader;

  if (why_not == NULL)
    why_not = &ignored;
  *why_not = NULL;

  if (tensor == NULL || tensor->consumers->len == 0)
    *why_not = "nothing reads it";
  else if (qs_network_is_output (network, tensor))
    *why_not = "it is an output of the network";
  else if (tensor->consumers->len > 1)
    *why_not = "another layer reads it as well";
  else if (!qs_is_quantize (reader = g_ptr_array_index (tensor->consumers, 0)))
    *why_not = "the layer that reads it is not a QuantizeLinear";
  else if (qs_qdq_get_scale (reader) == 0.0f)
    *why_not = "the QuantizeLinear behind it has a scale per channel";
  return *why_not == NULL ? g_ptr_array_index (tensor->consumers, 0) : NULL;
}

guint
qs_qdq_n_data_inputs (const QsLayer *layer)
{
  if (layer->klass->kind == QS_LAYER_CONCATENATION || layer->klass->kind == QS_LAYER_ELEMENT_WISE)
    return layer->inputs->len;
  return 1;
}

QsLayer *
qs_qdq_add_like (QsNetwork     *network,
                 const QsLayer *model,
                 const char    *name,
                 QsTensor      *input,
                 const char    *output_name)
{
  QsTensor *output = qs_network_add_tensor (network, output_name);
  QsTensor *inputs[] = { input, qs_layer_get_input (model, 1) };
  QsLayer *layer;

  output->shape = input->shape;
  layer = qs_network_add_layer (network, model->klass, name, model->attributes, inputs, 2, &output,
                                1);
  qs_qdq_add_origins (layer, model);
  if (qs_is_quantize (model))
    qs_tensor_set_int8 (output, qs_qdq_get_scale (model));
  else
    qs_tensor_set_float (output);
  return layer;
}

void
qs_tensor_set_int8 (QsTensor *tensor,
                    float     scale)
{
  tensor->type = QS_DATA_TYPE_INT8;
  tensor->scale = scale;
}

void
qs_tensor_set_float (QsTensor *tensor)
{
  tensor->type = QS_DATA_TYPE_FLOAT;
  tensor->scale = 0.0f;
}

gboolean
qs_qdq_bypass (QsNetwork *network,
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

void
qs_qdq_set_value (QsNetwork    *network,
                  QsTensor     *tensor,
                  QsHostTensor *value)
{
  for (guint i = 0; i < tensor->consumers->len; i++)
    qs_network_touch (network, g_ptr_array_index (tensor->consumers, i));
  tensor->value = qs_host_tensor_ref (value);
}

void
qs_qdq_place (QsNetwork     *network,
              QsLayer       *layer,
              const QsLayer *anchor,
              gboolean       behind)
{
  guint position;

  g_ptr_array_steal_index (network->layers, network->layers->len - 1);
  if (!g_ptr_array_find (network->layers, anchor, &position))
    position = network->layers->len;
  else if (behind)
    position++;
  g_ptr_array_insert (network->layers, (int) position, layer);
}

void
qs_qdq_add_origins (QsLayer       *to,
                    const QsLayer *from)
{
  for (guint i = 0; i < from->origins->len; i++)
    {
      const QsOrigin *origin = g_ptr_array_index (from->origins, i);

      qs_layer_add_origin (to, origin->op_type, origin->name);
    }
}

QsHostTensor *
qs_qdq_evaluate (const QsLayer *layer,
                 QsHostTensor  *input,
                 QsDataType     type,
                 GError       **error)
{
  const QsTensor *tensor = qs_layer_get_output (layer, 0);
  g_autofree QsView *views = g_new0 (QsView, layer->inputs->len);
  g_autoptr (QsHostTensor) result =
    qs_host_tensor_new (type, &tensor->shape, error);
  QsView output;

  if (result == NULL)
    return NULL;

  qs_view_init_for_host (&views[0], input);
  for (guint i = 1; i < layer->inputs->len; i++)
    if (qs_layer_get_input (layer, i) != NULL)
      qs_view_init_for_host (&views[i], qs_layer_get_input (layer, i)->value);
  qs_view_init_for_host (&output, result);
  return layer->klass->evaluate (layer, views, &output, error) ? g_steal_pointer (&result) : NULL;
}

static void
add_entry (QsJournal          *journal,
           QsJournalKind       kind,
           const char         *rule,
           const char *const  *layers,
           const QsTensor    **tensors,
           const char         *result,
           const char         *reason)
{
  const char *names[9] = { NULL };
  float scales[9] = { 0.0f };

  for (guint i = 0; i < 8 && tensors != NULL && tensors[i] != NULL; i++)
    {
      names[i] = tensors[i]->name;
      scales[i] = tensors[i]->scale;
    }
  qs_journal_add (journal, kind, rule, layers, names, result, "%s", reason);
  qs_journal_set_scales (journal, scales);
}

void
qs_qdq_rewrite (QsJournal          *journal,
                const char         *rule,
                const char *const  *layers,
                QsTensor          **tensors,
                const QsLayer      *result,
                const char         *format,
                ...)
{
  g_autofree char *reason = NULL;
  va_list args;

  va_start (args, format);
  reason = g_strdup_vprintf (format, args);
  va_end (args);
  add_entry (journal, QS_JOURNAL_REWRITE, rule, layers, (const QsTensor **) tensors,
             result != NULL ? result->name : NULL, reason);
}

void
qs_qdq_refuse (QsJournal *journal,
               QsRefusal *refusal)
{
  if (!qs_journal_has (journal, QS_JOURNAL_REFUSAL, refusal->rule, refusal->reason))
    {
      add_entry (journal, QS_JOURNAL_REFUSAL, refusal->rule, refusal->layers, refusal->tensors, NULL,
                 refusal->reason);
      qs_journal_set_remedy (journal, refusal->condition, "%s", refusal->remedy);
    }

  g_clear_pointer (&refusal->reason, g_free);
  g_clear_pointer (&refusal->remedy, g_free);
}
