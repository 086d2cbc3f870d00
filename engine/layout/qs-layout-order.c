/* SPDX-License-Identifier: MIT */
#include "qs-layout-private.h"

#include <string.h>

/*
 * The order of vertices within their layers: depth first from the sources, then barycentre sweeps
 * down and up (Sugiyama, Tagawa, Toda 1981), keeping the order with the fewest crossings. They are
 * counted with a Fenwick tree (Barth, Jünger, Mutzel 2002), so a sweep is O(E log W).
 */

#define MAX_SWEEPS 24
#define MAX_SWEEPS_WITHOUT_GAIN 4

static void
start_layers (QsLayoutWork *self)
{
  self->layer_start = g_new0 (int, (gsize) self->n_layers + 2);
  for (int v = 0; v < self->n_vertices; v++)
    self->layer_start[self->layer[v] + 1]++;
  for (int l = 0; l < self->n_layers; l++)
    self->layer_start[l + 1] += self->layer_start[l];

  self->order = g_new (int, (gsize) self->n_vertices + 1);
  self->position = g_new (int, (gsize) self->n_vertices + 1);
}

/* Sources part by part, so that parts stay apart in every layer, and from the top down. */
static gint
compare_sources (gconstpointer a,
                 gconstpointer b,
                 gpointer      user_data)
{
  const QsLayoutWork *self = user_data;
  int va = *(const int *) a;
  int vb = *(const int *) b;

  if (self->component[va] != self->component[vb])
    return self->component[va] < self->component[vb] ? -1 : 1;
  if (self->layer[va] != self->layer[vb])
    return self->layer[va] < self->layer[vb] ? -1 : 1;
  return va < vb ? -1 : va > vb;
}

static int *
list_sources (QsLayoutWork *self,
              int          *n)
{
  int *sources = g_new (int, (gsize) self->n_vertices + 1);

  *n = 0;
  for (int v = 0; v < self->n_vertices; v++)
    if (self->up.start[v] == self->up.start[v + 1])
      sources[(*n)++] = v;

  g_qsort_with_data (sources, *n, sizeof (int), compare_sources, self);
  return sources;
}

static void
order_depth_first (QsLayoutWork *self)
{
  g_autofree int *filled = g_new0 (int, (gsize) self->n_layers + 1);
  g_autofree gboolean *seen = g_new0 (gboolean, (gsize) self->n_vertices + 1);
  g_autofree int *stack = g_new (int, (gsize) self->n_edges + 2);
  int n_sources;
  g_autofree int *sources = list_sources (self, &n_sources);

  for (int i = 0; i < n_sources; i++)
    {
      int depth = 0;

      stack[depth++] = sources[i];
      while (depth > 0)
        {
          int v = stack[--depth];
          int l = self->layer[v];

          if (seen[v])
            continue;

          seen[v] = TRUE;
          self->position[v] = filled[l];
          self->order[self->layer_start[l] + filled[l]++] = v;
          for (int e = self->down.start[v + 1]; e > self->down.start[v]; e--)
            if (!seen[self->down.vertex[e - 1]])
              stack[depth++] = self->down.vertex[e - 1];
        }
    }
}

typedef struct
{
  double key;
  int component;
  int position;
  int vertex;
} Ranked;

/* Ties keep their order: that is what makes drawings stable between builds. */
static int
compare_ranked (const void *a,
                const void *b)
{
  const Ranked *ra = a;
  const Ranked *rb = b;

  if (ra->component != rb->component)
    return ra->component < rb->component ? -1 : 1;
  if (ra->key != rb->key)
    return ra->key < rb->key ? -1 : 1;
  return ra->position < rb->position ? -1 : ra->position > rb->position;
}

