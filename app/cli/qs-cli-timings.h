/* SPDX-License-Identifier: MIT */
#pragma once

#include "builder/qs-timing-cache.h"
#include "qs-cli.h"

G_BEGIN_DECLS

/* The times in the file that `--timing-cache` names: %NULL without an error when it names none. */
gboolean qs_cli_timings_open  (QsCli          *cli,
                               QsTimingCache **timings,
                               GError        **error);
/* Writes what a build added, and says what the build took from the cache. */
gboolean qs_cli_timings_close (QsCli          *cli,
                               QsTimingCache  *timings,
                               GError        **error);

G_END_DECLS
