/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "builder/qs-alignment.h"
#include "qs-cli-json.h"
#include "qs-cli-report.h"

static const char *const journal_kinds[] = {
  [QS_JOURNAL_REWRITE] = "rewrite",
  [QS_JOURNAL_REFUSAL] = "refusal",
  [QS_JOURNAL_DECISION] = "decision",
  [QS_JOURNAL_WARNING] = "warning",
};

static void
add_shape (JsonBuilder   *json,
           const QsShape *shape)
{
  qs_cli_json_array (json, "shape");
  for (int i = 0; i < shape->n_dims; i++)
    json_builder_add_int_value (json, shape->dims[i]);
  json_builder_end_array (json);
}

static void
add_tensor (JsonBuilder        *json,
            const QsTensor     *tensor,
            const QsAllocation *allocation)
{
  json_builder_begin_object (json);
  qs_cli_json_text (json, "name", tensor->name);
  qs_cli_json_text (json, "type", qs_data_type_name (tensor->type));
  add_shape (json, &tensor->shape);
  qs_cli_json_text (json, "format", qs_format_name (tensor->format));
  qs_cli_json_number (json, "scale", tensor->scale > 0.0f ? tensor->scale : NAN);
  json_builder_set_member_name (json, "constant");
  json_builder_add_boolean_value (json, qs_tensor_is_constant (tensor));
  if (allocation != NULL)
    {
      qs_cli_json_int (json, "offset", (gint64) allocation->offset);
      qs_cli_json_int (json, "bytes", (gint64) allocation->size);
      qs_cli_json_int (json, "first_layer", allocation->first);
      qs_cli_json_int (json, "last_layer", allocation->last);
      qs_cli_json_flag (json, "shared", allocation->shared);
      if (allocation->row > 0)
        {
          qs_cli_json_int (json, "row", allocation->row);
          qs_cli_json_int (json, "row_stride", allocation->row_stride);
        }
    }
  json_builder_end_object (json);
}

/* The names of an array of tensors, null for an absent optional one. */
static void
add_tensor_names (JsonBuilder *json,
                  const char  *name,
                  GPtrArray   *tensors)
{
  qs_cli_json_array (json, name);
  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      if (tensor != NULL)
        json_builder_add_string_value (json, tensor->name);
      else
        json_builder_add_null_value (json);
    }
  json_builder_end_array (json);
}

