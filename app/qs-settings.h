/* SPDX-License-Identifier: MIT */
#pragma once

#include <gio/gio.h>

#include "qs-build.h"

G_BEGIN_DECLS

/* (nullable) (transfer none): the application's settings; NULL where the schema is not installed,
 * and then everything starts with its defaults. */
GSettings *qs_settings_get               (void);
void       qs_settings_load_build        (QsBuildSettings       *settings);
void       qs_settings_save_build        (const QsBuildSettings *settings);

G_END_DECLS
