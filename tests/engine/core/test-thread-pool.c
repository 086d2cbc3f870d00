/* SPDX-License-Identifier: MIT */
#include <glib.h>
#include <string.h>

#include "core/qs-thread-gain.h"
#include "core/qs-thread-handle.h"
#include "core/qs-thread-pool.h"

#define MAX_THREADS 8

typedef struct
{
  guint8 *visits;
  guint n_threads;
  gint64 chunk;
  gint64 per_thread[MAX_THREADS];
} Count;

static void
count_visits (gint64   first,
              gint64   last,
              guint    thread,
              gpointer user_data)
{
  Count *count = user_data;

  g_assert_cmpuint (thread, <, count->n_threads);
  g_assert_cmpint (last - first, <=, count->chunk);
  g_assert_cmpint (first % count->chunk, ==, 0);
  for (gint64 i = first; i < last; i++)
    count->visits[i]++;
  /* Unsynchronized on purpose: an index that two threads had at once is a race that the thread
   * sanitizer sees, and loses counts without it. */
  count->per_thread[thread] += last - first;
}

static void
check_run (QsThreadPool *pool,
           guint         n_threads,
           gint64        n_items,
           gint64        chunk)
{
  g_autofree guint8 *visits = g_malloc0 (n_items + 1);
  Count count = { .visits = visits, .n_threads = n_threads, .chunk = chunk };
  gint64 total = 0;

  qs_thread_pool_run (pool, n_items, chunk, count_visits, &count);

  for (gint64 i = 0; i < n_items; i++)
    g_assert_cmpuint (visits[i], ==, 1);
  g_assert_cmpuint (visits[n_items], ==, 0);
  for (guint i = 0; i < MAX_THREADS; i++)
    total += count.per_thread[i];
  g_assert_cmpint (total, ==, n_items);
}

static void
test_every_item_once (void)
{
  const guint threads[] = { 1, 2, 3, 8 };
  const gint64 items[] = { 0, 1, 2, 7, 64, 1000 };
  const gint64 chunks[] = { 1, 3, 64, 5000 };

  for (gsize t = 0; t < G_N_ELEMENTS (threads); t++)
    {
      g_autoptr (QsThreadPool) pool = qs_thread_pool_new (threads[t]);

      g_assert_cmpuint (qs_thread_pool_get_n_threads (pool), ==, threads[t]);
      for (gsize i = 0; i < G_N_ELEMENTS (items); i++)
        for (gsize c = 0; c < G_N_ELEMENTS (chunks); c++)
          check_run (pool, threads[t], items[i], chunks[c]);
    }
}

/* Runs that follow each other at once, and after pauses long enough for the workers to sleep. */
static void
test_many_small_runs (void)
{
  g_autoptr (QsThreadPool) pool = qs_thread_pool_new (3);

  for (int i = 0; i < 5000; i++)
    {
      check_run (pool, 3, 2 + i % 9, 1);
      if (i % 500 == 0)
        g_usleep (300);
    }
}

static void
test_default_size (void)
{
  g_autoptr (QsThreadPool) pool = qs_thread_pool_new (0);

  g_assert_cmpuint (qs_thread_pool_get_n_threads (pool), ==, g_get_num_processors ());
}

static void
start_and_stop (void)
{
  for (int i = 0; i < 200; i++)
    {
      g_autoptr (QsThreadPool) pool = qs_thread_pool_new (1 + i % 4);

      if (i % 3 == 0)
        check_run (pool, 1 + i % 4, 4, 1);
    }
}

typedef struct
{
  QsThreadPool *pool;
  gint n_inner;
} Nested;

static void
count_inner (gint64   first,
             gint64   last,
             guint    thread,
             gpointer user_data)
{
  g_atomic_int_add ((gint *) user_data, (gint) (last - first));
}

static void
run_inner (gint64   first,
           gint64   last,
           guint    thread,
           gpointer user_data)
{
  Nested *nested = user_data;

  for (gint64 i = first; i < last; i++)
    qs_thread_pool_run (nested->pool, 10, 3, count_inner, &nested->n_inner);
}

static void
test_nested (void)
{
  g_autoptr (QsThreadPool) pool = qs_thread_pool_new (3);
  Nested nested = { .pool = pool };

  qs_thread_pool_run (pool, 50, 1, run_inner, &nested);
  g_assert_cmpint (nested.n_inner, ==, 500);
}

static gpointer
call_often (gpointer data)
{
  Nested *nested = data;

  for (int i = 0; i < 300; i++)
    qs_thread_pool_run (nested->pool, 8, 1, count_inner, &nested->n_inner);

  return NULL;
}

static void
test_two_callers (void)
{
  g_autoptr (QsThreadPool) pool = qs_thread_pool_new (2);
  Nested nested = { .pool = pool };
  GThread *other = g_thread_new ("other", call_often, &nested);

  call_often (&nested);
  g_thread_join (other);
  g_assert_cmpint (nested.n_inner, ==, 2 * 300 * 8);
}

