/* SPDX-License-Identifier: MIT */
#include "qs-kernel-choice.h"

#include <string.h>

#include "backends/qs-fp16.h"
#include "core/qs-error.h"
#include "qs-tactic-queue.h"

/* Tensors for which the layout makes no difference do not fix it. */
static gboolean
find_fixed_format (GPtrArray *tensors,
                   QsFormat  *format)
{
  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      if (tensor == NULL || tensor->value != NULL ||
          qs_formats_agree (&tensor->shape, QS_FORMAT_LINEAR, QS_FORMAT_HWC))
        continue;
      *format = tensor->format;
      return TRUE;
    }

  return FALSE;
}

QsFormat
qs_layer_find_format (const QsLayer   *layer,
                      const QsBackend *backend)
{
  QsFormat format = QS_FORMAT_LINEAR;

  if (find_fixed_format (layer->inputs, &format) || find_fixed_format (layer->outputs, &format))
    return format;
  return qs_backend_preferred_format (backend, layer, NULL);
}

/* Whether @kernel is the one called @wanted, or that one with conversions of float16 at its edges. */
static gboolean
is_wanted (const QsBackend *backend,
           const QsKernel  *kernel,
           const char      *wanted)
{
  const QsKernel *plain = wanted != NULL ? qs_backend_lookup_kernel (backend, wanted) : NULL;
  g_autofree char *name = plain != NULL ? qs_fp16_kernel_name (plain) : NULL;

  return g_strcmp0 (kernel->name, wanted) == 0 || g_strcmp0 (kernel->name, name) == 0;
}

const QsKernel *
qs_choose_kernel (const QsBackend  *backend,
                  const QsLayer    *layer,
                  QsFormat          format,
                  const char       *wanted,
                  const char      **why_not,
                  gboolean         *own)
{
  g_autoptr (QsNetwork) copy = qs_layer_in_format (layer, format);
  g_autoptr (GPtrArray) kernels = qs_backend_find_kernels (
    backend, g_ptr_array_index (copy->layers, 0), layer->precision, format, why_not);

  *own = FALSE;
  for (guint i = 0; i < kernels->len; i++)
    {
      const QsKernel *kernel = g_ptr_array_index (kernels, i);

      if (is_wanted (backend, kernel, wanted))
        return kernel;
    }
  if (kernels->len > 0)
    return g_ptr_array_index (kernels, 0);

  *own = layer->precision == QS_PRECISION_FP32 && layer->klass->evaluate != NULL;
  return NULL;
}

/* Why a candidate is not the one that runs. */
static char *
explain_tactic (const QsEngineLayer *layer,
                const QsTactic      *tactic,
                QsFormat             format,
                const QsBackend     *backend)
{
  if (tactic->precision == QS_PRECISION_FP16 && backend->emulates_fp16 &&
      layer->layer->precision != QS_PRECISION_FP16)
    return g_strdup ("FP16 is emulated on this backend, so it is used only where it is asked for.");
  if (tactic->precision != layer->layer->precision)
    return g_strdup_printf ("The layer computes in %s.",
                            qs_precision_name (layer->layer->precision));
  if (tactic->format != format)
    return g_strdup_printf ("The layer's tensors are %s, reformats considered.",
                            qs_format_name (format));
  if (tactic->ms >= 0.0 && tactic->ms < qs_tactic_discount (layer->ms))
    return g_strdup ("It computes the layer as it was before others were fused into it.");
  if (tactic->ms >= 0.0 && layer->ms >= 0.0 && tactic->ms < layer->ms)
    return g_strdup_printf ("It takes %.4f ms, less than 3 %% or 0.001 ms faster than %s with %.4f ms, "
                            "which comes first in the backend's order; so builds repeat.",
                            tactic->ms, layer->kernel, layer->ms);
  if (tactic->ms >= 0.0 && layer->ms >= 0.0)
    return g_strdup_printf ("It takes %.4f ms, and %s takes %.4f ms.", tactic->ms, layer->kernel,
                            layer->ms);
  return g_strdup_printf ("Nothing was timed, and %s comes first in the backend's order.",
                          layer->kernel);
}

