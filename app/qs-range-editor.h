/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-session.h"

G_BEGIN_DECLS

/**
 * QsRangeEditor:
 *
 * The range of a tensor that is set by hand: its ends as numbers, what they make of the tensor and
 * of the network's output, the tensors that share its scale, and the way back to the calibrator's.
 */
#define QS_TYPE_RANGE_EDITOR (qs_range_editor_get_type ())
G_DECLARE_FINAL_TYPE (QsRangeEditor, qs_range_editor, QS, RANGE_EDITOR, AdwBin)

/* @suggestion: largest |x| of the range to start from, as a calibrator chose it; not finite for
 * none. @histogram: (nullable) */
void     qs_range_editor_show        (QsRangeEditor *self,
                                      QsSession     *session,
                                      QsTensor      *tensor,
                                      QsHistogram   *histogram,
                                      double         suggestion);
/* The range's end was dragged to @value; it becomes an edit when it is let go. */
void     qs_range_editor_drag        (QsRangeEditor *self,
                                      double         value,
                                      gboolean       finished);

G_END_DECLS
