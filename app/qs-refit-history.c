/* SPDX-License-Identifier: MIT */
#include "qs-refit-history.h"

struct _QsRefitHistory
{
  GPtrArray *steps; /* (element-type QsRefitStep) */
  guint n_done;
};

static void
step_free (gpointer data)
{
  QsRefitStep *step = data;

  qs_engine_unref (step->before);
  g_clear_pointer (&step->base_scales, qs_scale_table_unref);
  qs_engine_unref (step->after);
  g_free (step);
}

QsRefitHistory *
qs_refit_history_new (void)
{
  QsRefitHistory *self = g_new0 (QsRefitHistory, 1);

  self->steps = g_ptr_array_new_with_free_func (step_free);
  return self;
}

void
qs_refit_history_free (QsRefitHistory *self)
{
  g_ptr_array_unref (self->steps);
  g_free (self);
}

void
qs_refit_history_clear (QsRefitHistory *self)
{
  g_ptr_array_set_size (self->steps, 0);
  self->n_done = 0;
}

void
qs_refit_history_push (QsRefitHistory    *self,
                       const QsRefitStep *step)
{
  QsRefitStep *copy = g_new (QsRefitStep, 1);

  *copy = (QsRefitStep) {
    .before = qs_engine_ref (step->before),
    .base_scales = step->base_scales != NULL ? qs_scale_table_ref (step->base_scales) : NULL,
    .after = qs_engine_ref (step->after),
    .position = step->position,
  };
  qs_refit_history_forget_undone (self);
  g_ptr_array_add (self->steps, copy);
  self->n_done++;
}

void
qs_refit_history_forget_undone (QsRefitHistory *self)
{
  g_ptr_array_set_size (self->steps, (int) self->n_done);
}

const QsRefitStep *
qs_refit_history_peek (QsRefitHistory *self,
                       int             by,
                       guint           position)
{
  guint index = by < 0 ? self->n_done - 1 : self->n_done;
  const QsRefitStep *step;

  /* With nothing done, the index before the first is beyond the last. */
  if (index >= self->steps->len)
    return NULL;

  step = g_ptr_array_index (self->steps, index);
  return step->position == position ? step : NULL;
}

void
qs_refit_history_step (QsRefitHistory *self,
                       int             by)
{
  self->n_done = (guint) ((int) self->n_done + by);
}
