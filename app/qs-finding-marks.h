/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-finding-store.h"

G_BEGIN_DECLS

/**
 * QsFindingMarks:
 *
 * The findings about one tensor, in a card. It hides itself where there are none.
 */
#define QS_TYPE_FINDING_MARKS (qs_finding_marks_get_type ())
G_DECLARE_FINAL_TYPE (QsFindingMarks, qs_finding_marks, QS, FINDING_MARKS, AdwBin)

/* Follows @store from then on; @tensor is nullable. */
void qs_finding_marks_show (QsFindingMarks *self,
                            QsFindingStore *store,
                            const char     *tensor);

G_END_DECLS
