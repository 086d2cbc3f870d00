/* SPDX-License-Identifier: MIT */
#pragma once

#include "calibration/qs-histogram-set.h"
#include "qs-finding-item.h"

G_BEGIN_DECLS

/**
 * QsFindingStore:
 *
 * What is remarkable about a set of histograms, as a list of QsFindingItem with the most serious
 * first. The list is made on the engine's thread, tensor by tensor, and is empty until it is
 * whole; while other work needs that thread, it waits and goes on afterwards.
 *
 * ## Properties
 *
 * - is-busy (boolean): the list is being made
 */
#define QS_TYPE_FINDING_STORE (qs_finding_store_get_type ())
G_DECLARE_FINAL_TYPE (QsFindingStore, qs_finding_store, QS, FINDING_STORE, GObject)

QsFindingStore *qs_finding_store_new            (void);
/* (nullable); nothing happens for the set that is there already. */
void            qs_finding_store_set_histograms (QsFindingStore *self,
                                                 QsHistogramSet *histograms);
/* (nullable): whose findings these are */
QsHistogramSet *qs_finding_store_get_histograms (QsFindingStore *self);
void            qs_finding_store_set_paused     (QsFindingStore *self,
                                                 gboolean        is_paused);
gboolean        qs_finding_store_get_is_busy    (QsFindingStore *self);
/* (nullable) (element-type QsFindingItem): those about @tensor, the most serious first */
GPtrArray      *qs_finding_store_lookup         (QsFindingStore *self,
                                                 const char     *tensor);

G_END_DECLS
