/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-channel-table.h"

#include <glib/gi18n.h>
#include <math.h>

#include "qs-compat.h"

/* A row: a channel and its number. */
#define QS_TYPE_CHANNEL_ITEM (qs_channel_item_get_type ())
G_DECLARE_FINAL_TYPE (QsChannelItem, qs_channel_item, QS, CHANNEL_ITEM, GObject)

struct _QsChannelItem
{
  GObject parent_instance;

  gint64 index;
  QsWeightChannel channel;
};

G_DEFINE_FINAL_TYPE (QsChannelItem, qs_channel_item, G_TYPE_OBJECT)

static void
qs_channel_item_class_init (QsChannelItemClass *klass)
{
}

static void
qs_channel_item_init (QsChannelItem *self)
{
}

struct _QsChannelTable
{
  AdwBin parent_instance;

  GListStore *items;
  GtkSortListModel *sorted;
  GtkSingleSelection *selection;
  GtkColumnView *view;
  gint64 current;
};

enum
{
  PROP_0,
  PROP_CURRENT,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (QsChannelTable, qs_channel_table, ADW_TYPE_BIN)

/* What the columns are about, as a number to sort by and as text. */
typedef struct
{
  const char *title;
  const char *format; /* of the number */
  double (*value) (const QsChannelItem *item);
} QsChannelColumn;

static double
get_index (const QsChannelItem *item)
{
  return (double) item->index;
}

static double
get_max (const QsChannelItem *item)
{
  return (double) item->channel.max;
}

static double
get_scale (const QsChannelItem *item)
{
  return item->channel.is_dead ? NAN : (double) item->channel.scale;
}

static double
get_ties (const QsChannelItem *item)
{
  return (double) item->channel.n_ties;
}

static double
get_differing (const QsChannelItem *item)
{
  return (double) item->channel.n_differing;
}

static double
get_sqnr (const QsChannelItem *item)
{
  return item->channel.sqnr_db;
}

static const QsChannelColumn columns[] = {
  /* Translators: titles of narrow columns: number of an output channel, its largest weight, … */
  { N_("No."), "%.0f", get_index },
  { N_("Max |w|"), "%.4g", get_max },
  { N_("Scale"), "%.4g", get_scale },
  { N_("Ties"), "%.0f", get_ties },
  /* Translators: number of weights that the two devices round to different integers. */
  { N_("GPU≠DLA"), "%.0f", get_differing },
  { N_("SQNR dB"), "%.1f", get_sqnr },
};

static int
compare_items (gconstpointer a,
               gconstpointer b,
               gpointer      user_data)
{
  const QsChannelColumn *column = user_data;
  double x = column->value (a), y = column->value (b);

  if (isnan (x) || isnan (y))
    return (int) isnan (x) - (int) isnan (y);
  return (x > y) - (x < y);
}

static void
cell_setup_cb (GtkSignalListItemFactory *factory,
               GtkListItem              *list_item)
{
  GtkWidget *label = g_object_new (GTK_TYPE_LABEL, "xalign", 1.0f, NULL);

  gtk_widget_add_css_class (label, "numeric");
  gtk_widget_add_css_class (label, "caption");
  gtk_list_item_set_child (list_item, label);
}

static void
cell_bind_cb (GtkSignalListItemFactory *factory,
              GtkListItem              *list_item,
              const QsChannelColumn    *column)
{
  double value = column->value (gtk_list_item_get_item (list_item));
  g_autofree char *text = NULL;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  /* A dead channel has neither scale nor noise. */
  text = isnan (value) ? g_strdup ("–") : g_strdup_printf (column->format, value);
#pragma GCC diagnostic pop
  gtk_label_set_label (GTK_LABEL (gtk_list_item_get_child (list_item)), text);
}

static void
add_column (QsChannelTable        *self,
            const QsChannelColumn *column)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  g_autoptr (GtkCustomSorter) sorter = gtk_custom_sorter_new (compare_items, (gpointer) column,
                                                              NULL);
  g_autoptr (GtkColumnViewColumn) view_column = NULL;

