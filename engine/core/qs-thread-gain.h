/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * QsThreadGain:
 * @balance: microseconds that several threads won lately, less those they lost
 * @pause: how long the last pause was
 * @alone_until: when the present one ends
 *
 * Whether it pays to work with several threads. All zero is a good start. Times are microseconds
 * of any clock that only goes forward.
 */
typedef struct
{
  gint64 balance;
  gint64 pause;
  gint64 alone_until;
} QsThreadGain;

gboolean qs_thread_gain_is_pausing (const QsThreadGain *self,
                                    gint64              now);
void     qs_thread_gain_learn      (QsThreadGain       *self,
                                    gint64              now,
                                    gint64              elapsed,
                                    gint64              alone);

G_END_DECLS
