/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-engine.h"

G_BEGIN_DECLS

/**
 * qs_engine_refit:
 * @changes: new scales by tensor name; all other tensors keep theirs
 *
 * The engine with new scales for some of its INT8 activations (TensorRT's refitter): nothing else
 * changes, and the outcome is, bit by bit, what a build with these scales gives.
 *
 * Where layers between them only move or select elements, tensors have one scale, and any of their
 * names changes it. The inputs of a layer that joins several tensors had scales of their own that
 * were equal, which is why it works on the bytes: their new scales must be given together and be
 * equal, compared by their bits. In an engine that was built from calibration the builder makes
 * them equal, the largest counts; a smaller one could not be obeyed.
 *
 * Errors: %QS_ERROR_MISSING for a tensor that is not there or not INT8, %QS_ERROR_DATA for a scale that
 * is not positive and finite, %QS_ERROR_MISMATCH for a change that would break a rewrite, which is
 * named with the tensors, %QS_ERROR_UNSUPPORTED for a kernel that can't work with the new scales.
 */
QsEngine *qs_engine_refit (QsEngine      *self,
                           QsScaleTable  *changes,
                           GError       **error);

/**
 * qs_engine_find_ties:
 *
 * Which scales qs_engine_refit() takes only together.
 *
 * Returns: (transfer full) (element-type GPtrArray): lists of two or more INT8 tensors (element-type
 *   QsTensor) of the engine's network; the tensors in none of them are free
 */
GPtrArray *qs_engine_find_ties (QsEngine *self);

G_END_DECLS
