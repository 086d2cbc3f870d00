/* SPDX-License-Identifier: MIT */
#pragma once

#include "../engine/backends/qs-cpu-test.h"
#include "qs-kernel-check.h"

G_BEGIN_DECLS

/* Runs every CUDA kernel for it on a random convolution or deconvolution; every third layer is one
 * whose product has the size of a tile, one less or one more. */
void qs_convolution_case_check (QsDataType     type,
                                guint64        seed,
                                QsKernelCheck *check);

G_END_DECLS
