/* SPDX-License-Identifier: MIT */
#include "qs-graph-layout.h"

#include <math.h>
#include <string.h>

#include "qs-layout-private.h"
#include "qs-layout-routes.h"

#define LAYER_GAP 38.0
#define MAX_LAYER_GAP 110.0
/* How much of a line's sideways way the gap between two layers grows. */
#define GAP_PER_SHIFT 0.06
#define COMPONENT_GAP 64.0

struct _QsGraphLayout
{
  gatomicrefcount ref_count;
  double width;
  double height;
  int n_nodes;
  QsLayoutPlace *places;
  int n_layers;
  int *layer_start;
  int *layer_nodes;
  double *band_top;
  double *band_bottom;
  GArray *routes;
  GArray *points;
  guint64 n_crossings;
};

static void
links_clear (QsLayoutLinks *self)
{
  g_free (self->start);
  g_free (self->vertex);
  g_free (self->edge);
}

static void
work_clear (QsLayoutWork *self)
{
  g_free (self->sorted);
  g_free (self->start);
  g_free (self->consumers);
  g_free (self->chain_first);
  g_free (self->chain_length);
  g_free (self->straight);
  g_free (self->layer);
  g_free (self->half);
  g_free (self->component);
  links_clear (&self->up);
  links_clear (&self->down);
  g_free (self->layer_start);
  g_free (self->order);
  g_free (self->position);
  g_free (self->x);
}

static void
frame_clear (QsLayoutFrame *self)
{
  g_free (self->x);
  g_free (self->y);
  g_free (self->layer);
}

/* A part of the graph as a block to be packed. */
typedef struct
{
  double left;
  double right;
  int n_layers;
  double x;      /* to add */
  int layer;     /* to add */
} Part;

static Part *
measure_parts (const QsLayoutWork *work)
{
  Part *parts = g_new (Part, (gsize) work->n_components + 1);

  for (int c = 0; c < work->n_components; c++)
    parts[c] = (Part) { .left = INFINITY, .right = -INFINITY };

  for (int v = 0; v < work->n_vertices; v++)
    {
      Part *part = &parts[work->component[v]];

      part->left = MIN (part->left, work->x[v] - work->half[v]);
      part->right = MAX (part->right, work->x[v] + work->half[v]);
      part->n_layers = MAX (part->n_layers, work->layer[v] + 1);
    }

  return parts;
}

/* Shelves about as wide as all is high, filled from left to right. */
static double
shelf_width (const QsLayoutWork *work,
             const Part         *parts)
{
  double widest = 0;
  double area = 0;

  for (int c = 0; c < work->n_components; c++)
    {
      double width = parts[c].right - parts[c].left + COMPONENT_GAP;

      widest = MAX (widest, width);
      area += width * parts[c].n_layers * 2 * LAYER_GAP;
    }

  return MAX (widest, 1.6 * sqrt (area));
}

static int
pack_parts (const QsLayoutWork *work,
            Part               *parts,
            double             *width)
{
  double limit = shelf_width (work, parts);
  double x = 0;
  int layer = 0;
  int n_layers = 0;

  *width = 0;
  for (int c = 0; c < work->n_components; c++)
    {
      double part_width = parts[c].right - parts[c].left;

      if (x > 0 && x + part_width > limit)
        {
          x = 0;
          layer = n_layers;
        }
      parts[c].x = x - parts[c].left;
      parts[c].layer = layer;
      *width = MAX (*width, x + part_width);
      n_layers = MAX (n_layers, layer + parts[c].n_layers);
      x += part_width + COMPONENT_GAP;
    }

  return n_layers;
}

