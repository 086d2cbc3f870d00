/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "core/qs-error.h"
#include "qs-test-graphs.h"
#include "qs-test.h"

/* Coordinates of up to some 1e6 are sums of doubles: errors stay far below this. */
#define TOLERANCE 1e-6

static void
check_layers (QsTestGraph   *graph,
              QsGraphLayout *layout)
{
  int seen = 0;

  for (int l = 0; l < qs_graph_layout_get_n_layers (layout); l++)
    {
      int n;
      const int *nodes = qs_graph_layout_get_layer (layout, l, &n);
      double top, bottom;

      qs_graph_layout_get_band (layout, l, &top, &bottom);
      for (int i = 0; i < n; i++)
        {
          const QsLayoutPlace *place = qs_graph_layout_get_place (layout, nodes[i]);
          const QsLayoutNode *node = &g_array_index (graph->nodes, QsLayoutNode, nodes[i]);

          g_assert_cmpint (place->layer, ==, l);
          g_assert_cmpint (place->position, ==, i);
          g_assert_cmpfloat (place->y - node->height / 2, >=, top - TOLERANCE);
          g_assert_cmpfloat (place->y + node->height / 2, <=, bottom + TOLERANCE);
          seen++;

          if (i > 0)
            {
              const QsLayoutPlace *left = qs_graph_layout_get_place (layout, nodes[i - 1]);
              double half = g_array_index (graph->nodes, QsLayoutNode, nodes[i - 1]).width / 2;

              g_assert_cmpfloat (left->x + half, <=, place->x - node->width / 2 + TOLERANCE);
            }
        }
      if (l > 0)
        {
          double above_top, above_bottom;

          qs_graph_layout_get_band (layout, l - 1, &above_top, &above_bottom);
          g_assert_cmpfloat (above_bottom, <, top);
        }
    }

  g_assert_cmpint (seen, ==, (int) graph->nodes->len);
}

static void
check_size (QsTestGraph   *graph,
            QsGraphLayout *layout)
{
  double width, height;

  qs_graph_layout_get_size (layout, &width, &height);
  for (guint v = 0; v < graph->nodes->len; v++)
    {
      const QsLayoutPlace *place = qs_graph_layout_get_place (layout, (int) v);
      const QsLayoutNode *node = &g_array_index (graph->nodes, QsLayoutNode, v);

      g_assert_true (isfinite (place->x) && isfinite (place->y));
      g_assert_cmpfloat (place->x - node->width / 2, >=, -TOLERANCE);
      g_assert_cmpfloat (place->x + node->width / 2, <=, width + TOLERANCE);
      g_assert_cmpfloat (place->y + node->height / 2, <=, height + TOLERANCE);
    }
}

static void
check_edges (QsTestGraph   *graph,
             QsGraphLayout *layout)
{
  for (guint i = 0; i < graph->nets->len; i++)
    {
      GArray *consumers = g_ptr_array_index (graph->consumers, i);
      int producer = g_array_index (graph->nets, QsLayoutNet, i).producer;

      for (guint k = 0; k < consumers->len; k++)
        g_assert_cmpint (qs_graph_layout_get_place (layout, producer)->layer, <,
                         qs_graph_layout_get_place (layout,
                                                    g_array_index (consumers, int, k))->layer);
    }
}

