/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "qs-session.h"

G_BEGIN_DECLS

/**
 * QsBuildOptions:
 *
 * The popover beside the Build button.
 */
#define QS_TYPE_BUILD_OPTIONS (qs_build_options_get_type ())
G_DECLARE_FINAL_TYPE (QsBuildOptions, qs_build_options, QS, BUILD_OPTIONS, GtkPopover)

void qs_build_options_set_session (QsBuildOptions *self,
                                   QsSession      *session);

G_END_DECLS
