/* SPDX-License-Identifier: MIT */
#include "qs-emulated-stream.h"

#define N_STREAMS 2

struct _QsEmulatedStream
{
  GQueue deeds;   /* QsDeed */
  guint64 n_done; /* of all that it was ever asked for */
};

/* Where a stream was when it was recorded last. */
struct _QsEmulatedEvent
{
  QsEmulatedStream *stream; /* (nullable): never recorded */
  guint64 place;
  gint64 time;
};

typedef struct
{
  QsEmulatedStream *stream;
  guint64 place;
} Place;

static QsEmulatedStream streams[N_STREAMS] = { { G_QUEUE_INIT, 0 }, { G_QUEUE_INIT, 0 } };

QsEmulatedStream *
qs_emulated_stream_get (guint index)
{
  return &streams[index % N_STREAMS];
}

static void
deed_free (gpointer data)
{
  QsDeed *deed = data;

  if (deed->free != NULL)
    deed->free (deed->data);
  g_free (deed);
}

static void
forget (QsEmulatedStream *self)
{
  self->n_done += g_queue_get_length (&self->deeds);
  g_queue_clear_full (&self->deeds, deed_free);
}

void
qs_emulated_stream_add (QsEmulatedStream *self,
                        QsDeed            deed)
{
  g_queue_push_tail (&self->deeds, g_memdup2 (&deed, sizeof deed));
}

/* All that was asked for before @place. */
static QsCudaResult
finish_until (QsEmulatedStream *self,
              guint64           place)
{
  QsCudaResult result = QS_CUDA_SUCCESS;

  while (result == QS_CUDA_SUCCESS && self->n_done < place && !g_queue_is_empty (&self->deeds))
    {
      QsDeed *deed = g_queue_pop_head (&self->deeds);

      self->n_done++;
      result = deed->run (deed->data);
      deed_free (deed);
    }
  if (result != QS_CUDA_SUCCESS)
    qs_emulated_streams_forget ();
  return result;
}

QsCudaResult
qs_emulated_stream_finish (QsEmulatedStream *self)
{
  return finish_until (self, G_MAXUINT64);
}

QsCudaResult
qs_emulated_streams_finish (void)
{
  QsCudaResult result = QS_CUDA_SUCCESS;

  for (guint i = 0; result == QS_CUDA_SUCCESS && i < N_STREAMS; i++)
    result = qs_emulated_stream_finish (&streams[i]);
  return result;
}

void
qs_emulated_streams_forget (void)
{
  for (guint i = 0; i < N_STREAMS; i++)
    forget (&streams[i]);
}

QsEmulatedEvent *
qs_emulated_event_new (void)
{
  return g_rc_box_new0 (QsEmulatedEvent);
}

void
qs_emulated_event_free (QsEmulatedEvent *self)
{
  g_rc_box_release (self);
}

static QsCudaResult
note_time (gpointer data)
{
  ((QsEmulatedEvent *) data)->time = g_get_monotonic_time ();
  return QS_CUDA_SUCCESS;
}

void
qs_emulated_event_record (QsEmulatedEvent  *self,
                          QsEmulatedStream *stream)
{
  qs_emulated_stream_add (stream, (QsDeed) { note_time, g_rc_box_acquire (self),
                                             (GDestroyNotify) qs_emulated_event_free });
  self->stream = stream;
  self->place = stream->n_done + g_queue_get_length (&stream->deeds);
}

QsCudaResult
qs_emulated_event_wait (QsEmulatedEvent *self)
{
  return self->stream != NULL ? finish_until (self->stream, self->place) : QS_CUDA_SUCCESS;
}

static QsCudaResult
wait_for_place (gpointer data)
{
  const Place *place = data;

  return finish_until (place->stream, place->place);
}

/* For what was recorded until now, as cuStreamWaitEvent() says. */
void
qs_emulated_event_let_wait (QsEmulatedEvent  *self,
                            QsEmulatedStream *stream)
{
  const Place place = { self->stream, self->place };

  if (self->stream != NULL && self->stream != stream)
    qs_emulated_stream_add (stream, (QsDeed) { wait_for_place, g_memdup2 (&place, sizeof place),
                                               g_free });
}

gint64
qs_emulated_event_get_time (QsEmulatedEvent *self)
{
  return self->time;
}
