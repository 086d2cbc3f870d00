/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-node-item.h"

G_BEGIN_DECLS

/**
 * QsNodeRow:
 *
 * A row of the list of nodes: name, operator and verdict, and where it went or why not.
 */
#define QS_TYPE_NODE_ROW (qs_node_row_get_type ())
G_DECLARE_FINAL_TYPE (QsNodeRow, qs_node_row, QS, NODE_ROW, AdwBin)

GtkWidget *qs_node_row_new  (void);
void       qs_node_row_bind (QsNodeRow  *self,
                             QsNodeItem *item);

G_END_DECLS
