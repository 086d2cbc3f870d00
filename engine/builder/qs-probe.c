/* SPDX-License-Identifier: MIT */
#include "backends/qs-fp16.h"
#include "qs-build.h"

#include "backends/cpu/qs-cpu-range.h"
#include "operators/qs-operator.h"
#include "qs-fp16-choice.h"

typedef struct
{
  QsBuild *build;
  const QsLayer *layer;
  const QsLayerPlan *plan;
  const QsLayerForm *form;
  QsNetwork *probe;
  GHashTable *twins; /* QsTensor of the network -> of the probe */
} Probe;

static void
become_int8 (const Probe    *self,
             const QsTensor *tensor,
             QsTensor       *twin)
{
  twin->type = QS_DATA_TYPE_INT8;
  twin->scale = qs_ranges_get_scale (self->build->ranges, tensor);
}

static gboolean
wants_int8_input (const Probe *self,
                  guint        index)
{
  if (self->form->precision != QS_PRECISION_INT8)
    return FALSE;
  if (qs_layer_get_role (self->layer) == QS_PLACEMENT_WEIGHTED && index == QS_INPUT_RESIDUAL)
    return self->form->int8_residual;
  return TRUE;
}

static QsTensor *
copy_constant (Probe          *self,
               const QsTensor *tensor,
               guint           index,
               GError        **error)
{
  gboolean int8 = self->form->precision == QS_PRECISION_INT8 && tensor->type == QS_DATA_TYPE_FLOAT;
  QsFp16Rounding ignored = { 0 };
  g_autoptr (QsHostTensor) value = NULL;
  float scale = 0.0f;
  QsTensor *twin;

  if (self->form->precision == QS_PRECISION_FP16 && qs_layer_rounds_constant (self->layer, index))
    {
      value = qs_fp16_round (tensor->value, &ignored, error);
      return value != NULL ? qs_network_add_constant (self->probe, tensor->name, value) : NULL;
    }

  if (int8 && index == QS_INPUT_WEIGHTS && self->plan->weights.values != NULL)
    return qs_network_add_constant (self->probe, tensor->name, self->plan->weights.values);
  if (!int8 || qs_layer_get_role (self->layer) != QS_PLACEMENT_NON_WEIGHTED)
    return qs_network_add_constant (self->probe, tensor->name, tensor->value);

  value = qs_quantize_constant (tensor, &scale, error);
  if (value == NULL)
    return NULL;
  twin = qs_network_add_constant (self->probe, tensor->name, value);
  twin->scale = scale;
  return twin;
}

/* Kernels look at where an input comes from: one that is known to be non-negative needs other tiles. A
 * ReLU in front of the copy says so; it is never run. */
static void
copy_range (QsNetwork      *network,
            const QsTensor *tensor,
            QsTensor       *twin)
{
  QsLayer *layer;

  if (twin->type != QS_DATA_TYPE_INT8 || twin->value != NULL || !qs_cpu_is_non_negative (tensor))
    return;

  layer = qs_network_add_layer (network, qs_layer_class_lookup (QS_LAYER_ACTIVATION), twin->name,
                                NULL, NULL, 0, &twin, 1);
  layer->activation.type = QS_ACTIVATION_RELU;
}

static QsTensor *
copy_input (Probe     *self,
            QsTensor  *tensor,
            guint      index,
            GError   **error)
{
  QsTensor *twin = g_hash_table_lookup (self->twins, tensor);

  if (twin != NULL)
    return twin;
  if (tensor->value != NULL)
    twin = copy_constant (self, tensor, index, error);
  else
    {
      twin = qs_network_add_input (self->probe, tensor->name, tensor->type, &tensor->shape);
      twin->format = tensor->shape.n_dims >= 3 ? self->form->format : QS_FORMAT_LINEAR;
      if (tensor->type == QS_DATA_TYPE_FLOAT && wants_int8_input (self, index))
        become_int8 (self, tensor, twin);
      else if (tensor->type == QS_DATA_TYPE_FLOAT && self->form->precision == QS_PRECISION_FP16)
        twin->type = QS_DATA_TYPE_FLOAT16;
      copy_range (self->probe, tensor, twin);
    }

  g_hash_table_insert (self->twins, tensor, twin);
  return twin;
}

