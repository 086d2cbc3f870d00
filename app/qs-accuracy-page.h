/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-session.h"

G_BEGIN_DECLS

/**
 * QsAccuracyPage:
 *
 * FP32 and every calibrator on labelled samples, side by side.
 */
#define QS_TYPE_ACCURACY_PAGE (qs_accuracy_page_get_type ())
G_DECLARE_FINAL_TYPE (QsAccuracyPage, qs_accuracy_page, QS, ACCURACY_PAGE, AdwBin)

void qs_accuracy_page_set_session (QsAccuracyPage *self,
                                   QsSession      *session);

G_END_DECLS
