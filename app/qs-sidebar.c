/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-sidebar.h"

#include <glib/gi18n.h>

#include "qs-layer-model.h"
#include "qs-layer-row.h"
#include "qs-resources.h"

struct _QsSidebar
{
  AdwBin parent_instance;

  QsSession *session;
  QsLayerModel *layers;
  GtkCustomFilter *filter;
  GtkFilterListModel *filtered;
  GtkSingleSelection *selection;
  char *needle; /* case-folded; NULL while nothing is searched */
  gboolean is_following; /* the selection comes from the session, not from the list */

  GtkLabel *title;
  GtkLabel *subtitle;
  GtkWidget *data_box;
  GtkLabel *calibration_label;
  GtkLabel *labelled_label;
  GtkSearchEntry *search;
  GtkRevealer *filters;
  GtkToggleButton *all_button;
  GtkToggleButton *int8_button;
  GtkToggleButton *float_button;
  GtkStack *stack;
  GtkListView *list;
};

G_DEFINE_FINAL_TYPE (QsSidebar, qs_sidebar, ADW_TYPE_BIN)

static gboolean
filter_func (gpointer item,
             gpointer user_data)
{
  QsSidebar *self = user_data;
  gboolean all = gtk_toggle_button_get_active (self->all_button);
  gboolean wants_int8 = gtk_toggle_button_get_active (self->int8_button);

  if (!all && (!qs_layer_item_has_precision (item) || qs_layer_item_is_int8 (item) != wants_int8))
    return FALSE;
  return self->needle == NULL || qs_layer_item_matches (item, self->needle);
}

static void
update_stack (QsSidebar *self)
{
  gboolean is_empty = g_list_model_get_n_items (G_LIST_MODEL (self->filtered)) == 0;

  gtk_stack_set_visible_child_name (self->stack, is_empty ? "empty" : "list");
}

/* Selects the session's layer in the list and scrolls to it. */
static void
follow_selection (QsSidebar *self)
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
refilter (QsSidebar *self)
{
  self->is_following = TRUE;
  gtk_filter_changed (GTK_FILTER (self->filter), GTK_FILTER_CHANGE_DIFFERENT);
  self->is_following = FALSE;
  update_stack (self);
  follow_selection (self);
}

static void
search_changed_cb (QsSidebar *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->search));

  g_free (self->needle);
  self->needle = *text == '\0' ? NULL : g_utf8_casefold (text, -1);
  refilter (self);
}

static void
stop_search_cb (QsSidebar *self)
{
  gtk_editable_set_text (GTK_EDITABLE (self->search), "");
  gtk_widget_grab_focus (GTK_WIDGET (self->list));
}

/* Enter goes to the first match, and again to the next. */
static void
search_activate_cb (QsSidebar *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->filtered));
  guint current = gtk_single_selection_get_selected (self->selection);

  if (n > 0)
    gtk_single_selection_set_selected (self->selection,
                                       current == GTK_INVALID_LIST_POSITION ? 0
                                                                            : (current + 1) % n);
}

static void
filter_toggled_cb (QsSidebar       *self,
                   GtkToggleButton *button)
{
  if (gtk_toggle_button_get_active (button))
    refilter (self);
}

static void
selected_cb (QsSidebar *self)
{
  QsLayerItem *item = gtk_single_selection_get_selected_item (self->selection);

  if (self->is_following || item == NULL)
    return;

  qs_session_select (self->session, QS_SELECTION_LAYER, qs_layer_item_get_layer (item)->name);
}

static void
update_filters (QsSidebar *self)
{
  QsNetwork *network = qs_session_get_shown_network (self->session);
  QsEngine *engine = qs_session_get_engine (self->session);
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

  if (engine == NULL)
    gtk_toggle_button_set_active (self->all_button, TRUE);
  gtk_revealer_set_reveal_child (self->filters, engine != NULL);
}

static char *
describe_parameters (guint64 n)
{
  if (n >= 1000000)
    /* Translators: number of weights of a model, in millions. */
    return g_strdup_printf (_("%.1f M parameters"), (double) n / 1e6);
  if (n >= 1000)
    /* Translators: number of weights of a model, in thousands. */
    return g_strdup_printf (_("%.0f k parameters"), (double) n / 1e3);

  return g_strdup_printf (ngettext ("%u parameter", "%u parameters", (guint) n), (guint) n);
}

