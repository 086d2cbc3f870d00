/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * QsTensorNotes:
 * @fused_away: whether layer fusion leaves no tensor of this name, so that calibration after fusion
 *   never sees it
 * @bad_sample: the first sample for which a value was NaN or infinite, counted from 0; -1 when
 *   there has been none
 * @bad_sample_last: the same sample, or the last of the batch where the tensor has no axis that
 *   counts samples
 * @bad_batch: the batch of that sample, counted from 0
 * @bad_source: (nullable): a tensor that had NaN or infinity before this one was computed from it;
 *   %NULL where it began here
 * @channel_axis: the axis that counts channels, -1 where none does
 * @n_channels: the dimension of that axis
 * @channel_maxima: (array length=n_channels) (nullable): the largest finite |x| of every channel
 *
 * What a calibration run notes about a tensor beside its histogram. Plain data.
 */
typedef struct
{
  gboolean fused_away;
  gint64 bad_sample;
  gint64 bad_sample_last;
  gint64 bad_batch;
  char *bad_source;
  int channel_axis;
  guint n_channels;
  float *channel_maxima;
} QsTensorNotes;

void qs_tensor_notes_init  (QsTensorNotes *self);
void qs_tensor_notes_clear (QsTensorNotes *self);
/* Makes room for the maxima, all 0. More channels than %QS_MAX_NOTED_CHANNELS are not noted. */
void qs_tensor_notes_set_channels (QsTensorNotes *self,
                                   int            axis,
                                   gint64         n_channels);

#define QS_MAX_NOTED_CHANNELS 65536

G_END_DECLS
