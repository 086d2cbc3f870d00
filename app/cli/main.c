/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "qs-cli-json.h"
#include "qs-cli-watch.h"
#include "qs-cli.h"

#define EXIT_USAGE 2
#define EXIT_INTERRUPTED 130 /* 128 + SIGINT, as shells report it */

/* In the order of the help, which is the order in which they are used. */
static const QsCliCommand *const commands[] = {
  &qs_cli_info,
  &qs_cli_devices,
  &qs_cli_run,
  &qs_cli_samples,
  &qs_cli_calibrate,
  &qs_cli_findings,
  &qs_cli_order,
  &qs_cli_build,
  &qs_cli_evaluate,
  &qs_cli_compare,
  &qs_cli_bench,
  &qs_cli_groups,
  &qs_cli_weights,
  &qs_cli_export,
  &qs_cli_refit,
  &qs_cli_lint,
  &qs_cli_cache_show,
  &qs_cli_cache_diff,
  &qs_cli_cache_convert,
  &qs_cli_cache_edit,
};

static const QsCliCommand *
find_command (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (strcmp (commands[i]->name, name) == 0)
      return commands[i];

  return NULL;
}

/* Whether @command is one of the group @name: “cache show” of “cache”. */
static gboolean
is_in_group (const QsCliCommand *command,
             const char         *name)
{
  return g_str_has_prefix (command->name, name) && command->name[strlen (name)] == ' ';
}

static gboolean
is_group (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (is_in_group (commands[i], name))
      return TRUE;

  return FALSE;
}

/* @group: (nullable): all commands when %NULL */
static void
print_commands (const char *group)
{
  g_print ("Commands:\n");
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (group == NULL || is_in_group (commands[i], group))
      g_print ("  %-13s %s\n", commands[i]->name, commands[i]->summary);
}

static void
print_usage (void)
{
  g_print ("Usage: quantoscope-cli COMMAND …\n\n"
           "Quantizes ONNX models to INT8 and explains what was done.\n\n");
  print_commands (NULL);
  g_print ("\nOptions:\n"
           "  --help     Show this, or after a command its own help\n"
           "  --version  Show the version\n");
}

static void
print_group_usage (const char *group)
{
  g_print ("Usage: quantoscope-cli %s COMMAND …\n\n", group);
  print_commands (group);
  g_print ("\nRun “quantoscope-cli %s COMMAND --help” to see how one is used.\n", group);
}

/* @command: (nullable): its name */
static int
fail_usage (const char *command,
            const char *message)
{
  g_printerr ("quantoscope-cli: %s\n", message);
  if (command != NULL)
    g_printerr ("Run “quantoscope-cli %s --help” to see how it is used.\n", command);
  else
    g_printerr ("Run “quantoscope-cli --help” to see the commands.\n");

  return EXIT_USAGE;
}

static int
fail (const QsCliCommand *command,
      const GError       *error)
{
  if (error->domain == QS_CLI_USAGE_ERROR)
    return fail_usage (command->name, error->message);

  g_printerr ("quantoscope-cli: %s\n", error->message);
  if (error->domain == QS_DEVICE_ERROR)
    g_printerr ("With “--device auto” the program goes on on the CPU, and “--device cpu” works there "
                "from the start.\n");
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return EXIT_INTERRUPTED;

  return EXIT_FAILURE;
}

/* What is left of @args beside the program's name. */
static gboolean
take_arguments (QsCli    *self,
                char    **args,
                GError  **error)
{
  guint n = self->command->takes_two ? 2 : self->command->argument != NULL ? 1 : 0;

  if (g_strv_length (args) != n + 1 && n == 0)
    {
      qs_cli_set_usage_error (error, "“%s” takes no argument", self->command->name);
      return FALSE;
    }
  if (g_strv_length (args) != n + 1)
    {
      qs_cli_set_usage_error (error, "“%s” takes %s, %s", self->command->name,
                              n == 2 ? "two arguments" : "one argument", self->command->argument);
      return FALSE;
    }

  self->path = n > 0 ? g_strdup (args[1]) : NULL;
  self->other = n > 1 ? g_strdup (args[2]) : NULL;
  return TRUE;
}

/* Takes the options out of @args, and then the arguments. */
static gboolean
parse (QsCli    *self,
       char   ***args,
       GError  **error)
{
  g_autofree char *program = g_strdup_printf ("quantoscope-cli %s", self->command->name);
  g_autoptr (GOptionContext) context = g_option_context_new (self->command->argument);
  g_autofree GOptionEntry *entries =
    qs_cli_options_make_entries (&self->options, self->command->options);
  g_autoptr (GError) local = NULL;

  g_set_prgname (program); /* what the help calls the program */
  g_option_context_set_summary (context, self->command->description);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse_strv (context, args, &local))
    {
      qs_cli_set_usage_error (error, "%s", local->message);
      return FALSE;
    }

  return take_arguments (self, *args, error) &&
         qs_cli_options_check (&self->options, self->command->required, error);
}

