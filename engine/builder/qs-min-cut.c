/* SPDX-License-Identifier: MIT */
#include "qs-min-cut.h"

/*
 * Dinic's maximum flow. A node on the source's side of the cut has the value 1: the arc from the
 * source is cut, and its cost paid, when the node is 0.
 */
#define SOURCE 0
#define SINK 1
#define NONE G_MAXUINT

/* Arcs come in pairs: arc ^ 1 is the way back. */
typedef struct
{
  guint to;
  guint next;
  gint64 capacity;
} Arc;

typedef struct
{
  guint first; /* head of the list of arcs */
  guint current;
  guint level;
  guint via; /* arc by which the path reached this node */
} Node;

struct _QsMinCut
{
  GArray *nodes;
  GArray *arcs;
};

#define NODE(self, i) (&g_array_index ((self)->nodes, Node, i))
#define ARC(self, i) (&g_array_index ((self)->arcs, Arc, i))

static guint
append_node (QsMinCut *self)
{
  Node node = { .first = NONE };

  g_array_append_val (self->nodes, node);
  return self->nodes->len - 1;
}

static void
append_arc (QsMinCut *self,
            guint     from,
            guint     to,
            gint64    capacity)
{
  Arc arc = { to, NODE (self, from)->first, capacity };

  g_array_append_val (self->arcs, arc);
  NODE (self, from)->first = self->arcs->len - 1;
}

QsMinCut *
qs_min_cut_new (void)
{
  QsMinCut *self = g_new0 (QsMinCut, 1);

  self->nodes = g_array_new (FALSE, FALSE, sizeof (Node));
  self->arcs = g_array_new (FALSE, FALSE, sizeof (Arc));
  append_node (self);
  append_node (self);
  return self;
}

void
qs_min_cut_free (QsMinCut *self)
{
  g_array_unref (self->nodes);
  g_array_unref (self->arcs);
  g_free (self);
}

static void
add_arc (QsMinCut *self,
         guint     from,
         guint     to,
         gint64    capacity)
{
  append_arc (self, from, to, CLAMP (capacity, 0, QS_MIN_CUT_FORBIDDEN));
  append_arc (self, to, from, 0);
}

guint
qs_min_cut_add_node (QsMinCut *self,
                     gint64    cost_of_0,
                     gint64    cost_of_1)
{
  guint node = append_node (self);

  add_arc (self, SOURCE, node, cost_of_0);
  add_arc (self, node, SINK, cost_of_1);
  return node;
}

void
qs_min_cut_add_pair (QsMinCut *self,
                     guint     a,
                     guint     b,
                     gint64    cost)
{
  if (a != b)
    add_arc (self, a, b, cost);
}

/* Distances from the source over arcs that are not full; whether the sink can be reached. */
static gboolean
find_levels (QsMinCut *self)
{
  g_autofree guint *queue = g_new (guint, self->nodes->len);
  guint head = 0, tail = 0;

  for (guint i = 0; i < self->nodes->len; i++)
    {
      NODE (self, i)->level = NONE;
      NODE (self, i)->current = NODE (self, i)->first;
    }

  NODE (self, SOURCE)->level = 0;
  queue[tail++] = SOURCE;
  while (head < tail)
    {
      guint at = queue[head++];

      for (guint i = NODE (self, at)->first; i != NONE; i = ARC (self, i)->next)
        {
          Node *to = NODE (self, ARC (self, i)->to);

          if (ARC (self, i)->capacity == 0 || to->level != NONE)
            continue;
          to->level = NODE (self, at)->level + 1;
          queue[tail++] = ARC (self, i)->to;
        }
    }

  return NODE (self, SINK)->level != NONE;
}

/* Pushes what fits along the path that `via` describes, and returns it. */
static gint64
push (QsMinCut *self)
{
  gint64 flow = G_MAXINT64;

  for (guint at = SINK; at != SOURCE; at = ARC (self, NODE (self, at)->via ^ 1)->to)
    flow = MIN (flow, ARC (self, NODE (self, at)->via)->capacity);

  for (guint at = SINK; at != SOURCE; at = ARC (self, NODE (self, at)->via ^ 1)->to)
    {
      ARC (self, NODE (self, at)->via)->capacity -= flow;
      ARC (self, NODE (self, at)->via ^ 1)->capacity += flow;
    }

  return flow;
}

/* All flow that fits into the current levels: a depth-first walk without recursion, because deep
 * networks make long paths. */
static gint64
block_flow (QsMinCut *self)
{
  gint64 total = 0;
  guint at = SOURCE;

  while (TRUE)
    {
      Node *node = NODE (self, at);
      guint i = node->current;

      if (at == SINK)
        {
          total += push (self);
          at = SOURCE;
        }
      else if (i == NONE)
        {
          if (at == SOURCE)
            return total;
          /* A dead end: go back and take the next arc there. */
          at = ARC (self, node->via ^ 1)->to;
          NODE (self, at)->current = ARC (self, NODE (self, at)->current)->next;
        }
      else if (ARC (self, i)->capacity > 0 &&
               NODE (self, ARC (self, i)->to)->level == node->level + 1)
        {
          at = ARC (self, i)->to;
          NODE (self, at)->via = i;
        }
      else
        node->current = ARC (self, i)->next;
    }
}

/**
 * qs_min_cut_solve:
 *
 * Returns: the smallest cost
 */
gint64
qs_min_cut_solve (QsMinCut *self)
{
  gint64 total = 0;

  while (find_levels (self))
    total += block_flow (self);

  return total;
}

/**
 * qs_min_cut_get_value:
 *
 * The value of a node after [method@MinCut.solve]. Where both values cost the same it is 0.
 */
gboolean
qs_min_cut_get_value (QsMinCut *self,
                      guint     node)
{
  return NODE (self, node)->level != NONE;
}
