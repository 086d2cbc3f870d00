/* SPDX-License-Identifier: MIT */
#include "qs-cache-format-private.h"

#include <string.h>

#include "calibration/qs-calibrator.h"
#include "scales/qs-calibration-cache.h"

/* TensorRT's calibration cache, see QsCalibrationCache. */

static gboolean
tensorrt_probe (const char *text)
{
  return g_str_has_prefix (text, "TRT-") || (text[0] >= '0' && text[0] <= '3' &&
                                             g_str_has_prefix (text + 1, " 3f"));
}

static gboolean
tensorrt_read (const char   *text,
               QsScaleTable *scales,
               GPtrArray    *warnings,
               GError      **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, strlen (text));
  g_autoptr (QsCalibrationCache) cache = qs_calibration_cache_parse (bytes, error);
  QsScaleTable *found;

  if (cache == NULL)
    return FALSE;

  found = qs_calibration_cache_get_scales (cache);
  for (guint i = 0; i < qs_scale_table_get_n (found); i++)
    qs_scale_table_set (scales, qs_scale_table_get_name (found, i),
                        qs_scale_table_get_scale (found, i));
  for (guint i = 0; i < qs_calibration_cache_get_warnings (cache)->len; i++)
    qs_cache_format_warn (warnings, "%s",
                          (const char *) qs_calibration_cache_get_warnings (cache)->pdata[i]);
  return TRUE;
}

/* Scales of unknown origin are said to be of Entropy 2, which every TensorRT calibrator accepts
 * that users have most often. */
static void
tensorrt_write (QsScaleTable *scales,
                GString      *text,
                GPtrArray    *warnings)
{
  const char *source = qs_scale_table_get_source (scales);
  const QsCalibrator *calibrator = source != NULL ? qs_calibrator_lookup (source) : NULL;
  const char *algorithm = calibrator != NULL ? calibrator->algorithm : NULL;
  g_autoptr (QsCalibrationCache) cache =
    qs_calibration_cache_new (algorithm != NULL ? algorithm : "EntropyCalibration2", scales);
  g_autoptr (GBytes) bytes = qs_calibration_cache_serialize (cache);

  g_string_append_len (text, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes));
  for (guint i = 0; i < qs_calibration_cache_get_warnings (cache)->len; i++)
    qs_cache_format_warn (warnings, "%s",
                          (const char *) qs_calibration_cache_get_warnings (cache)->pdata[i]);
}

const QsCacheFormat qs_cache_format_tensorrt = {
  .id = "tensorrt",
  .name = "TensorRT calibration cache",
  .suffix = ".cache",
  .probe = tensorrt_probe,
  .read = tensorrt_read,
  .write = tensorrt_write,
};
