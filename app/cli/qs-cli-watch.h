/* SPDX-License-Identifier: MIT */
#pragma once

#include "core/qs-progress.h"

G_BEGIN_DECLS

/* A thread beside the work: it draws a line of progress on stderr where that is a terminal, and
 * cancels the work on SIGINT and SIGTERM. A second signal ends the program at once. */

void qs_cli_watch_install (void);
void qs_cli_watch_start   (QsProgress *progress);
void qs_cli_watch_stop    (void);

G_END_DECLS
