/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-node-list.h"

#include <glib/gi18n.h>

#include "qs-compat.h"
#include "qs-node-row.h"
#include "qs-resources.h"
#include "widgets/qs-filtered-selection.h"

/* The filter's rows: all, then one per verdict. */
#define ALL_VERDICTS 0

struct _QsNodeList
{
  AdwBin parent_instance;

  QsSession *session;
  GListStore *nodes;
  QsFilteredSelection *selection;
  guint verdict; /* row of the filter */
  gboolean is_filling;

  GtkSearchEntry *search;
  GtkDropDown *verdict_drop_down;
  GtkStack *stack;
  GtkListView *list;
};

G_DEFINE_FINAL_TYPE (QsNodeList, qs_node_list, ADW_TYPE_BIN)

static gboolean
filter_func (gpointer    item,
             const char *needle,
             gpointer    user_data)
{
  QsNodeList *self = user_data;

  if (self->verdict != ALL_VERDICTS && qs_node_item_get_fate (item) != self->verdict - 1)
    return FALSE;
  return needle == NULL || qs_node_item_matches (item, needle);
}

static void
update_stack (QsNodeList *self)
{
  gboolean is_empty = qs_filtered_selection_get_n (self->selection) == 0;

  gtk_stack_set_visible_child_name (self->stack, is_empty ? "empty" : "list");
}

static gboolean
is_in_layer (gpointer item,
             gpointer layer)
{
  return g_strcmp0 (qs_node_item_get_layer (item), ((const QsLayer *) layer)->name) == 0;
}

/* Selects a node of the session's layer, the one that was selected if it is one. */
static void
follow_selection (QsNodeList *self)
{
  QsLayer *layer = self->session == NULL ? NULL : qs_session_get_selected_layer (self->session);

  qs_filtered_selection_follow (self->selection, layer == NULL ? NULL : is_in_layer, layer);
}

static void
filtered_cb (QsNodeList *self)
{
  update_stack (self);
  follow_selection (self);
}

static void
verdict_chosen_cb (QsNodeList *self)
{
  if (self->is_filling)
    return;

  self->verdict = gtk_drop_down_get_selected (self->verdict_drop_down);
  qs_filtered_selection_refilter (self->selection);
}

/* A node that nothing is left of has no place in the graph. */
static void
chosen_cb (QsNodeList *self,
           QsNodeItem *item)
{
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
    [QS_VERDICT_REFUSED_IN_INT8] = N_("Refused in INT8"),
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

  qs_filtered_selection_set_following (self->selection, TRUE);
  g_list_store_splice (self->nodes, 0, g_list_model_get_n_items (G_LIST_MODEL (self->nodes)),
                       items->pdata, items->len);
  qs_filtered_selection_set_following (self->selection, FALSE);
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
  qs_filtered_selection_choose_first (self->selection);
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

  if (self->selection != NULL)
    qs_filtered_selection_stop (self->selection);
  qs_bin_dispose_template (G_OBJECT (self), QS_TYPE_NODE_LIST);
  g_clear_object (&self->selection);
  g_clear_object (&self->nodes);

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
  gtk_widget_class_bind_template_callback (widget_class, verdict_chosen_cb);
}

static void
qs_node_list_init (QsNodeList *self)
{
  g_autoptr (GtkListItemFactory) factory = qs_row_factory_new (row_setup_cb, row_bind_cb);

  self->is_filling = TRUE;
  gtk_widget_init_template (GTK_WIDGET (self));
  self->is_filling = FALSE;

  self->nodes = g_list_store_new (QS_TYPE_NODE_ITEM);
  self->selection = qs_filtered_selection_new (G_LIST_MODEL (self->nodes), self->search, self->list,
                                               factory, filter_func, self);
  g_signal_connect_object (self->selection, "chosen", G_CALLBACK (chosen_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->selection, "filtered", G_CALLBACK (filtered_cb), self,
                           G_CONNECT_SWAPPED);
}
