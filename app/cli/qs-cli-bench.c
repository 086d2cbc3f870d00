/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "qs-cli-json.h"
#include "qs-cli-report.h"
#include "qs-cli-subject.h"
#include "runtime/qs-context.h"

#define DEFAULT_RUNS 50

static void
report (QsCli                 *self,
        QsContext             *context,
        const QsProfileResult *result)
{
  QsEngine *engine = qs_context_get_engine (context);
  const QsBackend *backend = qs_engine_get_backend (engine);
  g_autofree char *device = backend->get_device_name ();
  gint64 batch = MAX (1, qs_engine_get_batch (engine));

  qs_cli_report_print_layers (engine, result->layer_ms);
  g_print ("\n");
  qs_cli_report_print_summary (engine);
  g_print ("%s, %u threads\n", device, qs_context_get_n_threads (context));
  g_print ("%u run%s: median %.4f ms, minimum %.4f ms; %.1f samples/s\n", result->n_runs,
           result->n_runs == 1 ? "" : "s",
           result->median_ms, result->min_ms,
           result->median_ms > 0.0 ? 1000.0 * (double) batch / result->median_ms : NAN);
}

static void
report_json (QsCli                 *self,
             QsContext             *context,
             const QsProfileResult *result)
{
  QsEngine *engine = qs_context_get_engine (context);
  g_autofree char *device = qs_engine_get_backend (engine)->get_device_name ();

  qs_cli_json_text (self->json, "backend", qs_engine_get_backend (engine)->id);
  qs_cli_json_text (self->json, "device", device);
  qs_cli_json_int (self->json, "threads", qs_context_get_n_threads (context));
  qs_cli_json_int (self->json, "batch", qs_engine_get_batch (engine));
  qs_cli_json_int (self->json, "memory_bytes", (gint64) qs_engine_get_memory_size (engine));
  qs_cli_json_int (self->json, "memory_bound_bytes", (gint64) qs_engine_get_memory_bound (engine));
  qs_cli_json_int (self->json, "runs", result->n_runs);
  qs_cli_json_number (self->json, "median_ms", result->median_ms);
  qs_cli_json_number (self->json, "min_ms", result->min_ms);
  qs_cli_json_array (self->json, "layers");
  for (guint i = 0; i < result->n_layers; i++)
    {
      const QsEngineLayer *info = qs_engine_get_layer (engine, i);

      json_builder_begin_object (self->json);
      qs_cli_json_text (self->json, "name", info->layer->name);
      qs_cli_json_text (self->json, "type", info->layer->klass->name);
      qs_cli_json_text (self->json, "precision", qs_precision_name (info->layer->precision));
      qs_cli_json_text (self->json, "kernel", info->kernel);
      qs_cli_json_number (self->json, "ms", result->layer_ms[i]);
      qs_cli_report_speed (self->json, info->layer, result->layer_ms[i]);
      json_builder_end_object (self->json);
    }
  json_builder_end_array (self->json);
}

static gboolean
bench (QsCli   *self,
       GError **error)
{
  g_autoptr (QsCliSubject) subject = qs_cli_subject_open (self, 1, error);
  g_autoptr (QsEngine) engine = NULL;
  g_autoptr (QsContext) context = NULL;
  QsProfileResult result = { 0 };
  guint n_runs = self->options.runs > 0 ? (guint) self->options.runs : DEFAULT_RUNS;

  if (subject == NULL)
    return FALSE;

  engine = qs_cli_subject_get_engine (subject, self, error);
  if (engine == NULL)
    return FALSE;

  context = qs_context_new (engine, (guint) self->options.threads, error);
  if (context == NULL || !qs_context_profile (context, n_runs, self->progress, &result, error))
    return FALSE;

  report (self, context, &result);
  report_json (self, context, &result);
  qs_profile_result_clear (&result);
  return TRUE;
}

const QsCliCommand qs_cli_bench = {
  .name = "bench",
  .argument = "MODEL|PLAN",
  .summary = "Time a model or a plan, and each of its layers",
  .description = "Times runs after a warm-up: median and minimum of the whole and the median of\n"
                 "every layer. A model is run at batch 1 unless --batch or --shape says\n"
                 "otherwise.",
  .options = { QS_CLI_RUNS, QS_CLI_THREADS, QS_CLI_BATCH, QS_CLI_SHAPE, QS_CLI_PRECISION,
               QS_CLI_PRECISION_OPTIONS, QS_CLI_CALIBRATION, QS_CLI_CACHE, QS_CLI_CALIBRATOR,
               QS_CLI_QUANTILE, QS_CLI_CUTOFF, QS_CLI_PRESET, QS_CLI_BEFORE_FUSION,
               QS_CLI_HISTOGRAMS, QS_CLI_SAMPLE_OPTIONS, QS_CLI_ROUNDING,
               QS_CLI_EMULATE_TENSORRT, QS_CLI_TIMING_CACHE,
               QS_CLI_BACKEND, QS_CLI_DEVICE, QS_CLI_JSON },
  .run = bench,
};
