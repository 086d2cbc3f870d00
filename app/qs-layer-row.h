/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-layer-item.h"

G_BEGIN_DECLS

/**
 * QsLayerRow:
 *
 * A layer in a list: its name, what it does, and a badge with its precision.
 */
#define QS_TYPE_LAYER_ROW (qs_layer_row_get_type ())
G_DECLARE_FINAL_TYPE (QsLayerRow, qs_layer_row, QS, LAYER_ROW, AdwBin)

GtkWidget *qs_layer_row_new  (void);
void       qs_layer_row_bind (QsLayerRow  *self,
                              QsLayerItem *item);

/* The style class of a precision: its colour. */
const char *qs_precision_get_css_class (QsPrecision precision);
/* The badge, for other places that show a precision. */
GtkWidget *qs_precision_badge_new (void);
void       qs_precision_badge_set (GtkWidget   *badge,
                                   gboolean     has_precision,
                                   QsPrecision  precision);

G_END_DECLS
