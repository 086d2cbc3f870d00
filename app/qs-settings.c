/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-settings.h"

GSettings *
qs_settings_get (void)
{
  static GSettings *settings;
  static gsize is_initialized;

  if (g_once_init_enter (&is_initialized))
    {
      GSettingsSchemaSource *source = g_settings_schema_source_get_default ();
      g_autoptr (GSettingsSchema) schema = NULL;

      /* g_settings_new() ends the program where the schema is missing. */
      if (source != NULL)
        schema = g_settings_schema_source_lookup (source, QS_APPLICATION_ID, TRUE);
      if (schema != NULL)
        settings = g_settings_new_full (schema, NULL, NULL);
      g_once_init_leave (&is_initialized, 1);
    }

  return settings;
}

/**
 * qs_settings_load_build:
 *
 * The options of the last build. What this machine does not know (any more) is left as it is.
 */
void
qs_settings_load_build (QsBuildSettings *settings)
{
  GSettings *self = qs_settings_get ();
  g_autofree char *calibrator = NULL;
  g_autofree char *backend = NULL;

  if (self == NULL)
    return;

  calibrator = g_settings_get_string (self, "calibrator");
  if (qs_calibrator_lookup (calibrator) != NULL)
    settings->source = qs_calibrator_lookup (calibrator)->id;
  backend = g_settings_get_string (self, "backend");
  qs_build_settings_set_device (settings, backend);
  settings->int8 = (QsInt8Mode) g_settings_get_enum (self, "int8-mode");
  settings->fp16 = (QsFp16Mode) g_settings_get_enum (self, "fp16-mode");
  settings->rounding = (QsRoundingMode) g_settings_get_enum (self, "rounding");
  settings->emulate_tensorrt = g_settings_get_boolean (self, "emulate-tensorrt");
  settings->before_fusion =
    (QsBeforeFusion) g_settings_get_enum (self, "calibrate-before-fusion");
  settings->n_threads = g_settings_get_uint (self, "threads");
  settings->calibration_batch = g_settings_get_uint (self, "calibration-batch");
}

void
qs_settings_save_build (const QsBuildSettings *settings)
{
  GSettings *self = qs_settings_get ();

  if (self == NULL)
    return;

  if (qs_calibrator_lookup (settings->source) != NULL)
    g_settings_set_string (self, "calibrator", settings->source);
  g_settings_set_string (self, "backend", qs_build_settings_get_device (settings));
  g_settings_set_enum (self, "int8-mode", (int) settings->int8);
  g_settings_set_enum (self, "fp16-mode", (int) settings->fp16);
  g_settings_set_enum (self, "rounding", (int) settings->rounding);
  g_settings_set_boolean (self, "emulate-tensorrt", settings->emulate_tensorrt);
  g_settings_set_enum (self, "calibrate-before-fusion", (int) settings->before_fusion);
  g_settings_set_uint (self, "threads", settings->n_threads);
  g_settings_set_uint (self, "calibration-batch", (guint) settings->calibration_batch);
}
