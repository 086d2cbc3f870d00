/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-scales-page.h"

#include "qs-resources.h"
#include "widgets/qs-scale-chart.h"

struct _QsScalesPage
{
  AdwBin parent_instance;

  QsSession *session;
  gboolean is_following;

  GtkStack *stack;
  GtkToggleButton *sort_button;
  QsScaleChart *chart;
};

G_DEFINE_FINAL_TYPE (QsScalesPage, qs_scales_page, ADW_TYPE_BIN)

/* The network whose tensors the scales belong to. */
static QsNetwork *
get_network (QsScalesPage *self)
{
  QsNetwork *network = qs_session_get_network (self->session);

  return network != NULL ? network : qs_session_get_shown_network (self->session);
}

static void
chart_selected_cb (QsScalesPage *self)
{
  QsNetwork *network = self->session == NULL ? NULL : get_network (self);
  int id = qs_scale_chart_get_selected_tensor (self->chart);

  if (self->is_following || network == NULL || id < 0 || (guint) id >= network->tensors->len)
    return;

  qs_session_select (self->session, QS_SELECTION_TENSOR,
                     ((QsTensor *) network->tensors->pdata[id])->name);
}

static void
follow_selection (QsScalesPage *self)
{
  QsNetwork *network = get_network (self);
  QsTensor *tensor = qs_session_get_selected_tensor (self->session);

  if (tensor != NULL && network != NULL)
    tensor = qs_network_find_tensor (network, tensor->name);

  self->is_following = TRUE;
  qs_scale_chart_set_selected_tensor (self->chart, tensor == NULL ? -1 : (int) tensor->id);
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
add_rows (QsScalePlot *plot,
          QsNetwork   *network,
          GPtrArray   *sources)
{
  for (guint i = 0; i < network->tensors->len; i++)
    {
      QsTensor *tensor = network->tensors->pdata[i];

      if (qs_tensor_is_activation (tensor) && has_scale (sources, tensor->name))
        qs_scale_plot_add_row (plot, tensor->name, (int) tensor->id);
    }
}

static void
scales_changed_cb (QsScalesPage *self)
{
  QsNetwork *network = get_network (self);
  GPtrArray *sources = qs_session_get_sources (self->session);
  g_autoptr (QsScalePlot) plot = NULL;

  gtk_stack_set_visible_child_name (self->stack, network != NULL && sources->len > 0 ? "chart"
                                                                                     : "empty");
  self->is_following = TRUE;
  if (network != NULL)
    {
      plot = qs_scale_plot_new ();
      add_rows (plot, network, sources);
      for (guint i = 0; i < sources->len; i++)
        qs_scale_plot_add_table (plot, qs_scale_source_get_name (sources->pdata[i]),
                                 qs_scale_source_get_calibrator (sources->pdata[i]) == NULL,
                                 qs_scale_source_get_scales (sources->pdata[i]));
    }
  qs_scale_chart_set_plot (self->chart, plot);
  self->is_following = FALSE;
  follow_selection (self);
}

void
qs_scales_page_set_session (QsScalesPage *self,
                            QsSession    *session)
{
  self->session = session;
  g_signal_connect_object (session, "changed::" QS_CHANGED_SCALES,
                           G_CALLBACK (scales_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "changed::" QS_CHANGED_SELECTION,
                           G_CALLBACK (follow_selection), self, G_CONNECT_SWAPPED);
}

static void
qs_scales_page_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), QS_TYPE_SCALES_PAGE);
  G_OBJECT_CLASS (qs_scales_page_parent_class)->dispose (object);
}

static void
qs_scales_page_class_init (QsScalesPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = qs_scales_page_dispose;

  g_type_ensure (QS_TYPE_SCALE_CHART);
  gtk_widget_class_set_template_from_resource (widget_class, QS_RESOURCES "/qs-scales-page.ui");
  gtk_widget_class_bind_template_child (widget_class, QsScalesPage, stack);
  gtk_widget_class_bind_template_child (widget_class, QsScalesPage, sort_button);
  gtk_widget_class_bind_template_child (widget_class, QsScalesPage, chart);
  gtk_widget_class_bind_template_callback (widget_class, chart_selected_cb);
}

static void
qs_scales_page_init (QsScalesPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
