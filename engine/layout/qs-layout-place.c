/* SPDX-License-Identifier: MIT */
#include "qs-layout-private.h"

#include <math.h>

/*
 * Horizontal coordinates after Brandes and Köpf, “Fast and Simple Horizontal Coordinate
 * Assignment” (2002): vertices are aligned in blocks with their median neighbours, four times,
 * and each vertex gets the mean of the two middle results. Blocks are compacted by longest paths
 * in the graph of blocks, which needs none of the paper's classes and cannot overlap: if a vertex
 * keeps its distance from its neighbour in all four results, so do their medians.
 */

#define N_ALIGNMENTS 4

typedef struct
{
  gboolean upwards;   /* align with the layer below */
  gboolean mirrored;  /* from right to left */
  int *root;
  int *align;
  int *queue;         /* blocks in topological order */
  int *pending;
  double *x;
} Alignment;

/* Rebuilds the links so that every vertex's neighbours come from left to right. */
static void
sort_links (QsLayoutWork  *self,
            QsLayoutLinks *target,
            QsLayoutLinks *source)
{
  g_autofree int *next = g_memdup2 (target->start, sizeof (int) * ((gsize) self->n_vertices + 1));

  for (int i = 0; i < self->n_vertices; i++)
    {
      int v = self->order[i];

      for (int e = source->start[v]; e < source->start[v + 1]; e++)
        {
          int slot = next[source->vertex[e]]++;

          target->vertex[slot] = v;
          target->edge[slot] = source->edge[e];
        }
    }
}

static int
inner_neighbour (const QsLayoutWork *self,
                 int                 v)
{
  int u;

  if (!qs_layout_is_dummy (self, v))
    return -1;

  u = self->up.vertex[self->up.start[v]];
  return qs_layout_is_dummy (self, u) ? u : -1;
}

static void
mark_edges_outside (const QsLayoutWork *self,
                    int                 v,
                    int                 left,
                    int                 right,
                    gboolean           *conflict)
{
  for (int e = self->up.start[v]; e < self->up.start[v + 1]; e++)
    {
      int u = self->up.vertex[e];
      gboolean outside = self->position[u] < left || self->position[u] > right;

      if (outside && !(qs_layout_is_dummy (self, u) && qs_layout_is_dummy (self, v)))
        conflict[self->up.edge[e]] = TRUE;
    }
}

/* Marks edges that cross a segment of a chain: chains are kept straight (type 1 conflicts). */
static void
find_conflicts (const QsLayoutWork *self,
                gboolean           *conflict)
{
  for (int l = 0; l + 1 < self->n_layers; l++)
    {
      const int *order = self->order + self->layer_start[l + 1];
      int n = qs_layout_layer_size (self, l + 1);
      int left = 0;
      int scanned = 0;

      for (int i = 0; i < n; i++)
        {
          int inner = inner_neighbour (self, order[i]);
          int right = inner >= 0 ? self->position[inner] : qs_layout_layer_size (self, l) - 1;

          if (inner < 0 && i < n - 1)
            continue;

          for (; scanned <= i; scanned++)
            mark_edges_outside (self, order[scanned], left, right, conflict);
          left = right;
        }
    }
}

static int
align_vertex (const QsLayoutWork  *self,
              Alignment           *alignment,
              const QsLayoutLinks *links,
              const gboolean      *conflict,
              int                  v,
              int                  limit)
{
  int sign = alignment->mirrored ? -1 : 1;
  int degree = links->start[v + 1] - links->start[v];

  for (int k = 0; k < 2 && degree > 0; k++)
    {
      gboolean left = (k == 0) != alignment->mirrored;
      int e = links->start[v] + (left ? (degree - 1) / 2 : degree / 2);
      int u = links->vertex[e];
      int position = sign * self->position[u];

      if (alignment->align[v] != v || conflict[links->edge[e]] || position <= limit)
        continue;

      alignment->align[u] = v;
      alignment->root[v] = alignment->root[u];
      alignment->align[v] = alignment->root[v];
      limit = position;
    }

  return limit;
}

