/* SPDX-License-Identifier: MIT */
#include "qs-range-history.h"

struct _QsRangeHistory
{
  GPtrArray *states; /* (element-type QsDynamicRanges) */
  guint position;
};

QsRangeHistory *
qs_range_history_new (void)
{
  QsRangeHistory *self = g_new0 (QsRangeHistory, 1);

  self->states = g_ptr_array_new_with_free_func ((GDestroyNotify) qs_dynamic_ranges_unref);
  g_ptr_array_add (self->states, qs_dynamic_ranges_new ());
  return self;
}

void
qs_range_history_free (QsRangeHistory *self)
{
  g_ptr_array_unref (self->states);
  g_free (self);
}

void
qs_range_history_reset (QsRangeHistory  *self,
                        QsDynamicRanges *ranges)
{
  QsDynamicRanges *first = ranges != NULL ? qs_dynamic_ranges_copy (ranges)
                                          : qs_dynamic_ranges_new ();

  g_ptr_array_set_size (self->states, 0);
  g_ptr_array_add (self->states, first);
  self->position = 0;
}

QsDynamicRanges *
qs_range_history_get_current (QsRangeHistory *self)
{
  return g_ptr_array_index (self->states, self->position);
}

gboolean
qs_range_history_push (QsRangeHistory  *self,
                       QsDynamicRanges *ranges)
{
  if (qs_dynamic_ranges_equal (ranges, qs_range_history_get_current (self)))
    {
      qs_dynamic_ranges_unref (ranges);
      return FALSE;
    }

  g_ptr_array_set_size (self->states, (int) self->position + 1);
  g_ptr_array_add (self->states, ranges);
  self->position++;
  return TRUE;
}

guint
qs_range_history_get_position (QsRangeHistory *self)
{
  return self->position;
}

void
qs_range_history_forget_undone (QsRangeHistory *self)
{
  g_ptr_array_set_size (self->states, (int) self->position + 1);
}

gboolean
qs_range_history_can_step (QsRangeHistory *self,
                           int             by)
{
  gint64 position = (gint64) self->position + by;

  return position >= 0 && position < (gint64) self->states->len;
}

gboolean
qs_range_history_step (QsRangeHistory *self,
                       int             by)
{
  if (!qs_range_history_can_step (self, by))
    return FALSE;

  self->position = (guint) ((gint64) self->position + by);
  return TRUE;
}
