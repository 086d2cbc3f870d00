/* SPDX-License-Identifier: MIT */
#include "qs-selftest-process.h"

#include <gio/gio.h>

/* The slowest item, a large model, takes a minute. */
#define MAX_SECONDS 900

typedef struct
{
  GMainLoop *loop;
  GSubprocess *process;
  char *output;
  char *messages;
  gboolean too_long;
} Run;

JsonObject *
qs_selftest_run_here (const QsSelfTestItem    *item,
                      const QsSelfTestOptions *options)
{
  JsonObject *result = json_object_new ();
  const gint64 start = g_get_monotonic_time ();

  json_object_set_string_member (result, "section", item->section);
  json_object_set_string_member (result, "name", item->name);
  item->run (item, options, result);
  json_object_set_double_member (result, "seconds",
                                 (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC);
  return result;
}

void
qs_selftest_print_result (JsonObject *result)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *text = NULL;

  json_node_set_object (node, result);
  text = json_to_string (node, FALSE);
  g_print ("%s\n", text);
}

static GSubprocess *
start (const char               *program,
       const QsSelfTestItem     *item,
       const QsSelfTestOptions  *options,
       GError                  **error)
{
  g_autoptr (GPtrArray) args = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (args, g_strdup (program));
  g_ptr_array_add (args, g_strdup_printf ("--only=%s", item->name));
  g_ptr_array_add (args, g_strdup_printf ("--seed=%" G_GUINT64_FORMAT, options->seed));
  g_ptr_array_add (args, g_strdup_printf ("--cases=%u", options->n_cases));
  g_ptr_array_add (args, g_strdup_printf ("--runs=%u", options->n_runs));
  if (options->data != NULL)
    g_ptr_array_add (args, g_strdup_printf ("--data=%s", options->data));
  g_ptr_array_add (args, g_strdup ("--"));
  for (char **model = options->models; model != NULL && *model != NULL; model++)
    g_ptr_array_add (args, g_strdup (*model));
  g_ptr_array_add (args, NULL);
  return g_subprocess_newv ((const char *const *) args->pdata,
                            G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, error);
}

static void
on_ended (GObject      *process,
          GAsyncResult *result,
          gpointer      data)
{
  Run *run = data;

  g_subprocess_communicate_utf8_finish (run->process, result, &run->output, &run->messages, NULL);
  g_main_loop_quit (run->loop);
}

static gboolean
on_too_long (gpointer data)
{
  Run *run = data;

  run->too_long = TRUE;
  g_subprocess_force_exit (run->process);
  return G_SOURCE_REMOVE;
}

static void
wait_for (Run *run)
{
  guint source = g_timeout_add_seconds (MAX_SECONDS, on_too_long, run);

  run->loop = g_main_loop_new (NULL, FALSE);
  g_subprocess_communicate_utf8_async (run->process, NULL, NULL, on_ended, run);
  g_main_loop_run (run->loop);
  g_main_loop_unref (run->loop);
  if (!run->too_long)
    g_source_remove (source);
}

static JsonObject *
read_result (const Run *run)
{
  g_autoptr (JsonNode) node = NULL;

  if (run->output == NULL || !g_subprocess_get_successful (run->process))
    return NULL;
  node = json_from_string (run->output, NULL);
  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_dup_object (node) : NULL;
}

/* The last thing it said is usually why. */
static char *
describe_end (const Run *run)
{
  g_auto (GStrv) lines = NULL;
  const char *last = "it said nothing";

  if (run->too_long)
    return g_strdup_printf ("it had not ended after %d seconds", MAX_SECONDS);
  if (run->messages != NULL)
    lines = g_strsplit (run->messages, "\n", -1);
  for (char **line = lines; line != NULL && *line != NULL; line++)
    if (**line != '\0')
      last = *line;
  if (g_subprocess_get_if_signaled (run->process))
    return g_strdup_printf ("the process ended with signal %d: %s",
                            g_subprocess_get_term_sig (run->process), last);
  return g_strdup_printf ("the process ended with status %d: %s",
                          g_subprocess_get_exit_status (run->process), last);
}

static JsonObject *
make_failure (const QsSelfTestItem *item,
              const char           *reason,
              double                seconds)
{
  JsonObject *result = json_object_new ();

  json_object_set_string_member (result, "section", item->section);
  json_object_set_string_member (result, "name", item->name);
  json_object_set_double_member (result, "seconds", seconds);
  qs_selftest_result_set (result, QS_SELFTEST_FAILED, reason);
  return result;
}

JsonObject *
qs_selftest_run_in_process (const char              *program,
                            const QsSelfTestItem    *item,
                            const QsSelfTestOptions *options)
{
  const gint64 began = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;
  Run run = { .process = start (program, item, options, &error) };
  JsonObject *result;

  if (run.process == NULL)
    return make_failure (item, error->message, 0.0);
  wait_for (&run);
  result = read_result (&run);
  if (result == NULL)
    {
      g_autofree char *reason = describe_end (&run);

      result = make_failure (item, reason,
                             (double) (g_get_monotonic_time () - began) / G_USEC_PER_SEC);
    }
  g_object_unref (run.process);
  g_free (run.output);
  g_free (run.messages);
  return result;
}
