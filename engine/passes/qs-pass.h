/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-error.h"
#include "network/qs-network.h"
#include "qs-journal.h"

G_BEGIN_DECLS

/**
 * QsPass:
 * @id: the rule's identifier in the journal
 * @title: what it does, in a few words, for people
 * @run: changes the network, records every change and every refusal that a user could ask about,
 *   and leaves it sorted
 *
 * One rewrite. One file in this folder and one row in the pass list, in the order they run.
 */
typedef struct
{
  const char *id;
  const char *title;
  gboolean (*run) (QsNetwork  *network,
                   QsJournal  *journal,
                   GError    **error);
} QsPass;

guint         qs_pass_get_n    (void);
const QsPass *qs_pass_get      (guint       index);
/* All passes in order; the network is checked after each. */
gboolean      qs_passes_run    (QsNetwork  *network,
                                QsJournal  *journal,
                                GError    **error);
/* (transfer full) (element-type utf8 utf8): the names of the activation tensors that are left when
 * all passes have run on a copy of @network */
GHashTable   *qs_passes_find_survivors (QsNetwork  *network,
                                GError    **error);

G_END_DECLS
