/* SPDX-License-Identifier: MIT */
#include "qs-cli-report.h"

#include <math.h>

#include "builder/qs-alignment.h"
#include "qs-cli-json.h"
#include "qs-cli-table.h"
#include "qs-cli.h"
#include "operators/qs-work.h"

static double
total_time (QsEngine     *engine,
            const double *layer_ms)
{
  guint n = qs_engine_get_network (engine)->layers->len;
  double total = 0.0;

  for (guint i = 0; i < n; i++)
    {
      double ms = layer_ms != NULL ? layer_ms[i] : qs_engine_get_layer (engine, i)->ms;

      total += MAX (ms, 0.0);
    }

  return total;
}

/* NaN, which tables and JSON leave out, where there is nothing to count or no time. */
static double
giga_per_second (double n,
                 double ms)
{
  return n > 0.0 && ms > 0.0 ? 1e-6 * n / ms : NAN;
}

/**
 * qs_cli_report_speed:
 * @json: an object that is being written
 * @ms: the layer's time
 *
 * The members operations, bytes, gops and gbps: how much a layer computes and moves at least
 * (qs_layer_count_operations(), qs_layer_count_bytes()), and how much of it in a second, in 10⁹.
 */
void
qs_cli_report_speed (JsonBuilder   *json,
                     const QsLayer *layer,
                     double         ms)
{
  double operations = qs_layer_count_operations (layer), bytes = qs_layer_count_bytes (layer);

  qs_cli_json_number (json, "operations", operations);
  qs_cli_json_number (json, "bytes", bytes);
  qs_cli_json_number (json, "gops", giga_per_second (operations, ms));
  qs_cli_json_number (json, "gbps", giga_per_second (bytes, ms));
}

/**
 * qs_cli_report_print_layers:
 *
 * One line for each layer: name, type, precision, time, speed and kernel.
 */
void
qs_cli_report_print_layers (QsEngine     *engine,
                            const double *layer_ms)
{
  const char *const titles[] = { "Layer", "Type", "Precision", ">Time (ms)", ">%", ">GOP/s", "Kernel",
                                 NULL };
  g_autoptr (QsCliTable) table = qs_cli_table_new (titles);
  QsNetwork *network = qs_engine_get_network (engine);
  double total = total_time (engine, layer_ms);

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsEngineLayer *info = qs_engine_get_layer (engine, i);
      double ms = layer_ms != NULL ? layer_ms[i] : info->ms;
      double operations = qs_layer_count_operations (info->layer);

      qs_cli_table_add_name (table, info->layer->name);
      qs_cli_table_add (table, "%s", info->layer->klass->name);
      qs_cli_table_add (table, "%s", qs_precision_name (info->layer->precision));
      qs_cli_table_add_number (table, 4, ms >= 0.0 ? ms : NAN);
      qs_cli_table_add_number (table, 1, ms >= 0.0 && total > 0.0 ? 100.0 * ms / total : NAN);
      qs_cli_table_add_number (table, 1, giga_per_second (operations, ms));
      qs_cli_table_add (table, "%s", info->kernel);
    }

  qs_cli_table_print (table);
}

/* INT8 tensor cores take 16 channels at once, those of FP16 take 8. */
static guint
count_padded (QsNetwork *network)
{
  QsAlignment alignment;
  guint n = 0;

  for (guint i = 0; i < network->layers->len; i++)
    n += qs_layer_get_alignment (g_ptr_array_index (network->layers, i), &alignment) &&
         alignment.padded_inputs + alignment.padded_outputs > 0;

  return n;
}

/**
 * qs_cli_report_print_summary:
 *
 * How many layers compute in what, and the memory the engine needs.
 */
