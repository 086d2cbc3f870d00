/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "calibration/qs-histogram-set.h"
#include "qs-tensor-item.h"

G_BEGIN_DECLS

/**
 * QsTensorModel:
 *
 * The activation tensors of a network as a list of QsTensorItem, in data-flow order. An item is
 * made when it is first asked for and kept, since it remembers what it computed.
 */
#define QS_TYPE_TENSOR_MODEL (qs_tensor_model_get_type ())
G_DECLARE_FINAL_TYPE (QsTensorModel, qs_tensor_model, QS, TENSOR_MODEL, GObject)

QsTensorModel *qs_tensor_model_new (void);
/* All but @sources are nullable; @sources: (element-type QsScaleSource) */
void           qs_tensor_model_set (QsTensorModel  *self,
                                    QsNetwork      *network,
                                    QsHistogramSet *histograms,
                                    GPtrArray      *sources,
                                    QsFindingStore *findings);
/* The same rows, with what was found since. */
void           qs_tensor_model_refresh (QsTensorModel *self);

G_END_DECLS
