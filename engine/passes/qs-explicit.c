/* SPDX-License-Identifier: MIT */
#include "operators/qs-attributes.h"
#include "qs-pass-list.h"
#include "qs-pass-tools.h"
#include "qs-qdq.h"
#include "qs-weight-channels.h"

#define ID "explicit-quantization"

/*
 * How a network with Q/DQ becomes one of INT8 and float layers. First the integers are carried to
 * the layers that can use them, then these are fused as in float networks, then what follows them is
 * quantized from behind, and what is left of Q and DQ becomes reformats.
 */
typedef struct
{
  gboolean repeat; /* until a round changes nothing */
  const QsPass *passes[20];
} Stage;

static const Stage stages[] = {
  { FALSE, { &qs_pass_merge_shuffles, &qs_pass_remove_identity, &qs_pass_quantize_constants } },
  { TRUE, { &qs_pass_merge_quantize, &qs_pass_forward_dequantize, &qs_pass_cancel_pairs } },
  { FALSE, { &qs_pass_fold_scale, &qs_pass_quantize_weighted, &qs_pass_dequantize_constants,
             &qs_pass_fold_factors, &qs_pass_fold_bias, &qs_pass_fold_batch_norm, &qs_pass_simplify_activations,
             &qs_pass_recognise_swish, &qs_pass_recognise_gelu, &qs_pass_recognise_activation,
             &qs_pass_recognise_layer_norm, &qs_pass_merge_padding, &qs_pass_fold_scale,
             &qs_pass_keep_functions,
             &qs_pass_fuse_residual, &qs_pass_fuse_activation } },
  { TRUE, { &qs_pass_merge_quantize, &qs_pass_backward_quantize, &qs_pass_quantize_constants,
            &qs_pass_cancel_pairs } },
  { FALSE, { &qs_pass_insert_pairs, &qs_pass_quantize_non_weighted, &qs_pass_fuse_quantize,
             &qs_pass_merge_padding, &qs_pass_requantize, &qs_pass_dequantize_constants,
             &qs_pass_place_reformats, &qs_pass_fuse_pooling, &qs_pass_absorb_moves } },
};

gboolean
qs_network_is_explicit (QsNetwork *network)
{
  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (network->layers, i);

      if (qs_is_quantize (layer) || qs_is_dequantize (layer))
        return TRUE;
    }

  return FALSE;
}

static const char *
operator_name (const QsLayer *layer)
{
  return qs_is_quantize (layer) ? "QuantizeLinear" : "DequantizeLinear";
}

void
qs_explicit_refusal_free (QsExplicitRefusal *self)
{
  g_free (self->layer);
  g_free (self->reason);
  g_free (self->message);
  g_free (self);
}

static gboolean
fail (QsExplicitRefusal **refusal,
      const QsLayer      *layer,
      const char         *format,
      ...) G_GNUC_PRINTF (3, 4);

static gboolean
fail (QsExplicitRefusal **refusal,
      const QsLayer      *layer,
      const char         *format,
      ...)
{
  va_list args;

  *refusal = g_new0 (QsExplicitRefusal, 1);
  va_start (args, format);
  (*refusal)->reason = g_strdup_vprintf (format, args);
  va_end (args);
  (*refusal)->layer = g_strdup (layer->name);
  (*refusal)->message = g_strdup_printf ("%s “%s”: %s", operator_name (layer), layer->name,
                                         (*refusal)->reason);
  return FALSE;
}

/* Whether a tensor is a constant, or one that was quantized. */
static gboolean
is_constant (const QsTensor *tensor)
{
  if (tensor->value != NULL)
    return TRUE;
  return tensor->producer != NULL &&
         (qs_is_quantize (tensor->producer) || qs_is_dequantize (tensor->producer)) &&
         qs_layer_get_input (tensor->producer, 0)->value != NULL;
}

static gint64
count_scales (const QsLayer *layer)
{
  const QsTensor *scale = qs_layer_get_input (layer, 1);

  return scale->value != NULL ? qs_host_tensor_get_n_elements (scale->value) : 0;
}

static gboolean
check_types (const QsLayer      *layer,
             QsExplicitRefusal **refusal)
{
  const QsTensor *input = qs_layer_get_input (layer, 0);
  const QsTensor *output = qs_layer_get_output (layer, 0);
  const QsTensor *integers = qs_is_quantize (layer) ? output : input;
  const QsTensor *floats = qs_is_quantize (layer) ? input : output;

  if (floats->type != QS_DATA_TYPE_FLOAT)
    return fail (refusal, layer, "it works on %s; convert the model to float32 with int8 quantization",
                 qs_data_type_name (floats->type));
  if (integers->type == QS_DATA_TYPE_INT8 || integers->type == QS_DATA_TYPE_UINT8)
    return TRUE;
  if (integers->type == QS_DATA_TYPE_INT32 && is_constant (integers))
    return TRUE;
  return fail (refusal, layer, "it works on %s integers; INT8 layers need int8: quantize the model to "
                             "signed 8-bit integers", qs_data_type_name (integers->type));
}

