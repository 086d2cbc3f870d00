/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-session.h"

G_BEGIN_DECLS

/**
 * QsScalesTable:
 *
 * The scales of one source in numbers, beside those of another where one is chosen. Those of an
 * opened calibration cache can be typed. Names that are only in the cache or only in the model
 * have lists of their own.
 */
#define QS_TYPE_SCALES_TABLE (qs_scales_table_get_type ())
G_DECLARE_FINAL_TYPE (QsScalesTable, qs_scales_table, QS, SCALES_TABLE, AdwBin)

void           qs_scales_table_set_session    (QsScalesTable *self,
                                               QsSession     *session);
/* (nullable): whose scales are shown */
QsScaleSource *qs_scales_table_get_source     (QsScalesTable *self);
void           qs_scales_table_focus_search   (QsScalesTable *self);
/* Tensors whose scale depends most on the order of the batches come first. */
void           qs_scales_table_sort_by_spread (QsScalesTable *self);

G_END_DECLS
