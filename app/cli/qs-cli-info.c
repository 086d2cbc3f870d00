/* SPDX-License-Identifier: MIT */
#include "analysis/qs-node-report.h"
#include "passes/qs-pass.h"
#include "qs-cli-info-plan.h"
#include "qs-cli-info-trex.h"

#include "passes/qs-pass.h"
#include "qs-cli-json.h"
#include "qs-cli-report.h"
#include "qs-cli-subject.h"
#include "qs-cli-table.h"

/* How many nodes of an operator had each verdict. */
typedef struct
{
  const char *op_type;
  guint n;
  guint n_by_verdict[QS_N_VERDICTS];
} OperatorCount;

static int
compare_counts (gconstpointer a,
                gconstpointer b)
{
  const OperatorCount *x = *(OperatorCount *const *) a, *y = *(OperatorCount *const *) b;

  return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : g_strcmp0 (x->op_type, y->op_type);
}

/* (element-type OperatorCount): the most frequent operator first */
static GPtrArray *
count_operators (QsImport *import)
{
  g_autoptr (GHashTable) by_name = g_hash_table_new (g_str_hash, g_str_equal);
  GPtrArray *counts = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < qs_import_get_n_verdicts (import); i++)
    {
      const QsNodeVerdict *verdict = qs_import_get_verdict (import, i);
      OperatorCount *count = g_hash_table_lookup (by_name, verdict->op_type);

      if (count == NULL)
        {
          count = g_new0 (OperatorCount, 1);
          count->op_type = verdict->op_type;
          g_hash_table_insert (by_name, verdict->op_type, count);
          g_ptr_array_add (counts, count);
        }
      count->n++;
      count->n_by_verdict[verdict->verdict]++;
    }

  g_ptr_array_sort (counts, compare_counts);
  return counts;
}

/* “batch×1×32×32”: dynamic dimensions by their names. */
static char *
describe_shape (const QsModelValue *value)
{
  GString *text;

  if (!value->has_shape)
    return g_strdup ("of unknown shape");
  if (value->shape.n_dims == 0)
    return g_strdup ("scalar");

  text = g_string_new (NULL);
  for (int i = 0; i < value->shape.n_dims; i++)
    {
      g_string_append (text, i > 0 ? "×" : "");
      if (value->shape.dims[i] >= 0)
        g_string_append_printf (text, "%" G_GINT64_FORMAT, value->shape.dims[i]);
      else
        g_string_append (text, value->dim_names[i] != NULL ? value->dim_names[i] : "?");
    }

  return g_string_free (text, FALSE);
}

typedef const QsModelValue *(*ValueGetter) (QsModel *model,
                                            guint    index);

static void
print_values (QsModel     *model,
              const char  *title,
              guint        n,
              ValueGetter  get)
{
  for (guint i = 0; i < n; i++)
    {
      const QsModelValue *value = get (model, i);
      g_autofree char *shape = describe_shape (value);

      g_print ("%-11s %s  %s %s\n", i == 0 ? title : "", value->name,
               qs_data_type_name (value->type), shape);
    }
}

static void
add_dims (JsonBuilder        *json,
          const QsModelValue *value)
{
  qs_cli_json_array (json, "shape");
  for (int i = 0; i < value->shape.n_dims; i++)
    {
      if (value->shape.dims[i] >= 0)
        json_builder_add_int_value (json, value->shape.dims[i]);
      else if (value->dim_names[i] != NULL)
        json_builder_add_string_value (json, value->dim_names[i]);
      else
        json_builder_add_null_value (json);
    }
  json_builder_end_array (json);
}

