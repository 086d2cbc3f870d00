/* SPDX-License-Identifier: MIT */
#pragma once

#include "passes/qs-journal.h"
#include "qs-scale-groups.h"
#include "scales/qs-dynamic-ranges.h"
#include "scales/qs-scale-table.h"

G_BEGIN_DECLS

/**
 * qs_manual_scales_apply:
 * @network: as imported, so that no tensor has been fused away yet
 * @scales: (nullable): what the calibrator or a cache says
 * @journal: (nullable): is told of every range
 *
 * A copy of @scales in which manual ranges take the place of what was there, marked as manual. A
 * range applies to all tensors that share a scale with its own (QsScaleGroups); where several of a
 * group have one, the largest does, as with all other scales.
 *
 * Errors: %QS_ERROR_MISSING for a tensor that is not in the network, %QS_ERROR_TYPE for one that
 * can't have a scale.
 */
QsScaleTable *qs_manual_scales_apply (QsDynamicRanges  *ranges,
                                      QsNetwork        *network,
                                      QsScaleTable     *scales,
                                      QsJournal        *journal,
                                      GError          **error);
/* The same with the groups of a network at hand, and nothing checked: a range of a tensor that is not
 * there is an entry like another. */
QsScaleTable *qs_manual_scales_apply_to_groups (QsDynamicRanges *ranges,
                                      QsScaleGroups    *groups,
                                      QsScaleTable     *scales);
/* Whether a tensor of @network can have a range. */
gboolean      qs_manual_scales_check (QsNetwork        *network,
                                      const char       *tensor,
                                      GError          **error);

G_END_DECLS
