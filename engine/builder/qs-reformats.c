/* SPDX-License-Identifier: MIT */
#include "qs-reformats.h"

#include "backends/qs-fp16.h"
#include "operators/qs-operator.h"
#include "qs-fp16-choice.h"

/* What a layer reads: a type, and a layout where that makes a difference. */
typedef struct
{
  QsDataType type;
  QsFormat format;
} Form;

static void
set_constant_input (QsBuild      *self,
                    QsLayer      *layer,
                    guint         index,
                    QsHostTensor *value,
                    float         scale)
{
  QsTensor *tensor = qs_layer_get_input (layer, index);

  /* A constant that other layers read stays as it is for them. */
  if (tensor->consumers->len > 1)
    {
      tensor = qs_network_add_constant (self->network, tensor->name, value);
      qs_network_set_input (self->network, layer, index, tensor);
    }

  qs_host_tensor_ref (value);
  qs_host_tensor_unref (tensor->value);
  tensor->value = value;
  tensor->type = qs_host_tensor_get_data_type (value);
  tensor->scale = scale;
}

/* Constant operands of an INT8 layer that is not weighted: one scale for all elements. */
static gboolean
quantize_constants (QsBuild   *self,
                    QsLayer   *layer,
                    GError   **error)
{
  for (guint i = 0; i < layer->inputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (layer->inputs, i);
      g_autoptr (QsHostTensor) value = NULL;
      float scale = 0.0f;

      if (tensor == NULL || tensor->value == NULL || tensor->type != QS_DATA_TYPE_FLOAT)
        continue;
      value = qs_quantize_constant (tensor, &scale, error);
      if (value == NULL)
        {
          g_prefix_error (error, "%s %s: ", layer->klass->name, layer->name);
          return FALSE;
        }
      set_constant_input (self, layer, i, value, scale);
    }

  return TRUE;
}

/* What rounding does to the constants of one layer is told where it is more than rounding. */
static void
note_rounding (QsBuild              *self,
               const QsLayer        *layer,
               const QsFp16Rounding *rounding)
{
  const char *layers[] = { layer->name, NULL };

  if (rounding->n_overflows > 0)
    qs_journal_add (self->journal, QS_JOURNAL_WARNING, "fp16-overflow", layers, NULL, layer->name,
                    "%s: %" G_GINT64_FORMAT " of its constants are beyond 65,504 and become infinite "
                    "in FP16; keep the layer in FP32.", layer->name, rounding->n_overflows);
  if (rounding->n_underflows > 0)
    qs_journal_add (self->journal, QS_JOURNAL_WARNING, "fp16-underflow", layers, NULL, layer->name,
                    "%s: %" G_GINT64_FORMAT " of its constants are so small that they become zero in "
                    "FP16, and %" G_GINT64_FORMAT " keep fewer than 11 bits.", layer->name,
                    rounding->n_underflows, rounding->n_subnormals);
}

/* An FP16 layer and its constants. */
static gboolean
round_layer (QsBuild      *self,
             QsLayerPlan  *plan,
             GError      **error)
{
  QsLayer *layer = plan->layer;
  QsFp16Rounding rounding = { 0 };

  if (qs_layer_plan_get_precision (plan) != QS_PRECISION_FP16)
    return TRUE;

  qs_network_touch (self->network, layer);
  layer->precision = QS_PRECISION_FP16;
  for (guint i = 0; i < layer->inputs->len; i++)
    {
      g_autoptr (QsHostTensor) value = NULL;

      if (!qs_layer_rounds_constant (layer, i))
        continue;
      value = qs_fp16_round (qs_layer_get_input (layer, i)->value, &rounding, error);
      if (value == NULL)
        {
          g_prefix_error (error, "%s %s: ", layer->klass->name, layer->name);
          return FALSE;
        }
      set_constant_input (self, layer, i, value, 0.0f);
    }

  note_rounding (self, layer, &rounding);
  return TRUE;
}

static gboolean
quantize_layer (QsBuild      *self,
                QsLayerPlan  *plan,
                GError      **error)
{
  QsLayer *layer = plan->layer;

  if (!plan->int8 || self->is_explicit)
    return TRUE;

  qs_network_touch (self->network, layer);
  layer->precision = QS_PRECISION_INT8;
  if (plan->weights.values != NULL)
    {
      set_constant_input (self, layer, QS_INPUT_WEIGHTS, plan->weights.values, 0.0f);
      layer->weight_scales = qs_host_tensor_ref (plan->weights.scales);
    }
  return qs_layer_get_role (layer) != QS_PLACEMENT_NON_WEIGHTED ||
         quantize_constants (self, layer, error);
}

static void
quantize_tensors (QsBuild *self)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->int8_tensors);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      QsTensor *tensor = key;

      tensor->scale = qs_ranges_get_scale (self->ranges, tensor);
      tensor->type = QS_DATA_TYPE_INT8;
    }

  g_hash_table_iter_init (&iter, self->fp16_tensors);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    ((QsTensor *) key)->type = QS_DATA_TYPE_FLOAT16;
}

