/* SPDX-License-Identifier: MIT */
#include <cairo-pdf.h>
#include <math.h>
#include <string.h>

#include "core/qs-error.h"
#include "drawing/qs-draw-util.h"
#include "drawing/qs-export.h"
#include "drawing/qs-histogram-draw.h"
#include "drawing/qs-scale-plot.h"
#include "drawing/qs-text-meter.h"
#include "qs-test-networks.h"
#include "qs-test.h"

static QsGraphScene *
make_scene (QsNetwork *network,
            gboolean   built)
{
  g_autoptr (GError) error = NULL;
  QsGraphScene *scene = built ? qs_graph_scene_new_for_built (network, NULL, &error)
                              : qs_graph_scene_new (network, NULL, &error);

  g_assert_no_error (error);
  qs_network_unref (network);
  return scene;
}

static int
find_class (QsGraphScene *scene,
            QsSceneClass  klass)
{
  for (int v = 0; v < qs_graph_scene_get_n_nodes (scene); v++)
    if (qs_graph_scene_get_node (scene, v)->klass == klass)
      return v;

  g_assert_not_reached ();
}

/* --- Scenes --- */

static void
test_scene_ids (void)
{
  g_autoptr (QsNetwork) network = qs_test_network_new_resnet (4, TRUE);
  g_autoptr (QsGraphScene) scene = make_scene (qs_network_ref (network), TRUE);

  g_assert_cmpstr (qs_graph_scene_get_title (scene), ==, "resnet50");
  g_assert_cmpint (qs_graph_scene_get_n_nodes (scene), ==, (int) network->layers->len + 2);
  for (guint i = 0; i < network->layers->len; i++)
    {
      QsLayer *layer = g_ptr_array_index (network->layers, i);
      int node = qs_graph_scene_find_layer (scene, (int) i);

      g_assert_cmpint (qs_graph_scene_get_node (scene, node)->layer_id, ==, (int) i);
      g_assert_cmpstr (qs_graph_scene_get_node (scene, node)->name, ==, layer->name);
    }
  for (guint i = 0; i < network->tensors->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (network->tensors, i);
      int net = qs_graph_scene_find_tensor (scene, (int) i);

      g_assert_cmpint (net, >=, 0);
      g_assert_cmpint (qs_graph_scene_get_net (scene, net)->tensor_id, ==, (int) i);
      g_assert_cmpstr (qs_graph_scene_get_net (scene, net)->name, ==, tensor->name);
    }

  g_assert_cmpint (qs_graph_scene_find_layer (scene, -1), ==, -1);
  g_assert_cmpint (qs_graph_scene_find_layer (scene, 100000), ==, -1);
  g_assert_cmpint (qs_graph_scene_find_tensor (scene, 100000), ==, -1);
  g_assert_cmpint (qs_graph_scene_find_terminal (scene, 0), >=, 0);
}

static void
test_scene_classes (void)
{
  g_autoptr (QsGraphScene) before = make_scene (qs_test_network_new_resnet (4, FALSE), FALSE);
  g_autoptr (QsGraphScene) after = make_scene (qs_test_network_new_resnet (4, TRUE), TRUE);
  g_autoptr (QsGraphScene) explicit = make_scene (qs_test_network_new_explicit (), FALSE);
  const QsSceneNode *node;

  /* 12 convolutions, 4 additions, 12 ReLUs, a shortcut, a stem, two poolings, Gemm and softmax */
  g_assert_cmpuint (qs_graph_scene_count_class (before, QS_SCENE_NEUTRAL), ==, 34);
  g_assert_cmpuint (qs_graph_scene_get_n_layers (before), ==, 34);
  g_assert_cmpuint (qs_graph_scene_count_class (before, QS_SCENE_INT8), ==, 0);
  g_assert_false (qs_graph_scene_is_built (before));

  /* Of those the INT8 ones: 12 + shortcut + stem + first pooling */
  g_assert_cmpuint (qs_graph_scene_count_class (after, QS_SCENE_INT8), ==, 15);
  g_assert_cmpuint (qs_graph_scene_count_class (after, QS_SCENE_FLOAT), ==, 3);
  g_assert_cmpuint (qs_graph_scene_count_class (after, QS_SCENE_REFORMAT), ==, 2);
  g_assert_cmpuint (qs_graph_scene_count_class (after, QS_SCENE_TERMINAL), ==, 2);

  g_assert_cmpuint (qs_graph_scene_count_class (explicit, QS_SCENE_QUANTIZE), ==, 4);

  node = qs_graph_scene_get_node (after, find_class (after, QS_SCENE_INT8));
  g_assert_cmpstr (node->badge, ==, "INT8");
  g_assert_cmpstr (node->title, ==, "Convolution + ReLU");
  g_assert_cmpstr (node->parts, ==, "Conv + Relu");
}

