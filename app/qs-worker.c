/* SPDX-License-Identifier: MIT */
#include "qs-worker.h"

typedef struct
{
  GTask *task;
  QsWorkerFunc func; /* NULL ends the thread */
} QsWorkerItem;

static GAsyncQueue *worker_queue;
static GThread *worker_thread;

static gpointer
worker_main (gpointer data)
{
  for (;;)
    {
      g_autofree QsWorkerItem *item = g_async_queue_pop (worker_queue);

      if (item->func == NULL)
        return NULL;

      if (!g_task_return_error_if_cancelled (item->task))
        item->func (item->task);
      g_object_unref (item->task);
    }
}

static void
worker_push (GTask        *task,
             QsWorkerFunc  func)
{
  QsWorkerItem *item = g_new (QsWorkerItem, 1);

  item->task = task;
  item->func = func;
  g_async_queue_push (worker_queue, item);
}

/**
 * qs_worker_run:
 *
 * Queues @func for the engine's thread; the thread starts with the first job. Main thread only. A
 * pool of threads (g_task_run_in_thread) is no place for minutes of work: others share it.
 */
void
qs_worker_run (GTask        *task,
               QsWorkerFunc  func)
{
  g_return_if_fail (G_IS_TASK (task));
  g_return_if_fail (func != NULL);

  if (worker_queue == NULL)
    worker_queue = g_async_queue_new ();
  if (worker_thread == NULL)
    worker_thread = g_thread_new ("engine", worker_main, NULL);

  worker_push (g_object_ref (task), func);
}

/**
 * qs_worker_stop:
 *
 * Waits for the queued jobs and ends the thread. Whoever calls it has cancelled them.
 */
void
qs_worker_stop (void)
{
  if (worker_thread == NULL)
    return;

  worker_push (NULL, NULL);
  g_thread_join (g_steal_pointer (&worker_thread));
}
