/* SPDX-License-Identifier: MIT */
#pragma once

#include "calibration/qs-scale-table.h"
#include "network/qs-network.h"
#include "passes/qs-journal.h"

G_BEGIN_DECLS

/**
 * QsRanges:
 *
 * The scale that every activation tensor of a network would have in INT8: the scale table's,
 * except where layers need tensors to have equal scales. Layers that move or select elements give
 * their output the scale of their input; the inputs and the output of a concatenation share the
 * largest scale among them (TensorRT's rules, visible in its calibration caches).
 */
typedef struct _QsRanges QsRanges;

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

/* The part of a layer in quantization, by what it does and not only by its class: a pooling
 * commutes when it takes the maximum. */
QsPlacement qs_layer_get_role   (const QsLayer   *layer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsRanges, qs_ranges_free)

G_END_DECLS
