/* SPDX-License-Identifier: MIT */
#include "analysis/qs-findings.h"
#include "calibration/qs-portability.h"
#include "qs-cli-findings.h"
#include "qs-cli-groups.h"
#include "qs-cli-json.h"
#include "qs-cli-scales.h"
#include "qs-cli-subject.h"
#include "qs-cli-table.h"

/* What became of the samples: @total were there, @n were used. */
typedef struct
{
  gint64 total;
  gint64 n;
  gint64 batch;
  gint64 n_batches;
  gint64 last_batch;
} Batches;

/* The batch is the one asked for, unless the model or --shape fixes another. @samples: (nullable) */
static void
count_batches (QsNetwork      *network,
               QsSamples      *samples,
               QsHistogramSet *histograms,
               Batches        *batches)
{
  const QsTensor *input = g_ptr_array_index (network->inputs, 0);

  batches->n = qs_histogram_set_get_n_samples (histograms);
  batches->total = samples != NULL ? qs_samples_get_n (samples) : batches->n;
  batches->batch = input->shape.n_dims > 0 ? input->shape.dims[0] : 1;
  batches->batch = CLAMP (batches->batch, 1, batches->n);
  batches->n_batches = (batches->n + batches->batch - 1) / batches->batch;
  batches->last_batch = batches->n - (batches->n_batches - 1) * batches->batch;
}

static void
print_batches (const Batches *batches)
{
  g_print ("%" G_GINT64_FORMAT " sample%s in %" G_GINT64_FORMAT " batch%s of %" G_GINT64_FORMAT,
           batches->n, batches->n == 1 ? "" : "s", batches->n_batches,
           batches->n_batches == 1 ? "" : "es", batches->batch);
  if (batches->last_batch < batches->batch)
    g_print ("; the last one has %" G_GINT64_FORMAT " and was run at that size, with nothing "
             "filled up or left out", batches->last_batch);
  if (batches->n < batches->total)
    g_print ("; the other %" G_GINT64_FORMAT " do not fill a batch, whose size is fixed, and were "
             "left out", batches->total - batches->n);
  g_print ("\n");
}

static void
print_scales (QsHistogramSet *histograms,
              QsScaleTable   *scales)
{
  const char *const titles[] = { "Tensor", ">Minimum", ">Maximum", ">Range", ">Scale",
                                 ">Clipped (%)", NULL };
  g_autoptr (QsCliTable) table = qs_cli_table_new (titles);

  for (guint i = 0; i < qs_histogram_set_get_n (histograms); i++)
    {
      const char *name = qs_histogram_set_get_name (histograms, i);
      const QsHistogram *histogram = qs_histogram_set_get (histograms, i);
      float scale;

      if (!qs_scale_table_lookup (scales, name, &scale))
        continue;
      qs_cli_table_add_name (table, name);
      qs_cli_table_add (table, "%.6g", (double) qs_histogram_get_min (histogram));
      qs_cli_table_add (table, "%.6g", (double) qs_histogram_get_max (histogram));
      qs_cli_table_add (table, "%.6g", (double) (scale * 127.0f));
      qs_cli_table_add (table, "%.6g", (double) scale);
      qs_cli_table_add_number (table, 3,
                               100.0 * qs_histogram_get_clipped (histogram, scale * 127.0f));
    }

  qs_cli_table_print (table);
}

static void
print_times (const QsCalibrationTimes *times)
{
  double share = times->inference > 0.0 ? 100.0 * times->histograms / times->inference : 0.0;

  g_print ("Reading %.2f s, FP32 run %.2f s, histograms %.2f s (%.1f %% of the run)\n", times->read,
           times->inference, times->histograms, share);
}

static void
add_times (JsonBuilder              *json,
           const QsCalibrationTimes *times)
{
  json_builder_set_member_name (json, "seconds");
  json_builder_begin_object (json);
  qs_cli_json_number (json, "build", times->build);
  qs_cli_json_number (json, "read", times->read);
  qs_cli_json_number (json, "inference", times->inference);
  qs_cli_json_number (json, "histograms", times->histograms);
  json_builder_end_object (json);
}

