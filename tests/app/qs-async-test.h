/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A GAsyncReadyCallback that keeps the result for qs_async_test_wait (). */
void          qs_async_test_done (GObject      *object,
                                  GAsyncResult *result,
                                  gpointer      user_data);
/* (transfer full): runs the main loop until there is a result */
GAsyncResult *qs_async_test_wait (void);

G_END_DECLS
