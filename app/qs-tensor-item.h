/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib-object.h>

#include "calibration/qs-histogram-set.h"
#include "network/qs-network.h"
#include "qs-finding-store.h"
#include "qs-scale-source.h"

G_BEGIN_DECLS

/**
 * QsTensorItem:
 *
 * A row of the tensor table: one activation tensor with its statistics and what every scale source
 * says about it. Costly figures are computed when they are first asked for.
 */
#define QS_TYPE_TENSOR_ITEM (qs_tensor_item_get_type ())
G_DECLARE_FINAL_TYPE (QsTensorItem, qs_tensor_item, QS, TENSOR_ITEM, GObject)

/* @histograms and @findings are nullable; @sources: (element-type QsScaleSource) */
QsTensorItem *qs_tensor_item_new           (QsNetwork      *network,
                                            QsTensor       *tensor,
                                            QsHistogramSet *histograms,
                                            GPtrArray      *sources,
                                            QsFindingStore *findings);
QsTensor     *qs_tensor_item_get_tensor    (QsTensorItem *self);
/* (nullable) */
QsHistogram  *qs_tensor_item_get_histogram (QsTensorItem *self);
/* (nullable) (element-type QsFindingItem): the most serious first */
GPtrArray    *qs_tensor_item_get_findings  (QsTensorItem *self);
/* The tensors that share its scale, in words; empty where it is alone. */
void          qs_tensor_item_set_group     (QsTensorItem *self,
                                            const char   *group);
const char   *qs_tensor_item_get_group     (QsTensorItem *self);
/* NaN where it is not known. */
double        qs_tensor_item_get_threshold (QsTensorItem *self,
                                            guint         source);
/* Share of values outside the range, 0 … 1; NaN without a histogram. */
double        qs_tensor_item_get_clipped   (QsTensorItem *self,
                                            guint         source);
/* The largest range that a source gives divided by the smallest: 1 when all agree. */
double        qs_tensor_item_get_ratio     (QsTensorItem *self);

G_END_DECLS
