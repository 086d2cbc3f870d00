/* SPDX-License-Identifier: MIT */
#include "qs-layout-routes.h"

#include <math.h>
#include <string.h>

/*
 * From places to lines. A net leaves its producer at the bottom, runs down its chain as a trunk,
 * and taps branch off to the consumers' tops. Lines are vertical inside the layers' bands and
 * bend only between them.
 */

#define PORT_MARGIN 12.0
#define PORT_GAP 10.0

typedef struct
{
  double wanted;
  double x;
  int edge;
} Port;

static gint
compare_ports (gconstpointer a,
               gconstpointer b)
{
  const Port *pa = a;
  const Port *pb = b;

  if (pa->wanted != pb->wanted)
    return pa->wanted < pb->wanted ? -1 : 1;
  return pa->edge < pb->edge ? -1 : pa->edge > pb->edge;
}

/* Ports stand where the lines come from, as far as the box reaches, and not on each other. A line
 * from the side into a box with no other line enters in the middle. */
static void
spread_ports (Port  *ports,
              int    n,
              double centre,
              double half)
{
  double room = MAX (half - PORT_MARGIN, 0);
  double gap = n > 1 ? MIN (PORT_GAP, 2 * room / (n - 1)) : 0;

  qsort (ports, (gsize) n, sizeof (Port), compare_ports);
  if (n == 1)
    {
      ports[0].x = fabs (ports[0].wanted - centre) <= room ? ports[0].wanted : centre;
      return;
    }

  for (int i = 0; i < n; i++)
    {
      double x = CLAMP (ports[i].wanted, centre - room, centre + room);

      ports[i].x = i > 0 ? MAX (x, ports[i - 1].x + gap) : x;
    }
  for (int i = n - 1; i >= 0; i--)
    ports[i].x = MIN (ports[i].x, centre + room - gap * (n - 1 - i));
}

/* in[e]: where edge e enters the vertex below it. */
static double *
find_entries (const QsLayoutWork *work)
{
  double *in = g_new0 (double, (gsize) work->n_edges + 1);
  g_autofree Port *ports = g_new (Port, (gsize) work->n_edges + 1);

  for (int v = 0; v < work->n_vertices; v++)
    {
      int first = work->up.start[v];
      int n = work->up.start[v + 1] - first;

      for (int i = 0; i < n; i++)
        ports[i] = (Port) { .wanted = work->x[work->up.vertex[first + i]],
                            .edge = work->up.edge[first + i] };
      if (n > 0)
        spread_ports (ports, n, work->x[v], work->half[v]);
      for (int i = 0; i < n; i++)
        in[ports[i].edge] = qs_layout_is_dummy (work, v) ? work->x[v] : ports[i].x;
    }

  return in;
}

static double
mean_target (const QsLayoutWork *work,
             int                 net)
{
  int n = work->start[net + 1] - work->start[net];
  double sum = 0;

  if (work->chain_first[net] >= 0)
    return work->x[work->chain_first[net]];

  for (int k = work->start[net]; k < work->start[net + 1]; k++)
    sum += work->x[work->consumers[k]];
  return n > 0 ? sum / n : 0;
}

/* out[i]: where sorted net i leaves its producer. */
static double *
find_exits (const QsLayoutWork *work)
{
  double *out = g_new0 (double, (gsize) work->n_nets + 1);
  g_autofree Port *ports = g_new (Port, (gsize) work->n_nets + 1);
  int i = 0;

  while (i < work->n_nets)
    {
      int producer = work->nets[work->sorted[i]].producer;
      int n = 0;

      for (; i + n < work->n_nets && work->nets[work->sorted[i + n]].producer == producer; n++)
        ports[n] = (Port) { .wanted = mean_target (work, i + n), .edge = i + n };

      /* A single net leaves from the middle: its taps fan out from there. */
      if (n == 1)
        out[i] = work->x[producer];
      else
        {
          spread_ports (ports, n, work->x[producer], work->half[producer]);
          for (int k = 0; k < n; k++)
            out[ports[k].edge] = ports[k].x;
        }
      i += n;
    }

  return out;
}

