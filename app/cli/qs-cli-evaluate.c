/* SPDX-License-Identifier: MIT */
#include "core/qs-error.h"
#include "qs-cli-json.h"
#include "qs-cli-report.h"
#include "qs-cli-subject.h"

#define DEFAULT_BATCH 32

/* The FP32 engine that a plan is compared with, at the plan's own batch. */
static QsEngine *
build_reference (QsCli         *self,
                 QsEngine      *engine,
                 GError       **error)
{
  QsCliSubject reference = { .profile = qs_profile_new () };
  QsEngine *result = NULL;

  qs_profile_set_batch (reference.profile, MAX (1, qs_engine_get_batch (engine)));
  for (guint i = 0; i < qs_engine_get_network (engine)->inputs->len; i++)
    {
      const QsTensor *input = g_ptr_array_index (qs_engine_get_network (engine)->inputs, i);

      qs_profile_set_shape (reference.profile, input->name, &input->shape);
    }

  reference.model = qs_cli_options_load_model (&self->options, self->options.reference, error);
  if (reference.model != NULL)
    result = qs_cli_subject_build_fp32 (&reference, self, error);

  qs_profile_free (reference.profile);
  g_clear_pointer (&reference.model, qs_model_unref);
  return result;
}

/* %NULL without an error where there is nothing to compare with. */
static gboolean
get_reference (QsCli         *self,
               QsCliSubject  *subject,
               QsEngine      *engine,
               QsEngine     **reference,
               GError       **error)
{
  *reference = NULL;
  if (self->options.reference != NULL)
    *reference = build_reference (self, engine, error);
  else if (subject->model == NULL)
    return TRUE;
  else if (qs_engine_is_fp32 (engine))
    *reference = qs_engine_ref (engine);
  else
    *reference = qs_cli_subject_build_fp32 (subject, self, error);

  return *reference != NULL;
}

static gboolean
evaluate (QsCli   *self,
          GError **error)
{
  g_autoptr (QsSamples) samples =
    qs_cli_options_open_samples (&self->options, self->options.data, error);
  g_autoptr (QsCliSubject) subject = NULL;
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (QsEngine) reference = NULL;
  g_autoptr (GPtrArray) results =
    g_ptr_array_new_with_free_func ((GDestroyNotify) qs_evaluation_free);
  QsEvaluation *result;

  if (samples == NULL || (subject = qs_cli_subject_open (self, DEFAULT_BATCH, error)) == NULL)
    return FALSE;

  engine = qs_cli_subject_get_engine (subject, self, error);
  if (engine == NULL || !get_reference (self, subject, engine, &reference, error))
    return FALSE;

  result = qs_evaluate (engine, reference, samples, (guint) self->options.threads, self->progress,
                        error);
  if (!qs_cli_name_file (result != NULL, self->options.data, error))
    return FALSE;

  g_ptr_array_add (results, result);
  if (!qs_samples_has_labels (samples))
    qs_cli_warn ("%s: there is no array “label”, so there is no top-1 and no top-5",
                 self->options.data);
  qs_cli_report_print_evaluations (results);
  qs_cli_report_evaluation (self->json, result);
  return TRUE;
}

const QsCliCommand qs_cli_evaluate = {
  .name = "evaluate",
  .argument = "MODEL|PLAN",
  .summary = "Measure accuracy on labelled samples",
  .description = "Runs a model or a plan over labelled samples: top-1 and top-5, and for INT8\n"
                 "and FP16 the agreement, cosine and SQNR of the outputs against FP32. A plan does not\n"
                 "hold its FP32 weights; --reference names the model to compare it with.",
  .options = { QS_CLI_DATA, QS_CLI_REFERENCE, QS_CLI_PRECISION, QS_CLI_PRECISION_OPTIONS, QS_CLI_CALIBRATION,
               QS_CLI_CACHE, QS_CLI_CALIBRATOR, QS_CLI_QUANTILE, QS_CLI_CUTOFF, QS_CLI_PRESET,
               QS_CLI_BEFORE_FUSION, QS_CLI_HISTOGRAMS, QS_CLI_RANGES, QS_CLI_RANGE, QS_CLI_BATCH,
               QS_CLI_SHAPE, QS_CLI_SAMPLE_OPTIONS, QS_CLI_ROUNDING,
               QS_CLI_EMULATE_TENSORRT, QS_CLI_TIMING_CACHE,
               QS_CLI_BACKEND, QS_CLI_DEVICE, QS_CLI_THREADS, QS_CLI_JSON },
  .required = { QS_CLI_DATA },
  .run = evaluate,
};
