/* SPDX-License-Identifier: MIT */
#include "qs-thread-pool.h"

#include <stdatomic.h>
#include <stdbool.h>

/*
 * How a run works: the caller writes the job, opens a new generation of the ticket and starts
 * taking chunks itself. A worker that sees an open generation joins it by adding one to the
 * ticket, takes chunks until there are none, and leaves. When the caller finds no chunk it closes
 * the ticket, which tells it how many joined, and waits for those alone: a worker that never woke
 * is not waited for, so a small job costs no more than it would on one thread.
 *
 * Waiting is a short spin and then sleep. Layers follow each other within microseconds, which is
 * what the spin is for; spinning any longer would take the processor from other programs.
 */

#define SPIN_MICROSECONDS 15
#define OPEN_BIT (G_GUINT64_CONSTANT (1) << 32)
#define JOINED_MASK G_GUINT64_CONSTANT (0xffffffff)

typedef struct
{
  QsThreadPoolFunc func;
  gpointer user_data;
  gint64 n_items;
  gint64 chunk;
} QsJob;

typedef struct
{
  QsThreadPool *pool;
  GThread *thread;
  guint index;
} QsWorker;

struct _QsThreadPool
{
  guint n_threads;
  guint n_workers;
  QsWorker *workers;
  gboolean spin;

  QsJob job;
  atomic_bool busy;
  atomic_bool stop;
  _Atomic gint64 next_item;
  /* The upper half counts generations, odd ones are open; the lower half counts who joined. */
  _Atomic guint64 ticket;
  _Atomic guint64 n_left;

  GMutex mutex;
  GCond work_cond;
  GCond done_cond;
  atomic_int n_sleeping;
  atomic_bool caller_sleeping;
};

static inline void
relax (void)
{
#if defined (__x86_64__) || defined (__i386__)
  __builtin_ia32_pause ();
#elif defined (__aarch64__)
  __asm__ volatile ("yield");
#endif
}

/* A pool thread must not start the pool again and a second caller must not wait for the first:
 * both do their work alone. */
static gboolean
take_pool (QsThreadPool *self)
{
  return !atomic_exchange (&self->busy, true);
}

static void
take_chunks (QsThreadPool *self,
             const QsJob  *job,
             guint         index)
{
  for (;;)
    {
      gint64 first = atomic_fetch_add_explicit (&self->next_item, job->chunk, memory_order_relaxed);

      if (first >= job->n_items)
        return;
      job->func (first, MIN (first + job->chunk, job->n_items), index, job->user_data);
    }
}

static gboolean
is_open (guint64 ticket)
{
  return (ticket & OPEN_BIT) != 0;
}

/* Joins the open generation and returns it, or 0 when none is open any more. */
static guint64
join (QsThreadPool *self)
{
  guint64 ticket = atomic_load (&self->ticket);

  while (is_open (ticket))
    if (atomic_compare_exchange_weak (&self->ticket, &ticket, ticket + 1))
      return ticket & ~JOINED_MASK;

  return 0;
}

static void
leave (QsThreadPool *self)
{
  atomic_fetch_add (&self->n_left, 1);

  if (atomic_load (&self->caller_sleeping))
    {
      g_mutex_lock (&self->mutex);
      g_cond_signal (&self->done_cond);
      g_mutex_unlock (&self->mutex);
    }
}

/* Whether there is something new: a generation this worker has not been in, or the end. */
static gboolean
has_news (QsThreadPool *self,
          guint64       last_generation)
{
  guint64 ticket = atomic_load (&self->ticket);

  return (is_open (ticket) && (ticket & ~JOINED_MASK) != last_generation)
         || atomic_load (&self->stop);
}

static gboolean
spin_for_news (QsThreadPool *self,
               guint64       last_generation)
{
  gint64 end;

  if (!self->spin)
    return has_news (self, last_generation);

  end = g_get_monotonic_time () + SPIN_MICROSECONDS;
  do
    {
      for (int i = 0; i < 32; i++)
        {
          if (has_news (self, last_generation))
            return TRUE;
          relax ();
        }
    }
  while (g_get_monotonic_time () < end);

  return FALSE;
}

static void
wait_for_news (QsThreadPool *self,
               guint64       last_generation)
{
  if (spin_for_news (self, last_generation))
    return;

  g_mutex_lock (&self->mutex);
  atomic_fetch_add (&self->n_sleeping, 1);
  while (!has_news (self, last_generation))
    g_cond_wait (&self->work_cond, &self->mutex);
  atomic_fetch_sub (&self->n_sleeping, 1);
  g_mutex_unlock (&self->mutex);
}

static gpointer
worker_main (gpointer data)
{
  QsWorker *worker = data;
  QsThreadPool *self = worker->pool;
  guint64 generation = 0;

  for (;;)
    {
      wait_for_news (self, generation);
      if (atomic_load (&self->stop))
        return NULL;
      generation = join (self);
      if (generation == 0)
        continue;
      take_chunks (self, &self->job, worker->index);
      leave (self);
    }
}

