/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "analysis/qs-weight-report.h"
#include "core/qs-error.h"
#include "qs-cli-json.h"
#include "qs-cli-subject.h"
#include "qs-cli-table.h"

static void
print_layers (GPtrArray *reports)
{
  const char *const titles[] = { "Layer", "Kind", ">Channels", ">Weights", ">Ratio", ">Dead",
                                 ">Ties", ">GPU≠DLA", ">SQNR dB", NULL };
  g_autoptr (QsCliTable) table = qs_cli_table_new (titles);

  for (guint i = 0; i < reports->len; i++)
    {
      const QsWeightReport *report = g_ptr_array_index (reports, i);

      qs_cli_table_add_name (table, report->layer);
      qs_cli_table_add (table, "%s", report->kind);
      qs_cli_table_add (table, "%" G_GINT64_FORMAT, report->n_channels);
      qs_cli_table_add (table, "%" G_GINT64_FORMAT, report->n_weights);
      qs_cli_table_add (table, "%.4g", report->ratio);
      qs_cli_table_add (table, "%" G_GINT64_FORMAT, report->n_dead);
      qs_cli_table_add (table, "%" G_GINT64_FORMAT, report->n_ties);
      qs_cli_table_add (table, "%" G_GINT64_FORMAT, report->n_differing);
      qs_cli_table_add_number (table, 1, report->sqnr_db);
    }

  qs_cli_table_print (table);
}

static void
print_obstacles (GPtrArray *reports)
{
  for (guint i = 0; i < reports->len; i++)
    {
      const QsWeightReport *report = g_ptr_array_index (reports, i);

      if (report->obstacle != NULL)
        qs_cli_warn ("layer %s: %s", report->layer, report->obstacle);
    }
}

static void
print_head (const QsWeightReport *report)
{
  g_autofree char *shape = qs_shape_to_string (&report->shape);

  g_print ("%-10s %s\n", "Layer", report->layer);
  g_print ("%-10s %s %s\n", "Weights", report->weights, shape);
  g_print ("%-10s %.4g, largest channel over smallest\n", "Ratio", report->ratio);
  g_print ("%-10s %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " weights; GPU and DLA round %"
           G_GINT64_FORMAT " of them differently\n\n", "Ties", report->n_ties, report->n_weights,
           report->n_differing);
}

static void
print_channels (const QsWeightReport *report)
{
  const char *const titles[] = { ">Channel", ">Max |w|", ">Scale", ">Ties", ">GPU≠DLA",
                                 ">SQNR dB", "", NULL };
  g_autoptr (QsCliTable) table = qs_cli_table_new (titles);

  print_head (report);
  for (gint64 k = 0; k < report->n_channels; k++)
    {
      const QsWeightChannel *channel = &report->channels[k];

      qs_cli_table_add (table, "%" G_GINT64_FORMAT, k);
      qs_cli_table_add (table, "%.6g", (double) channel->max);
      qs_cli_table_add (table, "%.9g", (double) channel->scale);
      qs_cli_table_add (table, "%" G_GINT64_FORMAT, channel->n_ties);
      qs_cli_table_add (table, "%" G_GINT64_FORMAT, channel->n_differing);
      qs_cli_table_add_number (table, 1, channel->sqnr_db);
      qs_cli_table_add (table, "%s", channel->is_dead ? "dead" : "");
    }

  qs_cli_table_print (table);
}

static void
add_channel (JsonBuilder           *json,
             const QsWeightChannel *channel)
{
  json_builder_begin_object (json);
  qs_cli_json_number (json, "max", (double) channel->max);
  qs_cli_json_number (json, "scale", (double) channel->scale);
  qs_cli_json_number (json, "sqnr_db", channel->sqnr_db);
  qs_cli_json_int (json, "ties", channel->n_ties);
  qs_cli_json_int (json, "gpu_dla_differences", channel->n_differing);
  json_builder_set_member_name (json, "dead");
  json_builder_add_boolean_value (json, channel->is_dead);
  json_builder_end_object (json);
}