static gboolean
has_form (const QsTensor *tensor,
          const Form     *form)
{
  return tensor->type == form->type &&
         qs_formats_agree (&tensor->shape, tensor->format, form->format);
}

/* A reader of @tensor that is a Reformat to @form. */
static QsTensor *
find_reformatted (const QsTensor *tensor,
                  const Form     *form)
{
  for (guint i = 0; i < tensor->consumers->len; i++)
    {
      const QsLayer *layer = g_ptr_array_index (tensor->consumers, i);
      QsTensor *output = qs_layer_get_output (layer, 0);

      /* One that changes the scale makes other integers of them. */
      if (layer->klass->kind == QS_LAYER_REFORMAT && output != NULL && has_form (output, form) &&
          (tensor->type != QS_DATA_TYPE_INT8 || output->type != QS_DATA_TYPE_INT8 ||
           tensor->scale == output->scale))
        return output;
    }

  return NULL;
}

static void
add_reformat (QsBuild    *self,
              const char *name,
              QsTensor   *input,
              QsTensor   *output,
              const char *reason)
{
  QsLayer *layer = qs_network_add_layer (self->network, qs_layer_class_lookup (QS_LAYER_REFORMAT),
                                         name, NULL, &input, 1, &output, 1);
  QsLayerPlan *plan = qs_build_add_plan (self, layer);

  /* Backends list the kernels that quantize and dequantize with their INT8 ones. */
  if (input->type == QS_DATA_TYPE_INT8 || output->type == QS_DATA_TYPE_INT8)
    layer->precision = QS_PRECISION_INT8;
  plan->reason = g_strdup (reason);
  plan->any_format = TRUE;
  plan->format = output->format;
}

static const char *
describe_change (const QsTensor *from,
                 const QsTensor *to)
{
  gboolean moves = !qs_formats_agree (&from->shape, from->format, to->format);

  if (from->type == to->type)
    return "It changes the layout for the layers that read it.";
  if (from->type != QS_DATA_TYPE_INT8 && to->type == QS_DATA_TYPE_FLOAT16)
    return moves ? "It rounds to FP16 and changes the layout for the layers that read it."
                 : "It rounds to FP16 for the layers that read it.";
  if (from->type == QS_DATA_TYPE_FLOAT16 && to->type == QS_DATA_TYPE_FLOAT)
    return moves ? "It widens FP16 to FP32 and changes the layout for the layers that read it."
                 : "It widens FP16 to FP32 for the layers that read it.";
  if (to->type == QS_DATA_TYPE_INT8)
    return moves ? "It quantizes and changes the layout for the layers that read it."
                 : "It quantizes for the layers that read it.";
  return moves ? "It dequantizes and changes the layout for the layers that read it."
               : "It dequantizes for the layers that read it.";
}

/* The scale of @tensor in INT8. The inner tensor of a network output has the output's range. */
static float
range_of (QsBuild        *self,
          const QsTensor *tensor)
{
  const QsTensor *output = g_hash_table_lookup (self->inner_of, tensor);

  if (tensor->type == QS_DATA_TYPE_INT8)
    return tensor->scale;
  return qs_ranges_get_scale (self->ranges, output != NULL ? output : tensor);
}

static QsTensor *
reformat_input (QsBuild    *self,
                QsLayer    *reader,
                guint       index,
                const Form *form)
{
  QsTensor *tensor = qs_layer_get_input (reader, index);
  QsTensor *result = find_reformatted (tensor, form);
  g_autofree char *layer_name = NULL;
  g_autofree char *tensor_name = NULL;

  if (result != NULL)
    return result;

  layer_name = g_strdup_printf ("Reformatting CopyNode for Input Tensor %u to %s", index,
                                reader->name);
  tensor_name = g_strdup_printf ("Reformatted Input Tensor %u to %s", index, reader->name);
  result = qs_network_add_tensor (self->network, tensor_name);
  result->type = form->type;
  result->shape = tensor->shape;
  result->format = form->format;
  if (form->type == QS_DATA_TYPE_INT8)
    result->scale = range_of (self, tensor);
  add_reformat (self, layer_name, tensor, result, describe_change (tensor, result));
  return result;
}

/* An output of the network that is written as INT8 or channels last gets a tensor of its own to be
 * written to, and a Reformat to what the caller is given. */
