/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* (transfer full) (array length=n): the numbers from 0 to @n - 1, shuffled by @seed; %NULL with an
 * error when there is not enough memory. */
guint32 *qs_sample_order_shuffle (gint64   n,
                                  guint64  seed,
                                  GError **error);

/* The next number of the generator whose state is @state. */
guint64  qs_sample_order_next    (guint64 *state);

G_END_DECLS
