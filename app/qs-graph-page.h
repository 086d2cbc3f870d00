/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-session.h"
#include "widgets/qs-graph-view.h"

G_BEGIN_DECLS

/**
 * QsGraphPage:
 *
 * The graph with its legend, overview and zoom buttons; the list of refused nodes where a model
 * has no network.
 */
#define QS_TYPE_GRAPH_PAGE (qs_graph_page_get_type ())
G_DECLARE_FINAL_TYPE (QsGraphPage, qs_graph_page, QS, GRAPH_PAGE, AdwBin)

void         qs_graph_page_set_session (QsGraphPage *self,
                                        QsSession   *session);
QsGraphView *qs_graph_page_get_view    (QsGraphPage *self);

G_END_DECLS
