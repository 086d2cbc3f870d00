/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-backend.h"

G_BEGIN_DECLS

/*
 * ConvActPool on any backend: its own kernels for the convolution and for the pooling, one after the
 * other, with what lies between in the workspace. The bits are therefore those of the two layers.
 */
gboolean qs_convolution_pooling_supports  (const QsBackend    *backend,
                                           const QsKernel     *self,
                                           const QsLayer      *layer,
                                           const char        **reason);
gpointer qs_convolution_pooling_prepare   (const QsBackend    *backend,
                                           const QsKernel     *self,
                                           const QsLayer      *layer,
                                           GError            **error);
gsize    qs_convolution_pooling_workspace (const QsKernel     *self,
                                           const QsLayer      *layer,
                                           gpointer            state,
                                           guint               n_threads);
gboolean qs_convolution_pooling_execute   (const QsKernel     *self,
                                           const QsLayer      *layer,
                                           gpointer            state,
                                           const QsExecution  *execution,
                                           GError            **error);
void     qs_convolution_pooling_release   (gpointer            state);

G_END_DECLS
