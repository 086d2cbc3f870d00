/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-backend.h"

G_BEGIN_DECLS

/*
 * What the weighted layers have in common on every backend: their checks, and the parameters of
 * their epilogue (qs-int8.h).
 */

gboolean qs_weighted_supports      (const QsKernel     *kernel,
                                    const QsLayer      *layer,
                                    gint64              n_products,
                                    gint64              n_outputs,
                                    gboolean            takes_fp16,
                                    const char        **reason);
gboolean qs_weighted_supports_bias (const QsLayer      *layer,
                                    gint64              n_outputs,
                                    gboolean            takes_fp16,
                                    const char        **reason);
gboolean qs_weighted_parameters    (const QsLayer      *layer,
                                    gint64              n_groups,
                                    gint64              n_columns,
                                    gint64              n_padded,
                                    float               beta,
                                    float             **multiplier,
                                    float             **bias,
                                    GError            **error);
gboolean qs_weighted_bias          (const QsLayer      *layer,
                                    gint64              n_groups,
                                    gint64              n_columns,
                                    gint64              n_padded,
                                    float               beta,
                                    float             **bias,
                                    GError            **error);

gint64   qs_view_get_row_stride    (const QsView       *view);
gboolean qs_kernel_check_views     (const QsKernel     *self,
                                    const QsLayer      *layer,
                                    const QsExecution  *execution,
                                    GError            **error);
gpointer qs_kernel_alloc           (gsize               size,
                                    GError            **error);

G_END_DECLS