static void
add_tensors (JsonBuilder    *json,
             QsHistogramSet *histograms,
             QsScaleTable   *scales)
{
  qs_cli_json_array (json, "tensors");
  for (guint i = 0; i < qs_histogram_set_get_n (histograms); i++)
    {
      const char *name = qs_histogram_set_get_name (histograms, i);
      const QsHistogram *histogram = qs_histogram_set_get (histograms, i);
      float scale;

      if (!qs_scale_table_lookup (scales, name, &scale))
        continue;
      json_builder_begin_object (json);
      qs_cli_json_text (json, "name", name);
      qs_cli_json_number (json, "min", qs_histogram_get_min (histogram));
      qs_cli_json_number (json, "max", qs_histogram_get_max (histogram));
      qs_cli_json_number (json, "scale", scale);
      qs_cli_json_number (json, "clipped", qs_histogram_get_clipped (histogram, scale * 127.0f));
      if (qs_scale_table_is_manual (scales, name))
        qs_cli_json_flag (json, "manual", TRUE);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

/* What a calibration has led to. */
typedef struct
{
  const QsCalibrator *calibrator;
  QsPortability portability;
  QsHistogramSet *histograms;
  QsNetwork *network;
  QsScaleTable *scales;
  Batches batches;
  QsCalibrationTimes times;
} Outcome;

static void
print_outcome (QsCli         *self,
               const Outcome *outcome)
{
  guint n_manual = qs_scale_table_count_manual (outcome->scales);

  print_scales (outcome->histograms, outcome->scales);
  g_print ("\n");
  print_batches (&outcome->batches);
  if (outcome->times.n_batches > 0)
    print_times (&outcome->times);
  g_print ("%u tensors calibrated by %s, written to %s\n", qs_scale_table_get_n (outcome->scales),
           outcome->calibrator->name, self->options.cache);
  if (n_manual > 0)
    g_print ("%u of them have a range set by hand\n", n_manual);
  g_print ("%s\n", qs_portability_describe (outcome->portability));
}

static void
add_batches (JsonBuilder   *json,
             const Batches *batches)
{
  qs_cli_json_int (json, "samples", batches->n);
  qs_cli_json_int (json, "left_out", batches->total - batches->n);
  qs_cli_json_int (json, "batch", batches->batch);
  qs_cli_json_int (json, "batches", batches->n_batches);
  qs_cli_json_int (json, "last_batch", batches->last_batch);
}

static void
report (QsCli         *self,
        const Outcome *outcome)
{
  g_autoptr (GPtrArray) findings = qs_findings_find (outcome->histograms);

  print_outcome (self, outcome);
  qs_cli_findings_warn (findings);

  qs_cli_json_text (self->json, "calibrator", outcome->calibrator->id);
  qs_cli_json_text (self->json, "cache", self->options.cache);
  qs_cli_json_flag (self->json, "before_fusion", outcome->portability == QS_PORTABILITY_DEVICES);
  qs_cli_json_text (self->json, "portability", qs_portability_get_id (outcome->portability));
  add_batches (self->json, &outcome->batches);
  if (outcome->times.n_batches > 0)
    add_times (self->json, &outcome->times);
  add_tensors (self->json, outcome->histograms, outcome->scales);
  qs_cli_groups_report (self->json, outcome->network, outcome->scales);
  qs_cli_findings_add (self->json, findings);
}

static gboolean
calibrate_subject (QsCli         *self,
                   QsCliSubject  *subject,
                   QsBeforeFusion before_fusion,
                   GError       **error)
{
  const QsCalibrator *calibrator = qs_cli_options_get_calibrator (&self->options, error);
  Outcome outcome = { calibrator, qs_portability_of_calibrator (calibrator, before_fusion), NULL };
  g_autoptr (QsSamples) samples = NULL;
  g_autoptr (QsHistogramSet) histograms = NULL;
  g_autoptr (QsScaleTable) scales = NULL;
  g_autoptr (QsNetwork) network = NULL;

  histograms = qs_cli_scales_run_calibration (subject, self, &samples, &outcome.times, error);
  if (histograms == NULL)
    return FALSE;
  network = qs_import_network (subject->model, subject->profile, error);
  if (network == NULL)
    return FALSE;
  scales = qs_cli_scales_calibrate (subject, self, histograms, calibrator, error);
  if (scales == NULL || !qs_cli_scales_save (scales, calibrator, self->options.cache, error))
    return FALSE;

  outcome.histograms = histograms;
  outcome.network = network;
  outcome.scales = scales;
  count_batches (network, samples, histograms, &outcome.batches);
  report (self, &outcome);
  return TRUE;
}

static gboolean
calibrate (QsCli   *self,
           GError **error)
{
  const QsCalibrator *calibrator = qs_cli_options_get_calibrator (&self->options, error);
  g_autoptr (QsCliSubject) subject = NULL;
  QsCalibratorOptions parameters;

  if (calibrator == NULL ||
      !qs_cli_options_get_parameters (&self->options, calibrator, &parameters, error) ||
      !qs_cli_scales_check_source (self, error) ||
      !qs_cli_scales_check_format (calibrator, self->options.cache, error))
    return FALSE;

  subject = qs_cli_subject_open_model (self, qs_cli_scales_get_batch (self), error);
  return subject != NULL &&
         calibrate_subject (self, subject, parameters.before_fusion, error);
}

const QsCliCommand qs_cli_calibrate = {
  .name = "calibrate",
  .argument = "MODEL",
  .summary = "Find the activations' scales and write a calibration cache",
  .description = "Runs the model in FP32 over the calibration set, keeps one histogram of every\n"
                 "activation tensor, and writes what the calibrator makes of them as a cache in\n"
                 "TensorRT's format. The same samples, order and batch give the same bytes on\n"
                 "any number of threads. One run serves every calibrator: with --histograms it is\n"
                 "kept for the next one. A cache that was calibrated before layer fusion can be\n"
                 "moved to other devices, one from after it can't.",
  .options = { QS_CLI_CALIBRATION, QS_CLI_CACHE, QS_CLI_CALIBRATOR, QS_CLI_QUANTILE, QS_CLI_CUTOFF,
               QS_CLI_PRESET, QS_CLI_BEFORE_FUSION, QS_CLI_HISTOGRAMS, QS_CLI_RANGES, QS_CLI_RANGE,
               QS_CLI_BATCH, QS_CLI_SHAPE, QS_CLI_SAMPLE_OPTIONS, QS_CLI_BACKEND, QS_CLI_DEVICE, QS_CLI_THREADS,
               QS_CLI_JSON },
  .required = { QS_CLI_CACHE },
  .run = calibrate,
};
