/* SPDX-License-Identifier: MIT */
#pragma once

#include <gtk/gtk.h>

#include "drawing/qs-channel-plot.h"

G_BEGIN_DECLS

/**
 * QsChannelChart:
 *
 * The weight scales of a layer, one bar per output channel. The pointer and, with the focus, Left,
 * Right, Page Up, Page Down, Home and End choose the channel whose numbers are shown.
 *
 * ## Properties
 *
 * - current (int64): the channel that is shown, -1 for none
 */
#define QS_TYPE_CHANNEL_CHART (qs_channel_chart_get_type ())
G_DECLARE_FINAL_TYPE (QsChannelChart, qs_channel_chart, QS, CHANNEL_CHART, GtkWidget)

GtkWidget *qs_channel_chart_new          (void);
/* @channels: (array length=n): copied */
void       qs_channel_chart_set_channels (QsChannelChart        *self,
                                          const QsWeightChannel *channels,
                                          gint64                 n);
gint64     qs_channel_chart_get_current  (QsChannelChart        *self);
void       qs_channel_chart_set_current  (QsChannelChart        *self,
                                          gint64                 channel);

G_END_DECLS
