/* SPDX-License-Identifier: MIT */
#include "qs-thread-pool.h"

#include <stdatomic.h>
#include <stdbool.h>

#include "qs-thread-gain.h"
#include "qs-thread-handle.h"

/*
 * How a run works: the caller writes the job, opens a new generation of the ticket and starts
 * taking chunks itself. A worker that sees an open generation joins it by adding one to the
 * ticket, takes chunks until there are none, and leaves. When the caller finds no chunk it closes
 * the ticket, which tells it how many joined, and waits for those alone: a worker that never woke
 * is not waited for, so a small job costs no more than it would on one thread. No more workers are
 * woken and may join than there are chunks and processors for.
 *
 * Every thread has a part of the items, always the same one, so that what a layer reads lies where
 * the thread wrote it in the layer before: in its processor's own cache. It takes chunks of its part,
 * and when there are none, of the others'.
 *
 * Waiting is a short spin and then sleep. Layers follow each other within microseconds, which is
 * what the spin is for; spinning any longer would take the processor from other programs.
 *
 * Other programs may want the processors, too. A worker that joined has to be waited for, and when
 * its processor is taken in the middle of a chunk, it gets another one only milliseconds later,
 * many layers' time. Four things keep that from happening, or short:
 *
 *  - The caller sees by a worker's processor time that it is not running, moves it to its own
 *    processor and goes to sleep, so that the chunk is finished at once.
 *  - Workers then sleep without spinning for a while. Who has slept is let on first.
 *  - A worker that finds itself on the caller's processor, where it can only be in the way, is sent
 *    to the others.
 *  - QsThreadGain adds up what the workers win, and the caller works alone while that is nothing.
 *
 * Results are the same in any case.
 */

#define WORKER_SPIN 50
#define CALLER_SPIN 30
/* A worker that is running has used processor time in a watch this long. */
#define WATCH 20
#define N_WATCHES 15
/* How long after a worker's processor was taken workers do not spin. */
#define CONTENDED 20000
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
  QsThreadHandle handle;  /* valid when the worker is inside */
  atomic_bool inside;     /* has joined and not left */
  gint64 processor_time;  /* the caller's: when it last looked */
  gboolean is_here;       /* the caller's: was moved to its processor */
  atomic_bool is_in_way;  /* ran on the caller's processor */
} QsWorker;

/* Items that one thread does first. */
typedef struct
{
  _Atomic gint64 next;
  gint64 end;
  guint8 padding[112]; /* two cache lines apart from the next, as processors fetch pairs of lines */
} QsPart;

struct _QsThreadPool
{
  guint n_threads;
  guint n_workers;
  guint n_processors;
  QsWorker *workers;

