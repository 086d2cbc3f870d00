/* SPDX-License-Identifier: MIT */
#include "qs-journal.h"

struct _QsJournal
{
  gatomicrefcount ref_count;
  GPtrArray *entries;
  GHashTable *reasons; /* reason -> first QsJournalEntry with it */
  GHashTable *refusals; /* layer, or part of a fused name -> GPtrArray of QsJournalEntry */
  QsChangeLog *log; /* of the network that is watched */
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
  g_free (entry->scales);
  g_free (entry->condition);
  g_free (entry->remedy);
  g_ptr_array_unref (entry->before);
  g_ptr_array_unref (entry->after);
  g_free (entry);
}

QsJournal *
qs_journal_new (void)
{
  QsJournal *self = g_new0 (QsJournal, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->entries = g_ptr_array_new_with_free_func (entry_free);
  self->reasons = g_hash_table_new (g_str_hash, g_str_equal);
  self->refusals = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                          (GDestroyNotify) g_ptr_array_unref);
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

  g_hash_table_unref (self->reasons);
  g_hash_table_unref (self->refusals);
  g_ptr_array_unref (self->entries);
  qs_change_log_free (self->log);
  g_free (self);
}

static char **
copy_names (const char *const *names)
{
  return names != NULL ? g_strdupv ((char **) names) : g_new0 (char *, 1);
}

static GPtrArray *
new_sketches (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) qs_layer_sketch_free);
}

static QsJournalEntry *
entry_new (QsJournalKind      kind,
           const char        *rule,
           const char *const *layers,
           const char *const *tensors,
           const char        *result)
{
  QsJournalEntry *entry = g_new0 (QsJournalEntry, 1);

  entry->kind = kind;
  entry->rule = g_strdup (rule);
  entry->layers = copy_names (layers);
  entry->tensors = copy_names (tensors);
  entry->scales = g_new0 (float, g_strv_length (entry->tensors) + 1);
  entry->result = g_strdup (result);
  entry->before = new_sketches ();
  entry->after = new_sketches ();
  return entry;
}

static void
index_name (QsJournal      *self,
            const char     *name,
            QsJournalEntry *entry)
{
  GPtrArray *entries = g_hash_table_lookup (self->refusals, name);

  if (entries == NULL)
    {
      entries = g_ptr_array_new ();
      g_hash_table_insert (self->refusals, g_strdup (name), entries);
    }
  if (entries->len == 0 || g_ptr_array_index (entries, entries->len - 1) != entry)
    g_ptr_array_add (entries, entry);
}

