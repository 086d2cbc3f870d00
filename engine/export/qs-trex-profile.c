/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "core/qs-error.h"
#include "core/qs-json.h"
#include "qs-trex-graph.h"

/*
 * The profile JSON: a list of { "count": runs } and, for every layer, { "name", "timeMs" (all runs
 * together), "averageMs", "medianMs" (from TensorRT 8.4 on), "percentage" (of the time of all) }.
 */

static double
read_ms (JsonObject *object)
{
  double ms;

  if ((qs_json_get_number (object, "medianMs", &ms) ||
       qs_json_get_number (object, "averageMs", &ms)) &&
      isfinite (ms) && ms >= 0.0)
    return ms;

  return -1.0;
}

static void
free_time (gpointer data)
{
  g_free (data);
}

/* (element-type utf8 double) */
static GHashTable *
read_times (JsonArray *array)
{
  GHashTable *times = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_time);

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonObject *object = qs_json_array_get_object (array, i);
      const char *name = object == NULL ? NULL : qs_json_get_string (object, "name");
      double ms = name == NULL ? -1.0 : read_ms (object);

      if (ms >= 0.0)
        g_hash_table_insert (times, g_strdup (name), g_memdup2 (&ms, sizeof ms));
    }

  return times;
}

static guint
apply_times (QsTrexGraph *self,
             GHashTable  *times)
{
  guint n = 0;

  for (guint i = 0; i < self->layers->len; i++)
    {
      QsTrexLayer *layer = g_ptr_array_index (self->layers, i);
      const double *ms = g_hash_table_lookup (times, layer->name);

      if (ms == NULL)
        continue;
      layer->ms = *ms;
      n++;
    }

  return n;
}

gboolean
qs_trex_profile_apply (QsTrexGraph *self,
                       GFile       *file,
                       GError     **error)
{
  g_autofree char *name = g_file_get_basename (file);
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GHashTable) times = NULL;
  gsize length;

  if (!g_file_load_contents (file, NULL, &text, &length, NULL, error) ||
      (root = qs_json_parse (text, (gssize) length, error)) == NULL)
    {
      g_prefix_error (error, "%s: ", name);
      return FALSE;
    }
  if (!JSON_NODE_HOLDS_ARRAY (root))
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "%s: this is not a profile: it is no list",
                   name);
      return FALSE;
    }

  times = read_times (json_node_get_array (root));
  if (apply_times (self, times) > 0)
    return TRUE;

  g_set_error (error, QS_ERROR, QS_ERROR_MISMATCH,
               "%s: none of its layers is in %s, so it belongs to another engine", name,
               self->name);
  return FALSE;
}