  QsJob job;
  atomic_uint n_wanted; /* workers that may join */
  QsThreadGain gain;
  int caller_processor;
  atomic_bool any_in_way;
  _Atomic gint64 contended_until;
  atomic_bool busy;
  atomic_bool stop;
  QsPart *parts;
  guint n_parts;
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

/* One part for everyone who may join, at borders of chunks. */
static void
cut_into_parts (QsThreadPool *self,
                guint         n_parts)
{
  const QsJob *job = &self->job;
  const gint64 n_chunks = (job->n_items - 1) / job->chunk + 1;
  const gint64 share = n_chunks / n_parts, rest = n_chunks % n_parts;
  gint64 chunk = 0;

  self->n_parts = n_parts;
  for (guint i = 0; i < n_parts; i++)
    {
      QsPart *part = &self->parts[i];

      atomic_store_explicit (&part->next, chunk * job->chunk, memory_order_relaxed);
      chunk += share + (i < rest);
      part->end = MIN (chunk * job->chunk, job->n_items);
    }
}

/* Returns how many items it did. */
static gint64
take_part (QsPart      *self,
           const QsJob *job,
           guint        index)
{
  gint64 n = 0;

  for (;;)
    {
      gint64 first = atomic_fetch_add_explicit (&self->next, job->chunk, memory_order_relaxed);
      gint64 last = MIN (first + job->chunk, self->end);

      if (first >= self->end)
        return n;
      job->func (first, last, index, job->user_data);
      n += last - first;
    }
}

/* First its own part, then what others have not come to. Returns how many items it did. */
static gint64
take_chunks (QsThreadPool *self,
             guint         index)
{
  gint64 n = 0;

  for (guint i = 0; i < self->n_parts; i++)
    n += take_part (&self->parts[(index + i) % self->n_parts], &self->job, index);

  return n;
}

static gboolean
is_open (guint64 ticket)
{
  return (ticket & OPEN_BIT) != 0;
}

/* Joins the open generation unless it is full. Returns whether it did; @generation gets the one
 * that was looked at, 0 when none is open any more. */
static gboolean
join (QsThreadPool *self,
      guint64      *generation)
{
  guint64 ticket = atomic_load (&self->ticket);

  while (is_open (ticket) && (ticket & JOINED_MASK) < atomic_load (&self->n_wanted))
    if (atomic_compare_exchange_weak (&self->ticket, &ticket, ticket + 1))
      {
        *generation = ticket & ~JOINED_MASK;
        return TRUE;
      }

  *generation = is_open (ticket) ? ticket & ~JOINED_MASK : 0;
  return FALSE;
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
  const gint64 start = g_get_monotonic_time ();

  if (start < atomic_load (&self->contended_until))
    return has_news (self, last_generation);

  do
    {
      for (int i = 0; i < 32; i++)
        {
          if (has_news (self, last_generation))
            return TRUE;
          relax ();
        }
    }
  while (g_get_monotonic_time () < start + WORKER_SPIN);

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

static void
work (QsWorker *self)
{
  QsThreadPool *pool = self->pool;

  atomic_store (&self->inside, true);
  if (qs_thread_get_processor () == pool->caller_processor)
    {
      atomic_store (&self->is_in_way, true);
      atomic_store (&pool->any_in_way, true);
    }

  take_chunks (pool, self->index);
  atomic_store (&self->inside, false);
  leave (pool);
}

static gpointer
worker_main (gpointer data)
{
  QsWorker *worker = data;
  QsThreadPool *self = worker->pool;
  guint64 generation = 0;

  qs_thread_handle_init_self (&worker->handle);
  for (;;)
    {
      wait_for_news (self, generation);
      if (atomic_load (&self->stop))
        return NULL;
      if (join (self, &generation))
        work (worker);
    }
}

static void
wake_workers (QsThreadPool *self)
{
  const int n_sleeping = atomic_load (&self->n_sleeping);
  const int n_awake = (int) self->n_workers - n_sleeping;
  const int n = (int) atomic_load (&self->n_wanted) - n_awake;

  if (n <= 0)
    return;

  /* Who is about to sleep has the mutex and looks for news under it. */
  g_mutex_lock (&self->mutex);
  g_mutex_unlock (&self->mutex);
  if (n >= n_sleeping)
    g_cond_broadcast (&self->work_cond);
  else
    for (int i = 0; i < n; i++)
      g_cond_signal (&self->work_cond);
}

/* Until the workers left or the time is over; returns whether they left. */
static gboolean
spin_for_leavers (QsThreadPool *self,
                  guint64       n_joined,
                  gint64        microseconds)
{
  const gint64 end = g_get_monotonic_time () + microseconds;

  do
    {
      for (int i = 0; i < 32; i++)
        {
          if (atomic_load (&self->n_left) == n_joined)
            return TRUE;
          relax ();
        }
    }
  while (g_get_monotonic_time () < end);

  return FALSE;
}

static gboolean
sleep_for_leavers (QsThreadPool *self,
                   guint64       n_joined,
                   gint64        microseconds)
{
  const gint64 end = g_get_monotonic_time () + microseconds;
  gboolean in_time = TRUE;

  g_mutex_lock (&self->mutex);
  atomic_store (&self->caller_sleeping, true);
  while (in_time && atomic_load (&self->n_left) != n_joined)
    in_time = g_cond_wait_until (&self->done_cond, &self->mutex, end);
  atomic_store (&self->caller_sleeping, false);
  g_mutex_unlock (&self->mutex);

  return atomic_load (&self->n_left) == n_joined;
}

static void
look_at_workers (QsThreadPool *self)
{
  for (guint i = 0; i < self->n_workers; i++)
    {
      QsWorker *worker = &self->workers[i];

      worker->processor_time = -1;
      if (atomic_load (&worker->inside))
        worker->processor_time = qs_thread_handle_get_time (&worker->handle);
    }
}

/* A worker that used no processor time since the last look is moved to this processor. Returns
 * whether there was one. */
static gboolean
fetch_waiting_workers (QsThreadPool *self)
{
  gboolean any = FALSE;

  for (guint i = 0; i < self->n_workers; i++)
    {
      QsWorker *worker = &self->workers[i];

      if (worker->processor_time < 0 || worker->is_here || !atomic_load (&worker->inside)
          || qs_thread_handle_get_time (&worker->handle) != worker->processor_time)
        continue;

      atomic_store (&self->contended_until, g_get_monotonic_time () + CONTENDED);
      worker->is_here = qs_thread_handle_move_here (&worker->handle);
      any = TRUE;
    }

  return any;
}

static void
wait_for_leavers (QsThreadPool *self,
                  guint64       n_joined)
{
  if (spin_for_leavers (self, n_joined, CALLER_SPIN))
    return;

  /* While they run they are soon done, and who sleeps may have to wait for a processor then. */
  for (int i = 0; i < N_WATCHES; i++)
    {
      look_at_workers (self);
      if (spin_for_leavers (self, n_joined, WATCH))
        return;
      if (fetch_waiting_workers (self))
        break;
    }

  for (look_at_workers (self); !sleep_for_leavers (self, n_joined, N_WATCHES * WATCH);
       look_at_workers (self))
    fetch_waiting_workers (self);
}

/* Sends workers to other processors than the caller's: those that were fetched, and those that the
 * system put here. */
static void
send_workers_away (QsThreadPool *self)
{
  const gboolean any = atomic_exchange (&self->any_in_way, false);

  for (guint i = 0; i < self->n_workers; i++)
    {
      QsWorker *worker = &self->workers[i];

      if (worker->is_here || (any && atomic_exchange (&worker->is_in_way, false)))
        qs_thread_handle_move_away (&worker->handle);
      worker->is_here = FALSE;
    }
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

  self->n_processors = g_get_num_processors ();
  self->n_threads = n_threads > 0 ? n_threads : self->n_processors;
  g_mutex_init (&self->mutex);
  g_cond_init (&self->work_cond);
  g_cond_init (&self->done_cond);
  self->parts = g_new0 (QsPart, self->n_threads);
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
  g_free (self->parts);
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

static guint
count_wanted (QsThreadPool *self,
              gint64        n_chunks)
{
  return (guint) MIN (MIN (self->n_workers, self->n_processors - 1), n_chunks - 1);
}

static void
run_together (QsThreadPool *self,
              gint64        start)
{
  guint64 n_joined;
  gint64 alone, end, n;

  cut_into_parts (self, self->n_wanted + 1);
  atomic_store (&self->n_left, 0);
  atomic_fetch_add (&self->ticket, OPEN_BIT);
  wake_workers (self);
  alone = -g_get_monotonic_time ();
  n = take_chunks (self, 0);
  alone += g_get_monotonic_time ();
  n_joined = close_ticket (self);
  if (n_joined > 0)
    {
      wait_for_leavers (self, n_joined);
      send_workers_away (self);
    }

  end = g_get_monotonic_time ();
  if (n > 0)
    qs_thread_gain_learn (&self->gain, end, end - start,
                          (gint64) ((double) alone * (double) self->job.n_items / (double) n));
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
  gint64 start;
  guint n_wanted;

  chunk = MAX (chunk, 1);

  if (self->n_workers == 0 || n_items <= chunk || !take_pool (self))
    {
      run_alone (n_items, chunk, func, user_data);
      return;
    }

  start = g_get_monotonic_time ();
  n_wanted = count_wanted (self, (n_items - 1) / chunk + 1);
  if (n_wanted == 0 || qs_thread_gain_is_pausing (&self->gain, start))
    {
      run_alone (n_items, chunk, func, user_data);
    }
  else
    {
      self->job = (QsJob) { func, user_data, n_items, chunk };
      atomic_store (&self->n_wanted, n_wanted);
      self->caller_processor = qs_thread_get_processor ();
      run_together (self, start);
    }
  atomic_store (&self->busy, false);
}

/**
 * qs_thread_pool_forget:
 *
 * Forgets what threads gained in earlier runs, and with it a pause: the next run is not to depend on
 * them. Nobody may be running the pool.
 */
void
qs_thread_pool_forget (QsThreadPool *self)
{
  self->gain = (QsThreadGain) { 0 };
  atomic_store (&self->contended_until, 0);
}