/* Every route goes down, from its producer or its own net's trunk, and ends on its consumer. */
static void
check_routes (QsTestGraph   *graph,
              QsGraphLayout *layout)
{
  guint n_routes, n_points;
  const QsLayoutRoute *routes = qs_graph_layout_get_routes (layout, &n_routes);
  const QsLayoutPoint *points = qs_graph_layout_get_points (layout, &n_points);
  g_autofree guint *trunks = g_new0 (guint, graph->nets->len + 1);

  for (guint i = 0; i < n_routes; i++)
    {
      const QsLayoutRoute *route = &routes[i];
      const QsLayoutPoint *p = points + route->first;

      g_assert_cmpuint (route->first + route->n, <=, n_points);
      g_assert_cmpuint (route->n, >=, 2);
      for (guint k = 1; k < route->n; k++)
        g_assert_cmpfloat (p[k - 1].y, <=, p[k].y + TOLERANCE);

      if (route->consumer < 0)
        trunks[route->net]++;
      else
        {
          const QsLayoutPlace *place = qs_graph_layout_get_place (layout, route->consumer);
          const QsLayoutNode *node = &g_array_index (graph->nodes, QsLayoutNode, route->consumer);

          g_assert_cmpfloat (fabs (p[route->n - 1].x - place->x), <=, node->width / 2 + TOLERANCE);
          g_assert_cmpfloat_with_epsilon (p[route->n - 1].y, place->y - node->height / 2,
                                          TOLERANCE);
        }
    }

  /* The trunk is shared: there is one, however many consumers. */
  for (guint i = 0; i < graph->nets->len; i++)
    g_assert_cmpuint (trunks[i], <=, 1);
}

static void
check_all (QsTestGraph   *graph,
           QsGraphLayout *layout)
{
  check_layers (graph, layout);
  check_size (graph, layout);
  check_edges (graph, layout);
  check_routes (graph, layout);
}

static void
assert_same (QsTestGraph   *graph,
             QsGraphLayout *a,
             QsGraphLayout *b)
{
  for (guint v = 0; v < graph->nodes->len; v++)
    {
      const QsLayoutPlace *pa = qs_graph_layout_get_place (a, (int) v);
      const QsLayoutPlace *pb = qs_graph_layout_get_place (b, (int) v);

      g_assert_cmpint (pa->layer, ==, pb->layer);
      g_assert_cmpint (pa->position, ==, pb->position);
      g_assert_true (pa->x == pb->x && pa->y == pb->y);
    }
}

static void
test_random (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (20);

  for (int i = 0; i < 300; i++)
    {
      g_autoptr (QsTestGraph) graph = qs_test_graph_new_random (rand, g_rand_int_range (rand, 1, 80));
      g_autoptr (GError) error = NULL;
      g_autoptr (QsGraphLayout) layout = qs_test_graph_lay_out (graph, NULL, &error);
      g_autoptr (QsGraphLayout) again = qs_test_graph_lay_out (graph, NULL, &error);

      g_assert_no_error (error);
      check_all (graph, layout);
      assert_same (graph, layout, again);
    }
}

/* Rotates the nets and turns around every list of consumers. */
static QsTestGraph *
shuffled (QsTestGraph *graph)
{
  QsTestGraph *copy = qs_test_graph_new ();

  g_array_append_vals (copy->nodes, graph->nodes->data, graph->nodes->len);
  for (guint i = 0; i < graph->nets->len; i++)
    {
      guint from = (i * 7 + 3) % graph->nets->len;
      GArray *consumers = g_ptr_array_index (graph->consumers, from);
      int net = qs_test_graph_add_net (copy,
                                       g_array_index (graph->nets, QsLayoutNet, from).producer);

      for (guint k = consumers->len; k > 0; k--)
        qs_test_graph_connect (copy, net, g_array_index (consumers, int, k - 1));
    }

  return copy;
}

static void
test_permutation (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (21);

  for (int i = 0; i < 100; i++)
    {
      g_autoptr (QsTestGraph) graph = qs_test_graph_new_random (rand, 40);
      g_autoptr (QsTestGraph) other = NULL;
      g_autoptr (QsGraphLayout) a = NULL;
      g_autoptr (QsGraphLayout) b = NULL;

      /* 7 and the number of nets must have no common factor for a permutation. */
      while (graph->nets->len % 7 == 0)
        qs_test_graph_add_net (graph, 0);
      other = shuffled (graph);
      a = qs_test_graph_lay_out (graph, NULL, NULL);
      b = qs_test_graph_lay_out (other, NULL, NULL);
      assert_same (graph, a, b);
    }
}

