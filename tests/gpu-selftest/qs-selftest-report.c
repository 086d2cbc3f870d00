/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-selftest-report.h"

#include <string.h>

#include "qs-selftest-item.h"

static const char *
text_of (JsonObject *result,
         const char *name)
{
  return json_object_get_string_member_with_default (result, name, "");
}

void
qs_selftest_report_line (JsonObject *result)
{
  const char *status = text_of (result, "status"), *reason = text_of (result, "reason");

  g_print ("%-8s %-34s %6d runs %8.2f s  %s%s%s\n", text_of (result, "section"),
           text_of (result, "name"), (int) json_object_get_int_member_with_default (result, "runs", 0),
           json_object_get_double_member_with_default (result, "seconds", 0.0), status,
           *reason != '\0' ? ": " : "", reason);
}

guint
qs_selftest_count (JsonArray  *results,
                   const char *section,
                   const char *status)
{
  guint n = 0;

  for (guint i = 0; i < json_array_get_length (results); i++)
    {
      JsonObject *result = json_array_get_object_element (results, i);

      n += (section == NULL || strcmp (text_of (result, "section"), section) == 0) &&
           strcmp (text_of (result, "status"), status) == 0;
    }
  return n;
}

static void
add_up (JsonArray  *results,
        const char *section,
        gint64     *runs,
        gint64     *failed,
        double     *seconds)
{
  *runs = *failed = 0;
  *seconds = 0.0;
  for (guint i = 0; i < json_array_get_length (results); i++)
    {
      JsonObject *result = json_array_get_object_element (results, i);

      if (section != NULL && strcmp (text_of (result, "section"), section) != 0)
        continue;
      *runs += json_object_get_int_member_with_default (result, "runs", 0);
      *failed += json_object_get_int_member_with_default (result, "failed", 0);
      *seconds += json_object_get_double_member_with_default (result, "seconds", 0.0);
    }
}

static void
print_row (JsonArray  *results,
           const char *title,
           const char *section)
{
  gint64 runs, failed;
  double seconds;

  add_up (results, section, &runs, &failed, &seconds);
  g_print ("%-10s %7u %8u %8u %10" G_GINT64_FORMAT " %12" G_GINT64_FORMAT " %9.1f\n", title,
           qs_selftest_count (results, section, QS_SELFTEST_PASSED),
           qs_selftest_count (results, section, QS_SELFTEST_FAILED),
           qs_selftest_count (results, section, QS_SELFTEST_SKIPPED), runs, failed, seconds);
}

static void
print_reasons (JsonArray  *results,
               const char *status)
{
  if (qs_selftest_count (results, NULL, status) == 0)
    return;
  g_print ("\n%s:\n", status);
  for (guint i = 0; i < json_array_get_length (results); i++)
    {
      JsonObject *result = json_array_get_object_element (results, i);

      if (strcmp (text_of (result, "status"), status) == 0)
        g_print ("  %s: %s\n", text_of (result, "name"), text_of (result, "reason"));
    }
}

static void
print_share (JsonObject *layer,
             const char *name)
{
  JsonNode *share = json_object_get_member (layer, name);

  if (share == NULL || JSON_NODE_HOLDS_NULL (share))
    g_print ("%11s", "");
  else
    g_print ("%9.1f %%", 100.0 * json_node_get_double (share));
}

static void
print_layer (JsonArray *array,
             guint      index,
             JsonNode  *node,
             gpointer   data)
{
  JsonObject *layer = json_node_get_object (node);

  g_print ("  %9.4f", json_object_get_double_member (layer, "ms"));
  print_share (layer, "share_of_int8_peak");
  print_share (layer, "share_of_bandwidth");
  g_print ("  %-28s %s\n", text_of (layer, "kernel"), text_of (layer, "name"));
}

static void
print_layers (JsonArray *results)
{
  for (guint i = 0; i < json_array_get_length (results); i++)
    {
      JsonObject *result = json_array_get_object_element (results, i);

      if (strcmp (text_of (result, "section"), "timings") != 0 ||
          !json_object_has_member (result, "layers"))
        continue;
      g_print ("\n%s\n  %9s%11s%11s  %-28s layer\n", text_of (result, "name"), "ms", "INT8 peak",
               "bandwidth", "kernel");
      json_array_foreach_element (json_object_get_array_member (result, "layers"), print_layer, NULL);
    }
}

void
qs_selftest_report_table (JsonArray *results)
{
  static const char *const sections[] = { "kernels", "models", "timings" };

  print_layers (results);
  g_print ("\n%-10s %7s %8s %8s %10s %12s %9s\n", "", "passed", "failed", "skipped", "runs",
           "failed runs", "seconds");
  for (guint i = 0; i < G_N_ELEMENTS (sections); i++)
    print_row (results, sections[i], sections[i]);
  print_row (results, "all", NULL);
  print_reasons (results, QS_SELFTEST_SKIPPED);
  print_reasons (results, QS_SELFTEST_FAILED);
}

gboolean
qs_selftest_report_write (JsonArray   *results,
                          const char  *device,
                          const char  *path,
                          GError     **error)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *report = json_object_new ();

  json_object_set_string_member (report, "program", "gpu-selftest " QS_VERSION);
  json_object_set_string_member (report, "device", device);
  json_object_set_int_member (report, "passed", qs_selftest_count (results, NULL, QS_SELFTEST_PASSED));
  json_object_set_int_member (report, "failed", qs_selftest_count (results, NULL, QS_SELFTEST_FAILED));
  json_object_set_int_member (report, "skipped",
                              qs_selftest_count (results, NULL, QS_SELFTEST_SKIPPED));
  json_object_set_array_member (report, "items", json_array_ref (results));
  json_node_take_object (root, report);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  return json_generator_to_file (generator, path, error);
}
