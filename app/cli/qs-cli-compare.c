/* SPDX-License-Identifier: MIT */
#include "qs-cli-json.h"
#include "qs-cli-precision.h"
#include "qs-cli-report.h"
#include "qs-cli-scales.h"
#include "qs-cli-subject.h"

#define DEFAULT_BATCH 32

static GPtrArray *
compare_all (QsCli         *self,
             QsCliSubject  *subject,
             QsSamples     *samples,
             GError       **error)
{
  QsBuilderOptions options = QS_BUILDER_OPTIONS_INIT;
  g_auto (QsCliPrecision) precision = { 0 };
  g_autoptr (QsHistogramSet) histograms = NULL;

  if (!qs_cli_precision_init (&precision, &self->options,
                              self->options.int8_faster ? QS_INT8_FASTER : QS_INT8_ALL, error))
    return NULL;
  histograms = qs_cli_scales_run_calibration (subject, self, NULL, NULL, error);
  if (histograms == NULL)
    return NULL;

  options.backend = subject->backend;
  options.n_threads = (guint) self->options.threads;
  options.int8 = precision.int8;
  options.fp16 = precision.fp16;
  options.constraints = precision.constraints;
  options.ranges = subject->ranges;
  options.rounding = subject->rounding;
  options.emulate_tensorrt = self->options.emulate_tensorrt;
  options.model_checksum = qs_model_get_checksum (subject->model);
  return qs_compare (subject->model, subject->profile, histograms, samples, &options,
                     self->progress, error);
}

static void
report (QsCli     *self,
        GPtrArray *results)
{
  qs_cli_report_print_evaluations (results);
  qs_cli_json_array (self->json, "results");
  for (guint i = 0; i < results->len; i++)
    {
      json_builder_begin_object (self->json);
      qs_cli_report_evaluation (self->json, g_ptr_array_index (results, i));
      json_builder_end_object (self->json);
    }
  json_builder_end_array (self->json);
}

static gboolean
compare (QsCli   *self,
         GError **error)
{
  g_autoptr (QsSamples) samples = NULL;
  g_autoptr (QsCliSubject) subject = NULL;
  g_autoptr (GPtrArray) results = NULL;

  if (!qs_cli_scales_check_source (self, error))
    return FALSE;

  samples = qs_cli_options_open_samples (&self->options, self->options.data, error);
  if (samples == NULL ||
      (subject = qs_cli_subject_open_model (self, DEFAULT_BATCH, error)) == NULL)
    return FALSE;

  results = compare_all (self, subject, samples, error);
  if (results == NULL)
    return FALSE;

  report (self, results);
  return TRUE;
}

const QsCliCommand qs_cli_compare = {
  .name = "compare",
  .argument = "MODEL",
  .summary = "Compare the accuracy of all calibrators",
  .description = "Calibrates once, builds FP32 and one INT8 engine for each calibrator, and\n"
                 "evaluates them all on the same samples in one pass. INT8 is used wherever it\n"
                 "is possible, so that the calibrators are compared on the same layers.",
  .options = { QS_CLI_CALIBRATION, QS_CLI_HISTOGRAMS, QS_CLI_DATA, QS_CLI_RANGES, QS_CLI_RANGE,
               QS_CLI_INT8_FASTER, QS_CLI_PRECISION_OPTIONS, QS_CLI_BATCH, QS_CLI_SHAPE,
               QS_CLI_SAMPLE_OPTIONS, QS_CLI_ROUNDING, QS_CLI_EMULATE_TENSORRT,
               QS_CLI_BACKEND, QS_CLI_DEVICE, QS_CLI_THREADS, QS_CLI_JSON
               },
  .required = { QS_CLI_DATA },
  .run = compare,
};