/* Crossings of straight lines between neighbouring layers, pair by pair: an independent count for
 * graphs without long nets. */
static void
test_crossings (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (22);

  for (int i = 0; i < 100; i++)
    {
      g_autoptr (QsTestGraph) graph = qs_test_graph_new ();
      g_autoptr (QsGraphLayout) layout = NULL;
      guint64 expected = 0;
      int edges[40][2];

      for (int v = 0; v < 20; v++)
        qs_test_graph_add_node (graph, 20, 20);
      for (int e = 0; e < 40; e++)
        {
          edges[e][0] = e < 10 ? e : g_rand_int_range (rand, 0, 10);
          edges[e][1] = e < 10 ? 10 + e : g_rand_int_range (rand, 10, 20);
          qs_test_graph_connect (graph, qs_test_graph_add_net (graph, edges[e][0]), edges[e][1]);
        }

      layout = qs_test_graph_lay_out (graph, NULL, NULL);
      for (int a = 0; a < 40; a++)
        for (int b = 0; b < a; b++)
          {
            int above = qs_graph_layout_get_place (layout, edges[a][0])->position -
                        qs_graph_layout_get_place (layout, edges[b][0])->position;
            int below = qs_graph_layout_get_place (layout, edges[a][1])->position -
                        qs_graph_layout_get_place (layout, edges[b][1])->position;

            expected += above * below < 0;
          }
      g_assert_cmpuint (qs_graph_layout_get_n_crossings (layout), ==, expected);
    }
}

/* Two crossed lines are uncrossed. */
static void
test_uncross (void)
{
  g_autoptr (QsTestGraph) graph = qs_test_graph_new ();
  g_autoptr (QsGraphLayout) layout = NULL;

  for (int v = 0; v < 6; v++)
    qs_test_graph_add_node (graph, 50, 20);
  for (int i = 0; i < 3; i++)
    qs_test_graph_connect (graph, qs_test_graph_add_net (graph, i), 5 - i);
  qs_test_graph_connect (graph, qs_test_graph_add_net (graph, 0), 4);

  layout = qs_test_graph_lay_out (graph, NULL, NULL);
  g_assert_cmpuint (qs_graph_layout_get_n_crossings (layout), ==, 0);
}

/* A chain is drawn as one straight line. */
static void
test_chain (void)
{
  g_autoptr (QsTestGraph) graph = qs_test_graph_new ();
  g_autoptr (QsGraphLayout) layout = NULL;
  int net = -1;

  for (int v = 0; v < 50; v++)
    {
      int node = qs_test_graph_add_node (graph, 30 + 5 * (v % 7), 20);

      if (net >= 0)
        qs_test_graph_connect (graph, net, node);
      net = qs_test_graph_add_net (graph, node);
    }

  layout = qs_test_graph_lay_out (graph, NULL, NULL);
  check_all (graph, layout);
  g_assert_cmpint (qs_graph_layout_get_n_layers (layout), ==, 50);
  for (int v = 0; v < 50; v++)
    {
      g_assert_cmpint (qs_graph_layout_get_place (layout, v)->layer, ==, v);
      g_assert_cmpfloat_with_epsilon (qs_graph_layout_get_place (layout, v)->x,
                                      qs_graph_layout_get_place (layout, 0)->x, TOLERANCE);
    }
}

/* A chain of @n nodes from a source of its own to @consumer. */
static void
add_source_chain (QsTestGraph *graph,
                  int          n,
                  int          consumer)
{
  int node = qs_test_graph_add_node (graph, 20, 10);

  for (int i = 1; i < n; i++)
    {
      int next = qs_test_graph_add_node (graph, 20, 10);

      qs_test_graph_connect (graph, qs_test_graph_add_net (graph, node), next);
      node = next;
    }
  qs_test_graph_connect (graph, qs_test_graph_add_net (graph, node), consumer);
}

