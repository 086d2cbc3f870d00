/* SPDX-License-Identifier: MIT */
#include "qs-cli-draw.h"
#include "qs-cli-report.h"
#include "qs-cli-subject.h"

static gboolean
draw (QsEngine           *engine,
      QsCliDrawFormat     format,
      const char         *path,
      GError            **error)
{
  if (path == NULL)
    return TRUE;
  if (!qs_cli_draw (engine, format, path, error))
    return FALSE;

  g_print ("Written to %s\n", path);
  return TRUE;
}

static gboolean
export_plan (QsCli   *self,
             GError **error)
{
  const QsCliOptions *options = &self->options;
  g_autoptr (QsCliSubject) subject = NULL;

  if (options->svg == NULL && options->pdf == NULL && options->json == NULL)
    {
      qs_cli_set_usage_error (error, "one of --svg, --pdf and --json is needed");
      return FALSE;
    }

  subject = qs_cli_subject_open_plan (self, error);
  if (subject == NULL)
    return FALSE;

  /* The frame writes the JSON of every command; here it is the graph. */
  qs_cli_report_engine (self->json, subject->plan, NULL);
  return draw (subject->plan, QS_CLI_DRAW_SVG, options->svg, error) &&
         draw (subject->plan, QS_CLI_DRAW_PDF, options->pdf, error);
}

const QsCliCommand qs_cli_export = {
  .name = "export",
  .argument = "PLAN",
  .summary = "Write the engine's graph as SVG, PDF or JSON",
  .description = "Writes the graph of a plan as a drawing, or all of it as JSON: layers with\n"
                 "precision, kernel and reason, tensors with scales and memory, and the journal\n"
                 "of what was decided.",
  .options = { QS_CLI_SVG, QS_CLI_PDF, QS_CLI_JSON },
  .run = export_plan,
};
