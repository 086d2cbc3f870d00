/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The emulated device as the host sees it: memory that only kernels and copies can touch, and
 * launches. One device, used by one thread at a time.
 */

#define QS_EMULATED_SHARED_MEMORY (227 << 10)

/* %NULL when there is none left. */
gpointer    qs_emulator_allocate     (gsize          size);
gboolean    qs_emulator_free         (gpointer       memory);
gsize       qs_emulator_get_used     (void);
gboolean    qs_emulator_copy_in      (gpointer       to,
                                      gconstpointer  from,
                                      gsize          size);
gboolean    qs_emulator_copy_out     (gpointer       to,
                                      gconstpointer  from,
                                      gsize          size);
gboolean    qs_emulator_fill         (gpointer       to,
                                      guint8         value,
                                      gsize          size);
/* Position in the list of kernels, 0 for none of that name. */
gsize       qs_emulator_find         (const char    *name);
gsize       qs_emulator_get_args_size (gsize         kernel);
/* Runs all blocks. */
gboolean    qs_emulator_launch       (gsize          kernel,
                                      const guint    grid[3],
                                      guint          n_threads,
                                      gsize          shared_size,
                                      gconstpointer  args);
/* What was wrong in the last launch or copy. */
const char *qs_emulator_get_message  (void);

G_END_DECLS