/* What quantizes weights stands right above the layer that reads them, however deep that is. */
static void
test_source_chains (void)
{
  g_autoptr (QsTestGraph) graph = qs_test_graph_new ();
  g_autoptr (QsGraphLayout) layout = NULL;
  int net = -1;

  for (int v = 0; v < 20; v++)
    {
      int node = qs_test_graph_add_node (graph, 30, 20);

      if (net >= 0)
        qs_test_graph_connect (graph, net, node);
      net = qs_test_graph_add_net (graph, node);
    }
  for (int v = 5; v < 20; v += 5)
    add_source_chain (graph, 3, v);

  layout = qs_test_graph_lay_out (graph, NULL, NULL);
  check_all (graph, layout);
  for (int k = 0; k < 3; k++)
    for (int i = 0; i < 3; i++)
      g_assert_cmpint (qs_graph_layout_get_place (layout, 20 + k * 3 + i)->layer, ==,
                       5 * (k + 1) - 3 + i);
}

/* A tensor read by a deep chain's every layer: its lane is vertical. */
static void
test_lane (void)
{
  g_autoptr (QsTestGraph) graph = qs_test_graph_new_transformer (400);
  g_autoptr (QsGraphLayout) layout = qs_test_graph_lay_out (graph, NULL, NULL);
  guint n_routes, n_points;
  const QsLayoutRoute *routes = qs_graph_layout_get_routes (layout, &n_routes);
  const QsLayoutPoint *points = qs_graph_layout_get_points (layout, &n_points);
  gboolean found = FALSE;

  check_all (graph, layout);
  for (guint i = 0; i < n_routes; i++)
    if (routes[i].net == 1 && routes[i].consumer < 0)
      {
        const QsLayoutPoint *p = points + routes[i].first;

        /* From the producer, a bend, and then one vertical line to the last reader. */
        g_assert_cmpuint (routes[i].n, <=, 4);
        g_assert_cmpfloat_with_epsilon (p[routes[i].n - 1].x, p[routes[i].n - 2].x, TOLERANCE);
        g_assert_cmpfloat (p[routes[i].n - 1].y - p[routes[i].n - 2].y, >, 5000);
        found = TRUE;
      }
  g_assert_true (found);
}

static void
test_degenerate (void)
{
  g_autoptr (QsTestGraph) empty = qs_test_graph_new ();
  g_autoptr (QsTestGraph) single = qs_test_graph_new ();
  g_autoptr (QsTestGraph) isolated = qs_test_graph_new ();
  g_autoptr (QsGraphLayout) none = qs_test_graph_lay_out (empty, NULL, NULL);
  g_autoptr (QsGraphLayout) one = NULL;
  g_autoptr (QsGraphLayout) many = NULL;
  double width, height;

  qs_graph_layout_get_size (none, &width, &height);
  g_assert_cmpfloat (width, ==, 0);
  g_assert_cmpfloat (height, ==, 0);
  g_assert_cmpint (qs_graph_layout_get_n_layers (none), ==, 0);

  qs_test_graph_add_node (single, 70, 30);
  qs_test_graph_add_net (single, 0);
  one = qs_test_graph_lay_out (single, NULL, NULL);
  qs_graph_layout_get_size (one, &width, &height);
  g_assert_cmpfloat (width, ==, 70);
  g_assert_cmpfloat (height, ==, 30);

  for (int v = 0; v < 400; v++)
    qs_test_graph_add_node (isolated, 70, 30);
  many = qs_test_graph_lay_out (isolated, NULL, NULL);
  check_all (isolated, many);
  qs_graph_layout_get_size (many, &width, &height);
  g_assert_cmpfloat (width / height, <, 8);
  g_assert_cmpfloat (height / width, <, 8);
}