static void
align_vertices (const QsLayoutWork *self,
                Alignment          *alignment,
                const gboolean     *conflict)
{
  const QsLayoutLinks *links = alignment->upwards ? &self->down : &self->up;

  for (int v = 0; v < self->n_vertices; v++)
    alignment->root[v] = alignment->align[v] = v;

  for (int i = 0; i < self->n_layers; i++)
    {
      int l = alignment->upwards ? self->n_layers - 1 - i : i;
      int n = qs_layout_layer_size (self, l);
      int limit = G_MININT;

      for (int k = 0; k < n; k++)
        {
          int slot = self->layer_start[l] + (alignment->mirrored ? n - 1 - k : k);

          limit = align_vertex (self, alignment, links, conflict, self->order[slot], limit);
        }
    }
}

/* The vertex of the same part beside @v, on its right or, mirrored, on its left; or -1. */
static int
neighbour (const QsLayoutWork *self,
           int                 v,
           gboolean            left)
{
  int l = self->layer[v];
  int position = self->position[v] + (left ? -1 : 1);
  int u;

  if (position < 0 || position >= qs_layout_layer_size (self, l))
    return -1;

  u = self->order[self->layer_start[l] + position];
  return self->component[u] == self->component[v] ? u : -1;
}

static double
distance (const QsLayoutWork *self,
          int                 a,
          int                 b)
{
  gboolean lanes = qs_layout_is_dummy (self, a) || qs_layout_is_dummy (self, b);

  return self->half[a] + self->half[b] + (lanes ? QS_LAYOUT_LANE_GAP : QS_LAYOUT_NODE_GAP);
}

/* Every block as far to the left as the blocks on its left allow. */
static int
compact_left (const QsLayoutWork *self,
              Alignment          *alignment)
{
  int head = 0;
  int tail = 0;

  for (int v = 0; v < self->n_vertices; v++)
    alignment->pending[v] = 0;
  for (int v = 0; v < self->n_vertices; v++)
    alignment->pending[alignment->root[v]] += neighbour (self, v, !alignment->mirrored) >= 0;
  for (int v = 0; v < self->n_vertices; v++)
    if (alignment->root[v] == v)
      {
        alignment->x[v] = 0;
        if (alignment->pending[v] == 0)
          alignment->queue[tail++] = v;
      }

  while (head < tail)
    {
      int root = alignment->queue[head++];
      int v = root;

      do
        {
          int u = neighbour (self, v, alignment->mirrored);

          if (u >= 0)
            {
              int other = alignment->root[u];
              double x = alignment->x[root] + distance (self, v, u);

              alignment->x[other] = MAX (alignment->x[other], x);
              if (--alignment->pending[other] == 0)
                alignment->queue[tail++] = other;
            }
          v = alignment->align[v];
        }
      while (v != root);
    }

  return tail;
}

/* Then every block as far to the right as the blocks on its right allow: no gaps that need not be. */
static void
close_gaps (const QsLayoutWork *self,
            Alignment          *alignment,
            int                 n_blocks)
{
  for (int i = n_blocks; i > 0; i--)
    {
      int root = alignment->queue[i - 1];
      double x = INFINITY;
      int v = root;

      do
        {
          int u = neighbour (self, v, alignment->mirrored);

          if (u >= 0)
            x = MIN (x, alignment->x[alignment->root[u]] - distance (self, v, u));
          v = alignment->align[v];
        }
      while (v != root);

      if (isfinite (x))
        alignment->x[root] = x;
    }
}

static void
alignment_run (const QsLayoutWork *self,
               Alignment          *alignment,
               const gboolean     *conflict,
               double             *x)
{
  int n_blocks;

  align_vertices (self, alignment, conflict);
  n_blocks = compact_left (self, alignment);
  close_gaps (self, alignment, n_blocks);

  for (int v = 0; v < self->n_vertices; v++)
    x[v] = (alignment->mirrored ? -1 : 1) * alignment->x[alignment->root[v]];
}

