/* SPDX-License-Identifier: MIT */
#include "operators/qs-attributes.h"
#include "qs-pass-list.h"
#include "qs-pass-tools.h"
#include "qs-qdq.h"

#define ID "forward-dequantize"

/*
 * DQ -> f becomes f -> DQ for a layer that moves or selects elements. Where other layers read the
 * dequantized tensor too, they keep the DQ, and f gets one of its own: a clone behind it.
 */

/* The DQ in front of every data input, all with the same scale; NULL with the input that fails. */
static QsLayer *
find_dequantize (const QsLayer   *layer,
                 const QsTensor **failing)
{
  QsLayer *first = NULL;

  *failing = NULL;
  for (guint i = 0; i < qs_qdq_n_data_inputs (layer); i++)
    {
      const QsTensor *input = qs_layer_get_input (layer, i);
      QsLayer *dequantize = qs_qdq_get_dequantize (input);

      if (dequantize == NULL ||
          (first != NULL &&
           !qs_scales_equal (qs_qdq_get_scale (first), qs_qdq_get_scale (dequantize))))
        {
          *failing = input;
          return NULL;
        }
      first = first != NULL ? first : dequantize;
    }

  return first;
}

/* The layers behind keep their tensors; @inner is the one between. */
static void
put_dequantize_behind (QsNetwork     *network,
                       QsLayer       *layer,
                       const QsLayer *model,
                       const char    *name,
                       guint          index,
                       QsTensor      *inner)
{
  QsTensor *output = qs_layer_get_output (layer, index);
  QsTensor *inputs[] = { inner, qs_layer_get_input (model, 1) };
  QsLayer *copy;

  inner->shape = output->shape;
  qs_tensor_set_int8 (inner, qs_qdq_get_scale (model));
  qs_network_set_output (network, layer, index, inner);
  copy = qs_network_add_layer (network, model->klass, name, model->attributes, inputs, 2, &output, 1);
  qs_qdq_add_origins (copy, model);
  qs_qdq_place (network, copy, layer, TRUE);
}

/* Reads the integers; the first DQ stays only if it has other readers. */
static void
read_integers (QsNetwork *network,
               QsLayer   *layer)
{
  qs_network_touch (network, layer);
  for (guint i = 0; i < qs_qdq_n_data_inputs (layer); i++)
    qs_network_set_input (network, layer, i,
                          qs_layer_get_input (qs_layer_get_input (layer, i)->producer, 0));
  layer->precision = QS_PRECISION_INT8;
}

static void
forward (QsNetwork *network,
         QsJournal *journal,
         QsLayer   *layer,
         QsLayer   *dequantize)
{
  QsTensor *floats = qs_layer_get_output (dequantize, 0);
  QsTensor *tensors[] = { qs_layer_get_input (dequantize, 0), NULL, NULL };
  g_autofree char *name = g_strdup (dequantize->name);
  const char *layers[] = { name, layer->name, NULL };
  guint n_clones = 0;
  gboolean moved;

  read_integers (network, layer);
  moved = floats->consumers->len == 0 && !qs_network_is_output (network, floats);
  for (guint i = 0; i < layer->outputs->len; i++)
    {
      gboolean first = moved && n_clones == 0;
      g_autofree char *clone = first ? g_strdup (name)
                                     : g_strdup_printf ("%s_clone_%u", name, n_clones);
      QsTensor *inner;

      if (qs_layer_get_output (layer, i) == NULL)
        continue;
      n_clones++;
      inner = first ? floats : qs_network_add_tensor (network, floats->name);
      put_dequantize_behind (network, layer, dequantize, clone, i, inner);
      tensors[1] = inner;
    }
  /* Its output has another writer now, if it was moved. */
  if (moved)
    qs_network_remove_layer (network, dequantize);

  qs_qdq_rewrite (journal, ID, layers, tensors, layer,
                  "%s only moves or selects elements, so %s can come after it, and %s works on the "
                  "bytes.", layer->name, name, layer->name);
}

static gboolean
reads_constants_only (const QsLayer *dequantize)
{
  return qs_layer_get_input (dequantize, 0)->value != NULL;
}

