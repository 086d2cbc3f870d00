/* SPDX-License-Identifier: MIT */
#include "qs-cache-format-private.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "core/qs-error.h"
#include "core/qs-json.h"

static JsonObject *
find_object (JsonNode   *root,
             const char *path)
{
  g_auto (GStrv) names = g_strsplit (path, ".", -1);
  JsonNode *node = root;

  for (guint i = 0; names[i] != NULL; i++)
    {
      if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
        return NULL;
      node = json_object_get_member (json_node_get_object (node), names[i]);
    }

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static gboolean
read_ranges (JsonObject   *object,
             QsScaleTable *scales,
             GPtrArray    *warnings,
             GError      **error)
{
  g_autoptr (GList) names = json_object_get_members (object);

  for (GList *item = names; item != NULL; item = item->next)
    {
      double range = NAN;

      qs_json_get_number (object, item->data, &range);
      if (!isfinite (range) || range < 0.0)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_DATA,
                       "the range of tensor “%s” is not a number, or negative",
                       (const char *) item->data);
          return FALSE;
        }
      qs_cache_format_set (scales, warnings, item->data, range / 127.0);
    }

  return TRUE;
}

gboolean
qs_cache_json_read (const char   *text,
                    const char   *path,
                    QsScaleTable *scales,
                    GPtrArray    *warnings,
                    GError      **error)
{
  g_autoptr (JsonNode) root = qs_json_parse (text, -1, error);
  JsonObject *object;

  if (root == NULL)
    return FALSE;

  object = find_object (root, path);
  if (object == NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "there is no object “%s”", path);
      return FALSE;
    }

  return read_ranges (object, scales, warnings, error);
}

gboolean
qs_cache_json_probe (const char *text,
                     const char *member)
{
  g_autofree char *quoted = g_strdup_printf ("\"%s\"", member);

  while (g_ascii_isspace (*text))
    text++;
  return *text == '{' && strstr (text, quoted) != NULL;
}

static void
append_string (GString    *text,
               const char *string)
{
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), string);
  g_autofree char *quoted = json_to_string (node, FALSE);

  g_string_append (text, quoted);
}

/* Written by hand so that numbers have the digits that are needed and no more. */
void
qs_cache_json_write (QsScaleTable *scales,
                     const char   *path,
                     GString      *text,
                     GPtrArray    *warnings)
{
  const char *separator = "\n";
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (text, "{\n  \"%s\": {", path);
  for (guint i = 0; i < qs_scale_table_get_n (scales); i++)
    {
      const char *name = qs_scale_table_get_name (scales, i);
      float scale = qs_scale_table_get_scale (scales, i);

      if (!isfinite (scale) || scale < 0.0f)
        {
          qs_cache_format_warn (warnings, "Tensor %s is left out: its scale is not a range.", name);
          continue;
        }

      g_string_append_printf (text, "%s    ", separator);
      append_string (text, name);
      g_string_append_printf (text, ": %s",
                              g_ascii_formatd (buffer, sizeof buffer, QS_RANGE_DIGITS,
                                               127.0 * (double) scale));
      separator = ",\n";
    }
  g_string_append (text, "\n  }\n}\n");
}
