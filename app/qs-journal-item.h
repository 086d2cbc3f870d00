/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib-object.h>

#include "passes/qs-journal.h"

G_BEGIN_DECLS

/**
 * QsJournalItem:
 *
 * An entry of a journal as a row of a list: a rewrite with its place in the replay, or one that was
 * blocked.
 */
#define QS_TYPE_JOURNAL_ITEM (qs_journal_item_get_type ())
G_DECLARE_FINAL_TYPE (QsJournalItem, qs_journal_item, QS, JOURNAL_ITEM, GObject)

/* @step: -1 for an entry that is no step of the replay */
QsJournalItem        *qs_journal_item_new       (QsJournal            *journal,
                                                 const QsJournalEntry *entry,
                                                 int                   step);
const QsJournalEntry *qs_journal_item_get_entry (QsJournalItem        *self);
int                   qs_journal_item_get_step  (QsJournalItem        *self);
/* The rule in words. */
const char           *qs_journal_item_get_title (QsJournalItem        *self);

G_END_DECLS