/* Weights may be transposed or reshaped behind their DQ: then the integers are, now. */
static gboolean
move_constant (QsNetwork *network,
               QsJournal *journal,
               QsLayer   *layer,
               QsLayer   *dequantize,
               GError   **error)
{
  QsQuantizeAttributes attributes = *(const QsQuantizeAttributes *) dequantize->attributes;
  QsTensor *integers = qs_layer_get_input (dequantize, 0);
  QsTensor *output = qs_layer_get_output (layer, 0);
  g_autoptr (QsHostTensor) value =
    qs_qdq_evaluate (layer, integers->value, QS_DATA_TYPE_INT8, error);
  g_autofree char *name = g_strdup (layer->name);
  g_autofree char *tensor_name = g_strdup (integers->name);
  const char *layers[] = { dequantize->name, name, NULL };
  QsTensor *inputs[2] = { NULL, qs_layer_get_input (dequantize, 1) };
  QsTensor *tensors[2] = { NULL };
  QsLayer *copy;

  if (value == NULL)
    return FALSE;
  if (layer->klass->kind == QS_LAYER_TRANSPOSE)
    {
      const QsInts *perm = &((const QsTransposeAttributes *) layer->attributes)->perm;

      for (int i = 0; i < perm->n; i++)
        if (perm->v[i] == ((const QsQuantizeAttributes *) dequantize->attributes)->axis)
          attributes.axis = i;
    }

  inputs[0] = tensors[0] = qs_network_add_constant (network, tensor_name, value);
  qs_tensor_set_int8 (inputs[0], integers->scale);
  qs_network_set_output (network, layer, 0, NULL);
  copy = qs_network_add_layer (network, dequantize->klass, dequantize->name, &attributes, inputs, 2,
                               &output, 1);
  qs_qdq_place (network, copy, layer, FALSE);
  qs_qdq_add_origins (copy, dequantize);
  qs_qdq_add_origins (copy, layer);
  qs_network_remove_layer (network, layer);
  qs_qdq_rewrite (journal, ID, layers, tensors, copy,
                  "%s only moves elements of the constant %s, so it was done now, on the integers.",
                  name, tensor_name);
  return TRUE;
}

static QsLayer *
find_constant_dequantize (const QsLayer *layer)
{
  const QsTensor *input = qs_layer_get_input (layer, 0);
  QsLayer *producer = input != NULL ? input->producer : NULL;

  if (!qs_is_dequantize (producer) || !reads_constants_only (producer) || layer->outputs->len != 1)
    return NULL;
  if (layer->klass->kind != QS_LAYER_TRANSPOSE &&
      (layer->klass->kind != QS_LAYER_SHUFFLE || qs_qdq_get_scale (producer) == 0.0f))
    return NULL;
  return producer;
}

/* An obstacle is worth telling where one input is dequantized and another is not, or differently. */
static void
refuse (QsJournal      *journal,
        const QsLayer  *layer,
        const QsTensor *failing)
{
  QsLayer *other = qs_qdq_get_dequantize (failing);
  QsLayer *first = NULL;
  QsRefusal refusal = { ID, other != NULL ? "unequal-scales" : "missing-dequantize",
                        { layer->name }, { failing } };

  for (guint i = 0; i < qs_qdq_n_data_inputs (layer) && first == NULL; i++)
    if (qs_layer_get_input (layer, i) != failing)
      first = qs_qdq_get_dequantize (qs_layer_get_input (layer, i));
  if (first == NULL)
    return;

  refusal.layers[1] = first->name;
  refusal.tensors[1] = qs_layer_get_input (first, 0);
  if (other != NULL)
    refusal.tensors[0] = qs_layer_get_input (other, 0);
  refusal.reason = other != NULL
    ? g_strdup_printf ("%s did not get %s behind it, because the scales of its inputs differ: "
                       "%s has %.9g and %s %.9g.", layer->name, first->name, first->name,
                       (double) qs_qdq_get_scale (first), other->name,
                       (double) qs_qdq_get_scale (other))
    : g_strdup_printf ("%s did not get %s behind it, because its input %s is not dequantized.",
                       layer->name, first->name, failing->name);
  refusal.remedy = other != NULL
    ? g_strdup ("Give all inputs one scale, the largest.")
    : g_strdup_printf ("Quantize %s with the scale of the other inputs.", failing->name);
  qs_qdq_refuse (journal, &refusal);
}

static gboolean
try_forward (QsNetwork *network,
             QsJournal *journal,
             QsLayer   *layer,
             gboolean  *changed,
             GError   **error)
{
  QsLayer *constant = find_constant_dequantize (layer);
  const QsTensor *failing;
  QsLayer *dequantize;

  if (qs_layer_get_qdq_placement (layer, NULL) != QS_PLACEMENT_COMMUTES ||
      layer->klass->kind == QS_LAYER_REFORMAT)
    return TRUE;
  if (constant != NULL)
    {
      *changed = TRUE;
      return move_constant (network, journal, layer, constant, error);
    }

  dequantize = find_dequantize (layer, &failing);
  if (dequantize == NULL)
    refuse (journal, layer, failing);
  else
    {
      *changed = TRUE;
      forward (network, journal, layer, dequantize);
    }
  return TRUE;
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  guint i = 0;

  while (i < network->layers->len)
    {
      gboolean changed = FALSE;

      if (!try_forward (network, journal, g_ptr_array_index (network->layers, i), &changed, error))
        return FALSE;
      i += changed ? 0 : 1;
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_forward_dequantize = {
  .id = ID,
  .title = "Move dequantization forward",
  .run = run,
  .rule = "R2",
  .condition = "All data inputs of a layer that moves or selects elements come from DequantizeLinear "
               "with one scale.",
  .proof = QS_PROOF_COMMUTES_WITH_DQ,
};
