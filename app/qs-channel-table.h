/* SPDX-License-Identifier: MIT */
#pragma once

#include <adwaita.h>

#include "analysis/qs-weight-report.h"

G_BEGIN_DECLS

/**
 * QsChannelTable:
 *
 * The weights of a layer channel by channel, in columns that sort.
 *
 * ## Properties
 *
 * - current (int64): the channel that is selected, -1 for none
 */
#define QS_TYPE_CHANNEL_TABLE (qs_channel_table_get_type ())
G_DECLARE_FINAL_TYPE (QsChannelTable, qs_channel_table, QS, CHANNEL_TABLE, AdwBin)

/* @channels: (array length=n): copied */
void qs_channel_table_set_channels (QsChannelTable        *self,
                                    const QsWeightChannel *channels,
                                    gint64                 n);

G_END_DECLS
