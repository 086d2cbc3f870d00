/* SPDX-License-Identifier: MIT */
#include "qs-cli-draw.h"
#include "qs-cli-json.h"
#include "qs-cli-report.h"
#include "qs-cli-scales.h"
#include "qs-cli-subject.h"

#define DEFAULT_BATCH 32

static QsEngine *
make_engine (QsCli         *self,
             QsCliSubject  *subject,
             GError       **error)
{
  g_autoptr (QsScaleTable) scales = NULL;

  qs_progress_set_range (self->progress, 0.0, 0.5);
  scales = qs_cli_scales_get (subject, self, error);
  if (scales == NULL)
    return NULL;

  qs_progress_set_range (self->progress, 0.5, 1.0);
  return qs_cli_subject_build (subject, self,
                               self->options.int8_all ? QS_INT8_ALL : QS_INT8_FASTER, scales, error);
}

static gboolean
build (QsCli   *self,
       GError **error)
{
  g_autoptr (QsCliSubject) subject = qs_cli_subject_open_model (self, DEFAULT_BATCH, error);
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (self->options.output);

  if (subject == NULL)
    return FALSE;

  engine = make_engine (self, subject, error);
  if (engine == NULL || !qs_engine_save (engine, file, error))
    return FALSE;
  if (self->options.svg != NULL && !qs_cli_draw (engine, QS_CLI_DRAW_SVG, self->options.svg, error))
    return FALSE;

  qs_cli_report_print_layers (engine, NULL);
  g_print ("\n");
  qs_cli_report_print_summary (engine);
  g_print ("Written to %s\n", self->options.output);
  qs_cli_report_warnings (engine);
  qs_cli_json_text (self->json, "plan", self->options.output);
  qs_cli_report_engine (self->json, engine);
  return TRUE;
}

const QsCliCommand qs_cli_build = {
  .name = "build",
  .argument = "MODEL",
  .summary = "Build an INT8 engine and write it as a plan",
  .description = "Fuses the network, quantizes the weights, decides for every layer whether it\n"
                 "computes in INT8 or FP32 by timing both, and writes the engine. Scales come\n"
                 "from a calibration cache, or from a calibration set; with both, a cache that\n"
                 "exists is used and one that does not is written.",
  .options = { QS_CLI_OUTPUT, QS_CLI_CALIBRATION, QS_CLI_CACHE, QS_CLI_CALIBRATOR, QS_CLI_INT8_ALL,
               QS_CLI_BATCH, QS_CLI_SHAPE, QS_CLI_SCALE, QS_CLI_MEAN, QS_CLI_STD, QS_CLI_LIMIT,
               QS_CLI_BACKEND, QS_CLI_THREADS, QS_CLI_SVG, QS_CLI_JSON },
  .required = { QS_CLI_OUTPUT },
  .run = build,
};
