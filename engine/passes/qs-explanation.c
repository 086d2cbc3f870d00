/* SPDX-License-Identifier: MIT */
#include "qs-explanation.h"

#include <string.h>

/* Refusals that end with a float layer or tensor; the others are about layers that stay apart. */
static const char *const float_rules[] = {
  "quantize-weighted", "quantize-non-weighted", "fuse-quantize", "backward-quantize",
  "forward-dequantize", "merge-quantize", "missing-range", NULL,
};

static gboolean
has_part (const QsLayer *layer,
          const char    *name)
{
  if (g_str_equal (layer->name, name))
    return TRUE;

  for (guint i = 0; i < layer->origins->len; i++)
    if (g_strcmp0 (((const QsOrigin *) g_ptr_array_index (layer->origins, i))->name, name) == 0)
      return TRUE;

  return FALSE;
}

/* A fused name, or the first of its parts that is a node inside. */
static gboolean
is_about (const QsJournalEntry *entry,
          const QsLayer        *layer)
{
  for (guint i = 0; entry->layers[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (entry->layers[i], " + ", -1);

      if (g_str_equal (entry->layers[i], layer->name))
        return TRUE;
      for (guint k = 0; parts[k] != NULL; k++)
        if (has_part (layer, parts[k]))
          return TRUE;
    }

  return g_strcmp0 (entry->result, layer->name) == 0;
}

GPtrArray *
qs_explain_find (QsJournal     *journal,
                 const QsLayer *layer,
                 QsJournalKind  kind)
{
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = 0; i < qs_journal_get_n (journal); i++)
    {
      const QsJournalEntry *entry = qs_journal_get (journal, i);

      if (entry->kind == kind && is_about (entry, layer))
        g_ptr_array_add (found, (gpointer) entry);
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
