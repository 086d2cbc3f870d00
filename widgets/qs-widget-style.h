/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "drawing/qs-style.h"

G_BEGIN_DECLS

/* The colours that fit the application's style now. */
void     qs_widget_get_style      (QsStyle    *style);
/* Calls @changed with @widget whenever the application's style changes. Call it once, from init. */
void     qs_widget_follow_style   (GtkWidget  *widget,
                                   GCallback   changed);
/* Whether people want things to move. */
gboolean qs_widget_animates       (GtkWidget  *widget);

G_END_DECLS
