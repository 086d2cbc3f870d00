/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-build.h"

G_BEGIN_DECLS

/* The candidates of a network whose passes have decided every precision and type: for each layer
 * the kernels that compute it as it stands, timed when the build times. */
gboolean qs_build_find_explicit_candidates (QsBuild   *self,
                                            GError   **error);
/* The layout in which the readers of @tensor, which a Reformat writes, want it. */
QsFormat qs_build_find_readers_format      (QsBuild         *self,
                                            const QsTensor  *tensor,
                                            QsFormat         otherwise);

G_END_DECLS
