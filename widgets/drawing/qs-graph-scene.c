/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-graph-scene-private.h"

#include <math.h>
#include <string.h>

G_DEFINE_BOXED_TYPE (QsGraphScene, qs_graph_scene, qs_graph_scene_ref, qs_graph_scene_unref)

QsGraphScene *
qs_graph_scene_ref (QsGraphScene *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_graph_scene_unref (QsGraphScene *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_free (self->title);
  g_array_unref (self->nodes);
  g_array_unref (self->nets);
  g_array_unref (self->consumers);
  g_string_chunk_free (self->strings);
  g_clear_pointer (&self->layout, qs_graph_layout_unref);
  g_free (self->node_of_layer);
  g_free (self->net_of_tensor);
  g_free (self->terminal_of_tensor);
  g_free (self->keys);
  g_free (self->out_start);
  g_free (self->out_nets);
  g_free (self->in_start);
  g_free (self->in_nets);
  g_free (self);
}

/* The model's name. */
const char *
qs_graph_scene_get_title (QsGraphScene *self)
{
  return self->title;
}

/* Whether precisions are decided. */
gboolean
qs_graph_scene_is_built (QsGraphScene *self)
{
  return self->built;
}

/* Layers of the network: nodes but for the terminals. */
guint
qs_graph_scene_get_n_layers (QsGraphScene *self)
{
  return self->nodes->len - self->n_of_class[QS_SCENE_TERMINAL];
}

void
qs_graph_scene_get_size (QsGraphScene *self,
                         double       *width,
                         double       *height)
{
  qs_graph_layout_get_size (self->layout, width, height);
}

QsGraphLayout *
qs_graph_scene_get_layout (QsGraphScene *self)
{
  return self->layout;
}

int
qs_graph_scene_get_n_nodes (QsGraphScene *self)
{
  return (int) self->nodes->len;
}

const QsSceneNode *
qs_graph_scene_get_node (QsGraphScene *self,
                         int           node)
{
  g_return_val_if_fail (node >= 0 && node < (int) self->nodes->len, NULL);

  return &g_array_index (self->nodes, QsSceneNode, node);
}

int
qs_graph_scene_get_n_nets (QsGraphScene *self)
{
  return (int) self->nets->len;
}

const QsSceneNet *
qs_graph_scene_get_net (QsGraphScene *self,
                        int           net)
{
  g_return_val_if_fail (net >= 0 && net < (int) self->nets->len, NULL);

  return &g_array_index (self->nets, QsSceneNet, net);
}

guint
qs_graph_scene_count_class (QsGraphScene *self,
                            QsSceneClass  klass)
{
  return self->n_of_class[klass];
}

static int
look_up (const int *table,
         int        n,
         int        id)
{
  return id >= 0 && id < n ? table[id] : -1;
}

/* Returns: the node of a layer, or -1 */
int
qs_graph_scene_find_layer (QsGraphScene *self,
                           int           layer_id)
{
  return look_up (self->node_of_layer, self->n_layer_ids, layer_id);
}

/* Returns: the net of a tensor; -1 for constants and tensors that nothing reads */
int
qs_graph_scene_find_tensor (QsGraphScene *self,
                            int           tensor_id)
{
  return look_up (self->net_of_tensor, self->n_tensor_ids, tensor_id);
}

/* Returns: the node of a network input or output, or -1 */
int
qs_graph_scene_find_terminal (QsGraphScene *self,
                              int           tensor_id)
{
  return look_up (self->terminal_of_tensor, self->n_tensor_ids, tensor_id);
}

/* The layers whose bands touch top … bottom: first_layer … end_layer - 1. */
void
qs_graph_scene_get_visible (QsGraphScene *self,
                            double        top,
                            double        bottom,
                            int          *first_layer,
                            int          *end_layer)
{
  int n = qs_graph_layout_get_n_layers (self->layout);
  int low = 0;
  int high = n;

  while (low < high)
    {
      int middle = low + (high - low) / 2;
      double band_top, band_bottom;

      qs_graph_layout_get_band (self->layout, middle, &band_top, &band_bottom);
      if (band_bottom < top)
        low = middle + 1;
      else
        high = middle;
    }
  *first_layer = low;

  high = n;
  while (low < high)
    {
      int middle = low + (high - low) / 2;
      double band_top, band_bottom;

      qs_graph_layout_get_band (self->layout, middle, &band_top, &band_bottom);
      if (band_top <= bottom)
        low = middle + 1;
      else
        high = middle;
    }
  *end_layer = low;
}

/* The first node of the layer whose right side is not left of @x. */
int
qs_graph_scene_lower_bound (QsGraphScene *self,
                            int           layer,
                            double        x)
{
  int n;
  const int *nodes = qs_graph_layout_get_layer (self->layout, layer, &n);
  int low = 0;

  while (low < n)
    {
      int middle = low + (n - low) / 2;
      const QsSceneNode *node = qs_graph_scene_get_node (self, nodes[middle]);

      if (node->x + node->width / 2 < x)
        low = middle + 1;
      else
        n = middle;
    }

  return low;
}

/* Returns: the node at a point, or -1 */
int
qs_graph_scene_pick_node (QsGraphScene *self,
                          double        x,
                          double        y)
{
  int first, end;

  qs_graph_scene_get_visible (self, y, y, &first, &end);
  for (int l = first; l < end; l++)
    {
      int n;
      const int *nodes = qs_graph_layout_get_layer (self->layout, l, &n);
      int i = qs_graph_scene_lower_bound (self, l, x);

      if (i < n)
        {
          const QsSceneNode *node = qs_graph_scene_get_node (self, nodes[i]);

          if (fabs (node->x - x) <= node->width / 2 && fabs (node->y - y) <= node->height / 2)
            return nodes[i];
        }
    }

  return -1;
}

static double
distance_to_segment (double x,
                     double y,
                     double ax,
                     double ay,
                     double bx,
                     double by)
{
  double dx = bx - ax;
  double dy = by - ay;
  double length = dx * dx + dy * dy;
  double t = length > 0 ? CLAMP (((x - ax) * dx + (y - ay) * dy) / length, 0, 1) : 0;

  return hypot (x - ax - t * dx, y - ay - t * dy);
}

/* Lines bend as cubics with vertical ends; eight chords come close enough for a pointer. */
static double
distance_to_bend (double               x,
                  double               y,
                  const QsLayoutPoint *a,
                  const QsLayoutPoint *b)
{
  double best = INFINITY;
  double px = a->x;
  double py = a->y;

  if (fabs (a->x - b->x) < 0.01)
    return distance_to_segment (x, y, a->x, a->y, b->x, b->y);

  for (int i = 1; i <= 8; i++)
    {
      double t = i / 8.0;
      double s = t * t * (3 - 2 * t);
      double qx = a->x + s * (b->x - a->x);
      double qy = a->y + (1.5 * t * (1 - t) + t * t * t) * (b->y - a->y);

      best = MIN (best, distance_to_segment (x, y, px, py, qx, qy));
      px = qx;
      py = qy;
    }

  return best;
}

static double
distance_to_route (const QsLayoutPoint *points,
                   guint                n,
                   double               x,
                   double               y,
                   double               tolerance)
{
  double best = INFINITY;

  for (guint i = 1; i < n; i++)
    {
      const QsLayoutPoint *a = &points[i - 1];
      const QsLayoutPoint *b = &points[i];

      if (y < a->y - tolerance || y > b->y + tolerance ||
          x < MIN (a->x, b->x) - tolerance || x > MAX (a->x, b->x) + tolerance)
        continue;

      best = MIN (best, distance_to_bend (x, y, a, b));
    }

  return best;
}

/* Returns: the net whose line is nearest to a point, at most @tolerance away, or -1 */
int
qs_graph_scene_pick_net (QsGraphScene *self,
                         double        x,
                         double        y,
                         double        tolerance)
{
  guint n_routes, n_points;
  const QsLayoutRoute *routes = qs_graph_layout_get_routes (self->layout, &n_routes);
  const QsLayoutPoint *points = qs_graph_layout_get_points (self->layout, &n_points);
  double best = tolerance;
  int found = -1;

  for (guint i = 0; i < n_routes; i++)
    {
      const QsLayoutPoint *first = points + routes[i].first;
      const QsLayoutPoint *last = first + routes[i].n - 1;
      double away;

      if (y < first->y - tolerance || y > last->y + tolerance)
        continue;

      away = distance_to_route (first, routes[i].n, x, y, tolerance);
      if (away <= best)
        {
          best = away;
          found = routes[i].net;
        }
    }

  return found;
}

static int
nearest_in_x (QsGraphScene *self,
              double        x,
              int           best,
              int           candidate)
{
  const QsSceneNode *a;
  const QsSceneNode *b = qs_graph_scene_get_node (self, candidate);

  if (best < 0)
    return candidate;

  a = qs_graph_scene_get_node (self, best);
  if (fabs (a->x - x) != fabs (b->x - x))
    return fabs (a->x - x) < fabs (b->x - x) ? best : candidate;
  return MIN (best, candidate);
}

static int
get_producer (QsGraphScene *self,
              int           node)
{
  double x = qs_graph_scene_get_node (self, node)->x;
  int best = -1;

  for (int i = self->in_start[node]; i < self->in_start[node + 1]; i++)
    best = nearest_in_x (self, x, best, qs_graph_scene_get_net (self, self->in_nets[i])->producer);

  return best;
}

/* The nearest layer first: walking down does not jump along a bypass. */
static int
get_consumer (QsGraphScene *self,
              int           node)
{
  double x = qs_graph_scene_get_node (self, node)->x;
  int layer = G_MAXINT;
  int best = -1;

  for (int i = self->out_start[node]; i < self->out_start[node + 1]; i++)
    {
      const QsSceneNet *net = qs_graph_scene_get_net (self, self->out_nets[i]);

      for (int k = 0; k < net->n_consumers; k++)
        {
          const QsSceneNode *consumer = qs_graph_scene_get_node (self, net->consumers[k]);

          if (consumer->layer > layer)
            continue;
          best = nearest_in_x (self, x, consumer->layer < layer ? -1 : best, net->consumers[k]);
          layer = consumer->layer;
        }
    }

  return best;
}

/**
 * qs_graph_scene_get_neighbour:
 *
 * The next node for a keyboard walk: along an edge up or down, to the one that is nearest; or
 * beside it in the same layer.
 *
 * Returns: a node, or -1 at the rim
 */
int
qs_graph_scene_get_neighbour (QsGraphScene     *self,
                              int               node,
                              QsSceneDirection  direction)
{
  const QsSceneNode *from = qs_graph_scene_get_node (self, node);
  const int *nodes;
  int n, position;

  if (direction == QS_SCENE_UP)
    return get_producer (self, node);
  if (direction == QS_SCENE_DOWN)
    return get_consumer (self, node);

  nodes = qs_graph_layout_get_layer (self->layout, from->layer, &n);
  position = from->position + (direction == QS_SCENE_LEFT ? -1 : 1);
  return position >= 0 && position < n ? nodes[position] : -1;
}

void
qs_graph_scene_set_superfluous (QsGraphScene *self,
                                GArray       *layer_ids)
{
  for (guint i = 0; i < layer_ids->len; i++)
    {
      int node = qs_graph_scene_find_layer (self, g_array_index (layer_ids, int, i));
      QsSceneNode *info = node < 0 ? NULL : &g_array_index (self->nodes, QsSceneNode, node);

      if (info == NULL || info->is_superfluous)
        continue;
      info->is_superfluous = TRUE;
      self->n_superfluous++;
    }
}

guint
qs_graph_scene_count_superfluous (QsGraphScene *self)
{
  return self->n_superfluous;
}

/**
 * qs_graph_scene_search:
 * @text: words, all of which must occur in a node's name, kind, badge or ONNX nodes; case does not
 *   matter
 *
 * Returns: (element-type int) (transfer full): nodes in data-flow order
 */
GArray *
qs_graph_scene_search (QsGraphScene *self,
                       const char   *text)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (int));
  g_autofree char *folded = g_utf8_casefold (text, -1);
  g_auto (GStrv) words = g_strsplit_set (folded, " \t", -1);

  for (int v = 0; v < (int) self->nodes->len; v++)
    {
      gboolean matches = FALSE;

      for (char **word = words; *word != NULL; word++)
        {
          if (**word == '\0')
            continue;
          matches = strstr (self->keys[v], *word) != NULL;
          if (!matches)
            break;
        }
      if (matches)
        g_array_append_val (found, v);
    }

  return found;
}
