/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-node-list.h"

#include <glib/gi18n.h>

#include "qs-compat.h"
#include "qs-node-row.h"
#include "qs-resources.h"

/* The filter's rows: all, then one per verdict. */
#define ALL_VERDICTS 0

struct _QsNodeList
{
  AdwBin parent_instance;

  QsSession *session;
  GListStore *nodes;
  GtkCustomFilter *filter;
  GtkFilterListModel *filtered;
  GtkSingleSelection *selection;
  char *needle; /* case-folded; NULL while nothing is searched */
  guint verdict; /* row of the filter */
  gboolean is_following; /* the selection comes from the session, not from the list */
  gboolean is_filling;

  GtkSearchEntry *search;
  GtkDropDown *verdict_drop_down;
  GtkStack *stack;
  GtkListView *list;
};

G_DEFINE_FINAL_TYPE (QsNodeList, qs_node_list, ADW_TYPE_BIN)

static gboolean
filter_func (gpointer item,
             gpointer user_data)
{
  QsNodeList *self = user_data;

  if (self->verdict != ALL_VERDICTS && qs_node_item_get_fate (item) != self->verdict - 1)
    return FALSE;
  return self->needle == NULL || qs_node_item_matches (item, self->needle);
}

static void
update_stack (QsNodeList *self)
{
  gboolean is_empty = g_list_model_get_n_items (G_LIST_MODEL (self->filtered)) == 0;

  gtk_stack_set_visible_child_name (self->stack, is_empty ? "empty" : "list");
}

static gboolean
is_in_layer (QsNodeItem    *item,
             const QsLayer *layer)
{
  return item != NULL && layer != NULL &&
         g_strcmp0 (qs_node_item_get_layer (item), layer->name) == 0;
}

/* Selects a node of the session's layer, the one that was selected if it is one. */
static void
follow_selection (QsNodeList *self)
{
  QsLayer *layer = self->session == NULL ? NULL : qs_session_get_selected_layer (self->session);
  GListModel *model = G_LIST_MODEL (self->filtered);
  guint n = layer == NULL ? 0 : g_list_model_get_n_items (model);
  guint found = GTK_INVALID_LIST_POSITION;

  if (is_in_layer (gtk_single_selection_get_selected_item (self->selection), layer))
    return;

  for (guint i = 0; i < n && found == GTK_INVALID_LIST_POSITION; i++)
    {
      g_autoptr (QsNodeItem) item = g_list_model_get_item (model, i);

      if (is_in_layer (item, layer))
        found = i;
    }

  self->is_following = TRUE;
  gtk_single_selection_set_selected (self->selection, found);
  self->is_following = FALSE;
  if (found != GTK_INVALID_LIST_POSITION)
    gtk_widget_activate_action (GTK_WIDGET (self->list), "list.scroll-to-item", "u", found);
}

static void
refilter (QsNodeList *self)
{
  self->is_following = TRUE;
  gtk_filter_changed (GTK_FILTER (self->filter), GTK_FILTER_CHANGE_DIFFERENT);
  self->is_following = FALSE;
  update_stack (self);
  follow_selection (self);
}

static void
search_changed_cb (QsNodeList *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->search));

  g_free (self->needle);
  self->needle = *text == '\0' ? NULL : g_utf8_casefold (text, -1);
  refilter (self);
}

static void
stop_search_cb (QsNodeList *self)
{
  gtk_editable_set_text (GTK_EDITABLE (self->search), "");
  gtk_widget_grab_focus (GTK_WIDGET (self->list));
}

/* Enter goes to the first match, and again to the next. */
static void
search_activate_cb (QsNodeList *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->filtered));
  guint current = gtk_single_selection_get_selected (self->selection);

  if (n > 0)
    gtk_single_selection_set_selected (self->selection,
                                       current == GTK_INVALID_LIST_POSITION ? 0
                                                                            : (current + 1) % n);
}

static void
verdict_chosen_cb (QsNodeList *self)
{
  if (self->is_filling)
    return;

  self->verdict = gtk_drop_down_get_selected (self->verdict_drop_down);
  refilter (self);
}

/* A node that nothing is left of has no place in the graph. */
static void
selected_cb (QsNodeList *self)
{
  QsNodeItem *item = gtk_single_selection_get_selected_item (self->selection);

  if (self->is_following || item == NULL)
    return;

  if (qs_node_item_get_layer (item) != NULL)
    qs_session_select (self->session, QS_SELECTION_LAYER, qs_node_item_get_layer (item));
}

static void
append_row (GtkStringList *rows,
            const char    *title,
            guint          n)
{
  /* Translators: a verdict on nodes of the model, and how many nodes have it. */
  g_autofree char *row = g_strdup_printf (C_("nodes", "%s (%u)"), title, n);

  gtk_string_list_append (rows, row);
}

static void
fill_verdicts (QsNodeList *self,
               GPtrArray  *report)
{
  static const char *const titles[QS_N_VERDICTS] = {
    [QS_VERDICT_IMPORTED] = N_("Imported"),
    [QS_VERDICT_FOLDED] = N_("Folded"),
    [QS_VERDICT_FUSED] = N_("Fused"),
    [QS_VERDICT_REFUSED] = N_("Refused"),
  };
  g_autoptr (GtkStringList) rows = gtk_string_list_new (NULL);
  guint counts[QS_N_VERDICTS] = { 0 };

  if (report != NULL)
    qs_node_report_count (report, counts);
  append_row (rows, _("All Nodes"), report != NULL ? report->len : 0);
  for (int i = 0; i < QS_N_VERDICTS; i++)
    append_row (rows, _(titles[i]), counts[i]);

  self->is_filling = TRUE;
  gtk_drop_down_set_model (self->verdict_drop_down, G_LIST_MODEL (rows));
  gtk_drop_down_set_selected (self->verdict_drop_down, self->verdict);
  self->is_filling = FALSE;
}

