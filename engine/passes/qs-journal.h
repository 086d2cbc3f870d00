/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * QsJournalKind:
 * @QS_JOURNAL_REWRITE: the network was changed
 * @QS_JOURNAL_REFUSAL: a change was tried and a condition failed
 * @QS_JOURNAL_DECISION: a choice was made (precision of a layer, …)
 * @QS_JOURNAL_WARNING: something the user should know
 */
typedef enum
{
  QS_JOURNAL_REWRITE,
  QS_JOURNAL_REFUSAL,
  QS_JOURNAL_DECISION,
  QS_JOURNAL_WARNING,
} QsJournalKind;

/**
 * QsJournalEntry:
 * @rule: the rule's identifier ("fold-batch-norm", "missing-range")
 * @layers: (array zero-terminated=1): names of the layers concerned, before the change
 * @tensors: (array zero-terminated=1): names of the tensors concerned
 * @result: (nullable): name of the layer afterwards
 * @reason: a whole sentence: why it was done, or which condition failed and what would lift it
 */
typedef struct
{
  QsJournalKind kind;
  char *rule;
  char **layers;
  char **tensors;
  char *result;
  char *reason;
} QsJournalEntry;

/**
 * QsJournal:
 *
 * Everything that was decided between the imported network and the engine, in order. It explains
 * the engine to people, and is saved with it.
 */
typedef struct _QsJournal QsJournal;

QsJournal            *qs_journal_new     (void);
QsJournal            *qs_journal_ref     (QsJournal         *self);
void                  qs_journal_unref   (QsJournal         *self);
/* @layers and @tensors: NULL-terminated, NULL for none; copied. @reason is a format string. */
void                  qs_journal_add     (QsJournal         *self,
                                          QsJournalKind      kind,
                                          const char        *rule,
                                          const char *const *layers,
                                          const char *const *tensors,
                                          const char        *result,
                                          const char        *reason_format,
                                          ...) G_GNUC_PRINTF (7, 8);
guint                 qs_journal_get_n   (QsJournal         *self);
const QsJournalEntry *qs_journal_get     (QsJournal         *self,
                                          guint              index);
/* (element-type QsJournalEntry) (transfer container): entries that name layer or tensor @name */
GPtrArray            *qs_journal_find    (QsJournal         *self,
                                          const char        *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsJournal, qs_journal_unref)

G_END_DECLS
