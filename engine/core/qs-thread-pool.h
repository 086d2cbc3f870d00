/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * QsThreadPool:
 *
 * Worker threads for one engine. The calling thread works too, so a pool of one thread starts
 * none. Work is cut into chunks that threads take as they become free; which thread takes which
 * chunk never changes a result.
 */
typedef struct _QsThreadPool QsThreadPool;

/**
 * QsThreadPoolFunc:
 * @first: first item of the chunk
 * @last: one past its last item
 * @thread: 0 … n_threads - 1, for per-thread scratch memory
 */
typedef void (*QsThreadPoolFunc) (gint64   first,
                                  gint64   last,
                                  guint    thread,
                                  gpointer user_data);

QsThreadPool *qs_thread_pool_new           (guint             n_threads);
void          qs_thread_pool_free          (QsThreadPool     *self);
guint         qs_thread_pool_get_n_threads (QsThreadPool     *self);
void          qs_thread_pool_run           (QsThreadPool     *self,
                                            gint64            n_items,
                                            gint64            chunk,
                                            QsThreadPoolFunc  func,
                                            gpointer          user_data);
void          qs_thread_pool_forget        (QsThreadPool     *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsThreadPool, qs_thread_pool_free)

G_END_DECLS
