/* SPDX-License-Identifier: MIT */
#include "qs-scale-file.h"

#include "core/qs-error.h"
#include "scales/qs-calibration-cache.h"

struct _QsScaleFile
{
  gatomicrefcount ref_count;
  GBytes *bytes;
  const QsCacheFormat *format;
  QsCalibrationCache *cache; /* TensorRT's format only */
  QsScaleTable *scales;
  GPtrArray *warnings;
};

static gboolean
read_file (QsScaleFile  *self,
           GError      **error)
{
  if (self->format == NULL)
    self->format = qs_cache_format_detect (self->bytes);

  /* Without a format this is the error that says so. */
  self->scales = qs_cache_format_read (self->format, self->bytes, self->warnings, error);
  if (self->scales == NULL)
    return FALSE;
  if (self->format != qs_cache_format_lookup ("tensorrt"))
    return TRUE;

  self->cache = qs_calibration_cache_parse (self->bytes, error);
  return self->cache != NULL;
}

/**
 * qs_scale_file_new:
 *
 * Errors: those of [func@cache_format_read].
 */
QsScaleFile *
qs_scale_file_new (GBytes               *bytes,
                   const QsCacheFormat  *format,
                   GError              **error)
{
  g_autoptr (QsScaleFile) self = g_new0 (QsScaleFile, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->bytes = g_bytes_ref (bytes);
  self->format = format;
  self->warnings = g_ptr_array_new_with_free_func (g_free);
  return read_file (self, error) ? g_steal_pointer (&self) : NULL;
}

/**
 * qs_scale_file_load:
 *
 * Errors: those of reading and of [ctor@ScaleFile.new]; they begin with the file's name.
 */
QsScaleFile *
qs_scale_file_load (GFile                *file,
                    const QsCacheFormat  *format,
                    GError              **error)
{
  g_autoptr (GBytes) bytes = g_file_load_bytes (file, NULL, NULL, error);
  g_autofree char *name = g_file_get_basename (file);
  QsScaleFile *self;

  if (bytes == NULL)
    return NULL;

  self = qs_scale_file_new (bytes, format, error);
  if (self == NULL)
    g_prefix_error (error, "%s: ", name);
  return self;
}

QsScaleFile *
qs_scale_file_ref (QsScaleFile *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_scale_file_unref (QsScaleFile *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_bytes_unref (self->bytes);
  g_clear_pointer (&self->cache, qs_calibration_cache_free);
  g_clear_pointer (&self->scales, qs_scale_table_unref);
  g_ptr_array_unref (self->warnings);
  g_free (self);
}

GBytes *
qs_scale_file_get_bytes (QsScaleFile *self)
{
  return self->bytes;
}

const QsCacheFormat *
qs_scale_file_get_format (QsScaleFile *self)
{
  return self->format;
}

QsScaleTable *
qs_scale_file_get_scales (QsScaleFile *self)
{
  return self->scales;
}

GPtrArray *
qs_scale_file_get_warnings (QsScaleFile *self)
{
  return self->warnings;
}

const char *
qs_scale_file_get_header (QsScaleFile *self)
{
  return self->cache == NULL ? NULL : qs_calibration_cache_get_header (self->cache);
}

const char *
qs_scale_file_get_algorithm (QsScaleFile *self)
{
  return self->cache == NULL ? NULL : qs_calibration_cache_get_algorithm (self->cache);
}

QsPortability
qs_scale_file_get_portability (QsScaleFile *self,
                               QsNetwork   *network)
{
  const char *algorithm = qs_scale_file_get_algorithm (self);
  QsPortability portability = qs_portability_of_algorithm (algorithm);

  if (portability != QS_PORTABILITY_UNKNOWN || network == NULL)
    return portability;

  return qs_portability_of_names (self->scales, network);
}

gboolean
qs_scale_file_can_edit (QsScaleFile *self)
{
  return self->cache != NULL;
}

/* (transfer full) (nullable): a copy that can be changed */
static QsCalibrationCache *
copy_cache (QsScaleFile  *self,
            GError      **error)
{
  if (self->cache != NULL)
    return qs_calibration_cache_parse (self->bytes, error);

  g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
               "this is a file of the format %s, and only TensorRT's caches can be edited; convert "
               "it to one", self->format->name);
  return NULL;
}

static QsScaleFile *
new_from_cache (QsCalibrationCache  *cache,
                const QsCacheFormat *format,
                GError             **error)
{
  g_autoptr (GBytes) bytes = qs_calibration_cache_serialize (cache);

  return qs_scale_file_new (bytes, format, error);
}

/**
 * qs_scale_file_set_scale:
 *
 * Errors: %QS_ERROR_UNSUPPORTED for another format than TensorRT's, and those of
 * [method@CalibrationCache.set_scale].
 */
QsScaleFile *
qs_scale_file_set_scale (QsScaleFile  *self,
                         const char   *tensor,
                         float         scale,
                         GError      **error)
{
  g_autoptr (QsCalibrationCache) cache = copy_cache (self, error);

  if (cache == NULL || !qs_calibration_cache_set_scale (cache, tensor, scale, error))
    return NULL;

  return new_from_cache (cache, self->format, error);
}

/**
 * qs_scale_file_set_header:
 *
 * Errors: %QS_ERROR_UNSUPPORTED for another format than TensorRT's, and those of
 * [method@CalibrationCache.set_header].
 */
QsScaleFile *
qs_scale_file_set_header (QsScaleFile  *self,
                          const char   *header,
                          GError      **error)
{
  g_autoptr (QsCalibrationCache) cache = copy_cache (self, error);

  if (cache == NULL || !qs_calibration_cache_set_header (cache, header, error))
    return NULL;

  return new_from_cache (cache, self->format, error);
}

/* The same format keeps what a table of scales can't hold. */
GBytes *
qs_scale_file_convert (QsScaleFile         *self,
                       const QsCacheFormat *to,
                       GPtrArray           *warnings)
{
  if (self->format == to)
    return g_bytes_ref (self->bytes);

  return qs_cache_format_write (to, self->scales, warnings);
}

GBytes *
qs_scale_table_to_bytes (QsScaleTable        *scales,
                         const QsCacheFormat *to,
                         const char          *algorithm,
                         GPtrArray           *warnings)
{
  g_autoptr (QsCalibrationCache) cache = NULL;

  if (to != qs_cache_format_lookup ("tensorrt") || algorithm == NULL)
    return qs_cache_format_write (to, scales, warnings);

  cache = qs_calibration_cache_new (algorithm, scales);
  for (guint i = 0; warnings != NULL && i < qs_calibration_cache_get_warnings (cache)->len; i++)
    g_ptr_array_add (warnings,
                     g_strdup (qs_calibration_cache_get_warnings (cache)->pdata[i]));
  return qs_calibration_cache_serialize (cache);
}