typedef struct
{
  double left;
  double right;
} Extent;

static Extent *
find_extents (const QsLayoutWork *self,
              const double       *x)
{
  Extent *extents = g_new (Extent, (gsize) self->n_components + 1);

  for (int c = 0; c < self->n_components; c++)
    extents[c] = (Extent) { INFINITY, -INFINITY };
  for (int v = 0; v < self->n_vertices; v++)
    {
      Extent *extent = &extents[self->component[v]];

      extent->left = MIN (extent->left, x[v] - self->half[v]);
      extent->right = MAX (extent->right, x[v] + self->half[v]);
    }

  return extents;
}

/* Lays the four results over the narrowest one of each part: those that were pushed to the left
 * by their left side, the others by their right side. */
static void
match_extents (const QsLayoutWork *self,
               double             *x[N_ALIGNMENTS])
{
  Extent *extents[N_ALIGNMENTS];
  g_autofree double *shift = g_new (double, (gsize) self->n_components + 1);

  for (int i = 0; i < N_ALIGNMENTS; i++)
    extents[i] = find_extents (self, x[i]);

  for (int i = 0; i < N_ALIGNMENTS; i++)
    {
      for (int c = 0; c < self->n_components; c++)
        {
          int best = 0;

          for (int k = 1; k < N_ALIGNMENTS; k++)
            if (extents[k][c].right - extents[k][c].left <
                extents[best][c].right - extents[best][c].left)
              best = k;

          shift[c] = i % 2 == 0 ? extents[best][c].left - extents[i][c].left
                                : extents[best][c].right - extents[i][c].right;
        }
      for (int v = 0; v < self->n_vertices; v++)
        x[i][v] += shift[self->component[v]];
    }

  for (int i = 0; i < N_ALIGNMENTS; i++)
    g_free (extents[i]);
}

static double
middle (double a,
        double b,
        double c,
        double d)
{
  double least = MIN (MIN (a, b), MIN (c, d));
  double most = MAX (MAX (a, b), MAX (c, d));

  return (a + b + c + d - least - most) / 2;
}

static void
alignment_clear (Alignment *self)
{
  g_free (self->root);
  g_free (self->align);
  g_free (self->queue);
  g_free (self->pending);
  g_free (self->x);
}

/* Finds self->x, each component by itself. */
gboolean
qs_layout_place (QsLayoutWork  *self,
                 GError       **error)
{
  gsize n = (gsize) self->n_vertices + 1;
  g_autofree gboolean *conflict = g_new0 (gboolean, (gsize) self->n_edges + 1);
  g_autofree double *results = g_new0 (double, N_ALIGNMENTS * n);
  double *x[N_ALIGNMENTS];
  Alignment alignment = {
    .root = g_new (int, n),
    .align = g_new (int, n),
    .queue = g_new (int, n),
    .pending = g_new (int, n),
    .x = g_new (double, n),
  };
  gboolean cancelled = FALSE;

  sort_links (self, &self->up, &self->down);
  sort_links (self, &self->down, &self->up);
  find_conflicts (self, conflict);

  for (int i = 0; i < N_ALIGNMENTS && !cancelled; i++)
    {
      x[i] = results + (gsize) i * n;
      alignment.upwards = i >= 2;
      alignment.mirrored = i % 2 == 1;
      alignment_run (self, &alignment, conflict, x[i]);
      cancelled = qs_layout_is_cancelled (self, error);
    }

  alignment_clear (&alignment);
  if (cancelled)
    return FALSE;

  match_extents (self, x);
  self->x = g_new (double, n);
  for (int v = 0; v < self->n_vertices; v++)
    self->x[v] = middle (x[0][v], x[1][v], x[2][v], x[3][v]);
  return TRUE;
}
