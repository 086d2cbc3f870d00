/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "samples/qs-sample-preset.h"

G_BEGIN_DECLS

/* The bundled sample: a model, its calibration set and labelled images. */
GFile          *qs_sample_get_file      (const char      *name);
gboolean        qs_sample_contains      (GFile           *file);

#define QS_SAMPLE_MODEL "fashion-resnet.onnx"
#define QS_SAMPLE_CALIBRATION "calibration-uint8.npz"
#define QS_SAMPLE_LABELLED "evaluation-uint8.npz"
#define QS_SAMPLE_PRESET "fashion"

G_END_DECLS
