/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-build.h"

G_BEGIN_DECLS

/* Decides which layers compute in INT8 and which tensors are INT8 where they are written. */
gboolean qs_build_choose_precisions (QsBuild   *self,
                                     GError   **error);

/* How long a Reformat of @tensor from one layout and type to another takes, in nanoseconds, 0 when
 * it could not be measured. The build has a timer. */
gint64   qs_build_time_reformat     (QsBuild           *self,
                                     const QsTensor    *tensor,
                                     const QsFormat     formats[2],
                                     const QsDataType   types[2]);

G_END_DECLS
