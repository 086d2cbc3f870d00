/* SPDX-License-Identifier: MIT */
#pragma once

#include "backends/cuda/qs-cuda-driver.h"

G_BEGIN_DECLS

/*
 * Streams of the stand-in driver. What a stream is asked for happens as late as CUDA allows: when the
 * host waits for it, or another stream does whose work the host waits for. So a host that touches what
 * a copy under way still reads, or does not wait, gets wrong results here, too.
 */

typedef struct _QsEmulatedStream QsEmulatedStream;
typedef struct _QsEmulatedEvent QsEmulatedEvent;

/**
 * QsDeed:
 * @run: does it
 * @data: what it is given, freed by @free
 *
 * Something that a stream does, and what ends it when it fails.
 */
typedef struct
{
  QsCudaResult (*run) (gpointer data);
  gpointer data;
  GDestroyNotify free;
} QsDeed;

QsEmulatedStream *qs_emulated_stream_get        (guint              index);
void              qs_emulated_stream_add        (QsEmulatedStream  *self,
                                                 QsDeed             deed);
/* Does all of it, or, after a failure, forgets it. */
QsCudaResult      qs_emulated_stream_finish     (QsEmulatedStream  *self);
QsCudaResult      qs_emulated_streams_finish    (void);
void              qs_emulated_streams_forget    (void);

QsEmulatedEvent  *qs_emulated_event_new         (void);
void              qs_emulated_event_free        (QsEmulatedEvent   *self);
void              qs_emulated_event_record      (QsEmulatedEvent   *self,
                                                 QsEmulatedStream  *stream);
QsCudaResult      qs_emulated_event_wait        (QsEmulatedEvent   *self);
void              qs_emulated_event_let_wait    (QsEmulatedEvent   *self,
                                                 QsEmulatedStream  *stream);
/* Microseconds at which the stream came to it. */
gint64            qs_emulated_event_get_time    (QsEmulatedEvent   *self);

G_END_DECLS
