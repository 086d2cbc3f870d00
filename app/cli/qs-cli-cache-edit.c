/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/qs-error.h"
#include "qs-cli-cache.h"
#include "qs-cli-json.h"
#include "scales/qs-calibration-cache.h"

/* Whether all of @text is a number. */
static gboolean
parse_number (const char *text,
              double     *value)
{
  char *end;

  *value = g_ascii_strtod (text, &end);
  return end != text && *end == '\0';
}

/* A value that can't be is a mistake on the command line, a name that is not there one about the
 * file. */
static gboolean
forward_error (const char *option,
               const char *path,
               GError     *local,
               GError    **error)
{
  if (g_error_matches (local, QS_ERROR, QS_ERROR_DATA))
    {
      qs_cli_set_usage_error (error, "--%s: %s", option, local->message);
      g_error_free (local);
    }
  else
    g_propagate_prefixed_error (error, local, "%s: ", path);

  return FALSE;
}

/* “TENSOR=SCALE”: a name may have a “=” in it, a number has none. */
static gboolean
set_scale (QsCli               *self,
           QsCalibrationCache  *cache,
           const char          *text,
           GError             **error)
{
  const char *split = strrchr (text, '=');
  g_autofree char *name = NULL;
  GError *local = NULL;
  double scale;

  if (split == NULL || split == text || !parse_number (split + 1, &scale))
    {
      qs_cli_set_usage_error (error, "--set: “%s” is no name, “=” and number", text);
      return FALSE;
    }

  name = g_strndup (text, (gsize) (split - text));
  if (!qs_calibration_cache_set_scale (cache, name, (float) scale, &local))
    return forward_error ("set", self->path, local, error);

  return TRUE;
}

static gboolean
set_header (QsCli               *self,
            QsCalibrationCache  *cache,
            GError             **error)
{
  const char *header = self->options.header;
  GError *local = NULL;

  if (header == NULL || strcmp (header, qs_calibration_cache_get_header (cache)) == 0)
    return TRUE;
  if (!qs_calibration_cache_set_header (cache, header, &local))
    return forward_error ("header", self->path, local, error);

  qs_cli_warn ("%s: with this header TensorRT uses scales that another version or another "
               "algorithm made, and that it would have calibrated anew",
               self->options.output);
  return TRUE;
}

static gboolean
set_scales (QsCli               *self,
            QsCalibrationCache  *cache,
            GError             **error)
{
  char **sets = self->options.sets;

  for (guint i = 0; sets != NULL && sets[i] != NULL; i++)
    if (!set_scale (self, cache, sets[i], error))
      return FALSE;

  return TRUE;
}

/* The cache as something that can be changed. */
static QsCalibrationCache *
load (QsCli   *self,
      GError **error)
{
  g_autoptr (QsScaleFile) file = qs_cli_cache_load (self, self->path, error);

  if (file == NULL)
    return NULL;
  if (qs_scale_file_can_edit (file))
    return qs_calibration_cache_parse (qs_scale_file_get_bytes (file), error);

  g_set_error (error, QS_ERROR, QS_ERROR_UNSUPPORTED,
               "%s: this is a file of the format %s, and only TensorRT's caches can be edited; "
               "“cache convert --to tensorrt” makes one of it", self->path,
               qs_scale_file_get_format (file)->name);
  return NULL;
}

static void
report (QsCli              *self,
        QsCalibrationCache *cache)
{
  char **sets = self->options.sets;

  g_print ("Written to %s\n", self->options.output);
  qs_cli_json_text (self->json, "output", self->options.output);
  qs_cli_json_text (self->json, "header", qs_calibration_cache_get_header (cache));
  qs_cli_json_int (self->json, "n_set", sets != NULL ? g_strv_length (sets) : 0);
}

static gboolean
cache_edit (QsCli   *self,
            GError **error)
{
  g_autoptr (QsCalibrationCache) cache = NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (self->options.sets == NULL && self->options.header == NULL)
    {
      qs_cli_set_usage_error (error, "--set TENSOR=SCALE or --header TEXT is needed");
      return FALSE;
    }

  cache = load (self, error);
  if (cache == NULL || !set_scales (self, cache, error) ||
      !set_header (self, cache, error))
    return FALSE;

  bytes = qs_calibration_cache_serialize (cache);
  if (!qs_cli_cache_write (self->options.output, bytes, error))
    return FALSE;

  report (self, cache);
  return TRUE;
}

const QsCliCommand qs_cli_cache_edit = {
  .name = "cache edit",
  .argument = "FILE",
  .summary = "Change scales or the header of a calibration cache",
  .description = "Writes a TensorRT calibration cache with other scales or another header; all\n"
                 "other bytes stay as they are. Nothing is written when a tensor is not there or\n"
                 "a value can't be.\n\n"
                 "TensorRT decides by the header whether it uses a cache. With another one it\n"
                 "uses scales of another version or algorithm without a word.",
  .options = { QS_CLI_SET, QS_CLI_HEADER, QS_CLI_OUTPUT, QS_CLI_JSON },
  .required = { QS_CLI_OUTPUT },
  .run = cache_edit,
};
