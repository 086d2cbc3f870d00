/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-build.h"

G_BEGIN_DECLS

/* Decides which layers compute in INT8 and which tensors are INT8 where they are written. */
gboolean qs_build_choose_precisions (QsBuild   *self,
                                     GError   **error);

G_END_DECLS