static GPtrArray *
make_report (QsNodeList *self)
{
  QsImport *import = qs_session_get_import (self->session);
  QsEngine *engine = qs_session_get_engine (self->session);

  if (import == NULL)
    return NULL;
  if (engine != NULL)
    return qs_node_report_new (import, qs_engine_get_network (engine),
                               qs_engine_get_journal (engine));

  return qs_node_report_new (import, qs_session_get_network (self->session), NULL);
}

static void
network_changed_cb (QsNodeList *self)
{
  g_autoptr (GPtrArray) report = make_report (self);
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; report != NULL && i < report->len; i++)
    g_ptr_array_add (items, qs_node_item_new (g_ptr_array_index (report, i)));

  self->is_following = TRUE;
  g_list_store_splice (self->nodes, 0, g_list_model_get_n_items (G_LIST_MODEL (self->nodes)),
                       items->pdata, items->len);
  self->is_following = FALSE;
  fill_verdicts (self, report);
  update_stack (self);
  follow_selection (self);
}

static void
model_changed_cb (QsNodeList *self)
{
  self->verdict = ALL_VERDICTS;
  network_changed_cb (self);
}

/**
 * qs_node_list_set_session:
 *
 * Once, when the window is made.
 */
void
qs_node_list_set_session (QsNodeList *self,
                          QsSession  *session)
{
  self->session = session;
  g_signal_connect_object (session, "changed::" QS_CHANGED_MODEL,
                           G_CALLBACK (model_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_ENGINE,
                           G_CALLBACK (network_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_SELECTION,
                           G_CALLBACK (follow_selection), self, G_CONNECT_SWAPPED);
  model_changed_cb (self);
}

void
qs_node_list_show_refused (QsNodeList *self)
{
  gtk_editable_set_text (GTK_EDITABLE (self->search), "");
  gtk_drop_down_set_selected (self->verdict_drop_down, QS_VERDICT_REFUSED + 1);
  if (g_list_model_get_n_items (G_LIST_MODEL (self->filtered)) > 0)
    gtk_single_selection_set_selected (self->selection, 0);
  gtk_widget_grab_focus (GTK_WIDGET (self->list));
}

static void
row_setup_cb (GtkSignalListItemFactory *factory,
              GtkListItem              *list_item)
{
  gtk_list_item_set_child (list_item, qs_node_row_new ());
}

static void
row_bind_cb (GtkSignalListItemFactory *factory,
             GtkListItem              *list_item)
{
  qs_node_row_bind (QS_NODE_ROW (gtk_list_item_get_child (list_item)),
                    gtk_list_item_get_item (list_item));
}

static gboolean
qs_node_list_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (QS_NODE_LIST (widget)->search));
}

static void
qs_node_list_dispose (GObject *object)
{
  QsNodeList *self = QS_NODE_LIST (object);

  if (self->filter != NULL)
    gtk_custom_filter_set_filter_func (self->filter, NULL, NULL, NULL);
  qs_bin_dispose_template (G_OBJECT (self), QS_TYPE_NODE_LIST);
  g_clear_object (&self->selection);
  g_clear_object (&self->filtered);
  g_clear_object (&self->filter);
  g_clear_object (&self->nodes);
  g_clear_pointer (&self->needle, g_free);

  G_OBJECT_CLASS (qs_node_list_parent_class)->dispose (object);
}

static void
qs_node_list_class_init (QsNodeListClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_node_list_dispose;
  widget_class->grab_focus = qs_node_list_grab_focus;

  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-node-list.ui");
  gtk_widget_class_bind_template_child (widget_class, QsNodeList, search);
  gtk_widget_class_bind_template_child (widget_class, QsNodeList, verdict_drop_down);
  gtk_widget_class_bind_template_child (widget_class, QsNodeList, stack);
  gtk_widget_class_bind_template_child (widget_class, QsNodeList, list);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, stop_search_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, verdict_chosen_cb);
}

static void
qs_node_list_init (QsNodeList *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  self->is_filling = TRUE;
  gtk_widget_init_template (GTK_WIDGET (self));
  self->is_filling = FALSE;

  self->nodes = g_list_store_new (QS_TYPE_NODE_ITEM);
  self->filter = gtk_custom_filter_new (filter_func, self, NULL);
  self->filtered = gtk_filter_list_model_new (g_object_ref (G_LIST_MODEL (self->nodes)),
                                              g_object_ref (GTK_FILTER (self->filter)));
  self->selection = gtk_single_selection_new (g_object_ref (G_LIST_MODEL (self->filtered)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  g_signal_connect_object (self->selection, "notify::selected-item", G_CALLBACK (selected_cb), self,
                           G_CONNECT_SWAPPED);

  g_signal_connect (factory, "setup", G_CALLBACK (row_setup_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (row_bind_cb), NULL);
  gtk_list_view_set_factory (self->list, factory);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (self->selection));
}