static void
add_values (JsonBuilder *json,
            QsModel     *model,
            const char  *name,
            guint        n,
            ValueGetter  get)
{
  qs_cli_json_array (json, name);
  for (guint i = 0; i < n; i++)
    {
      const QsModelValue *value = get (model, i);

      json_builder_begin_object (json);
      qs_cli_json_text (json, "name", value->name);
      qs_cli_json_text (json, "type", qs_data_type_name (value->type));
      if (value->has_shape)
        add_dims (json, value);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

static void
print_model (QsModel *model)
{
  const char *producer = qs_model_get_producer (model);

  g_print ("%-11s %s\n", "Model", qs_model_get_name (model));
  g_print ("%-11s opset %d, IR version %" G_GINT64_FORMAT "\n", "Format",
           qs_model_get_opset (model), qs_model_get_ir_version (model));
  if (producer != NULL && producer[0] != '\0')
    g_print ("%-11s %s\n", "Made by", producer);
  if (qs_model_is_explicit (model))
    g_print ("%-11s explicit quantization: it has QuantizeLinear and DequantizeLinear\n", "INT8");
  g_print ("%-11s %" G_GUINT64_FORMAT "\n", "Parameters", qs_model_get_n_parameters (model));
  print_values (model, "Inputs", qs_model_get_n_inputs (model), qs_model_get_input);
  print_values (model, "Outputs", qs_model_get_n_outputs (model), qs_model_get_output);
}

static void
print_operators (GPtrArray *counts)
{
  const char *const titles[] = { "Operator", ">Nodes", ">Imported", ">Fused", ">Folded", ">Refused",
                                 NULL };
  g_autoptr (QsCliTable) table = qs_cli_table_new (titles);

  for (guint i = 0; i < counts->len; i++)
    {
      const OperatorCount *count = g_ptr_array_index (counts, i);

      qs_cli_table_add (table, "%s", count->op_type);
      qs_cli_table_add (table, "%u", count->n);
      qs_cli_table_add (table, "%u", count->n_by_verdict[QS_VERDICT_IMPORTED]);
      qs_cli_table_add (table, "%u", count->n_by_verdict[QS_VERDICT_FUSED]);
      qs_cli_table_add (table, "%u", count->n_by_verdict[QS_VERDICT_FOLDED]);
      qs_cli_table_add (table, "%u", count->n_by_verdict[QS_VERDICT_REFUSED]);
    }

  g_print ("\n");
  qs_cli_table_print (table);
}

static void
print_refusals (QsImport *import)
{
  guint n_refused = 0;

  for (guint i = 0; i < qs_import_get_n_verdicts (import); i++)
    {
      const QsNodeVerdict *verdict = qs_import_get_verdict (import, i);

      if (verdict->verdict != QS_VERDICT_REFUSED)
        continue;
      if (n_refused++ == 0)
        g_print ("\nRefused:\n");
      g_print ("  %s “%s”: %s\n", verdict->op_type, verdict->name, verdict->reason);
    }

  if (n_refused == 0)
    g_print ("\nEvery node can be imported.\n");
}

static void
add_operators (JsonBuilder *json,
               GPtrArray   *counts)
{
  json_builder_set_member_name (json, "operators");
  json_builder_begin_object (json);
  for (guint i = 0; i < counts->len; i++)
    {
      const OperatorCount *count = g_ptr_array_index (counts, i);

      qs_cli_json_int (json, count->op_type, count->n);
    }
  json_builder_end_object (json);
}

static void
add_refusals (JsonBuilder *json,
              QsImport    *import)
{
  qs_cli_json_array (json, "refused");
  for (guint i = 0; i < qs_import_get_n_verdicts (import); i++)
    {
      const QsNodeVerdict *verdict = qs_import_get_verdict (import, i);

      if (verdict->verdict != QS_VERDICT_REFUSED)
        continue;
      json_builder_begin_object (json);
      qs_cli_json_text (json, "op_type", verdict->op_type);
      qs_cli_json_text (json, "name", verdict->name);
      qs_cli_json_text (json, "reason", verdict->reason);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

/* Fusion rearranges a copy of the network and computes nothing but folded constants. */
static GPtrArray *
make_report (QsImport   *import,
             QsNetwork **network,
             GError    **error)
{
  g_autoptr (QsJournal) journal = qs_journal_new ();

  *network = NULL;
  if (qs_import_get_network (import) != NULL)
    {
      *network = qs_network_copy (qs_import_get_network (import));
      if (!qs_passes_run (*network, QS_PASS_DEFAULT, journal, error))
        return NULL;
    }

  return qs_node_report_new (import, *network, journal);
}

static void
print_nodes (GPtrArray *report)
{
  const char *const titles[] = { ">Node", "Operator", "Name", "Verdict", "Layer or reason", NULL };
  g_autoptr (QsCliTable) table = qs_cli_table_new (titles);

  for (guint i = 0; i < report->len; i++)
    {
      const QsNodeState *state = g_ptr_array_index (report, i);
      gboolean has_layer = state->layer != NULL && state->fate != QS_VERDICT_REFUSED_IN_INT8;
      const char *what = has_layer ? state->layer->name : state->reason;

      qs_cli_table_add (table, "%u", i);
      qs_cli_table_add (table, "%s", state->verdict->op_type);
      qs_cli_table_add (table, "%s", state->verdict->name);
      qs_cli_table_add (table, "%s", qs_verdict_name (state->fate));
      qs_cli_table_add (table, "%s", what != NULL ? what : "");
    }

  g_print ("\n");
  qs_cli_table_print (table);
}

static void
add_nodes (JsonBuilder *json,
           GPtrArray   *report)
{
  qs_cli_json_array (json, "verdicts");
  for (guint i = 0; i < report->len; i++)
    {
      const QsNodeState *state = g_ptr_array_index (report, i);

      json_builder_begin_object (json);
      qs_cli_json_text (json, "op_type", state->verdict->op_type);
      qs_cli_json_text (json, "name", state->verdict->name);
      qs_cli_json_text (json, "verdict", qs_verdict_name (state->fate));
      if (state->layer != NULL)
        qs_cli_json_text (json, "layer", state->layer->name);
      if (state->reason != NULL)
        qs_cli_json_text (json, "reason", state->reason);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

static gboolean
report_nodes (QsCli     *self,
              QsImport  *import,
              GError   **error)
{
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (GPtrArray) report = make_report (import, &network, error);

  if (report == NULL)
    return FALSE;

  print_nodes (report);
  add_nodes (self->json, report);
  return TRUE;
}

static void
add_model (JsonBuilder *json,
           QsModel     *model)
{
  qs_cli_json_text (json, "name", qs_model_get_name (model));
  qs_cli_json_text (json, "checksum", qs_model_get_checksum (model));
  qs_cli_json_int (json, "opset", qs_model_get_opset (model));
  qs_cli_json_int (json, "ir_version", qs_model_get_ir_version (model));
  qs_cli_json_text (json, "producer", qs_model_get_producer (model));
  qs_cli_json_int (json, "parameters", (gint64) qs_model_get_n_parameters (model));
  json_builder_set_member_name (json, "explicit");
  json_builder_add_boolean_value (json, qs_model_is_explicit (model));
  qs_cli_json_int (json, "nodes", qs_model_get_n_nodes (model));
  add_values (json, model, "inputs", qs_model_get_n_inputs (model), qs_model_get_input);
  add_values (json, model, "outputs", qs_model_get_n_outputs (model), qs_model_get_output);
}

/* What stands in the way of an INT8 build, or should be known about it. */
static void
report_quantization (QsCli     *self,
                     QsNetwork *network)
{
  g_autoptr (QsJournal) journal = qs_journal_new ();
  g_autoptr (GPtrArray) refusals = NULL;

  if (network == NULL || !qs_network_is_explicit (network))
    return;

  refusals = qs_explicit_find_refusals (network, journal);
  if (refusals->len > 0)
    g_print ("\nAn INT8 build is refused:\n");
  qs_cli_json_array (self->json, "int8_refusals");
  for (guint i = 0; i < refusals->len; i++)
    {
      const QsExplicitRefusal *refusal = g_ptr_array_index (refusals, i);

      g_print ("  %s\n", refusal->message);
      json_builder_add_string_value (self->json, refusal->message);
    }
  json_builder_end_array (self->json);
  qs_cli_report_print_warnings (journal);
}

static gboolean
report_plan (QsCli    *self,
             QsEngine *plan)
{
  g_print ("Plan of %s\n", qs_engine_get_network (plan)->name);
  qs_cli_report_print_summary (plan);
  if (self->options.memory)
    qs_cli_print_memory (plan);
  if (self->options.tactics)
    qs_cli_print_tactics (plan);
  qs_cli_report_engine (self->json, plan, NULL);
  return TRUE;
}

static void
report_set (QsCli               *self,
            const char          *title,
            const char          *member,
            const QsDocumentSet *set)
{
  if (set->path == NULL)
    return;

  g_print ("%-12s %s\n", title, set->path);
  qs_cli_json_text (self->json, member, set->path);
}

/* What a document keeps beside its model. */
static void
report_document (QsCli            *self,
                 const QsDocument *document)
{
  guint n_ranges = document->ranges != NULL ? qs_dynamic_ranges_get_n (document->ranges) : 0;
  guint n_histograms =
    document->histograms != NULL ? qs_histogram_set_get_n (document->histograms) : 0;

  g_print ("\nDocument\n");
  g_print ("%-12s %s%s\n", "Model", document->model_path != NULL ? document->model_path : "–",
           document->model != NULL ? " (inside)" : "");
  report_set (self, "Calibration", "calibration", &document->calibration);
  report_set (self, "Labelled", "labelled", &document->labelled);
  g_print ("%-12s %u\n", "Histograms", n_histograms);
  g_print ("%-12s %s\n", "Scales of", document->source != NULL ? document->source : "–");
  g_print ("%-12s %s\n", "Cache", document->cache_name != NULL ? document->cache_name : "–");
  g_print ("%-12s %s\n", "Engine", document->engine != NULL ? "built" : "–");
  g_print ("%-12s %u\n", "Ranges", n_ranges);
  for (guint i = 0; i < n_ranges; i++)
    g_print ("  %s: %g … %g\n", qs_dynamic_ranges_get_name (document->ranges, i),
             qs_dynamic_ranges_get (document->ranges, i)->min,
             qs_dynamic_ranges_get (document->ranges, i)->max);

  qs_cli_json_flag (self->json, "model_inside", document->model != NULL);
  qs_cli_json_int (self->json, "histograms", n_histograms);
  qs_cli_json_text (self->json, "source", document->source);
  qs_cli_json_flag (self->json, "has_engine", document->engine != NULL);
  qs_cli_json_int (self->json, "manual_ranges", n_ranges);
}

static gboolean
info (QsCli   *self,
      GError **error)
{
  g_autoptr (QsCliSubject) subject = NULL;
  g_autoptr (QsImport) import = NULL;
  g_autoptr (GPtrArray) counts = NULL;

  if (qs_cli_info_is_trex (self->path))
    return qs_cli_info_trex (self, error);

  subject = qs_cli_subject_open (self, 1, error);
  if (subject == NULL)
    return FALSE;
  if (subject->plan != NULL)
    return report_plan (self, subject->plan);

  import = qs_import_run (subject->model, subject->profile, error);
  if (import == NULL)
    return FALSE;

  counts = count_operators (import);
  print_model (subject->model);
  print_operators (counts);
  print_refusals (import);
  report_quantization (self, qs_import_get_network (import));
  if (subject->document != NULL)
    report_document (self, subject->document);
  add_model (self->json, subject->model);
  add_operators (self->json, counts);
  add_refusals (self->json, import);
  return !self->options.nodes || report_nodes (self, import, error);
}

const QsCliCommand qs_cli_info = {
  .name = "info",
  .argument = "MODEL|PLAN|GRAPH|DOCUMENT",
  .summary = "Show inputs, outputs and operators, and what is refused and why",
  .description = "Reads an ONNX model, a plan, the JSON graph of a TensorRT engine, or a document of\n"
                 "the window, and says what is in it. Nothing is computed.",
  .options = { QS_CLI_NODES, QS_CLI_MEMORY, QS_CLI_TACTICS, QS_CLI_SHAPE, QS_CLI_BATCH, QS_CLI_JSON },
  .run = info,
};
