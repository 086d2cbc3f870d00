/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-journal-item.h"

#include "passes/qs-pass.h"
#include "qs-sentences.h"

struct _QsJournalItem
{
  GObject parent_instance;

  QsJournal *journal; /* keeps the entry */
  const QsJournalEntry *entry;
  int step;
};

G_DEFINE_FINAL_TYPE (QsJournalItem, qs_journal_item, G_TYPE_OBJECT)

QsJournalItem *
qs_journal_item_new (QsJournal            *journal,
                     const QsJournalEntry *entry,
                     int                   step)
{
  QsJournalItem *self = g_object_new (QS_TYPE_JOURNAL_ITEM, NULL);

  self->journal = qs_journal_ref (journal);
  self->entry = entry;
  self->step = step;
  return self;
}

const QsJournalEntry *
qs_journal_item_get_entry (QsJournalItem *self)
{
  return self->entry;
}

int
qs_journal_item_get_step (QsJournalItem *self)
{
  return self->step;
}

const char *
qs_journal_item_get_title (QsJournalItem *self)
{
  return qs_sentence_get_rule (self->entry->rule);
}

static void
qs_journal_item_finalize (GObject *object)
{
  qs_journal_unref (QS_JOURNAL_ITEM (object)->journal);
  G_OBJECT_CLASS (qs_journal_item_parent_class)->finalize (object);
}

static void
qs_journal_item_class_init (QsJournalItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = qs_journal_item_finalize;
}

static void
qs_journal_item_init (QsJournalItem *self)
{
}
