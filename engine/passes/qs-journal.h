/* SPDX-License-Identifier: MIT */
#pragma once

#include "network/qs-network.h"

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
 * @reason: a whole sentence: why it was done, or which condition failed
 * @scales: (array): quantization scales of @tensors, one for each, 0 where there is none
 * @condition: (nullable): for a refusal, the identifier of the condition that failed
 *   ("another-reader", "unequal-scales", "float-residual", …)
 * @remedy: (nullable): for a refusal, a whole sentence that says what would lift it
 * @before: (element-type QsLayerSketch): for a rewrite, the layers that it removed or changed, as
 *   they were
 * @after: (element-type QsLayerSketch): for a rewrite, the layers that it made or changed, as they
 *   are now
 *
 * Layers keep their place in the graph under their names, so the rewrites can be replayed: taking
 * @before out of the graph and putting @after into it is one step forward (see qs-replay.h).
 */
typedef struct
{
  QsJournalKind kind;
  char *rule;
  char **layers;
  char **tensors;
  char *result;
  char *reason;
  float *scales;
  char *condition;
  char *remedy;
  GPtrArray *before;
  GPtrArray *after;
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
/* About the entry that was added last. @scales has one number for each of its tensors. */
void                  qs_journal_set_scales (QsJournal      *self,
                                          const float       *scales);
void                  qs_journal_set_remedy (QsJournal      *self,
                                          const char        *condition,
                                          const char        *remedy_format,
                                          ...) G_GNUC_PRINTF (3, 4);
/* Whether there is an entry with these words already: passes that run repeatedly say things once. */
gboolean              qs_journal_has     (QsJournal         *self,
                                          QsJournalKind      kind,
                                          const char        *rule,
                                          const char        *reason);
void                  qs_journal_add_copy (QsJournal        *self,
                                          const QsJournalEntry *entry);

/* While a network is watched, every rewrite that is added keeps what changed since the last. */
void                  qs_journal_watch   (QsJournal         *self,
                                          QsNetwork         *network);
void                  qs_journal_unwatch (QsJournal         *self,
                                          QsNetwork         *network);
/* What changed since the last rewrite and no entry tells: it becomes part of the last one if that
 * is of @rule, else an entry of its own with @reason. */
void                  qs_journal_flush   (QsJournal         *self,
                                          const char        *rule,
                                          const char        *reason);

guint                 qs_journal_get_n   (QsJournal         *self);
const QsJournalEntry *qs_journal_get     (QsJournal         *self,
                                          guint              index);
/* (element-type QsJournalEntry) (transfer container): entries that name layer or tensor @name */
GPtrArray            *qs_journal_find    (QsJournal         *self,
                                          const char        *name);

/* (nullable) (element-type QsJournalEntry) (transfer none): refusals that name layer @name, alone or
 * as a part of a fused one; found without looking through the journal */
GPtrArray            *qs_journal_find_refusals (QsJournal   *self,
                                          const char        *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsJournal, qs_journal_unref)

G_END_DECLS
