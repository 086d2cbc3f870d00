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

/* A graph that is taken apart step by step: the layers in their order, and where each name is, so
 * that a step costs what it changes and not what the graph has. */
typedef struct
{
  GSequence *layers;  /* QsLayerSketch */
  GHashTable *places; /* name -> GPtrArray of GSequenceIter */
} State;

static void
insert (State         *self,
        GSequenceIter *before,
        QsLayerSketch *sketch)
{
  GPtrArray *places = g_hash_table_lookup (self->places, sketch->name);

  if (places == NULL)
    {
      places = g_ptr_array_new ();
      g_hash_table_insert (self->places, g_strdup (sketch->name), places);
    }
  g_ptr_array_add (places, g_sequence_insert_before (before, sketch));
}

/* Takes the places of the layers that @entry made out of the index. */
static GPtrArray *
find_made (State                *self,
           const QsJournalEntry *entry)
{
  GPtrArray *made = g_ptr_array_new ();

  for (guint i = 0; i < entry->after->len; i++)
    {
      const char *name = ((QsLayerSketch *) g_ptr_array_index (entry->after, i))->name;
      GPtrArray *places = g_hash_table_lookup (self->places, name);

      for (guint k = 0; places != NULL && k < places->len; k++)
        g_ptr_array_add (made, g_ptr_array_index (places, k));
      g_hash_table_remove (self->places, name);
    }

  return made;
}

/* One step back: what the rewrite made goes, what it took comes back in the place of the first
 * layer that goes. A layer that a journal names and the graph does not have is passed over. */
static void
undo (State                *self,
      const QsJournalEntry *entry)
{
  g_autoptr (GPtrArray) made = find_made (self, entry);
  GSequenceIter *position = g_sequence_get_end_iter (self->layers);

  for (guint i = 0; i < made->len; i++)
    if (g_sequence_iter_compare (g_ptr_array_index (made, i), position) < 0)
      position = g_ptr_array_index (made, i);

  for (guint i = 0; i < entry->before->len; i++)
    insert (self, position, qs_layer_sketch_copy (g_ptr_array_index (entry->before, i)));
  for (guint i = 0; i < made->len; i++)
    {
      qs_layer_sketch_free (g_sequence_get (g_ptr_array_index (made, i)));
      g_sequence_remove (g_ptr_array_index (made, i));
    }
}

static void
append_to (gpointer sketch,
           gpointer layers)
{
  g_ptr_array_add (layers, sketch);
}

GPtrArray *
qs_replay_get_layers (QsJournal *journal,
                      QsNetwork *network,
                      guint      step)
{
  GPtrArray *layers = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_layer_sketch_free);
  g_autoptr (GHashTable) places =
    g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  g_autoptr (GSequence) sequence = g_sequence_new (NULL);
  State state = { .layers = sequence, .places = places };
  guint n = qs_replay_get_n (journal);

  for (guint i = 0; i < network->layers->len; i++)
    insert (&state, g_sequence_get_end_iter (sequence),
            qs_layer_sketch_new (g_ptr_array_index (network->layers, i)));

  for (guint i = qs_journal_get_n (journal); i > 0 && n > step; i--)
    if (is_step (qs_journal_get (journal, i - 1)))
      {
        undo (&state, qs_journal_get (journal, i - 1));
        n--;
      }

  g_sequence_foreach (sequence, append_to, layers);
  return layers;
}
