/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-weight-store.h"

G_BEGIN_DECLS

/**
 * QsWeightCard:
 *
 * What INT8 makes of a layer's weights: a chart of the scales, the figures of all channels, and a
 * table of them. It hides itself for layers without weights.
 */
#define QS_TYPE_WEIGHT_CARD (qs_weight_card_get_type ())
G_DECLARE_FINAL_TYPE (QsWeightCard, qs_weight_card, QS, WEIGHT_CARD, AdwBin)

/* Follows @store from then on. */
void qs_weight_card_show (QsWeightCard  *self,
                          QsWeightStore *store,
                          const QsLayer *layer);

G_END_DECLS
