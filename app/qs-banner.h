/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * QsBanner:
 *
 * A strip under the header bar that tells of a state: what is wrong, where, what to do. It stays
 * until it is closed or the state is over, and takes nothing away from the document.
 */
#define QS_TYPE_BANNER (qs_banner_get_type ())
G_DECLARE_FINAL_TYPE (QsBanner, qs_banner, QS, BANNER, AdwBin)

void qs_banner_show_error (QsBanner   *self,
                           const char *title,
                           const char *message);
void qs_banner_show_error_with_action (QsBanner *self,
                                       const char *title,
                                       const char *message,
                                       const char *label,
                                       const char *action);
void qs_banner_show_info  (QsBanner   *self,
                           const char *title,
                           const char *message);
void qs_banner_hide       (QsBanner   *self);

G_END_DECLS
