/* SPDX-License-Identifier: MIT */
#include "builder/qs-min-cut.h"

#define MAX_NODES 9
#define MAX_PAIRS 30

typedef struct
{
  int n_nodes;
  int n_pairs;
  gint64 cost[MAX_NODES][2];
  int a[MAX_PAIRS];
  int b[MAX_PAIRS];
  gint64 pair_cost[MAX_PAIRS];
} Problem;

static void
make_problem (Problem *problem,
              guint32  seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  problem->n_nodes = g_rand_int_range (rand, 1, MAX_NODES + 1);
  problem->n_pairs = g_rand_int_range (rand, 0, MAX_PAIRS + 1);
  for (int i = 0; i < problem->n_nodes; i++)
    for (int value = 0; value < 2; value++)
      problem->cost[i][value] = g_rand_int_range (rand, 0, 20);
  for (int i = 0; i < problem->n_pairs; i++)
    {
      problem->a[i] = g_rand_int_range (rand, 0, problem->n_nodes);
      problem->b[i] = g_rand_int_range (rand, 0, problem->n_nodes);
      problem->pair_cost[i] = g_rand_int_range (rand, 0, 12);
    }
}

static gint64
cost_of (const Problem *problem,
         guint          values)
{
  gint64 cost = 0;

  for (int i = 0; i < problem->n_nodes; i++)
    cost += problem->cost[i][(values >> i) & 1];
  for (int i = 0; i < problem->n_pairs; i++)
    if (((values >> problem->a[i]) & 1) == 1 && ((values >> problem->b[i]) & 1) == 0)
      cost += problem->pair_cost[i];
  return cost;
}

static void
test_brute_force (void)
{
  for (guint32 seed = 0; seed < 2000; seed++)
    {
      g_autoptr (QsMinCut) cut = qs_min_cut_new ();
      guint nodes[MAX_NODES], values = 0;
      gint64 best = G_MAXINT64, found;
      Problem problem;

      make_problem (&problem, seed);
      for (int i = 0; i < problem.n_nodes; i++)
        nodes[i] = qs_min_cut_add_node (cut, problem.cost[i][0], problem.cost[i][1]);
      for (int i = 0; i < problem.n_pairs; i++)
        qs_min_cut_add_pair (cut, nodes[problem.a[i]], nodes[problem.b[i]], problem.pair_cost[i]);

      found = qs_min_cut_solve (cut);
      for (int i = 0; i < problem.n_nodes; i++)
        values |= (guint) qs_min_cut_get_value (cut, nodes[i]) << i;
      for (guint all = 0; all < 1u << problem.n_nodes; all++)
        best = MIN (best, cost_of (&problem, all));

      g_assert_cmpint (found, ==, best);
      g_assert_cmpint (cost_of (&problem, values), ==, best);
    }
}

/* A chain of 20,000 nodes: no recursion, no quadratic time in practice. */
static void
test_long_chain (void)
{
  g_autoptr (QsMinCut) cut = qs_min_cut_new ();
  guint first = qs_min_cut_add_node (cut, 5, 0);
  guint before = first, last = first;

  for (int i = 0; i < 20000; i++)
    {
      last = qs_min_cut_add_node (cut, 0, 0);
      qs_min_cut_add_pair (cut, before, last, 7);
      before = last;
    }
  qs_min_cut_add_pair (cut, last, qs_min_cut_add_node (cut, 0, QS_MIN_CUT_FORBIDDEN), 3);

  g_assert_cmpint (qs_min_cut_solve (cut), ==, 3);
  g_assert_true (qs_min_cut_get_value (cut, first));
  g_assert_true (qs_min_cut_get_value (cut, last));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/min-cut/brute-force", test_brute_force);
  g_test_add_func ("/min-cut/long-chain", test_long_chain);

  return g_test_run ();
}
