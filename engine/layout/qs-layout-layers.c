/* SPDX-License-Identifier: MIT */
#include "qs-layout-private.h"

#include <string.h>

#include "core/qs-error.h"

/*
 * From nets to layers: every node gets a layer below those of its producers, and every net that
 * spans more than one layer gets one chain of dummies that all its consumers share. That one chain
 * (rather than one per consumer) is what keeps big graphs small.
 */

static gint
compare_ints (gconstpointer a,
              gconstpointer b)
{
  int ia = *(const int *) a;
  int ib = *(const int *) b;

  return ia < ib ? -1 : ia > ib;
}

static gboolean
check_nets (const QsLayoutWork  *self,
            GError             **error)
{
  for (int i = 0; i < self->n_nets; i++)
    {
      const QsLayoutNet *net = &self->nets[i];
      gboolean bad = net->producer < 0 || net->producer >= self->n_nodes || net->n_consumers < 0;

      for (int k = 0; !bad && k < net->n_consumers; k++)
        bad = net->consumers[k] < 0 || net->consumers[k] >= self->n_nodes;

      if (bad)
        {
          g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                       "graph layout: net %d names a node that is not there", i);
          return FALSE;
        }
    }

  return TRUE;
}

/* A net with its consumers sorted and made distinct; compared by producer, then consumers. */
typedef struct
{
  int net;
  int producer;
  int first;
  int n;
} Net;

static gint
compare_nets (gconstpointer a,
              gconstpointer b,
              gpointer      user_data)
{
  const Net *na = a;
  const Net *nb = b;
  const int *consumers = user_data;
  int n = MIN (na->n, nb->n);

  if (na->producer != nb->producer)
    return na->producer < nb->producer ? -1 : 1;

  for (int i = 0; i < n; i++)
    {
      int ca = consumers[na->first + i];
      int cb = consumers[nb->first + i];

      if (ca != cb)
        return ca < cb ? -1 : 1;
    }

  if (na->n != nb->n)
    return na->n < nb->n ? -1 : 1;
  return na->net < nb->net ? -1 : na->net > nb->net;
}

static int
copy_consumers (const QsLayoutNet *net,
                int               *consumers)
{
  int n = 0;

  if (net->n_consumers == 0)
    return 0;

  memcpy (consumers, net->consumers, sizeof (int) * (gsize) net->n_consumers);
  qsort (consumers, (gsize) net->n_consumers, sizeof (int), compare_ints);
  for (int k = 0; k < net->n_consumers; k++)
    if (n == 0 || consumers[n - 1] != consumers[k])
      consumers[n++] = consumers[k];

  return n;
}

static void
sort_nets (QsLayoutWork *self)
{
  g_autofree Net *nets = g_new0 (Net, (gsize) self->n_nets + 1);
  g_autofree int *consumers = NULL;
  gsize total = 0;
  int used = 0;

  for (int i = 0; i < self->n_nets; i++)
    total += (gsize) self->nets[i].n_consumers;
  consumers = g_new (int, total + 1);

  for (int i = 0; i < self->n_nets; i++)
    {
      nets[i].net = i;
      nets[i].producer = self->nets[i].producer;
      nets[i].first = used;
      nets[i].n = copy_consumers (&self->nets[i], consumers + used);
      used += nets[i].n;
    }

  g_qsort_with_data (nets, self->n_nets, sizeof (Net), compare_nets, consumers);

  self->sorted = g_new (int, (gsize) self->n_nets + 1);
  self->start = g_new0 (int, (gsize) self->n_nets + 1);
  self->consumers = g_new (int, (gsize) used + 1);
  for (int i = 0; i < self->n_nets; i++)
    {
      self->sorted[i] = nets[i].net;
      self->start[i + 1] = self->start[i] + nets[i].n;
      memcpy (self->consumers + self->start[i], consumers + nets[i].first,
              sizeof (int) * (gsize) nets[i].n);
    }
}

static inline int
net_producer (const QsLayoutWork *self,
              int                 net)
{
  return self->nets[self->sorted[net]].producer;
}

/* first[v] … first[v + 1] - 1 are the sorted nets that node v produces: they are neighbours. */
static int *
find_first_nets (const QsLayoutWork *self)
{
  int *first = g_new0 (int, (gsize) self->n_nodes + 1);

  for (int i = 0; i < self->n_nets; i++)
    first[net_producer (self, i) + 1]++;
  for (int v = 0; v < self->n_nodes; v++)
    first[v + 1] += first[v];

  return first;
}

