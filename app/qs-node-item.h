/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "analysis/qs-node-report.h"

G_BEGIN_DECLS

/**
 * QsNodeItem:
 *
 * One node of the model with what became of it, for a list.
 */
#define QS_TYPE_NODE_ITEM (qs_node_item_get_type ())
G_DECLARE_FINAL_TYPE (QsNodeItem, qs_node_item, QS, NODE_ITEM, GObject)

QsNodeItem *qs_node_item_new         (const QsNodeState *state);
QsVerdict   qs_node_item_get_fate    (QsNodeItem        *self);
const char *qs_node_item_get_name    (QsNodeItem        *self);
/* (nullable): the layer that computes it now, or that stands for it in the graph */
const char *qs_node_item_get_layer   (QsNodeItem        *self);
/* (transfer full): "Conv · fused" */
char       *qs_node_item_describe    (QsNodeItem        *self);
/* (transfer full) (nullable): the layer it went into, or why it is not there */
char       *qs_node_item_explain     (QsNodeItem        *self);
/* @needle: case-folded */
gboolean    qs_node_item_matches     (QsNodeItem        *self,
                                      const char        *needle);

G_END_DECLS
