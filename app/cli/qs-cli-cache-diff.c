/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "calibration/qs-scale-diff.h"
#include "qs-cli-cache.h"
#include "qs-cli-json.h"
#include "qs-cli-table.h"

/* Neither success nor an error nor wrong usage. */
#define EXIT_DIFFERENT 3

static void
print_head (const char  *letter,
            const char  *path,
            QsScaleFile *cache)
{
  const char *header = qs_scale_file_get_header (cache);

  g_print ("%s  %s (%s)\n", letter, path,
           header != NULL ? header : qs_scale_file_get_format (cache)->name);
}

static void
print_differences (GArray *differences)
{
  const char *const titles[] = { "Tensor", ">Scale in A", ">Scale in B", ">B / A", NULL };
  g_autoptr (QsCliTable) table = qs_cli_table_new (titles);

  for (guint i = 0; i < differences->len; i++)
    {
      const QsScaleDifference *difference = &g_array_index (differences, QsScaleDifference, i);

      qs_cli_table_add_name (table, difference->name);
      qs_cli_table_add (table, "%.9g", (double) difference->a);
      qs_cli_table_add (table, "%.9g", (double) difference->b);
      if (isnan (qs_scale_difference_get_ratio (difference)))
        qs_cli_table_add (table, "–");
      else
        qs_cli_table_add (table, "%.6g", qs_scale_difference_get_ratio (difference));
    }

  g_print ("\n");
  qs_cli_table_print (table);
}

static void
add_differences (JsonBuilder *json,
                 GArray      *differences)
{
  qs_cli_json_array (json, "different");
  for (guint i = 0; i < differences->len; i++)
    {
      const QsScaleDifference *difference = &g_array_index (differences, QsScaleDifference, i);

      json_builder_begin_object (json);
      qs_cli_json_text (json, "name", difference->name);
      qs_cli_json_number (json, "a", (double) difference->a);
      qs_cli_json_number (json, "b", (double) difference->b);
      qs_cli_json_number (json, "ratio", qs_scale_difference_get_ratio (difference));
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

static void
add_equal (QsCli    *self,
           gboolean  equal)
{
  qs_cli_json_text (self->json, "other", self->other);
  json_builder_set_member_name (self->json, "equal");
  json_builder_add_boolean_value (self->json, equal);
}

static void
report (QsCli        *self,
        QsScaleTable *a,
        QsScaleTable *b)
{
  guint n_common;
  g_autoptr (GArray) differences = qs_scale_table_find_differences (a, b, &n_common);
  g_autoptr (GPtrArray) only_a = qs_scale_table_find_only (a, b);
  g_autoptr (GPtrArray) only_b = qs_scale_table_find_only (b, a);
  gboolean equal = differences->len == 0 && only_a->len == 0 && only_b->len == 0;

  g_print ("\n%u names are in both, %u of them with another scale.\n", n_common, differences->len);
  qs_cli_cache_print_names ("Only in A", only_a);
  qs_cli_cache_print_names ("Only in B", only_b);
  if (differences->len > 0)
    print_differences (differences);

  add_equal (self, equal);
  qs_cli_json_int (self->json, "n_common", n_common);
  qs_cli_cache_add_names (self->json, "only_in_a", only_a);
  qs_cli_cache_add_names (self->json, "only_in_b", only_b);
  add_differences (self->json, differences);
  if (self->options.exit_code && !equal)
    self->status = EXIT_DIFFERENT;
}

static gboolean
cache_diff (QsCli   *self,
            GError **error)
{
  g_autoptr (QsScaleFile) a = qs_cli_cache_load (self, self->path, error);
  g_autoptr (QsScaleFile) b = NULL;

  if (a == NULL || (b = qs_cli_cache_load (self, self->other, error)) == NULL)
    return FALSE;

  qs_cli_cache_warn (self->path, qs_scale_file_get_warnings (a));
  qs_cli_cache_warn (self->other, qs_scale_file_get_warnings (b));
  print_head ("A", self->path, a);
  print_head ("B", self->other, b);
  report (self, qs_scale_file_get_scales (a), qs_scale_file_get_scales (b));
  return TRUE;
}

const QsCliCommand qs_cli_cache_diff = {
  .name = "cache diff",
  .argument = "A B",
  .takes_two = TRUE,
  .summary = "Compare two calibration caches",
  .description = "Lists the names that are in only one of two caches, and the scales that differ,\n"
                 "the largest disagreement first. The formats may differ; headers and the order\n"
                 "of the names don't count.\n\n"
                 "Ends with status 0 whether there are differences or not, and with --exit-code\n"
                 "with 3 when there are some: 1 is for files that can't be read, 2 for wrong\n"
                 "usage.",
  .options = { QS_CLI_EXIT_CODE, QS_CLI_JSON },
  .run = cache_diff,
};
