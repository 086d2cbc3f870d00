/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-build.h"

G_BEGIN_DECLS

/* Decides the layout of every layer and tensor: what the layer's kernels are fastest in, or, for
 * layers that do not care, the layout of their first input. */
void qs_build_choose_formats (QsBuild *self);

G_END_DECLS
