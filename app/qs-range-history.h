/* SPDX-License-Identifier: MIT */
#pragma once

#include "scales/qs-dynamic-ranges.h"

G_BEGIN_DECLS

/**
 * QsRangeHistory:
 *
 * The ranges set by hand as they are now, as they were before every edit, and as they would be
 * again: what undo and redo walk through. A set of ranges in it is never changed; an edit puts
 * another one behind it and forgets what was undone.
 */
typedef struct _QsRangeHistory QsRangeHistory;

QsRangeHistory  *qs_range_history_new         (void);
void             qs_range_history_free        (QsRangeHistory  *self);
/* Starts anew with @ranges, nothing when it is %NULL; there is nothing to undo then. */
void             qs_range_history_reset       (QsRangeHistory  *self,
                                               QsDynamicRanges *ranges);
QsDynamicRanges *qs_range_history_get_current (QsRangeHistory  *self);
/* (transfer full) for @ranges. Whether they are other ranges than the current ones. */
gboolean         qs_range_history_push        (QsRangeHistory  *self,
                                               QsDynamicRanges *ranges);
/* The number of the current ranges among all that there were. */
guint            qs_range_history_get_position (QsRangeHistory *self);
/* Another kind of edit follows: what was undone can't be done again. */
void             qs_range_history_forget_undone (QsRangeHistory *self);
/* @by is -1 to undo and 1 to redo. */
gboolean         qs_range_history_can_step    (QsRangeHistory  *self,
                                               int              by);
gboolean         qs_range_history_step        (QsRangeHistory  *self,
                                               int              by);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsRangeHistory, qs_range_history_free)

G_END_DECLS