typedef struct
{
  gint n_now;
  gint most;
} Crowd;

static void
join_crowd (gint64   first,
            gint64   last,
            guint    thread,
            gpointer user_data)
{
  Crowd *crowd = user_data;
  gint n = g_atomic_int_add (&crowd->n_now, 1) + 1;

  for (gint most = g_atomic_int_get (&crowd->most); n > most; most = g_atomic_int_get (&crowd->most))
    g_atomic_int_compare_and_exchange (&crowd->most, most, n);
  g_usleep (200);
  g_atomic_int_add (&crowd->n_now, -1);
}

/* More threads than processors would only wait for each other. */
static void
test_no_more_than_processors (void)
{
  const guint n_processors = g_get_num_processors ();
  g_autoptr (QsThreadPool) pool = qs_thread_pool_new (n_processors + 6);
  Crowd crowd = { 0 };

  for (int i = 0; i < 20; i++)
    qs_thread_pool_run (pool, 40, 1, join_crowd, &crowd);
  g_assert_cmpint (crowd.most, <=, n_processors);
}

/* Runs of 100 microseconds, in which threads gain as much as is said, one after another for so many
 * microseconds; returns how much of that was spent in runs of several threads. */
static gint64
use_threads (QsThreadGain *gain,
             gint64       *now,
             gint64        duration,
             gint64        alone)
{
  const gint64 end = *now + duration;
  gint64 together = 0;

  while (*now < end)
    {
      const gboolean pausing = qs_thread_gain_is_pausing (gain, *now);

      *now += 100;
      if (pausing)
        continue;
      qs_thread_gain_learn (gain, *now, 100, alone);
      together += 100;
    }

  return together;
}

static void
test_gain (void)
{
  QsThreadGain gain = { 0 };
  gint64 now = 0, together;

  /* Two threads that take 10 % longer than one are tried less and less, for 2 ms / 13 % at a time:
   * 16 times in the first ten seconds, later once in a second. */
  together = use_threads (&gain, &now, 10000000, 90);
  g_assert_cmpint (together, >, 16 * 9);
  g_assert_cmpint (together, <, 10000000 / 40);
  together = use_threads (&gain, &now, 10000000, 90);
  g_assert_cmpint (together, <, 10000000 / 60);

  /* When they gain, they are at work again after the last pause, and stay. */
  use_threads (&gain, &now, 1100000, 190);
  g_assert_cmpint (use_threads (&gain, &now, 1000000, 190), ==, 1000000);

  /* One interruption of 4 ms in a second does not change that. */
  qs_thread_gain_learn (&gain, now, 4000, 200);
  g_assert_cmpint (use_threads (&gain, &now, 1000000, 190), ==, 1000000);
}

static gpointer
use_processor (gpointer data)
{
  QsThreadHandle *handles = data;
  gint64 time;

  qs_thread_handle_init_self (&handles[0]);
  time = qs_thread_handle_get_time (&handles[0]);
  if (time < 0)
    return GINT_TO_POINTER (TRUE);

  /* It used what it used, and the caller, who waits for it, nothing. */
  while (qs_thread_handle_get_time (&handles[0]) < time + 2000000)
    ;
  time = qs_thread_handle_get_time (&handles[1]);
  g_usleep (1000);
  g_assert_cmpint (qs_thread_handle_get_time (&handles[1]), ==, time);

  /* Away from here means wherever else there is a processor, and then back. */
  g_assert_true (qs_thread_handle_move_here (&handles[1]));
  g_assert_true (qs_thread_handle_move_away (&handles[1]));
  g_assert_cmpint (qs_thread_get_processor (), >=, 0);
  return GINT_TO_POINTER (TRUE);
}

static void
test_handle (void)
{
  QsThreadHandle handles[2] = { 0 };
  GThread *thread;

  g_assert_cmpint (qs_thread_handle_get_time (&handles[0]), ==, -1);
  g_assert_false (qs_thread_handle_move_here (&handles[0]));
  qs_thread_handle_init_self (&handles[1]);
  thread = g_thread_new ("other", use_processor, handles);
  g_assert_true (GPOINTER_TO_INT (g_thread_join (thread)));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/core/thread-pool/every-item-once", test_every_item_once);
  g_test_add_func ("/core/thread-pool/many-small-runs", test_many_small_runs);
  g_test_add_func ("/core/thread-pool/default-size", test_default_size);
  g_test_add_func ("/core/thread-pool/start-and-stop", start_and_stop);
  g_test_add_func ("/core/thread-pool/nested", test_nested);
  g_test_add_func ("/core/thread-pool/two-callers", test_two_callers);
  g_test_add_func ("/core/thread-pool/no-more-than-processors", test_no_more_than_processors);
  g_test_add_func ("/core/thread-pool/gain", test_gain);
  g_test_add_func ("/core/thread-pool/handle", test_handle);

  return g_test_run ();
}
