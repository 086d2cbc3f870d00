/* SPDX-License-Identifier: MIT */
#include <adwaita.h>

#include "qs-graph-view.h"
#include "qs-histogram-view.h"
#include "qs-legend.h"
#include "qs-minimap.h"
#include "qs-scale-chart.h"
#include "qs-test-networks.h"

static QsGraphScene *
make_scene (void)
{
  g_autoptr (QsNetwork) network = qs_test_network_new_resnet (4, TRUE);

  return qs_graph_scene_new_for_built (network, NULL, NULL);
}

/* @widget in a window that is shown and was drawn once. */
static GtkWidget *
show (GtkWidget *widget)
{
  GtkWidget *window = gtk_window_new ();

  gtk_window_set_default_size (GTK_WINDOW (window), 700, 500);
  gtk_window_set_child (GTK_WINDOW (window), widget);
  gtk_window_present (GTK_WINDOW (window));
  gtk_test_widget_wait_for_draw (widget);
  return window;
}

static void
count_cb (guint *count)
{
  (*count)++;
}

static void
int_cb (GtkWidget *widget,
        int        value,
        int       *result)
{
  *result = value;
}

/* GTK's macro makes a format of what it is given, so texts with % go through a variable. */
static void
assert_description (GtkWidget  *widget,
                    const char *text)
{
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (widget),
                                       GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text);
}

/* --- Graph view --- */

static void
test_graph_properties (void)
{
  QsGraphView *view = g_object_ref_sink (QS_GRAPH_VIEW (qs_graph_view_new ()));
  g_autoptr (QsGraphScene) scene = make_scene ();
  g_autoptr (QsGraphScene) got = NULL;
  guint layers = 0;
  guint tensors = 0;
  int layer, tensor;

  g_signal_connect_swapped (view, "notify::selected-layer", G_CALLBACK (count_cb), &layers);
  g_signal_connect_swapped (view, "notify::selected-tensor", G_CALLBACK (count_cb), &tensors);
  g_object_set (view, "scene", scene, "selected-layer", 5, NULL);
  g_object_get (view, "scene", &got, "selected-layer", &layer, "selected-tensor", &tensor, NULL);
  g_assert_true (got == scene);
  g_assert_cmpint (layer, ==, 5);
  g_assert_cmpint (tensor, ==, -1);
  g_assert_cmpuint (layers, ==, 1);
  g_assert_cmpuint (tensors, ==, 0);

  /* A tensor takes the place of the layer; selecting it again is no change. */
  qs_graph_view_set_selected_tensor (view, 3);
  qs_graph_view_set_selected_tensor (view, 3);
  g_assert_cmpint (qs_graph_view_get_selected_layer (view), ==, -1);
  g_assert_cmpint (qs_graph_view_get_selected_tensor (view), ==, 3);
  g_assert_cmpuint (layers, ==, 2);
  g_assert_cmpuint (tensors, ==, 1);

  /* Ids that are not there select nothing. */
  qs_graph_view_set_selected_layer (view, 100000);
  g_assert_cmpint (qs_graph_view_get_selected_layer (view), ==, -1);
  qs_graph_view_set_selected_tensor (view, 100000);
  g_assert_cmpint (qs_graph_view_get_selected_tensor (view), ==, -1);

  qs_graph_view_set_selected_layer (view, 5);
  g_object_set (view, "scene", NULL, NULL);
  g_assert_cmpint (qs_graph_view_get_selected_layer (view), ==, -1);
  g_assert_finalize_object (GTK_WIDGET (view));
}

static void
activate (QsGraphView *view,
          const char  *action,
          const char  *format,
          int          value)
{
  gboolean done = format == NULL
    ? gtk_widget_activate_action (GTK_WIDGET (view), action, NULL)
    : gtk_widget_activate_action (GTK_WIDGET (view), action, format, value);

  g_assert_true (done);
}

