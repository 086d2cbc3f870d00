/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * QsReplayBar:
 *
 * Steps through the rewrites and plays them: a slider, buttons, a speed, and what the last rewrite was
 * and why.
 *
 * :step is the number of rewrites done, 0 to the number of steps; it changes when the user or the
 * player goes on, and when it is set.
 */
#define QS_TYPE_REPLAY_BAR (qs_replay_bar_get_type ())
G_DECLARE_FINAL_TYPE (QsReplayBar, qs_replay_bar, QS, REPLAY_BAR, AdwBin)

/* Also goes to step 0 and stops playing. */
void  qs_replay_bar_set_n_steps (QsReplayBar *self,
                                 guint        n_steps);
guint qs_replay_bar_get_step    (QsReplayBar *self);
void  qs_replay_bar_set_step    (QsReplayBar *self,
                                 guint        step);
/* The player waits for what shows the step. */
void  qs_replay_bar_set_waiting (QsReplayBar *self,
                                 gboolean     is_waiting);
/* @rule: (nullable): its title; @condition: (nullable): when it applies */
void  qs_replay_bar_set_words   (QsReplayBar *self,
                                 const char  *rule,
                                 const char  *condition,
                                 const char  *reason);
void  qs_replay_bar_stop        (QsReplayBar *self);

G_END_DECLS
