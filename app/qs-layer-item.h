/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib-object.h>

#include "builder/qs-engine.h"

G_BEGIN_DECLS

/**
 * QsLayerItem:
 *
 * A row of a layer list. It keeps the network alive.
 */
#define QS_TYPE_LAYER_ITEM (qs_layer_item_get_type ())
G_DECLARE_FINAL_TYPE (QsLayerItem, qs_layer_item, QS, LAYER_ITEM, GObject)

QsLayerItem *qs_layer_item_new      (QsNetwork    *network,
                                     QsLayer      *layer,
                                     gboolean      is_built);
QsLayer     *qs_layer_item_get_layer (QsLayerItem *self);
/* Precisions are decided by a build, and reformats have none. */
gboolean     qs_layer_item_has_precision (QsLayerItem *self);
/* Whether the name, the kind or a node inside contains @needle, which is case-folded. */
gboolean     qs_layer_item_matches  (QsLayerItem  *self,
                                     const char   *needle);

G_END_DECLS
