/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-session.h"

G_BEGIN_DECLS

/**
 * QsTensorsPage:
 *
 * All activation tensors in a table that sorts and filters, with every scale source's columns.
 */
#define QS_TYPE_TENSORS_PAGE (qs_tensors_page_get_type ())
G_DECLARE_FINAL_TYPE (QsTensorsPage, qs_tensors_page, QS, TENSORS_PAGE, AdwBin)

void  qs_tensors_page_set_session  (QsTensorsPage *self,
                                    QsSession     *session);
void  qs_tensors_page_focus_search (QsTensorsPage *self);
/* (transfer full): the rows as they are sorted and filtered */
char *qs_tensors_page_dup_csv      (QsTensorsPage *self);

G_END_DECLS
