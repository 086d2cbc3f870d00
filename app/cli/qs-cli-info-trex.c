/* SPDX-License-Identifier: MIT */
#include "qs-cli-info-trex.h"

#include "export/qs-trex-graph.h"
#include "qs-cli-json.h"
#include "qs-cli-table.h"

#define HEAD_SIZE 256

gboolean
qs_cli_info_is_trex (const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, NULL);
  g_autoptr (GBytes) head = NULL;

  if (stream == NULL)
    return FALSE;

  head = g_input_stream_read_bytes (G_INPUT_STREAM (stream), HEAD_SIZE, NULL, NULL);
  return head != NULL && qs_trex_graph_probe (head);
}

static const char *
get_format (GPtrArray *tensors)
{
  return tensors->len == 0 ? "–" : ((QsTrexTensor *) g_ptr_array_index (tensors, 0))->format;
}

static void
print_layers (QsTrexGraph *graph)
{
  const char *const titles[] = { "Layer", "Type", "Precision", "Reads", "Writes", NULL };
  g_autoptr (QsCliTable) table = qs_cli_table_new (titles);

  for (guint i = 0; i < graph->layers->len; i++)
    {
      const QsTrexLayer *layer = g_ptr_array_index (graph->layers, i);

      qs_cli_table_add_name (table, layer->name);
      qs_cli_table_add (table, "%s", layer->type);
      qs_cli_table_add (table, "%s", qs_precision_name (layer->precision));
      qs_cli_table_add (table, "%s", get_format (layer->inputs));
      qs_cli_table_add (table, "%s", get_format (layer->outputs));
    }

  qs_cli_table_print (table);
}

static void
add_tensors (JsonBuilder *json,
             const char  *name,
             GPtrArray   *tensors)
{
  qs_cli_json_array (json, name);
  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTrexTensor *tensor = g_ptr_array_index (tensors, i);

      json_builder_begin_object (json);
      qs_cli_json_text (json, "name", tensor->name);
      qs_cli_json_text (json, "format", tensor->format);
      qs_cli_json_array (json, "shape");
      for (int k = 0; k < tensor->shape.n_dims; k++)
        json_builder_add_int_value (json, tensor->shape.dims[k]);
      json_builder_end_array (json);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

static void
add_layers (JsonBuilder *json,
            QsTrexGraph *graph)
{
  qs_cli_json_array (json, "layers");
  for (guint i = 0; i < graph->layers->len; i++)
    {
      const QsTrexLayer *layer = g_ptr_array_index (graph->layers, i);

      json_builder_begin_object (json);
      qs_cli_json_text (json, "name", layer->name);
      qs_cli_json_text (json, "type", layer->type);
      qs_cli_json_text (json, "precision", qs_precision_name (layer->precision));
      add_tensors (json, "inputs", layer->inputs);
      add_tensors (json, "outputs", layer->outputs);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

gboolean
qs_cli_info_trex (QsCli   *self,
                  GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (self->path);
  g_autoptr (QsTrexGraph) graph = qs_trex_graph_load (file, error);
  g_autoptr (QsNetwork) network = graph == NULL ? NULL : qs_trex_graph_make_network (graph, error);
  guint n_int8;

  if (network == NULL)
    return FALSE;

  n_int8 = qs_trex_graph_count (graph, QS_PRECISION_INT8);
  g_print ("Graph of a TensorRT engine, %s\n\n", graph->name);
  print_layers (graph);
  g_print ("\n%u layers, %u of them compute in INT8\n", graph->layers->len, n_int8);

  qs_cli_json_text (self->json, "name", graph->name);
  qs_cli_json_int (self->json, "int8_layers", n_int8);
  add_layers (self->json, graph);
  return TRUE;
}