  g_signal_connect (factory, "setup", G_CALLBACK (cell_setup_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (cell_bind_cb), (gpointer) column);
  view_column = gtk_column_view_column_new (_(column->title), factory);
  gtk_column_view_column_set_sorter (view_column, GTK_SORTER (sorter));
  gtk_column_view_append_column (self->view, view_column);
  qs_column_view_end_title (self->view);
}

static void
selected_cb (QsChannelTable *self)
{
  QsChannelItem *item = gtk_single_selection_get_selected_item (self->selection);

  if (item == NULL || item->index == self->current)
    return;

  self->current = item->index;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CURRENT]);
}

static void
set_current (QsChannelTable *self,
             gint64          channel)
{
  GListModel *model = G_LIST_MODEL (self->sorted);
  guint found = GTK_INVALID_LIST_POSITION, n = g_list_model_get_n_items (model);

  if (channel == self->current)
    return;

  self->current = channel;
  for (guint i = 0; channel >= 0 && i < n && found == GTK_INVALID_LIST_POSITION; i++)
    {
      g_autoptr (QsChannelItem) item = g_list_model_get_item (model, i);

      if (item->index == channel)
        found = i;
    }
  gtk_single_selection_set_selected (self->selection, found);
  if (found != GTK_INVALID_LIST_POSITION)
    gtk_widget_activate_action (GTK_WIDGET (self->view), "list.scroll-to-item", "u", found);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CURRENT]);
}

void
qs_channel_table_set_channels (QsChannelTable        *self,
                               const QsWeightChannel *channels,
                               gint64                 n)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_object_unref);

  for (gint64 i = 0; i < n; i++)
    {
      QsChannelItem *item = g_object_new (QS_TYPE_CHANNEL_ITEM, NULL);

      item->index = i;
      item->channel = channels[i];
      g_ptr_array_add (items, item);
    }
  self->current = -1;
  g_list_store_splice (self->items, 0, g_list_model_get_n_items (G_LIST_MODEL (self->items)),
                       items->pdata, items->len);
}

static void
qs_channel_table_get_property (GObject    *object,
                               guint       prop_id,
                               GValue     *value,
                               GParamSpec *pspec)
{
  if (prop_id == PROP_CURRENT)
    g_value_set_int64 (value, QS_CHANNEL_TABLE (object)->current);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
qs_channel_table_set_property (GObject      *object,
                               guint         prop_id,
                               const GValue *value,
                               GParamSpec   *pspec)
{
  if (prop_id == PROP_CURRENT)
    set_current (QS_CHANNEL_TABLE (object), g_value_get_int64 (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
qs_channel_table_dispose (GObject *object)
{
  QsChannelTable *self = QS_CHANNEL_TABLE (object);

  g_clear_object (&self->selection);
  g_clear_object (&self->sorted);
  g_clear_object (&self->items);

  G_OBJECT_CLASS (qs_channel_table_parent_class)->dispose (object);
}

static void
qs_channel_table_class_init (QsChannelTableClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = qs_channel_table_get_property;
  object_class->set_property = qs_channel_table_set_property;
  object_class->dispose = qs_channel_table_dispose;

  props[PROP_CURRENT] = g_param_spec_int64 ("current", NULL, NULL, -1, G_MAXINT64, -1,
                                            G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY |
                                              G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
qs_channel_table_init (QsChannelTable *self)
{
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  self->current = -1;
  self->view = GTK_COLUMN_VIEW (gtk_column_view_new (NULL));
  gtk_widget_add_css_class (GTK_WIDGET (self->view), "data-table");
  gtk_widget_add_css_class (GTK_WIDGET (self->view), "qs-table");
  for (gsize i = 0; i < G_N_ELEMENTS (columns); i++)
    add_column (self, &columns[i]);

  self->items = g_list_store_new (QS_TYPE_CHANNEL_ITEM);
  self->sorted = gtk_sort_list_model_new (g_object_ref (G_LIST_MODEL (self->items)),
                                          g_object_ref (gtk_column_view_get_sorter (self->view)));
  self->selection = gtk_single_selection_new (g_object_ref (G_LIST_MODEL (self->sorted)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  g_signal_connect_object (self->selection, "notify::selected-item", G_CALLBACK (selected_cb), self,
                           G_CONNECT_SWAPPED);
  gtk_column_view_set_model (self->view, GTK_SELECTION_MODEL (self->selection));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Channels"), -1);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), GTK_WIDGET (self->view));
  adw_bin_set_child (ADW_BIN (self), scrolled);
}
