/* SPDX-License-Identifier: MIT */
#include "qs-pass-list.h"
#include "qs-pass-tools.h"
#include "qs-qdq.h"

#define ID "backward-quantize"

/*
 * f -> Q becomes Q -> f for a layer that moves or selects elements; a layer with several data
 * inputs (a concatenation) gets a clone of the Q in front of each.
 */

/* The Q behind every output, all with the same scale; NULL when there is none, with the tensor that
 * fails where one of them has a Q. */
static QsLayer *
find_quantize (QsNetwork       *network,
               const QsLayer   *layer,
               const QsTensor **failing,
               const char     **why_not)
{
  QsLayer *first = NULL;

  for (guint i = 0; i < layer->outputs->len; i++)
    {
      QsTensor *output = qs_layer_get_output (layer, i);
      QsLayer *quantize = output != NULL ? qs_qdq_only_quantize (network, output, why_not) : first;

      if (quantize != NULL && first != NULL &&
          !qs_scales_equal (qs_qdq_get_scale (first), qs_qdq_get_scale (quantize)))
        {
          *why_not = "its outputs are quantized with different scales";
          quantize = NULL;
        }
      if (output != NULL && quantize == NULL)
        {
          *failing = output;
          return NULL;
        }
      first = first != NULL ? first : quantize;
    }

  return first;
}

static gboolean
is_float_layer (const QsLayer *layer)
{
  for (guint i = 0; i < qs_qdq_n_data_inputs (layer); i++)
    {
      const QsTensor *input = qs_layer_get_input (layer, i);

      if (input == NULL || input->type != QS_DATA_TYPE_FLOAT)
        return FALSE;
    }

  return TRUE;
}

/* Some layer quantizes @tensor, so that people may expect the Q to move on. */
static const QsLayer *
find_any_quantize (const QsTensor *tensor)
{
  for (guint i = 0; i < tensor->consumers->len; i++)
    if (qs_is_quantize (g_ptr_array_index (tensor->consumers, i)))
      return g_ptr_array_index (tensor->consumers, i);

  return NULL;
}

static const QsLayer *
find_other_reader (const QsTensor *tensor,
                   const QsLayer  *quantize)
{
  for (guint i = 0; i < tensor->consumers->len; i++)
    if (g_ptr_array_index (tensor->consumers, i) != quantize)
      return g_ptr_array_index (tensor->consumers, i);

  return NULL;
}

static void
refuse (QsNetwork      *network,
        QsJournal      *journal,
        const QsLayer  *layer,
        const QsTensor *failing,
        const char     *why_not)
{
  const QsLayer *quantize = failing != NULL ? find_any_quantize (failing) : NULL;
  const QsLayer *other = quantize != NULL ? find_other_reader (failing, quantize) : NULL;
  QsRefusal refusal = { ID, "another-reader", { layer->name }, { failing } };

  if (quantize == NULL)
    return;

  refusal.layers[1] = quantize->name;
  if (other == NULL)
    refusal.condition = qs_network_is_output (network, failing) ? "network-output"
                                                                : "unequal-scales";
  else if (qs_is_quantize (other))
    refusal.condition = "unequal-scales";
  refusal.layers[2] = other != NULL ? other->name : NULL;
  refusal.reason = other != NULL
    ? g_strdup_printf ("%s did not move in front of %s, because of the tensor between them, %s: %s "
                       "reads it as well.", quantize->name, layer->name, failing->name, other->name)
    : g_strdup_printf ("%s did not move in front of %s, because of the tensor between them, %s: %s.",
                       quantize->name, layer->name, failing->name, why_not);
  if (other == NULL)
    refusal.remedy = g_strdup_printf ("Quantize every output of %s with one scale, and use none of "
                                      "them as an output of the network.", layer->name);
  else if (qs_is_quantize (other))
    refusal.remedy = g_strdup_printf ("Give %s and %s the same scale.", quantize->name, other->name);
  else
    refusal.remedy = g_strdup_printf ("Quantize what %s reads of %s with the scale of %s, %.9g.",
                                      other->name, failing->name, quantize->name,
                                      (double) qs_qdq_get_scale (quantize));
  qs_qdq_refuse (journal, &refusal);
}

