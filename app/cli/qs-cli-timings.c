/* SPDX-License-Identifier: MIT */
#include "qs-cli-timings.h"

#include "qs-cli-json.h"

gboolean
qs_cli_timings_open (QsCli          *cli,
                     QsTimingCache **timings,
                     GError        **error)
{
  g_autoptr (QsTimingCache) cache = NULL;
  g_autoptr (GFile) file = NULL;

  *timings = NULL;
  if (cli->options.timing_cache == NULL)
    return TRUE;

  cache = qs_timing_cache_new ();
  file = g_file_new_for_commandline_arg (cli->options.timing_cache);
  if (!qs_timing_cache_load (cache, file, error))
    return FALSE;

  *timings = g_steal_pointer (&cache);
  return TRUE;
}

static void
report (QsCli         *cli,
        QsTimingCache *timings)
{
  guint n = qs_timing_cache_get_n_candidates (timings);
  guint n_known = qs_timing_cache_get_n_known (timings);
  g_autofree char *place = qs_timing_cache_make_place ((guint) cli->options.threads);
  guint n_others = qs_timing_cache_count_others (timings, place);

  g_print ("Times of %u of %u candidates are from the timing cache, and %u were measured\n", n_known,
           n, n - n_known);
  if (n_others > 0)
    g_print ("%u times in the timing cache are for another processor, number of threads or version "
             "of the kernels, and were not used\n", n_others);

  json_builder_set_member_name (cli->json, "timing_cache");
  json_builder_begin_object (cli->json);
  qs_cli_json_text (cli->json, "file", cli->options.timing_cache);
  qs_cli_json_int (cli->json, "candidates", n);
  qs_cli_json_int (cli->json, "known", n_known);
  qs_cli_json_int (cli->json, "unused", n_others);
  json_builder_end_object (cli->json);
}

gboolean
qs_cli_timings_close (QsCli          *cli,
                      QsTimingCache  *timings,
                      GError        **error)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (cli->options.timing_cache);

  /* A build that times nothing has nothing to say about a cache. */
  if (qs_timing_cache_get_n_candidates (timings) == 0)
    return TRUE;

  report (cli, timings);
  return qs_timing_cache_get_n_candidates (timings) == qs_timing_cache_get_n_known (timings) ||
         qs_timing_cache_save (timings, file, error);
}
