/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "qs-cli-cache.h"
#include "qs-cli-json.h"
#include "qs-cli-table.h"

/* Neither success nor an error nor wrong usage. */
#define EXIT_DIFFERENT 3

typedef struct
{
  const char *name;
  float a;
  float b;
} Difference;

static gboolean
is_same (float a,
         float b)
{
  return a == b || (isnan (a) && isnan (b));
}

/* B / A, NaN where one of them is no usable scale. */
static double
ratio (const Difference *self)
{
  gboolean usable = isfinite (self->a) && self->a > 0.0f && isfinite (self->b) && self->b > 0.0f;

  return usable ? (double) self->b / (double) self->a : NAN;
}

/* The factor between the two, whichever is larger. */
static double
disagreement (const Difference *self)
{
  double factor = ratio (self);

  return isnan (factor) ? INFINITY : MAX (factor, 1.0 / factor);
}

static int
compare_differences (gconstpointer a,
                     gconstpointer b)
{
  const Difference *x = a, *y = b;
  double of_x = disagreement (x), of_y = disagreement (y);

  return of_x != of_y ? (of_x < of_y) - (of_x > of_y) : g_strcmp0 (x->name, y->name);
}

/* (element-type Difference): scales that both have, the largest disagreement first */
static GArray *
find_differences (QsScaleTable *a,
                  QsScaleTable *b,
                  guint        *n_common)
{
  GArray *differences = g_array_new (FALSE, FALSE, sizeof (Difference));

  *n_common = 0;
  for (guint i = 0; i < qs_scale_table_get_n (a); i++)
    {
      Difference difference = { qs_scale_table_get_name (a, i), qs_scale_table_get_scale (a, i),
                                0.0f };

      if (!qs_scale_table_lookup (b, difference.name, &difference.b))
        continue;
      (*n_common)++;
      if (!is_same (difference.a, difference.b))
        g_array_append_val (differences, difference);
    }

  g_array_sort (differences, compare_differences);
  return differences;
}

/* (element-type utf8) (transfer container): names in @a that @b does not have */
static GPtrArray *
find_only (QsScaleTable *a,
           QsScaleTable *b)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < qs_scale_table_get_n (a); i++)
    if (!qs_scale_table_lookup (b, qs_scale_table_get_name (a, i), NULL))
      g_ptr_array_add (names, (gpointer) qs_scale_table_get_name (a, i));

  return names;
}

static void
print_head (const char *letter,
            const char *path,
            QsCliCache *cache)
{
  g_print ("%s  %s (%s)\n", letter, path,
           cache->cache != NULL ? qs_calibration_cache_get_header (cache->cache)
                                : cache->format->name);
}

static void
print_differences (GArray *differences)
{
  const char *const titles[] = { "Tensor", ">Scale in A", ">Scale in B", ">B / A", NULL };
  g_autoptr (QsCliTable) table = qs_cli_table_new (titles);

  for (guint i = 0; i < differences->len; i++)
    {
      const Difference *difference = &g_array_index (differences, Difference, i);

      qs_cli_table_add_name (table, difference->name);
      qs_cli_table_add (table, "%.9g", (double) difference->a);
      qs_cli_table_add (table, "%.9g", (double) difference->b);
      if (isnan (ratio (difference)))
        qs_cli_table_add (table, "–");
      else
        qs_cli_table_add (table, "%.6g", ratio (difference));
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
      const Difference *difference = &g_array_index (differences, Difference, i);

      json_builder_begin_object (json);
      qs_cli_json_text (json, "name", difference->name);
      qs_cli_json_number (json, "a", (double) difference->a);
      qs_cli_json_number (json, "b", (double) difference->b);
      qs_cli_json_number (json, "ratio", ratio (difference));
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
  g_autoptr (GArray) differences = find_differences (a, b, &n_common);
  g_autoptr (GPtrArray) only_a = find_only (a, b);
  g_autoptr (GPtrArray) only_b = find_only (b, a);
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
  g_autoptr (QsCliCache) a = qs_cli_cache_load (self, self->path, error);
  g_autoptr (QsCliCache) b = NULL;

  if (a == NULL || (b = qs_cli_cache_load (self, self->other, error)) == NULL)
    return FALSE;

  qs_cli_cache_warn (self->path, a->warnings);
  qs_cli_cache_warn (self->other, b->warnings);
  print_head ("A", self->path, a);
  print_head ("B", self->other, b);
  report (self, a->scales, b->scales);
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
