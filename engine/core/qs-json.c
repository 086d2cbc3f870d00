/* SPDX-License-Identifier: MIT */
#include "qs-json.h"

#include <string.h>

#include "qs-error.h"

/* The parser calls itself for each level. */
#define MAX_DEPTH 64

static gboolean
is_shallow (const char *text,
            gsize       length)
{
  const char *end = text + length;
  gboolean in_string = FALSE;
  int depth = 0;

  for (const char *at = text; at < end; at++)
    {
      if (in_string && *at == '\\' && at + 1 < end)
        at++;
      else if (*at == '"')
        in_string = !in_string;
      else if (!in_string && (*at == '{' || *at == '['))
        depth++;
      else if (!in_string && (*at == '}' || *at == ']'))
        depth--;

      if (depth > MAX_DEPTH)
        return FALSE;
    }

  return TRUE;
}

/**
 * qs_json_parse:
 * @length: bytes of @text, -1 when it ends with a NUL
 *
 * Parses a JSON text of at most 64 levels: json-glib's parser calls itself for every level, and a
 * text of nothing but brackets would use up the stack.
 *
 * Errors: %QS_ERROR_LIMIT when it is nested too deeply, %QS_ERROR_MALFORMED when it isn't JSON.
 *
 * Returns: (transfer full)
 */
JsonNode *
qs_json_parse (const char *text,
               gssize      length,
               GError    **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) local = NULL;
  gsize size = length < 0 ? strlen (text) : (gsize) length;

  if (!is_shallow (text, size))
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_LIMIT, "the JSON text is nested too deeply");
      return NULL;
    }
  if (!g_utf8_validate (text, (gssize) size, NULL))
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_MALFORMED,
                           "this is not JSON: the text is not UTF-8");
      return NULL;
    }
  if (!json_parser_load_from_data (parser, text, (gssize) size, &local) ||
      json_parser_get_root (parser) == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "this is not JSON: %s",
                   local != NULL ? local->message : "it is empty");
      return NULL;
    }

  return json_parser_steal_root (parser);
}

JsonArray *
qs_json_get_array (JsonObject *object,
                   const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

JsonObject *
qs_json_get_object (JsonObject *object,
                    const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

const char *
qs_json_node_get_string (JsonNode *node)
{
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
             json_node_get_value_type (node) == G_TYPE_STRING
           ? json_node_get_string (node)
           : NULL;
}

const char *
qs_json_get_string (JsonObject *object,
                    const char *name)
{
  return qs_json_node_get_string (json_object_get_member (object, name));
}

gboolean
qs_json_node_get_number (JsonNode *node,
                         double   *value)
{
  GType type = node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node)
                                                            : G_TYPE_INVALID;

  if (type != G_TYPE_DOUBLE && type != G_TYPE_INT64)
    return FALSE;

  *value = json_node_get_double (node);
  return TRUE;
}

gboolean
qs_json_get_number (JsonObject *object,
                    const char *name,
                    double     *value)
{
  return qs_json_node_get_number (json_object_get_member (object, name), value);
}

JsonObject *
qs_json_array_get_object (JsonArray *array,
                          guint      index)
{
  JsonNode *node = index < json_array_get_length (array) ? json_array_get_element (array, index)
                                                         : NULL;

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}
