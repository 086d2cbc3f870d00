/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-layer-list.h"

#include <glib/gi18n.h>

#include "qs-compat.h"
#include "qs-layer-model.h"
#include "qs-layer-row.h"
#include "qs-resources.h"
#include "widgets/qs-filtered-selection.h"

struct _QsLayerList
{
  AdwBin parent_instance;

  QsSession *session;
  QsLayerModel *layers;
  QsFilteredSelection *selection;

  GtkSearchEntry *search;
  GtkRevealer *filters;
  GtkToggleButton *all_button;
  GtkToggleButton *int8_button;
  GtkToggleButton *fp16_button;
  GtkToggleButton *float_button;
  GtkStack *stack;
  GtkListView *list;
};

G_DEFINE_FINAL_TYPE (QsLayerList, qs_layer_list, ADW_TYPE_BIN)

static GtkToggleButton *
get_filter (QsLayerList *self,
            QsLayerItem *item)
{
  switch (qs_layer_item_get_layer (item)->precision)
    {
    case QS_PRECISION_INT8:
      return self->int8_button;
    case QS_PRECISION_FP16:
      return self->fp16_button;
    case QS_PRECISION_FP32:
    default:
      return self->float_button;
    }
}

static gboolean
filter_func (gpointer    item,
             const char *needle,
             gpointer    user_data)
{
  QsLayerList *self = user_data;
  gboolean all = gtk_toggle_button_get_active (self->all_button);

  if (!all && (!qs_layer_item_has_precision (item) ||
               !gtk_toggle_button_get_active (get_filter (self, item))))
    return FALSE;
  return needle == NULL || qs_layer_item_matches (item, needle);
}

static void
update_stack (QsLayerList *self)
{
  gboolean is_empty = qs_filtered_selection_get_n (self->selection) == 0;

  gtk_stack_set_visible_child_name (self->stack, is_empty ? "empty" : "list");
}

static gboolean
is_layer (gpointer item,
          gpointer layer)
{
  return qs_layer_item_get_layer (item) == layer;
}

/* Selects the session's layer in the list and scrolls to it. */
static void
follow_selection (QsLayerList *self)
{
  QsLayer *layer = self->session == NULL ? NULL : qs_session_get_selected_layer (self->session);

  qs_filtered_selection_follow (self->selection, layer == NULL ? NULL : is_layer, layer);
}

static void
filtered_cb (QsLayerList *self)
{
  update_stack (self);
  follow_selection (self);
}

static void
filter_toggled_cb (QsLayerList       *self,
                   GtkToggleButton *button)
{
  if (gtk_toggle_button_get_active (button))
    qs_filtered_selection_refilter (self->selection);
}

static void
chosen_cb (QsLayerList *self,
           QsLayerItem *item)
{
  qs_session_select (self->session, QS_SELECTION_LAYER, qs_layer_item_get_layer (item)->name);
}

/* A filter that goes away does not stay chosen. */
static void
show_filter (QsLayerList     *self,
             GtkToggleButton *button,
             const char      *label,
             gboolean         is_there)
{
  gtk_button_set_label (GTK_BUTTON (button), label);
  gtk_widget_set_visible (GTK_WIDGET (button), is_there);
  if (!is_there && gtk_toggle_button_get_active (button))
    gtk_toggle_button_set_active (self->all_button, TRUE);
}

static void
update_filters (QsLayerList *self)
{
  QsNetwork *network = qs_session_get_shown_network (self->session);
  gboolean is_built = qs_session_is_built (self->session);
  QsEngine *engine = qs_session_get_engine (self->session);
  guint n_fp16 = engine == NULL ? 0 : qs_engine_count_layers (engine, QS_PRECISION_FP16);
  guint n_int8, n_layers, n_float;
  g_autofree char *all = NULL, *int8 = NULL, *fp16 = NULL, *other = NULL;

  qs_session_count_layers (self->session, &n_int8, &n_layers);
  n_float = n_layers - n_int8 - n_fp16;
  /* Translators: filters of the layer list, with the number of layers. */
  all = g_strdup_printf (_("All %u"), network == NULL ? 0 : network->layers->len);
  int8 = g_strdup_printf (_("INT8 %u"), n_int8);
  fp16 = g_strdup_printf (_("FP16 %u"), n_fp16);
  other = g_strdup_printf (_("Float %u"), n_float);
  gtk_button_set_label (GTK_BUTTON (self->all_button), all);
  show_filter (self, self->int8_button, int8, TRUE);
  show_filter (self, self->fp16_button, fp16, n_fp16 > 0);
  show_filter (self, self->float_button, other, n_fp16 == 0 || n_float > 0);

  if (!is_built)
    gtk_toggle_button_set_active (self->all_button, TRUE);
  gtk_revealer_set_reveal_child (self->filters, is_built);
}

static void
network_changed_cb (QsLayerList *self)
{
  qs_filtered_selection_set_following (self->selection, TRUE);
  qs_layer_model_set_network (self->layers, qs_session_get_shown_network (self->session),
                              qs_session_is_built (self->session));
  qs_filtered_selection_set_following (self->selection, FALSE);
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

  if (self->selection != NULL)
    qs_filtered_selection_stop (self->selection);
  qs_bin_dispose_template (G_OBJECT (self), QS_TYPE_LAYER_LIST);
  g_clear_object (&self->selection);
  g_clear_object (&self->layers);

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
  gtk_widget_class_bind_template_child (widget_class, QsLayerList, fp16_button);
  gtk_widget_class_bind_template_child (widget_class, QsLayerList, float_button);
  gtk_widget_class_bind_template_child (widget_class, QsLayerList, stack);
  gtk_widget_class_bind_template_child (widget_class, QsLayerList, list);
  gtk_widget_class_bind_template_callback (widget_class, filter_toggled_cb);
}

static void
qs_layer_list_init (QsLayerList *self)
{
  g_autoptr (GtkListItemFactory) factory = qs_row_factory_new (row_setup_cb, row_bind_cb);

  gtk_widget_init_template (GTK_WIDGET (self));

  self->layers = qs_layer_model_new ();
  self->selection = qs_filtered_selection_new (G_LIST_MODEL (self->layers), self->search, self->list,
                                               factory, filter_func, self);
  g_signal_connect_object (self->selection, "chosen", G_CALLBACK (chosen_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->selection, "filtered", G_CALLBACK (filtered_cb), self,
                           G_CONNECT_SWAPPED);
}