/* The keys' actions walk along edges, and what is selected comes into view. */
static void
test_graph_walk (void)
{
  QsGraphView *view = QS_GRAPH_VIEW (qs_graph_view_new ());
  g_autoptr (QsGraphScene) scene = make_scene ();
  QsViewport *viewport = qs_graph_view_get_viewport (view);
  GtkWidget *window;
  int activated = -1;

  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, NULL);
  qs_graph_view_set_scene (view, scene);
  window = show (GTK_WIDGET (view));
  g_signal_connect (view, "layer-activated", G_CALLBACK (int_cb), &activated);
  g_assert_true (gtk_widget_get_focusable (GTK_WIDGET (view)));

  /* The first step selects the input, then it goes down layer by layer. */
  activate (view, "graph.walk", "i", QS_SCENE_DOWN);
  g_assert_cmpint (qs_graph_view_get_selected_tensor (view), ==, 0);
  g_assert_cmpint (qs_graph_view_get_selected_layer (view), ==, -1);
  for (int i = 0; i < 12; i++)
    {
      const QsSceneNode *node;
      double px, py;

      activate (view, "graph.walk", "i", QS_SCENE_DOWN);
      node = qs_graph_scene_get_node (scene, qs_graph_scene_find_layer (
                                               scene, qs_graph_view_get_selected_layer (view)));
      qs_viewport_to_view (viewport, node->x, node->y, &px, &py);
      g_assert_cmpfloat (px, >, 0);
      g_assert_cmpfloat (px, <, gtk_widget_get_width (GTK_WIDGET (view)));
      g_assert_cmpfloat (py, >, 0);
      g_assert_cmpfloat (py, <, gtk_widget_get_height (GTK_WIDGET (view)));
    }

  activate (view, "graph.activate", NULL, 0);
  g_assert_cmpint (activated, ==, qs_graph_view_get_selected_layer (view));
  activate (view, "graph.jump", "b", TRUE);
  g_assert_cmpint (qs_graph_view_get_selected_layer (view), ==, -1);
  g_assert_cmpint (qs_graph_view_get_selected_tensor (view), >, 0);
  activate (view, "graph.jump", "b", FALSE);
  g_assert_cmpint (qs_graph_view_get_selected_tensor (view), ==, 0);
  activate (view, "graph.clear", NULL, 0);
  g_assert_cmpint (qs_graph_view_get_selected_tensor (view), ==, -1);
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
test_graph_zoom (void)
{
  QsGraphView *view = QS_GRAPH_VIEW (qs_graph_view_new ());
  g_autoptr (QsGraphScene) scene = make_scene ();
  QsViewport *viewport = qs_graph_view_get_viewport (view);
  GtkWidget *window;
  double fitted;

  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, NULL);
  qs_graph_view_set_scene (view, scene);
  window = show (GTK_WIDGET (view));
  activate (view, "graph.fit", NULL, 0);
  fitted = qs_viewport_get_scale (viewport);
  g_assert_cmpfloat (fitted, <, 0.5);
  activate (view, "graph.zoom", "i", 0);
  g_assert_cmpfloat_with_epsilon (qs_viewport_get_scale (viewport), 1, 1e-9);
  activate (view, "graph.zoom", "i", 1);
  g_assert_cmpfloat (qs_viewport_get_scale (viewport), >, 1.1);
  activate (view, "graph.zoom", "i", -1);
  g_assert_cmpfloat_with_epsilon (qs_viewport_get_scale (viewport), 1, 1e-9);
  activate (view, "graph.fit", NULL, 0);
  g_assert_cmpfloat_with_epsilon (qs_viewport_get_scale (viewport), fitted, 1e-9);
  gtk_window_destroy (GTK_WINDOW (window));
}

/* A graph that cannot be shown whole starts at its beginning, readable; once people have moved the
 * view, another scene leaves it where it is. */
static void
test_graph_home (void)
{
  QsGraphView *view = QS_GRAPH_VIEW (qs_graph_view_new ());
  g_autoptr (QsGraphScene) scene = make_scene ();
  g_autoptr (QsGraphScene) other = make_scene ();
  g_autoptr (QsGraphScene) third = make_scene ();
  QsViewport *viewport = qs_graph_view_get_viewport (view);
  const QsSceneNode *first = qs_graph_scene_get_node (scene, 0);
  GtkWidget *window;
  double px, py, x, scale;

  qs_graph_view_set_scene (view, scene);
  window = show (GTK_WIDGET (view));
  g_assert_cmpfloat (qs_viewport_get_scale (viewport), >=, 0.45);
  qs_viewport_to_view (viewport, first->x, first->y - first->height / 2, &px, &py);
  g_assert_cmpfloat (px, >, 100);
  g_assert_cmpfloat (px, <, 600);
  g_assert_cmpfloat (py, >, 0);
  g_assert_cmpfloat (py, <, 60);

  x = qs_viewport_get_x (viewport);
  qs_graph_view_set_scene (view, other);
  g_assert_cmpfloat (qs_viewport_get_x (viewport), ==, x);

  qs_viewport_pan (viewport, 30, 40);
  qs_graph_view_zoom_in (view);
  x = qs_viewport_get_x (viewport);
  scale = qs_viewport_get_scale (viewport);
  qs_graph_view_set_scene (view, third);
  g_assert_cmpfloat (qs_viewport_get_x (viewport), ==, x);
  g_assert_cmpfloat (qs_viewport_get_scale (viewport), ==, scale);
  gtk_window_destroy (GTK_WINDOW (window));
}