/* All of it again on the CPU when the device fails, if the person left the choice to the program. */
static gboolean
run_somewhere (QsCli   *self,
               GError **error)
{
  g_autoptr (GError) local = NULL;

  qs_cli_json_begin (self->json, self->command->name, self->path);
  if (self->command->run (self, &local))
    return TRUE;
  if (local->domain != QS_DEVICE_ERROR || !qs_cli_options_leave_device (&self->options))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }

  qs_cli_warn ("%s; starting again on the CPU", local->message);
  g_object_unref (self->json);
  self->json = json_builder_new ();
  qs_cli_json_begin (self->json, self->command->name, self->path);
  return self->command->run (self, error);
}

static gboolean
execute (QsCli   *self,
         GError **error)
{
  gboolean done;

  qs_cli_watch_start (self->progress);
  done = run_somewhere (self, error);
  qs_cli_watch_stop ();

  return done && (self->options.json == NULL ||
                  qs_cli_json_write (self->json, self->options.json, error));
}

static int
run_command (const QsCliCommand   *command,
             char               ***args)
{
  QsCli self = { .command = command };
  g_autoptr (GError) error = NULL;
  int status;

  qs_cli_options_init (&self.options);
  self.progress = qs_progress_new ();
  self.json = json_builder_new ();
  if (parse (&self, args, &error) && execute (&self, &error))
    status = self.status;
  else
    status = fail (command, error);

  g_object_unref (self.json);
  g_object_unref (self.progress);
  qs_cli_options_clear (&self.options);
  g_free (self.path);
  g_free (self.other);
  return status;
}

/* `help COMMAND` is `COMMAND --help`. */
static void
rewrite_help (char **args)
{
  g_free (args[1]);
  for (; args[2] != NULL; args++)
    args[1] = args[2];
  args[1] = g_strdup ("--help");
}

/* Makes one word of the two of a command in a group, as it is in the table. */
static void
join_command_name (char **args)
{
  char *name = g_strdup_printf ("%s %s", args[1], args[2]);

  g_free (args[1]);
  g_free (args[2]);
  for (args[1] = name; args[2] != NULL; args++)
    args[2] = args[3];
}

/* The arguments as the option parser wants them: without the command's name. */
static char **
drop_command_name (char **args)
{
  char **rest = g_new0 (char *, g_strv_length (args));

  rest[0] = g_strdup (args[0]);
  for (guint i = 2; args[i] != NULL; i++)
    rest[i - 1] = g_strdup (args[i]);

  return rest;
}

static gboolean
is_any (const char *word,
        const char *a,
        const char *b)
{
  return strcmp (word, a) == 0 || strcmp (word, b) == 0;
}

/* For a group without one of its commands behind it. */
static int
dispatch_group (const char *group,
                const char *option)
{
  g_autofree char *message = NULL;

  if (option != NULL && is_any (option, "--help", "-h"))
    return print_group_usage (group), EXIT_SUCCESS;

  message = g_strdup_printf ("“%s” needs to know what to do", group);
  return fail_usage (group, message);
}

static int
dispatch (char **args)
{
  const QsCliCommand *command;
  g_auto (GStrv) rest = NULL;

  if (args[0] == NULL || args[1] == NULL)
    return fail_usage (NULL, "a command is needed");

  if (strcmp (args[1], "help") == 0 && args[2] != NULL)
    rewrite_help (args);
  if (is_any (args[1], "--help", "-h") || strcmp (args[1], "help") == 0)
    return print_usage (), EXIT_SUCCESS;
  if (strcmp (args[1], "--version") == 0)
    return g_print ("quantoscope-cli %s\n", QS_VERSION), EXIT_SUCCESS;

  if (is_group (args[1]) && (args[2] == NULL || args[2][0] == '-'))
    return dispatch_group (args[1], args[2]);
  if (is_group (args[1]))
    join_command_name (args);

  command = find_command (args[1]);
  if (command == NULL)
    {
      g_autofree char *message = g_strdup_printf ("there is no command “%s”", args[1]);

      return fail_usage (NULL, message);
    }

  rest = drop_command_name (args);
  return run_command (command, &rest);
}

int
main (int    argc,
      char **argv)
{
  g_auto (GStrv) args = g_strdupv (argv);

  setlocale (LC_ALL, "");
  /* Numbers look the same everywhere, for whoever reads them with a program. */
  setlocale (LC_NUMERIC, "C");
  g_set_prgname ("quantoscope-cli");
  qs_cli_watch_install ();

  return dispatch (args);
}
