/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "qs-session-private.h"

#include <glib/gi18n.h>

#include "builder/qs-manual-scales.h"
#include "qs-worker.h"

/* Ranges set by hand: their edits, what follows from them for the engine, and their effect on the
 * network's output. */

/* The network whose tensors have ranges: the imported one, or a plan's where there is no model. */
static QsNetwork *
get_network (QsSession *self)
{
  QsNetwork *network = qs_session_get_network (self);

  return network != NULL || self->work.engine == NULL ? network
                                                      : qs_engine_get_network (self->work.engine);
}

QsDynamicRanges *
qs_session_get_ranges (QsSession *self)
{
  return qs_range_history_get_current (self->work.ranges);
}

QsScaleGroups *
qs_session_get_groups (QsSession *self)
{
  QsNetwork *network = get_network (self);

  if (self->work.groups == NULL && network != NULL)
    self->work.groups = qs_scale_groups_new (network);
  return self->work.groups;
}

const QsScaleGroup *
qs_session_get_group (QsSession  *self,
                      const char *tensor)
{
  QsScaleGroups *groups = qs_session_get_groups (self);

  return groups == NULL ? NULL : qs_scale_groups_lookup (groups, tensor);
}

/* The member whose range is the largest; where several are equal, @tensor itself or the first. */
const QsDynamicRange *
qs_session_find_range (QsSession   *self,
                       const char  *tensor,
                       const char **owner)
{
  const QsScaleGroup *group = qs_session_get_group (self, tensor);
  QsDynamicRanges *ranges = qs_session_get_ranges (self);
  const QsDynamicRange *best = qs_dynamic_ranges_lookup (ranges, tensor);

  if (owner != NULL)
    *owner = tensor;
  for (guint i = 0; group != NULL && i < group->tensors->len; i++)
    {
      const char *name = ((QsTensor *) g_ptr_array_index (group->tensors, i))->name;
      const QsDynamicRange *range = qs_dynamic_ranges_lookup (ranges, name);

      if (range == NULL ||
          (best != NULL &&
           qs_dynamic_range_get_scale (range) <= qs_dynamic_range_get_scale (best)))
        continue;
      best = range;
      if (owner != NULL)
        *owner = name;
    }

  return best;
}

/* The scales that the engine would have without ranges. */
static QsScaleTable *
get_base_scales (QsSession *self)
{
  if (self->work.base_scales != NULL)
    return self->work.base_scales;

  return self->work.built != NULL ? qs_engine_get_scales (self->work.built) : NULL;
}

static QsScaleTable *
make_scales (QsSession       *self,
             QsDynamicRanges *ranges)
{
  QsScaleTable *base = get_base_scales (self);
  QsScaleGroups *groups = qs_session_get_groups (self);

  return base == NULL || groups == NULL ? NULL
                                        : qs_manual_scales_apply_to_groups (ranges, groups, base);
}

typedef struct
{
  QsEngine *engine;
  QsScaleTable *scales;
  guint serial;
} Rescale;

static void
rescale_free (gpointer data)
{
  Rescale *job = data;

  qs_engine_unref (job->engine);
  qs_scale_table_unref (job->scales);
  g_free (job);
}

static void
rescale_run (GTask *task)
{
  Rescale *job = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  QsEngine *engine = NULL;

  if (qs_engine_can_rescale (job->engine, job->scales))
    engine = qs_engine_rescale (job->engine, job->scales, &error);

  /* No engine: the choices of a build would be others, so it takes a build. */
  g_task_return_pointer (task, engine, (GDestroyNotify) qs_engine_unref);
}

static void
rescaled_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  QsSession *self = QS_SESSION (object);
  Rescale *job = g_task_get_task_data (G_TASK (result));
  QsEngine *engine = g_task_propagate_pointer (G_TASK (result), NULL);

  /* Only the newest ranges count, and only for the engine that is still here. */
  if (job->serial != self->work.serial || job->engine != self->work.built)
    {
      g_clear_pointer (&engine, qs_engine_unref);
      return;
    }

  self->work.is_stale = engine == NULL;
  if (engine != NULL)
    {
      qs_engine_unref (self->work.engine);
      self->work.engine = engine;
    }
  qs_session_emit_changed (self, QS_CHANGED_RANGES);
}

/* Brings the engine in line with the ranges; the engine's thread does it. */
void
qs_session_rescale (QsSession *self)
{
  g_autoptr (QsScaleTable) scales = make_scales (self, qs_session_get_ranges (self));
  g_autoptr (GTask) task = NULL;
  Rescale *job;

  self->work.serial++;
  if (scales == NULL || self->work.built == NULL || qs_engine_get_scales (self->work.built) == NULL)
    return;

  task = g_task_new (self, NULL, rescaled_cb, NULL);
  job = g_new0 (Rescale, 1);
  job->engine = qs_engine_ref (self->work.built);
  job->scales = g_steal_pointer (&scales);
  job->serial = self->work.serial;
  g_task_set_source_tag (task, qs_session_rescale);
  g_task_set_task_data (task, job, rescale_free);
  qs_worker_run (task, rescale_run);
}

