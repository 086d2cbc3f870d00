/* SPDX-License-Identifier: MIT */
#include "analysis/qs-order-study.h"
#include "qs-cli-json.h"
#include "qs-cli-scales.h"
#include "qs-cli-subject.h"
#include "qs-cli-table.h"

/* Rows of the table: the scales that depend most on the order. */
#define MAX_ROWS 30

typedef struct
{
  guint calibrator;
  guint tensor;
  QsSpread spread;
} Row;

static int
compare_rows (gconstpointer a,
              gconstpointer b)
{
  const Row *first = a, *second = b;

  return first->spread.ratio > second->spread.ratio   ? -1
         : first->spread.ratio < second->spread.ratio ? 1
                                                      : 0;
}

/* (element-type Row): those that differ, the most different first */
static GArray *
collect_rows (QsOrderStudy *study)
{
  GArray *rows = g_array_new (FALSE, FALSE, sizeof (Row));

  for (guint k = 0; k < qs_calibrator_get_n (); k++)
    for (guint i = 0; i < qs_order_study_get_n (study); i++)
      {
        Row row = { k, i, { 0 } };

        if (qs_order_study_get_spread (study, k, i, &row.spread) && row.spread.ratio > 1.0)
          g_array_append_val (rows, row);
      }

  g_array_sort (rows, compare_rows);
  return rows;
}

static void
print_rows (QsOrderStudy *study,
            GArray       *rows)
{
  const char *const titles[] = { "Tensor", "Calibrator", ">Smallest", ">Largest", ">Ratio",
                                 ">Deviation (%)", NULL };
  g_autoptr (QsCliTable) table = qs_cli_table_new (titles);

  for (guint i = 0; i < MIN (rows->len, MAX_ROWS); i++)
    {
      const Row *row = &g_array_index (rows, Row, i);

      qs_cli_table_add_name (table, qs_order_study_get_name (study, row->tensor));
      qs_cli_table_add (table, "%s", qs_calibrator_get (row->calibrator)->name);
      qs_cli_table_add (table, "%.6g", (double) row->spread.min);
      qs_cli_table_add (table, "%.6g", (double) row->spread.max);
      qs_cli_table_add (table, "%.4f", row->spread.ratio);
      qs_cli_table_add_number (table, 3, 100.0 * row->spread.deviation / row->spread.mean);
    }

  qs_cli_table_print (table);
  if (rows->len > MAX_ROWS)
    g_print ("and %u more\n", rows->len - MAX_ROWS);
}

static void
print_summary (QsOrderStudy *study,
               GArray       *rows)
{
  g_print ("\n%u calibrations with %" G_GINT64_FORMAT " samples each, %u tensors\n",
           qs_order_study_get_n_runs (study), qs_order_study_get_n_samples (study),
           qs_order_study_get_n (study));

  for (guint k = 0; k < qs_calibrator_get_n (); k++)
    {
      double largest = 1.0;
      guint n = 0;

      for (guint i = 0; i < rows->len; i++)
        if (g_array_index (rows, Row, i).calibrator == k)
          {
            largest = MAX (largest, g_array_index (rows, Row, i).spread.ratio);
            n++;
          }
      g_print ("%-12s %u scale%s depend%s on order or batch, the most by a factor of %.4f\n",
               qs_calibrator_get (k)->name, n, n == 1 ? "" : "s", n == 1 ? "s" : "", largest);
    }
}

