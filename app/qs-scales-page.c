/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-scales-page.h"

#include "qs-compat.h"
#include "qs-resources.h"
#include "qs-scales-table.h"
#include "widgets/qs-scale-chart.h"

struct _QsScalesPage
{
  AdwBin parent_instance;

  QsSession *session;
  gboolean is_following;
  GHashTable *chart_rows; /* name, owned by the plot, to its row + 1 */

  GtkStack *stack;
  GtkToggleButton *chart_button;
  GtkToggleButton *table_button;
  GtkStack *views;
  GtkToggleButton *sort_button;
  QsScaleChart *chart;
  QsScalesTable *table;
};

G_DEFINE_FINAL_TYPE (QsScalesPage, qs_scales_page, ADW_TYPE_BIN)

/* (nullable): the network whose tensors the scales belong to */
static QsNetwork *
get_network (QsScalesPage *self)
{
  QsNetwork *network = qs_session_get_network (self->session);

  return network != NULL ? network : qs_session_get_shown_network (self->session);
}

static void
chart_selected_cb (QsScalesPage *self)
{
  QsScalePlot *plot = qs_scale_chart_get_plot (self->chart);
  int row = qs_scale_chart_get_selected_tensor (self->chart);

  if (!self->is_following && plot != NULL && row >= 0)
    qs_session_select (self->session, QS_SELECTION_TENSOR,
                       qs_scale_plot_get_tensor (plot, (guint) row));
}

static void
follow_selection (QsScalesPage *self)
{
  const char *name = qs_session_get_selection_kind (self->session) == QS_SELECTION_TENSOR
    ? qs_session_get_selection_name (self->session) : NULL;
  gpointer row = name == NULL ? NULL : g_hash_table_lookup (self->chart_rows, name);

  self->is_following = TRUE;
  qs_scale_chart_set_selected_tensor (self->chart, GPOINTER_TO_INT (row) - 1);
  self->is_following = FALSE;
}

static gboolean
has_scale (GPtrArray  *sources,
           const char *tensor)
{
  for (guint i = 0; i < sources->len; i++)
    if (qs_scale_source_get_threshold (sources->pdata[i], tensor) > 0.0)
      return TRUE;

  return FALSE;
}

static void
add_row (QsScalesPage *self,
         QsScalePlot  *plot,
         const char   *tensor)
{
  int n = (int) qs_scale_plot_get_n_rows (plot);
  guint row = qs_scale_plot_add_row (plot, tensor, n);

  g_hash_table_insert (self->chart_rows, (gpointer) qs_scale_plot_get_tensor (plot, row),
                       GINT_TO_POINTER (n + 1));
}

/* The network's tensors in its order; without one, the names of the first source. */
static void
add_rows (QsScalesPage *self,
          QsScalePlot  *plot,
          GPtrArray    *sources)
{
  QsNetwork *network = get_network (self);
  QsScaleTable *scales = qs_scale_source_get_scales (sources->pdata[0]);

  for (guint i = 0; network != NULL && i < network->tensors->len; i++)
    {
      QsTensor *tensor = network->tensors->pdata[i];

      if (qs_tensor_is_activation (tensor) && has_scale (sources, tensor->name))
        add_row (self, plot, tensor->name);
    }
  for (guint i = 0; network == NULL && i < qs_scale_table_get_n (scales); i++)
    add_row (self, plot, qs_scale_table_get_name (scales, i));
}

/* How far a calibrator's scales depend on the order of batches, where that was studied. */
static void
add_spreads (QsScalePlot   *plot,
             guint          series,
             QsScaleSource *source,
             QsOrderStudy  *study)
{
  guint calibrator = qs_calibrator_get_n ();

  for (guint i = 0; i < qs_calibrator_get_n (); i++)
    if (qs_calibrator_get (i) == qs_scale_source_get_calibrator (source))
      calibrator = i;
  if (calibrator == qs_calibrator_get_n ())
    return;

  for (guint row = 0; row < qs_scale_plot_get_n_rows (plot); row++)
    {
      QsSpread spread;
      guint tensor;

      if (qs_order_study_find (study, qs_scale_plot_get_tensor (plot, row), &tensor) &&
          qs_order_study_get_spread (study, calibrator, tensor, &spread))
        qs_scale_plot_set_spread (plot, row, series, 127.0 * (double) spread.min,
                                  127.0 * (double) spread.max);
    }
}

static QsScalePlot *
make_plot (QsScalesPage *self,
           GPtrArray    *sources)
{
  QsScalePlot *plot = qs_scale_plot_new ();
  QsOrderStudy *study = qs_session_get_order_study (self->session);

  add_rows (self, plot, sources);
  for (guint i = 0; i < sources->len; i++)
    {
      QsScaleSource *source = sources->pdata[i];
      guint series = qs_scale_plot_add_table (plot, qs_scale_source_get_name (source),
                                              qs_scale_source_get_calibrator (source) == NULL,
                                              qs_scale_source_get_scales (source));

      if (study != NULL)
        add_spreads (plot, series, source, study);
    }

  return plot;
}

