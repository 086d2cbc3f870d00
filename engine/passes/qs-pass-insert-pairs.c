/* SPDX-License-Identifier: MIT */
#include "numerics/qs-int8.h"
#include "operators/qs-attributes.h"
#include "operators/qs-operator.h"
#include "qs-pass-list.h"
#include "qs-pass-tools.h"
#include "qs-qdq.h"

#define ID "insert-pairs"

/*
 * A function of dequantized numbers whose results are multiples of the same scale can be quantized
 * with that scale without changing anything. There are only 256 numbers, so each is tried: a clip to
 * multiples of the scale passes, a sigmoid does not.
 */
static gboolean
stays_on_grid (const QsLayer *layer,
               float          scale)
{
  for (int q = -128; q <= 127; q++)
    {
      float value = qs_activation_apply (&layer->activation, qs_dequantize ((gint8) q, scale));

      if (!qs_scales_equal (qs_dequantize (qs_quantize (value, 1.0f / scale), scale), value) &&
          value != 0.0f)
        return FALSE;
    }

  return TRUE;
}

static void
insert (QsNetwork *network,
        QsJournal *journal,
        QsLayer   *layer,
        QsLayer   *dequantize)
{
  const QsLayerClass *quantize_class = qs_layer_class_lookup (QS_LAYER_QUANTIZE);
  QsQuantizeAttributes attributes = { .data_type = QS_DATA_TYPE_INT8 };
  QsTensor *output = qs_layer_get_output (layer, 0);
  g_autofree char *quantize_name = g_strconcat (dequantize->name, "_inserted_Q", NULL);
  g_autofree char *name = g_strconcat (dequantize->name, "_inserted_DQ", NULL);
  QsTensor *floats = qs_network_add_tensor (network, output->name);
  QsTensor *integers = qs_network_add_tensor (network, output->name);
  QsTensor *inputs[] = { floats, qs_layer_get_input (dequantize, 1) };
  QsTensor *tensors[] = { qs_layer_get_input (dequantize, 0), integers, NULL };
  const char *layers[] = { dequantize->name, layer->name, NULL };
  QsLayer *quantize, *back;

  floats->shape = integers->shape = output->shape;
  qs_tensor_set_float (floats);
  qs_tensor_set_int8 (integers, qs_qdq_get_scale (dequantize));
  qs_network_set_output (network, layer, 0, floats);

  quantize = qs_network_add_layer (network, quantize_class, quantize_name, &attributes, inputs, 2,
                                   &integers, 1);
  qs_qdq_place (network, quantize, layer, TRUE);
  inputs[0] = integers;
  back = qs_network_add_layer (network, dequantize->klass, name, dequantize->attributes, inputs, 2,
                               &output, 1);
  qs_qdq_place (network, back, quantize, TRUE);
  qs_qdq_rewrite (journal, ID, layers, tensors, layer,
                  "All 256 results of %s are multiples of the scale of its input, %.9g, so quantizing "
                  "them changes nothing.", layer->name, (double) integers->scale);
}

static gboolean
run (QsNetwork  *network,
     QsJournal  *journal,
     GError    **error)
{
  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);
      QsLayer *dequantize = layer->klass->kind == QS_LAYER_ACTIVATION
        ? qs_qdq_get_dequantize (qs_layer_get_input (layer, 0)) : NULL;
      QsTensor *output = qs_layer_get_output (layer, 0);

      if (dequantize != NULL && layer->precision != QS_PRECISION_INT8 &&
          output->type == QS_DATA_TYPE_FLOAT &&
          qs_qdq_only_quantize (network, output, NULL) == NULL &&
          stays_on_grid (layer, qs_qdq_get_scale (dequantize)))
        insert (network, journal, layer, dequantize);
    }

  return qs_pass_finish (network, error);
}

const QsPass qs_pass_insert_pairs = {
  .id = ID,
  .title = "Insert missing pairs",
  .run = run,
  .rule = "R6",
  .condition = "A function of a dequantized tensor gives only multiples of its scale.",
  .proof = QS_PROOF_EQUAL_SCALES,
};