typedef struct
{
  const QsLayoutWork *work;
  const QsLayoutFrame *frame;
  GArray *routes;
  GArray *points;
} Router;

static void
add_point (Router *self,
           guint   first,
           double  x,
           double  y)
{
  QsLayoutPoint point = { x, y };
  guint n = self->points->len - first;

  /* The middle one of three points on a vertical line says nothing. */
  if (n >= 2)
    {
      QsLayoutPoint *last = &g_array_index (self->points, QsLayoutPoint, self->points->len - 1);

      if (fabs (last[0].x - x) < 1e-6 && fabs (last[-1].x - x) < 1e-6)
        {
          last->y = y;
          return;
        }
    }

  g_array_append_val (self->points, point);
}

static void
end_route (Router *self,
           int     net,
           int     consumer,
           guint   first)
{
  QsLayoutRoute route = {
    .net = self->work->sorted[net],
    .consumer = consumer,
    .first = first,
    .n = self->points->len - first,
  };

  g_array_append_val (self->routes, route);
}

static double
band_bottom (Router *self,
             int     vertex)
{
  return self->frame->band_bottom[self->frame->layer[vertex]];
}

static double
band_top (Router *self,
          int     vertex)
{
  return self->frame->band_top[self->frame->layer[vertex]];
}

static double
node_bottom (Router *self,
             int     node)
{
  return self->frame->y[node] + self->work->nodes[node].height / 2;
}

static void
add_trunk (Router *self,
           int     net,
           double  exit)
{
  const QsLayoutWork *work = self->work;
  int producer = work->nets[work->sorted[net]].producer;
  guint first = self->points->len;

  if (work->chain_length[net] == 0)
    return;

  add_point (self, first, exit, node_bottom (self, producer));
  add_point (self, first, exit, band_bottom (self, producer));
  for (int k = 0; k < work->chain_length[net]; k++)
    {
      int v = work->chain_first[net] + k;

      add_point (self, first, self->frame->x[v], band_top (self, v));
      add_point (self, first, self->frame->x[v], band_bottom (self, v));
    }
  end_route (self, net, -1, first);
}

static void
add_tap (Router *self,
         int     net,
         int     consumer,
         double  exit,
         double  entry)
{
  const QsLayoutWork *work = self->work;
  int producer = work->nets[work->sorted[net]].producer;
  int step = work->layer[consumer] - work->layer[producer] - 1;
  guint first = self->points->len;

  if (step == 0 || work->straight[net])
    {
      add_point (self, first, exit, node_bottom (self, producer));
      add_point (self, first, exit, band_bottom (self, producer));
    }
  else
    {
      int v = work->chain_first[net] + step - 1;

      add_point (self, first, self->frame->x[v], band_bottom (self, v));
    }

  add_point (self, first, entry, band_top (self, consumer));
  add_point (self, first, entry,
             self->frame->y[consumer] - work->nodes[consumer].height / 2);
  end_route (self, net, consumer, first);
}

/* Edges are numbered net by net: the chain's first, then the consumers'. */
void
qs_layout_make_routes (const QsLayoutWork  *work,
                       const QsLayoutFrame *frame,
                       GArray              *routes,
                       GArray              *points)
{
  Router router = { work, frame, routes, points };
  g_autofree double *in = find_entries (work);
  g_autofree double *out = find_exits (work);
  int edge = 0;

  for (int i = 0; i < work->n_nets; i++)
    {
      int producer = work->nets[work->sorted[i]].producer;
      double shift = frame->x[producer] - work->x[producer];

      edge += work->chain_length[i];
      add_trunk (&router, i, out[i] + shift);
      for (int k = work->start[i]; k < work->start[i + 1]; k++)
        {
          int consumer = work->consumers[k];
          double entry = work->straight[i] ? frame->x[consumer] : in[edge++] + shift;

          add_tap (&router, i, consumer, out[i] + shift, entry);
        }
    }
}
