/* SPDX-License-Identifier: MIT */
#include "qs-capability.h"

#include "core/qs-error.h"

static gboolean
is_float (const QsTensor *tensor)
{
  return tensor != NULL && tensor->type == QS_DATA_TYPE_FLOAT;
}

static void
set_obstacle (QsLayerPlan *plan,
              char        *sentence)
{
  g_free (plan->obstacle);
  plan->obstacle = sentence;
  plan->can_int8 = FALSE;
}

/* The first tensor of @tensors that would be INT8 and has no scale. */
static const QsTensor *
find_missing_range (QsBuild   *self,
                    GPtrArray *tensors)
{
  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      if (is_float (tensor) && tensor->value == NULL &&
          qs_ranges_get_scale (self->ranges, tensor) == 0.0f)
        return tensor;
    }

  return NULL;
}

static gboolean
reads_and_writes_floats (const QsLayer *layer)
{
  const QsTensor *input = qs_layer_get_input (layer, 0);

  return is_float (input) && is_float (qs_layer_get_output (layer, 0));
}

/* What can be said without a kernel. */
static void
check_role (QsBuild     *self,
            QsLayerPlan *plan)
{
  const QsLayer *layer = plan->layer;
  QsPlacement role = qs_layer_get_role (layer);
  const QsTensor *missing;

  if (plan->constraint != NULL && qs_build_constraints_bind (self) &&
      !qs_layer_plan_wants (plan, QS_PRECISION_INT8))
    set_obstacle (plan, g_strdup_printf ("A constraint asks that it compute in %s.",
                                         qs_precision_name (plan->constraint->precision)));
  else if (layer->klass->kind == QS_LAYER_REFORMAT)
    set_obstacle (plan, g_strdup ("It only changes the type."));
  else if (role == QS_PLACEMENT_HOST || !reads_and_writes_floats (layer))
    set_obstacle (plan, g_strdup_printf ("%s works on shapes, indices or truth values, which are "
                                         "never quantized.", layer->klass->name));
  else if (role == QS_PLACEMENT_FLOAT)
    set_obstacle (plan, g_strdup_printf ("%s is always computed in floating point: INT8 would lose "
                                         "too much.", layer->klass->name));
  else if ((missing = find_missing_range (self, layer->inputs)) != NULL ||
           (missing = find_missing_range (self, layer->outputs)) != NULL)
    {
      const char *layers[] = { layer->name, NULL };
      const char *tensors[] = { missing->name, NULL };

      set_obstacle (plan, qs_ranges_explain (self->ranges, missing));
      qs_journal_add (self->journal, QS_JOURNAL_REFUSAL, "missing-range", layers, tensors, NULL,
                      "%s", plan->obstacle);
    }
}

/* The weights of a product of two activations are quantized where they are computed. */
static gboolean
has_constant_weights (const QsLayer *layer)
{
  const QsTensor *weights = qs_layer_get_input (layer, QS_INPUT_WEIGHTS);

  return qs_layer_get_role (layer) == QS_PLACEMENT_WEIGHTED &&
         (layer->klass->kind != QS_LAYER_MATRIX_MULTIPLY || weights == NULL || weights->value != NULL);
}

static void
check_weights (QsBuild     *self,
               QsLayerPlan *plan)
{
  g_autoptr (GError) error = NULL;

  if (plan->obstacle == NULL && has_constant_weights (plan->layer) &&
      !qs_quantize_weights (plan->layer, self->rounding, &plan->weights, &error))
    set_obstacle (plan, g_strdup_printf ("It stays in floating point: %s.", error->message));
}

GPtrArray *
qs_build_find_kernels (QsBuild            *self,
                       QsLayer            *layer,
                       const QsLayerForm  *form,
                       const char        **why_not,
                       GError            **error)
{
  g_autoptr (QsNetwork) probe = qs_build_probe (self, layer, form, error);

  if (probe == NULL)
    return NULL;
  return qs_backend_find_kernels (self->backend, g_ptr_array_index (probe->layers, 0),
                                  form->precision, form->format, why_not);
}

static void
queue (QsBuild           *self,
       QsLayerPlan       *plan,
       QsTacticQueue     *tactics,
       const QsLayerForm *form,
       GPtrArray         *kernels,
       QsCandidate       *candidate)
{
  g_autoptr (QsNetwork) probe = qs_build_probe (self, plan->layer, form, NULL);

  qs_tactic_queue_add (tactics, probe, form->format, form->precision, kernels, candidate);
}

/* The layout that a layer without a wish of its own will get: its first input's. Producers come
 * first, so theirs is known. */
static QsFormat
predict_format (QsBuild       *self,
                const QsLayer *layer,
                QsPrecision    precision)
{
  for (guint i = 0; i < layer->inputs->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (layer->inputs, i);
      const QsLayerPlan *plan;

      if (tensor == NULL || tensor->value != NULL || tensor->shape.n_dims < 3)
        continue;
      if (tensor->producer == NULL)
        return QS_FORMAT_LINEAR;
      plan = qs_build_get_plan (self, tensor->producer);
      return precision == QS_PRECISION_INT8 && plan->can_int8 ? plan->int8_candidate.format
                                                              : plan->fp32.format;
    }

  return QS_FORMAT_LINEAR;
}

