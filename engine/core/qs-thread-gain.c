/* SPDX-License-Identifier: MIT */
#include "qs-thread-gain.h"

/*
 * When other programs want the processors, waking threads and waiting for them can take longer
 * than what they do is worth. What they won or lost is added up. A loss of more than the limit
 * starts a pause in which one thread works alone; pauses double while the trials between them
 * fail, so that the trials cost 2 ms in a second at last, and halve when threads prove themselves.
 * What was won before counts, up to a limit, so that a single interruption starts no pause.
 */
#define LOSS_LIMIT 2000
#define GAIN_LIMIT 4000
#define FIRST_PAUSE 10000
#define LONGEST_PAUSE 1000000
/* Threads have to win this part of the time they take, for what they take from others. */
#define DEMANDED_PART 32

/**
 * qs_thread_gain_is_pausing:
 *
 * Returns: whether one thread should work alone at @now
 */
gboolean
qs_thread_gain_is_pausing (const QsThreadGain *self,
                           gint64              now)
{
  return now < self->alone_until;
}

/**
 * qs_thread_gain_learn:
 * @now: when a run of several threads ended
 * @elapsed: how long it took, waking and waiting for threads included
 * @alone: how long one thread would have taken
 *
 * Takes note of a run.
 */
void
qs_thread_gain_learn (QsThreadGain *self,
                      gint64        now,
                      gint64        elapsed,
                      gint64        alone)
{
  self->balance += alone - elapsed - elapsed / DEMANDED_PART;

  if (self->balance < -LOSS_LIMIT)
    {
      self->pause = CLAMP (self->pause * 2, FIRST_PAUSE, LONGEST_PAUSE);
      self->alone_until = now + self->pause;
      self->balance = 0;
    }
  else if (self->balance > GAIN_LIMIT)
    {
      self->balance = GAIN_LIMIT / 2;
      self->pause /= 2;
    }
}
