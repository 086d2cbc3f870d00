/* SPDX-License-Identifier: MIT */
#pragma once

#include "analysis/qs-weight-report.h"

G_BEGIN_DECLS

/**
 * QsWeightStore:
 *
 * What INT8 makes of the weights of a network, layer by layer. The reports are made on the
 * engine's thread as soon as somebody asks for one, after the passes that fold factors into the
 * weights.
 *
 * ::changed is emitted when the reports are there.
 */
#define QS_TYPE_WEIGHT_STORE (qs_weight_store_get_type ())
G_DECLARE_FINAL_TYPE (QsWeightStore, qs_weight_store, QS, WEIGHT_STORE, GObject)

QsWeightStore        *qs_weight_store_new         (void);
/* (nullable): the imported network */
void                  qs_weight_store_set_network (QsWeightStore *self,
                                                   QsNetwork     *network);
void                  qs_weight_store_set_paused  (QsWeightStore *self,
                                                   gboolean       is_paused);
/* (nullable): about the layer @name, or the one that the ONNX node @name went into; %NULL while
 * the reports are being made, and where there are no weights */
const QsWeightReport *qs_weight_store_lookup      (QsWeightStore *self,
                                                   const char    *name);

G_END_DECLS