/* A fused layer is found under its name and under those of the layers inside. */
static void
index_refusal (QsJournal      *self,
               QsJournalEntry *entry)
{
  for (guint i = 0; entry->layers[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (entry->layers[i], " + ", -1);

      index_name (self, entry->layers[i], entry);
      for (guint k = 0; parts[k] != NULL; k++)
        index_name (self, parts[k], entry);
    }
}

static void
append (QsJournal      *self,
        QsJournalEntry *entry)
{
  if (entry->kind == QS_JOURNAL_REFUSAL)
    index_refusal (self, entry);
  g_ptr_array_add (self->entries, entry);
  if (!g_hash_table_contains (self->reasons, entry->reason))
    g_hash_table_insert (self->reasons, entry->reason, entry);
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
  QsJournalEntry *entry = entry_new (kind, rule, layers, tensors, result);
  va_list args;

  va_start (args, reason_format);
  entry->reason = g_strdup_vprintf (reason_format, args);
  va_end (args);

  if (kind == QS_JOURNAL_REWRITE && self->log != NULL)
    qs_change_log_drain (self->log, entry->before, entry->after);
  append (self, entry);
}

gboolean
qs_journal_has (QsJournal     *self,
                QsJournalKind  kind,
                const char    *rule,
                const char    *reason)
{
  const QsJournalEntry *entry = g_hash_table_lookup (self->reasons, reason);

  return entry != NULL && entry->kind == kind && g_str_equal (entry->rule, rule);
}

static QsJournalEntry *
last_entry (QsJournal *self)
{
  return self->entries->len > 0 ? g_ptr_array_index (self->entries, self->entries->len - 1) : NULL;
}

/**
 * qs_journal_set_scales:
 * @scales: (array): one for each tensor of the entry that was added last
 */
void
qs_journal_set_scales (QsJournal   *self,
                       const float *scales)
{
  QsJournalEntry *entry = last_entry (self);
  guint n = entry != NULL ? g_strv_length (entry->tensors) : 0;

  for (guint i = 0; i < n; i++)
    entry->scales[i] = scales[i];
}

/**
 * qs_journal_set_remedy:
 * @condition: identifier of the condition that failed
 * @remedy_format: a whole sentence: what would lift it
 *
 * Completes the refusal that was added last.
 */
void
qs_journal_set_remedy (QsJournal  *self,
                       const char *condition,
                       const char *remedy_format,
                       ...)
{
  QsJournalEntry *entry = last_entry (self);
  va_list args;

  if (entry == NULL)
    return;

  g_free (entry->condition);
  g_free (entry->remedy);
  entry->condition = g_strdup (condition);
  va_start (args, remedy_format);
  entry->remedy = g_strdup_vprintf (remedy_format, args);
  va_end (args);
}

static void
add_sketches (GPtrArray *to,
              GPtrArray *from)
{
  for (guint i = 0; i < from->len; i++)
    g_ptr_array_add (to, qs_layer_sketch_copy (g_ptr_array_index (from, i)));
}

void
qs_journal_add_copy (QsJournal            *self,
                     const QsJournalEntry *entry)
{
  QsJournalEntry *copy = entry_new (entry->kind, entry->rule, (const char *const *) entry->layers,
                                    (const char *const *) entry->tensors, entry->result);

  copy->reason = g_strdup (entry->reason);
  copy->condition = g_strdup (entry->condition);
  copy->remedy = g_strdup (entry->remedy);
  add_sketches (copy->before, entry->before);
  add_sketches (copy->after, entry->after);
  append (self, copy);
  qs_journal_set_scales (self, entry->scales);
}

/**
 * qs_journal_watch:
 *
 * From now on rewrites of @network keep their sketches, until [method@Journal.unwatch]. The network
 * must not be freed before.
 */
void
qs_journal_watch (QsJournal *self,
                  QsNetwork *network)
{
  if (self->log == NULL)
    self->log = qs_change_log_new ();
  network->log = self->log;
}

void
qs_journal_unwatch (QsJournal *self,
                    QsNetwork *network)
{
  network->log = NULL;
  g_clear_pointer (&self->log, qs_change_log_free);
}

/* Takes the sketch of the layer called @name out of @sketches. */
static gboolean
take_sketch (GPtrArray  *sketches,
             const char *name)
{
  for (guint i = 0; i < sketches->len; i++)
    if (g_str_equal (((QsLayerSketch *) g_ptr_array_index (sketches, i))->name, name))
      return g_ptr_array_remove_index (sketches, i), TRUE;

  return FALSE;
}

/* What @entry made and a later change took away again was never there for anyone to see. */
static void
extend_entry (QsJournalEntry *entry,
              GPtrArray      *before,
              GPtrArray      *after)
{
  for (guint i = 0; i < before->len; i++)
    {
      const QsLayerSketch *sketch = g_ptr_array_index (before, i);

      if (!take_sketch (entry->after, sketch->name))
        g_ptr_array_add (entry->before, qs_layer_sketch_copy (sketch));
    }
  add_sketches (entry->after, after);
}

static QsJournalEntry *
last_rewrite (QsJournal *self)
{
  for (guint i = self->entries->len; i > 0; i--)
    {
      QsJournalEntry *entry = g_ptr_array_index (self->entries, i - 1);

      if (entry->kind == QS_JOURNAL_REWRITE)
        return entry;
    }

  return NULL;
}

/**
 * qs_journal_flush:
 *
 * Gives changes without an entry to the last rewrite when that is of @rule (layers that it left
 * without readers), else to an entry of their own.
 */
void
qs_journal_flush (QsJournal  *self,
                  const char *rule,
                  const char *reason)
{
  g_autoptr (GPtrArray) before = new_sketches ();
  g_autoptr (GPtrArray) after = new_sketches ();
  QsJournalEntry *last = last_rewrite (self);

  if (self->log == NULL || !qs_change_log_drain (self->log, before, after))
    return;

  if (last == NULL || !g_str_equal (last->rule, rule))
    {
      qs_journal_add (self, QS_JOURNAL_REWRITE, rule, NULL, NULL, NULL, "%s", reason);
      last = last_rewrite (self);
    }
  extend_entry (last, before, after);
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

/**
 * qs_journal_find_refusals:
 * @name: a layer, or a layer inside a fused one
 *
 * Returns: (nullable) (transfer none) (element-type QsJournalEntry): the refusals about it, in order
 */
GPtrArray *
qs_journal_find_refusals (QsJournal  *self,
                          const char *name)
{
  return g_hash_table_lookup (self->refusals, name);
}