static void
test_scene_pick (void)
{
  g_autoptr (QsGraphScene) scene = make_scene (qs_test_network_new_transformer (3, TRUE), TRUE);
  guint n_routes, n_points;
  const QsLayoutRoute *routes =
    qs_graph_layout_get_routes (qs_graph_scene_get_layout (scene), &n_routes);
  const QsLayoutPoint *points =
    qs_graph_layout_get_points (qs_graph_scene_get_layout (scene), &n_points);

  for (int v = 0; v < qs_graph_scene_get_n_nodes (scene); v++)
    {
      const QsSceneNode *node = qs_graph_scene_get_node (scene, v);
      const double w = node->width / 2;
      const double h = node->height / 2;

      g_assert_cmpint (qs_graph_scene_pick_node (scene, node->x, node->y), ==, v);
      g_assert_cmpint (qs_graph_scene_pick_node (scene, node->x - w + 1, node->y + h - 1), ==, v);
      g_assert_cmpint (qs_graph_scene_pick_node (scene, node->x + w + 1, node->y), !=, v);
      g_assert_cmpint (qs_graph_scene_pick_node (scene, node->x, node->y - h - 1), !=, v);
    }

  /* The middle of a trunk's longest piece is on that net. */
  for (guint i = 0; i < n_routes; i++)
    if (routes[i].consumer < 0)
      {
        const QsLayoutPoint *last = points + routes[i].first + routes[i].n - 1;

        g_assert_cmpint (qs_graph_scene_pick_net (scene, last->x + 0.5,
                                                  (last[0].y + last[-1].y) / 2, 2),
                         ==, routes[i].net);
      }
  g_assert_cmpint (qs_graph_scene_pick_net (scene, -1000, 50, 5), ==, -1);
  g_assert_cmpint (qs_graph_scene_pick_node (scene, 0, -1e7), ==, -1);
}

static void
test_scene_walk (void)
{
  g_autoptr (QsNetwork) network = qs_test_network_new_resnet (4, TRUE);
  g_autoptr (QsGraphScene) scene = make_scene (qs_network_ref (network), TRUE);
  int node = 0;
  int steps = 0;

  /* Down from the input one comes to the output, each step along an edge. */
  while (qs_graph_scene_get_neighbour (scene, node, QS_SCENE_DOWN) >= 0)
    {
      int next = qs_graph_scene_get_neighbour (scene, node, QS_SCENE_DOWN);

      g_assert_cmpint (qs_graph_scene_get_node (scene, next)->layer, >,
                       qs_graph_scene_get_node (scene, node)->layer);
      node = next;
      g_assert_cmpint (++steps, <, 100);
    }
  g_assert_true (qs_graph_scene_get_node (scene, node)->is_output);

  while (qs_graph_scene_get_neighbour (scene, node, QS_SCENE_UP) >= 0)
    node = qs_graph_scene_get_neighbour (scene, node, QS_SCENE_UP);
  g_assert_cmpint (node, ==, 0);
  g_assert_cmpint (qs_graph_scene_get_neighbour (scene, 0, QS_SCENE_LEFT), ==, -1);

  /* Beside the first block's convolution stands its shortcut. */
  for (int v = 0; v < qs_graph_scene_get_n_nodes (scene); v++)
    {
      int right = qs_graph_scene_get_neighbour (scene, v, QS_SCENE_RIGHT);

      if (right >= 0)
        {
          g_assert_cmpint (qs_graph_scene_get_neighbour (scene, right, QS_SCENE_LEFT), ==, v);
          g_assert_cmpfloat (qs_graph_scene_get_node (scene, right)->x, >,
                             qs_graph_scene_get_node (scene, v)->x);
          steps = -1;
        }
    }
  g_assert_cmpint (steps, ==, -1);
}

static guint
count_found (QsGraphScene *scene,
             const char   *text)
{
  g_autoptr (GArray) found = qs_graph_scene_search (scene, text);

  return found->len;
}

static void
test_scene_search (void)
{
  g_autoptr (QsGraphScene) scene = make_scene (qs_test_network_new_resnet (4, TRUE), TRUE);

  g_assert_cmpuint (count_found (scene, "DOWNSAMPLE"), ==, 1);
  g_assert_cmpuint (count_found (scene, "conv2"), ==, 4);
  g_assert_cmpuint (count_found (scene, "int8 layer1.3"), ==, 3);
  g_assert_cmpuint (count_found (scene, "reformat"), ==, 2);
  g_assert_cmpuint (count_found (scene, "nothing like it"), ==, 0);
  g_assert_cmpuint (count_found (scene, ""), ==, 0);
  g_assert_cmpuint (count_found (scene, "  "), ==, 0);
}

