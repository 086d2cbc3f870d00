/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "qs-layer-item.h"

G_BEGIN_DECLS

/**
 * QsLayerModel:
 *
 * The layers of a network as a list of QsLayerItem, in execution order. Items are made when a
 * view asks for them.
 */
#define QS_TYPE_LAYER_MODEL (qs_layer_model_get_type ())
G_DECLARE_FINAL_TYPE (QsLayerModel, qs_layer_model, QS, LAYER_MODEL, GObject)

QsLayerModel *qs_layer_model_new         (void);
/* (nullable) */
void          qs_layer_model_set_network (QsLayerModel *self,
                                          QsNetwork    *network,
                                          gboolean      is_built);

G_END_DECLS
