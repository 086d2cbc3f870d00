/* SPDX-License-Identifier: MIT */
#include "calibration/qs-calibration-run.h"
#include "qs-cli-groups.h"
#include "qs-cli-json.h"
#include "qs-cli-scales.h"
#include "qs-cli-subject.h"
#include "qs-cli-table.h"

static gint64
get_batch (QsCli *self)
{
  QsCalibrationRunOptions defaults = QS_CALIBRATION_RUN_OPTIONS_INIT;

  return self->options.batch > 0 ? self->options.batch : defaults.batch;
}

/* What became of the samples: @total were there, @n were used. */
typedef struct
{
  gint64 total;
  gint64 n;
  gint64 batch;
  gint64 n_batches;
  gint64 last_batch;
} Batches;

/* The batch is the one asked for, unless the model or --shape fixes another. */
static gboolean
count_batches (QsCliSubject    *subject,
               QsSamples       *samples,
               QsHistogramSet  *histograms,
               Batches         *batches,
               GError         **error)
{
  g_autoptr (QsNetwork) network = qs_import_network (subject->model, subject->profile, error);
  const QsTensor *input;

  if (network == NULL)
    return FALSE;

  input = g_ptr_array_index (network->inputs, 0);
  batches->total = qs_samples_get_n (samples);
  batches->n = qs_histogram_set_get_n_samples (histograms);
  batches->batch = input->shape.n_dims > 0 ? input->shape.dims[0] : 1;
  batches->batch = CLAMP (batches->batch, 1, batches->n);
  batches->n_batches = (batches->n + batches->batch - 1) / batches->batch;
  batches->last_batch = batches->n - (batches->n_batches - 1) * batches->batch;
  return TRUE;
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
      float scale = 0.0f;

      qs_scale_table_lookup (scales, name, &scale);
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

/* A uniformly zero tensor has no range: layers that need one stay float. */
static void
warn_zeros (QsScaleTable *scales)
{
  for (guint i = 0; i < qs_scale_table_get_n (scales); i++)
    if (qs_scale_table_get_scale (scales, i) == 0.0f)
      qs_cli_warn ("tensor “%s” is zero in every sample: it gets no scale, and layers that need "
                   "one stay float", qs_scale_table_get_name (scales, i));
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
      float scale = 0.0f;

      qs_scale_table_lookup (scales, name, &scale);
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

static void
report (QsCli              *self,
        const QsCalibrator *calibrator,
        QsHistogramSet     *histograms,
        QsNetwork          *network,
        QsScaleTable       *scales,
        const Batches      *batches)
{
  print_scales (histograms, scales);
  g_print ("\n");
  print_batches (batches);
  g_print ("%u tensors calibrated by %s, written to %s\n", qs_scale_table_get_n (scales),
           calibrator->name, self->options.cache);
  if (qs_scale_table_count_manual (scales) > 0)
    g_print ("%u of them have a range set by hand\n", qs_scale_table_count_manual (scales));
  warn_zeros (scales);

  qs_cli_json_text (self->json, "calibrator", calibrator->id);
  qs_cli_json_text (self->json, "cache", self->options.cache);
  qs_cli_json_int (self->json, "samples", batches->n);
  qs_cli_json_int (self->json, "left_out", batches->total - batches->n);
  qs_cli_json_int (self->json, "batch", batches->batch);
  qs_cli_json_int (self->json, "batches", batches->n_batches);
  qs_cli_json_int (self->json, "last_batch", batches->last_batch);
  add_tensors (self->json, histograms, scales);
  qs_cli_groups_report (self->json, network, scales);
}

static gboolean
calibrate (QsCli   *self,
           GError **error)
{
  const QsCalibrator *calibrator = qs_cli_options_get_calibrator (&self->options, error);
  g_autoptr (QsCliSubject) subject = NULL;
  g_autoptr (QsSamples) samples = NULL;
  g_autoptr (QsHistogramSet) histograms = NULL;
  g_autoptr (QsScaleTable) scales = NULL;
  g_autoptr (QsNetwork) network = NULL;
  Batches batches;

  if (calibrator == NULL ||
      !qs_cli_scales_check_format (calibrator, self->options.cache, error))
    return FALSE;

  subject = qs_cli_subject_open_model (self, get_batch (self), error);
  if (subject == NULL)
    return FALSE;

  histograms = qs_cli_scales_run_calibration (subject, self, &samples, error);
  if (histograms == NULL || !count_batches (subject, samples, histograms, &batches, error))
    return FALSE;

  scales = qs_cli_scales_calibrate (subject, histograms, calibrator, error);
  if (scales == NULL || !qs_cli_scales_save (scales, calibrator, self->options.cache, error))
    return FALSE;

  network = qs_import_network (subject->model, subject->profile, error);
  if (network == NULL)
    return FALSE;

  report (self, calibrator, histograms, network, scales, &batches);
  return TRUE;
}

const QsCliCommand qs_cli_calibrate = {
  .name = "calibrate",
  .argument = "MODEL",
  .summary = "Find the activations' scales and write a calibration cache",
  .description = "Runs the model in FP32 over the calibration set, keeps one histogram of every\n"
                 "activation tensor, and writes what the calibrator makes of them as a cache in\n"
                 "TensorRT's format. The same samples, order and batch give the same bytes on\n"
                 "any number of threads.",
  .options = { QS_CLI_CALIBRATION, QS_CLI_CACHE, QS_CLI_CALIBRATOR, QS_CLI_RANGES, QS_CLI_RANGE, QS_CLI_BATCH, QS_CLI_SHAPE,
               QS_CLI_SCALE, QS_CLI_MEAN, QS_CLI_STD, QS_CLI_LIMIT, QS_CLI_BACKEND, QS_CLI_THREADS,
               QS_CLI_JSON },
  .required = { QS_CLI_CALIBRATION, QS_CLI_CACHE },
  .run = calibrate,
};