static void
add_report (JsonBuilder          *json,
            const QsWeightReport *report)
{
  json_builder_begin_object (json);
  qs_cli_json_text (json, "layer", report->layer);
  qs_cli_json_text (json, "kind", report->kind);
  qs_cli_json_text (json, "weights", report->weights);
  if (report->obstacle != NULL)
    qs_cli_json_text (json, "obstacle", report->obstacle);
  qs_cli_json_int (json, "n_weights", report->n_weights);
  qs_cli_json_int (json, "ties", report->n_ties);
  qs_cli_json_int (json, "gpu_dla_differences", report->n_differing);
  qs_cli_json_int (json, "dead_channels", report->n_dead);
  qs_cli_json_number (json, "ratio", report->ratio);
  qs_cli_json_number (json, "sqnr_db", report->sqnr_db);
  qs_cli_json_array (json, "channels");
  for (gint64 k = 0; k < report->n_channels; k++)
    add_channel (json, &report->channels[k]);
  json_builder_end_array (json);
  json_builder_end_object (json);
}

static void
add_reports (JsonBuilder *json,
             GPtrArray   *reports)
{
  qs_cli_json_array (json, "layers");
  for (guint i = 0; i < reports->len; i++)
    add_report (json, g_ptr_array_index (reports, i));
  json_builder_end_array (json);
}

static gboolean
is_named (const QsWeightReport *report,
          const char           *name)
{
  return strcmp (report->layer, name) == 0 ||
         g_strv_contains ((const char *const *) report->origins, name);
}

static const QsWeightReport *
find_report (QsCli      *self,
             GPtrArray  *reports,
             GError    **error)
{
  for (guint i = 0; i < reports->len; i++)
    if (is_named (g_ptr_array_index (reports, i), self->options.layer))
      return g_ptr_array_index (reports, i);

  g_set_error (error, QS_ERROR, QS_ERROR_MISSING, "%s: there is no layer with weights called “%s”",
               self->path, self->options.layer);
  return NULL;
}

static GPtrArray *
make_reports (QsCli   *self,
              GError **error)
{
  g_autoptr (QsCliSubject) subject = qs_cli_subject_open_model (self, 1, error);
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (QsNetwork) fused = NULL;

  if (subject == NULL ||
      (network = qs_cli_subject_import (subject, error)) == NULL ||
      (fused = qs_weight_report_fuse (network, error)) == NULL)
    return NULL;

  return qs_weight_reports_make (fused, self->progress, error);
}

static gboolean
weights (QsCli   *self,
         GError **error)
{
  g_autoptr (GPtrArray) reports = make_reports (self, error);
  const QsWeightReport *report = NULL;

  if (reports == NULL ||
      (self->options.layer != NULL && (report = find_report (self, reports, error)) == NULL))
    return FALSE;

  if (report != NULL)
    {
      print_channels (report);
      qs_cli_json_array (self->json, "layers");
      add_report (self->json, report);
      json_builder_end_array (self->json);
      return TRUE;
    }

  print_layers (reports);
  print_obstacles (reports);
  add_reports (self->json, reports);
  return TRUE;
}

const QsCliCommand qs_cli_weights = {
  .name = "weights",
  .argument = "MODEL",
  .summary = "Show what INT8 makes of the weights",
  .description = "Quantizes the weights of every layer with one scale per output channel, max |w| /\n"
                 "127, as an implicit INT8 build does, after batch normalisations have been folded\n"
                 "into them. Shows the spread of the channels, dead ones, the signal to noise\n"
                 "ratio, and how many weights lie exactly between two integers: GPUs round those\n"
                 "to positive infinity and DLA away from zero, which differs for negative ones.",
  .options = { QS_CLI_LAYER, QS_CLI_SHAPE, QS_CLI_BATCH, QS_CLI_JSON },
  .run = weights,
};
