/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The line that stands for a calibrator in charts, in its colour and dash, for a list beside one. */
GtkWidget *qs_swatch_new (guint series);

G_END_DECLS
