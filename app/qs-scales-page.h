/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-session.h"

G_BEGIN_DECLS

/**
 * QsScalesPage:
 *
 * The ranges of all scale sources, tensor by tensor, in a chart.
 */
#define QS_TYPE_SCALES_PAGE (qs_scales_page_get_type ())
G_DECLARE_FINAL_TYPE (QsScalesPage, qs_scales_page, QS, SCALES_PAGE, AdwBin)

void qs_scales_page_set_session (QsScalesPage *self,
                                 QsSession    *session);

G_END_DECLS
