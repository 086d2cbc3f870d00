/* SPDX-License-Identifier: MIT */
#include "qs-emulation-hopper-private.h"

static QsClock clocks[QS_MAX_WARPS];

QsClock *
qs_clock_get_own (void)
{
  return &clocks[qs_warp_of (qs_emulated.thread)];
}

void
qs_clock_learn (QsClock       *self,
                const QsClock *from)
{
  for (gsize i = 0; i < G_N_ELEMENTS (self->v); i++)
    self->v[i] = MAX (self->v[i], from->v[i]);
}

guint32
qs_clock_tick (void)
{
  return ++qs_clock_get_own ()->v[qs_warp_of (qs_emulated.thread)];
}

bool
qs_clock_knows_phase (const QsClock *self,
                      unsigned       barrier,
                      guint32        phase)
{
  return self->v[QS_MAX_WARPS + barrier] >= phase;
}

unsigned
qs_shared_window (void)
{
  return QS_WINDOW;
}

unsigned
qs_shared_start (unsigned alignment)
{
  return (0u - QS_WINDOW) & (alignment - 1);
}

void
qs_clocks_meet (void)
{
  const unsigned n = (qs_emulation_get_n_threads () + QS_WARP - 1) / QS_WARP;
  QsClock all = {};

  for (unsigned w = 0; w < n; w++)
    {
      clocks[w].v[w]++;
      qs_clock_learn (&all, &clocks[w]);
    }
  for (unsigned w = 0; w < n; w++)
    clocks[w] = all;
}

void
qs_clocks_start (void)
{
  memset (clocks, 0, sizeof clocks);
}

static void
start_block (void)
{
  qs_clocks_start ();
  qs_barriers_start ();
  qs_lines_start ();
  qs_bulk_copies_start ();
  qs_products_start ();
}

static char *
describe (void)
{
  char *barriers = qs_barriers_describe ();

  return barriers != NULL ? barriers : qs_products_describe ();
}

static char *
end_block (void)
{
  char *(*const ends[]) (void) = { qs_bulk_copies_end, qs_barriers_end, qs_products_end };
  char *wrong = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (ends) && wrong == NULL; i++)
    wrong = ends[i] ();
  return wrong;
}

const QsEmulationHooks qs_emulation_hopper_hooks = {
  start_block, qs_bulk_copies_advance, qs_clocks_meet, qs_lines_access, describe, end_block,
};
