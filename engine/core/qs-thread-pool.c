/* SPDX-License-Identifier: MIT */
#include "qs-thread-pool.h"

struct _QsThreadPool
{
  guint n_threads;
};

/**
 * qs_thread_pool_new:
 * @n_threads: threads that work, the caller included; 0 for one per processor
 */
QsThreadPool *
qs_thread_pool_new (guint n_threads)
{
  QsThreadPool *self = g_new0 (QsThreadPool, 1);

  self->n_threads = n_threads > 0 ? n_threads : g_get_num_processors ();
  return self;
}

void
qs_thread_pool_free (QsThreadPool *self)
{
  g_free (self);
}

guint
qs_thread_pool_get_n_threads (QsThreadPool *self)
{
  return self->n_threads;
}

/**
 * qs_thread_pool_run:
 * @n_items: how many items there are
 * @chunk: items per chunk, at least 1
 * @func: called once for every chunk
 *
 * Runs @func over all items and returns when all are done.
 */
void
qs_thread_pool_run (QsThreadPool     *self,
                    gint64            n_items,
                    gint64            chunk,
                    QsThreadPoolFunc  func,
                    gpointer          user_data)
{
  for (gint64 first = 0; first < n_items; first += chunk)
    func (first, MIN (first + chunk, n_items), 0, user_data);
}
