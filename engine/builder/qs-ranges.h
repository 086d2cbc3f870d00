/* SPDX-License-Identifier: MIT */
#pragma once

#include "passes/qs-journal.h"
#include "qs-scale-groups.h"
#include "scales/qs-scale-table.h"

G_BEGIN_DECLS

/**
 * QsRanges:
 *
 * The scale that every activation tensor of a network would have in INT8: the scale table's,
 * except where layers need tensors to have equal scales (QsScaleGroups). Such a group has the
 * largest scale of its members, where what a layer only moved counts as what it was moved from. A
 * member that is uniformly zero takes the others' scale (as TensorRT's caches show); one whose
 * scale is missing leaves the group without one.
 */
typedef struct _QsRanges QsRanges;

/* @journal: (nullable): is told of shared scales */
QsRanges   *qs_ranges_new       (QsNetwork       *network,
                                 QsScaleTable    *scales,
                                 QsJournal       *journal);
void        qs_ranges_free      (QsRanges        *self);
/* 0 when there is no usable scale. */
float       qs_ranges_get_scale (const QsRanges  *self,
                                 const QsTensor  *tensor);
/* (transfer full): a sentence about a tensor without a usable scale */
char       *qs_ranges_explain   (const QsRanges  *self,
                                 const QsTensor  *tensor);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsRanges, qs_ranges_free)

G_END_DECLS
