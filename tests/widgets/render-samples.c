/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>
#include <time.h>

#include "drawing/qs-export.h"
#include "drawing/qs-histogram-draw.h"
#include "drawing/qs-scale-plot.h"
#include "qs-test-networks.h"

/*
 * A tool for people who work on the drawings: writes sample pictures, light and dark, into a
 * folder, and says how much processor time
 * frames take. It is built with the tests and run by hand:
 *
 *     render-samples FOLDER
 */

static const char *folder;

static void
save (cairo_surface_t *surface,
      const char      *name)
{
  g_autofree char *file = g_strconcat (name, ".png", NULL);
  g_autofree char *path = g_build_filename (folder, file, NULL);

  if (cairo_surface_write_to_png (surface, path) != CAIRO_STATUS_SUCCESS)
    g_printerr ("%s could not be written\n", path);
  cairo_surface_destroy (surface);
}

static void
render_graph (QsGraphScene *scene,
              const char   *name,
              gboolean      dark,
              double        x,
              double        y,
              double        scale,
              gboolean      marked)
{
  const int width = 1200;
  const int height = 800;
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, width, height);
  cairo_t *cr = cairo_create (surface);
  g_autofree char *file = g_strdup_printf ("%s-%s", name, dark ? "dark" : "light");
  QsGraphMarks marks = QS_GRAPH_MARKS_INIT;
  double scene_width, scene_height, legend_width, legend_height;
  QsStyle style;

  qs_style_init (&style, dark, FALSE);
  qs_graph_scene_get_size (scene, &scene_width, &scene_height);
  if (isnan (x))
    x = scene_width / 2 - width / scale / 2;
  if (marked)
    {
      marks.selected_node = 4;
      marks.show_focus = TRUE;
      marks.hover_node = 6;
      marks.selected_net = MIN (7, qs_graph_scene_get_n_nets (scene) - 1);
    }
  qs_graph_draw (cr, scene, &style, &marks, x, y, scale, width, height);
  qs_graph_draw_legend (cr, scene, &style, 20, 20, &legend_width, &legend_height);
  cairo_destroy (cr);
  save (surface, file);
}

static void
render_scene (QsNetwork  *network,
              gboolean    built,
              const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QsGraphScene) scene = NULL;

  scene = built ? qs_graph_scene_new_for_built (network, NULL, &error)
                : qs_graph_scene_new (network, NULL, &error);
  g_assert_no_error (error);
  for (int dark = 0; dark < 2; dark++)
    {
      g_autofree char *near = g_strconcat (name, "-near", NULL);
      g_autofree char *middle = g_strconcat (name, "-middle", NULL);
      g_autofree char *far = g_strconcat (name, "-far", NULL);

      render_graph (scene, near, dark, NAN, -30, 1.0, TRUE);
      render_graph (scene, middle, dark, NAN, 200, 0.5, FALSE);
      render_graph (scene, far, dark, NAN, -300, 0.1, FALSE);
    }
  qs_network_unref (network);
}

/* Activations after a ReLU: a spike at zero and a long tail. */
static QsHistogramPlot *
make_plot (gboolean curve)
{
  guint64 counts[2048];
  float costs[2049];
  QsHistogramPlot *plot;

  for (int i = 0; i < 2048; i++)
    {
      double x = i / 2048.0;

      counts[i] = (guint64) (40000 * exp (-x * 9) + 3000 * exp (-pow ((x - 0.3) / 0.08, 2)) +
                             40 * exp (-pow ((x - 0.9) / 0.05, 2)));
    }
  counts[0] += 9000000;
  for (int i = 0; i < 2049; i++)
    costs[i] = i < 128 ? NAN : (float) (0.4 * exp (-i / 300.0) + 0.00002 * (i - 128));

  plot = qs_histogram_plot_new ("/layer1/layer1.0/relu/Relu_output_0", counts, 2048, 2.64, 8500000);
  qs_histogram_plot_add_marker (plot, "entropy2", "Entropy 2", 0, 1.06);
  qs_histogram_plot_add_marker (plot, "minmax", "MinMax", 1, 2.62);
  qs_histogram_plot_add_marker (plot, "entropy", "Entropy", 2, 1.31);
  qs_histogram_plot_add_marker (plot, "legacy", "Legacy", 3, 2.62);
  qs_histogram_plot_add_marker (plot, "percentile", "Percentile", 4, 2.1);
  qs_histogram_plot_add_marker (plot, "mse", "MSE", 5, 2.58);
  if (curve)
    qs_histogram_plot_set_curve (plot, "KL divergence by candidate range", costs, 2049, 822);
  return plot;
}

static void
render_histogram (gboolean    dark,
                  gboolean    logarithmic,
                  gboolean    curve,
                  int         width,
                  int         height,
                  const char *name)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, width, height);
  cairo_t *cr = cairo_create (surface);
  g_autoptr (QsHistogramPlot) plot = make_plot (curve);
  g_autofree char *file = g_strdup_printf ("%s-%s", name, dark ? "dark" : "light");
  QsHistogramMarks marks = {
    .selected = "entropy2",
    .logarithmic = logarithmic,
    .pointer = curve ? 0.5 : -1,
  };
  QsStyle style;

  qs_style_init (&style, dark, FALSE);
  qs_histogram_draw (cr, plot, &style, &marks, width, height);
  cairo_destroy (cr);
  save (surface, file);
}