/* (transfer full) for @ranges: an edit, after which what was undone can't be done again. */
static gboolean
push_ranges (QsSession       *self,
             QsDynamicRanges *ranges)
{
  if (!qs_range_history_push (self->work.ranges, ranges))
    return FALSE;

  qs_refit_history_forget_undone (self->work.refits);
  return TRUE;
}

static void
ranges_changed (QsSession *self)
{
  qs_session_mark_modified (self);
  qs_session_emit_changed (self, QS_CHANGED_RANGES);
  qs_session_rescale (self);
}

gboolean
qs_session_is_stale (QsSession *self)
{
  return self->work.is_stale;
}

/* A copy of the ranges with @range (nullable: without one) for @tensor, or for all that share its
 * scale. */
static QsDynamicRanges *
edit_ranges (QsSession             *self,
             const char            *tensor,
             const QsDynamicRange  *range,
             gboolean               whole_group,
             GError               **error)
{
  const QsScaleGroup *group = whole_group ? qs_session_get_group (self, tensor) : NULL;
  QsNetwork *network = get_network (self);
  g_autoptr (QsDynamicRanges) ranges = qs_dynamic_ranges_copy (qs_session_get_ranges (self));
  guint n = group == NULL ? 1 : group->tensors->len;

  if (network == NULL || !qs_manual_scales_check (network, tensor, error))
    return NULL;

  for (guint i = 0; i < n; i++)
    {
      const char *name = group == NULL ? tensor
                                       : ((QsTensor *) g_ptr_array_index (group->tensors, i))->name;

      if (range == NULL)
        qs_dynamic_ranges_remove (ranges, name);
      else if (!qs_dynamic_ranges_set (ranges, name, range, error))
        return NULL;
    }

  return g_steal_pointer (&ranges);
}

gboolean
qs_session_set_range (QsSession             *self,
                      const char            *tensor,
                      const QsDynamicRange  *range,
                      gboolean               whole_group,
                      GError               **error)
{
  QsDynamicRanges *ranges = edit_ranges (self, tensor, range, whole_group, error);

  if (ranges == NULL)
    return FALSE;

  if (push_ranges (self, ranges))
    ranges_changed (self);
  return TRUE;
}

gboolean
qs_session_set_ranges (QsSession        *self,
                       QsDynamicRanges  *ranges,
                       GError          **error)
{
  QsNetwork *network = get_network (self);

  for (guint i = 0; i < qs_dynamic_ranges_get_n (ranges); i++)
    if (network == NULL ||
        !qs_manual_scales_check (network, qs_dynamic_ranges_get_name (ranges, i), error))
      return FALSE;

  if (push_ranges (self, qs_dynamic_ranges_copy (ranges)))
    ranges_changed (self);
  return TRUE;
}

gboolean
qs_session_can_undo (QsSession *self,
                     int        by)
{
  if (self->progress != NULL && qs_session_peek_refit (self, by) != NULL)
    return FALSE;
  return qs_session_peek_refit (self, by) != NULL ||
         qs_range_history_can_step (self->work.ranges, by);
}

void
qs_session_undo (QsSession *self,
                 int        by)
{
  if (!qs_session_can_undo (self, by) || qs_session_step_refit (self, by))
    return;
  if (qs_range_history_step (self->work.ranges, by))
    ranges_changed (self);
}

void
qs_session_preview_range (QsSession            *self,
                          const char           *tensor,
                          const QsDynamicRange *range,
                          gboolean              whole_group)
{
  g_autoptr (QsDynamicRanges) ranges = edit_ranges (self, tensor, range, whole_group, NULL);
  g_autoptr (QsScaleTable) scales = ranges != NULL ? make_scales (self, ranges) : NULL;

  if (scales == NULL)
    return;
  if (!qs_live_effect_has_subject (self->effect) && self->work.built != NULL &&
      qs_engine_get_scales (self->work.built) != NULL)
    qs_live_effect_set_subject (self->effect, self->work.built, qs_session_get_network (self),
                                self->work.calibration, self->work.settings.n_threads);
  qs_live_effect_request (self->effect, scales);
}

QsLiveEffect *
qs_session_get_effect (QsSession *self)
{
  return self->effect;
}

GPtrArray *
qs_session_dup_all_sources (QsSession *self)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_scale_source_unref);
  QsDynamicRanges *ranges = qs_session_get_ranges (self);
  QsScaleGroups *groups = qs_session_get_groups (self);
  g_autoptr (QsScaleTable) scales = NULL;

  for (guint i = 0; i < self->work.sources->len; i++)
    g_ptr_array_add (all, qs_scale_source_ref (g_ptr_array_index (self->work.sources, i)));
  if (groups == NULL || qs_dynamic_ranges_get_n (ranges) == 0)
    return all;

  scales = qs_manual_scales_apply_to_groups (ranges, groups, NULL);
  g_ptr_array_add (all, qs_scale_source_new_manual (_("Manual"), scales));
  return all;
}

QsScaleTable *
qs_session_apply_ranges (QsSession    *self,
                         QsScaleTable *scales)
{
  QsScaleGroups *groups = qs_session_get_groups (self);

  return groups == NULL ? qs_scale_table_ref (scales)
                        : qs_manual_scales_apply_to_groups (qs_session_get_ranges (self), groups,
                                                            scales);
}
