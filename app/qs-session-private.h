/* SPDX-License-Identifier: MIT */
#pragma once

#include "qs-session.h"
#include "qs-workspace.h"

G_BEGIN_DECLS

/*
 * What the session's own files share: what it works on, where the selection is and was, and the
 * one piece of long work under way.
 */
struct _QsSession
{
  GObject parent_instance;

  QsWorkspace work;
  QsHistory *history;
  QsFindingStore *findings;
  QsWeightStore *weights;

  QsLiveEffect *effect;
  QsLoaded *waiting;    /* (nullable): a model that waits for its dimensions */
  char *missing_data;   /* (nullable): what the last file lacked */

  QsProgress *progress; /* of the work under way */
  QsBuild *build;       /* while it runs */
  char *live_name;
  QsHistogram *live_histogram;
};

void        qs_session_emit_changed (QsSession  *self,
                                     const char *what);
/* After another document took the place of this one. */
void        qs_session_emit_all     (QsSession  *self);
/* Something of the document was made or changed that a file of it does not have. */
void        qs_session_mark_modified (QsSession *self);
/* Brings the engine in line with the ranges set by hand. */
void        qs_session_rescale      (QsSession  *self);
/* (nullable): the refit that undo (-1) or redo (1) comes to next. */
const QsRefitStep *qs_session_peek_refit (QsSession *self,
                                     int         by);
gboolean    qs_session_step_refit   (QsSession  *self,
                                     int         by);
/* What a document was read to. */
gboolean    qs_session_take_document (QsSession *self,
                                     QsLoaded   *loaded,
                                     GError    **error);
void        qs_session_drop_document (QsSession *self);
/* Around a piece of long work; an error in the task when there is one already. */
gboolean    qs_session_check_idle   (QsSession  *self,
                                     GTask      *task);
void        qs_session_begin        (QsSession  *self,
                                     QsProgress *progress);
void        qs_session_end          (QsSession  *self);
/* What becomes of a file's contents. */
gboolean    qs_session_take         (QsSession  *self,
                                     QsLoaded   *loaded,
                                     GError    **error);
void        qs_session_clear_live   (QsSession  *self);
/* (nullable): the tensor whose histogram the inspector shows */
const char *qs_session_get_watched  (QsSession  *self);

G_END_DECLS
