/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-session.h"

G_BEGIN_DECLS

/**
 * QsScalesPage:
 *
 * The ranges of all scale sources, tensor by tensor, in a chart, and the scales of one in a table.
 */
#define QS_TYPE_SCALES_PAGE (qs_scales_page_get_type ())
G_DECLARE_FINAL_TYPE (QsScalesPage, qs_scales_page, QS, SCALES_PAGE, AdwBin)

void           qs_scales_page_set_session (QsScalesPage *self,
                                           QsSession    *session);
/* (nullable): whose scales the table shows */
QsScaleSource *qs_scales_page_get_source  (QsScalesPage *self);
/* Shows the table. */
void           qs_scales_page_show_table  (QsScalesPage *self);
/* Whether it has something to search: the table is shown. */
gboolean       qs_scales_page_focus_search (QsScalesPage *self);
/* Shows the table with the tensors first that depend most on the order of batches. */
void           qs_scales_page_show_spread (QsScalesPage *self);

G_END_DECLS
