/* SPDX-License-Identifier: MIT */
#include "qs-explanation.h"

/* Refusals that end with a float layer or tensor; the others are about layers that stay apart. */
static const char *const float_rules[] = {
  "quantize-weighted", "quantize-non-weighted", "fuse-quantize", "backward-quantize",
  "forward-dequantize", "merge-quantize", "missing-range", NULL,
};

static void
add_entries (QsJournal     *journal,
             const char    *name,
             QsJournalKind  kind,
             GPtrArray     *found)
{
  g_autoptr (GPtrArray) all = kind != QS_JOURNAL_REFUSAL ? qs_journal_find (journal, name) : NULL;
  GPtrArray *entries = all != NULL ? all : qs_journal_find_refusals (journal, name);

  for (guint i = 0; entries != NULL && i < entries->len; i++)
    {
      const QsJournalEntry *entry = g_ptr_array_index (entries, i);

      if (entry->kind == kind && !g_ptr_array_find (found, entry, NULL))
        g_ptr_array_add (found, (gpointer) entry);
    }
}

GPtrArray *
qs_explain_find (QsJournal     *journal,
                 const QsLayer *layer,
                 QsJournalKind  kind)
{
  GPtrArray *found = g_ptr_array_new ();

  add_entries (journal, layer->name, kind, found);
  for (guint i = 0; i < layer->origins->len; i++)
    {
      const QsOrigin *origin = g_ptr_array_index (layer->origins, i);

      if (origin->name != NULL)
        add_entries (journal, origin->name, kind, found);
    }
  return found;
}

static gboolean
has_float_activation (const QsLayer *layer,
                      GPtrArray     *tensors)
{
  for (guint i = 0; i < tensors->len; i++)
    {
      const QsTensor *tensor = g_ptr_array_index (tensors, i);

      if (tensor != NULL && tensor->value == NULL && tensor->type != QS_DATA_TYPE_INT8)
        return TRUE;
    }

  return FALSE;
}

static void
add_sentences (GString              *text,
               const QsJournalEntry *entry)
{
  if (text->len > 0)
    g_string_append_c (text, '\n');
  g_string_append (text, entry->reason);
  if (entry->remedy != NULL)
    g_string_append_printf (text, " %s", entry->remedy);
}

static char *
finish (GString *text)
{
  if (text->len > 0)
    return g_string_free (text, FALSE);

  g_string_free (text, TRUE);
  return NULL;
}

static char *
collect_refusals (QsJournal     *journal,
                  const QsLayer *layer,
                  gboolean       about_floats)
{
  g_autoptr (GPtrArray) entries = qs_explain_find (journal, layer, QS_JOURNAL_REFUSAL);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < entries->len; i++)
    {
      const QsJournalEntry *entry = g_ptr_array_index (entries, i);

      if (!about_floats || g_strv_contains (float_rules, entry->rule))
        add_sentences (text, entry);
    }

  return finish (text);
}

char *
qs_explain_float (QsJournal     *journal,
                  const QsLayer *layer)
{
  const char *why_not = NULL;
  char *refusals;

  if (layer->precision == QS_PRECISION_INT8 && !has_float_activation (layer, layer->inputs) &&
      !has_float_activation (layer, layer->outputs))
    return NULL;

  refusals = collect_refusals (journal, layer, TRUE);
  if (refusals != NULL)
    return refusals;

  if (layer->klass->kind == QS_LAYER_REFORMAT)
    return g_strdup ("It is where INT8 begins or ends.");
  qs_layer_get_qdq_placement (layer, &why_not);
  if (why_not != NULL && layer->precision != QS_PRECISION_INT8)
    return g_strdup_printf ("Nothing around it is quantized, and %s.", why_not);
  return g_strdup ("Nothing around it is quantized.");
}

char *
qs_explain_not_fused (QsJournal     *journal,
                      const QsLayer *layer)
{
  return collect_refusals (journal, layer, FALSE);
}
