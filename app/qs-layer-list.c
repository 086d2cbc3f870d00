/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-layer-list.h"

#include <glib/gi18n.h>

#include "qs-compat.h"
#include "qs-layer-model.h"
#include "qs-layer-row.h"
#include "qs-resources.h"

struct _QsLayerList
{
  AdwBin parent_instance;

  QsSession *session;
  QsLayerModel *layers;
  GtkCustomFilter *filter;
  GtkFilterListModel *filtered;
  GtkSingleSelection *selection;
  char *needle; /* case-folded; NULL while nothing is searched */
  gboolean is_following; /* the selection comes from the session, not from the list */

  GtkSearchEntry *search;
  GtkRevealer *filters;
  GtkToggleButton *all_button;
  GtkToggleButton *int8_button;
  GtkToggleButton *float_button;
  GtkStack *stack;
  GtkListView *list;
};

G_DEFINE_FINAL_TYPE (QsLayerList, qs_layer_list, ADW_TYPE_BIN)

static gboolean
filter_func (gpointer item,
             gpointer user_data)
{
  QsLayerList *self = user_data;
  gboolean all = gtk_toggle_button_get_active (self->all_button);
  gboolean wants_int8 = gtk_toggle_button_get_active (self->int8_button);

  if (!all && (!qs_layer_item_has_precision (item) || qs_layer_item_is_int8 (item) != wants_int8))
    return FALSE;
  return self->needle == NULL || qs_layer_item_matches (item, self->needle);
}

static void
update_stack (QsLayerList *self)
{
  gboolean is_empty = g_list_model_get_n_items (G_LIST_MODEL (self->filtered)) == 0;

  gtk_stack_set_visible_child_name (self->stack, is_empty ? "empty" : "list");
}

/* Selects the session's layer in the list and scrolls to it. */
static void
follow_selection (QsLayerList *self)
{
  QsLayer *layer = self->session == NULL ? NULL : qs_session_get_selected_layer (self->session);
  GListModel *model = G_LIST_MODEL (self->filtered);
  guint n = layer == NULL ? 0 : g_list_model_get_n_items (model);
  guint found = GTK_INVALID_LIST_POSITION;

  for (guint i = 0; i < n && found == GTK_INVALID_LIST_POSITION; i++)
    {
      g_autoptr (QsLayerItem) item = g_list_model_get_item (model, i);

      if (qs_layer_item_get_layer (item) == layer)
        found = i;
    }

  if (found == gtk_single_selection_get_selected (self->selection))
    return;

  self->is_following = TRUE;
  gtk_single_selection_set_selected (self->selection, found);
  self->is_following = FALSE;
  if (found != GTK_INVALID_LIST_POSITION)
    gtk_widget_activate_action (GTK_WIDGET (self->list), "list.scroll-to-item", "u", found);
}

static void
refilter (QsLayerList *self)
{
  self->is_following = TRUE;
  gtk_filter_changed (GTK_FILTER (self->filter), GTK_FILTER_CHANGE_DIFFERENT);
  self->is_following = FALSE;
  update_stack (self);
  follow_selection (self);
}

static void
search_changed_cb (QsLayerList *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->search));

  g_free (self->needle);
  self->needle = *text == '\0' ? NULL : g_utf8_casefold (text, -1);
  refilter (self);
}

static void
stop_search_cb (QsLayerList *self)
{
  gtk_editable_set_text (GTK_EDITABLE (self->search), "");
  gtk_widget_grab_focus (GTK_WIDGET (self->list));
}

/* Enter goes to the first match, and again to the next. */
static void
search_activate_cb (QsLayerList *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->filtered));
  guint current = gtk_single_selection_get_selected (self->selection);

  if (n > 0)
    gtk_single_selection_set_selected (self->selection,
                                       current == GTK_INVALID_LIST_POSITION ? 0
                                                                            : (current + 1) % n);
}

static void
filter_toggled_cb (QsLayerList       *self,
                   GtkToggleButton *button)
{
  if (gtk_toggle_button_get_active (button))
    refilter (self);
}

static void
selected_cb (QsLayerList *self)
{
  QsLayerItem *item = gtk_single_selection_get_selected_item (self->selection);

  if (self->is_following || item == NULL)
    return;

  qs_session_select (self->session, QS_SELECTION_LAYER, qs_layer_item_get_layer (item)->name);
}