/* A range holds for all tensors that share a scale. */
static void
add_manual (QsScalesPage *self,
            QsScalePlot  *plot)
{
  for (guint i = 0; i < qs_scale_plot_get_n_rows (plot); i++)
    {
      const QsDynamicRange *range =
        qs_session_find_range (self->session, qs_scale_plot_get_tensor (plot, i), NULL);

      if (range != NULL)
        qs_scale_plot_set_manual (plot, i, qs_dynamic_range_get_abs_max (range));
    }
}

static void
scales_changed_cb (QsScalesPage *self)
{
  GPtrArray *sources = qs_session_get_sources (self->session);
  g_autoptr (QsScalePlot) plot = NULL;

  g_hash_table_remove_all (self->chart_rows);
  if (sources->len > 0)
    plot = make_plot (self, sources);

  gtk_stack_set_visible_child_name (self->stack, plot != NULL ? "scales" : "empty");
  self->is_following = TRUE;
  if (plot != NULL)
    add_manual (self, plot);
  qs_scale_chart_set_plot (self->chart, plot);
  self->is_following = FALSE;
  follow_selection (self);
}

static void
view_toggled_cb (QsScalesPage *self)
{
  gboolean is_table = gtk_toggle_button_get_active (self->table_button);

  gtk_stack_set_visible_child_name (self->views, is_table ? "table" : "chart");
  gtk_widget_set_visible (GTK_WIDGET (self->sort_button), !is_table);
}

void
qs_scales_page_set_session (QsScalesPage *self,
                            QsSession    *session)
{
  self->session = session;
  g_signal_connect_object (session, "changed::" QS_CHANGED_SCALES,
                           G_CALLBACK (scales_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_RANGES,
                           G_CALLBACK (scales_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_SELECTION,
                           G_CALLBACK (follow_selection), self, G_CONNECT_SWAPPED);
  qs_scales_table_set_session (self->table, session);
}

QsScaleSource *
qs_scales_page_get_source (QsScalesPage *self)
{
  return qs_scales_table_get_source (self->table);
}

void
qs_scales_page_show_table (QsScalesPage *self)
{
  gtk_toggle_button_set_active (self->table_button, TRUE);
}

void
qs_scales_page_show_spread (QsScalesPage *self)
{
  qs_scales_page_show_table (self);
  qs_scales_table_sort_by_spread (self->table);
}

gboolean
qs_scales_page_focus_search (QsScalesPage *self)
{
  if (!gtk_toggle_button_get_active (self->table_button))
    return FALSE;

  qs_scales_table_focus_search (self->table);
  return TRUE;
}

static gboolean
qs_scales_page_grab_focus (GtkWidget *widget)
{
  QsScalesPage *self = QS_SCALES_PAGE (widget);

  return gtk_widget_grab_focus (gtk_toggle_button_get_active (self->table_button)
                                  ? GTK_WIDGET (self->table) : GTK_WIDGET (self->chart));
}

static void
qs_scales_page_dispose (GObject *object)
{
  qs_bin_dispose_template (object, QS_TYPE_SCALES_PAGE);
  g_clear_pointer (&QS_SCALES_PAGE (object)->chart_rows, g_hash_table_unref);

  G_OBJECT_CLASS (qs_scales_page_parent_class)->dispose (object);
}

static void
qs_scales_page_class_init (QsScalesPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_scales_page_dispose;
  widget_class->grab_focus = qs_scales_page_grab_focus;

  g_type_ensure (QS_TYPE_SCALE_CHART);
  g_type_ensure (QS_TYPE_SCALES_TABLE);
  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-scales-page.ui");
  gtk_widget_class_bind_template_child (widget_class, QsScalesPage, stack);
  gtk_widget_class_bind_template_child (widget_class, QsScalesPage, chart_button);
  gtk_widget_class_bind_template_child (widget_class, QsScalesPage, table_button);
  gtk_widget_class_bind_template_child (widget_class, QsScalesPage, views);
  gtk_widget_class_bind_template_child (widget_class, QsScalesPage, sort_button);
  gtk_widget_class_bind_template_child (widget_class, QsScalesPage, chart);
  gtk_widget_class_bind_template_child (widget_class, QsScalesPage, table);
  gtk_widget_class_bind_template_callback (widget_class, chart_selected_cb);
  gtk_widget_class_bind_template_callback (widget_class, view_toggled_cb);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_z, GDK_CONTROL_MASK,
                                       "win.undo-cache-edit", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_z,
                                       GDK_CONTROL_MASK | GDK_SHIFT_MASK, "win.redo-cache-edit",
                                       NULL);
}

static void
qs_scales_page_init (QsScalesPage *self)
{
  self->chart_rows = g_hash_table_new (g_str_hash, g_str_equal);
  gtk_widget_init_template (GTK_WIDGET (self));
}