/* With animations the view gets there as well, in a number of frames. */
static void
test_graph_animation (void)
{
  QsGraphView *view = QS_GRAPH_VIEW (qs_graph_view_new ());
  g_autoptr (QsGraphScene) scene = make_scene ();
  QsViewport *viewport = qs_graph_view_get_viewport (view);
  GtkWidget *window;
  double fitted;

  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", TRUE, NULL);
  qs_graph_view_set_scene (view, scene);
  window = show (GTK_WIDGET (view));
  qs_viewport_fit (viewport, FALSE);
  fitted = qs_viewport_get_scale (viewport);
  activate (view, "graph.zoom", "i", 0);
  activate (view, "graph.fit", NULL, 0);
  g_assert_true (qs_viewport_is_moving (viewport));
  while (qs_viewport_is_moving (viewport))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpfloat_with_epsilon (qs_viewport_get_scale (viewport), fitted, 1e-9);
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
test_graph_search (void)
{
  QsGraphView *view = g_object_ref_sink (QS_GRAPH_VIEW (qs_graph_view_new ()));
  g_autoptr (QsGraphScene) scene = make_scene ();
  int first, second;

  qs_graph_view_set_scene (view, scene);
  g_assert_false (qs_graph_view_select_match (view, TRUE));
  g_assert_cmpuint (qs_graph_view_set_search_text (view, "conv2"), ==, 4);
  g_assert_true (qs_graph_view_select_match (view, TRUE));
  first = qs_graph_view_get_selected_layer (view);
  g_assert_true (qs_graph_view_select_match (view, TRUE));
  second = qs_graph_view_get_selected_layer (view);
  g_assert_cmpint (second, >, first);
  g_assert_true (qs_graph_view_select_match (view, FALSE));
  g_assert_cmpint (qs_graph_view_get_selected_layer (view), ==, first);
  /* All around. */
  for (int i = 0; i < 4; i++)
    qs_graph_view_select_match (view, TRUE);
  g_assert_cmpint (qs_graph_view_get_selected_layer (view), ==, first);

  g_assert_cmpuint (qs_graph_view_set_search_text (view, NULL), ==, 0);
  g_assert_false (qs_graph_view_select_match (view, TRUE));
  g_assert_finalize_object (GTK_WIDGET (view));
}

static void
menu_cb (GtkWidget *widget,
         int        layer,
         int        tensor,
         double     x,
         double     y,
         int       *result)
{
  g_assert_cmpfloat (x, >, 0);
  g_assert_cmpfloat (y, >, 0);
  g_assert_cmpint (tensor, ==, -1);
  *result = layer;
}

static void
test_graph_menu (void)
{
  QsGraphView *view = QS_GRAPH_VIEW (qs_graph_view_new ());
  g_autoptr (QsGraphScene) scene = make_scene ();
  GtkWidget *window;
  int layer = -1;

  qs_graph_view_set_scene (view, scene);
  window = show (GTK_WIDGET (view));
  g_signal_connect (view, "context-menu", G_CALLBACK (menu_cb), &layer);
  qs_graph_view_set_selected_layer (view, 3);
  activate (view, "graph.menu", NULL, 0);
  g_assert_cmpint (layer, ==, 3);
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
test_graph_accessible (void)
{
  QsGraphView *view = g_object_ref_sink (QS_GRAPH_VIEW (qs_graph_view_new ()));
  g_autoptr (QsGraphScene) scene = make_scene ();

  gtk_test_accessible_assert_role (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_ROLE_GROUP);
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                       "Layer graph");
  assert_description (GTK_WIDGET (view), "No network");
  qs_graph_view_set_scene (view, scene);
  assert_description (GTK_WIDGET (view), "20 layers, nothing selected");
  qs_graph_view_set_selected_layer (view, 1);
  assert_description (GTK_WIDGET (view), "/conv1/Conv, Convolution + ReLU, INT8");
  qs_graph_view_set_selected_tensor (view, 2);
  assert_description (GTK_WIDGET (view), "Tensor /conv1/Conv_output_0, int8, 1×3×224×224, "
                      "scale 0.0234");
  g_assert_finalize_object (GTK_WIDGET (view));
}

/* In the dark style the ground is drawn dark: the widget follows the application. */
static void
test_graph_heat_and_dark (void)
{
  QsGraphView *view = QS_GRAPH_VIEW (qs_graph_view_new ());
  g_autoptr (QsGraphScene) scene = make_scene ();
  double heat[] = { 0.0, 0.5, 1.0 };
  GtkWidget *window;

  qs_graph_view_set_scene (view, scene);
  window = show (GTK_WIDGET (view));
  qs_graph_view_set_heat (view, heat, G_N_ELEMENTS (heat));
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (),
                                      ADW_COLOR_SCHEME_FORCE_DARK);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (view));
  qs_graph_view_set_heat (view, NULL, 0);
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), ADW_COLOR_SCHEME_DEFAULT);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (view));
  gtk_window_destroy (GTK_WINDOW (window));
}

