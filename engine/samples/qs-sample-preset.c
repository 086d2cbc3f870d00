/* SPDX-License-Identifier: MIT */
#include "qs-sample-preset.h"

#include <string.h>

/* The engine speaks English; those who show a title to people translate it. */
#define N_(text) (text)

/* 1/255 with all the digits that a float32 has. */
#define PIXEL "0.00392156862745098"

static const QsSamplePreset presets[] = {
  { "stored", N_("As stored"), "none", "none", "auto", "1", "0", "1" },
  { "unit", N_("Pixels to 0 … 1"), "shorter", "input", "auto", PIXEL, "0", "1" },
  { "signed", N_("Pixels to −1 … 1"), "shorter", "input", "auto", PIXEL, "0.5", "0.5" },
  /* What torchvision's models were trained with: shorter side 256, centre 224. */
  { "imagenet", N_("ImageNet (torchvision)"), "256", "input", "rgb", PIXEL, "0.485,0.456,0.406",
    "0.229,0.224,0.225" },
  /* The mean pixel of Caffe's models, in the order blue, green, red, from the stored 0 … 255. */
  { "caffe", N_("ImageNet (Caffe)"), "256", "input", "bgr", "1", "103.939,116.779,123.68", "1" },
  /* The whole picture without its proportions, as detectors are often fed. */
  { "stretch", N_("Whole image to 0 … 1"), "exact", "none", "rgb", PIXEL, "0", "1" },
  { "fashion", N_("Fashion-MNIST"), "none", "none", "grey", PIXEL, "0.2860", "0.3530" },
};

guint
qs_sample_preset_get_n (void)
{
  return G_N_ELEMENTS (presets);
}

const QsSamplePreset *
qs_sample_preset_get (guint index)
{
  g_return_val_if_fail (index < G_N_ELEMENTS (presets), NULL);

  return &presets[index];
}

const QsSamplePreset *
qs_sample_preset_lookup (const char *id)
{
  for (guint i = 0; i < G_N_ELEMENTS (presets); i++)
    if (strcmp (presets[i].id, id) == 0)
      return &presets[i];

  return NULL;
}

void
qs_sample_preset_apply (const QsSamplePreset *self,
                        QsPreprocessing      *preprocessing)
{
  g_autoptr (GError) error = NULL;

  if (!qs_preprocessing_parse (preprocessing, self->scale, self->mean, self->std, &error) ||
      !qs_preprocessing_parse_image (preprocessing, self->resize, self->crop, self->color, NULL,
                                     &error))
    g_critical ("Preset %s: %s", self->id, error->message);
}
