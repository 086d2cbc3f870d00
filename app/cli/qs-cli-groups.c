/* SPDX-License-Identifier: MIT */
#include "qs-cli-groups.h"

#include "builder/qs-manual-scales.h"
#include "builder/qs-ranges.h"
#include "calibration/formats/qs-cache-format.h"
#include "qs-cli-json.h"
#include "qs-cli-scales.h"
#include "qs-cli-table.h"

/* The scale of a group, 0 when it has none. */
static float
get_scale (QsRanges           *ranges,
           const QsScaleGroup *group)
{
  return ranges == NULL ? 0.0f
                        : qs_ranges_get_scale (ranges, g_ptr_array_index (group->tensors, 0));
}

static void
add_names (JsonBuilder *json,
           const char  *member,
           GPtrArray   *records,
           gboolean     are_tensors)
{
  qs_cli_json_array (json, member);
  for (guint i = 0; i < records->len; i++)
    json_builder_add_string_value (json,
                                   are_tensors ? ((QsTensor *) records->pdata[i])->name
                                               : ((QsLayer *) records->pdata[i])->name);
  json_builder_end_array (json);
}

void
qs_cli_groups_report (JsonBuilder  *json,
                      QsNetwork    *network,
                      QsScaleTable *scales)
{
  g_autoptr (QsScaleGroups) groups = qs_scale_groups_new (network);
  g_autoptr (QsRanges) ranges = scales != NULL ? qs_ranges_new (network, scales, NULL) : NULL;

  qs_cli_json_array (json, "groups");
  for (guint i = 0; i < qs_scale_groups_get_n (groups); i++)
    {
      const QsScaleGroup *group = qs_scale_groups_get (groups, i);
      float scale = get_scale (ranges, group);

      json_builder_begin_object (json);
      add_names (json, "tensors", group->tensors, TRUE);
      add_names (json, "layers", group->layers, FALSE);
      if (scale > 0.0f)
        qs_cli_json_number (json, "scale", (double) scale);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

static void
add_row (QsCliTable         *table,
         const QsScaleGroup *group,
         guint               number,
         guint               member,
         QsScaleTable       *scales,
         float               shared)
{
  const QsTensor *tensor = g_ptr_array_index (group->tensors, member);
  gboolean is_manual = scales != NULL && qs_scale_table_is_manual (scales, tensor->name);
  float own = 0.0f;
  gboolean has_own = scales != NULL && qs_scale_table_lookup (scales, tensor->name, &own);

  qs_cli_table_add (table, member == 0 ? "%u" : "", number + 1);
  qs_cli_table_add_name (table, tensor->name);
  qs_cli_table_add (table, "%s", tensor->producer != NULL ? tensor->producer->klass->name : "–");
  qs_cli_table_add (table, has_own ? "%.6g" : "–", (double) own);
  qs_cli_table_add (table, shared > 0.0f ? "%.6g" : "–", (double) shared);
  qs_cli_table_add (table, "%s", is_manual ? "manual" : "");
}

static void
print_groups (QsNetwork    *network,
              QsScaleTable *scales)
{
  const char *const titles[] = { ">Group", "Tensor", "Written by", ">Own scale", ">Shared scale", "",
                                 NULL };
  g_autoptr (QsScaleGroups) groups = qs_scale_groups_new (network);
  g_autoptr (QsRanges) ranges = scales != NULL ? qs_ranges_new (network, scales, NULL) : NULL;
  g_autoptr (QsCliTable) table = qs_cli_table_new (titles);
  guint n = qs_scale_groups_get_n (groups);

  for (guint i = 0; i < n; i++)
    {
      const QsScaleGroup *group = qs_scale_groups_get (groups, i);

      for (guint k = 0; k < group->tensors->len; k++)
        add_row (table, group, i, k, scales, get_scale (ranges, group));
    }

  if (n == 0)
    g_print ("Every tensor has a scale of its own\n");
  else
    qs_cli_table_print (table);
}

/* %NULL without an error when there are none. */
static gboolean
get_scales (QsCli         *self,
            QsCliSubject  *subject,
            QsNetwork     *network,
            QsScaleTable **scales,
            GError       **error)
{
  g_autoptr (QsScaleTable) own = NULL;

  *scales = NULL;
  if (self->options.cache != NULL)
    {
      g_autoptr (GFile) file = g_file_new_for_commandline_arg (self->options.cache);

      own = qs_cache_format_load (NULL, file, NULL, error);
      if (own == NULL)
        return FALSE;
    }

  if (subject->ranges != NULL)
    *scales = qs_manual_scales_apply (subject->ranges, network, own, NULL, error);
  else
    *scales = g_steal_pointer (&own);
  return subject->ranges == NULL || *scales != NULL;
}

static gboolean
groups_run (QsCli   *self,
            GError **error)
{
  g_autoptr (QsCliSubject) subject = qs_cli_subject_open_model (self, 1, error);
  g_autoptr (QsNetwork) network = NULL;
  g_autoptr (QsScaleTable) scales = NULL;

  if (subject == NULL)
    return FALSE;

  network = qs_cli_subject_import (subject, error);
  if (network == NULL || !get_scales (self, subject, network, &scales, error))
    return FALSE;

  print_groups (network, scales);
  qs_cli_groups_report (self->json, network, scales);
  return TRUE;
}

const QsCliCommand qs_cli_groups = {
  .name = "groups",
  .argument = "MODEL",
  .summary = "List the tensors that share one scale",
  .description = "The inputs and the output of a concatenation share one scale, and so do the\n"
                 "tensors at both ends of a pooling and of every layer that only moves elements.\n"
                 "With --cache or --range, their own scales and the one that results are shown.",
  .options = { QS_CLI_CACHE, QS_CLI_RANGES, QS_CLI_RANGE, QS_CLI_SHAPE, QS_CLI_BATCH, QS_CLI_JSON },
  .run = groups_run,
};
