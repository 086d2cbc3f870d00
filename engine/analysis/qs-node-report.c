/* SPDX-License-Identifier: MIT */
#include "qs-node-report.h"

#include "passes/qs-pass.h"

typedef struct
{
  QsNetwork *imported;
  GHashTable *imported_layers; /* name to QsLayer of the imported network */
  GHashTable *carriers;        /* origin to QsLayer of the network of now */
  GHashTable *rewrites;        /* name of a layer to the last QsJournalEntry that changed it */
  GPtrArray *refusals;         /* (nullable): QsExplicitRefusal of the imported network */
} Trail;

const char *
qs_verdict_name (QsVerdict verdict)
{
  static const char *const names[QS_N_VERDICTS] = {
    [QS_VERDICT_IMPORTED] = "imported",
    [QS_VERDICT_FOLDED] = "folded",
    [QS_VERDICT_FUSED] = "fused",
    [QS_VERDICT_REFUSED] = "refused",
    [QS_VERDICT_REFUSED_IN_INT8] = "refused in INT8",
  };

  return names[verdict];
}

/* Names of nodes need not be unique in ONNX; the operator tells most twins apart. */
static char *
origin_key (const QsOrigin *origin)
{
  return g_strconcat (origin->op_type, "\n", origin->name, NULL);
}

static void
note_carriers (Trail     *self,
               QsNetwork *network)
{
  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);

      for (guint k = 0; k < layer->origins->len; k++)
        {
          g_autofree char *key = origin_key (g_ptr_array_index (layer->origins, k));

          if (!g_hash_table_contains (self->carriers, key))
            g_hash_table_insert (self->carriers, g_steal_pointer (&key), layer);
        }
    }
}

static void
note_rewrites (Trail     *self,
               QsJournal *journal)
{
  for (guint i = 0; i < qs_journal_get_n (journal); i++)
    {
      const QsJournalEntry *entry = qs_journal_get (journal, i);

      for (gsize k = 0; entry->kind == QS_JOURNAL_REWRITE && entry->layers[k] != NULL; k++)
        g_hash_table_insert (self->rewrites, entry->layers[k], (gpointer) entry);
    }
}

static void
trail_init (Trail     *self,
            QsImport  *import,
            QsNetwork *network,
            QsJournal *journal)
{
  self->imported = qs_import_get_network (import);
  self->imported_layers = g_hash_table_new (g_str_hash, g_str_equal);
  self->carriers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->rewrites = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; self->imported != NULL && i < self->imported->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (self->imported->layers, i);

      g_hash_table_insert (self->imported_layers, layer->name, layer);
    }
  self->refusals = self->imported != NULL && qs_network_is_explicit (self->imported)
                     ? qs_explicit_find_refusals (self->imported, NULL) : NULL;
  if (network != NULL)
    note_carriers (self, network);
  if (journal != NULL)
    note_rewrites (self, journal);
}

static void
trail_clear (Trail *self)
{
  g_hash_table_unref (self->imported_layers);
  g_hash_table_unref (self->carriers);
  g_hash_table_unref (self->rewrites);
  g_clear_pointer (&self->refusals, g_ptr_array_unref);
}

static const QsLayer *
find_carrier (Trail         *self,
              const QsLayer *imported)
{
  for (guint i = 0; i < imported->origins->len; i++)
    {
      g_autofree char *key = origin_key (g_ptr_array_index (imported->origins, i));
      const QsLayer *layer = g_hash_table_lookup (self->carriers, key);

      if (layer != NULL)
        return layer;
    }

  return NULL;
}

/* Whether the layer computes more than the layers that this node became. */
static gboolean
is_shared (Trail               *self,
           const QsLayer       *layer,
           const QsNodeVerdict *verdict)
{
  guint n_own = 0;

  for (guint i = 0; i < verdict->layers->len; i++)
    {
      const QsLayer *imported = g_hash_table_lookup (self->imported_layers,
                                                     g_ptr_array_index (verdict->layers, i));

      if (imported != NULL && find_carrier (self, imported) == layer)
        n_own += imported->origins->len;
    }

  return layer->origins->len > n_own;
}

static void
explain_absence (Trail       *self,
                 QsNodeState *state)
{
  const char *name = NULL;
  const QsJournalEntry *entry = NULL;

  for (guint i = 0; entry == NULL && i < state->verdict->layers->len; i++)
    {
      name = g_ptr_array_index (state->verdict->layers, i);
      if (g_hash_table_contains (self->imported_layers, name))
        entry = g_hash_table_lookup (self->rewrites, name);
    }

  state->fate = QS_VERDICT_FOLDED;
  state->reason = entry != NULL ? g_strdup (entry->reason)
                                : g_strdup ("no output of the model depends on it");
}

static void
follow (Trail       *self,
        QsNodeState *state)
{
  const QsNodeVerdict *verdict = state->verdict;

  for (guint i = 0; state->layer == NULL && i < verdict->layers->len; i++)
    {
      const QsLayer *imported = g_hash_table_lookup (self->imported_layers,
                                                     g_ptr_array_index (verdict->layers, i));

      if (imported != NULL)
        state->layer = find_carrier (self, imported);
    }

  if (state->layer == NULL)
    explain_absence (self, state);
  else if (is_shared (self, state->layer, verdict))
    state->fate = QS_VERDICT_FUSED;
}

/* Imported it was, but INT8 cannot be built with it. */
static void
refuse_in_int8 (Trail       *self,
                QsNodeState *state)
{
  GPtrArray *layers = state->verdict->layers;

  for (guint i = 0; self->refusals != NULL && i < self->refusals->len; i++)
    {
      const QsExplicitRefusal *refusal = g_ptr_array_index (self->refusals, i);

      for (guint k = 0; k < layers->len; k++)
        if (g_str_equal (g_ptr_array_index (layers, k), refusal->layer))
          {
            state->fate = QS_VERDICT_REFUSED_IN_INT8;
            g_free (state->reason);
            state->reason = g_strdup (refusal->reason);
            return;
          }
    }
}

static void
state_free (gpointer data)
{
  QsNodeState *state = data;

  g_free (state->reason);
  g_free (state);
}

GPtrArray *
qs_node_report_new (QsImport  *import,
                    QsNetwork *network,
                    QsJournal *journal)
{
  GPtrArray *report = g_ptr_array_new_with_free_func (state_free);
  Trail trail;

  trail_init (&trail, import, network, journal);
  for (guint i = 0; i < qs_import_get_n_verdicts (import); i++)
    {
      QsNodeState *state = g_new0 (QsNodeState, 1);

      state->verdict = qs_import_get_verdict (import, i);
      state->fate = state->verdict->verdict;
      if (state->fate == QS_VERDICT_IMPORTED && network != NULL)
        follow (&trail, state);
      else
        state->reason = g_strdup (state->verdict->reason);
      refuse_in_int8 (&trail, state);
      g_ptr_array_add (report, state);
    }

  trail_clear (&trail);
  return report;
}

void
qs_node_report_count (GPtrArray *report,
                      guint     *counts)
{
  for (int i = 0; i < QS_N_VERDICTS; i++)
    counts[i] = 0;

  for (guint i = 0; i < report->len; i++)
    counts[((QsNodeState *) g_ptr_array_index (report, i))->fate]++;
}
