/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-journal.h"

G_BEGIN_DECLS

/* How many rewrites the journal has that changed layers: the steps of a replay. */
guint                 qs_replay_get_n     (QsJournal   *journal);
/* (nullable): the rewrite that leads from state @step to state @step + 1 */
const QsJournalEntry *qs_replay_get_entry (QsJournal   *journal,
                                           guint        step);
/**
 * qs_replay_get_layers:
 * @network: the network as it is after all rewrites (an engine's)
 * @step: 0 for the network as it was imported, the number of steps for @network itself
 *
 * Returns: (transfer full) (element-type QsLayerSketch): the layers of that state, those of
 *   @network that were there already in its order
 */
GPtrArray            *qs_replay_get_layers (QsJournal  *journal,
                                           QsNetwork   *network,
                                           guint        step);

G_END_DECLS