static void
sort_layer (QsLayoutWork        *self,
            int                  layer,
            const QsLayoutLinks *links,
            Ranked              *ranked)
{
  int *order = self->order + self->layer_start[layer];
  int n = qs_layout_layer_size (self, layer);

  for (int i = 0; i < n; i++)
    {
      int v = order[i];
      int degree = links->start[v + 1] - links->start[v];
      double sum = 0;

      for (int e = links->start[v]; e < links->start[v + 1]; e++)
        sum += self->position[links->vertex[e]];

      ranked[i].key = degree > 0 ? sum / degree : i;
      ranked[i].component = self->component[v];
      ranked[i].position = i;
      ranked[i].vertex = v;
    }

  qsort (ranked, (gsize) n, sizeof (Ranked), compare_ranked);
  for (int i = 0; i < n; i++)
    {
      order[i] = ranked[i].vertex;
      self->position[order[i]] = i;
    }
}

static guint64
count_above (const int *tree,
             int        n_added,
             int        position)
{
  int below = 0;

  for (int i = position + 1; i > 0; i -= i & -i)
    below += tree[i];

  return (guint64) (n_added - below);
}

/* Crossings between @layer and the next one. */
static guint64
count_layer_crossings (const QsLayoutWork *self,
                       int                 layer,
                       int                *tree)
{
  int width = qs_layout_layer_size (self, layer + 1);
  const int *order = self->order + self->layer_start[layer];
  guint64 crossings = 0;
  int n_added = 0;

  memset (tree, 0, sizeof (int) * ((gsize) width + 1));
  for (int i = 0; i < qs_layout_layer_size (self, layer); i++)
    {
      const int *first = self->down.vertex + self->down.start[order[i]];
      const int *end = self->down.vertex + self->down.start[order[i] + 1];

      for (const int *v = first; v < end; v++)
        crossings += count_above (tree, n_added, self->position[*v]);
      for (const int *v = first; v < end; v++, n_added++)
        for (int k = self->position[*v] + 1; k <= width; k += k & -k)
          tree[k]++;
    }

  return crossings;
}

static guint64
count_crossings (const QsLayoutWork *self,
                 int                *tree)
{
  guint64 crossings = 0;

  for (int l = 0; l + 1 < self->n_layers; l++)
    crossings += count_layer_crossings (self, l, tree);

  return crossings;
}

static void
sweep (QsLayoutWork *self,
       gboolean      down,
       Ranked       *ranked)
{
  if (down)
    for (int l = 1; l < self->n_layers; l++)
      sort_layer (self, l, &self->up, ranked);
  else
    for (int l = self->n_layers - 2; l >= 0; l--)
      sort_layer (self, l, &self->down, ranked);
}

static void
set_order (QsLayoutWork *self,
           const int    *order)
{
  memcpy (self->order, order, sizeof (int) * (gsize) self->n_vertices);
  for (int l = 0; l < self->n_layers; l++)
    for (int i = self->layer_start[l]; i < self->layer_start[l + 1]; i++)
      self->position[order[i]] = i - self->layer_start[l];
}

/* Finds self->order and self->position. */
gboolean
qs_layout_sort_layers (QsLayoutWork  *self,
                       GError       **error)
{
  g_autofree Ranked *ranked = g_new (Ranked, (gsize) self->n_vertices + 1);
  g_autofree int *tree = g_new (int, (gsize) self->n_vertices + 2);
  g_autofree int *best = NULL;
  int since_gain = 0;

  start_layers (self);
  order_depth_first (self);
  self->n_crossings = count_crossings (self, tree);
  best = g_memdup2 (self->order, sizeof (int) * ((gsize) self->n_vertices + 1));

  for (int i = 0; i < MAX_SWEEPS && self->n_crossings > 0; i++)
    {
      guint64 crossings;

      if (qs_layout_is_cancelled (self, error))
        return FALSE;

      sweep (self, i % 2 == 0, ranked);
      crossings = count_crossings (self, tree);
      if (crossings < self->n_crossings)
        {
          self->n_crossings = crossings;
          memcpy (best, self->order, sizeof (int) * (gsize) self->n_vertices);
          since_gain = 0;
        }
      else if (++since_gain == MAX_SWEEPS_WITHOUT_GAIN)
        break;
    }

  set_order (self, best);
  return !qs_layout_is_cancelled (self, error);
}
