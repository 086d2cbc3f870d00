/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-session.h"

G_BEGIN_DECLS

/**
 * QsPurpose:
 *
 * What a set of samples is opened for.
 */
typedef enum
{
  QS_PURPOSE_ASK,
  QS_PURPOSE_CALIBRATION,
  QS_PURPOSE_LABELLED,
} QsPurpose;

/**
 * QsWindow:
 *
 * The main window: one session and the views of it.
 */
#define QS_TYPE_WINDOW (qs_window_get_type ())
G_DECLARE_FINAL_TYPE (QsWindow, qs_window, QS, WINDOW, AdwApplicationWindow)

QsWindow  *qs_window_new                (AdwApplication        *application);
QsSession *qs_window_get_session        (QsWindow              *self);
gboolean   qs_window_is_empty           (QsWindow              *self);

/* Opens @file after those that were asked for before. @preprocessing is nullable: the user is
 * asked how a sample set's numbers become inputs, unless it is the bundled sample's. */
void       qs_window_open               (QsWindow              *self,
                                         GFile                 *file,
                                         QsPurpose              purpose,
                                         const QsPreprocessing *preprocessing);
void       qs_window_open_sample        (QsWindow              *self);
/* Builds as soon as everything that was asked for is open; compares too if there are labels. */
void       qs_window_build_when_ready   (QsWindow              *self);

G_END_DECLS
