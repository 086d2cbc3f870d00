/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"

G_BEGIN_DECLS

/* Whether a network that was read from a file is one that the builder could have made, as far as
 * running it safely depends on that. Only with @is_explicit its ends may be INT8. */
gboolean qs_plan_check_network (QsNetwork  *network,
                                gboolean    is_explicit,
                                GError    **error);

/* Whether layers of this kind can be saved: attribute structs are, by the names of their fields. */
gboolean qs_plan_check_class   (const QsLayerClass  *klass,
                                GError             **error);

G_END_DECLS
