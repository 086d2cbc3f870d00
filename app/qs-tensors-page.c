/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-tensors-page.h"

#include <glib/gi18n.h>
#include <string.h>

#include "qs-compat.h"
#include "qs-resources.h"
#include "qs-row-tooltip.h"
#include "qs-tensor-column.h"
#include "qs-tensor-model.h"

/* Behind a title, with what is around it. */
#define ARROW_ROOM 36

struct _QsTensorsPage
{
  AdwBin parent_instance;

  QsSession *session;
  QsTensorModel *tensors;
  GtkCustomFilter *filter;
  GtkFilterListModel *filtered;
  GtkSortListModel *sorted;
  GtkSingleSelection *selection;
  GPtrArray *columns; /* (element-type QsTensorColumn) */
  char *needle;
  gboolean is_following;
  QsDynamicRanges *ranges; /* that the columns show */
  gboolean is_outdated;

  GtkSearchEntry *search;
  GtkStack *stack;
  GtkColumnView *view;
};

G_DEFINE_FINAL_TYPE (QsTensorsPage, qs_tensors_page, ADW_TYPE_BIN)

static gboolean
filter_func (gpointer item,
             gpointer user_data)
{
  QsTensorsPage *self = user_data;
  g_autofree char *name = NULL;

  if (self->needle == NULL)
    return TRUE;

  name = g_utf8_casefold (qs_tensor_item_get_tensor (item)->name, -1);
  return strstr (name, self->needle) != NULL;
}

static void
follow_selection (QsTensorsPage *self)
{
  QsTensor *tensor = qs_session_get_selected_tensor (self->session);
  GListModel *model = G_LIST_MODEL (self->sorted);
  guint n = tensor == NULL ? 0 : g_list_model_get_n_items (model);
  guint found = GTK_INVALID_LIST_POSITION;

  for (guint i = 0; i < n && found == GTK_INVALID_LIST_POSITION; i++)
    {
      g_autoptr (QsTensorItem) item = g_list_model_get_item (model, i);

      if (g_str_equal (qs_tensor_item_get_tensor (item)->name, tensor->name))
        found = i;
    }

  if (found == gtk_single_selection_get_selected (self->selection))
    return;

  self->is_following = TRUE;
  gtk_single_selection_set_selected (self->selection, found);
  self->is_following = FALSE;
  if (found != GTK_INVALID_LIST_POSITION)
    gtk_widget_activate_action (GTK_WIDGET (self->view), "list.scroll-to-item", "u", found);
}

static void
update_stack (QsTensorsPage *self)
{
  gboolean is_empty = g_list_model_get_n_items (G_LIST_MODEL (self->filtered)) == 0 &&
                      self->needle != NULL;

  gtk_stack_set_visible_child_name (self->stack, is_empty ? "none" : "table");
}

static void
search_changed_cb (QsTensorsPage *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->search));

  g_free (self->needle);
  self->needle = *text == '\0' ? NULL : g_utf8_casefold (text, -1);
  self->is_following = TRUE;
  gtk_filter_changed (GTK_FILTER (self->filter), GTK_FILTER_CHANGE_DIFFERENT);
  self->is_following = FALSE;
  update_stack (self);
  follow_selection (self);
}

