/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-why-list.h"

#include <glib/gi18n.h>

#include "passes/qs-explanation.h"
#include "qs-sentences.h"

/* What was tried and did not go, each with what would lift it. */
static void
add_refusals (QsPropertyList *list,
              QsJournal      *journal,
              const QsLayer  *layer,
              GHashTable     *said)
{
  g_autoptr (GPtrArray) refusals = qs_explain_find (journal, layer, QS_JOURNAL_REFUSAL);

  for (guint i = 0; i < refusals->len; i++)
    {
      const QsJournalEntry *entry = g_ptr_array_index (refusals, i);

      if (g_hash_table_add (said, entry->reason))
        {
          g_autofree char *reason = qs_sentence_translate (entry->reason);
          g_autofree char *remedy =
            entry->remedy == NULL ? NULL : qs_sentence_translate (entry->remedy);

          qs_property_list_add_text (list, reason, remedy);
        }
    }
}

void
qs_why_list_fill (QsPropertyList *list,
                  QsSession      *session,
                  const QsLayer  *layer,
                  GHashTable     *said)
{
  QsEngine *engine = qs_session_get_engine (session);

  qs_property_list_clear (list);
  if (engine == NULL)
    return;

  qs_property_list_set_title (list, _("Tried and Blocked"));
  add_refusals (list, qs_engine_get_journal (engine), layer, said);
}
