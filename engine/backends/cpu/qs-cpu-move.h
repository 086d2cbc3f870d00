/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-thread-pool.h"
#include "qs-cpu-functions.h"

G_BEGIN_DECLS

gboolean qs_cpu_can_move (QsDataType            from_type,
                          float                 from_scale,
                          QsDataType            to_type,
                          float                 to_scale);
void     qs_cpu_move     (const QsCpuFunctions *functions,
                          const QsView         *from,
                          const QsView         *to,
                          QsThreadPool         *pool);

G_END_DECLS
