/* SPDX-License-Identifier: MIT */
#pragma once

#include "../engine/backends/qs-cpu-test.h"
#include "qs-kernel-check.h"

G_BEGIN_DECLS

/* Runs every CUDA kernel for it on a random product: with constant weights, of two activations with
 * broadcast batches and transposes, or with operands that are read through strides. */
void qs_product_case_check (QsDataType     type,
                            guint64        seed,
                            QsKernelCheck *check);

G_END_DECLS
