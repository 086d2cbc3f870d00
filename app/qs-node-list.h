/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-session.h"

G_BEGIN_DECLS

/**
 * QsNodeList:
 *
 * Every node of the model with its verdict, and the layer that computes it now: searched, and
 * filtered by verdict. Choosing one selects its layer.
 */
#define QS_TYPE_NODE_LIST (qs_node_list_get_type ())
G_DECLARE_FINAL_TYPE (QsNodeList, qs_node_list, QS, NODE_LIST, AdwBin)

void qs_node_list_set_session  (QsNodeList *self,
                                QsSession  *session);
/* Shows the refused nodes only, and chooses the first. */
void qs_node_list_show_refused (QsNodeList *self);

G_END_DECLS