static void
wake_workers (QsThreadPool *self)
{
  if (atomic_load (&self->n_sleeping) == 0)
    return;

  g_mutex_lock (&self->mutex);
  g_cond_broadcast (&self->work_cond);
  g_mutex_unlock (&self->mutex);
}

static void
wait_for_leavers (QsThreadPool *self,
                  guint64       n_joined)
{
  gint64 end = g_get_monotonic_time () + (self->spin ? SPIN_MICROSECONDS : 0);

  while (atomic_load (&self->n_left) != n_joined && g_get_monotonic_time () < end)
    relax ();
  if (atomic_load (&self->n_left) == n_joined)
    return;

  g_mutex_lock (&self->mutex);
  atomic_store (&self->caller_sleeping, true);
  while (atomic_load (&self->n_left) != n_joined)
    g_cond_wait (&self->done_cond, &self->mutex);
  atomic_store (&self->caller_sleeping, false);
  g_mutex_unlock (&self->mutex);
}

/* Ends the generation; returns how many workers joined it. */
static guint64
close_ticket (QsThreadPool *self)
{
  guint64 ticket = atomic_load (&self->ticket);

  while (!atomic_compare_exchange_weak (&self->ticket, &ticket,
                                        (ticket & ~JOINED_MASK) + OPEN_BIT))
    ;

  return ticket & JOINED_MASK;
}

static void
start_workers (QsThreadPool *self)
{
  self->workers = g_new0 (QsWorker, self->n_threads - 1);

  for (guint i = 0; i + 1 < self->n_threads; i++)
    {
      QsWorker *worker = &self->workers[i];

      worker->pool = self;
      worker->index = i + 1;
      worker->thread = g_thread_try_new ("quantoscope", worker_main, worker, NULL);
      /* A system that gives no more threads gets its work done by those there are. */
      if (worker->thread == NULL)
        return;
      self->n_workers++;
    }
}

/**
 * qs_thread_pool_new:
 * @n_threads: threads that work, the caller included; 0 for one per processor
 */
QsThreadPool *
qs_thread_pool_new (guint n_threads)
{
  QsThreadPool *self = g_new0 (QsThreadPool, 1);
  guint n_processors = g_get_num_processors ();

  self->n_threads = n_threads > 0 ? n_threads : n_processors;
  /* With more threads than processors, whoever spins keeps another from working. */
  self->spin = self->n_threads <= n_processors;
  g_mutex_init (&self->mutex);
  g_cond_init (&self->work_cond);
  g_cond_init (&self->done_cond);
  if (self->n_threads > 1)
    start_workers (self);

  return self;
}

/**
 * qs_thread_pool_free:
 * @self: (nullable): a pool that nobody is running
 *
 * Ends the threads.
 */
void
qs_thread_pool_free (QsThreadPool *self)
{
  if (self == NULL)
    return;

  atomic_store (&self->stop, true);
  g_mutex_lock (&self->mutex);
  g_cond_broadcast (&self->work_cond);
  g_mutex_unlock (&self->mutex);
  for (guint i = 0; i < self->n_workers; i++)
    g_thread_join (self->workers[i].thread);

  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->work_cond);
  g_cond_clear (&self->done_cond);
  g_free (self->workers);
  g_free (self);
}

guint
qs_thread_pool_get_n_threads (QsThreadPool *self)
{
  return self->n_threads;
}

static void
run_alone (gint64           n_items,
           gint64           chunk,
           QsThreadPoolFunc func,
           gpointer         user_data)
{
  for (gint64 first = 0; first < n_items; first += chunk)
    func (first, MIN (first + chunk, n_items), 0, user_data);
}

static void
run_together (QsThreadPool *self)
{
  atomic_store (&self->next_item, 0);
  atomic_store (&self->n_left, 0);
  atomic_fetch_add (&self->ticket, OPEN_BIT);
  wake_workers (self);
  take_chunks (self, &self->job, 0);
  wait_for_leavers (self, close_ticket (self));
}

/**
 * qs_thread_pool_run:
 * @n_items: how many items there are
 * @chunk: items per chunk, at least 1
 * @func: called once for every chunk
 *
 * Runs @func over all items and returns when all are done. Which thread gets which chunk is not
 * defined, so @func must give every item the same result on each of them. A call from inside
 * @func, or from another thread while the pool is at work, runs on the calling thread alone.
 */
void
qs_thread_pool_run (QsThreadPool     *self,
                    gint64            n_items,
                    gint64            chunk,
                    QsThreadPoolFunc  func,
                    gpointer          user_data)
{
  chunk = MAX (chunk, 1);

  if (self->n_workers == 0 || n_items <= chunk || !take_pool (self))
    {
      run_alone (n_items, chunk, func, user_data);
      return;
    }

  self->job = (QsJob) { func, user_data, n_items, chunk };
  run_together (self);
  atomic_store (&self->busy, false);
}