/* Reshaping row-major tensors moves nothing, while in another layout it moves everything. */
void
qs_build_prefer_format (QsBuild       *self,
                        const QsLayer *layer,
                        QsCandidate   *candidate)
{
  candidate->format = qs_backend_preferred_format (self->backend, layer, &candidate->any_format);
  if (layer->klass->kind != QS_LAYER_SHUFFLE)
    return;

  candidate->any_format = FALSE;
  candidate->format = QS_FORMAT_LINEAR;
}

static QsLayerForm
make_form (QsBuild     *self,
           QsLayerPlan *plan,
           QsPrecision  precision,
           QsCandidate *candidate,
           GError     **error)
{
  QsLayerForm form = { precision, QS_FORMAT_LINEAR, TRUE, TRUE };
  g_autoptr (QsNetwork) probe = qs_build_probe (self, plan->layer, &form, error);

  if (probe != NULL)
    qs_build_prefer_format (self, g_ptr_array_index (probe->layers, 0), candidate);
  if (candidate->any_format)
    candidate->format = predict_format (self, plan->layer, precision);
  form.format = candidate->format;
  return form;
}

static void
find_int8_candidate (QsBuild       *self,
                     QsLayerPlan   *plan,
                     QsTacticQueue *tactics)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) kernels = NULL;
  const char *why_not = NULL;
  QsLayerForm form = make_form (self, plan, QS_PRECISION_INT8, &plan->int8_candidate, &error);

  if (error == NULL)
    kernels = qs_build_find_kernels (self, plan->layer, &form, &why_not, &error);

  if (error != NULL)
    set_obstacle (plan, g_strdup_printf ("It stays in floating point: %s.", error->message));
  else if (kernels == NULL || kernels->len == 0)
    set_obstacle (plan, g_strdup_printf ("The %s backend has no INT8 kernel for it%s%s",
                                         self->backend->name, why_not != NULL ? ": " : ".",
                                         why_not != NULL ? why_not : ""));
  else
    {
      plan->can_int8 = TRUE;
      queue (self, plan, tactics, &form, kernels, &plan->int8_candidate);
    }
}

static gboolean
find_float_candidate (QsBuild        *self,
                      QsLayerPlan    *plan,
                      QsTacticQueue  *tactics,
                      GError        **error)
{
  g_autoptr (GPtrArray) kernels = NULL;
  QsLayerForm form = make_form (self, plan, QS_PRECISION_FP32, &plan->fp32, error);

  kernels = qs_build_find_kernels (self, plan->layer, &form, NULL, error);
  if (kernels == NULL)
    return FALSE;

  queue (self, plan, tactics, &form, kernels, &plan->fp32);
  return TRUE;
}

/* Whether it reads or writes floats and is none of those that convert types themselves. */
static gboolean
has_fp16_form (const QsLayer *layer)
{
  switch ((int) layer->klass->kind)
    {
    case QS_LAYER_CAST:
    case QS_LAYER_REFORMAT:
    case QS_LAYER_QUANTIZE:
    case QS_LAYER_DEQUANTIZE:
      return FALSE;
    default:
      break;
    }
  if (qs_layer_get_role (layer) == QS_PLACEMENT_HOST)
    return FALSE;

  for (guint i = 0; i < layer->inputs->len; i++)
    if (is_float (qs_layer_get_input (layer, i)) && qs_layer_get_input (layer, i)->value == NULL)
      return TRUE;
  return FALSE;
}

gboolean
qs_build_find_fp16_candidate (QsBuild        *self,
                              QsLayerPlan    *plan,
                              QsTacticQueue  *tactics,
                              GError        **error)
{
  g_autoptr (GPtrArray) kernels = NULL;
  QsLayerForm form;

  if (self->fp16 == QS_FP16_OFF || plan->layer->precision == QS_PRECISION_INT8 ||
      !has_fp16_form (plan->layer))
    return TRUE;

  form = make_form (self, plan, QS_PRECISION_FP16, &plan->fp16_candidate, error);
  kernels = qs_build_find_kernels (self, plan->layer, &form, NULL, error);
  if (kernels == NULL)
    return FALSE;

  plan->can_fp16 = kernels->len > 0;
  if (plan->can_fp16)
    queue (self, plan, tactics, &form, kernels, &plan->fp16_candidate);
  return TRUE;
}

gboolean
qs_build_find_candidates (QsBuild  *self,
                          GError  **error)
{
  guint n = self->network->layers->len;

  for (guint i = 0; i < n; i++)
    {
      QsLayerPlan *plan = qs_build_get_plan (self, g_ptr_array_index (self->network->layers, i));
      g_autoptr (QsTacticQueue) tactics = qs_tactic_queue_new (self, plan);

      if (!qs_progress_check (self->progress, error))
        return FALSE;
      if (self->ranges != NULL)
        {
          check_role (self, plan);
          check_weights (self, plan);
          if (plan->obstacle == NULL)
            find_int8_candidate (self, plan, tactics);
        }
      if (!find_float_candidate (self, plan, tactics, error) ||
          !qs_build_find_fp16_candidate (self, plan, tactics, error))
        return FALSE;
      qs_tactic_queue_run (tactics);
      qs_progress_set_fraction (self->progress, (i + 1.0) / n);
    }

  return TRUE;
}
