/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * QsThreadHandle:
 * @id: the kernel's number of a thread, 0 where the system has none
 * @clock: clock of the time that a processor spent on it
 *
 * A thread, as others of the same process see it: whether it gets a processor, and which. Only
 * Linux tells; elsewhere nothing is known and nothing is moved.
 */
typedef struct
{
  int id;
  int clock;
} QsThreadHandle;

void     qs_thread_handle_init_self (QsThreadHandle       *self);
gint64   qs_thread_handle_get_time  (const QsThreadHandle *self);
gboolean qs_thread_handle_move_here (const QsThreadHandle *self);
gboolean qs_thread_handle_move_away (const QsThreadHandle *self);
int      qs_thread_get_processor    (void);

G_END_DECLS
