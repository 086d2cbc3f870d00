/* SPDX-License-Identifier: MIT */
#include "qs-timing-store.h"

#include <glib/gstdio.h>

#define FOLDER "quantoscope"
#define FILE_NAME "timings.txt"

static GFile *
get_file (void)
{
  return g_file_new_build_filename (g_get_user_cache_dir (), FOLDER, FILE_NAME, NULL);
}

/**
 * qs_timing_store_open:
 *
 * Returns: (transfer full): what is known, never %NULL
 */
QsTimingCache *
qs_timing_store_open (void)
{
  g_autoptr (GFile) file = get_file ();
  QsTimingCache *timings = qs_timing_cache_new ();
  g_autoptr (GError) error = NULL;

  if (qs_timing_cache_load (timings, file, &error))
    return timings;

  /* It is a cache, and the program's own: what can't be read is of no use to anyone. */
  g_debug ("%s", error->message);
  if (error->domain != G_IO_ERROR)
    g_file_delete (file, NULL, NULL);
  return timings;
}

/**
 * qs_timing_store_close:
 *
 * Keeps what a build has added. A cache that cannot be written costs time and nothing else.
 */
void
qs_timing_store_close (QsTimingCache *timings)
{
  g_autoptr (GFile) file = get_file ();
  g_autoptr (GFile) folder = g_file_get_parent (file);
  g_autoptr (GError) error = NULL;

  if (qs_timing_cache_get_n_candidates (timings) == qs_timing_cache_get_n_known (timings))
    return;

  g_mkdir_with_parents (g_file_peek_path (folder), 0700);
  if (!qs_timing_cache_save (timings, file, &error))
    g_debug ("%s", error->message);
}
