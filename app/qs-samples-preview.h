/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "network/qs-network.h"
#include "samples/qs-sample-check.h"

G_BEGIN_DECLS

/**
 * QsSamplesPreview:
 * @check: what the network will see, and what looks wrong about it
 * @shown: which input the textures are of
 * @textures: (element-type GdkTexture): a picture for each sample of that input, %NULL where there
 *   is none
 *
 * The first samples as the network will see them.
 */
typedef struct
{
  QsSampleCheck *check;
  guint shown;
  GPtrArray *textures;
} QsSamplesPreview;

void              qs_samples_preview_free   (QsSamplesPreview      *self);

/* Reads the first samples as @recipe says, on the engine's thread. Nothing else may use @samples
 * until it is done. */
void              qs_samples_preview_async  (QsSamples             *samples,
                                             const QsSampleRecipe  *recipe,
                                             QsNetwork             *network,
                                             GAsyncReadyCallback    callback,
                                             gpointer               user_data);
QsSamplesPreview *qs_samples_preview_finish (GAsyncResult          *result,
                                             GError               **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsSamplesPreview, qs_samples_preview_free)

G_END_DECLS
