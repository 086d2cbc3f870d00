/* SPDX-License-Identifier: MIT */
#include "qs-background.h"

#include "qs-worker.h"

struct _QsBackground
{
  GObject parent_instance;

  QsBackgroundStep step;
  gpointer data;
  GDestroyNotify free_data;
  GCancellable *cancellable; /* while a task runs or is queued */
  gboolean is_paused;
  gboolean is_stopped;
  gboolean is_done;
};

enum
{
  SIGNAL_DONE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (QsBackground, qs_background, G_TYPE_OBJECT)

static void
run (GTask *task)
{
  QsBackground *self = g_task_get_source_object (task);

  do
    if (g_task_return_error_if_cancelled (task))
      return;
  while (self->step (self->data));

  g_task_return_boolean (task, TRUE);
}

static void start (QsBackground *self);

static void
ran_cb (GObject      *object,
        GAsyncResult *result,
        gpointer      user_data)
{
  QsBackground *self = QS_BACKGROUND (object);

  g_clear_object (&self->cancellable);
  self->is_done = g_task_propagate_boolean (G_TASK (result), NULL);
  if (!self->is_done)
    start (self);
  else if (!self->is_stopped)
    g_signal_emit (self, signals[SIGNAL_DONE], 0);
}

/* One task at a time: one that was cancelled ends before the next starts. */
static void
start (QsBackground *self)
{
  g_autoptr (GTask) task = NULL;

  if (self->is_done || self->is_stopped || self->is_paused || self->cancellable != NULL)
    return;

  self->cancellable = g_cancellable_new ();
  task = g_task_new (self, self->cancellable, ran_cb, NULL);
  g_task_set_source_tag (task, start);
  /* The last step may have been done when the wish to stop came. */
  g_task_set_check_cancellable (task, FALSE);
  qs_worker_run (task, run);
}

void
qs_background_set_paused (QsBackground *self,
                          gboolean      is_paused)
{
  self->is_paused = is_paused;
  if (is_paused)
    g_cancellable_cancel (self->cancellable);
  else
    start (self);
}

void
qs_background_stop (QsBackground *self)
{
  self->is_stopped = TRUE;
  g_cancellable_cancel (self->cancellable);
}

gboolean
qs_background_is_done (QsBackground *self)
{
  return self->is_done;
}

gpointer
qs_background_get_data (QsBackground *self)
{
  g_return_val_if_fail (self->is_done, NULL);

  return self->data;
}

static void
qs_background_finalize (GObject *object)
{
  QsBackground *self = QS_BACKGROUND (object);

  g_clear_pointer (&self->data, self->free_data);
  g_clear_object (&self->cancellable);

  G_OBJECT_CLASS (qs_background_parent_class)->finalize (object);
}

static void
qs_background_class_init (QsBackgroundClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = qs_background_finalize;

  signals[SIGNAL_DONE] = g_signal_new ("done", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                       NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
qs_background_init (QsBackground *self)
{
  self->is_paused = TRUE;
}

/**
 * qs_background_new:
 *
 * Paused at first.
 */
QsBackground *
qs_background_new (QsBackgroundStep  step,
                   gpointer          data,
                   GDestroyNotify    free_data)
{
  QsBackground *self = g_object_new (QS_TYPE_BACKGROUND, NULL);

  self->step = step;
  self->data = data;
  self->free_data = free_data;
  return self;
}