/* Return leads to what was found, Escape to all rows. */
static void
search_activated_cb (QsTensorsPage *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

static void
stop_search_cb (QsTensorsPage *self)
{
  gtk_editable_set_text (GTK_EDITABLE (self->search), "");
  gtk_widget_grab_focus (GTK_WIDGET (self->view));
}

static void
selected_cb (QsTensorsPage *self)
{
  QsTensorItem *item = gtk_single_selection_get_selected_item (self->selection);

  if (self->is_following || item == NULL)
    return;

  qs_session_select (self->session, QS_SELECTION_TENSOR, qs_tensor_item_get_tensor (item)->name);
}

static void
cell_setup_cb (GtkSignalListItemFactory *factory,
               GtkListItem              *list_item,
               const QsTensorColumn     *column)
{
  gboolean is_numeric = qs_tensor_column_is_numeric (column);
  GtkWidget *label = g_object_new (GTK_TYPE_LABEL,
                                   "xalign", is_numeric ? 1.0 : 0.0,
                                   "ellipsize", is_numeric ? PANGO_ELLIPSIZE_NONE
                                                           : PANGO_ELLIPSIZE_MIDDLE,
                                   NULL);

  if (is_numeric)
    gtk_widget_add_css_class (label, "numeric");
  gtk_list_item_set_child (list_item, label);
}

static void
cell_bind_cb (GtkSignalListItemFactory *factory,
              GtkListItem              *list_item,
              const QsTensorColumn     *column)
{
  g_autofree char *text = qs_tensor_column_dup_text (column, gtk_list_item_get_item (list_item));
  g_autofree char *tooltip = qs_tensor_column_dup_tooltip (column,
                                                           gtk_list_item_get_item (list_item));
  GtkWidget *label = gtk_list_item_get_child (list_item);

  gtk_label_set_label (GTK_LABEL (label), text);
  qs_row_tooltip_set (label, tooltip);
}

static int
compare_items (gconstpointer a,
               gconstpointer b,
               gpointer      column)
{
  return qs_tensor_column_compare (column, (QsTensorItem *) a, (QsTensorItem *) b);
}

/* Room for the title and the arrow of sorting. */
static int
get_width (QsTensorsPage  *self,
           QsTensorColumn *column,
           const char     *title)
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self->view), NULL);
  g_autofree char *markup = g_markup_printf_escaped ("<b>%s</b>", title);
  int width;

  pango_layout_set_markup (layout, markup, -1);
  pango_layout_get_pixel_size (layout, &width, NULL);
  return MAX (width + ARROW_ROOM, qs_tensor_column_get_width (column));
}

static void
add_column (QsTensorsPage  *self,
            QsTensorColumn *column,
            GPtrArray      *sources)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  g_autofree char *title = qs_tensor_column_dup_title (column, sources);
  g_autoptr (GtkColumnViewColumn) view_column = NULL;
  g_autoptr (GtkCustomSorter) sorter = gtk_custom_sorter_new (compare_items, column, NULL);

  g_signal_connect (factory, "setup", G_CALLBACK (cell_setup_cb), column);
  g_signal_connect (factory, "bind", G_CALLBACK (cell_bind_cb), column);
  view_column = gtk_column_view_column_new (title, factory);
  gtk_column_view_column_set_sorter (view_column, GTK_SORTER (sorter));
  gtk_column_view_column_set_resizable (view_column, TRUE);
  gtk_column_view_column_set_fixed_width (view_column, get_width (self, column, title));
  gtk_column_view_append_column (self->view, view_column);
  if (qs_tensor_column_is_numeric (column))
    qs_column_view_end_title (self->view);
}

static void
remove_columns (QsTensorsPage *self)
{
  GListModel *columns = gtk_column_view_get_columns (self->view);

  while (g_list_model_get_n_items (columns) > 0)
    {
      g_autoptr (GtkColumnViewColumn) column = g_list_model_get_item (columns, 0);

      gtk_column_view_remove_column (self->view, column);
    }

  g_clear_pointer (&self->columns, g_ptr_array_unref);
}

/* Cells borrow their column's description, so columns go before it and come after it. */
static void
show_columns (QsTensorsPage *self)
{
  g_autoptr (GPtrArray) sources = qs_session_dup_all_sources (self->session);
  QsNetwork *network = qs_session_get_network (self->session);

  if (network == NULL)
    network = qs_session_get_shown_network (self->session);

  g_clear_pointer (&self->ranges, qs_dynamic_ranges_unref);
  self->ranges = qs_dynamic_ranges_ref (qs_session_get_ranges (self->session));
  self->is_outdated = FALSE;

  self->is_following = TRUE;
  remove_columns (self);
  qs_tensor_model_set (self->tensors, network, qs_session_get_histograms (self->session), sources,
                       qs_session_get_findings (self->session));
  self->columns = qs_tensor_columns_new (sources);
  for (guint i = 0; i < self->columns->len; i++)
    add_column (self, self->columns->pdata[i], sources);
  self->is_following = FALSE;

  update_stack (self);
  follow_selection (self);
}

