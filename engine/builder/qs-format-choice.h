/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-build.h"

G_BEGIN_DECLS

/* Decides the layout of every layer and tensor: the one that the layer's kernels have, or, where there
 * are kernels for both, the one that is fastest with the reformats around it. Adds the tactics of the
 * other layout where it times them. */
void qs_build_choose_formats (QsBuild *self);

G_END_DECLS
