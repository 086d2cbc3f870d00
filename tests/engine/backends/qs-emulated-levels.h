/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/cpu/qs-cpu-functions.h"

G_BEGIN_DECLS

void qs_emulated_levels_init (void);

G_END_DECLS
