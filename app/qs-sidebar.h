/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-session.h"

G_BEGIN_DECLS

/**
 * QsSidebar:
 *
 * What is open, and the list of layers with search and filters. The list is the graph's twin for
 * the keyboard and for screen readers.
 */
#define QS_TYPE_SIDEBAR (qs_sidebar_get_type ())
G_DECLARE_FINAL_TYPE (QsSidebar, qs_sidebar, QS, SIDEBAR, AdwBin)

void qs_sidebar_set_session  (QsSidebar *self,
                              QsSession *session);
void qs_sidebar_focus_search (QsSidebar *self);

G_END_DECLS
