/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-context.h"

G_BEGIN_DECLS

/**
 * QsRecording:
 *
 * Every activation of one run, so that another run with other scales need not compute what comes
 * before the first layer that they touch. It serves contexts of its engine and of that engine's
 * rescaled twins, and is not changed by replays.
 */
typedef struct _QsRecording QsRecording;

/**
 * qs_context_record:
 * @inputs: (array): as for qs_context_run()
 *
 * One inference of which everything is kept.
 */
QsRecording *qs_context_record       (QsContext          *self,
                                      QsHostTensor      **inputs,
                                      GError            **error);
void         qs_recording_free       (QsRecording        *self);
gsize        qs_recording_get_size   (const QsRecording  *self);
/* Bytes that a recording of a run of @engine needs. */
gsize        qs_recording_estimate   (QsEngine           *engine);

/**
 * qs_context_rescale:
 * @engine: what [method@Engine.rescale] made of the context's engine
 *
 * Moves the context to @engine; only kernels that see another scale are prepared again. On failure
 * the context stays as it was.
 */
gboolean     qs_context_rescale      (QsContext          *self,
                                      QsEngine           *engine,
                                      GError            **error);

/* The first layer that sees a scale other than in @recording; the number of layers when there is
 * none. */
guint        qs_context_find_change  (QsContext          *self,
                                      const QsRecording  *recording);

/**
 * qs_context_replay:
 * @outputs: (out) (array): one new tensor per network output
 *
 * The inference of @recording with the context's scales, computed from the first layer on that
 * they touch.
 */
gboolean     qs_context_replay       (QsContext          *self,
                                      QsRecording        *recording,
                                      QsHostTensor      **outputs,
                                      GError            **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsRecording, qs_recording_free)

G_END_DECLS
