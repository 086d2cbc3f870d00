/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "backends/qs-backend.h"
#include "qs-selftest-coverage.h"
#include "qs-selftest-driver.h"
#include "qs-selftest-item.h"
#include "qs-selftest-process.h"
#include "qs-selftest-report.h"

/*
 * Everything that can be said of the CUDA backend on the machine it runs on (docs/cuda.md).
 */

#define SKIPPED 77

typedef struct
{
  QsSelfTestOptions options;
  gboolean list;
  gboolean no_timings;
  gboolean in_process;
  char *filter;
  char *only;
  char *json;
} Program;

/* Beside the program, where bundle.sh puts them, or where the tests have them. */
static char *
find_data (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = program != NULL ? g_path_get_dirname (program) : g_strdup (".");
  g_autofree char *samples = g_build_filename (folder, "samples", NULL);

  if (g_file_test (samples, G_FILE_TEST_IS_DIR) || g_getenv ("QS_TEST_DATA") == NULL)
    return g_steal_pointer (&samples);
  return g_strdup (g_getenv ("QS_TEST_DATA"));
}

static gboolean
parse (Program   *self,
       int       *argc,
       char    ***argv,
       GError   **error)
{
  gint64 seed = 0;
  int n_cases = 60, n_runs = 50;
  const GOptionEntry entries[] = {
    { "list", 'l', 0, G_OPTION_ARG_NONE, &self->list, "List what would run", NULL },
    { "filter", 'f', 0, G_OPTION_ARG_STRING, &self->filter,
      "Only what has this in its section and name, such as kernels/convolution", "TEXT" },
    { "no-timings", 0, 0, G_OPTION_ARG_NONE, &self->no_timings, "Time nothing", NULL },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &seed, "Other random layers (default 0)", "N" },
    { "cases", 0, 0, G_OPTION_ARG_INT, &n_cases, "Layers of each group and type (default 60)", "N" },
    { "runs", 0, 0, G_OPTION_ARG_INT, &n_runs, "Timed runs of each model (default 50)", "N" },
    { "data", 0, 0, G_OPTION_ARG_FILENAME, &self->options.data, "Folder of the sample models",
      "FOLDER" },
    { "json", 0, 0, G_OPTION_ARG_FILENAME, &self->json, "Write the report here, too", "FILE" },
    { "in-process", 0, 0, G_OPTION_ARG_NONE, &self->in_process,
      "Run everything in one process, for a debugger", NULL },
    { "only", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &self->only, NULL, NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->options.models, NULL,
      "[MODEL…]" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context,
    "Compares every CUDA kernel with the reference kernels and whole models with the CPU, then times\n"
    "the models given. Ends with 0 when all is well, with 1 when something failed, and with 77 when\n"
    "there is no device.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  self->options.seed = (guint64) seed;
  self->options.n_cases = (guint) CLAMP (n_cases, 1, 100000);
  self->options.n_runs = (guint) CLAMP (n_runs, 1, 100000);
  self->options.timings = !self->no_timings;
  if (self->options.data == NULL)
    self->options.data = find_data ();
  return TRUE;
}

static gboolean
is_wanted (const Program        *self,
           const QsSelfTestItem *item)
{
  g_autofree char *path = g_strdup_printf ("%s/%s", item->section, item->name);

  return self->filter == NULL || strstr (path, self->filter) != NULL;
}

static void
list (const Program *self,
      GPtrArray     *items)
{
  for (guint i = 0; i < items->len; i++)
    {
      const QsSelfTestItem *item = g_ptr_array_index (items, i);

      if (is_wanted (self, item))
        g_print ("%s/%s\n", item->section, item->name);
    }
}

static int
run_only (const Program *self,
          GPtrArray     *items)
{
  for (guint i = 0; i < items->len; i++)
    {
      const QsSelfTestItem *item = g_ptr_array_index (items, i);
      g_autoptr (JsonObject) result = NULL;

      if (strcmp (item->name, self->only) != 0)
        continue;
      result = qs_selftest_run_here (item, &self->options);
      qs_selftest_print_result (result);
      return EXIT_SUCCESS;
    }
  g_printerr ("There is no “%s”; --list tells what there is.\n", self->only);
  return EXIT_FAILURE;
}

static JsonArray *
run_all (const Program *self,
         const char    *program,
         GPtrArray     *items)
{
  JsonArray *results = json_array_new ();

  for (guint i = 0; i < items->len; i++)
    {
      const QsSelfTestItem *item = g_ptr_array_index (items, i);
      JsonObject *result;

      if (!is_wanted (self, item))
        continue;
      result = self->in_process
                 ? qs_selftest_run_here (item, &self->options)
                 : qs_selftest_run_in_process (program, item, &self->options);
      qs_selftest_report_line (result);
      json_array_add_object_element (results, result);
    }
  /* What was left out on purpose needs no reason. */
  if (self->filter == NULL)
    json_array_add_object_element (results, qs_selftest_cover (results));
  return results;
}

static int
report (const Program *self,
        const char    *device,
        JsonArray     *results)
{
  g_autoptr (GError) error = NULL;

  if (json_array_get_length (results) == 0)
    {
      g_printerr ("Nothing has “%s” in its name; --list tells what there is.\n", self->filter);
      return EXIT_FAILURE;
    }
  qs_selftest_report_table (results);
  if (self->json != NULL && !qs_selftest_report_write (results, device, self->json, &error))
    {
      g_printerr ("%s: %s\n", self->json, error->message);
      return EXIT_FAILURE;
    }
  return qs_selftest_count (results, NULL, QS_SELFTEST_FAILED) > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int
run (const Program *self,
     const char    *program)
{
  const QsBackend *backend = qs_backend_lookup ("cuda");
  g_autoptr (GPtrArray) items = qs_selftest_items_new (&self->options);
  g_autoptr (JsonArray) results = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *device = NULL;

  if (self->list)
    return list (self, items), EXIT_SUCCESS;
  if (backend->get_device (&error) == NULL)
    {
      g_print ("Skipped, because no CUDA device can be used: %s\n", error->message);
      return SKIPPED;
    }
  if (self->only != NULL)
    return run_only (self, items);
  device = backend->get_device_key ();
  g_print ("%s\n\n", device);
  results = run_all (self, program, items);
  return report (self, device, results);
}

int
main (int   argc,
      char *argv[])
{
  Program self = { 0 };
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr (GError) error = NULL;
  int status = EXIT_FAILURE;

  setlocale (LC_ALL, "");
  if (parse (&self, &argc, &argv, &error))
    {
      qs_selftest_choose_driver ();
      status = run (&self, program != NULL ? program : argv[0]);
    }
  else
    g_printerr ("%s\n", error->message);

  g_strfreev (self.options.models);
  g_free (self.options.data);
  g_free (self.filter);
  g_free (self.only);
  g_free (self.json);
  return status;
}
