/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-presets.h"

#include <glib/gi18n.h>

/* 1/255 with all the digits that a float32 has. */
#define PIXEL "0.00392156862745098"

static const QsPreset presets[] = {
  { "stored", N_("As stored"), "1", "0", "1" },
  { "unit", N_("Pixels to 0 … 1"), PIXEL, "0", "1" },
  { "signed", N_("Pixels to −1 … 1"), PIXEL, "0.5", "0.5" },
  /* The means and standard deviations that torchvision's models were trained with. */
  { "imagenet", N_("ImageNet"), PIXEL, "0.485,0.456,0.406", "0.229,0.224,0.225" },
  { QS_SAMPLE_PRESET, N_("Fashion-MNIST"), PIXEL, "0.2860", "0.3530" },
};

guint
qs_preset_get_n (void)
{
  return G_N_ELEMENTS (presets);
}

const QsPreset *
qs_preset_get (guint index)
{
  g_return_val_if_fail (index < G_N_ELEMENTS (presets), NULL);

  return &presets[index];
}

const QsPreset *
qs_preset_lookup (const char *id)
{
  for (guint i = 0; i < G_N_ELEMENTS (presets); i++)
    if (g_str_equal (presets[i].id, id))
      return &presets[i];

  return NULL;
}

void
qs_preset_apply (const QsPreset  *self,
                 QsPreprocessing *preprocessing)
{
  g_autoptr (GError) error = NULL;

  qs_preprocessing_init (preprocessing);
  if (!qs_preprocessing_parse (preprocessing, self->scale, self->mean, self->std, &error))
    g_critical ("Preset %s: %s", self->id, error->message);
}

static const char *
sample_folder (void)
{
  if (g_file_test (QS_DATA_DIR "/samples/" QS_SAMPLE_MODEL, G_FILE_TEST_EXISTS))
    return QS_DATA_DIR "/samples";

  return QS_SOURCE_DATA_DIR "/samples";
}

/**
 * qs_sample_get_file:
 *
 * A file of the bundled sample: installed, or in the source tree when the program was built there.
 */
GFile *
qs_sample_get_file (const char *name)
{
  return g_file_new_build_filename (sample_folder (), name, NULL);
}

gboolean
qs_sample_contains (GFile *file)
{
  static const char *const folders[] = { QS_DATA_DIR "/samples", QS_SOURCE_DATA_DIR "/samples" };

  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autoptr (GFile) folder = g_file_new_for_path (folders[i]);

      if (g_file_has_prefix (file, folder))
        return TRUE;
    }

  return FALSE;
}
