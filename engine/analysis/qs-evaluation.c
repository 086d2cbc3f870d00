/* SPDX-License-Identifier: MIT */
#include "qs-evaluation.h"

#include "qs-evaluator.h"

void
qs_evaluation_free (QsEvaluation *self)
{
  g_free (self->name);
  g_free (self);
}

static const char *
engine_label (QsEngine *engine)
{
  QsScaleTable *scales = qs_engine_get_scales (engine);
  const char *source = scales != NULL ? qs_scale_table_get_source (scales) : NULL;

  if (qs_engine_is_fp32 (engine))
    return "fp32";
  if (qs_engine_count_layers (engine, QS_PRECISION_INT8) == 0)
    return "fp16";

  return source != NULL ? source : "int8";
}

/**
 * qs_evaluate:
 * @engine: the engine to evaluate
 * @reference: (nullable): an engine for the same inputs, FP32, that it is compared with
 * @samples: labelled or not
 * @n_threads: 0 for one per processor
 *
 * Runs @engine over all of @samples and compares its first output with labels and @reference.
 */
QsEvaluation *
qs_evaluate (QsEngine    *engine,
             QsEngine    *reference,
             QsSamples   *samples,
             guint        n_threads,
             QsProgress  *progress,
             GError     **error)
{
  g_autoptr (QsEvaluator) evaluator = qs_evaluator_new (n_threads);
  g_autoptr (GPtrArray) results = NULL;

  if (reference != NULL && reference != engine &&
      !qs_evaluator_add (evaluator, "fp32", reference, NULL, error))
    return NULL;
  if (!qs_evaluator_add (evaluator, engine_label (engine), engine, reference, error))
    return NULL;

  results = qs_evaluator_run (evaluator, samples, progress, error);
  if (results == NULL)
    return NULL;

  return g_ptr_array_steal_index (results, results->len - 1);
}
