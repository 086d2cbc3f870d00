/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-property-list.h"
#include "qs-session.h"

G_BEGIN_DECLS

/* Why @layer of the shown network is float, or not fused with its neighbours: what was tried and
 * blocked, each with what would lift it. Reasons in @said are left out, and those said are added. */
void qs_why_list_fill (QsPropertyList *list,
                       QsSession      *session,
                       const QsLayer  *layer,
                       GHashTable     *said);

G_END_DECLS
