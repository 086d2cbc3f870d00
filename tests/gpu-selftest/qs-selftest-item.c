/* SPDX-License-Identifier: MIT */
#include "qs-selftest-item.h"

static void
item_free (gpointer data)
{
  QsSelfTestItem *self = data;

  g_free (self->name);
  g_free (self->path);
  g_free (self);
}

GPtrArray *
qs_selftest_items_new (const QsSelfTestOptions *options)
{
  GPtrArray *items = g_ptr_array_new_with_free_func (item_free);

  qs_selftest_add_kernels (items, options);
  qs_selftest_add_models (items, options);
  qs_selftest_add_timings (items, options);
  return items;
}

void
qs_selftest_result_set (JsonObject *result,
                        const char *status,
                        const char *reason)
{
  json_object_set_string_member (result, "status", status);
  if (reason != NULL)
    json_object_set_string_member (result, "reason", reason);
}