static void
find_layers (QsGraphLayout       *self,
             const QsLayoutWork  *work,
             const QsLayoutFrame *frame)
{
  g_autofree int *next = NULL;

  self->layer_start = g_new0 (int, (gsize) self->n_layers + 1);
  self->layer_nodes = g_new (int, (gsize) self->n_nodes + 1);
  for (int v = 0; v < self->n_nodes; v++)
    self->layer_start[frame->layer[v] + 1]++;
  for (int l = 0; l < self->n_layers; l++)
    self->layer_start[l + 1] += self->layer_start[l];

  /* work->order has the parts of a layer from left to right already, and shelves do not mix. */
  next = g_memdup2 (self->layer_start, sizeof (int) * ((gsize) self->n_layers + 1));
  for (int i = 0; i < work->n_vertices; i++)
    {
      int v = work->order[i];

      if (v < self->n_nodes)
        self->layer_nodes[next[frame->layer[v]]++] = v;
    }
}

/* The gap under a layer grows with the longest way sideways, or lines would lie flat. */
static double *
find_gaps (const QsGraphLayout *self,
           const QsLayoutWork  *work,
           const QsLayoutFrame *frame)
{
  double *gaps = g_new (double, (gsize) self->n_layers + 1);

  for (int l = 0; l < self->n_layers; l++)
    gaps[l] = LAYER_GAP;

  for (int v = 0; v < work->n_vertices; v++)
    for (int e = work->down.start[v]; e < work->down.start[v + 1]; e++)
      {
        double shift = fabs (work->x[work->down.vertex[e]] - work->x[v]);
        double *gap = &gaps[frame->layer[v]];

        *gap = MAX (*gap, MIN (LAYER_GAP + GAP_PER_SHIFT * shift, MAX_LAYER_GAP));
      }

  return gaps;
}

static void
find_bands (QsGraphLayout       *self,
            const QsLayoutWork  *work,
            const QsLayoutFrame *frame)
{
  g_autofree double *gaps = find_gaps (self, work, frame);
  double y = 0;

  self->band_top = g_new0 (double, (gsize) self->n_layers + 1);
  self->band_bottom = g_new0 (double, (gsize) self->n_layers + 1);
  for (int l = 0; l < self->n_layers; l++)
    {
      double height = 0;

      for (int i = self->layer_start[l]; i < self->layer_start[l + 1]; i++)
        height = MAX (height, work->nodes[self->layer_nodes[i]].height);

      self->band_top[l] = y;
      self->band_bottom[l] = y + height;
      self->height = y + height;
      y += height + gaps[l];
    }
}

static void
find_places (QsGraphLayout *self,
             QsLayoutFrame *frame)
{
  frame->band_top = self->band_top;
  frame->band_bottom = self->band_bottom;
  frame->y = g_new (double, (gsize) self->n_nodes + 1);
  self->places = g_new0 (QsLayoutPlace, (gsize) self->n_nodes + 1);

  for (int l = 0; l < self->n_layers; l++)
    for (int i = self->layer_start[l]; i < self->layer_start[l + 1]; i++)
      {
        int v = self->layer_nodes[i];
        QsLayoutPlace *place = &self->places[v];

        place->x = frame->x[v];
        place->y = frame->y[v] = (self->band_top[l] + self->band_bottom[l]) / 2;
        place->layer = l;
        place->position = i - self->layer_start[l];
      }
}

static void
pack (QsGraphLayout      *self,
      const QsLayoutWork *work,
      QsLayoutFrame      *frame)
{
  g_autofree Part *parts = measure_parts (work);

  self->n_layers = pack_parts (work, parts, &self->width);
  frame->x = g_new (double, (gsize) work->n_vertices + 1);
  frame->layer = g_new (int, (gsize) work->n_vertices + 1);
  for (int v = 0; v < work->n_vertices; v++)
    {
      const Part *part = &parts[work->component[v]];

      frame->x[v] = work->x[v] + part->x;
      frame->layer[v] = work->layer[v] + part->layer;
    }
}

static QsGraphLayout *
layout_new_from_work (const QsLayoutWork *work)
{
  QsGraphLayout *self = g_new0 (QsGraphLayout, 1);
  QsLayoutFrame frame = { 0 };

  g_atomic_ref_count_init (&self->ref_count);
  self->n_nodes = work->n_nodes;
  self->n_crossings = work->n_crossings;
  self->routes = g_array_new (FALSE, FALSE, sizeof (QsLayoutRoute));
  self->points = g_array_new (FALSE, FALSE, sizeof (QsLayoutPoint));

  pack (self, work, &frame);
  find_layers (self, work, &frame);
  find_bands (self, work, &frame);
  find_places (self, &frame);
  qs_layout_make_routes (work, &frame, self->routes, self->points);
  frame_clear (&frame);
  return self;
}

