/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-replay-state.h"

#include "analysis/qs-lints.h"
#include "passes/qs-replay-network.h"

typedef struct
{
  QsEngine *engine;
  QsNetwork *imported; /* (nullable) */
  GPtrArray *lints;
  guint step;
  gboolean before;
} Request;

static void
request_free (gpointer data)
{
  Request *request = data;

  qs_engine_unref (request->engine);
  g_clear_pointer (&request->imported, qs_network_unref);
  g_ptr_array_unref (request->lints);
  g_free (request);
}

void
qs_replay_state_free (QsReplayState *self)
{
  g_clear_pointer (&self->scene, qs_graph_scene_unref);
  g_array_unref (self->touched);
  g_free (self);
}

/* In a network with Q/DQ the rewrites decide the precisions; else that comes after all of them. */
static QsGraphScene *
make_scene (const Request  *request,
            QsNetwork      *network,
            guint           step,
            GError        **error)
{
  if (step == qs_replay_get_n (qs_engine_get_journal (request->engine)) ||
      qs_engine_is_explicit (request->engine))
    return qs_graph_scene_new_for_built (network, NULL, error);

  for (guint i = 0; i < network->tensors->len; i++)
    {
      QsTensor *tensor = g_ptr_array_index (network->tensors, i);

      if (tensor->type == QS_DATA_TYPE_INT8)
        tensor->type = QS_DATA_TYPE_FLOAT;
      tensor->scale = 0.0f;
    }
  return qs_graph_scene_new (network, NULL, error);
}

static GArray *
find_touched (const Request *request,
              QsNetwork     *network)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (int));
  const QsJournalEntry *entry =
    request->step == 0 ? NULL : qs_replay_get_entry (qs_engine_get_journal (request->engine),
                                                     request->step - 1);
  GPtrArray *sketches = entry == NULL ? NULL : request->before ? entry->before : entry->after;

  for (guint i = 0; sketches != NULL && i < sketches->len; i++)
    {
      const QsLayerSketch *sketch = g_ptr_array_index (sketches, i);
      const QsLayer *layer = qs_network_find_layer (network, sketch->name);
      int id = layer == NULL ? -1 : (int) layer->id;

      if (layer != NULL)
        g_array_append_val (ids, id);
    }

  return ids;
}

static QsReplayState *
make (const Request  *request,
      GError        **error)
{
  guint step = request->before ? request->step - 1 : request->step;
  g_autoptr (QsNetwork) network =
    qs_replay_make_network (qs_engine_get_journal (request->engine),
                            qs_engine_get_network (request->engine), request->imported, step,
                            error);
  g_autoptr (QsGraphScene) scene =
    network == NULL ? NULL : make_scene (request, network, step, error);
  g_autoptr (GArray) pairs = NULL;
  QsReplayState *self;

  if (scene == NULL)
    return NULL;

  pairs = qs_lint_find_pairs (request->lints, network);
  qs_graph_scene_set_superfluous (scene, pairs);
  self = g_new0 (QsReplayState, 1);
  self->scene = g_steal_pointer (&scene);
  self->touched = find_touched (request, network);
  return self;
}

static void
make_run (GTask        *task,
          gpointer      source,
          gpointer      data,
          GCancellable *cancellable)
{
  GError *error = NULL;
  QsReplayState *self = make (data, &error);

  if (self != NULL)
    g_task_return_pointer (task, self, (GDestroyNotify) qs_replay_state_free);
  else
    g_task_return_error (task, error);
}

void
qs_replay_state_make_async (QsEngine            *engine,
                            QsNetwork           *imported,
                            GPtrArray           *lints,
                            guint                step,
                            gboolean             before,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Request *request = g_new0 (Request, 1);

  request->engine = qs_engine_ref (engine);
  request->imported = imported == NULL ? NULL : qs_network_ref (imported);
  request->lints = g_ptr_array_ref (lints);
  request->step = step;
  request->before = before && step > 0;
  g_task_set_source_tag (task, qs_replay_state_make_async);
  g_task_set_task_data (task, request, request_free);
  g_task_run_in_thread (task, make_run);
}

QsReplayState *
qs_replay_state_make_finish (GAsyncResult  *result,
                             GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
