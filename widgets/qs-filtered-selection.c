/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-filtered-selection.h"

struct _QsFilteredSelection
{
  GObject parent_instance;

  GtkSearchEntry *search; /* not owned */
  GtkListView *view;      /* not owned */
  GtkCustomFilter *filter;
  GtkFilterListModel *filtered;
  GtkSingleSelection *selection;
  QsRowFilterFunc filter_func;
  gpointer user_data;
  char *needle; /* case-folded; NULL while nothing is searched */
  gboolean is_following;
};

enum
{
  SIGNAL_CHOSEN,
  SIGNAL_FILTERED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (QsFilteredSelection, qs_filtered_selection, G_TYPE_OBJECT)

static gboolean
filter_cb (gpointer item,
           gpointer user_data)
{
  QsFilteredSelection *self = user_data;

  return self->filter_func (item, self->needle, self->user_data);
}

static void
selected_cb (QsFilteredSelection *self)
{
  GObject *item = gtk_single_selection_get_selected_item (self->selection);

  if (!self->is_following && item != NULL)
    g_signal_emit (self, signals[SIGNAL_CHOSEN], 0, item);
}

void
qs_filtered_selection_refilter (QsFilteredSelection *self)
{
  self->is_following = TRUE;
  gtk_filter_changed (GTK_FILTER (self->filter), GTK_FILTER_CHANGE_DIFFERENT);
  self->is_following = FALSE;
  g_signal_emit (self, signals[SIGNAL_FILTERED], 0);
}

static void
search_changed_cb (QsFilteredSelection *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->search));

  g_free (self->needle);
  self->needle = *text == '\0' ? NULL : g_utf8_casefold (text, -1);
  qs_filtered_selection_refilter (self);
}

static void
stop_search_cb (QsFilteredSelection *self)
{
  gtk_editable_set_text (GTK_EDITABLE (self->search), "");
  gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

/* Enter goes to the first match, and again to the next. */
static void
search_activate_cb (QsFilteredSelection *self)
{
  guint n = qs_filtered_selection_get_n (self);
  guint current = gtk_single_selection_get_selected (self->selection);

  if (n > 0)
    gtk_single_selection_set_selected (self->selection,
                                       current == GTK_INVALID_LIST_POSITION ? 0
                                                                            : (current + 1) % n);
}

guint
qs_filtered_selection_get_n (QsFilteredSelection *self)
{
  return g_list_model_get_n_items (G_LIST_MODEL (self->filtered));
}

void
qs_filtered_selection_set_model (QsFilteredSelection *self,
                                 GListModel          *model)
{
  self->is_following = TRUE;
  gtk_filter_list_model_set_model (self->filtered, model);
  self->is_following = FALSE;
}

void
qs_filtered_selection_choose_first (QsFilteredSelection *self)
{
  if (qs_filtered_selection_get_n (self) > 0)
    gtk_single_selection_set_selected (self->selection, 0);
}

void
qs_filtered_selection_set_following (QsFilteredSelection *self,
                                     gboolean             is_following)
{
  self->is_following = is_following;
}

static guint
find_row (QsFilteredSelection *self,
          QsRowMatchFunc       is_wanted,
          gpointer             user_data)
{
  guint n = qs_filtered_selection_get_n (self);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GObject) item = g_list_model_get_item (G_LIST_MODEL (self->filtered), i);

      if (is_wanted (item, user_data))
        return i;
    }

  return GTK_INVALID_LIST_POSITION;
}

void
qs_filtered_selection_follow (QsFilteredSelection *self,
                              QsRowMatchFunc       is_wanted,
                              gpointer             user_data)
{
  gpointer selected = gtk_single_selection_get_selected_item (self->selection);
  guint found;

  if (selected != NULL && is_wanted != NULL && is_wanted (selected, user_data))
    return;

  found = is_wanted == NULL ? GTK_INVALID_LIST_POSITION : find_row (self, is_wanted, user_data);
  self->is_following = TRUE;
  gtk_single_selection_set_selected (self->selection, found);
  self->is_following = FALSE;
  if (found != GTK_INVALID_LIST_POSITION)
    gtk_widget_activate_action (GTK_WIDGET (self->view), "list.scroll-to-item", "u", found);
}

void
qs_filtered_selection_stop (QsFilteredSelection *self)
{
  gtk_custom_filter_set_filter_func (self->filter, NULL, NULL, NULL);
  g_signal_handlers_disconnect_by_data (self->search, self);
  g_signal_handlers_disconnect_by_data (self->selection, self);
}

static void
qs_filtered_selection_finalize (GObject *object)
{
  QsFilteredSelection *self = QS_FILTERED_SELECTION (object);

  g_clear_object (&self->selection);
  g_clear_object (&self->filtered);
  g_clear_object (&self->filter);
  g_clear_pointer (&self->needle, g_free);
  G_OBJECT_CLASS (qs_filtered_selection_parent_class)->finalize (object);
}

static void
qs_filtered_selection_class_init (QsFilteredSelectionClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = qs_filtered_selection_finalize;
  signals[SIGNAL_CHOSEN] = g_signal_new ("chosen", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 1, G_TYPE_OBJECT);
  signals[SIGNAL_FILTERED] = g_signal_new ("filtered", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                           G_TYPE_NONE, 0);
}

static void
qs_filtered_selection_init (QsFilteredSelection *self)
{
}

QsFilteredSelection *
qs_filtered_selection_new (GListModel         *model,
                           GtkSearchEntry     *search,
                           GtkListView        *view,
                           GtkListItemFactory *factory,
                           QsRowFilterFunc     filter,
                           gpointer            user_data)
{
  QsFilteredSelection *self = g_object_new (QS_TYPE_FILTERED_SELECTION, NULL);

  self->search = search;
  self->view = view;
  self->filter_func = filter;
  self->user_data = user_data;
  self->filter = gtk_custom_filter_new (filter_cb, self, NULL);
  self->filtered = gtk_filter_list_model_new (model != NULL ? g_object_ref (model) : NULL,
                                              g_object_ref (GTK_FILTER (self->filter)));
  self->selection = gtk_single_selection_new (g_object_ref (G_LIST_MODEL (self->filtered)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  g_signal_connect_swapped (self->selection, "notify::selected-item", G_CALLBACK (selected_cb),
                            self);
  g_signal_connect_swapped (search, "search-changed", G_CALLBACK (search_changed_cb), self);
  g_signal_connect_swapped (search, "stop-search", G_CALLBACK (stop_search_cb), self);
  g_signal_connect_swapped (search, "activate", G_CALLBACK (search_activate_cb), self);
  gtk_list_view_set_factory (view, factory);
  gtk_list_view_set_model (view, GTK_SELECTION_MODEL (self->selection));
  return self;
}

GtkListItemFactory *
qs_row_factory_new (void (*setup) (GtkSignalListItemFactory *, GtkListItem *),
                    void (*bind) (GtkSignalListItemFactory *, GtkListItem *))
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();

  g_signal_connect (factory, "setup", G_CALLBACK (setup), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind), NULL);
  return factory;
}
