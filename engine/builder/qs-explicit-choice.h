/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-build.h"

G_BEGIN_DECLS

/* The candidates of a network whose passes have decided every precision and type: for each layer
 * the kernels that compute it as it stands, timed when the build times. */
gboolean qs_build_find_explicit_candidates (QsBuild   *self,
                                            GError   **error);

G_END_DECLS
