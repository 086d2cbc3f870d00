/* SPDX-License-Identifier: MIT */
#include "qs-emulation-hopper-private.h"

QsLine qs_lines[QS_MAX_LINES];

static unsigned n_lines;

void
qs_line_check_given_back (const QsLine *line,
                          unsigned      address,
                          const char   *what)
{
  if (line->n_products > 0)
    qs_emulation_fail ("%s shared memory at %u, which a product under way reads", what, address);
  for (unsigned w = 0; w < QS_MAX_WARPS; w++)
    if (w != qs_warp_of (qs_emulated.thread) && line->reads[w] > qs_clock_get_own ()->v[w])
      qs_emulation_fail ("%s shared memory at %u, which warp %u has read and not given back", what,
                         address, w);
}

void
qs_line_check_arrived (const QsLine *line,
                       unsigned      address,
                       const char   *what)
{
  const bool arrived =
    !line->copied || qs_clock_knows_phase (qs_clock_get_own (), line->barrier, line->phase);

  if (line->under_way || (line->written && !arrived))
    qs_emulation_fail ("%s shared memory at %u without having waited for the bulk copy to it", what,
                       address);
}

void
qs_lines_access (unsigned address,
                 size_t   size,
                 bool     write)
{
  for (unsigned g = QS_LINE_OF (address); g <= QS_LINE_OF (address + size - 1); g++)
    {
      QsLine *line = &qs_lines[g];

      qs_line_check_arrived (line, address, write ? "writes" : "reads");
      if (!write)
        continue;
      qs_line_check_given_back (line, address, "writes");
      line->written = true;
      line->copied = false;
      line->fenced = false;
      line->writer = qs_emulated.thread;
      line->write = qs_clock_get_own ()->v[qs_warp_of (qs_emulated.thread)] + 1;
    }
  qs_barriers_check_place (address, (unsigned) size, "touches");
}

/* What is known of a line is the last store to it, so the fence is taken for all stores of the warp. */
void
qs_proxy_fence (void)
{
  for (unsigned g = 0; g < n_lines; g++)
    if (qs_lines[g].written && !qs_lines[g].copied &&
        qs_warp_of (qs_lines[g].writer) == qs_warp_of (qs_emulated.thread))
      qs_lines[g].fenced = true;
}

void
qs_lines_start (void)
{
  n_lines = (unsigned) QS_LINE_OF (qs_emulation_get_shared_size ()) + 1;
  memset (qs_lines, 0, n_lines * sizeof *qs_lines);
}
