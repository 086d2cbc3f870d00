/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "import/qs-dimensions.h"

G_BEGIN_DECLS

/**
 * QsDimensionsDialog:
 *
 * Asks for the sizes of a model's dynamic dimensions: the smallest, the optimal and the largest of
 * each. ::accepted and ::cancelled say how it ended.
 */
#define QS_TYPE_DIMENSIONS_DIALOG (qs_dimensions_dialog_get_type ())
G_DECLARE_FINAL_TYPE (QsDimensionsDialog, qs_dimensions_dialog, QS, DIMENSIONS_DIALOG, AdwWindow)

QsDimensionsDialog *qs_dimensions_dialog_new            (GtkWindow          *parent,
                                                         GPtrArray          *dimensions);
/* (element-type QsDimension): as they stand in the dialog */
GPtrArray          *qs_dimensions_dialog_get_dimensions (QsDimensionsDialog *self);

G_END_DECLS
