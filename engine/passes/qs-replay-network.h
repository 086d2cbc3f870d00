/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-replay.h"

G_BEGIN_DECLS

/* A state of a replay as a network for looking at: layers have their class and precision, but no
 * attributes and no constants. Types and shapes of tensors are those that @network or, for what
 * fusion removed, @imported (nullable) has under their names. See qs_replay_get_layers(). */
QsNetwork *qs_replay_make_network (QsJournal  *journal,
                                   QsNetwork  *network,
                                   QsNetwork  *imported,
                                   guint       step,
                                   GError    **error);

G_END_DECLS
