/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-build.h"

G_BEGIN_DECLS

/* Carries the decisions out: INT8 weights, types and scales of tensors, and a Reformat layer
 * wherever a layer reads a tensor in another type or layout than it is written in. One layer
 * changes both; readers that need the same form share it. */
gboolean qs_build_apply (QsBuild   *self,
                         GError   **error);

G_END_DECLS
