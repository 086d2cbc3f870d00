/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-build.h"

G_BEGIN_DECLS

/* Finds the layers that constraints speak of. @imported is the network before the passes: a name that
 * it does not have is an error in every mode. */
gboolean qs_build_resolve_constraints (QsBuild    *self,
                                       QsNetwork  *imported,
                                       GError    **error);
/* Compares what was decided with what was asked for: a journal entry, a warning or an error. */
gboolean qs_build_check_constraints   (QsBuild    *self,
                                       GError    **error);

G_END_DECLS
