/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * The one thread on which the engine works. Jobs run one after the other, so that two builds never
 * time their kernels against each other; the window's thread never waits for them.
 */

/**
 * QsWorkerFunc:
 * @task: has to be returned before the function ends
 *
 * A job. It runs on the engine's thread.
 */
typedef void (*QsWorkerFunc) (GTask *task);

void qs_worker_run  (GTask        *task,
                     QsWorkerFunc  func);
void qs_worker_stop (void);

G_END_DECLS