static void
add_runs (JsonBuilder  *json,
          QsOrderStudy *study)
{
  qs_cli_json_array (json, "runs");
  for (guint i = 0; i < qs_order_study_get_n_runs (study); i++)
    {
      const QsOrderRun *run = qs_order_study_get_run (study, i);

      json_builder_begin_object (json);
      qs_cli_json_int (json, "batch", run->batch);
      qs_cli_json_flag (json, "shuffled", run->is_shuffled);
      if (run->is_shuffled)
        qs_cli_json_int (json, "seed", (gint64) run->seed);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

static void
add_spread (JsonBuilder  *json,
            QsOrderStudy *study,
            guint         calibrator,
            guint         tensor)
{
  QsSpread spread;

  if (!qs_order_study_get_spread (study, calibrator, tensor, &spread))
    return;

  json_builder_begin_object (json);
  qs_cli_json_text (json, "calibrator", qs_calibrator_get (calibrator)->id);
  qs_cli_json_number (json, "min", (double) spread.min);
  qs_cli_json_number (json, "max", (double) spread.max);
  qs_cli_json_number (json, "ratio", spread.ratio);
  qs_cli_json_number (json, "mean", spread.mean);
  qs_cli_json_number (json, "deviation", spread.deviation);
  qs_cli_json_array (json, "scales");
  for (guint run = 0; run < qs_order_study_get_n_runs (study); run++)
    json_builder_add_double_value (json, (double) qs_order_study_get_scale (study, run, calibrator,
                                                                            tensor));
  json_builder_end_array (json);
  json_builder_end_object (json);
}

static void
add_tensors (JsonBuilder  *json,
             QsOrderStudy *study)
{
  qs_cli_json_array (json, "tensors");
  for (guint i = 0; i < qs_order_study_get_n (study); i++)
    {
      json_builder_begin_object (json);
      qs_cli_json_text (json, "name", qs_order_study_get_name (study, i));
      qs_cli_json_array (json, "spreads");
      for (guint k = 0; k < qs_calibrator_get_n (); k++)
        add_spread (json, study, k, i);
      json_builder_end_array (json);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

static gboolean
study_order (QsCli   *self,
             GError **error)
{
  QsOrderStudyOptions options = QS_ORDER_STUDY_OPTIONS_INIT;
  g_autoptr (GArray) batches =
    qs_cli_options_get_batches (&self->options, options.run.batch, error);
  g_autoptr (QsCliSubject) subject = NULL;
  g_autoptr (QsSamples) samples = NULL;
  g_autoptr (QsOrderStudy) study = NULL;
  g_autoptr (GArray) rows = NULL;

  if (batches == NULL || (subject = qs_cli_subject_open_model (self, 1, error)) == NULL)
    return FALSE;
  samples = qs_cli_options_open_samples (&self->options, self->options.calibration, error);
  if (samples == NULL)
    return FALSE;

  options.run.backend = subject->backend;
  options.run.n_threads = (guint) self->options.threads;
  options.batches = (const gint64 *) batches->data;
  options.n_batches = batches->len;
  if (self->options.shuffles > 0)
    options.n_shuffles = (guint) self->options.shuffles;
  if (self->options.seed > 0)
    options.seed = (guint64) self->options.seed;
  study = qs_order_study_run (subject->model, subject->profile, samples, &options, self->progress,
                              error);
  if (study == NULL)
    return FALSE;

  rows = collect_rows (study);
  print_rows (study, rows);
  print_summary (study, rows);
  qs_cli_json_int (self->json, "samples", qs_order_study_get_n_samples (study));
  add_runs (self->json, study);
  add_tensors (self->json, study);
  return TRUE;
}

const QsCliCommand qs_cli_order = {
  .name = "order",
  .argument = "MODEL",
  .summary = "Show how scales depend on the order and size of batches",
  .description = "Calibrates in the set's own order and in seeded shuffles of it, for every batch size,\n"
                 "and shows how far each scale spreads. TensorRT's histograms start at the first\n"
                 "batch's largest value and grow by doubling, so the entropy calibrators depend on\n"
                 "both; a scale that spreads far wants larger or better mixed batches.",
  .options = { QS_CLI_CALIBRATION, QS_CLI_SHUFFLES, QS_CLI_SEED, QS_CLI_BATCHES, QS_CLI_SHAPE,
               QS_CLI_SAMPLE_OPTIONS, QS_CLI_BACKEND, QS_CLI_DEVICE, QS_CLI_THREADS, QS_CLI_JSON },
  .required = { QS_CLI_CALIBRATION },
  .run = study_order,
};
