/* SPDX-License-Identifier: MIT */
#pragma once

#include "analysis/qs-weight-report.h"
#include "qs-style.h"

G_BEGIN_DECLS

/**
 * QsChannelPlot:
 * @channels: (array length=n): borrowed
 * @current: the channel under the pointer or the keyboard's, -1 for none
 *
 * The weight scales of a layer, one bar per output channel. The axis is logarithmic where the
 * channels differ by more than a factor of 20. A dead channel has a cross instead of a bar.
 */
typedef struct
{
  const QsWeightChannel *channels;
  gint64 n;
  gint64 current;
  gboolean show_focus;
} QsChannelPlot;

void    qs_channel_plot_draw           (const QsChannelPlot *self,
                                        cairo_t             *cr,
                                        const QsStyle       *style,
                                        double               width,
                                        double               height);
/* The channel at @x, -1 beside the bars. */
gint64  qs_channel_plot_find           (const QsChannelPlot *self,
                                        double               width,
                                        double               x);
/* (transfer full): a channel in words, or all of them when @channel is -1 */
char   *qs_channel_plot_describe       (const QsChannelPlot *self,
                                        gint64               channel);

G_END_DECLS
