/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Rows for lists of QsJournalItem. */

/* One rewrite: its number, its rule, its layer. There may be thousands, so these rows ask for a size
 * without looking at their text: jumping through the list measures nothing. */
GtkListItemFactory *qs_journal_step_factory_new    (void);
/* One that was blocked: why, and what would help, in whole sentences. */
GtkListItemFactory *qs_journal_refusal_factory_new (void);

G_END_DECLS
