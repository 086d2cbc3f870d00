/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "samples/qs-samples.h"

G_BEGIN_DECLS

/**
 * QsPreset:
 * @title: shown to people
 * @scale: as qs_preprocessing_parse() reads it
 *
 * A usual way in which stored numbers become network inputs.
 */
typedef struct
{
  const char *id;
  const char *title;
  const char *scale;
  const char *mean;
  const char *std;
} QsPreset;

guint           qs_preset_get_n         (void);
const QsPreset *qs_preset_get           (guint            index);
const QsPreset *qs_preset_lookup        (const char      *id);
void            qs_preset_apply         (const QsPreset  *self,
                                         QsPreprocessing *preprocessing);

/* The bundled sample: a model, its calibration set and labelled images. */
GFile          *qs_sample_get_file      (const char      *name);
gboolean        qs_sample_contains      (GFile           *file);

#define QS_SAMPLE_MODEL "fashion-resnet.onnx"
#define QS_SAMPLE_CALIBRATION "calibration-uint8.npz"
#define QS_SAMPLE_LABELLED "evaluation-uint8.npz"
#define QS_SAMPLE_PRESET "fashion"

G_END_DECLS
