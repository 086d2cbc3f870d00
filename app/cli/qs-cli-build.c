/* SPDX-License-Identifier: MIT */
#include "qs-cli-draw.h"
#include "qs-cli-groups.h"
#include "qs-cli-json.h"
#include "qs-cli-precision.h"
#include "qs-cli-report.h"
#include "qs-cli-scales.h"
#include "qs-cli-subject.h"
#include "runtime/qs-context.h"

#define DEFAULT_BATCH 32

/* The builder times only what it has to choose from; these runs are for the table. */
#define PROFILE_RUNS 10

static QsEngine *
make_engine (QsCli         *self,
             QsCliSubject  *subject,
             GError       **error)
{
  g_autoptr (QsScaleTable) scales = NULL;
  QsPrecision precision;

  if (!qs_cli_precision_parse (&self->options, QS_PRECISION_INT8, &precision, error))
    return NULL;
  if (precision != QS_PRECISION_INT8)
    return qs_cli_subject_build (subject, self, QS_INT8_OFF, NULL, error);

  qs_progress_set_range (self->progress, 0.0, 0.5);
  if (!qs_cli_scales_get (subject, self, &scales, error))
    return NULL;

  qs_progress_set_range (self->progress, 0.5, 1.0);
  return qs_cli_subject_build (subject, self,
                               self->options.int8_all ? QS_INT8_ALL : QS_INT8_FASTER, scales,
                               error);
}

static gboolean
write_files (QsCli     *self,
             QsEngine  *engine,
             GError   **error)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (self->options.output);

  return qs_cli_name_file (qs_engine_save (engine, file, error), self->options.output, error) &&
         (self->options.svg == NULL ||
          qs_cli_draw (engine, QS_CLI_DRAW_SVG, self->options.svg, error));
}

static void
report (QsCli                 *self,
        QsEngine              *engine,
        QsNetwork             *network,
        const QsProfileResult *profile)
{
  QsScaleTable *scales = qs_engine_get_scales (engine);
  guint n_manual = scales != NULL ? qs_scale_table_count_manual (scales) : 0;

  qs_cli_report_print_layers (engine, profile->layer_ms);
  g_print ("\n");
  qs_cli_report_print_summary (engine);
  if (n_manual > 0)
    g_print ("%u tensor%s a range set by hand\n", n_manual, n_manual == 1 ? " has" : "s have");
  g_print ("A run takes %.4f ms\n", profile->median_ms);
  g_print ("Written to %s\n", self->options.output);
  qs_cli_report_warnings (engine);

  qs_cli_json_text (self->json, "plan", self->options.output);
  qs_cli_json_number (self->json, "median_ms", profile->median_ms);
  qs_cli_report_engine (self->json, engine, profile->layer_ms);
  qs_cli_groups_report (self->json, network, qs_engine_get_scales (engine));
}

static gboolean
build (QsCli   *self,
       GError **error)
{
  g_autoptr (QsCliSubject) subject = qs_cli_subject_open_model (self, DEFAULT_BATCH, error);
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (QsContext) context = NULL;
  g_autoptr (QsNetwork) network = NULL;
  QsProfileResult profile = { 0 };

  if (subject == NULL)
    return FALSE;

  engine = make_engine (self, subject, error);
  if (engine == NULL || !write_files (self, engine, error))
    return FALSE;

  network = qs_cli_subject_import (subject, error);
  if (network == NULL)
    return FALSE;

  context = qs_context_new (engine, (guint) self->options.threads, error);
  if (context == NULL ||
      !qs_context_profile (context, PROFILE_RUNS, self->progress, &profile, error))
    return FALSE;

  report (self, engine, network, &profile);
  qs_profile_result_clear (&profile);
  return TRUE;
}

const QsCliCommand qs_cli_build = {
  .name = "build",
  .argument = "MODEL",
  .summary = "Build an INT8 or FP16 engine and write it as a plan",
  .description = "Fuses the network, quantizes the weights, decides for every layer whether it\n"
                 "computes in INT8 or FP32 by timing both, and writes the engine. Scales come\n"
                 "from a calibration cache, or from a calibration set; with both, a cache that\n"
                 "exists is used and one that does not is written. A model with QuantizeLinear and\n"
                 "DequantizeLinear (Q/DQ) says itself what is INT8, and needs neither.\n"
                 "--precision fp16 builds without INT8 and needs none either. The CPU emulates FP16:\n"
                 "the values are those of FP16, the times are not.",
  .options = { QS_CLI_OUTPUT, QS_CLI_CALIBRATION, QS_CLI_CACHE, QS_CLI_CALIBRATOR, QS_CLI_QUANTILE,
               QS_CLI_CUTOFF, QS_CLI_PRESET, QS_CLI_BEFORE_FUSION, QS_CLI_HISTOGRAMS, QS_CLI_RANGES,
               QS_CLI_RANGE, QS_CLI_PRECISION, QS_CLI_PRECISION_OPTIONS, QS_CLI_BATCH, QS_CLI_SHAPE,
               QS_CLI_SAMPLE_OPTIONS, QS_CLI_ROUNDING, QS_CLI_EMULATE_TENSORRT,
               QS_CLI_TIMING_CACHE, QS_CLI_BACKEND, QS_CLI_DEVICE, QS_CLI_THREADS,
               QS_CLI_SVG, QS_CLI_JSON },
  .required = { QS_CLI_OUTPUT },
  .run = build,
};
