/* SPDX-License-Identifier: MIT */
#include "qs-test-graphs.h"

QsTestGraph *
qs_test_graph_new (void)
{
  QsTestGraph *self = g_new0 (QsTestGraph, 1);

  self->nodes = g_array_new (FALSE, FALSE, sizeof (QsLayoutNode));
  self->nets = g_array_new (FALSE, FALSE, sizeof (QsLayoutNet));
  self->consumers = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);
  return self;
}

void
qs_test_graph_free (QsTestGraph *self)
{
  g_array_unref (self->nodes);
  g_array_unref (self->nets);
  g_ptr_array_unref (self->consumers);
  g_free (self);
}

int
qs_test_graph_add_node (QsTestGraph *self,
                        double       width,
                        double       height)
{
  QsLayoutNode node = { width, height };

  g_array_append_val (self->nodes, node);
  return (int) self->nodes->len - 1;
}

int
qs_test_graph_add_net (QsTestGraph *self,
                       int          producer)
{
  QsLayoutNet net = { .producer = producer };

  g_array_append_val (self->nets, net);
  g_ptr_array_add (self->consumers, g_array_new (FALSE, FALSE, sizeof (int)));
  return (int) self->nets->len - 1;
}

void
qs_test_graph_connect (QsTestGraph *self,
                       int          net,
                       int          consumer)
{
  g_array_append_val ((GArray *) g_ptr_array_index (self->consumers, net), consumer);
}

QsGraphLayout *
qs_test_graph_lay_out (QsTestGraph   *self,
                       GCancellable  *cancellable,
                       GError       **error)
{
  for (guint i = 0; i < self->nets->len; i++)
    {
      GArray *consumers = g_ptr_array_index (self->consumers, i);
      QsLayoutNet *net = &g_array_index (self->nets, QsLayoutNet, i);

      net->n_consumers = (int) consumers->len;
      net->consumers = (const int *) (gpointer) consumers->data;
    }

  return qs_graph_layout_new ((const QsLayoutNode *) (gpointer) self->nodes->data,
                              (int) self->nodes->len,
                              (const QsLayoutNet *) (gpointer) self->nets->data,
                              (int) self->nets->len,
                              cancellable, error);
}

guint
qs_test_graph_count_edges (QsTestGraph *self)
{
  guint n = 0;

  for (guint i = 0; i < self->consumers->len; i++)
    n += ((GArray *) g_ptr_array_index (self->consumers, i))->len;

  return n;
}

/* A node that reads @net, and the net it writes. */
static int
append (QsTestGraph *self,
        int          net)
{
  int node = qs_test_graph_add_node (self, 120, 36);

  if (net >= 0)
    qs_test_graph_connect (self, net, node);
  return qs_test_graph_add_net (self, node);
}

static int
append_2 (QsTestGraph *self,
          int          a,
          int          b)
{
  int net = append (self, a);

  qs_test_graph_connect (self, b, g_array_index (self->nets, QsLayoutNet, net).producer);
  return net;
}

QsTestGraph *
qs_test_graph_new_resnet (int n)
{
  QsTestGraph *self = qs_test_graph_new ();
  int net = append (self, -1);

  for (int block = 0; (int) self->nodes->len < n; block++)
    {
      int shortcut = block % 4 == 0 ? append (self, net) : net;

      for (int i = 0; i < 5; i++)
        net = append (self, net);
      net = append (self, append_2 (self, net, shortcut));
    }

  return self;
}

QsTestGraph *
qs_test_graph_new_transformer (int n)
{
  QsTestGraph *self = qs_test_graph_new ();
  int mask = append (self, append (self, -1));
  int net = append (self, -1);

  while ((int) self->nodes->len < n)
    {
      int query = append (self, append (self, append (self, net)));
      int key = append (self, append (self, append (self, net)));
      int value = append (self, append (self, append (self, net)));
      int shape = append (self, append (self, net));
      int scores = append (self, append_2 (self, append_2 (self, query, key), mask));
      int heads = append (self, append_2 (self, scores, value));
      int hidden;

      heads = append (self, append_2 (self, heads, shape));
      net = append (self, append_2 (self, heads, net));
      hidden = append (self, append (self, append (self, net)));
      net = append (self, append_2 (self, hidden, net));
    }

  return self;
}

QsTestGraph *
qs_test_graph_new_densenet (int n)
{
  QsTestGraph *self = qs_test_graph_new ();
  int net = append (self, -1);

  while ((int) self->nodes->len < n)
    {
      int features[24];

      features[0] = net;
      for (int i = 1; i < 24; i++)
        {
          int concat = append (self, features[0]);
          int node = g_array_index (self->nets, QsLayoutNet, concat).producer;

          for (int k = 1; k < i; k++)
            qs_test_graph_connect (self, features[k], node);
          features[i] = append (self, append (self, append (self, concat)));
        }
      net = append (self, features[23]);
    }

  return self;
}

/* Nodes of any size; every net goes from a lower to a higher number. */
QsTestGraph *
qs_test_graph_new_random (GRand *rand,
                          int    n)
{
  QsTestGraph *self = qs_test_graph_new ();

  for (int i = 0; i < n; i++)
    qs_test_graph_add_node (self, g_rand_double_range (rand, 4, 240),
                            g_rand_double_range (rand, 4, 80));

  for (int i = 0; i + 1 < n; i++)
    for (int k = g_rand_int_range (rand, 0, 3); k > 0; k--)
      {
        int net = qs_test_graph_add_net (self, i);

        for (int c = g_rand_int_range (rand, 0, 5); c > 0; c--)
          qs_test_graph_connect (self, net, g_rand_int_range (rand, i + 1, n));
      }

  return self;
}