static void
render_scales (gboolean dark)
{
  static const char *const names[] = { "Entropy 2", "MinMax", "Entropy", "Percentile" };
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, 900, 560);
  cairo_t *cr = cairo_create (surface);
  g_autoptr (QsScalePlot) plot = qs_scale_plot_new ();
  QsScaleMarks marks = { .selected = 5, .hover = 8, .show_focus = TRUE };
  g_autoptr (GRand) rand = g_rand_new_with_seed (4);
  QsStyle style;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    qs_scale_plot_add_series (plot, names[i], i == 3);
  for (int row = 0; row < 30; row++)
    {
      g_autofree char *name = g_strdup_printf ("/layer%d/layer%d.%d/conv%d/Conv_output_0",
                                               row / 8 + 1, row / 8 + 1, row % 4, row % 3);
      double base = pow (10, g_rand_double_range (rand, -0.7, 1.2));

      qs_scale_plot_add_row (plot, name, row);
      for (guint i = 0; i < G_N_ELEMENTS (names); i++)
        qs_scale_plot_set_range (plot, (guint) row, i,
                                 base * (i == 1 ? g_rand_double_range (rand, 1, 4) :
                                         g_rand_double_range (rand, 0.8, 1)));
    }
  qs_scale_plot_set_manual (plot, 3, 2.5);

  qs_style_init (&style, dark, FALSE);
  qs_scale_plot_draw (plot, cr, &style, &marks, 900, 560);
  cairo_destroy (cr);
  save (surface, dark ? "scales-dark" : "scales-light");
}

static void
time_frames (QsGraphScene *scene,
             const char   *name)
{
  static const double scales[] = { 1.0, 0.5, 0.25, 0.1, 0.03, 0.01 };
  const int width = 1600;
  const int height = 1000;
  QsGraphMarks marks = QS_GRAPH_MARKS_INIT;
  double scene_width, scene_height;
  QsStyle style;

  qs_style_init (&style, FALSE, FALSE);
  qs_graph_scene_get_size (scene, &scene_width, &scene_height);
  for (guint i = 0; i < G_N_ELEMENTS (scales); i++)
    {
      cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);
      const int n = 20;
      clock_t begin = clock ();

      for (int frame = 0; frame < n; frame++)
        {
          cairo_t *cr = cairo_create (surface);

          qs_graph_draw (cr, scene, &style, &marks, scene_width / 2 - width / scales[i] / 2,
                         scene_height * 0.4 + frame * 10 / scales[i], scales[i], width, height);
          cairo_destroy (cr);
        }
      g_print ("%s at %.2f: %.2f ms a frame\n", name, scales[i],
               (double) (clock () - begin) * 1000 / CLOCKS_PER_SEC / n);
      cairo_surface_destroy (surface);
    }
}

static void
time_scene (QsNetwork  *network,
            const char *name)
{
  g_autoptr (GError) error = NULL;
  clock_t begin = clock ();
  g_autoptr (QsGraphScene) scene = qs_graph_scene_new_for_built (network, NULL, &error);

  g_assert_no_error (error);
  g_print ("%s: %u layers, scene in %.1f ms\n", name, network->layers->len,
           (double) (clock () - begin) * 1000 / CLOCKS_PER_SEC);
  time_frames (scene, name);
  qs_network_unref (network);
}

static void
export_samples (void)
{
  g_autoptr (QsNetwork) network = qs_test_network_new_resnet (4, TRUE);
  g_autoptr (QsGraphScene) scene = qs_graph_scene_new_for_built (network, NULL, NULL);
  g_autofree char *svg = g_build_filename (folder, "resnet.svg", NULL);
  g_autofree char *pdf = g_build_filename (folder, "resnet.pdf", NULL);
  g_autoptr (GFile) svg_file = g_file_new_for_path (svg);
  g_autoptr (GFile) pdf_file = g_file_new_for_path (pdf);
  g_autoptr (GError) error = NULL;

  qs_graph_export_svg (scene, svg_file, FALSE, NULL, &error);
  g_assert_no_error (error);
  qs_graph_export_pdf (scene, pdf_file, FALSE, NULL, &error);
  g_assert_no_error (error);
}

int
main (int    argc,
      char **argv)
{
  if (argc != 2)
    {
      g_printerr ("Usage: %s FOLDER\n", argv[0]);
      return 2;
    }

  folder = argv[1];
  render_scene (qs_test_network_new_resnet (8, TRUE), TRUE, "resnet");
  render_scene (qs_test_network_new_resnet (8, FALSE), FALSE, "network");
  render_scene (qs_test_network_new_transformer (6, TRUE), TRUE, "transformer");
  render_scene (qs_test_network_new_explicit (), FALSE, "explicit");
  for (int dark = 0; dark < 2; dark++)
    {
      render_histogram (dark, TRUE, TRUE, 720, 420, "histogram-log");
      render_histogram (dark, FALSE, FALSE, 720, 360, "histogram-linear");
      render_histogram (dark, TRUE, FALSE, 320, 260, "histogram-small");
      render_scales (dark);
    }
  export_samples ();
  time_scene (qs_test_network_new_resnet (3300, TRUE), "resnet");
  time_scene (qs_test_network_new_transformer (400, TRUE), "transformer");
  return 0;
}
