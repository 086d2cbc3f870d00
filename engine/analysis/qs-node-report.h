/* SPDX-License-Identifier: MIT */
#pragma once

#include "import/qs-import.h"
#include "passes/qs-journal.h"

G_BEGIN_DECLS

/**
 * QsNodeState:
 * @verdict: what the importer made of the node; borrowed from the import
 * @fate: what became of it in the end: %QS_VERDICT_IMPORTED when a layer of its own computes it,
 *   %QS_VERDICT_FUSED when one layer computes it together with other nodes, %QS_VERDICT_FOLDED when
 *   nothing is left to compute, %QS_VERDICT_REFUSED, and %QS_VERDICT_REFUSED_IN_INT8 for Q and DQ
 *   that an INT8 build cannot have
 * @layer: (nullable): the layer of the network that computes it now
 * @reason: (nullable): why it was folded or refused, and what to do
 *
 * One ONNX node in the network of now.
 */
typedef struct
{
  const QsNodeVerdict *verdict;
  QsVerdict fate;
  const QsLayer *layer;
  char *reason;
} QsNodeState;

/**
 * qs_node_report_new:
 * @network: (nullable): the imported network or an engine's; %NULL when the model was refused
 * @journal: (nullable): what the build did since
 *
 * Follows every node of the model to the layer that computes it now.
 *
 * Returns: (transfer full) (element-type QsNodeState): by node number; @import and @network must
 *   outlive it
 */
GPtrArray  *qs_node_report_new     (QsImport   *import,
                                    QsNetwork  *network,
                                    QsJournal  *journal);
/* How many nodes have each fate. */
void        qs_node_report_count   (GPtrArray  *report,
                                    guint      *counts);
/* "imported", "folded", "fused", "refused", "refused in INT8" */
const char *qs_verdict_name        (QsVerdict   verdict);

#define QS_N_VERDICTS (QS_VERDICT_REFUSED_IN_INT8 + 1)

G_END_DECLS
