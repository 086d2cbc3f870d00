/* SPDX-License-Identifier: MIT */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Members of the object that is open in a builder. JSON has no NaN and no infinity: they are
 * written as null. */

void     qs_cli_json_begin  (JsonBuilder  *json,
                             const char   *command,
                             const char   *path);
/* Closes the object and writes it. */
gboolean qs_cli_json_write  (JsonBuilder  *json,
                             const char   *path,
                             GError      **error);

void     qs_cli_json_text   (JsonBuilder  *json,
                             const char   *name,
                             const char   *value);
void     qs_cli_json_int    (JsonBuilder  *json,
                             const char   *name,
                             gint64        value);
void     qs_cli_json_flag   (JsonBuilder  *json,
                             const char   *name,
                             gboolean      value);
void     qs_cli_json_number (JsonBuilder  *json,
                             const char   *name,
                             double        value);
void     qs_cli_json_array  (JsonBuilder  *json,
                             const char   *name);

G_END_DECLS
