/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-session.h"

G_BEGIN_DECLS

/**
 * QsSidebar:
 *
 * What is open, and below it lists that lead through it. A list is a page of the view stack in
 * qs-sidebar.ui: the page's title and badge number become a button of the switcher, and the page's
 * child grabs the focus for its search entry.
 */
#define QS_TYPE_SIDEBAR (qs_sidebar_get_type ())
G_DECLARE_FINAL_TYPE (QsSidebar, qs_sidebar, QS, SIDEBAR, AdwBin)

void qs_sidebar_set_session  (QsSidebar *self,
                              QsSession *session);
void qs_sidebar_focus_search (QsSidebar *self);

void qs_sidebar_show_refused (QsSidebar *self);

G_END_DECLS
