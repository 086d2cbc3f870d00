/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-cli-json.h"

#include <gio/gio.h>
#include <math.h>

#include "qs-cli-message.h"

void
qs_cli_json_begin (JsonBuilder *json,
                   const char  *command,
                   const char  *path)
{
  json_builder_begin_object (json);
  qs_cli_json_text (json, "program", "quantoscope-cli " QS_VERSION);
  qs_cli_json_text (json, "command", command);
  qs_cli_json_text (json, "file", path);
}

gboolean
qs_cli_json_write (JsonBuilder  *json,
                   const char   *path,
                   GError      **error)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);
  gsize length;

  json_builder_end_object (json);
  root = json_builder_get_root (json);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  text = json_generator_to_data (generator, &length);
  text[length] = '\n'; /* the file's last line is a line; the NUL is not written */

  return qs_cli_name_file (g_file_replace_contents (file, text, length + 1, NULL, FALSE,
                                                    G_FILE_CREATE_NONE, NULL, NULL, error),
                           path, error);
}

/* File names need not be UTF-8, JSON must be. */
void
qs_cli_json_text (JsonBuilder *json,
                  const char  *name,
                  const char  *value)
{
  json_builder_set_member_name (json, name);
  if (value == NULL)
    json_builder_add_null_value (json);
  else
    {
      g_autofree char *valid = g_utf8_make_valid (value, -1);

      json_builder_add_string_value (json, valid);
    }
}

void
qs_cli_json_int (JsonBuilder *json,
                 const char  *name,
                 gint64       value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_int_value (json, value);
}

void
qs_cli_json_number (JsonBuilder *json,
                    const char  *name,
                    double       value)
{
  json_builder_set_member_name (json, name);
  if (isfinite (value))
    json_builder_add_double_value (json, value);
  else
    json_builder_add_null_value (json);
}

void
qs_cli_json_array (JsonBuilder *json,
                   const char  *name)
{
  json_builder_set_member_name (json, name);
  json_builder_begin_array (json);
}

void
qs_cli_json_flag (JsonBuilder *json,
                  const char  *name,
                  gboolean     value)
{
  json_builder_set_member_name (json, name);
  json_builder_add_boolean_value (json, value);
}