static void
update (QsTensorsPage *self)
{
  if (self->is_outdated)
    show_columns (self);
}

/* New columns make all cells anew: only where they are seen, so that a change is as fast on the other
 * pages. */
static void
scales_changed_cb (QsTensorsPage *self)
{
  self->is_outdated = TRUE;
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    update (self);
}

/* It is told a second time when the engine follows. */
static void
ranges_changed_cb (QsTensorsPage *self)
{
  if (self->ranges != qs_session_get_ranges (self->session))
    scales_changed_cb (self);
}

/* They come after the histograms, when they are found. */
static void
findings_changed_cb (QsTensorsPage *self)
{
  self->is_following = TRUE;
  qs_tensor_model_refresh (self->tensors);
  self->is_following = FALSE;
  follow_selection (self);
}

void
qs_tensors_page_set_session (QsTensorsPage *self,
                             QsSession     *session)
{
  self->session = session;
  g_signal_connect_object (session, "changed::" QS_CHANGED_SCALES,
                           G_CALLBACK (scales_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (qs_session_get_findings (session), "items-changed",
                           G_CALLBACK (findings_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_RANGES,
                           G_CALLBACK (ranges_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_SELECTION,
                           G_CALLBACK (follow_selection), self, G_CONNECT_SWAPPED);
}

void
qs_tensors_page_focus_search (QsTensorsPage *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self->search));
}

char *
qs_tensors_page_dup_csv (QsTensorsPage *self)
{
  g_autoptr (GPtrArray) sources = qs_session_dup_all_sources (self->session);

  update (self);
  return qs_tensor_columns_to_csv (sources,
                                   G_LIST_MODEL (self->sorted));
}

/* The table, not the search entry, which would swallow keys. */
static gboolean
qs_tensors_page_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (QS_TENSORS_PAGE (widget)->view));
}

static void
qs_tensors_page_dispose (GObject *object)
{
  QsTensorsPage *self = QS_TENSORS_PAGE (object);

  if (self->filter != NULL)
    gtk_custom_filter_set_filter_func (self->filter, NULL, NULL, NULL);
  if (self->view != NULL)
    remove_columns (self);
  qs_bin_dispose_template (G_OBJECT (self), QS_TYPE_TENSORS_PAGE);
  g_clear_object (&self->selection);
  g_clear_object (&self->sorted);
  g_clear_object (&self->filtered);
  g_clear_object (&self->filter);
  g_clear_object (&self->tensors);
  g_clear_pointer (&self->needle, g_free);
  g_clear_pointer (&self->ranges, qs_dynamic_ranges_unref);

  G_OBJECT_CLASS (qs_tensors_page_parent_class)->dispose (object);
}

static void
qs_tensors_page_class_init (QsTensorsPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_tensors_page_dispose;
  widget_class->grab_focus = qs_tensors_page_grab_focus;

  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-tensors-page.ui");
  gtk_widget_class_bind_template_child (widget_class, QsTensorsPage, search);
  gtk_widget_class_bind_template_child (widget_class, QsTensorsPage, stack);
  gtk_widget_class_bind_template_child (widget_class, QsTensorsPage, view);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, stop_search_cb);
}

static void
qs_tensors_page_init (QsTensorsPage *self)
{
  GtkSorter *sorter;

  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect (self, "map", G_CALLBACK (update), NULL);

  self->tensors = qs_tensor_model_new ();
  self->filter = gtk_custom_filter_new (filter_func, self, NULL);
  self->filtered = gtk_filter_list_model_new (g_object_ref (G_LIST_MODEL (self->tensors)),
                                              g_object_ref (GTK_FILTER (self->filter)));
  sorter = gtk_column_view_get_sorter (self->view);
  self->sorted = gtk_sort_list_model_new (g_object_ref (G_LIST_MODEL (self->filtered)),
                                          g_object_ref (sorter));
  self->selection = gtk_single_selection_new (g_object_ref (G_LIST_MODEL (self->sorted)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  g_signal_connect_object (self->selection, "notify::selected-item", G_CALLBACK (selected_cb), self,
                           G_CONNECT_SWAPPED);
  gtk_column_view_set_model (self->view, GTK_SELECTION_MODEL (self->selection));
}
