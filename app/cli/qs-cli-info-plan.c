/* SPDX-License-Identifier: MIT */
#include "qs-cli-info-plan.h"

#include <math.h>

#include "qs-cli-table.h"

static void
add_place (QsCliTable         *table,
           QsNetwork          *network,
           const QsTensor     *tensor,
           const QsAllocation *place)
{
  const QsLayer *first = g_ptr_array_index (network->layers, place->first);
  const QsLayer *last = g_ptr_array_index (network->layers, place->last);

  qs_cli_table_add_name (table, tensor->name);
  qs_cli_table_add (table, "%" G_GSIZE_FORMAT, place->offset);
  qs_cli_table_add (table, "%" G_GSIZE_FORMAT, place->size);
  qs_cli_table_add (table, "%u–%u", place->first, place->last);
  if (place->row > 0)
    qs_cli_table_add (table, "rows of %" G_GINT64_FORMAT " in %" G_GINT64_FORMAT, place->row,
                      place->row_stride);
  else
    qs_cli_table_add (table, "%s", place->shared ? "shared" : "");
  qs_cli_table_add_name (table, first->name);
  qs_cli_table_add_name (table, last->name);
}

void
qs_cli_print_memory (QsEngine *engine)
{
  const char *const titles[] = { "Tensor", ">Offset", ">Bytes", ">Alive", "Memory", "Written by",
                                 "Last read by", NULL };
  g_autoptr (QsCliTable) table = qs_cli_table_new (titles);
  QsNetwork *network = qs_engine_get_network (engine);
  const gsize size = qs_engine_get_memory_size (engine);
  const gsize bound = qs_engine_get_memory_bound (engine);

  for (guint i = 0; i < network->tensors->len; i++)
    {
      const QsAllocation *place = qs_engine_get_allocation (engine, i);

      if (place != NULL)
        add_place (table, network, g_ptr_array_index (network->tensors, i), place);
    }

  g_print ("\n");
  qs_cli_table_print (table);
  g_print ("\n%" G_GSIZE_FORMAT " bytes; tensors alive at once need %" G_GSIZE_FORMAT " (%.3f times)\n",
           size, bound, bound > 0 ? (double) size / (double) bound : 1.0);
}

void
qs_cli_print_tactics (QsEngine *engine)
{
  const char *const titles[] = { "Layer", "Kernel", "Precision", "Layout", ">Time (ms)", ">Reformats (ms)",
                                 "", NULL };
  g_autoptr (QsCliTable) table = qs_cli_table_new (titles);
  QsNetwork *network = qs_engine_get_network (engine);

  for (guint i = 0; i < network->layers->len; i++)
    {
      const QsEngineLayer *layer = qs_engine_get_layer (engine, i);

      for (guint k = 0; layer->tactics != NULL && k < layer->tactics->len; k++)
        {
          const QsTactic *tactic = g_ptr_array_index (layer->tactics, k);

          qs_cli_table_add_name (table, k == 0 ? layer->layer->name : "");
          qs_cli_table_add (table, "%s", tactic->kernel);
          qs_cli_table_add (table, "%s", qs_precision_name (tactic->precision));
          qs_cli_table_add (table, "%s", qs_format_name (tactic->format));
          qs_cli_table_add_number (table, 4, tactic->ms >= 0.0 ? tactic->ms : NAN);
          qs_cli_table_add_number (table, 4, tactic->ms >= 0.0 ? tactic->reformat_ms : NAN);
          qs_cli_table_add (table, "%s", tactic->chosen           ? "chosen"
                                         : tactic->reason != NULL ? tactic->reason : "");
        }
    }

  g_print ("\n");
  qs_cli_table_print (table);
}
