/* SPDX-License-Identifier: MIT */
#include "qs-dynamic-ranges-file.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "core/qs-error.h"
#include "core/qs-json.h"
#include "formats/qs-cache-format.h"

#define FORMAT "quantoscope-ranges"
#define VERSION 1

static void
append_number (JsonBuilder *builder,
               const char  *name,
               double       value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_double_value (builder, value);
}

GBytes *
qs_dynamic_ranges_write (QsDynamicRanges *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new_immutable ();
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;
  char *text;
  gsize size;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "format");
  json_builder_add_string_value (builder, FORMAT);
  json_builder_set_member_name (builder, "version");
  json_builder_add_int_value (builder, VERSION);
  json_builder_set_member_name (builder, "ranges");
  json_builder_begin_array (builder);
  for (guint i = 0; i < qs_dynamic_ranges_get_n (self); i++)
    {
      json_builder_begin_object (builder);
      json_builder_set_member_name (builder, "tensor");
      json_builder_add_string_value (builder, qs_dynamic_ranges_get_name (self, i));
      append_number (builder, "min", qs_dynamic_ranges_get (self, i)->min);
      append_number (builder, "max", qs_dynamic_ranges_get (self, i)->max);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);

  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  text = json_generator_to_data (generator, &size);
  return g_bytes_new_take (text, size);
}

gboolean
qs_dynamic_ranges_probe (GBytes *bytes)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  return size > 0 && g_strstr_len (data, (gssize) size, "\"" FORMAT "\"") != NULL;
}

static gboolean
read_entry (QsDynamicRanges  *self,
            JsonObject       *object,
            guint             index,
            GError          **error)
{
  const char *name = object != NULL ? qs_json_get_string (object, "tensor") : NULL;
  QsDynamicRange range = { (double) NAN, (double) NAN };

  if (name == NULL || name[0] == '\0')
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "range %u does not name its tensor",
                   index + 1);
      return FALSE;
    }
  if (qs_dynamic_ranges_lookup (self, name) != NULL)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED, "tensor “%s” has two ranges", name);
      return FALSE;
    }

  /* What is not there stays NaN, and the check of the range speaks of it. */
  qs_json_get_number (object, "min", &range.min);
  qs_json_get_number (object, "max", &range.max);
  return qs_dynamic_ranges_set (self, name, &range, error);
}

static QsDynamicRanges *
read_json (const char  *text,
           gsize        size,
           GError     **error)
{
  g_autoptr (JsonNode) root = qs_json_parse (text, (gssize) size, error);
  g_autoptr (QsDynamicRanges) self = qs_dynamic_ranges_new ();
  JsonObject *object;
  JsonArray *array;
  double version = 0.0;

  if (root == NULL)
    return NULL;

  object = JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  array = object != NULL ? qs_json_get_array (object, "ranges") : NULL;
  if (array == NULL || g_strcmp0 (qs_json_get_string (object, "format"), FORMAT) != 0)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_MALFORMED, "there is no list “ranges”");
      return NULL;
    }
  if (!qs_json_get_number (object, "version", &version) || version != VERSION)
    {
      g_set_error (error, QS_ERROR, QS_ERROR_VERSION,
                   "the ranges have format version %g, and only %d can be read", version, VERSION);
      return NULL;
    }

  for (guint i = 0; i < json_array_get_length (array); i++)
    if (!read_entry (self, qs_json_array_get_object (array, i), i, error))
      return NULL;

  return g_steal_pointer (&self);
}

/* Every scale of a cache is a symmetric range. */
static QsDynamicRanges *
read_cache (GBytes  *bytes,
            GError **error)
{
  g_autoptr (QsScaleTable) scales = qs_cache_format_read (NULL, bytes, NULL, error);
  g_autoptr (QsDynamicRanges) self = qs_dynamic_ranges_new ();

  for (guint i = 0; scales != NULL && i < qs_scale_table_get_n (scales); i++)
    {
      double end = 127.0 * (double) qs_scale_table_get_scale (scales, i);
      QsDynamicRange range = { -end, end };

      if (!qs_dynamic_ranges_set (self, qs_scale_table_get_name (scales, i), &range, error))
        return NULL;
    }

  return scales != NULL ? g_steal_pointer (&self) : NULL;
}

/**
 * qs_dynamic_ranges_read:
 *
 * Errors: %QS_ERROR_MALFORMED, %QS_ERROR_VERSION, %QS_ERROR_LIMIT, and %QS_ERROR_DATA for a range
 * that is not possible, naming its tensor.
 */
QsDynamicRanges *
qs_dynamic_ranges_read (GBytes  *bytes,
                        GError **error)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  return qs_dynamic_ranges_probe (bytes) ? read_json (data, size, error)
                                         : read_cache (bytes, error);
}

static GBytes *
write_text (QsDynamicRanges *self)
{
  g_autoptr (QsScaleTable) scales = qs_scale_table_new ();

  for (guint i = 0; i < qs_dynamic_ranges_get_n (self); i++)
    qs_scale_table_set (scales, qs_dynamic_ranges_get_name (self, i),
                        qs_dynamic_range_get_scale (qs_dynamic_ranges_get (self, i)));

  return qs_cache_format_write (qs_cache_format_lookup ("int8api"), scales, NULL);
}

gboolean
qs_dynamic_ranges_save (QsDynamicRanges  *self,
                        GFile            *file,
                        GError          **error)
{
  g_autofree char *name = g_file_get_basename (file);
  g_autoptr (GBytes) bytes =
    name != NULL && g_str_has_suffix (name, ".txt") ? write_text (self)
                                                    : qs_dynamic_ranges_write (self);

  return g_file_replace_contents (file, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                                  NULL, FALSE, G_FILE_CREATE_NONE, NULL, NULL, error);
}

QsDynamicRanges *
qs_dynamic_ranges_load (GFile   *file,
                        GError **error)
{
  g_autoptr (GBytes) bytes = g_file_load_bytes (file, NULL, NULL, error);
  g_autofree char *name = g_file_get_basename (file);
  QsDynamicRanges *self;

  if (bytes == NULL)
    return NULL;

  self = qs_dynamic_ranges_read (bytes, error);
  if (self == NULL)
    g_prefix_error (error, "%s: ", name);
  return self;
}
