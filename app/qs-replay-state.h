/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "builder/qs-engine.h"
#include "widgets/drawing/qs-graph-scene.h"

G_BEGIN_DECLS

/**
 * QsReplayState:
 * @scene: the graph
 * @touched: (element-type int): ids of the layers that the rewrite is about
 *
 * A state of the network between import and engine, ready to be drawn.
 */
typedef struct
{
  QsGraphScene *scene;
  GArray *touched;
} QsReplayState;

void           qs_replay_state_free        (QsReplayState        *self);

/**
 * qs_replay_state_make_async:
 * @imported: (nullable): what says more about tensors that fusion removed
 * @lints: (element-type QsLint): the Q/DQ that get the ground of superfluous ones
 * @step: how many rewrites have been done
 * @before: whether the last of them is still to come, which is about what it takes then
 *
 * A graph of thousands of layers takes longer to be made and laid out than a frame may last, so a
 * thread of its own does it; it only reads what it is given, which nobody changes.
 */
void           qs_replay_state_make_async  (QsEngine             *engine,
                                            QsNetwork            *imported,
                                            GPtrArray            *lints,
                                            guint                 step,
                                            gboolean              before,
                                            GAsyncReadyCallback   callback,
                                            gpointer              user_data);
QsReplayState *qs_replay_state_make_finish (GAsyncResult         *result,
                                            GError              **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QsReplayState, qs_replay_state_free)

G_END_DECLS
