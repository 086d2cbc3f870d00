/* SPDX-License-Identifier: MIT */
#pragma once

#include "builder/qs-engine.h"

G_BEGIN_DECLS

/**
 * QsRefitStep:
 * @before: the engine that got new scales
 * @base_scales: (nullable): its scales without ranges set by hand
 * @after: the engine with the new scales
 * @position: where the history of ranges was then
 */
typedef struct
{
  QsEngine *before;
  QsScaleTable *base_scales;
  QsEngine *after;
  guint position;
} QsRefitStep;

/**
 * QsRefitHistory:
 *
 * The engine's refits, to be undone and done again between the edits of ranges: a refit belongs to the
 * ranges that there were, so it is undone before them, and done again before the edits that followed.
 */
typedef struct _QsRefitHistory QsRefitHistory;

QsRefitHistory    *qs_refit_history_new   (void);
void               qs_refit_history_free  (QsRefitHistory    *self);
void               qs_refit_history_clear (QsRefitHistory    *self);
/* Keeps references of its own. What was undone is forgotten. */
void               qs_refit_history_push  (QsRefitHistory    *self,
                                           const QsRefitStep *step);
/* Refits that were undone can't be done again after another edit. */
void               qs_refit_history_forget_undone (QsRefitHistory *self);
/* @by is -1 to undo and 1 to redo; @position is where the history of ranges is. (nullable): the refit
 * that comes next in that direction, before any edit of ranges */
const QsRefitStep *qs_refit_history_peek  (QsRefitHistory    *self,
                                           int                by,
                                           guint              position);
/* Takes the step that was peeked at. */
void               qs_refit_history_step  (QsRefitHistory    *self,
                                           int                by);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsRefitHistory, qs_refit_history_free)

G_END_DECLS
