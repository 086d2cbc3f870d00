/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-session.h"

G_BEGIN_DECLS

/**
 * QsLayerInspector:
 *
 * Everything about the selected layer: why it computes in its precision, what is inside it, its
 * tensors and the kernels that were candidates.
 */
#define QS_TYPE_LAYER_INSPECTOR (qs_layer_inspector_get_type ())
G_DECLARE_FINAL_TYPE (QsLayerInspector, qs_layer_inspector, QS, LAYER_INSPECTOR, AdwBin)

/* @layer belongs to the session's shown network. */
void qs_layer_inspector_show (QsLayerInspector *self,
                              QsSession        *session,
                              QsLayer          *layer);

G_END_DECLS
