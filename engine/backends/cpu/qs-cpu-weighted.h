/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/qs-weighted.h"
#include "qs-cpu-product.h"

G_BEGIN_DECLS

/*
 * What the CPU's weighted layers have in common beside backends/qs-weighted.h.
 */

void     qs_cpu_weighted_epilogue   (const QsLayer      *layer,
                                     const QsExecution  *execution,
                                     const float        *multiplier,
                                     const float        *bias,
                                     gint64              row_stride,
                                     QsCpuEpilogue      *epilogue);
void     qs_cpu_weighted_spread     (const QsExecution  *execution,
                                     QsCpuEpilogue      *epilogue);

/* The product for a layer's input: INT8 values that are known not to be negative have their own. */
const QsCpuProductFuncs *qs_cpu_choose_product (const QsKernel *kernel,
                                                const QsLayer  *layer);

/* Bytes of the left side once it is in the form the product wants, 0 when it is used as it is. */
gsize         qs_cpu_left_bytes     (const QsCpuProductFuncs *funcs,
                                     gint64              n);
gconstpointer qs_cpu_left_convert   (const QsCpuFunctions    *functions,
                                     const QsCpuProductFuncs *funcs,
                                     gconstpointer       input,
                                     gint64              n,
                                     gpointer            to,
                                     QsThreadPool       *pool);

G_END_DECLS
