/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-cpu-product.h"

G_BEGIN_DECLS

/*
 * What the weighted layers have in common: their checks, and the parameters of their epilogue.
 */

gboolean qs_cpu_weighted_supports   (const QsKernel     *self,
                                     const QsLayer      *layer,
                                     gint64              n_products,
                                     gint64              n_outputs,
                                     const char        **reason);
gboolean qs_cpu_weighted_supports_bias (const QsLayer   *layer,
                                     gint64              n_outputs,
                                     const char        **reason);
gboolean qs_cpu_weighted_parameters (const QsLayer      *layer,
                                     gint64              n_groups,
                                     gint64              n_columns,
                                     gint64              n_padded,
                                     float               beta,
                                     float             **multiplier,
                                     float             **bias,
                                     GError            **error);
gboolean qs_cpu_weighted_bias       (const QsLayer      *layer,
                                     gint64              n_groups,
                                     gint64              n_columns,
                                     gint64              n_padded,
                                     float               beta,
                                     float             **bias,
                                     GError            **error);
void     qs_cpu_weighted_epilogue   (const QsLayer      *layer,
                                     const QsExecution  *execution,
                                     const float        *multiplier,
                                     const float        *bias,
                                     gint64              row_stride,
                                     QsCpuEpilogue      *epilogue);
void     qs_cpu_weighted_spread     (const QsExecution  *execution,
                                     QsCpuEpilogue      *epilogue);
gint64   qs_cpu_row_stride          (const QsView       *view);
gboolean qs_cpu_check_views         (const QsKernel     *self,
                                     const QsLayer      *layer,
                                     const QsExecution  *execution,
                                     GError            **error);

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
