/* SPDX-License-Identifier: MIT */
#include "qs-tensor-notes.h"

void
qs_tensor_notes_init (QsTensorNotes *self)
{
  *self = (QsTensorNotes) { .bad_sample = -1, .channel_axis = -1 };
}

void
qs_tensor_notes_clear (QsTensorNotes *self)
{
  g_free (self->bad_source);
  g_free (self->channel_maxima);
  qs_tensor_notes_init (self);
}

void
qs_tensor_notes_set_channels (QsTensorNotes *self,
                              int            axis,
                              gint64         n_channels)
{
  if (n_channels < 1 || n_channels > QS_MAX_NOTED_CHANNELS)
    return;

  g_free (self->channel_maxima);
  self->channel_axis = axis;
  self->n_channels = (guint) n_channels;
  self->channel_maxima = g_new0 (float, self->n_channels);
}
