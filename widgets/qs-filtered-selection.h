/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Whether a row is shown. @needle: (nullable): what is searched for, case-folded */
typedef gboolean (*QsRowFilterFunc) (gpointer    item,
                                     const char *needle,
                                     gpointer    user_data);
/* Whether a row is what is selected elsewhere. */
typedef gboolean (*QsRowMatchFunc)  (gpointer    item,
                                     gpointer    user_data);

/**
 * QsFilteredSelection:
 *
 * What a list with a search entry does: rows are filtered, one can be selected, Enter in the entry goes
 * from match to match, Escape back to the list; and the selection follows one that is made
 * elsewhere, by which nobody is told that the user chose something.
 *
 * ::chosen is emitted when the user selected @item.
 * ::filtered is emitted when other rows may be shown than before.
 */
#define QS_TYPE_FILTERED_SELECTION (qs_filtered_selection_get_type ())
G_DECLARE_FINAL_TYPE (QsFilteredSelection, qs_filtered_selection, QS, FILTERED_SELECTION, GObject)

/* @view: gets the model and @factory; both widgets belong to @user_data, who disposes of the selection
 * with them. @model: (nullable) */
QsFilteredSelection *qs_filtered_selection_new       (GListModel          *model,
                                                      GtkSearchEntry      *search,
                                                      GtkListView         *view,
                                                      GtkListItemFactory  *factory,
                                                      QsRowFilterFunc      filter,
                                                      gpointer             user_data);
/* For lists whose rows are widgets that are bound to items. */
GtkListItemFactory  *qs_row_factory_new              (void (*setup) (GtkSignalListItemFactory *factory,
                                                                     GtkListItem *item),
                                                      void (*bind) (GtkSignalListItemFactory *factory,
                                                                    GtkListItem *item));
void                 qs_filtered_selection_set_model (QsFilteredSelection *self,
                                                      GListModel          *model);
/* The rows that are shown. */
guint                qs_filtered_selection_get_n     (QsFilteredSelection *self);
/* After the filter means something else. */
void                 qs_filtered_selection_refilter  (QsFilteredSelection *self);
/* Selects the first row for which @is_wanted and scrolls to it; the selected one stays if it is one.
 * @is_wanted: (nullable): %NULL selects nothing */
void                 qs_filtered_selection_follow    (QsFilteredSelection *self,
                                                      QsRowMatchFunc       is_wanted,
                                                      gpointer             user_data);
/* As if the user did. */
void                 qs_filtered_selection_choose_first (QsFilteredSelection *self);
/* While @is_following a selected row is not the user's choice. */
void                 qs_filtered_selection_set_following (QsFilteredSelection *self,
                                                      gboolean             is_following);
/* Before the widgets go. */
void                 qs_filtered_selection_stop      (QsFilteredSelection *self);

G_END_DECLS
