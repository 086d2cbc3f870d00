/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"

G_BEGIN_DECLS

/* Whether a network that was read from a file is one that the builder could have made, as far as
 * running it safely depends on that. */
gboolean qs_plan_check_network (QsNetwork  *network,
                                GError    **error);

G_END_DECLS
