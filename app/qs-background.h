/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * QsBackgroundStep:
 *
 * One small piece of the work on @data. It runs on the engine's thread, and never while the
 * window's thread may look at @data.
 *
 * Returns: whether there is more to do
 */
typedef gboolean (*QsBackgroundStep) (gpointer data);

/**
 * QsBackground:
 *
 * Work that nobody waits for, in small steps on the engine's thread: it can be paused when other
 * work needs the thread, and goes on where it was.
 *
 * ::done is emitted in the window's thread when there is nothing left to do.
 */
#define QS_TYPE_BACKGROUND (qs_background_get_type ())
G_DECLARE_FINAL_TYPE (QsBackground, qs_background, QS, BACKGROUND, GObject)

/* @free_data may be called on either thread. */
QsBackground *qs_background_new        (QsBackgroundStep  step,
                                        gpointer          data,
                                        GDestroyNotify    free_data);
void          qs_background_set_paused (QsBackground     *self,
                                        gboolean          is_paused);
/* For good: ::done is not emitted any more. */
void          qs_background_stop       (QsBackground     *self);
gboolean      qs_background_is_done    (QsBackground     *self);
/* Only once it is done. */
gpointer      qs_background_get_data   (QsBackground     *self);

G_END_DECLS
