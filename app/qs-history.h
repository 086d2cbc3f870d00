/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * QsSelectionKind:
 *
 * What is selected: nothing, a layer or a tensor.
 */
typedef enum
{
  QS_SELECTION_NONE,
  QS_SELECTION_LAYER,
  QS_SELECTION_TENSOR,
} QsSelectionKind;

/**
 * QsHistory:
 *
 * Where the selection has been, with a place in it, as in a web browser: going somewhere new
 * forgets what lay ahead.
 */
typedef struct _QsHistory QsHistory;

QsHistory       *qs_history_new            (void);
void             qs_history_free           (QsHistory       *self);
void             qs_history_clear          (QsHistory       *self);
gboolean         qs_history_visit          (QsHistory       *self,
                                            QsSelectionKind  kind,
                                            const char      *name);
gboolean         qs_history_can_step       (QsHistory       *self,
                                            int              by);
gboolean         qs_history_step           (QsHistory       *self,
                                            int              by);
QsSelectionKind  qs_history_get_kind       (QsHistory       *self);
const char      *qs_history_get_name       (QsHistory       *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsHistory, qs_history_free)

G_END_DECLS
