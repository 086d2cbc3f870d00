/* SPDX-License-Identifier: MIT */
#include "qs-async-test.h"

static GAsyncResult *last_result;

void
qs_async_test_done (GObject      *object,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  last_result = g_object_ref (result);
}

GAsyncResult *
qs_async_test_wait (void)
{
  while (last_result == NULL)
    g_main_context_iteration (NULL, TRUE);

  return g_steal_pointer (&last_result);
}