/* Parts of the graph stand beside or below each other, never inside. */
static void
test_components (void)
{
  g_autoptr (QsTestGraph) graph = qs_test_graph_new ();
  g_autoptr (QsGraphLayout) layout = NULL;
  double left[5], right[5], top[5], bottom[5];

  for (int part = 0; part < 5; part++)
    {
      int first = (int) graph->nodes->len;

      for (int v = 0; v < 12; v++)
        qs_test_graph_add_node (graph, 40, 20);
      for (int v = 1; v < 12; v++)
        qs_test_graph_connect (graph, qs_test_graph_add_net (graph, first + v / 2), first + v);
    }
  /* v / 2 of 1 is 0: node 0 is the root of a binary heap-like tree. */
  layout = qs_test_graph_lay_out (graph, NULL, NULL);
  check_all (graph, layout);

  for (int part = 0; part < 5; part++)
    {
      left[part] = top[part] = INFINITY;
      right[part] = bottom[part] = -INFINITY;
      for (int v = part * 12; v < part * 12 + 12; v++)
        {
          const QsLayoutPlace *place = qs_graph_layout_get_place (layout, v);

          left[part] = MIN (left[part], place->x - 20);
          right[part] = MAX (right[part], place->x + 20);
          top[part] = MIN (top[part], place->y - 10);
          bottom[part] = MAX (bottom[part], place->y + 10);
        }
      for (int k = 0; k < part; k++)
        g_assert_true (right[k] < left[part] || right[part] < left[k] ||
                       bottom[k] < top[part] || bottom[part] < top[k]);
    }
}

static void
test_wide (void)
{
  g_autoptr (QsTestGraph) graph = qs_test_graph_new ();
  g_autoptr (QsGraphLayout) layout = NULL;
  int net;

  qs_test_graph_add_node (graph, 100, 30);
  net = qs_test_graph_add_net (graph, 0);
  for (int v = 0; v < 10000; v++)
    qs_test_graph_connect (graph, net, qs_test_graph_add_node (graph, 30, 20));

  layout = qs_test_graph_lay_out (graph, NULL, NULL);
  check_all (graph, layout);
  g_assert_cmpuint (qs_graph_layout_get_n_crossings (layout), ==, 0);
}

/* 5,000 readers in 5,000 layers share one trunk; one chain each would be 12 million dummies. */
static void
test_many_consumers (void)
{
  g_autoptr (QsTestGraph) graph = qs_test_graph_new ();
  g_autoptr (QsGraphLayout) layout = NULL;
  int shared, net;
  guint n_routes, n_points;

  qs_test_graph_add_node (graph, 100, 30);
  shared = qs_test_graph_add_net (graph, 0);
  net = shared;
  for (int v = 0; v < 5000; v++)
    {
      int node = qs_test_graph_add_node (graph, 100, 30);

      qs_test_graph_connect (graph, net, node);
      qs_test_graph_connect (graph, shared, node);
      net = qs_test_graph_add_net (graph, node);
    }

  layout = qs_test_graph_lay_out (graph, NULL, NULL);
  check_all (graph, layout);
  qs_graph_layout_get_routes (layout, &n_routes);
  qs_graph_layout_get_points (layout, &n_points);
  g_assert_cmpuint (n_routes, ==, 1 + 5000 + 4999);
  g_assert_cmpuint (n_points, <, 4 * n_routes + 10);
}

/* Chains of all nets together would be millions of dummies: the longest ones are left out, and
 * the graph is laid out still. */
static void
test_too_long (void)
{
  g_autoptr (QsTestGraph) graph = qs_test_graph_new ();
  g_autoptr (QsGraphLayout) layout = NULL;
  const int n = 4000;
  int net = -1;

  for (int v = 0; v < n; v++)
    {
      int node = qs_test_graph_add_node (graph, 10, 10);

      if (net >= 0)
        qs_test_graph_connect (graph, net, node);
      net = qs_test_graph_add_net (graph, node);
    }
  for (int v = 0; v < n / 2; v++)
    qs_test_graph_connect (graph, qs_test_graph_add_net (graph, v), n - 1 - v);

  layout = qs_test_graph_lay_out (graph, NULL, NULL);
  g_assert_nonnull (layout);
  check_all (graph, layout);
}