static char *
describe_document (QsSession *session)
{
  QsModel *model = qs_session_get_model (session);
  QsEngine *engine = qs_session_get_engine (session);
  g_autofree char *parameters = NULL;
  guint n_nodes;

  if (model == NULL)
    /* Translators: the size of an engine plan's weights. */
    return engine == NULL ? g_strdup ("")
                          : g_strdup_printf (_("Engine plan · %.1f MB"),
                                             (double) qs_engine_get_weight_size (engine) / 1e6);

  parameters = describe_parameters (qs_model_get_n_parameters (model));
  n_nodes = qs_model_get_n_nodes (model);
  /* Translators: about a model: number of nodes, number of weights, version of the operators. */
  return g_strdup_printf (ngettext ("%u node · %s · opset %d", "%u nodes · %s · opset %d", n_nodes),
                          n_nodes, parameters, qs_model_get_opset (model));
}

static void
model_changed_cb (QsSidebar *self)
{
  QsNetwork *network = qs_session_get_shown_network (self->session);
  g_autofree char *title = qs_session_dup_title (self->session);
  g_autofree char *subtitle = describe_document (self->session);

  gtk_label_set_label (self->title, title != NULL ? title : "");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->title), title);
  gtk_label_set_label (self->subtitle, subtitle);
  gtk_widget_set_visible (self->data_box, qs_session_get_model (self->session) != NULL);

  self->is_following = TRUE;
  qs_layer_model_set_network (self->layers, network,
                              qs_session_get_engine (self->session) != NULL);
  self->is_following = FALSE;
  update_filters (self);
  update_stack (self);
  follow_selection (self);
}

/* @text is NULL while there is no such set. */
static void
set_samples_label (GtkLabel   *label,
                   const char *text,
                   const char *none)
{
  gtk_label_set_label (label, text != NULL ? text : none);
  if (text != NULL)
    gtk_widget_remove_css_class (GTK_WIDGET (label), "dim-label");
  else
    gtk_widget_add_css_class (GTK_WIDGET (label), "dim-label");
}

static void
samples_changed_cb (QsSidebar *self)
{
  QsSamples *calibration = qs_session_get_calibration (self->session);
  QsSamples *labelled = qs_session_get_labelled (self->session);
  guint n_calibration = calibration == NULL ? 0 : (guint) qs_samples_get_n (calibration);
  guint n_labelled = labelled == NULL ? 0 : (guint) qs_samples_get_n (labelled);
  g_autofree char *calibration_text = NULL, *labelled_text = NULL;

  if (calibration != NULL)
    calibration_text = g_strdup_printf (ngettext ("%u calibration sample",
                                                  "%u calibration samples", n_calibration),
                                        n_calibration);
  if (labelled != NULL)
    labelled_text = g_strdup_printf (ngettext ("%u labelled sample", "%u labelled samples",
                                               n_labelled),
                                     n_labelled);

  set_samples_label (self->calibration_label, calibration_text, _("Add Calibration Set…"));
  set_samples_label (self->labelled_label, labelled_text, _("Add Labelled Set…"));
}

/**
 * qs_sidebar_set_session:
 *
 * Once, when the window is made.
 */
void
qs_sidebar_set_session (QsSidebar *self,
                        QsSession *session)
{
  self->session = session;
  g_signal_connect_object (session, "changed::" QS_CHANGED_MODEL,
                           G_CALLBACK (model_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_ENGINE,
                           G_CALLBACK (model_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_SAMPLES,
                           G_CALLBACK (samples_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_SELECTION,
                           G_CALLBACK (follow_selection), self, G_CONNECT_SWAPPED);
  model_changed_cb (self);
  samples_changed_cb (self);
}

void
qs_sidebar_focus_search (QsSidebar *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self->search));
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
qs_sidebar_dispose (GObject *object)
{
  QsSidebar *self = QS_SIDEBAR (object);

  if (self->filter != NULL)
    gtk_custom_filter_set_filter_func (self->filter, NULL, NULL, NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), QS_TYPE_SIDEBAR);
  g_clear_object (&self->selection);
  g_clear_object (&self->filtered);
  g_clear_object (&self->filter);
  g_clear_object (&self->layers);
  g_clear_pointer (&self->needle, g_free);

  G_OBJECT_CLASS (qs_sidebar_parent_class)->dispose (object);
}

static void
qs_sidebar_class_init (QsSidebarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_sidebar_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-sidebar.ui");
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, title);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, subtitle);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, data_box);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, calibration_label);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, labelled_label);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, search);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, filters);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, all_button);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, int8_button);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, float_button);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, stack);
  gtk_widget_class_bind_template_child (widget_class, QsSidebar, list);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, stop_search_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, filter_toggled_cb);
}

static void
qs_sidebar_init (QsSidebar *self)
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
