/* SPDX-License-Identifier: MIT */
#include "qs-selftest-coverage.h"

#include "backends/qs-backend.h"
#include "qs-selftest-item.h"

static void
note_kernels (JsonObject *result,
              GHashTable *tried)
{
  JsonArray *kernels = json_object_has_member (result, "kernels")
                         ? json_object_get_array_member (result, "kernels") : NULL;

  for (guint i = 0; kernels != NULL && i < json_array_get_length (kernels); i++)
    g_hash_table_add (tried, (gpointer) json_array_get_string_element (kernels, i));
}

JsonObject *
qs_selftest_cover (JsonArray *results)
{
  g_autoptr (GHashTable) tried = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GString) untried = g_string_new ("no case ran");
  JsonObject *object = json_object_new ();
  guint n, n_untried = 0;
  const QsKernel *const *kernels = qs_backend_lookup ("cuda")->get_kernels (&n);

  for (guint i = 0; i < json_array_get_length (results); i++)
    note_kernels (json_array_get_object_element (results, i), tried);
  for (guint i = 0; i < n; i++)
    if (!g_hash_table_contains (tried, kernels[i]->name))
      g_string_append_printf (untried, "%s %s", n_untried++ > 0 ? "," : "", kernels[i]->name);

  json_object_set_string_member (object, "section", "kernels");
  json_object_set_string_member (object, "name", "all-kernels");
  qs_selftest_result_set (object, n_untried > 0 ? QS_SELFTEST_SKIPPED : QS_SELFTEST_PASSED,
                          n_untried > 0 ? untried->str : NULL);
  return object;
}
