/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-session.h"
#include "qs-window.h"

G_BEGIN_DECLS

/**
 * QsSamplesDialog:
 *
 * Asks what a set of samples is for and how its numbers become network inputs, and shows what the
 * network will then see.
 *
 * ::accepted (purpose), ::cancelled
 */
#define QS_TYPE_SAMPLES_DIALOG (qs_samples_dialog_get_type ())
G_DECLARE_FINAL_TYPE (QsSamplesDialog, qs_samples_dialog, QS, SAMPLES_DIALOG, AdwWindow)

QsSamplesDialog *qs_samples_dialog_new         (GtkWindow       *parent,
                                                QsSession       *session,
                                                QsSamples       *samples,
                                                QsPurpose        purpose);
QsSamples       *qs_samples_dialog_get_samples (QsSamplesDialog *self);

G_END_DECLS