static void
test_errors (void)
{
  g_autoptr (QsTestGraph) cycle = qs_test_graph_new ();
  g_autoptr (QsTestGraph) outside = qs_test_graph_new ();
  g_autoptr (QsGraphLayout) layout = NULL;
  g_autoptr (GError) error = NULL;

  for (int v = 0; v < 3; v++)
    {
      qs_test_graph_add_node (cycle, 10, 10);
      qs_test_graph_connect (cycle, qs_test_graph_add_net (cycle, v), (v + 1) % 3);
    }
  layout = qs_test_graph_lay_out (cycle, NULL, &error);
  g_assert_null (layout);
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MALFORMED, "cycle");
  g_clear_error (&error);

  qs_test_graph_add_node (outside, 10, 10);
  qs_test_graph_connect (outside, qs_test_graph_add_net (outside, 0), 1);
  layout = qs_test_graph_lay_out (outside, NULL, &error);
  g_assert_null (layout);
  qs_test_assert_error (error, QS_ERROR, QS_ERROR_MALFORMED, "net 0");
}

static void
test_cancel (void)
{
  g_autoptr (QsTestGraph) graph = qs_test_graph_new_resnet (500);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (QsGraphLayout) layout = NULL;
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  layout = qs_test_graph_lay_out (graph, cancellable, &error);
  g_assert_null (layout);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
check_family (const char  *name,
              QsTestGraph *graph)
{
  g_autoptr (QsGraphLayout) layout = NULL;
  g_autoptr (GError) error = NULL;
  gint64 begin = g_get_monotonic_time ();
  double width, height;

  layout = qs_test_graph_lay_out (graph, NULL, &error);
  g_assert_no_error (error);
  qs_graph_layout_get_size (layout, &width, &height);
  g_test_message ("%s: %u nodes, %u edges, %d layers, %" G_GUINT64_FORMAT
                  " crossings, %.0f × %.0f, %.1f ms",
                  name, graph->nodes->len, qs_test_graph_count_edges (graph),
                  qs_graph_layout_get_n_layers (layout), qs_graph_layout_get_n_crossings (layout),
                  width, height, (double) (g_get_monotonic_time () - begin) / 1000);
  check_all (graph, layout);
}

static void
test_families (void)
{
  static const int sizes[] = { 200, 1000, 20000 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (QsTestGraph) resnet = qs_test_graph_new_resnet (sizes[i]);
      g_autoptr (QsTestGraph) transformer = qs_test_graph_new_transformer (sizes[i]);
      g_autoptr (QsTestGraph) densenet = qs_test_graph_new_densenet (sizes[i]);

      check_family ("resnet", resnet);
      check_family ("transformer", transformer);
      check_family ("densenet", densenet);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/layout/random", test_random);
  g_test_add_func ("/layout/permutation", test_permutation);
  g_test_add_func ("/layout/crossings", test_crossings);
  g_test_add_func ("/layout/uncross", test_uncross);
  g_test_add_func ("/layout/chain", test_chain);
  g_test_add_func ("/layout/source-chains", test_source_chains);
  g_test_add_func ("/layout/lane", test_lane);
  g_test_add_func ("/layout/degenerate", test_degenerate);
  g_test_add_func ("/layout/components", test_components);
  g_test_add_func ("/layout/wide", test_wide);
  g_test_add_func ("/layout/many-consumers", test_many_consumers);
  g_test_add_func ("/layout/too-long", test_too_long);
  g_test_add_func ("/layout/errors", test_errors);
  g_test_add_func ("/layout/cancel", test_cancel);
  g_test_add_func ("/layout/families", test_families);
  return g_test_run ();
}
