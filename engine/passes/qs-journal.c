/* SPDX-License-Identifier: MIT */
#include "qs-journal.h"

struct _QsJournal
{
  gatomicrefcount ref_count;
  GPtrArray *entries;
};

static void
entry_free (gpointer data)
{
  QsJournalEntry *entry = data;

  g_free (entry->rule);
  g_strfreev (entry->layers);
  g_strfreev (entry->tensors);
  g_free (entry->result);
  g_free (entry->reason);
  g_free (entry);
}

QsJournal *
qs_journal_new (void)
{
  QsJournal *self = g_new0 (QsJournal, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->entries = g_ptr_array_new_with_free_func (entry_free);
  return self;
}

QsJournal *
qs_journal_ref (QsJournal *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_journal_unref (QsJournal *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_ptr_array_unref (self->entries);
  g_free (self);
}

static char **
copy_names (const char *const *names)
{
  return names != NULL ? g_strdupv ((char **) names) : g_new0 (char *, 1);
}

/**
 * qs_journal_add:
 * @rule: identifier of the rule
 * @layers: (nullable) (array zero-terminated=1): layers concerned, named as before the change
 * @tensors: (nullable) (array zero-terminated=1): tensors concerned
 * @result: (nullable): name of the layer after the change
 * @reason_format: a whole sentence
 *
 * Writes an entry at the end.
 */
void
qs_journal_add (QsJournal         *self,
                QsJournalKind      kind,
                const char        *rule,
                const char *const *layers,
                const char *const *tensors,
                const char        *result,
                const char        *reason_format,
                ...)
{
  QsJournalEntry *entry = g_new0 (QsJournalEntry, 1);
  va_list args;

  entry->kind = kind;
  entry->rule = g_strdup (rule);
  entry->layers = copy_names (layers);
  entry->tensors = copy_names (tensors);
  entry->result = g_strdup (result);

  va_start (args, reason_format);
  entry->reason = g_strdup_vprintf (reason_format, args);
  va_end (args);

  g_ptr_array_add (self->entries, entry);
}

guint
qs_journal_get_n (QsJournal *self)
{
  return self->entries->len;
}

const QsJournalEntry *
qs_journal_get (QsJournal *self,
                guint      index)
{
  return index < self->entries->len ? g_ptr_array_index (self->entries, index) : NULL;
}

static gboolean
entry_names (const QsJournalEntry *entry,
             const char           *name)
{
  return g_strv_contains ((const char *const *) entry->layers, name) ||
         g_strv_contains ((const char *const *) entry->tensors, name) ||
         g_strcmp0 (entry->result, name) == 0;
}

/**
 * qs_journal_find:
 * @name: a layer or a tensor, before or after the changes
 *
 * Returns: (element-type QsJournalEntry) (transfer container): the entries that name it, in order
 */
GPtrArray *
qs_journal_find (QsJournal  *self,
                 const char *name)
{
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = 0; i < self->entries->len; i++)
    {
      QsJournalEntry *entry = g_ptr_array_index (self->entries, i);

      if (entry_names (entry, name))
        g_ptr_array_add (found, entry);
    }

  return found;
}
