/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-session.h"

G_BEGIN_DECLS

/**
 * QsRewritesPage:
 *
 * What was done to the graph, step by step: the graph with a bar that steps and plays through the
 * rewrites, the list of them by rule, and those that were blocked, with what would lift them.
 */
#define QS_TYPE_REWRITES_PAGE (qs_rewrites_page_get_type ())
G_DECLARE_FINAL_TYPE (QsRewritesPage, qs_rewrites_page, QS, REWRITES_PAGE, AdwBin)

void qs_rewrites_page_set_session (QsRewritesPage *self,
                                   QsSession      *session);

G_END_DECLS
