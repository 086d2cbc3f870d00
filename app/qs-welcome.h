/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * QsWelcome:
 *
 * What the window shows before anything is open: ways in, and the models of last time.
 *
 * ::file-activated (file): a recent file was chosen.
 */
#define QS_TYPE_WELCOME (qs_welcome_get_type ())
G_DECLARE_FINAL_TYPE (QsWelcome, qs_welcome, QS, WELCOME, AdwBin)

void qs_welcome_add_recent (GFile *file);

G_END_DECLS
