/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * QsApplication:
 *
 * The process: command line, files from other programs, windows, and what is the same in all of
 * them.
 */
#define QS_TYPE_APPLICATION (qs_application_get_type ())
G_DECLARE_FINAL_TYPE (QsApplication, qs_application, QS, APPLICATION, AdwApplication)

QsApplication *qs_application_new (void);

G_END_DECLS
