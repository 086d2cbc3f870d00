/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "network/qs-network.h"
#include "samples/qs-samples.h"

G_BEGIN_DECLS

/**
 * QsSamplesPreview:
 * @n: samples that were looked at
 * @texture: (nullable): the samples as pictures, where they are some
 *
 * The first samples as the network will see them.
 */
typedef struct
{
  gint64 n;
  float min;
  float max;
  double mean;
  double deviation;
  GdkTexture *texture;
} QsSamplesPreview;

void              qs_samples_preview_free   (QsSamplesPreview      *self);

/* Reads the first rows of @input with @preprocessing, on the engine's thread. Nothing else may use
 * @samples until it is done. */
void              qs_samples_preview_async  (QsSamples             *samples,
                                             const QsPreprocessing *preprocessing,
                                             QsNetwork             *network,
                                             QsTensor              *input,
                                             GAsyncReadyCallback    callback,
                                             gpointer               user_data);
QsSamplesPreview *qs_samples_preview_finish (GAsyncResult          *result,
                                             GError               **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsSamplesPreview, qs_samples_preview_free)

G_END_DECLS
