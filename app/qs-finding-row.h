/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-finding-item.h"

G_BEGIN_DECLS

/**
 * QsFindingRow:
 *
 * A finding: an icon whose shape says how serious it is, what it is about, and the sentence.
 */
#define QS_TYPE_FINDING_ROW (qs_finding_row_get_type ())
G_DECLARE_FINAL_TYPE (QsFindingRow, qs_finding_row, QS, FINDING_ROW, AdwBin)

GtkWidget *qs_finding_row_new  (void);
/* With @show_tensor the tensor's name is the title, else the kind. */
void       qs_finding_row_bind (QsFindingRow  *self,
                                QsFindingItem *item,
                                gboolean       show_tensor);

G_END_DECLS
