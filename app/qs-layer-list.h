/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-session.h"

G_BEGIN_DECLS

/**
 * QsLayerList:
 *
 * The layers of the shown network in execution order, with search and filters: the graph's twin
 * for the keyboard and for screen readers. Grabbing the focus puts it into the search entry.
 */
#define QS_TYPE_LAYER_LIST (qs_layer_list_get_type ())
G_DECLARE_FINAL_TYPE (QsLayerList, qs_layer_list, QS, LAYER_LIST, AdwBin)

void qs_layer_list_set_session (QsLayerList *self,
                                QsSession   *session);

G_END_DECLS