static void
update_filters (QsLayerList *self)
{
  QsNetwork *network = qs_session_get_shown_network (self->session);
  gboolean is_built = qs_session_is_built (self->session);
  guint n_int8, n_layers;
  g_autofree char *all = NULL, *int8 = NULL, *other = NULL;

  qs_session_count_layers (self->session, &n_int8, &n_layers);
  /* Translators: filters of the layer list, with the number of layers. */
  all = g_strdup_printf (_("All %u"), network == NULL ? 0 : network->layers->len);
  int8 = g_strdup_printf (_("INT8 %u"), n_int8);
  other = g_strdup_printf (_("Float %u"), n_layers - n_int8);
  gtk_button_set_label (GTK_BUTTON (self->all_button), all);
  gtk_button_set_label (GTK_BUTTON (self->int8_button), int8);
  gtk_button_set_label (GTK_BUTTON (self->float_button), other);

  if (!is_built)
    gtk_toggle_button_set_active (self->all_button, TRUE);
  gtk_revealer_set_reveal_child (self->filters, is_built);
}

static void
network_changed_cb (QsLayerList *self)
{
  self->is_following = TRUE;
  qs_layer_model_set_network (self->layers, qs_session_get_shown_network (self->session),
                              qs_session_is_built (self->session));
  self->is_following = FALSE;
  update_filters (self);
  update_stack (self);
  follow_selection (self);
}

/**
 * qs_layer_list_set_session:
 *
 * Once, when the window is made.
 */
void
qs_layer_list_set_session (QsLayerList *self,
                           QsSession   *session)
{
  self->session = session;
  g_signal_connect_object (session, "changed::" QS_CHANGED_MODEL,
                           G_CALLBACK (network_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_ENGINE,
                           G_CALLBACK (network_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_SELECTION,
                           G_CALLBACK (follow_selection), self, G_CONNECT_SWAPPED);
  network_changed_cb (self);
}

static gboolean
qs_layer_list_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (QS_LAYER_LIST (widget)->search));
}

static void
row_setup_cb (GtkSignalListItemFactory *factory,
              GtkListItem              *list_item)
{
  gtk_list_item_set_child (list_item, qs_layer_row_new ());
}

static void
row_bind_cb (GtkSignalListItemFactory *factory,
             GtkListItem              *list_item)
{
  qs_layer_row_bind (QS_LAYER_ROW (gtk_list_item_get_child (list_item)),
                     gtk_list_item_get_item (list_item));
}

static void
qs_layer_list_dispose (GObject *object)
{
  QsLayerList *self = QS_LAYER_LIST (object);

  if (self->filter != NULL)
    gtk_custom_filter_set_filter_func (self->filter, NULL, NULL, NULL);
  qs_bin_dispose_template (G_OBJECT (self), QS_TYPE_LAYER_LIST);
  g_clear_object (&self->selection);
  g_clear_object (&self->filtered);
  g_clear_object (&self->filter);
  g_clear_object (&self->layers);
  g_clear_pointer (&self->needle, g_free);

  G_OBJECT_CLASS (qs_layer_list_parent_class)->dispose (object);
}

static void
qs_layer_list_class_init (QsLayerListClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_layer_list_dispose;
  widget_class->grab_focus = qs_layer_list_grab_focus;

  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-layer-list.ui");
  gtk_widget_class_bind_template_child (widget_class, QsLayerList, search);
  gtk_widget_class_bind_template_child (widget_class, QsLayerList, filters);
  gtk_widget_class_bind_template_child (widget_class, QsLayerList, all_button);
  gtk_widget_class_bind_template_child (widget_class, QsLayerList, int8_button);
  gtk_widget_class_bind_template_child (widget_class, QsLayerList, float_button);
  gtk_widget_class_bind_template_child (widget_class, QsLayerList, stack);
  gtk_widget_class_bind_template_child (widget_class, QsLayerList, list);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, stop_search_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, filter_toggled_cb);
}

static void
qs_layer_list_init (QsLayerList *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  gtk_widget_init_template (GTK_WIDGET (self));

  self->layers = qs_layer_model_new ();
  self->filter = gtk_custom_filter_new (filter_func, self, NULL);
  self->filtered = gtk_filter_list_model_new (g_object_ref (G_LIST_MODEL (self->layers)),
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