/**
 * qs_graph_layout_new:
 * @nodes: (array length=n_nodes): their sizes
 * @nets: (array length=n_nets): what connects them; a consumer that is named twice counts once
 *
 * Lays out a directed acyclic graph from top to bottom. The result is the same for the same
 * graph, and does not depend on the order of nets or of consumers within a net. Time is
 * O(m log m) in the number m of edges after long nets were cut into chains.
 *
 * It may run in any thread; @cancellable is looked at between its steps.
 *
 * Errors: %QS_ERROR_MALFORMED for a cycle or an index out of range; cancellation.
 */
QsGraphLayout *
qs_graph_layout_new (const QsLayoutNode  *nodes,
                     int                  n_nodes,
                     const QsLayoutNet   *nets,
                     int                  n_nets,
                     GCancellable        *cancellable,
                     GError             **error)
{
  QsLayoutWork work = {
    .nodes = nodes,
    .n_nodes = n_nodes,
    .nets = nets,
    .n_nets = n_nets,
    .cancellable = cancellable,
  };
  QsGraphLayout *self = NULL;

  g_return_val_if_fail (n_nodes >= 0 && n_nets >= 0, NULL);

  if (qs_layout_make_layers (&work, error) &&
      qs_layout_sort_layers (&work, error) &&
      qs_layout_place (&work, error))
    self = layout_new_from_work (&work);

  work_clear (&work);
  return self;
}

QsGraphLayout *
qs_graph_layout_ref (QsGraphLayout *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
qs_graph_layout_unref (QsGraphLayout *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_free (self->places);
  g_free (self->layer_start);
  g_free (self->layer_nodes);
  g_free (self->band_top);
  g_free (self->band_bottom);
  g_array_unref (self->routes);
  g_array_unref (self->points);
  g_free (self);
}

void
qs_graph_layout_get_size (QsGraphLayout *self,
                          double        *width,
                          double        *height)
{
  *width = self->width;
  *height = self->height;
}

int
qs_graph_layout_get_n_nodes (QsGraphLayout *self)
{
  return self->n_nodes;
}

const QsLayoutPlace *
qs_graph_layout_get_place (QsGraphLayout *self,
                           int            node)
{
  g_return_val_if_fail (node >= 0 && node < self->n_nodes, NULL);

  return &self->places[node];
}

int
qs_graph_layout_get_n_layers (QsGraphLayout *self)
{
  return self->n_layers;
}

const int *
qs_graph_layout_get_layer (QsGraphLayout *self,
                           int            layer,
                           int           *n)
{
  g_return_val_if_fail (layer >= 0 && layer < self->n_layers, NULL);

  *n = self->layer_start[layer + 1] - self->layer_start[layer];
  return self->layer_nodes + self->layer_start[layer];
}

void
qs_graph_layout_get_band (QsGraphLayout *self,
                          int            layer,
                          double        *top,
                          double        *bottom)
{
  g_return_if_fail (layer >= 0 && layer < self->n_layers);

  *top = self->band_top[layer];
  *bottom = self->band_bottom[layer];
}

const QsLayoutRoute *
qs_graph_layout_get_routes (QsGraphLayout *self,
                            guint         *n)
{
  *n = self->routes->len;
  return (const QsLayoutRoute *) (gpointer) self->routes->data;
}

const QsLayoutPoint *
qs_graph_layout_get_points (QsGraphLayout *self,
                            guint         *n)
{
  *n = self->points->len;
  return (const QsLayoutPoint *) (gpointer) self->points->data;
}

guint64
qs_graph_layout_get_n_crossings (QsGraphLayout *self)
{
  return self->n_crossings;
}
