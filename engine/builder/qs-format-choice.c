/* SPDX-License-Identifier: MIT */
#include "qs-format-choice.h"

#include "qs-explicit-choice.h"

static gboolean
find_input_format (const QsLayer *layer,
                   QsFormat      *format)
{
  for (guint i = 0; i < layer->inputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (layer->inputs, i);

      if (tensor != NULL && tensor->value == NULL && tensor->shape.n_dims >= 3)
        {
          *format = tensor->format;
          return TRUE;
        }
    }

  return FALSE;
}

static void
choose_format (QsBuild     *self,
               QsLayerPlan *plan)
{
  const QsCandidate *candidate = qs_layer_plan_get_candidate (plan);

  plan->any_format = candidate->any_format;
  plan->format = candidate->format;
  if (plan->any_format && !find_input_format (plan->layer, &plan->format))
    plan->format = QS_FORMAT_LINEAR;

  for (guint i = 0; i < plan->layer->outputs->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (plan->layer->outputs, i);

      if (tensor == NULL)
        continue;
      tensor->format = tensor->shape.n_dims >= 3 ? plan->format : QS_FORMAT_LINEAR;
      /* What quantizes can change the layout as well. */
      if (plan->layer->klass->kind == QS_LAYER_REFORMAT)
        tensor->format = qs_build_find_readers_format (self, tensor, tensor->format);
    }
}

void
qs_build_choose_formats (QsBuild *self)
{
  for (guint i = 0; i < self->network->inputs->len; i++)
    ((QsTensor *) g_ptr_array_index (self->network->inputs, i))->format = QS_FORMAT_LINEAR;

  for (guint i = 0; i < self->network->layers->len; i++)
    choose_format (self, qs_build_get_plan (self, g_ptr_array_index (self->network->layers, i)));

  /* Callers get row-major outputs; where that is the same memory nothing is to be converted. */
  for (guint i = 0; i < self->network->outputs->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (self->network->outputs, i);

      if (qs_formats_agree (&tensor->shape, tensor->format, QS_FORMAT_LINEAR))
        tensor->format = QS_FORMAT_LINEAR;
    }
}
