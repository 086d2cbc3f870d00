/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-session.h"

G_BEGIN_DECLS

/**
 * QsFindingList:
 *
 * The findings about all tensors, the most serious first, with search and a choice of their kind.
 * Selecting one selects its tensor. Grabbing the focus puts it into the search entry.
 *
 * ## Properties
 *
 * - n-findings (uint): all of them, searched for or not
 */
#define QS_TYPE_FINDING_LIST (qs_finding_list_get_type ())
G_DECLARE_FINAL_TYPE (QsFindingList, qs_finding_list, QS, FINDING_LIST, AdwBin)

void qs_finding_list_set_session (QsFindingList *self,
                                  QsSession     *session);

G_END_DECLS