static void
test_scene_cancel (void)
{
  g_autoptr (QsNetwork) network = qs_test_network_new_resnet (4, TRUE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_null (qs_graph_scene_new (network, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* The scene keeps nothing of the network, and names of any length and bytes are drawable. */
static void
test_scene_hostile_names (void)
{
  static const QsLayerClass klass = { .kind = QS_LAYER_UNARY, .name = "Unary" };
  QsNetwork *network = qs_network_new ("<&\"'\x01>");
  QsShape shape = qs_shape_make (1, (gint64) 4);
  QsTensor *x = qs_network_add_input (network, "in\nput<", QS_DATA_TYPE_FLOAT, &shape);
  QsTensor *y = qs_network_add_tensor (network, "y");
  g_autofree char *name = g_strnfill (1 << 20, 'n');
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "x.svg", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (QsGraphScene) scene = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *svg = NULL;
  GMarkupParser parser = { 0 };
  GMarkupParseContext *context;
  gsize length;

  y->type = QS_DATA_TYPE_FLOAT;
  y->shape = shape;
  memcpy (name, "a\xff<", 3);
  qs_network_add_layer (network, &klass, name, NULL, &x, 1, &y, 1);
  qs_network_mark_output (network, y);
  g_assert_true (qs_network_sort (network, NULL));
  scene = make_scene (network, FALSE);

  g_assert_cmpuint (strlen (qs_graph_scene_get_node (scene, 1)->name), <, 1000);
  g_assert_true (g_utf8_validate (qs_graph_scene_get_node (scene, 1)->name, -1, NULL));
  g_assert_cmpfloat (qs_graph_scene_get_node (scene, 1)->width, <, 300);

  g_assert_true (qs_graph_export_svg (scene, file, FALSE, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &svg, &length, NULL));
  context = g_markup_parse_context_new (&parser, 0, NULL, NULL);
  g_assert_true (g_markup_parse_context_parse (context, svg, (gssize) length, &error));
  g_assert_true (g_markup_parse_context_end_parse (context, &error));
  g_assert_no_error (error);
  g_markup_parse_context_free (context);
  g_assert_null (strchr (svg, '\x01'));
  qs_test_remove_folder (folder);
}

/* --- Pixels --- */

typedef struct
{
  cairo_surface_t *surface;
  int width;
  int height;
} Picture;

static void
picture_clear (Picture *self)
{
  cairo_surface_destroy (self->surface);
}

static cairo_t *
picture_init (Picture *self,
              int      width,
              int      height)
{
  self->surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, width, height);
  self->width = width;
  self->height = height;
  return cairo_create (self->surface);
}

static guint32
picture_get (Picture *self,
             double   x,
             double   y)
{
  const guint8 *data;
  guint32 pixel;

  cairo_surface_flush (self->surface);
  data = cairo_image_surface_get_data (self->surface);
  data += cairo_image_surface_get_stride (self->surface) * (int) y;
  memcpy (&pixel, data + 4 * (int) x, sizeof pixel);
  return pixel & 0xffffff;
}

static guint32
to_pixel (const QsColor *color)
{
  char hex[8];

  qs_color_to_hex (color, hex);
  return (guint32) g_ascii_strtoull (hex + 1, NULL, 16);
}

static guint
picture_count (Picture       *self,
               const QsColor *color,
               int            from_x,
               int            to_x)
{
  guint32 wanted = to_pixel (color);
  guint n = 0;

  for (int y = 0; y < self->height; y++)
    for (int x = MAX (from_x, 0); x < MIN (to_x, self->width); x++)
      n += picture_get (self, x, y) == wanted;

  return n;
}

/* Draws @node in the middle of a picture and probes it near its left bottom corner, where there
 * is no text. */
static guint32
probe_node (QsGraphScene *scene,
            const QsStyle *style,
            int           node,
            double        scale,
            double       *corner)
{
  const QsSceneNode *info = qs_graph_scene_get_node (scene, node);
  QsGraphMarks marks = QS_GRAPH_MARKS_INIT;
  Picture picture;
  cairo_t *cr = picture_init (&picture, 400, 300);
  guint32 pixel, corner_pixel;

  qs_graph_draw (cr, scene, style, &marks, info->x - 200 / scale, info->y - 150 / scale, scale,
                 400, 300);
  pixel = picture_get (&picture, 200 - info->width / 2 * scale + 5 * scale, 150 + 2 * scale);
  corner_pixel = picture_get (&picture, 200 - info->width / 2 * scale + 1.6,
                              150 - info->height / 2 * scale + 1.6);
  if (corner != NULL)
    *corner = corner_pixel == to_pixel (&style->background);
  cairo_destroy (cr);
  picture_clear (&picture);
  return pixel;
}

/* INT8 is green with round corners, float is blue with square ones, in both styles and at every
 * level of detail. */
static void
test_pixels (void)
{
  static const double scales[] = { 1.0, 0.6, 0.3 };
  g_autoptr (QsGraphScene) scene = make_scene (qs_test_network_new_resnet (4, TRUE), TRUE);
  int int8 = find_class (scene, QS_SCENE_INT8);
  int fp32 = find_class (scene, QS_SCENE_FLOAT);

  for (int dark = 0; dark < 2; dark++)
    for (guint i = 0; i < G_N_ELEMENTS (scales); i++)
      {
        QsStyle style;
        guint32 green, blue;
        double round = 0, square = 0;

        qs_style_init (&style, dark, FALSE);
        green = probe_node (scene, &style, int8, scales[i], &round);
        blue = probe_node (scene, &style, fp32, scales[i], &square);
        g_assert_cmphex (green, ==, dark ? 0x33d17a : 0x2ec27e);
        g_assert_cmphex (blue, ==, dark ? 0x1c71d8 : 0x1a5fb4);
        if (scales[i] == 1.0)
          {
            g_assert_true (round);
            g_assert_false (square);
          }
      }
}

static void
test_marks (void)
{
  g_autoptr (QsGraphScene) scene = make_scene (qs_test_network_new_resnet (4, TRUE), TRUE);
  g_autofree gboolean *matches = g_new0 (gboolean, qs_graph_scene_get_n_nodes (scene));
  g_autofree double *heat = g_new (double, qs_graph_scene_get_n_nodes (scene));
  QsGraphMarks none = QS_GRAPH_MARKS_INIT;
  QsGraphMarks marks = QS_GRAPH_MARKS_INIT;
  Picture picture;
  cairo_t *cr = picture_init (&picture, 700, 500);
  QsStyle style;
  double width, height;

  qs_style_init (&style, FALSE, FALSE);
  qs_graph_scene_get_size (scene, &width, &height);
  qs_graph_draw (cr, scene, &style, &none, width / 2 - 350, 0, 1, 700, 500);
  g_assert_cmpuint (picture_count (&picture, &style.accent, 0, 700), ==, 0);
  g_assert_cmpuint (picture_count (&picture, &style.match, 0, 700), ==, 0);

  marks.selected_node = 2;
  matches[3] = TRUE;
  marks.matches = matches;
  qs_graph_draw (cr, scene, &style, &marks, width / 2 - 350, 0, 1, 700, 500);
  g_assert_cmpuint (picture_count (&picture, &style.accent, 0, 700), >, 100);
  g_assert_cmpuint (picture_count (&picture, &style.match, 0, 700), >, 100);
  /* What was not found is veiled. */
  g_assert_cmpuint (picture_count (&picture, &style.fill[QS_SCENE_INT8], 0, 700), <, 15000);

  for (int v = 0; v < qs_graph_scene_get_n_nodes (scene); v++)
    heat[v] = 1;
  marks = none;
  marks.heat = heat;
  qs_graph_draw (cr, scene, &style, &marks, width / 2 - 350, 0, 1, 700, 500);
  g_assert_cmpuint (picture_count (&picture, &style.fill[QS_SCENE_INT8], 0, 700), ==, 0);

  cairo_destroy (cr);
  picture_clear (&picture);
}

/* WCAG 2.1, 1.4.11 and 1.4.3: 3:1 for outlines and lines, 4.5:1 for text. */
static void
test_contrast (void)
{
  for (int dark = 0; dark < 2; dark++)
    for (int high = 0; high < 2; high++)
      {
        QsStyle style;

        qs_style_init (&style, dark, high);
        for (guint i = 0; i < QS_N_SCENE_CLASSES; i++)
          {
            g_assert_cmpfloat (qs_color_contrast (&style.outline[i], &style.background), >=, 3.0);
            g_assert_cmpfloat (qs_color_contrast (&style.label[i], &style.fill[i]), >=, 4.5);
          }
        for (guint i = 0; i < QS_N_SERIES_STYLES; i++)
          g_assert_cmpfloat (qs_color_contrast (&qs_style_get_series (&style, i)->color,
                                                &style.background), >=, 4.5);
        g_assert_cmpfloat (qs_color_contrast (&style.edge, &style.background), >=, 3.0);
        g_assert_cmpfloat (qs_color_contrast (&style.edge_int8, &style.background), >=, 3.0);
        g_assert_cmpfloat (qs_color_contrast (&style.accent, &style.background), >=, 3.0);
        g_assert_cmpfloat (qs_color_contrast (&style.match, &style.background), >=, 3.0);
        g_assert_cmpfloat (qs_color_contrast (&style.text, &style.background), >=, 7.0);
        g_assert_cmpfloat (qs_color_contrast (&style.dim_text, &style.background), >=, 4.5);
        g_assert_cmpfloat (qs_color_contrast (&style.clipped, &style.background), >=, 4.5);
      }

  for (int i = 0; i <= 20; i++)
    {
      QsStyle style;
      QsColor fill, label;

      qs_style_init (&style, FALSE, FALSE);
      qs_style_get_heat (&style, i / 20.0, &fill, &label);
      g_assert_cmpfloat (qs_color_contrast (&fill, &label), >=, 4.5);
    }
}

static void
test_many_layers (void)
{
  static const double scales[] = { 1.0, 0.4, 0.1, 0.02, 0.005 };
  g_autoptr (QsGraphScene) scene = make_scene (qs_test_network_new_resnet (3300, TRUE), TRUE);
  double width, height;
  QsStyle style;

  g_assert_cmpint (qs_graph_scene_get_n_nodes (scene), >, 10000);
  qs_style_init (&style, FALSE, FALSE);
  qs_graph_scene_get_size (scene, &width, &height);
  for (guint i = 0; i < G_N_ELEMENTS (scales); i++)
    {
      QsGraphMarks marks = QS_GRAPH_MARKS_INIT;
      Picture picture;
      cairo_t *cr = picture_init (&picture, 800, 600);

      qs_graph_draw (cr, scene, &style, &marks, width / 2 - 400 / scales[i], height / 2, scales[i],
                     800, 600);
      g_assert_cmpint (cairo_status (cr), ==, CAIRO_STATUS_SUCCESS);
      g_assert_cmpuint (picture_count (&picture, &style.fill[QS_SCENE_INT8], 0, 800), >, 100);
      cairo_destroy (cr);
      picture_clear (&picture);
    }
}

static void
test_empty (void)
{
  g_autoptr (QsGraphScene) scene = make_scene (qs_network_new ("empty"), FALSE);
  QsGraphMarks marks = QS_GRAPH_MARKS_INIT;
  Picture picture;
  cairo_t *cr = picture_init (&picture, 100, 100);
  QsStyle style;

  qs_style_init (&style, FALSE, FALSE);
  qs_graph_draw (cr, scene, &style, &marks, 0, 0, 1, 100, 100);
  g_assert_cmphex (picture_get (&picture, 50, 50), ==, to_pixel (&style.background));
  g_assert_cmpint (qs_graph_scene_pick_node (scene, 0, 0), ==, -1);
  g_assert_cmpint (qs_graph_scene_pick_net (scene, 0, 0, 10), ==, -1);
  cairo_destroy (cr);
  picture_clear (&picture);
}

/* --- Export --- */

static void
test_svg (void)
{
  g_autoptr (QsGraphScene) scene = make_scene (qs_test_network_new_resnet (4, TRUE), TRUE);
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "graph.svg", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) error = NULL;
  g_autofree char *svg = NULL;

  g_assert_true (qs_graph_export_svg (scene, file, FALSE, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &svg, NULL, NULL));
  for (int v = 0; v < qs_graph_scene_get_n_nodes (scene); v++)
    g_assert_nonnull (strstr (svg, qs_graph_scene_get_node (scene, v)->name));
  g_assert_nonnull (strstr (svg, "resnet50"));
  g_assert_nonnull (strstr (svg, "INT8: 15"));
  g_assert_nonnull (strstr (svg, "FP32: 3"));
  g_assert_nonnull (strstr (svg, "#2ec27e"));
  g_assert_null (strstr (svg, "<image"));
  g_assert_null (strstr (svg, "base64"));
  qs_test_remove_folder (folder);
}

/* The page size from the file's /MediaBox. */
static void
read_page_size (const char *pdf,
                gsize       length,
                double     *width,
                double     *height)
{
  const char *box = memmem (pdf, length, "/MediaBox", 9);
  g_auto (GStrv) numbers = NULL;
  g_autofree char *line = NULL;

  g_assert_nonnull (box);
  line = g_strndup (strchr (box, '[') + 1, (gsize) (strchr (box, ']') - strchr (box, '[') - 1));
  numbers = g_strsplit (g_strstrip (line), " ", -1);
  g_assert_cmpuint (g_strv_length (numbers), ==, 4);
  *width = g_ascii_strtod (numbers[2], NULL);
  *height = g_ascii_strtod (numbers[3], NULL);
}

static void
check_pdf (QsNetwork *network,
           gboolean   scaled_down)
{
  g_autoptr (QsGraphScene) scene = make_scene (network, TRUE);
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "graph.pdf", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) error = NULL;
  g_autofree char *pdf = NULL;
  double scene_width, scene_height, width, height;
  gsize length;

  g_assert_true (qs_graph_export_pdf (scene, file, FALSE, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &pdf, &length, NULL));
  g_assert_true (g_str_has_prefix (pdf, "%PDF-1."));
  read_page_size (pdf, length, &width, &height);

  qs_graph_scene_get_size (scene, &scene_width, &scene_height);
  g_assert_cmpfloat (height, <=, 14400.5);
  if (scaled_down)
    {
      g_assert_cmpfloat (scene_height * 0.75, >, 14400);
      g_assert_cmpfloat (height, >, 14300);
    }
  else
    {
      /* 0.75 points a pixel, and room for title and legend */
      g_assert_cmpfloat (height, >, scene_height * 0.75);
      g_assert_cmpfloat (height, <, scene_height * 0.75 + 250);
      g_assert_cmpfloat (width, >, scene_width * 0.75);
    }
  g_assert_nonnull (memmem (pdf, length, "/Font", 5));
  g_assert_null (memmem (pdf, length, "/Subtype /Image", 15));
  qs_test_remove_folder (folder);
}

static void
test_pdf (void)
{
  check_pdf (qs_test_network_new_resnet (4, TRUE), FALSE);
  check_pdf (qs_test_network_new_resnet (100, TRUE), TRUE);
}

static void
test_png (void)
{
  g_autoptr (QsGraphScene) scene = make_scene (qs_test_network_new_resnet (4, TRUE), TRUE);
  g_autofree char *folder = qs_test_make_folder ();
  g_autofree char *path = g_build_filename (folder, "view.png", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) error = NULL;
  QsGraphMarks marks = QS_GRAPH_MARKS_INIT;
  cairo_surface_t *surface;
  QsStyle style;

  qs_style_init (&style, TRUE, FALSE);
  g_assert_true (qs_graph_export_png (scene, file, &style, &marks, 0, 0, 0.5, 320, 200, NULL,
                                      &error));
  g_assert_no_error (error);
  surface = cairo_image_surface_create_from_png (path);
  g_assert_cmpint (cairo_image_surface_get_width (surface), ==, 320);
  g_assert_cmpint (cairo_image_surface_get_height (surface), ==, 200);
  cairo_surface_destroy (surface);

  g_assert_false (qs_graph_export_png (scene, file, &style, &marks, 0, 0, 0.5, 40000, 200, NULL,
                                       &error));
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_LIMIT, "40000");
  qs_test_remove_folder (folder);
}