static gboolean
check_granularity (const QsLayer      *layer,
                   QsExplicitRefusal **refusal)
{
  gint64 n = count_scales (layer);

  if (n == 0)
    return fail (refusal, layer, "its scale is not constant; use static quantization with constant "
                               "scales");
  if (n > 1 && !is_constant (qs_layer_get_input (layer, 0)))
    return fail (refusal, layer, "it has %" G_GINT64_FORMAT " scales for an activation; only weights "
                               "can have a scale per channel: use one scale for the whole tensor", n);
  return TRUE;
}

/* Q and DQ of one activation must mean the same numbers. */
static gboolean
check_pair (const QsLayer      *layer,
            QsExplicitRefusal **refusal)
{
  const QsTensor *input = qs_layer_get_input (layer, 0);
  const QsLayer *quantize = input->producer;

  if (!qs_is_dequantize (layer) || !qs_is_quantize (quantize) || is_constant (input) ||
      qs_scales_equal (qs_qdq_get_scale (layer), qs_qdq_get_scale (quantize)))
    return TRUE;
  return fail (refusal, layer, "its scale is %.9g, but %s quantizes the same tensor with %.9g; give "
                             "both the same scale", (double) qs_qdq_get_scale (layer),
               quantize->name, (double) qs_qdq_get_scale (quantize));
}

/* Scales per channel must run along the output channels. The axis is that of the tensor as it is
 * quantized, before a Gemm transposes it (developer guide, 7.4.2). */
static gboolean
check_axis (const QsLayer      *layer,
            QsExplicitRefusal **refusal)
{
  const QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);
  const QsLayer *dequantize = weights != NULL ? weights->producer : NULL;
  gint64 axis;
  int channels;

  if (!qs_pass_is_weighted (layer) || !qs_is_dequantize (dequantize) ||
      count_scales (dequantize) <= 1 || weights->shape.n_dims < 2)
    return TRUE;

  axis = ((const QsQuantizeAttributes *) dequantize->attributes)->axis;
  channels = qs_weight_channels_get_axis (layer, &weights->shape);
  if (axis == channels)
    return TRUE;
  return fail (refusal, dequantize, "its scales run along axis %" G_GINT64_FORMAT " of the weights of "
               "%s %s, whose output channels are axis %d; quantize the weights along that axis", axis,
               layer->klass->name, layer->name, channels);
}

static void
warn_about (QsJournal     *journal,
            const QsLayer *layer)
{
  const QsQuantizeAttributes *attributes = layer->attributes;
  const QsTensor *integers = qs_is_quantize (layer) ? qs_layer_get_output (layer, 0)
                                                    : qs_layer_get_input (layer, 0);
  const char *layers[] = { layer->name, NULL };
  const char *tensors[] = { integers->name, NULL };

  if (integers->type == QS_DATA_TYPE_UINT8)
    qs_journal_add (journal, QS_JOURNAL_WARNING, "unsigned-quantization", layers, tensors, NULL,
                    "%s quantizes to uint8, which INT8 layers do not have: as in TensorRT, it is "
                    "handled as int8, so numbers above 127 times the scale are clipped. Quantize to "
                    "int8.", layer->name);
  if (attributes->no_axis && count_scales (layer) > 1)
    qs_journal_add (journal, QS_JOURNAL_WARNING, "missing-axis", layers, tensors, NULL,
                    "%s has %" G_GINT64_FORMAT " scales and no axis: ONNX takes axis 1 then, which "
                    "is done here, but TensorRT takes axis 0. Set the axis.", layer->name,
                    count_scales (layer));
}

static gboolean
check_layer (const QsLayer      *layer,
             QsExplicitRefusal **refusal)
{
  if (!qs_is_quantize (layer) && !qs_is_dequantize (layer))
    return check_axis (layer, refusal);

  return check_types (layer, refusal) && check_granularity (layer, refusal) && check_pair (layer, refusal);
}

GPtrArray *
qs_explicit_find_refusals (QsNetwork *network,
                           QsJournal *journal)
{
  GPtrArray *refusals =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_explicit_refusal_free);

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (network->layers, i);
      QsExplicitRefusal *refusal = NULL;

      if (!check_layer (layer, &refusal))
        g_ptr_array_add (refusals, refusal);
      else if (journal != NULL && (qs_is_quantize (layer) || qs_is_dequantize (layer)))
        warn_about (journal, layer);
    }

  return refusals;
}

gboolean
qs_explicit_check (QsNetwork  *network,
                   QsJournal  *journal,
                   GError    **error)
{
  g_autoptr (GPtrArray) refusals = qs_explicit_find_refusals (network, journal);

  if (refusals->len > 0)
    g_set_error_literal (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                         ((QsExplicitRefusal *) g_ptr_array_index (refusals, 0))->message);
  return refusals->len == 0;
}