/* Kahn's order; layer[v] becomes the length of the longest path to v. */
static gboolean
find_longest_paths (QsLayoutWork  *self,
                    const int     *first,
                    int           *topological,
                    int           *n_producers,
                    GError       **error)
{
  g_autofree int *pending = g_new (int, (gsize) self->n_nodes + 1);
  int head = 0;
  int tail = 0;

  for (int i = 0; i < self->start[self->n_nets]; i++)
    n_producers[self->consumers[i]]++;
  for (int v = 0; v < self->n_nodes; v++)
    {
      pending[v] = n_producers[v];
      if (pending[v] == 0)
        topological[tail++] = v;
    }

  while (head < tail)
    {
      int v = topological[head++];

      for (int i = self->start[first[v]]; i < self->start[first[v + 1]]; i++)
        {
          int w = self->consumers[i];

          self->layer[w] = MAX (self->layer[w], self->layer[v] + 1);
          if (--pending[w] == 0)
            topological[tail++] = w;
        }
    }

  if (tail == self->n_nodes)
    return TRUE;

  for (int v = 0; v < self->n_nodes; v++)
    if (pending[v] > 0)
      {
        g_set_error (error, QS_ERROR, QS_ERROR_MALFORMED,
                     "graph layout: there is a cycle through node %d", v);
        break;
      }
  return FALSE;
}

static int
n_consumers (const QsLayoutWork *self,
             const int          *first,
             int                 v)
{
  return self->start[first[v + 1]] - self->start[first[v]];
}

/* A node belongs to a source's chain when nothing but that chain leads to it and the chain leads nowhere
 * else. */
static gboolean *
find_source_chains (const QsLayoutWork *self,
                    const int          *first,
                    const int          *topological,
                    const int          *n_producers)
{
  gboolean *chained = g_new0 (gboolean, (gsize) self->n_nodes + 1);

  for (int t = 0; t < self->n_nodes; t++)
    {
      int v = topological[t];

      chained[v] = chained[v] || n_producers[v] == 0;
      if (chained[v] && n_consumers (self, first, v) == 1)
        {
          int w = self->consumers[self->start[first[v]]];

          chained[w] = n_producers[w] == 1;
        }
    }

  return chained;
}

/* Sources, and the quantization of constants behind them, need not stand at the top: right above their
 * first consumer their lanes are shortest. */
static void
pull_sources_down (QsLayoutWork *self,
                   const int    *first,
                   const int    *topological,
                   const int    *n_producers)
{
  g_autofree gboolean *chained = find_source_chains (self, first, topological, n_producers);

  for (int t = self->n_nodes - 1; t >= 0; t--)
    {
      int v = topological[t];
      int below = G_MAXINT;

      if (!chained[v])
        continue;

      for (int i = self->start[first[v]]; i < self->start[first[v + 1]]; i++)
        below = MIN (below, self->layer[self->consumers[i]]);
      if (below != G_MAXINT)
        self->layer[v] = below - 1;
    }
}

static int
find_root (int *parent,
           int  v)
{
  while (parent[v] != v)
    {
      parent[v] = parent[parent[v]];
      v = parent[v];
    }

  return v;
}

/* Weakly connected parts, numbered by their lowest node. */
static void
find_components (QsLayoutWork *self)
{
  g_autofree int *parent = g_new (int, (gsize) self->n_nodes + 1);

  for (int v = 0; v < self->n_nodes; v++)
    parent[v] = v;

  for (int i = 0; i < self->n_nets; i++)
    for (int k = self->start[i]; k < self->start[i + 1]; k++)
      {
        int a = find_root (parent, net_producer (self, i));
        int b = find_root (parent, self->consumers[k]);

        parent[MAX (a, b)] = MIN (a, b);
      }

  self->n_components = 0;
  for (int v = 0; v < self->n_nodes; v++)
    {
      int root = find_root (parent, v);

      self->component[v] = root == v ? self->n_components++ : self->component[root];
    }
}

static int
last_layer (const QsLayoutWork *self,
            int                 net)
{
  int last = -1;

  for (int k = self->start[net]; k < self->start[net + 1]; k++)
    last = MAX (last, self->layer[self->consumers[k]]);

  return last;
}

/* The longest chain that still lets all chains together stay under the limit. */
static int
find_longest_chain (const QsLayoutWork *self)
{
  g_autofree int *lengths = g_new (int, (gsize) self->n_nets + 1);
  gint64 total = 0;

  memcpy (lengths, self->chain_length, sizeof (int) * (gsize) self->n_nets);
  qsort (lengths, (gsize) self->n_nets, sizeof (int), compare_ints);
  for (int i = 0; i < self->n_nets; i++)
    {
      total += lengths[i];
      if (total > QS_LAYOUT_MAX_DUMMIES)
        return i > 0 ? lengths[i] - 1 : 0;
    }

  return G_MAXINT;
}

