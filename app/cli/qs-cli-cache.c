/* SPDX-License-Identifier: MIT */
#include "qs-cli-cache.h"

#include "qs-cli-json.h"

/**
 * qs_cli_cache_load:
 *
 * Errors: %QS_CLI_USAGE_ERROR for a `--from` that is no format; else those of the file, which
 * start with its path.
 */
QsScaleFile *
qs_cli_cache_load (QsCli       *cli,
                   const char  *path,
                   GError     **error)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);
  g_autoptr (GBytes) bytes = NULL;
  const QsCacheFormat *format;
  QsScaleFile *self = NULL;

  if (!qs_cli_options_get_format (QS_CLI_FROM, cli->options.from, &format, error))
    return NULL;

  bytes = g_file_load_bytes (file, NULL, NULL, error);
  if (bytes != NULL)
    self = qs_scale_file_new (bytes, format, error);
  if (self == NULL)
    g_prefix_error (error, "%s: ", path);
  return self;
}

gboolean
qs_cli_cache_write (const char  *path,
                    GBytes      *bytes,
                    GError     **error)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);

  if (g_file_replace_contents (file, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                               NULL, FALSE, G_FILE_CREATE_NONE, NULL, NULL, error))
    return TRUE;

  g_prefix_error (error, "%s: ", path);
  return FALSE;
}

void
qs_cli_cache_warn (const char *path,
                   GPtrArray  *warnings)
{
  for (guint i = 0; i < warnings->len; i++)
    qs_cli_warn ("%s: %s", path, (const char *) g_ptr_array_index (warnings, i));
}

void
qs_cli_cache_print_names (const char *title,
                          GPtrArray  *names)
{
  if (names->len == 0)
    return;

  g_print ("\n%s (%u):\n", title, names->len);
  for (guint i = 0; i < names->len; i++)
    g_print ("  %s\n", (const char *) g_ptr_array_index (names, i));
}

void
qs_cli_cache_add_names (JsonBuilder *json,
                        const char  *member,
                        GPtrArray   *names)
{
  qs_cli_json_array (json, member);
  for (guint i = 0; i < names->len; i++)
    json_builder_add_string_value (json, g_ptr_array_index (names, i));
  json_builder_end_array (json);
}
