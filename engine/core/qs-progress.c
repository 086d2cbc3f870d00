/* SPDX-License-Identifier: MIT */
#include "qs-progress.h"

struct _QsProgress
{
  GObject parent_instance;

  GMutex mutex;
  char *phase;
  double fraction;
  double range_first;
  double range_last;
  gboolean notify_pending;

  GMainContext *context;
  GCancellable *cancellable;
};

enum
{
  PROP_0,
  PROP_PHASE,
  PROP_FRACTION,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (QsProgress, qs_progress, G_TYPE_OBJECT)

static void
qs_progress_finalize (GObject *object)
{
  QsProgress *self = QS_PROGRESS (object);

  g_mutex_clear (&self->mutex);
  g_free (self->phase);
  g_main_context_unref (self->context);
  g_object_unref (self->cancellable);

  G_OBJECT_CLASS (qs_progress_parent_class)->finalize (object);
}

static void
qs_progress_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  QsProgress *self = QS_PROGRESS (object);

  switch (prop_id)
    {
    case PROP_PHASE:
      g_value_take_string (value, qs_progress_dup_phase (self));
      break;
    case PROP_FRACTION:
      g_value_set_double (value, qs_progress_get_fraction (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
qs_progress_class_init (QsProgressClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = qs_progress_finalize;
  object_class->get_property = qs_progress_get_property;

  /**
   * QsProgress:phase:
   *
   * What the work is doing now, translated, without a full stop.
   */
  properties[PROP_PHASE] =
    g_param_spec_string ("phase", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * QsProgress:fraction:
   *
   * How much of the whole work is done, 0 to 1; negative while that is unknown.
   */
  properties[PROP_FRACTION] =
    g_param_spec_double ("fraction", NULL, NULL, -1.0, 1.0, -1.0,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
qs_progress_init (QsProgress *self)
{
  g_mutex_init (&self->mutex);
  self->fraction = -1.0;
  self->range_last = 1.0;
  self->context = g_main_context_ref_thread_default ();
  self->cancellable = g_cancellable_new ();
}

QsProgress *
qs_progress_new (void)
{
  return g_object_new (QS_TYPE_PROGRESS, NULL);
}

static gboolean
notify_idle (gpointer user_data)
{
  QsProgress *self = user_data;

  g_mutex_lock (&self->mutex);
  self->notify_pending = FALSE;
  g_mutex_unlock (&self->mutex);

  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PHASE]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FRACTION]);
  return G_SOURCE_REMOVE;
}

/* Called with the mutex held; many changes between two main loop turns make one notification. */
static void
queue_notify (QsProgress *self)
{
  GSource *source;

  if (self->notify_pending)
    return;

  self->notify_pending = TRUE;
  source = g_idle_source_new ();
  g_source_set_callback (source, notify_idle, g_object_ref (self), g_object_unref);
  g_source_attach (source, self->context);
  g_source_unref (source);
}

void
qs_progress_set_phase (QsProgress *self,
                       const char *phase)
{
  if (self == NULL)
    return;

  g_mutex_lock (&self->mutex);
  if (g_strcmp0 (self->phase, phase) != 0)
    {
      g_free (self->phase);
      self->phase = g_strdup (phase);
      queue_notify (self);
    }
  g_mutex_unlock (&self->mutex);
}

/**
 * qs_progress_set_fraction:
 * @fraction: 0 to 1, or negative while it is unknown
 */
void
qs_progress_set_fraction (QsProgress *self,
                          double      fraction)
{
  if (self == NULL)
    return;

  g_mutex_lock (&self->mutex);
  if (fraction < 0.0)
    self->fraction = -1.0;
  else
    self->fraction = self->range_first +
                     MIN (fraction, 1.0) * (self->range_last - self->range_first);
  queue_notify (self);
  g_mutex_unlock (&self->mutex);
}

/**
 * qs_progress_set_range:
 * @first: where the next part of the work begins, 0 to 1
 * @last: where it ends
 *
 * What later calls of [method@Progress.set_fraction] call 0 and 1. Work that is made of several
 * parts gives each its share, and none of them needs to know that it is a part.
 */
void
qs_progress_set_range (QsProgress *self,
                       double      first,
                       double      last)
{
  if (self == NULL)
    return;

  g_mutex_lock (&self->mutex);
  self->range_first = CLAMP (first, 0.0, 1.0);
  self->range_last = CLAMP (last, 0.0, 1.0);
  g_mutex_unlock (&self->mutex);
}

char *
qs_progress_dup_phase (QsProgress *self)
{
  char *phase;

  if (self == NULL)
    return NULL;

  g_mutex_lock (&self->mutex);
  phase = g_strdup (self->phase);
  g_mutex_unlock (&self->mutex);
  return phase;
}

double
qs_progress_get_fraction (QsProgress *self)
{
  double fraction;

  if (self == NULL)
    return -1.0;

  g_mutex_lock (&self->mutex);
  fraction = self->fraction;
  g_mutex_unlock (&self->mutex);
  return fraction;
}

void
qs_progress_cancel (QsProgress *self)
{
  if (self != NULL)
    g_cancellable_cancel (self->cancellable);
}

gboolean
qs_progress_is_cancelled (QsProgress *self)
{
  return self != NULL && g_cancellable_is_cancelled (self->cancellable);
}

/**
 * qs_progress_check:
 *
 * To be called by workers between steps: %FALSE with %G_IO_ERROR_CANCELLED once
 * [method@Progress.cancel] was called.
 */
gboolean
qs_progress_check (QsProgress *self,
                   GError    **error)
{
  return self == NULL || !g_cancellable_set_error_if_cancelled (self->cancellable, error);
}

GCancellable *
qs_progress_get_cancellable (QsProgress *self)
{
  return self != NULL ? self->cancellable : NULL;
}
