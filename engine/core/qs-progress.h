/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define QS_TYPE_PROGRESS (qs_progress_get_type ())
G_DECLARE_FINAL_TYPE (QsProgress, qs_progress, QS, PROGRESS, GObject)

/*
 * The state of long work: what it is doing, how far it is, and the wish to stop it. The worker
 * writes from any thread; property notifications arrive, coalesced, on the main context that was
 * the thread default when the object was created. Every function takes %NULL for “nobody watches”.
 */

QsProgress   *qs_progress_new             (void);
void          qs_progress_set_phase       (QsProgress  *self,
                                           const char  *phase);
void          qs_progress_set_fraction    (QsProgress  *self,
                                           double       fraction);
void          qs_progress_set_range       (QsProgress  *self,
                                           double       first,
                                           double       last);
char         *qs_progress_dup_phase       (QsProgress  *self);
double        qs_progress_get_fraction    (QsProgress  *self);
void          qs_progress_cancel          (QsProgress  *self);
gboolean      qs_progress_is_cancelled    (QsProgress  *self);
gboolean      qs_progress_check           (QsProgress  *self,
                                           GError     **error);
GCancellable *qs_progress_get_cancellable (QsProgress  *self);

G_END_DECLS