/* --- The others --- */

static void
test_minimap (void)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  QsGraphView *view = QS_GRAPH_VIEW (qs_graph_view_new ());
  GtkWidget *minimap = qs_minimap_new (view);
  g_autoptr (QsGraphScene) scene = make_scene ();
  GtkWidget *window;

  gtk_box_append (GTK_BOX (box), GTK_WIDGET (view));
  gtk_box_append (GTK_BOX (box), minimap);
  window = show (box);
  qs_graph_view_set_scene (view, scene);
  gtk_test_widget_wait_for_draw (minimap);
  qs_graph_view_zoom_in (view);
  gtk_test_widget_wait_for_draw (minimap);
  g_assert_true (qs_minimap_get_view (QS_MINIMAP (minimap)) == view);
  gtk_test_accessible_assert_property (GTK_ACCESSIBLE (minimap), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                       "Overview of the graph");

  /* It does not keep the view; the window keeps what has its focus. */
  gtk_window_set_focus (GTK_WINDOW (window), NULL);
  gtk_box_remove (GTK_BOX (box), GTK_WIDGET (view));
  g_assert_null (qs_minimap_get_view (QS_MINIMAP (minimap)));
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
test_legend (void)
{
  QsLegend *legend = g_object_ref_sink (QS_LEGEND (qs_legend_new ()));
  g_autoptr (QsGraphScene) scene = make_scene ();
  int before, after;

  gtk_widget_measure (GTK_WIDGET (legend), GTK_ORIENTATION_VERTICAL, -1, &before, NULL, NULL, NULL);
  qs_legend_set_scene (legend, scene);
  gtk_widget_measure (GTK_WIDGET (legend), GTK_ORIENTATION_VERTICAL, -1, &after, NULL, NULL, NULL);
  g_assert_cmpint (after, >, before + 60);
  assert_description (GTK_WIDGET (legend), "INT8 15, FP32 3, Reformats 2, Inputs, outputs 2");
  qs_legend_set_heat_label (legend, "SQNR", "10 dB", "40 dB");
  g_assert_finalize_object (GTK_WIDGET (legend));
}

static QsHistogramPlot *
make_plot (void)
{
  const guint64 counts[4] = { 4, 3, 2, 1 };
  QsHistogramPlot *plot = qs_histogram_plot_new ("x", counts, 4, 2.0, 1);

  qs_histogram_plot_add_marker (plot, "minmax", "MinMax", 0, 1.0);
  return plot;
}

static void
test_histogram (void)
{
  QsHistogramView *view = QS_HISTOGRAM_VIEW (qs_histogram_view_new ());
  g_autoptr (QsHistogramPlot) plot = make_plot ();
  GtkWidget *window = show (GTK_WIDGET (view));
  guint notified = 0;

  g_signal_connect_swapped (view, "notify", G_CALLBACK (count_cb), &notified);
  qs_histogram_view_set_plot (view, plot);
  qs_histogram_view_set_plot (view, plot);
  qs_histogram_view_set_selected (view, "minmax");
  qs_histogram_view_set_selected (view, "minmax");
  g_assert_true (qs_histogram_view_get_logarithmic (view));
  qs_histogram_view_set_logarithmic (view, FALSE);
  g_assert_cmpuint (notified, ==, 3);
  gtk_test_widget_wait_for_draw (GTK_WIDGET (view));
  gtk_test_accessible_assert_role (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_ROLE_IMG);
  assert_description (GTK_WIDGET (view), "Histogram of x: 10 values up to 2.000, 10.0 % of them "
                      "zero. MinMax: range 1.000, clips 30.0 %.");
  qs_histogram_view_set_plot (view, NULL);
  gtk_window_destroy (GTK_WINDOW (window));
}