/* The float tensor between the layer and its Q is the quantized one in front of the layer now. */
static void
put_quantize_before (QsNetwork     *network,
                     QsLayer       *layer,
                     const QsLayer *model,
                     const char    *name,
                     guint          index,
                     QsTensor      *inner)
{
  QsTensor *input = qs_layer_get_input (layer, index);
  QsTensor *inputs[] = { input, qs_layer_get_input (model, 1) };
  QsLayer *copy;

  inner->shape = input->shape;
  qs_tensor_set_int8 (inner, qs_qdq_get_scale (model));
  copy = qs_network_add_layer (network, model->klass, name, model->attributes, inputs, 2, &inner, 1);
  qs_qdq_add_origins (copy, model);
  qs_qdq_place (network, copy, layer, FALSE);
  for (guint i = index; i < qs_qdq_n_data_inputs (layer); i++)
    if (qs_layer_get_input (layer, i) == input)
      qs_network_set_input (network, layer, i, inner);
}

/* Every output is written as integers; the Qs behind them go, and @quantize is the last of them. */
static QsTensor *
write_integers (QsNetwork *network,
                QsLayer   *layer,
                QsLayer   *quantize)
{
  QsTensor *floats = NULL;

  qs_network_touch (network, layer);
  layer->precision = QS_PRECISION_INT8;
  for (guint i = 0; i < layer->outputs->len; i++)
    {
      QsTensor *output = qs_layer_get_output (layer, i);
      QsLayer *reader;

      if (output == NULL)
        continue;
      reader = g_ptr_array_index (output->consumers, 0);
      qs_network_set_output (network, layer, i, qs_layer_get_output (reader, 0));
      if (reader == quantize)
        floats = output;
      else
        qs_network_remove_layer (network, reader);
    }

  qs_network_set_input (network, quantize, 0, NULL);
  return floats;
}

static void
backward (QsNetwork *network,
          QsJournal *journal,
          QsLayer   *layer,
          QsLayer   *quantize)
{
  g_autofree char *name = g_strdup (quantize->name);
  const char *layers[] = { name, layer->name, NULL };
  guint n = qs_qdq_n_data_inputs (layer), n_clones = 0;
  QsTensor *floats = write_integers (network, layer, quantize);
  g_autofree char *tensor_name = g_strdup (floats->name);
  QsTensor *tensors[] = { floats, qs_layer_get_output (layer, 0), NULL };

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *clone = n == 1 ? g_strdup (name)
                                      : g_strdup_printf ("%s_clone_%u", name, n_clones);

      if (qs_layer_get_input (layer, i)->type != QS_DATA_TYPE_FLOAT)
        continue;
      put_quantize_before (network, layer, quantize, clone, i,
                           n_clones++ == 0 ? floats
                                           : qs_network_add_tensor (network, tensor_name));
    }
  qs_network_remove_layer (network, quantize);

  qs_qdq_rewrite (journal, ID, layers, tensors, layer,
                  "%s only moves or selects elements, so %s can come before it%s, and %s works on "
                  "the bytes.", layer->name, name, n_clones > 1 ? ", once for each input" : "",
                  layer->name);
}

static void
try_backward (QsNetwork *network,
              QsJournal *journal,
              QsLayer   *layer)
{
  const QsTensor *failing = NULL;
  const char *why_not = NULL;
  QsLayer *quantize;

  if (qs_layer_get_qdq_placement (layer, NULL) != QS_PLACEMENT_COMMUTES ||
      layer->klass->kind == QS_LAYER_REFORMAT || !is_float_layer (layer))
    return;

  quantize = find_quantize (network, layer, &failing, &why_not);
  if (quantize == NULL)
    refuse (network, journal, layer, failing, why_not);
  else
    backward (network, journal, layer, quantize);
}

/* From the end, so that one walk carries a Q as far as it goes. */
static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  for (guint i = network->layers->len; i > 0; i = MIN (i - 1, network->layers->len))
    try_backward (network, journal, g_ptr_array_index (network->layers, i - 1));

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_backward_quantize = {
  .id = ID,
  .title = "Move quantization backward",
  .run = run,
  .rule = "R3",
  .condition = "All that is made of a layer's result, which only moves or selects elements, is "
               "quantized with one scale.",
  .proof = QS_PROOF_COMMUTES_WITH_Q,
};
