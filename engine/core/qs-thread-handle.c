/* SPDX-License-Identifier: MIT */
#include "qs-thread-handle.h"

#ifdef __linux__

#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/**
 * qs_thread_handle_init_self:
 *
 * Makes @self stand for the calling thread. It may be used while that thread lives.
 */
void
qs_thread_handle_init_self (QsThreadHandle *self)
{
  clockid_t clock;

  if (pthread_getcpuclockid (pthread_self (), &clock) != 0)
    return;
  self->clock = clock;
  self->id = (int) syscall (SYS_gettid);
}

/**
 * qs_thread_handle_get_time:
 *
 * Returns: nanoseconds that processors have spent on the thread, -1 when it is not known. Between
 * two calls it stands still only when the thread sleeps, or wants to run and is not let.
 */
gint64
qs_thread_handle_get_time (const QsThreadHandle *self)
{
  struct timespec time;

  if (self->id == 0 || clock_gettime (self->clock, &time) != 0)
    return -1;
  return (gint64) time.tv_sec * G_GINT64_CONSTANT (1000000000) + time.tv_nsec;
}

/**
 * qs_thread_handle_move_here:
 *
 * Moves the thread to the processor of the caller, which should go to sleep then. If it was
 * waiting for another processor, it runs as soon as the caller sleeps.
 *
 * Returns: whether it was moved
 */
gboolean
qs_thread_handle_move_here (const QsThreadHandle *self)
{
  const int processor = sched_getcpu ();
  cpu_set_t set;

  if (self->id == 0 || processor < 0 || processor >= CPU_SETSIZE)
    return FALSE;

  CPU_ZERO (&set);
  CPU_SET (processor, &set);
  return sched_setaffinity (self->id, sizeof set, &set) == 0;
}

/**
 * qs_thread_handle_move_away:
 *
 * Lets the thread use every processor that the caller may use, except the one where the caller is
 * now. Where there is no other, it may use that one.
 *
 * Returns: whether this was done
 */
gboolean
qs_thread_handle_move_away (const QsThreadHandle *self)
{
  const int processor = sched_getcpu ();
  cpu_set_t set;

  /* More processors than the set has room for are an error, and then nothing is moved. */
  if (self->id == 0 || sched_getaffinity (0, sizeof set, &set) != 0)
    return FALSE;

  if (processor >= 0 && processor < CPU_SETSIZE && CPU_COUNT (&set) > 1)
    CPU_CLR (processor, &set);
  return sched_setaffinity (self->id, sizeof set, &set) == 0;
}

/**
 * qs_thread_get_processor:
 *
 * Returns: the number of the processor that runs the caller, -1 when it is not known
 */
int
qs_thread_get_processor (void)
{
  return sched_getcpu ();
}

#else

void
qs_thread_handle_init_self (QsThreadHandle *self)
{
}

gint64
qs_thread_handle_get_time (const QsThreadHandle *self)
{
  return -1;
}

gboolean
qs_thread_handle_move_here (const QsThreadHandle *self)
{
  return FALSE;
}

gboolean
qs_thread_handle_move_away (const QsThreadHandle *self)
{
  return FALSE;
}

int
qs_thread_get_processor (void)
{
  return -1;
}

#endif
