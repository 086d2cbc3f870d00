/* SPDX-License-Identifier: MIT */
#include "qs-engine-private.h"

#include "core/qs-error.h"

gboolean
qs_engine_save (QsEngine  *self,
                GFile     *file,
                GError   **error)
{
  g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "plans cannot be saved yet");
  return FALSE;
}

QsEngine *
qs_engine_load (GFile   *file,
                GError **error)
{
  g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED, "plans cannot be loaded yet");
  return NULL;
}

gboolean
qs_engine_probe (GBytes *head)
{
  return FALSE;
}