/* Constant bytes above 127 have no place in int8. */
static gboolean
convert_unsigned (const QsLayer  *layer,
                  QsTensor       *tensor,
                  GError        **error)
{
  g_autoptr (QsHostTensor) value = NULL;
  gint8 *bytes;

  if (tensor->type != QS_DATA_TYPE_UINT8 || tensor->value == NULL)
    return TRUE;

  value = qs_host_tensor_new (QS_DATA_TYPE_INT8, &tensor->shape, error);
  if (value == NULL)
    return FALSE;

  bytes = qs_host_tensor_get_mutable (value);
  for (gint64 i = 0; i < qs_host_tensor_get_n_elements (value); i++)
    {
      double number = qs_host_tensor_get_number (tensor->value, i);

      if (number > 127.0)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                       "%s “%s”: its constant %s has the uint8 value %g, which int8 does not; "
                       "quantize it to int8", operator_name (layer), layer->name, tensor->name,
                       number);
          return FALSE;
        }
      bytes[i] = (gint8) number;
    }

  qs_host_tensor_unref (tensor->value);
  tensor->value = g_steal_pointer (&value);
  tensor->type = QS_DATA_TYPE_INT8;
  return TRUE;
}

/* Layers between Q and DQ, which ONNX allows on int8 tensors, hand the scale on. */
static gboolean
prepare_integer_layer (QsLayer  *layer,
                       GError  **error)
{
  const QsTensor *input = qs_layer_get_input (layer, 0);

  if (input == NULL || input->type != QS_DATA_TYPE_INT8 || input->scale == 0.0f)
    return TRUE;
  if (qs_layer_get_qdq_placement (layer, NULL) != QS_PLACEMENT_COMMUTES)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "%s “%s”: it reads integers, but only layers that move or select elements can; put "
                   "a DequantizeLinear before it", layer->klass->name, layer->name);
      return FALSE;
    }

  layer->precision = QS_PRECISION_INT8;
  for (guint i = 0; i < layer->outputs->len; i++)
    if (qs_layer_get_output (layer, i) != NULL && qs_layer_get_output (layer, i)->type == input->type)
      qs_tensor_set_int8 (qs_layer_get_output (layer, i), input->scale);
  return TRUE;
}

/* Gives the integer tensors their type and scale. */
static gboolean
prepare (QsNetwork  *network,
         GError    **error)
{
  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);
      QsTensor *input = qs_layer_get_input (layer, 0);

      if (qs_is_quantize (layer))
        {
          ((QsQuantizeAttributes *) layer->attributes)->data_type = QS_DATA_TYPE_INT8;
          qs_tensor_set_int8 (qs_layer_get_output (layer, 0), qs_qdq_get_scale (layer));
        }
      else if (qs_is_dequantize (layer) && input->type != QS_DATA_TYPE_INT32)
        {
          if (!convert_unsigned (layer, input, error))
            return FALSE;
          if (input->scale == 0.0f)
            qs_tensor_set_int8 (input, qs_qdq_get_scale (layer));
        }
      else if (!prepare_integer_layer (layer, error))
        return FALSE;
      /* Zero points are zero. */
      if (qs_is_quantize (layer) || qs_is_dequantize (layer))
        qs_network_set_input (network, layer, 2, NULL);
    }

  return TRUE;
}

static guint
count_rewrites (QsJournal *journal)
{
  guint n = 0;

  for (guint i = 0; i < qs_journal_get_n (journal); i++)
    n += qs_journal_get (journal, i)->kind == QS_JOURNAL_REWRITE;
  return n;
}

static gboolean
run_stage (const Stage *stage,
           QsNetwork   *network,
           QsPassFlags  flags,
           QsJournal   *journal,
           GError     **error)
{
  guint n;

  do
    {
      n = count_rewrites (journal);
      for (guint i = 0; stage->passes[i] != NULL; i++)
        if (qs_pass_is_wanted (stage->passes[i], flags) &&
            !qs_pass_run (stage->passes[i], network, journal, error))
          return FALSE;
    }
  while (stage->repeat && count_rewrites (journal) > n);

  return TRUE;
}

/**
 * qs_passes_run_explicit:
 *
 * Errors: %QS_ERROR_UNSUPPORTED as [func@qs_explicit_check]; those of a pass, with its id in front.
 */
gboolean
qs_passes_run_explicit (QsNetwork   *network,
                        QsPassFlags  flags,
                        QsJournal   *journal,
                        GError     **error)
{
  gboolean done = TRUE;

  if (!qs_explicit_check (network, journal, error) || !prepare (network, error))
    return FALSE;

  qs_journal_add (journal, QS_JOURNAL_DECISION, ID, NULL, NULL, NULL,
                  "The network has QuantizeLinear and DequantizeLinear, which decide where INT8 is "
                  "used and with which scales; calibration has no part in it.");
  qs_journal_watch (journal, network);
  for (guint i = 0; i < G_N_ELEMENTS (stages) && done; i++)
    done = run_stage (&stages[i], network, flags, journal, error);
  qs_journal_unwatch (journal, network);
  return done;
}
