/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "export/qs-qdq-writer.h"
#include "export/qs-trex-graph.h"
#include "qs-cli-draw.h"
#include "qs-cli-report.h"
#include "qs-cli-subject.h"
#include "runtime/qs-context.h"

#define DEFAULT_RUNS 50

static gboolean
write_text (const char *text,
            const char *path,
            GError    **error)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);

  if (!qs_cli_name_file (g_file_replace_contents (file, text, strlen (text), NULL, FALSE,
                                                  G_FILE_CREATE_NONE, NULL, NULL, error),
                         path, error))
    return FALSE;

  g_print ("Written to %s\n", path);
  return TRUE;
}

static gboolean
write_graph (QsEngine    *engine,
             const char  *path,
             GError     **error)
{
  g_autofree char *text = NULL;

  if (path == NULL)
    return TRUE;

  text = qs_trex_write_graph (engine);
  return write_text (text, path, error);
}

static gboolean
write_profile (QsCli     *self,
               QsEngine  *engine,
               GError   **error)
{
  const char *path = self->options.trex_profile;
  guint n_runs = self->options.runs > 0 ? (guint) self->options.runs : DEFAULT_RUNS;
  g_autoptr (QsContext) context = NULL;
  g_autofree char *text = NULL;
  QsProfileResult times = { 0 };

  if (path == NULL)
    return TRUE;

  context = qs_context_new (engine, (guint) self->options.threads, error);
  if (context == NULL || !qs_context_profile (context, n_runs, self->progress, &times, error))
    return FALSE;

  text = qs_trex_write_profile (engine, times.n_runs, times.layer_mean_ms, times.layer_ms);
  qs_profile_result_clear (&times);
  return write_text (text, path, error);
}

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

/* A plan has neither the model's nodes nor its FP32 weights. */
static gboolean
write_model (QsCli     *self,
             QsEngine  *engine,
             GError   **error)
{
  const char *path = self->options.onnx;
  g_autoptr (GFile) model_file = NULL;
  g_autoptr (GFile) file = NULL;
  g_autoptr (QsModel) model = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_auto (QsQdqSummary) summary = { 0 };

  if (path == NULL)
    return TRUE;

  model_file = g_file_new_for_commandline_arg (self->options.model);
  model = qs_model_load_file (model_file, error);
  bytes = model == NULL ? NULL : qs_qdq_make_model (engine, model, &summary, error);
  if (bytes == NULL)
    return FALSE;

  file = g_file_new_for_commandline_arg (path);
  if (!qs_cli_name_file (g_file_replace_contents (file, g_bytes_get_data (bytes, NULL),
                                                  g_bytes_get_size (bytes), NULL, FALSE,
                                                  G_FILE_CREATE_NONE, NULL, NULL, error),
                         path, error))
    return FALSE;

  for (guint i = 0; i < summary.warnings->len; i++)
    qs_cli_warn ("%s", (const char *) g_ptr_array_index (summary.warnings, i));
  g_print ("Written to %s: %u Q/DQ pairs on activations, %u on weights\n", path,
           summary.n_activations, summary.n_weights);
  return TRUE;
}

static gboolean
check_options (const QsCliOptions *options,
               GError            **error)
{
  if (options->svg == NULL && options->pdf == NULL && options->json == NULL &&
      options->onnx == NULL && options->trex == NULL && options->trex_profile == NULL)
    {
      qs_cli_set_usage_error (error, "one of --svg, --pdf, --onnx, --trex, --trex-profile and "
                                     "--json is needed");
      return FALSE;
    }
  if (options->onnx != NULL && options->model == NULL)
    {
      qs_cli_set_usage_error (error, "--onnx needs --model, the model that the plan was built from: "
                                     "a plan has no FP32 weights");
      return FALSE;
    }

  return TRUE;
}

static gboolean
export_plan (QsCli   *self,
             GError **error)
{
  const QsCliOptions *options = &self->options;
  g_autoptr (QsCliSubject) subject = NULL;

  if (!check_options (options, error))
    return FALSE;

  subject = qs_cli_subject_open_plan (self, error);
  if (subject == NULL)
    return FALSE;

  /* The frame writes the JSON of every command; here it is the graph. */
  qs_cli_report_engine (self->json, subject->plan, NULL);
  return draw (subject->plan, QS_CLI_DRAW_SVG, options->svg, error) &&
         draw (subject->plan, QS_CLI_DRAW_PDF, options->pdf, error) &&
         write_model (self, subject->plan, error) &&
         write_graph (subject->plan, options->trex, error) &&
         write_profile (self, subject->plan, error);
}

const QsCliCommand qs_cli_export = {
  .name = "export",
  .argument = "PLAN",
  .summary = "Write the engine as a drawing, JSON, TREx JSON or Q/DQ model",
  .description = "Writes the graph of a plan as a drawing, or all of it as JSON: layers with\n"
                 "precision, kernel and reason, tensors with scales and memory, and the journal\n"
                 "of what was decided. --trex and --trex-profile write the layers and their\n"
                 "times as TensorRT does, for trt-engine-explorer and its like. --onnx writes the\n"
                 "model with QuantizeLinear and DequantizeLinear where the plan is INT8.",
  .options = { QS_CLI_SVG, QS_CLI_PDF, QS_CLI_ONNX, QS_CLI_MODEL, QS_CLI_TREX, QS_CLI_TREX_PROFILE, QS_CLI_RUNS,
               QS_CLI_THREADS, QS_CLI_JSON },
  .run = export_plan,
};