static void
mark_chosen (QsEngineLayer   *layer,
             QsFormat         format,
             const QsBackend *backend)
{
  for (guint i = 0; i < layer->tactics->len; i++)
    {
      QsTactic *tactic = g_ptr_array_index (layer->tactics, i);

      tactic->chosen = tactic->precision == layer->layer->precision && tactic->format == format &&
                       is_wanted (backend, qs_backend_lookup_kernel (backend, layer->kernel),
                                  tactic->kernel);
      if (!tactic->chosen && tactic->reason == NULL)
        tactic->reason = explain_tactic (layer, tactic, format, backend);
    }
}

/* Reformats are known only after the choice, so they are measured last. */
static double
measure_reformat (QsBuild        *self,
                  const QsLayer  *layer,
                  const QsKernel *kernel)
{
  QsTacticTrial trial = { layer, kernel, -1.0, NULL };

  if (self->timer == NULL)
    return -1.0;
  qs_tactic_timer_measure (self->timer, &trial, 1);
  g_clear_error (&trial.error);
  return trial.ms;
}

/* Copies around it take longer than most layers, so people should know. */
static void
note_host_layer (QsBuild        *self,
                 const QsLayer  *layer,
                 const QsKernel *kernel,
                 const char     *why_not)
{
  const char *layers[] = { layer->name, NULL };

  if (self->backend->get_device == NULL || (kernel != NULL && kernel->on_device))
    return;

  qs_journal_add (self->journal, QS_JOURNAL_WARNING, "host-layer", layers, NULL, layer->name,
                  "%s %s is computed on the host, between copies from the device and back: %s.",
                  layer->klass->name, layer->name,
                  why_not != NULL ? why_not : "there is no kernel for such layers");
}

static gboolean
finish_layer (QsBuild   *self,
              QsEngine  *engine,
              QsLayer   *layer,
              GError   **error)
{
  QsLayerPlan *plan = qs_build_get_plan (self, layer);
  const QsCandidate *candidate = qs_layer_plan_get_candidate (plan);
  QsEngineLayer *result;
  const char *why_not = NULL;
  gboolean own;
  const QsKernel *kernel =
    qs_choose_kernel (self->backend, layer, plan->format,
                      candidate->kernel != NULL ? candidate->kernel->name : NULL, &why_not, &own);

  if (kernel == NULL && !own)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                   "%s %s: the %s backend cannot compute it: %s", layer->klass->name, layer->name,
                   self->backend->name,
                   why_not != NULL ? why_not : "there is no kernel for it");
      return FALSE;
    }

  note_host_layer (self, layer, kernel, why_not);
  result = qs_engine_layer_new (layer);
  result->kernel = g_strdup (kernel != NULL ? kernel->name : "reference");
  if (layer->klass->kind == QS_LAYER_REFORMAT)
    result->ms = measure_reformat (self, layer, kernel);
  else if (kernel == candidate->kernel ||
           (candidate->kernel != NULL &&
            is_wanted (self->backend, kernel, candidate->kernel->name)))
    result->ms = candidate->ms;
  result->reason = g_strdup (plan->reason);
  g_ptr_array_unref (result->tactics);
  result->tactics = g_ptr_array_ref (plan->tactics);
  mark_chosen (result, plan->format, self->backend);
  qs_engine_add_layer (engine, result);
  return TRUE;
}

gboolean
qs_build_finish (QsBuild   *self,
                 QsEngine  *engine,
                 GError   **error)
{
  for (guint i = 0; i < self->network->layers->len; i++)
    if (!finish_layer (self, engine, g_ptr_array_index (self->network->layers, i), error))
      return FALSE;

  return qs_engine_plan_memory (engine, error);
}
