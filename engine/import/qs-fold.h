/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"

G_BEGIN_DECLS

/* Constants made while importing: one of them, and all of a model together. Weights that are
 * computed (ConstantOfShape) are real, so the limits are wide; they stop a few bytes of a hostile
 * file from filling the memory. */
#define QS_FOLD_MAX_BYTES ((gsize) 512 << 20)
#define QS_FOLD_MAX_TOTAL ((gsize) 1 << 30)

gboolean qs_fold_is_possible (const QsLayer *layer);
gboolean qs_fold_layer       (QsNetwork     *network,
                              QsLayer       *layer,
                              gsize         *total,
                              GError       **error);

G_END_DECLS
