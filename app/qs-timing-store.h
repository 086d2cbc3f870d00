/* SPDX-License-Identifier: MIT */
#pragma once

#include "builder/qs-timing-cache.h"

G_BEGIN_DECLS

/* The times that earlier builds measured on this machine, in the user's cache folder. What is damaged
 * there is measured again. */
QsTimingCache *qs_timing_store_open  (void);
void           qs_timing_store_close (QsTimingCache *timings);

G_END_DECLS
