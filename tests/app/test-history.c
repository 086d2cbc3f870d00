/* SPDX-License-Identifier: MIT */
#include "qs-history.h"

static void
test_walk (void)
{
  g_autoptr (QsHistory) history = qs_history_new ();

  g_assert_cmpint (qs_history_get_kind (history), ==, QS_SELECTION_NONE);
  g_assert_false (qs_history_can_step (history, -1));
  g_assert_false (qs_history_can_step (history, 1));

  g_assert_true (qs_history_visit (history, QS_SELECTION_LAYER, "a"));
  g_assert_false (qs_history_visit (history, QS_SELECTION_LAYER, "a"));
  /* A tensor may have a layer's name. */
  g_assert_true (qs_history_visit (history, QS_SELECTION_TENSOR, "a"));
  g_assert_true (qs_history_visit (history, QS_SELECTION_LAYER, "b"));

  g_assert_true (qs_history_step (history, -1));
  g_assert_cmpint (qs_history_get_kind (history), ==, QS_SELECTION_TENSOR);
  g_assert_true (qs_history_step (history, -1));
  g_assert_cmpstr (qs_history_get_name (history), ==, "a");
  g_assert_false (qs_history_step (history, -1));
  g_assert_true (qs_history_step (history, 1));
  g_assert_true (qs_history_can_step (history, 1));

  /* Another way from here forgets the old one. */
  g_assert_true (qs_history_visit (history, QS_SELECTION_LAYER, "c"));
  g_assert_false (qs_history_can_step (history, 1));
  g_assert_cmpstr (qs_history_get_name (history), ==, "c");
}

static void
test_nothing (void)
{
  g_autoptr (QsHistory) history = qs_history_new ();

  g_assert_false (qs_history_visit (history, QS_SELECTION_NONE, NULL));
  g_assert_true (qs_history_visit (history, QS_SELECTION_LAYER, "a"));
  g_assert_true (qs_history_visit (history, QS_SELECTION_NONE, NULL));
  g_assert_null (qs_history_get_name (history));
  qs_history_clear (history);
  g_assert_false (qs_history_can_step (history, -1));
}

/* The oldest places are forgotten, the newest never. */
static void
test_long (void)
{
  g_autoptr (QsHistory) history = qs_history_new ();
  guint n_back = 0;

  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);

      qs_history_visit (history, QS_SELECTION_LAYER, name);
    }
  g_assert_cmpstr (qs_history_get_name (history), ==, "999");
  while (qs_history_step (history, -1))
    n_back++;
  g_assert_cmpuint (n_back, >=, 100);
  g_assert_cmpuint (n_back, <, 1000);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/app/history/walk", test_walk);
  g_test_add_func ("/app/history/nothing", test_nothing);
  g_test_add_func ("/app/history/long", test_long);
  return g_test_run ();
}
