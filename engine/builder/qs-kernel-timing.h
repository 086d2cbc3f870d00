/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-build.h"

G_BEGIN_DECLS

/* Times the kernels of every layer in the precision that was chosen without times, and makes the best
 * the layer's candidate. The build has a timer.
 *
 * Errors: a lost device, and cancellation. */
gboolean qs_build_time_kernels (QsBuild  *self,
                                GError  **error);

G_END_DECLS