static void
test_export_errors (void)
{
  g_autoptr (QsGraphScene) scene = make_scene (qs_test_network_new_resnet (1, TRUE), TRUE);
  g_autoptr (GFile) file = g_file_new_for_path ("/nonexistent/folder/graph.svg");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (qs_graph_export_svg (scene, file, FALSE, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (qs_graph_export_pdf (scene, file, FALSE, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);

  g_cancellable_cancel (cancellable);
  g_assert_false (qs_graph_export_svg (scene, file, FALSE, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* --- Histograms --- */

static QsHistogramPlot *
make_plot (void)
{
  guint64 counts[8] = { 100, 50, 20, 10, 10, 5, 3, 2 };
  QsHistogramPlot *plot = qs_histogram_plot_new ("x", counts, 8, 4.0, 60);

  qs_histogram_plot_add_marker (plot, "entropy2", "Entropy 2", 0, 1.5);
  qs_histogram_plot_add_marker (plot, "minmax", "MinMax", 1, 4.0);
  return plot;
}

static void
test_histogram_clipped (void)
{
  g_autoptr (QsHistogramPlot) plot = make_plot ();

  /* Bins are 0.5 wide; beyond 1.5 are 10 + 10 + 5 + 3 + 2 of 200, beyond 1.25 half of 20 more. */
  g_assert_cmpfloat (qs_histogram_plot_get_clipped (plot, 1.5), ==, 30.0 / 200);
  g_assert_cmpfloat (qs_histogram_plot_get_clipped (plot, 1.25), ==, 40.0 / 200);
  g_assert_cmpfloat (qs_histogram_plot_get_clipped (plot, 4.0), ==, 0);
  g_assert_cmpfloat (qs_histogram_plot_get_clipped (plot, 40.0), ==, 0);
  /* Zeros are not clipped by a range of 0: 140 of 200 are left. */
  g_assert_cmpfloat (qs_histogram_plot_get_clipped (plot, 0), ==, 140.0 / 200);
  g_assert_cmpfloat (qs_histogram_plot_get_marker (plot, 0)->clipped, ==, 30.0 / 200);
  g_assert_cmpint (qs_histogram_plot_find_marker (plot, "minmax"), ==, 1);
  g_assert_cmpint (qs_histogram_plot_find_marker (plot, "none"), ==, -1);
}

/* Bars beyond the selected range, and only those, have the colour of what is clipped. */
static void
test_histogram_pixels (void)
{
  for (int dark = 0; dark < 2; dark++)
    for (int logarithmic = 0; logarithmic < 2; logarithmic++)
      {
        g_autoptr (QsHistogramPlot) plot = make_plot ();
        QsHistogramMarks marks = {
          .selected = "entropy2",
          .logarithmic = logarithmic,
          .pointer = -1,
        };
        QsHistogramFrame frame;
        Picture picture;
        cairo_t *cr = picture_init (&picture, 500, 300);
        QsStyle style;
        int limit;

        qs_style_init (&style, dark, FALSE);
        qs_histogram_draw (cr, plot, &style, &marks, 500, 300);
        qs_histogram_frame_init (&frame, plot, &marks, 500, 300);
        limit = (int) qs_histogram_frame_to_x (&frame, 1.5);
        g_assert_cmpuint (picture_count (&picture, &style.clipped, 0, limit - 2), ==, 0);
        g_assert_cmpuint (picture_count (&picture, &style.clipped, limit + 3, 500), >, 300);
        g_assert_cmpuint (picture_count (&picture, &style.bar, 0, limit - 2), >, 2000);
        g_assert_cmpuint (picture_count (&picture, &style.bar, limit + 3, 500), ==, 0);
        g_assert_cmpfloat_with_epsilon (qs_histogram_frame_to_value (&frame,
                                          qs_histogram_frame_to_x (&frame, 2.25)), 2.25, 1e-9);
        cairo_destroy (cr);
        picture_clear (&picture);
      }
}

static void
test_histogram_degenerate (void)
{
  const guint64 zeros[2048] = { 1000 };
  g_autoptr (QsHistogramPlot) zero = qs_histogram_plot_new ("zero", zeros, 2048, 0, 1000);
  g_autoptr (QsHistogramPlot) nothing = qs_histogram_plot_new ("nothing", zeros, 0, 1, 0);
  g_autoptr (QsHistogramPlot) infinite = qs_histogram_plot_new ("inf", zeros, 2048, INFINITY, 0);
  QsHistogramPlot *const plots[] = { zero, nothing, infinite };

  for (guint i = 0; i < G_N_ELEMENTS (plots); i++)
    for (int size = 1; size < 400; size += 133)
      {
        QsHistogramMarks marks = { .pointer = 0.5, .logarithmic = i % 2 == 0, .selected = "x" };
        Picture picture;
        cairo_t *cr = picture_init (&picture, size, size);
        QsStyle style;

        qs_style_init (&style, FALSE, FALSE);
        qs_histogram_plot_add_marker (plots[i], "x", "X", 0, 0);
        qs_histogram_draw (cr, plots[i], &style, &marks, size, size);
        g_assert_cmpint (cairo_status (cr), ==, CAIRO_STATUS_SUCCESS);
        cairo_destroy (cr);
        picture_clear (&picture);
      }
}

static void
test_histogram_describe (void)
{
  g_autoptr (QsHistogramPlot) plot = make_plot ();
  g_autofree char *text = qs_histogram_plot_describe (plot, "entropy2");

  g_assert_nonnull (strstr (text, "x: 200 values up to 4.000"));
  g_assert_nonnull (strstr (text, "30.0 % of them zero"));
  g_assert_nonnull (strstr (text, "Entropy 2: range 1.500, clips 15.0 %."));
  g_assert_nonnull (strstr (text, "MinMax: range 4.000, clips 0 %."));
}

/* --- Scales and numbers --- */

static void
test_scale_plot (void)
{
  g_autoptr (QsScalePlot) plot = qs_scale_plot_new ();
  g_autoptr (QsScaleTable) table = qs_scale_table_new ();
  g_autofree guint *order = NULL;
  double low, high;

  qs_scale_plot_get_extent (plot, &low, &high);
  g_assert_cmpfloat (low, ==, 0.1);
  g_assert_cmpfloat (high, ==, 1);

  qs_scale_plot_add_series (plot, "a", FALSE);
  qs_scale_plot_add_row (plot, "t0", 10);
  qs_scale_plot_add_row (plot, "t1", 11);
  qs_scale_plot_add_row (plot, "t2", 12);
  qs_scale_table_set (table, "t0", 1.0f);
  qs_scale_table_set (table, "t2", 0.25f);
  g_assert_cmpuint (qs_scale_plot_add_table (plot, "b", TRUE, table), ==, 1);
  qs_scale_plot_set_range (plot, 0, 0, 100);
  qs_scale_plot_set_range (plot, 1, 0, NAN);
  qs_scale_plot_set_range (plot, 2, 0, 127);

  g_assert_cmpfloat (qs_scale_plot_get_range (plot, 0, 1), ==, 127);
  g_assert_cmpfloat (qs_scale_plot_get_range (plot, 1, 0), ==, 0);
  g_assert_cmpfloat (qs_scale_plot_get_ratio (plot, 0), ==, 1.27);
  g_assert_cmpfloat (qs_scale_plot_get_ratio (plot, 1), ==, 1);
  g_assert_cmpfloat (qs_scale_plot_get_ratio (plot, 2), ==, 4);
  g_assert_cmpint (qs_scale_plot_find_tensor (plot, 12), ==, 2);
  g_assert_cmpint (qs_scale_plot_find_tensor (plot, 13), ==, -1);

  order = qs_scale_plot_sort_by_ratio (plot);
  g_assert_cmpuint (order[0], ==, 2);
  g_assert_cmpuint (order[1], ==, 0);
  g_assert_cmpuint (order[2], ==, 1);

  qs_scale_plot_get_extent (plot, &low, &high);
  g_assert_cmpfloat_with_epsilon (low, 10, 1e-9);
  g_assert_cmpfloat_with_epsilon (high, 1000, 1e-6);
}

static void
test_scale_pixels (void)
{
  g_autoptr (QsScalePlot) plot = qs_scale_plot_new ();
  QsScaleMarks marks = QS_SCALE_MARKS_INIT;
  Picture picture;
  cairo_t *cr = picture_init (&picture, 600, 200);
  QsStyle style;

  qs_style_init (&style, FALSE, FALSE);
  qs_scale_plot_add_series (plot, "a", FALSE);
  qs_scale_plot_add_series (plot, "b", FALSE);
  qs_scale_plot_add_row (plot, "t", 0);
  qs_scale_plot_set_range (plot, 0, 0, 1.2);
  qs_scale_plot_set_range (plot, 0, 1, 8);
  qs_scale_plot_draw (plot, cr, &style, &marks, 600, 200);
  g_assert_cmpuint (picture_count (&picture, &qs_style_get_series (&style, 0)->color, 0, 600), >,
                    40);
  g_assert_cmpuint (picture_count (&picture, &qs_style_get_series (&style, 1)->color, 0, 600), >,
                    40);
  g_assert_cmpuint (picture_count (&picture, &style.edge, 0, 600), >, 200);
  cairo_destroy (cr);
  picture_clear (&picture);
}

static void
assert_number (double      value,
               const char *expected)
{
  g_autofree char *text = qs_draw_format_number (value);

  g_assert_cmpstr (text, ==, expected);
}

static void
assert_tick (double      value,
             double      step,
             const char *expected)
{
  g_autofree char *text = qs_draw_format_tick (value, step);

  g_assert_cmpstr (text, ==, expected);
}

static void
assert_share (double      value,
              const char *expected)
{
  g_autofree char *text = qs_draw_format_share (value);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_numbers (void)
{
  assert_number (0, "0");
  assert_number (1.06, "1.060");
  assert_number (123.456, "123.5");
  assert_number (0.01234, "0.01234");
  assert_number (INFINITY, "∞");
  assert_tick (0, 0.1, "0");
  assert_tick (0.0005, 0.0005, "0.0005");
  assert_tick (0.001, 0.0005, "0.0010");
  assert_tick (0.00246, 0.0001, "0.0025");
  assert_tick (0.00001, 0.00001, "1e-05");
  assert_tick (30, 10, "30");
  assert_share (0, "0 %");
  assert_share (0.125, "12.5 %");
  assert_share (0.0149, "1.49 %");
  assert_share (0.0001, "0.010 %");
  assert_share (0.000001, "< 0.001 %");
  g_assert_cmpfloat (qs_draw_tick_step (10, 5), ==, 2);
  g_assert_cmpfloat (qs_draw_tick_step (2.64, 8), ==, 0.5);
  g_assert_cmpfloat (qs_draw_tick_step (0, 8), ==, 1);
}

static void
test_text_meter (void)
{
  g_autoptr (QsTextMeter) meter = qs_text_meter_new (QS_STYLE_FONT, 11, FALSE);
  const char *name = "/encoder/layer.11/attention/self/query/MätMul";
  double whole = qs_text_meter_measure (meter, name);

  g_assert_cmpfloat (whole, >, 100);
  for (double width = 0; width < whole + 20; width += 7)
    {
      g_autofree char *text = qs_text_meter_shorten (meter, name, width);

      g_assert_true (g_utf8_validate (text, -1, NULL));
      if (width >= whole)
        g_assert_cmpstr (text, ==, name);
      else
        g_assert_nonnull (strstr (text, "…"));
      if (width > 20)
        g_assert_cmpfloat (qs_text_meter_measure (meter, text), <=, width + 0.01);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/scene/ids", test_scene_ids);
  g_test_add_func ("/scene/classes", test_scene_classes);
  g_test_add_func ("/scene/pick", test_scene_pick);
  g_test_add_func ("/scene/walk", test_scene_walk);
  g_test_add_func ("/scene/search", test_scene_search);
  g_test_add_func ("/scene/cancel", test_scene_cancel);
  g_test_add_func ("/scene/hostile-names", test_scene_hostile_names);
  g_test_add_func ("/draw/pixels", test_pixels);
  g_test_add_func ("/draw/marks", test_marks);
  g_test_add_func ("/draw/contrast", test_contrast);
  g_test_add_func ("/draw/many-layers", test_many_layers);
  g_test_add_func ("/draw/empty", test_empty);
  g_test_add_func ("/export/svg", test_svg);
  g_test_add_func ("/export/pdf", test_pdf);
  g_test_add_func ("/export/png", test_png);
  g_test_add_func ("/export/errors", test_export_errors);
  g_test_add_func ("/histogram/clipped", test_histogram_clipped);
  g_test_add_func ("/histogram/pixels", test_histogram_pixels);
  g_test_add_func ("/histogram/degenerate", test_histogram_degenerate);
  g_test_add_func ("/histogram/describe", test_histogram_describe);
  g_test_add_func ("/scales/plot", test_scale_plot);
  g_test_add_func ("/scales/pixels", test_scale_pixels);
  g_test_add_func ("/text/numbers", test_numbers);
  g_test_add_func ("/text/meter", test_text_meter);
  return g_test_run ();
}
