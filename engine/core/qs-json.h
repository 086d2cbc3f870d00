/* SPDX-License-Identifier: MIT */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Reading JSON that may be hostile: what is not there, or is something else, is NULL. */

JsonNode   *qs_json_parse      (const char  *text,
                                gssize       length,
                                GError     **error);
JsonArray  *qs_json_get_array  (JsonObject  *object,
                                const char  *name);
JsonObject *qs_json_get_object (JsonObject  *object,
                                const char  *name);
const char *qs_json_get_string (JsonObject  *object,
                                const char  *name);
gboolean    qs_json_get_number (JsonObject  *object,
                                const char  *name,
                                double      *value);
/* The object at @index of @array; %NULL when it is something else. */
JsonObject *qs_json_array_get_object (JsonArray *array,
                                      guint      index);
gboolean    qs_json_node_get_number  (JsonNode  *node,
                                      double    *value);
const char *qs_json_node_get_string  (JsonNode  *node);

G_END_DECLS
