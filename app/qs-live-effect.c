/* SPDX-License-Identifier: MIT */
#include "qs-live-effect.h"

#include "qs-worker.h"

/* What the questions are about. The window's thread makes it and lets go of it; the engine's
 * thread alone looks into @effect. */
typedef struct
{
  QsEngine *engine;
  QsNetwork *network;
  QsSamples *samples;
  guint n_threads;
  QsRangeEffect *effect;
} Subject;

typedef struct
{
  Subject *subject; /* (atomic box) */
  QsScaleTable *scales;
  QsOutputError base;
  QsOutputError result;
} Question;

struct _QsLiveEffect
{
  GObject parent_instance;

  Subject *subject;
  gboolean is_running;
  QsScaleTable *waiting;
  gboolean has_result;
  QsOutputError base;
  QsOutputError result;
  char *failure;
};

enum
{
  SIGNAL_MEASURED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (QsLiveEffect, qs_live_effect, G_TYPE_OBJECT)

static void
subject_clear (gpointer data)
{
  Subject *subject = data;

  g_clear_pointer (&subject->effect, qs_range_effect_free);
  qs_engine_unref (subject->engine);
  qs_network_unref (subject->network);
  qs_samples_unref (subject->samples);
}

static void
subject_release (Subject *subject)
{
  g_atomic_rc_box_release_full (subject, subject_clear);
}

static void
question_free (gpointer data)
{
  Question *question = data;

  subject_release (question->subject);
  qs_scale_table_unref (question->scales);
  g_free (question);
}

static gboolean
ensure_effect (Subject  *subject,
               GError  **error)
{
  QsRangeEffectOptions options = QS_RANGE_EFFECT_OPTIONS_INIT;

  options.n_threads = subject->n_threads;
  if (subject->effect == NULL)
    subject->effect = qs_range_effect_new (subject->engine, subject->network, subject->samples,
                                           &options, NULL, error);
  return subject->effect != NULL;
}

static void
measure (GTask *task)
{
  Question *question = g_task_get_task_data (task);
  GError *error = NULL;

  if (!ensure_effect (question->subject, &error) ||
      !qs_range_effect_measure (question->subject->effect, question->scales, &question->result,
                                &error))
    {
      g_task_return_error (task, error);
      return;
    }

  question->base = *qs_range_effect_get_base (question->subject->effect);
  g_task_return_boolean (task, TRUE);
}

static void ask (QsLiveEffect *self,
                 QsScaleTable *scales);

static void
measured_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  QsLiveEffect *self = QS_LIVE_EFFECT (object);
  Question *question = g_task_get_task_data (G_TASK (result));
  g_autoptr (QsScaleTable) next = g_steal_pointer (&self->waiting);
  g_autoptr (GError) error = NULL;
  gboolean ok = g_task_propagate_boolean (G_TASK (result), &error);

  self->is_running = FALSE;
  if (question->subject == self->subject)
    {
      g_clear_pointer (&self->failure, g_free);
      self->has_result = ok;
      self->base = question->base;
      self->result = question->result;
      if (!ok)
        self->failure = g_strdup (error->message);
    }
  if (next != NULL && self->subject != NULL)
    ask (self, next);
  g_signal_emit (self, signals[SIGNAL_MEASURED], 0);
}

static void
ask (QsLiveEffect *self,
     QsScaleTable *scales)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, measured_cb, NULL);
  Question *question = g_new0 (Question, 1);

  question->subject = g_atomic_rc_box_acquire (self->subject);
  question->scales = qs_scale_table_ref (scales);
  g_task_set_source_tag (task, ask);
  g_task_set_task_data (task, question, question_free);
  self->is_running = TRUE;
  qs_worker_run (task, measure);
}

void
qs_live_effect_set_subject (QsLiveEffect *self,
                            QsEngine     *engine,
                            QsNetwork    *network,
                            QsSamples    *samples,
                            guint         n_threads)
{
  g_clear_pointer (&self->subject, subject_release);
  g_clear_pointer (&self->waiting, qs_scale_table_unref);
  g_clear_pointer (&self->failure, g_free);
  self->has_result = FALSE;
  if (engine == NULL || network == NULL || samples == NULL)
    return;

  self->subject = g_atomic_rc_box_new0 (Subject);
  self->subject->engine = qs_engine_ref (engine);
  self->subject->network = qs_network_ref (network);
  self->subject->samples = qs_samples_ref (samples);
  self->subject->n_threads = n_threads;
}

gboolean
qs_live_effect_has_subject (QsLiveEffect *self)
{
  return self->subject != NULL;
}

void
qs_live_effect_request (QsLiveEffect *self,
                        QsScaleTable *scales)
{
  if (self->subject == NULL)
    return;
  if (!self->is_running)
    {
      ask (self, scales);
      return;
    }

  qs_scale_table_ref (scales);
  g_clear_pointer (&self->waiting, qs_scale_table_unref);
  self->waiting = scales;
}

gboolean
qs_live_effect_is_pending (QsLiveEffect *self)
{
  return self->is_running;
}

const QsOutputError *
qs_live_effect_get_base (QsLiveEffect *self)
{
  return self->has_result ? &self->base : NULL;
}

const QsOutputError *
qs_live_effect_get_result (QsLiveEffect *self)
{
  return self->has_result ? &self->result : NULL;
}

const char *
qs_live_effect_get_failure (QsLiveEffect *self)
{
  return self->failure;
}

static void
qs_live_effect_finalize (GObject *object)
{
  QsLiveEffect *self = QS_LIVE_EFFECT (object);

  g_clear_pointer (&self->subject, subject_release);
  g_clear_pointer (&self->waiting, qs_scale_table_unref);
  g_clear_pointer (&self->failure, g_free);
  G_OBJECT_CLASS (qs_live_effect_parent_class)->finalize (object);
}

static void
qs_live_effect_class_init (QsLiveEffectClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = qs_live_effect_finalize;

  signals[SIGNAL_MEASURED] =
    g_signal_new ("measured", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  G_TYPE_NONE, 0);
}

static void
qs_live_effect_init (QsLiveEffect *self)
{
}

QsLiveEffect *
qs_live_effect_new (void)
{
  return g_object_new (QS_TYPE_LIVE_EFFECT, NULL);
}
