/* SPDX-License-Identifier: MIT */
#include "qs-cli-message.h"

#include <gio/gio.h>
#include <string.h>

G_DEFINE_QUARK (qs-cli-usage-error-quark, qs_cli_usage_error)

void
qs_cli_set_usage_error (GError     **error,
                        const char  *format,
                        ...)
{
  va_list args;

  va_start (args, format);
  if (error != NULL)
    *error = g_error_new_valist (QS_CLI_USAGE_ERROR, 0, format, args);
  va_end (args);
}

/**
 * qs_cli_name_file:
 * @done: whether what was done with the file at @path succeeded
 *
 * Puts @path in front of an error that does not name the file, as some of GIO's do not.
 *
 * Returns: @done
 */
gboolean
qs_cli_name_file (gboolean     done,
                  const char  *path,
                  GError     **error)
{
  g_autofree char *name = g_path_get_basename (path);

  if (!done && error != NULL && *error != NULL &&
      !g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_CANCELLED) &&
      strstr ((*error)->message, name) == NULL)
    g_prefix_error (error, "%s: ", path);
  return done;
}

void
qs_cli_warn (const char *format,
             ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);

  g_printerr ("quantoscope-cli: %s\n", message);
}