static QsTensor *
copy_output (Probe          *self,
             const QsTensor *tensor)
{
  QsTensor *twin = qs_network_add_tensor (self->probe, tensor->name);
  gboolean int8 = self->form->precision == QS_PRECISION_INT8 &&
                  (qs_layer_get_role (self->layer) != QS_PLACEMENT_WEIGHTED ||
                   self->form->int8_output);

  twin->type = tensor->type;
  twin->shape = tensor->shape;
  twin->format = tensor->shape.n_dims >= 3 ? self->form->format : QS_FORMAT_LINEAR;
  if (int8 && tensor->type == QS_DATA_TYPE_FLOAT)
    become_int8 (self, tensor, twin);
  else if (tensor->type == QS_DATA_TYPE_FLOAT && self->form->precision == QS_PRECISION_FP16)
    twin->type = QS_DATA_TYPE_FLOAT16;
  qs_network_mark_output (self->probe, twin);
  return twin;
}

QsNetwork *
qs_build_probe (QsBuild            *build,
                QsLayer            *layer,
                const QsLayerForm  *form,
                GError            **error)
{
  g_autoptr (QsNetwork) network = qs_network_new (layer->name);
  g_autoptr (GHashTable) twins = g_hash_table_new (NULL, NULL);
  Probe self = { build, layer, qs_build_get_plan (build, layer), form, network, twins };
  QsLayer *copy = qs_network_add_layer (network, layer->klass, layer->name, layer->attributes, NULL,
                                        0, NULL, 0);

  copy->activation = layer->activation;
  copy->precision = form->precision;
  if (form->precision == QS_PRECISION_INT8 && self.plan->weights.scales != NULL)
    copy->weight_scales = qs_host_tensor_ref (self.plan->weights.scales);

  for (guint i = 0; i < layer->inputs->len; i++)
    {
      QsTensor *input = g_ptr_array_index (layer->inputs, i);
      QsTensor *twin = input != NULL ? copy_input (&self, input, i, error) : NULL;

      if (input != NULL && twin == NULL)
        return NULL;
      qs_network_set_input (network, copy, i, twin);
    }
  for (guint i = 0; i < layer->outputs->len; i++)
    {
      QsTensor *output = g_ptr_array_index (layer->outputs, i);

      qs_network_set_output (network, copy, i, output != NULL ? copy_output (&self, output) : NULL);
    }

  return g_steal_pointer (&network);
}

static QsTensor *
copy_as_is (QsNetwork      *network,
            const QsTensor *tensor,
            QsFormat        format)
{
  QsTensor *twin;

  if (tensor->value != NULL)
    twin = qs_network_add_constant (network, tensor->name, tensor->value);
  else
    {
      twin = qs_network_add_tensor (network, tensor->name);
      twin->type = tensor->type;
      twin->shape = tensor->shape;
      twin->format = tensor->shape.n_dims >= 3 ? format : QS_FORMAT_LINEAR;
    }
  twin->scale = tensor->scale;
  return twin;
}

QsNetwork *
qs_layer_in_format (const QsLayer *layer,
                    QsFormat       format)
{
  QsNetwork *network = qs_network_new (layer->name);
  g_autoptr (GHashTable) twins = g_hash_table_new (NULL, NULL);
  QsLayer *copy = qs_network_add_layer (network, layer->klass, layer->name, layer->attributes, NULL,
                                        0, NULL, 0);

  copy->activation = layer->activation;
  copy->precision = layer->precision;
  if (layer->weight_scales != NULL)
    copy->weight_scales = qs_host_tensor_ref (layer->weight_scales);

  for (guint i = 0; i < layer->inputs->len; i++)
    {
      QsTensor *input = g_ptr_array_index (layer->inputs, i);
      QsTensor *twin = input != NULL ? g_hash_table_lookup (twins, input) : NULL;

      if (input != NULL && twin == NULL)
        {
          twin = copy_as_is (network, input, format);
          copy_range (network, input, twin);
          g_hash_table_insert (twins, input, twin);
        }
      qs_network_set_input (network, copy, i, twin);
    }
  for (guint i = 0; i < layer->outputs->len; i++)
    {
      const QsTensor *output = g_ptr_array_index (layer->outputs, i);

      qs_network_set_output (network, copy, i,
                             output != NULL ? copy_as_is (network, output, format) : NULL);
    }

  return network;
}

QsNetwork *
qs_build_probe_chosen (QsBuild     *self,
                       QsLayerPlan *plan,
                       QsFormat     format)
{
  const QsLayerForm form = { qs_layer_plan_get_precision (plan), format, TRUE, TRUE };

  return self->is_explicit && form.precision != QS_PRECISION_FP16
           ? qs_layer_in_format (plan->layer, format)
           : qs_build_probe (self, plan->layer, &form, NULL);
}