void
qs_cli_report_print_summary (QsEngine *engine)
{
  guint n_int8 = qs_engine_count_layers (engine, QS_PRECISION_INT8);
  guint n_fp16 = qs_engine_count_layers (engine, QS_PRECISION_FP16);
  guint n_reformats = qs_engine_count_reformats (engine);
  guint n_layers = qs_engine_get_network (engine)->layers->len - n_reformats;
  g_autofree char *weights = qs_cli_format_bytes (qs_engine_get_weight_size (engine));
  g_autofree char *memory = qs_cli_format_bytes (qs_engine_get_memory_size (engine));
  g_autofree char *bound = qs_cli_format_bytes (qs_engine_get_memory_bound (engine));

  if (qs_engine_is_explicit (engine))
    g_print ("Explicit quantization: QuantizeLinear and DequantizeLinear of the model decide\n");
  if (n_fp16 > 0)
    g_print ("%u of %u layers in FP16%s\n", n_fp16, n_layers,
             qs_engine_emulates_fp16 (engine) ? ", emulated: its times are not those of FP16 hardware"
                                              : "");
  g_print ("%u of %u layers in INT8, reformats: %u; batch %" G_GINT64_FORMAT ", backend %s\n", n_int8,
           n_layers, n_reformats, qs_engine_get_batch (engine), qs_engine_get_backend (engine)->id);
  if (count_padded (qs_engine_get_network (engine)) > 0)
    g_print ("Layers with channels that tensor cores would fill up with zeros (multiples of 16 in INT8, "
             "of 8 in FP16): %u\n", count_padded (qs_engine_get_network (engine)));
  g_print ("Weights %s, activations %s (no plan could do with less than %s)\n", weights, memory,
           bound);
}

void
qs_cli_report_warnings (QsEngine *engine)
{
  qs_cli_report_print_warnings (qs_engine_get_journal (engine));
}

void
qs_cli_report_print_warnings (QsJournal *journal)
{
  for (guint i = 0; i < qs_journal_get_n (journal); i++)
    {
      const QsJournalEntry *entry = qs_journal_get (journal, i);

      if (entry->kind == QS_JOURNAL_WARNING)
        qs_cli_warn ("%s", entry->reason);
    }
}

/**
 * qs_cli_report_print_evaluations:
 *
 * A table of builds × metrics.
 */
void
qs_cli_report_print_evaluations (GPtrArray *results)
{
  const char *const titles[] = { "Calibrator", ">Top-1", ">Top-5", ">Agreement", ">Cosine",
                                 ">SQNR (dB)", ">ms/sample", ">INT8 layers", ">Weights", NULL };
  g_autoptr (QsCliTable) table = qs_cli_table_new (titles);

  for (guint i = 0; i < results->len; i++)
    {
      const QsEvaluation *row = g_ptr_array_index (results, i);
      g_autofree char *weights = qs_cli_format_bytes (row->weight_size);

      qs_cli_table_add (table, "%s", row->name);
      qs_cli_table_add_number (table, 4, row->top1);
      qs_cli_table_add_number (table, 4, row->top5);
      qs_cli_table_add_number (table, 4, row->agreement);
      qs_cli_table_add_number (table, 6, row->cosine);
      qs_cli_table_add_number (table, 2, row->sqnr_db);
      qs_cli_table_add_number (table, 4, row->ms);
      qs_cli_table_add (table, "%u/%u", row->n_int8, row->n_layers);
      qs_cli_table_add (table, "%s", weights);
    }

  qs_cli_table_print (table);
}

/**
 * qs_cli_report_evaluation:
 *
 * The members of one evaluation. An infinite SQNR, outputs equal to FP32's, is null.
 */
void
qs_cli_report_evaluation (JsonBuilder        *json,
                          const QsEvaluation *evaluation)
{
  qs_cli_json_text (json, "calibrator", evaluation->name);
  qs_cli_json_int (json, "samples", evaluation->n);
  qs_cli_json_number (json, "top1", evaluation->top1);
  qs_cli_json_number (json, "top5", evaluation->top5);
  qs_cli_json_number (json, "agreement", evaluation->agreement);
  qs_cli_json_number (json, "cosine", evaluation->cosine);
  qs_cli_json_number (json, "sqnr_db", evaluation->sqnr_db);
  qs_cli_json_number (json, "ms", evaluation->ms);
  qs_cli_json_int (json, "layers", evaluation->n_layers);
  qs_cli_json_int (json, "int8_layers", evaluation->n_int8);
  qs_cli_json_int (json, "weight_bytes", (gint64) evaluation->weight_size);
}
