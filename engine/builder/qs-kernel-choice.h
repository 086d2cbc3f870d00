/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-build.h"
#include "qs-engine-private.h"

G_BEGIN_DECLS

/* The layout in which a kernel is to see the layer's activations: the one that any of its rank 3
 * activations fixes, and linear when none does. */
QsFormat  qs_layer_find_format (const QsLayer    *layer);

/* @wanted (nullable) when @backend has it for the finished layer, else the backend's first; the
 * layer class's own, said by @own, when it has none. @own FALSE and NULL: nothing computes it. */
const QsKernel *qs_choose_kernel (const QsBackend  *backend,
                                  const QsLayer    *layer,
                                  QsFormat          format,
                                  const char       *wanted,
                                  const char      **why_not,
                                  gboolean         *own);

/* Completes an engine from a finished build. */
gboolean  qs_build_finish      (QsBuild          *self,
                                QsEngine         *engine,
                                GError          **error);

/* Adds @layer to an engine that was built elsewhere, with @kernel or, where that is not to be had,
 * the backend's best for the same precision, which the journal then tells. (transfer none) */
QsEngineLayer *qs_engine_restore_layer (QsEngine     *engine,
                                        QsLayer      *layer,
                                        const char   *kernel,
                                        const char   *reason,
                                        double        ms,
                                        GError      **error);

G_END_DECLS
