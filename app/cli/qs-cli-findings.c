/* SPDX-License-Identifier: MIT */
#include "qs-cli-findings.h"

#include "analysis/qs-findings.h"
#include "qs-cli-json.h"
#include "qs-cli-scales.h"

/* Broken data breaks everything behind it, and one tensor is enough to find it by. */
#define MAX_WARNINGS 3

void
qs_cli_findings_add (JsonBuilder *json,
                     GPtrArray   *findings)
{
  qs_cli_json_array (json, "findings");
  for (guint i = 0; i < findings->len; i++)
    {
      const QsFinding *finding = g_ptr_array_index (findings, i);

      json_builder_begin_object (json);
      qs_cli_json_text (json, "kind", qs_finding_kind_get_id (finding->kind));
      qs_cli_json_text (json, "gravity",
                        qs_gravity_get_id (qs_finding_kind_get_gravity (finding->kind)));
      qs_cli_json_text (json, "tensor", finding->tensor);
      qs_cli_json_number (json, "weight", finding->weight);
      qs_cli_json_text (json, "message", finding->message);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

static guint
count_errors (GPtrArray *findings)
{
  guint n = 0;

  for (guint i = 0; i < findings->len; i++)
    {
      const QsFinding *finding = g_ptr_array_index (findings, i);

      n += qs_finding_kind_get_gravity (finding->kind) == QS_GRAVITY_ERROR;
    }

  return n;
}

void
qs_cli_findings_warn (GPtrArray *findings)
{
  guint n_errors = count_errors (findings);

  for (guint i = 0; i < MIN (n_errors, MAX_WARNINGS); i++)
    qs_cli_warn ("%s", ((QsFinding *) g_ptr_array_index (findings, i))->message);
  if (n_errors > MAX_WARNINGS)
    qs_cli_warn ("%u more tensors are uniformly zero, NaN or infinite; the command “findings” lists "
                 "them", n_errors - MAX_WARNINGS);
}

static void
print_findings (GPtrArray *findings)
{
  for (guint i = 0; i < findings->len; i++)
    {
      const QsFinding *finding = g_ptr_array_index (findings, i);

      g_print ("%s: %s: %s\n    %s\n",
               qs_gravity_get_id (qs_finding_kind_get_gravity (finding->kind)), finding->tensor,
               qs_finding_kind_get_name (finding->kind), finding->message);
    }

  g_print ("%s%u finding%s\n", findings->len > 0 ? "\n" : "", findings->len,
           findings->len == 1 ? "" : "s");
}

static gboolean
find (QsCli   *self,
      GError **error)
{
  g_autoptr (QsCliSubject) subject = NULL;
  g_autoptr (QsHistogramSet) histograms = NULL;
  g_autoptr (GPtrArray) findings = NULL;

  if (!qs_cli_scales_check_source (self, error))
    return FALSE;
  subject = qs_cli_subject_open_model (self, qs_cli_scales_get_batch (self), error);
  if (subject == NULL)
    return FALSE;

  histograms = qs_cli_scales_run_calibration (subject, self, NULL, NULL, error);
  if (histograms == NULL)
    return FALSE;

  findings = qs_findings_find (histograms);
  print_findings (findings);
  qs_cli_json_int (self->json, "tensors", qs_histogram_set_get_n (histograms));
  qs_cli_json_int (self->json, "samples", qs_histogram_set_get_n_samples (histograms));
  qs_cli_findings_add (self->json, findings);
  return TRUE;
}

const QsCliCommand qs_cli_findings = {
  .name = "findings",
  .argument = "MODEL",
  .summary = "List what is remarkable about the activations",
  .description = "Runs the model in FP32 over the calibration set, or takes the histograms of a run,\n"
                 "and lists what may cost accuracy, the most serious first: NaN and infinity,\n"
                 "uniformly zero tensors, padding spikes, outlier channels and values, calibrators\n"
                 "that disagree, batches that are not alike, and ranges that waste codes.",
  .options = { QS_CLI_CALIBRATION, QS_CLI_HISTOGRAMS, QS_CLI_BATCH, QS_CLI_SHAPE,
               QS_CLI_SAMPLE_OPTIONS, QS_CLI_BACKEND, QS_CLI_DEVICE, QS_CLI_THREADS, QS_CLI_JSON },
  .run = find,
};