static void
add_origins (JsonBuilder   *json,
             const QsLayer *layer)
{
  qs_cli_json_array (json, "nodes");
  for (guint i = 0; i < layer->origins->len; i++)
    {
      const QsOrigin *origin = g_ptr_array_index (layer->origins, i);

      json_builder_begin_object (json);
      qs_cli_json_text (json, "op_type", origin->op_type);
      qs_cli_json_text (json, "name", origin->name);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

static void
add_time (JsonBuilder *json,
          const char  *name,
          double       ms)
{
  qs_cli_json_number (json, name, ms >= 0.0 ? ms : NAN);
}

static void
add_tactics (JsonBuilder         *json,
             const QsEngineLayer *info)
{
  qs_cli_json_array (json, "tactics");
  for (guint i = 0; info->tactics != NULL && i < info->tactics->len; i++)
    {
      const QsTactic *tactic = g_ptr_array_index (info->tactics, i);

      json_builder_begin_object (json);
      qs_cli_json_text (json, "kernel", tactic->kernel);
      qs_cli_json_text (json, "precision", qs_precision_name (tactic->precision));
      qs_cli_json_text (json, "layout", qs_format_name (tactic->format));
      add_time (json, "ms", tactic->ms);
      add_time (json, "reformat_ms", tactic->reformat_ms);
      json_builder_set_member_name (json, "chosen");
      json_builder_add_boolean_value (json, tactic->chosen);
      qs_cli_json_text (json, "reason", tactic->reason);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

/* How the layer would fit tensor cores. */
static void
add_alignment (JsonBuilder   *json,
               const QsLayer *layer)
{
  QsAlignment alignment;

  if (!qs_layer_get_alignment (layer, &alignment))
    return;

  json_builder_set_member_name (json, "alignment");
  json_builder_begin_object (json);
  qs_cli_json_int (json, "multiple", alignment.multiple);
  qs_cli_json_int (json, "inputs", alignment.inputs);
  qs_cli_json_int (json, "outputs", alignment.outputs);
  qs_cli_json_int (json, "padded_inputs", alignment.padded_inputs);
  qs_cli_json_int (json, "padded_outputs", alignment.padded_outputs);
  json_builder_end_object (json);
}

static void
add_layer (JsonBuilder         *json,
           const QsEngineLayer *info,
           double               ms)
{
  const QsLayer *layer = info->layer;
  g_autofree char *description = qs_layer_describe (layer);

  json_builder_begin_object (json);
  qs_cli_json_text (json, "name", layer->name);
  qs_cli_json_text (json, "type", layer->klass->name);
  qs_cli_json_text (json, "precision", qs_precision_name (layer->precision));
  qs_cli_json_text (json, "kernel", info->kernel);
  add_time (json, "ms", ms);
  qs_cli_json_text (json, "reason", info->reason);
  qs_cli_json_text (json, "description", description);
  qs_cli_json_text (json, "activation", qs_activation_name (layer->activation.type));
  add_tensor_names (json, "inputs", layer->inputs);
  add_tensor_names (json, "outputs", layer->outputs);
  add_origins (json, layer);
  add_tactics (json, info);
  add_alignment (json, layer);
  json_builder_end_object (json);
}

static void
add_scales (JsonBuilder  *json,
            QsScaleTable *scales)
{
  if (scales == NULL)
    return;

  qs_cli_json_text (json, "scales_source", qs_scale_table_get_source (scales));
  json_builder_set_member_name (json, "scales");
  json_builder_begin_object (json);
  for (guint i = 0; i < qs_scale_table_get_n (scales); i++)
    qs_cli_json_number (json, qs_scale_table_get_name (scales, i),
                        qs_scale_table_get_scale (scales, i));
  json_builder_end_object (json);

  qs_cli_json_array (json, "manual");
  for (guint i = 0; i < qs_scale_table_get_n (scales); i++)
    if (qs_scale_table_is_manual (scales, qs_scale_table_get_name (scales, i)))
      json_builder_add_string_value (json, qs_scale_table_get_name (scales, i));
  json_builder_end_array (json);
}

static void
add_strings (JsonBuilder  *json,
             const char   *name,
             char        **strings)
{
  qs_cli_json_array (json, name);
  for (; strings != NULL && *strings != NULL; strings++)
    json_builder_add_string_value (json, *strings);
  json_builder_end_array (json);
}

/* One for each of the entry's tensors, null for one without. */
static void
add_entry_scales (JsonBuilder          *json,
                  const QsJournalEntry *entry)
{
  qs_cli_json_array (json, "tensor_scales");
  for (guint i = 0; entry->tensors[i] != NULL; i++)
    if (entry->scales[i] > 0.0f)
      json_builder_add_double_value (json, (double) entry->scales[i]);
    else
      json_builder_add_null_value (json);
  json_builder_end_array (json);
}

static void
add_journal (JsonBuilder *json,
             QsJournal   *journal)
{
  qs_cli_json_array (json, "journal");
  for (guint i = 0; i < qs_journal_get_n (journal); i++)
    {
      const QsJournalEntry *entry = qs_journal_get (journal, i);

      json_builder_begin_object (json);
      qs_cli_json_text (json, "kind", journal_kinds[entry->kind]);
      qs_cli_json_text (json, "rule", entry->rule);
      add_strings (json, "layers", entry->layers);
      add_strings (json, "tensors", entry->tensors);
      qs_cli_json_text (json, "result", entry->result);
      qs_cli_json_text (json, "reason", entry->reason);
      qs_cli_json_text (json, "condition", entry->condition);
      qs_cli_json_text (json, "remedy", entry->remedy);
      add_entry_scales (json, entry);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

/**
 * qs_cli_report_engine:
 * @layer_ms: (nullable): measured times by layer, instead of those of the build
 *
 * Everything there is to know about an engine.
 */
void
qs_cli_report_engine (JsonBuilder  *json,
                      QsEngine     *engine,
                      const double *layer_ms)
{
  QsNetwork *network = qs_engine_get_network (engine);

  qs_cli_json_text (json, "name", network->name);
  qs_cli_json_text (json, "backend", qs_engine_get_backend (engine)->id);
  qs_cli_json_text (json, "rounding",
                    qs_rounding_mode_get_id (qs_engine_get_rounding (engine)));
  qs_cli_json_int (json, "batch", qs_engine_get_batch (engine));
  qs_cli_json_text (json, "model_checksum", qs_engine_get_model_checksum (engine));
  qs_cli_json_int (json, "weight_bytes", (gint64) qs_engine_get_weight_size (engine));
  qs_cli_json_int (json, "memory_bytes", (gint64) qs_engine_get_memory_size (engine));
  qs_cli_json_int (json, "memory_bound_bytes", (gint64) qs_engine_get_memory_bound (engine));
  json_builder_set_member_name (json, "explicit");
  json_builder_add_boolean_value (json, qs_engine_is_explicit (engine));
  qs_cli_json_int (json, "int8_layers", qs_engine_count_layers (engine, QS_PRECISION_INT8));
  qs_cli_json_int (json, "fp16_layers", qs_engine_count_layers (engine, QS_PRECISION_FP16));
  json_builder_set_member_name (json, "fp16_emulated");
  json_builder_add_boolean_value (json, qs_engine_emulates_fp16 (engine));
  add_tensor_names (json, "inputs", network->inputs);
  add_tensor_names (json, "outputs", network->outputs);

  qs_cli_json_array (json, "layers");
  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsEngineLayer *info = qs_engine_get_layer (engine, i);

      add_layer (json, info, layer_ms != NULL ? layer_ms[i] : info->ms);
    }
  json_builder_end_array (json);

  qs_cli_json_array (json, "tensors");
  for (guint i = 0; i < network->tensors->len; i++)
    add_tensor (json, g_ptr_array_index (network->tensors, i),
                qs_engine_get_allocation (engine, i));
  json_builder_end_array (json);

  add_scales (json, qs_engine_get_scales (engine));
  add_journal (json, qs_engine_get_journal (engine));
}