static void
make_chains (QsLayoutWork *self)
{
  int longest;

  self->chain_first = g_new (int, (gsize) self->n_nets + 1);
  self->chain_length = g_new (int, (gsize) self->n_nets + 1);
  self->straight = g_new0 (gboolean, (gsize) self->n_nets + 1);
  for (int i = 0; i < self->n_nets; i++)
    self->chain_length[i] = MAX (last_layer (self, i) - self->layer[net_producer (self, i)] - 1, 0);

  longest = find_longest_chain (self);
  self->n_vertices = self->n_nodes;
  for (int i = 0; i < self->n_nets; i++)
    {
      if (self->chain_length[i] > longest)
        {
          self->straight[i] = TRUE;
          self->chain_length[i] = 0;
        }
      self->chain_first[i] = self->chain_length[i] > 0 ? self->n_vertices : -1;
      self->n_vertices += self->chain_length[i];
    }
}

static void
fill_vertices (QsLayoutWork *self)
{
  gsize n = (gsize) self->n_vertices + 1;

  self->layer = g_renew (int, self->layer, n);
  self->component = g_renew (int, self->component, n);
  self->half = g_new0 (double, n);
  for (int v = 0; v < self->n_nodes; v++)
    self->half[v] = self->nodes[v].width / 2;

  for (int i = 0; i < self->n_nets; i++)
    for (int k = 0; k < self->chain_length[i]; k++)
      {
        int producer = net_producer (self, i);

        self->layer[self->chain_first[i] + k] = self->layer[producer] + 1 + k;
        self->component[self->chain_first[i] + k] = self->component[producer];
      }
}

static void
links_init (QsLayoutLinks *self,
            const int     *ends,
            const int     *others,
            int            n_edges,
            int            n_vertices)
{
  g_autofree int *next = NULL;

  self->start = g_new0 (int, (gsize) n_vertices + 1);
  self->vertex = g_new (int, (gsize) n_edges + 1);
  self->edge = g_new (int, (gsize) n_edges + 1);

  for (int e = 0; e < n_edges; e++)
    self->start[ends[e] + 1]++;
  for (int v = 0; v < n_vertices; v++)
    self->start[v + 1] += self->start[v];

  next = g_memdup2 (self->start, sizeof (int) * ((gsize) n_vertices + 1));
  for (int e = 0; e < n_edges; e++)
    {
      int slot = next[ends[e]]++;

      self->vertex[slot] = others[e];
      self->edge[slot] = e;
    }
}

static void
make_edges (QsLayoutWork *self)
{
  gsize capacity = (gsize) (self->start[self->n_nets] + self->n_vertices - self->n_nodes) + 1;
  g_autofree int *upper = g_new (int, capacity);
  g_autofree int *lower = g_new (int, capacity);
  int n = 0;

  for (int i = 0; i < self->n_nets; i++)
    {
      int producer = net_producer (self, i);

      if (self->straight[i])
        continue;

      for (int k = 0; k < self->chain_length[i]; k++, n++)
        {
          upper[n] = k == 0 ? producer : self->chain_first[i] + k - 1;
          lower[n] = self->chain_first[i] + k;
        }
      for (int k = self->start[i]; k < self->start[i + 1]; k++, n++)
        {
          int step = self->layer[self->consumers[k]] - self->layer[producer] - 1;

          upper[n] = step == 0 ? producer : self->chain_first[i] + step - 1;
          lower[n] = self->consumers[k];
        }
    }

  self->n_edges = n;
  links_init (&self->down, upper, lower, n, self->n_vertices);
  links_init (&self->up, lower, upper, n, self->n_vertices);
}

/* Sorts the nets, finds the layers and components, and makes the chains and edges. */
gboolean
qs_layout_make_layers (QsLayoutWork  *self,
                       GError       **error)
{
  g_autofree int *topological = g_new (int, (gsize) self->n_nodes + 1);
  g_autofree int *n_producers = g_new0 (int, (gsize) self->n_nodes + 1);
  g_autofree int *first = NULL;

  if (!check_nets (self, error) || qs_layout_is_cancelled (self, error))
    return FALSE;

  sort_nets (self);
  first = find_first_nets (self);
  self->layer = g_new0 (int, (gsize) self->n_nodes + 1);
  self->component = g_new0 (int, (gsize) self->n_nodes + 1);

  if (!find_longest_paths (self, first, topological, n_producers, error))
    return FALSE;

  pull_sources_down (self, first, topological, n_producers);
  find_components (self);
  if (qs_layout_is_cancelled (self, error))
    return FALSE;

  make_chains (self);
  fill_vertices (self);
  make_edges (self);
  self->n_layers = 0;
  for (int v = 0; v < self->n_nodes; v++)
    self->n_layers = MAX (self->n_layers, self->layer[v] + 1);

  return !qs_layout_is_cancelled (self, error);
}