static void
split_output (QsBuild  *self,
              QsTensor *output)
{
  QsLayer *producer = output->producer;
  g_autofree char *layer_name = NULL;
  g_autofree char *tensor_name = NULL;
  QsTensor *inner;
  guint index;
  gboolean converts = g_hash_table_contains (self->int8_tensors, output) ||
                      g_hash_table_contains (self->fp16_tensors, output);

  if (producer == NULL || !g_ptr_array_find (producer->outputs, output, &index) ||
      (!converts && qs_formats_agree (&output->shape, output->format, QS_FORMAT_LINEAR)))
    return;

  layer_name = g_strdup_printf ("Reformatting CopyNode for Output Tensor %u to %s", index,
                                producer->name);
  tensor_name = g_strdup_printf ("Reformatted Output Tensor %u to %s", index, producer->name);
  inner = qs_network_add_tensor (self->network, tensor_name);
  inner->type = output->type;
  inner->shape = output->shape;
  inner->format = output->format;
  inner->scale = output->scale;

  /* Readers move to the inner tensor, the network's output stays. */
  while (output->consumers->len > 0)
    {
      QsLayer *reader = g_ptr_array_index (output->consumers, 0);

      for (guint i = 0; i < reader->inputs->len; i++)
        if (g_ptr_array_index (reader->inputs, i) == output)
          qs_network_set_input (self->network, reader, i, inner);
    }
  qs_network_set_output (self->network, producer, index, inner);

  if (converts)
    {
      output->type = QS_DATA_TYPE_FLOAT;
      output->scale = 0.0f;
    }
  output->format = QS_FORMAT_LINEAR;
  g_hash_table_insert (self->inner_of, inner, output);
  add_reformat (self, layer_name, inner, output, describe_change (inner, output));
}

/* The floating point type that a layer reads; those that convert types read either. */
static QsDataType
wanted_float (const QsLayerPlan *plan,
              QsDataType         type)
{
  if (plan->layer->klass->kind == QS_LAYER_REFORMAT || plan->layer->klass->kind == QS_LAYER_CAST ||
      plan->layer->precision == QS_PRECISION_INT8)
    return type;
  return plan->fp16 && !plan->int8 ? QS_DATA_TYPE_FLOAT16 : QS_DATA_TYPE_FLOAT;
}

static gboolean
is_either_float (QsDataType type)
{
  return type == QS_DATA_TYPE_FLOAT || type == QS_DATA_TYPE_FLOAT16;
}

static Form
wanted_form (const QsBuild     *self,
             const QsLayerPlan *plan,
             guint              index,
             const QsTensor    *tensor)
{
  Form form = { tensor->type, tensor->format };
  const QsTensor *output = qs_layer_get_output (plan->layer, 0);
  gboolean any = qs_layer_get_role (plan->layer) == QS_PLACEMENT_WEIGHTED &&
                 index == QS_INPUT_RESIDUAL && (output->type != QS_DATA_TYPE_INT8 ||
                                                !qs_shape_equal (&output->shape, &tensor->shape));

  if (tensor->shape.n_dims >= 3)
    form.format = plan->format;
  if (is_either_float (tensor->type))
    form.type = wanted_float (plan, tensor->type);
  if (self->is_explicit)
    return form;
  if (plan->int8 && is_either_float (tensor->type) && !any)
    form.type = QS_DATA_TYPE_INT8;
  else if (!plan->int8 && tensor->type == QS_DATA_TYPE_INT8 && tensor->scale > 0.0f)
    form.type = wanted_float (plan, QS_DATA_TYPE_FLOAT);
  return form;
}

static void
reformat_inputs (QsBuild     *self,
                 QsLayerPlan *plan)
{
  QsLayer *layer = plan->layer;

  for (guint i = 0; i < layer->inputs->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (layer->inputs, i);
      Form form;

      if (tensor == NULL || tensor->value != NULL)
        continue;
      form = wanted_form (self, plan, i, tensor);
      if (!has_form (tensor, &form))
        qs_network_set_input (self->network, layer, i, reformat_input (self, layer, i, &form));
    }
}

static gboolean
apply (QsBuild  *self,
       GError  **error)
{
  g_autoptr (GPtrArray) layers = g_ptr_array_new ();

  for (guint i = 0; i < self->network->layers->len; i++)
    g_ptr_array_add (layers, g_ptr_array_index (self->network->layers, i));

  for (guint i = 0; i < layers->len; i++)
    if (!quantize_layer (self, qs_build_get_plan (self, g_ptr_array_index (layers, i)), error) ||
        !round_layer (self, qs_build_get_plan (self, g_ptr_array_index (layers, i)), error))
      return FALSE;
  quantize_tensors (self);

  /* Outputs first: a float reader of an output then finds the caller's tensor. */
  for (guint i = 0; i < self->network->outputs->len; i++)
    split_output (self, g_ptr_array_index (self->network->outputs, i));
  for (guint i = 0; i < layers->len; i++)
    reformat_inputs (self, qs_build_get_plan (self, g_ptr_array_index (layers, i)));

  if (!qs_network_sort (self->network, error))
    return FALSE;
  qs_network_remove_dead (self->network);
  return qs_network_check (self->network, error);
}

gboolean
qs_build_apply (QsBuild  *self,
                GError  **error)
{
  gboolean done;

  qs_journal_watch (self->journal, self->network);
  done = apply (self, error);
  qs_journal_flush (self->journal, "apply-decisions",
                    "Layers got their precision, and a Reformat wherever a layer reads another type "
                    "or layout than was written.");
  qs_journal_unwatch (self->journal, self->network);
  return done;
}
