/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "analysis/qs-evaluation.h"

G_BEGIN_DECLS

/**
 * QsEvaluationCard:
 *
 * The accuracy of FP32 or of one calibrator.
 */
#define QS_TYPE_EVALUATION_CARD (qs_evaluation_card_get_type ())
G_DECLARE_FINAL_TYPE (QsEvaluationCard, qs_evaluation_card, QS, EVALUATION_CARD, AdwBin)

/* @reference is FP32's evaluation; @is_best: the best of the calibrators. */
GtkWidget *qs_evaluation_card_new (const char         *title,
                                   const QsEvaluation *evaluation,
                                   const QsEvaluation *reference,
                                   gboolean            is_best);

G_END_DECLS
