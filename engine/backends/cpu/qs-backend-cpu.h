/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/qs-backend.h"

G_BEGIN_DECLS

/* Kernels for the instruction sets of this processor, in channels-last memory. */
extern const QsBackend qs_backend_cpu;

G_END_DECLS
