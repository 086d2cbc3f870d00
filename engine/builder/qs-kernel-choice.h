/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-build.h"
#include "qs-engine-private.h"

G_BEGIN_DECLS

/* The layout in which a kernel is to see the activations of a finished layer: the one that they
 * fix, or, where layout makes no difference to any of them, the one that @backend likes best. */
QsFormat  qs_layer_find_format (const QsLayer    *layer,
                                const QsBackend  *backend);

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
