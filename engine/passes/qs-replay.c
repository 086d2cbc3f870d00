/* SPDX-License-Identifier: MIT */
#include "qs-replay.h"

static gboolean
is_step (const QsJournalEntry *entry)
{
  return entry->kind == QS_JOURNAL_REWRITE && entry->before->len + entry->after->len > 0;
}

guint
qs_replay_get_n (QsJournal *journal)
{
  guint n = 0;

  for (guint i = 0; i < qs_journal_get_n (journal); i++)
    n += is_step (qs_journal_get (journal, i));
  return n;
}

const QsJournalEntry *
qs_replay_get_entry (QsJournal *journal,
                     guint      step)
{
  for (guint i = 0; i < qs_journal_get_n (journal); i++)
    if (is_step (qs_journal_get (journal, i)) && step-- == 0)
      return qs_journal_get (journal, i);

  return NULL;
}

/* One step back: what the rewrite made goes, what it took comes back in the place of the first
 * layer that goes. A layer that a journal names and the graph does not have is passed over. */
static void
undo (GPtrArray            *layers,
      const QsJournalEntry *entry)
{
  g_autoptr (GHashTable) gone = g_hash_table_new (g_str_hash, g_str_equal);
  guint position = layers->len;

  for (guint i = 0; i < entry->after->len; i++)
    g_hash_table_add (gone, ((QsLayerSketch *) g_ptr_array_index (entry->after, i))->name);

  for (guint i = layers->len; i > 0; i--)
    if (g_hash_table_contains (gone, ((QsLayerSketch *) g_ptr_array_index (layers, i - 1))->name))
      {
        position = i - 1;
        g_ptr_array_remove_index (layers, i - 1);
      }
  for (guint i = 0; i < entry->before->len; i++)
    g_ptr_array_insert (layers, (int) (position + i),
                        qs_layer_sketch_copy (g_ptr_array_index (entry->before, i)));
}

GPtrArray *
qs_replay_get_layers (QsJournal *journal,
                      QsNetwork *network,
                      guint      step)
{
  GPtrArray *layers = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_layer_sketch_free);
  guint n = qs_replay_get_n (journal);

  for (guint i = 0; i < network->layers->len; i++)
    g_ptr_array_add (layers, qs_layer_sketch_new (g_ptr_array_index (network->layers, i)));

  for (guint i = qs_journal_get_n (journal); i > 0 && n > step; i--)
    if (is_step (qs_journal_get (journal, i - 1)))
      {
        undo (layers, qs_journal_get (journal, i - 1));
        n--;
      }

  return layers;
}
