/* SPDX-License-Identifier: MIT */
#include "qs-cache-format-private.h"

#include <string.h>

#include "core/qs-error.h"

#define MAX_SIZE (64 * 1024 * 1024)
#define MAX_WARNINGS 100

#define FORMAT_ROW(x) &qs_cache_format_##x,

static const QsCacheFormat *const formats[] = { QS_CACHE_FORMATS (FORMAT_ROW) };

guint
qs_cache_format_get_n (void)
{
  return G_N_ELEMENTS (formats);
}

const QsCacheFormat *
qs_cache_format_get (guint index)
{
  g_return_val_if_fail (index < G_N_ELEMENTS (formats), NULL);

  return formats[index];
}

/* (nullable): %NULL when there is no format @id. */
const QsCacheFormat *
qs_cache_format_lookup (const char *id)
{
  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++)
    if (strcmp (formats[i]->id, id) == 0)
      return formats[i];

  return NULL;
}

void
qs_cache_format_warn (GPtrArray  *warnings,
                      const char *format,
                      ...)
{
  va_list args;

  if (warnings == NULL || warnings->len >= MAX_WARNINGS)
    return;

  va_start (args, format);
  g_ptr_array_add (warnings, g_strdup_vprintf (format, args));
  va_end (args);
}

void
qs_cache_format_set (QsScaleTable *scales,
                     GPtrArray    *warnings,
                     const char   *name,
                     double        scale)
{
  if (qs_scale_table_lookup (scales, name, NULL))
    qs_cache_format_warn (warnings, "Tensor %s is there more than once; its last scale counts.",
                          name);
  if (scale == 0.0)
    qs_cache_format_warn (warnings, "Tensor %s is uniformly zero.", name);

  qs_scale_table_set (scales, name, (float) scale);
}

/* (transfer full) (nullable): the file's text */
static char *
dup_text (GBytes  *bytes,
          GError **error)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  if (size == 0 || size > MAX_SIZE)
    {
      g_set_error (error, QS_ERROR, size == 0 ? QS_ERROR_MALFORMED : QS_ERROR_LIMIT,
                   "a table of scales cannot be %" G_GSIZE_FORMAT " bytes long", size);
      return NULL;
    }
  if (!g_utf8_validate_len (data, size, NULL))
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_MALFORMED, "this is not text");
      return NULL;
    }

  return g_strndup (data, size);
}

static const QsCacheFormat *
detect_text (const char *text)
{
  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++)
    if (formats[i]->probe (text))
      return formats[i];

  return NULL;
}

const QsCacheFormat *
qs_cache_format_detect (GBytes *bytes)
{
  g_autofree char *text = dup_text (bytes, NULL);

  return text != NULL ? detect_text (text) : NULL;
}

/**
 * qs_cache_format_read:
 *
 * Errors: %QS_ERROR_MALFORMED naming the line, %QS_ERROR_DATA for a range that is impossible,
 * %QS_ERROR_LIMIT, %QS_ERROR_UNSUPPORTED when @self is %NULL and no format fits.
 */
QsScaleTable *
qs_cache_format_read (const QsCacheFormat *self,
                      GBytes              *bytes,
                      GPtrArray           *warnings,
                      GError             **error)
{
  g_autofree char *text = dup_text (bytes, error);
  g_autoptr (QsScaleTable) scales = qs_scale_table_new ();

  if (text == NULL)
    return NULL;

  if (self == NULL)
    self = detect_text (text);
  if (self == NULL)
    {
      g_set_error_literal (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
                           "this is no table of scales in a known format");
      return NULL;
    }
  if (!self->read (text, scales, warnings, error))
    return NULL;

  qs_scale_table_set_source (scales, "cache");
  return g_steal_pointer (&scales);
}

QsScaleTable *
qs_cache_format_load (const QsCacheFormat *self,
                      GFile               *file,
                      GPtrArray           *warnings,
                      GError             **error)
{
  g_autoptr (GBytes) bytes = g_file_load_bytes (file, NULL, NULL, error);
  g_autofree char *name = g_file_get_basename (file);
  QsScaleTable *scales;

  if (bytes == NULL)
    return NULL;

  scales = qs_cache_format_read (self, bytes, warnings, error);
  if (scales == NULL)
    g_prefix_error (error, "%s: ", name);
  return scales;
}

GBytes *
qs_cache_format_write (const QsCacheFormat *self,
                       QsScaleTable        *scales,
                       GPtrArray           *warnings)
{
  GString *text = g_string_new (NULL);

  self->write (scales, text, warnings);
  return g_string_free_to_bytes (text);
}
