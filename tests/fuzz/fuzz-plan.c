/* SPDX-License-Identifier: MIT */
/* Reading an engine plan. The first 4096 bytes of the file are enough to find its kind. */
#include <glib/gstdio.h>
#include <unistd.h>

#include "builder/qs-engine.h"
#include "qs-fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autofree char *path = g_strdup_printf ("%s/qs-fuzz-%d.plan", g_get_tmp_dir (), (int) getpid ());
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (QsEngine) engine = NULL;

  if (g_file_set_contents (path, (const char *) data, (gssize) size, NULL))
    engine = qs_engine_load (file, NULL);
  g_unlink (path);
  return 0;
}
