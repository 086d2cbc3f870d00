/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-build.h"

G_BEGIN_DECLS

/* Lets INT8 convolutions take in the maximum poolings behind them, as in networks with Q/DQ, once types
 * and layouts are decided. The bits stay the same, and so does the range: a pooled tensor has that of
 * what is pooled. */
gboolean qs_build_fuse_poolings (QsBuild  *self,
                                 GError  **error);

G_END_DECLS
