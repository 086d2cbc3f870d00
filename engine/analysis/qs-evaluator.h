/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-evaluation.h"

G_BEGIN_DECLS

/**
 * QsEvaluator:
 *
 * Runs several engines over the same samples at once, batch by batch, so that a sample is read
 * once and no outputs but one batch's are kept.
 */
typedef struct _QsEvaluator QsEvaluator;

QsEvaluator  *qs_evaluator_new  (guint          n_threads);
void          qs_evaluator_free (QsEvaluator   *self);
/* Adds a candidate; @reference (nullable) is an engine that was added before. */
gboolean      qs_evaluator_add  (QsEvaluator   *self,
                                 const char    *name,
                                 QsEngine      *engine,
                                 QsEngine      *reference,
                                 GError       **error);
/* (element-type QsEvaluation) (transfer full): in the order in which the engines were added */
GPtrArray    *qs_evaluator_run  (QsEvaluator   *self,
                                 QsSamples     *samples,
                                 QsProgress    *progress,
                                 GError       **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsEvaluator, qs_evaluator_free)

G_END_DECLS