static QsScalePlot *
make_scales (void)
{
  QsScalePlot *plot = qs_scale_plot_new ();

  qs_scale_plot_add_series (plot, "MinMax", FALSE);
  qs_scale_plot_add_series (plot, "Entropy 2", FALSE);
  for (int i = 0; i < 300; i++)
    {
      g_autofree char *name = g_strdup_printf ("tensor%d", i);

      qs_scale_plot_add_row (plot, name, 1000 + i);
      qs_scale_plot_set_range (plot, (guint) i, 0, 1 + i);
      qs_scale_plot_set_range (plot, (guint) i, 1, 1);
    }

  return plot;
}

static void
move (QsScaleChart *chart,
      int           by)
{
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (chart), "chart.move", "i", by));
}

static void
test_scales (void)
{
  QsScaleChart *chart = QS_SCALE_CHART (qs_scale_chart_new ());
  GtkWidget *scrolled = gtk_scrolled_window_new ();
  g_autoptr (QsScalePlot) plot = make_scales ();
  GtkAdjustment *adjustment;
  GtkWidget *window;
  int activated = -1;

  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), GTK_WIDGET (chart));
  qs_scale_chart_set_plot (chart, plot);
  window = show (scrolled);
  adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (scrolled));
  g_assert_cmpfloat (gtk_adjustment_get_upper (adjustment), >, 300 * QS_SCALE_ROW_HEIGHT);

  g_signal_connect (chart, "row-activated", G_CALLBACK (int_cb), &activated);
  move (chart, 1);
  g_assert_cmpint (qs_scale_chart_get_selected_tensor (chart), ==, 1000);
  move (chart, 1);
  g_assert_cmpint (qs_scale_chart_get_selected_tensor (chart), ==, 1001);
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (chart), "chart.activate", NULL));
  g_assert_cmpint (activated, ==, 1001);

  /* A selection from elsewhere scrolls into view. */
  qs_scale_chart_set_selected_tensor (chart, 1250);
  g_assert_cmpfloat (gtk_adjustment_get_value (adjustment), >, 200 * QS_SCALE_ROW_HEIGHT);
  g_assert_cmpfloat (gtk_adjustment_get_value (adjustment), <=, 250 * QS_SCALE_ROW_HEIGHT);

  /* The last row disagrees most. */
  qs_scale_chart_set_sort_by_ratio (chart, TRUE);
  g_assert_true (gtk_widget_activate_action (GTK_WIDGET (chart), "chart.jump", "b", FALSE));
  g_assert_cmpint (qs_scale_chart_get_selected_tensor (chart), ==, 1299);
  g_assert_cmpfloat (gtk_adjustment_get_value (adjustment), ==, 0);
  assert_description (GTK_WIDGET (chart), "tensor299: MinMax 300.0; Entropy 2 1.000; ratio 300.00");
  gtk_test_widget_wait_for_draw (GTK_WIDGET (chart));

  qs_scale_chart_set_plot (chart, NULL);
  g_assert_cmpint (qs_scale_chart_get_selected_tensor (chart), ==, -1);
  gtk_window_destroy (GTK_WINDOW (window));
}

static void
test_finalize (void)
{
  GtkWidget *histogram = g_object_ref_sink (qs_histogram_view_new ());
  GtkWidget *scales = g_object_ref_sink (qs_scale_chart_new ());
  GtkWidget *minimap = g_object_ref_sink (qs_minimap_new (NULL));
  g_autoptr (QsHistogramPlot) plot = make_plot ();
  g_autoptr (QsScalePlot) ranges = make_scales ();

  qs_histogram_view_set_plot (QS_HISTOGRAM_VIEW (histogram), plot);
  qs_scale_chart_set_plot (QS_SCALE_CHART (scales), ranges);
  g_assert_finalize_object (histogram);
  g_assert_finalize_object (scales);
  g_assert_finalize_object (minimap);
}

int
main (int    argc,
      char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  g_test_add_func ("/graph-view/properties", test_graph_properties);
  g_test_add_func ("/graph-view/walk", test_graph_walk);
  g_test_add_func ("/graph-view/zoom", test_graph_zoom);
  g_test_add_func ("/graph-view/home", test_graph_home);
  g_test_add_func ("/graph-view/animation", test_graph_animation);
  g_test_add_func ("/graph-view/search", test_graph_search);
  g_test_add_func ("/graph-view/menu", test_graph_menu);
  g_test_add_func ("/graph-view/accessible", test_graph_accessible);
  g_test_add_func ("/graph-view/heat-and-dark", test_graph_heat_and_dark);
  g_test_add_func ("/minimap", test_minimap);
  g_test_add_func ("/legend", test_legend);
  g_test_add_func ("/histogram", test_histogram);
  g_test_add_func ("/scales", test_scales);
  g_test_add_func ("/finalize", test_finalize);
  return g_test_run ();
}
