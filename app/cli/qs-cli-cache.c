/* SPDX-License-Identifier: MIT */
#include "qs-cli-cache.h"

#include "qs-cli-json.h"

static gboolean
read_scales (QsCliCache  *self,
             GError     **error)
{
  if (self->format == NULL)
    self->format = qs_cache_format_detect (self->bytes);

  /* Without a format this is the error that says so. */
  self->scales = qs_cache_format_read (self->format, self->bytes, self->warnings, error);
  if (self->scales == NULL)
    return FALSE;

  if (self->format == qs_cache_format_lookup ("tensorrt"))
    self->cache = qs_calibration_cache_parse (self->bytes, error);
  return self->format != qs_cache_format_lookup ("tensorrt") || self->cache != NULL;
}

/**
 * qs_cli_cache_load:
 *
 * Errors: %QS_CLI_USAGE_ERROR for a `--from` that is no format; else those of the file, which
 * start with its path.
 */
QsCliCache *
qs_cli_cache_load (QsCli       *cli,
                   const char  *path,
                   GError     **error)
{
  g_autoptr (QsCliCache) self = g_new0 (QsCliCache, 1);
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);

  self->warnings = g_ptr_array_new_with_free_func (g_free);
  if (!qs_cli_options_get_format (QS_CLI_FROM, cli->options.from, &self->format, error))
    return NULL;

  self->bytes = g_file_load_bytes (file, NULL, NULL, error);
  if (self->bytes == NULL || !read_scales (self, error))
    {
      g_prefix_error (error, "%s: ", path);
      return NULL;
    }

  return g_steal_pointer (&self);
}

void
qs_cli_cache_free (QsCliCache *self)
{
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_pointer (&self->cache, qs_calibration_cache_free);
  g_clear_pointer (&self->scales, qs_scale_table_unref);
  g_ptr_array_unref (self->warnings);
  g_free (self);
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
