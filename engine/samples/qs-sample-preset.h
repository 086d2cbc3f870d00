/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-preprocessing.h"

G_BEGIN_DECLS

/**
 * QsSamplePreset:
 * @id: a word
 * @title: what it is called; marked for translation
 * @resize: as qs_preprocessing_parse_image() reads it
 * @scale: as qs_preprocessing_parse() reads it
 *
 * A usual way in which stored numbers and images become network inputs.
 */
typedef struct
{
  const char *id;
  const char *title;
  const char *resize;
  const char *crop;
  const char *color;
  const char *scale;
  const char *mean;
  const char *std;
} QsSamplePreset;

guint                 qs_sample_preset_get_n  (void);
const QsSamplePreset *qs_sample_preset_get    (guint                  index);
const QsSamplePreset *qs_sample_preset_lookup (const char            *id);
/* All of @preprocessing but the layout. */
void                  qs_sample_preset_apply  (const QsSamplePreset  *self,
                                               QsPreprocessing       *preprocessing);

G_END_DECLS
