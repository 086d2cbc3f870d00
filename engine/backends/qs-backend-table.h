/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-backend.h"

G_BEGIN_DECLS

/*
 * The backends: the machine's default first. Row X stands for
 *
 *   const QsBackend qs_backend_X
 */
#define QS_BACKENDS(BACKEND) \
  BACKEND (cpu) \
  BACKEND (reference) \
  BACKEND (cuda)

#define QS_DECLARE_BACKEND(x) extern const QsBackend qs_backend_##x;

QS_BACKENDS (QS_DECLARE_BACKEND)

/* The INT8 kernels of the reference backend, which stand in where a backend has none. */
const QsKernel *const *qs_reference_get_kernels (guint *n);

G_END_DECLS
