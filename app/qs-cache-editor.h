/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "calibration/qs-scale-file.h"

G_BEGIN_DECLS

/**
 * QsCacheEditor:
 *
 * An opened file of scales with the changes that were made to it. Every change can be undone; one
 * that is refused leaves everything as it is.
 *
 * ::changed is emitted after a change, undone ones included.
 */
#define QS_TYPE_CACHE_EDITOR (qs_cache_editor_get_type ())
G_DECLARE_FINAL_TYPE (QsCacheEditor, qs_cache_editor, QS, CACHE_EDITOR, GObject)

QsCacheEditor *qs_cache_editor_new         (const char     *name,
                                            QsScaleFile    *file);
/* The name of the file that was opened. */
const char    *qs_cache_editor_get_name    (QsCacheEditor  *self);
/* As it is now. */
QsScaleFile   *qs_cache_editor_get_file    (QsCacheEditor  *self);
gboolean       qs_cache_editor_set_scale   (QsCacheEditor  *self,
                                            const char     *tensor,
                                            float           scale,
                                            GError        **error);
gboolean       qs_cache_editor_set_header  (QsCacheEditor  *self,
                                            const char     *header,
                                            GError        **error);
gboolean       qs_cache_editor_can_undo    (QsCacheEditor  *self);
gboolean       qs_cache_editor_can_redo    (QsCacheEditor  *self);
void           qs_cache_editor_undo        (QsCacheEditor  *self);
void           qs_cache_editor_redo        (QsCacheEditor  *self);
/* Whether there are changes that no file has. */
gboolean       qs_cache_editor_is_modified (QsCacheEditor  *self);
void           qs_cache_editor_mark_saved  (QsCacheEditor  *self);

G_END_DECLS
