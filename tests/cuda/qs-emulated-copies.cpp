/* SPDX-License-Identifier: MIT */
#include <vector>

#include "qs-emulated-tensor-map.h"
#include "qs-emulation-hopper-private.h"

#define POISON 0xcd

typedef struct
{
  QsEmulatedTensorMap map;
  unsigned address;
  unsigned barrier;
  gint64 at[4];
  gint64 offset[2];
} BulkCopy;

static std::vector<BulkCopy> copies;
static guint32 random_state;

static unsigned
count_bytes (const QsEmulatedTensorMap *map)
{
  const unsigned lines =
    map->is_windowed ? map->box[1] : (map->box[1] + map->steps[1] - 1) / map->steps[1];

  return map->box[0] * map->element_size * lines;
}

static void
check_bulk_copy (const BulkCopy *copy,
                 unsigned        n)
{
  const unsigned line = copy->map.box[0] * copy->map.element_size;

  if ((copy->address + QS_WINDOW) % 128 != 0 || copy->address + n > qs_emulation_get_shared_size ())
    qs_emulation_fail ("a bulk copy to %u is not aligned to 128 bytes or beyond shared memory",
                       copy->address);
  if (copy->map.span != 0 && line != copy->map.span)
    qs_emulation_fail ("lines of %u bytes in an order of %u are not emulated", line, copy->map.span);
  qs_barrier_check_fence (copy->barrier);
  qs_barriers_check_place (copy->address, n, "a bulk copy covers");
}

static void
start_bulk_copy (const BulkCopy *copy)
{
  const unsigned n = count_bytes (&copy->map);

  check_bulk_copy (copy, n);
  for (unsigned g = QS_LINE_OF (copy->address); g <= QS_LINE_OF (copy->address + n - 1); g++)
    {
      QsLine *line = &qs_lines[g];

      qs_line_check_arrived (line, copy->address, "copies to");
      qs_line_check_given_back (line, copy->address, "copies to");
      if (line->written && !line->copied && !line->fenced)
        qs_emulation_fail ("copies to shared memory at %u, which thread %u wrote without a fence",
                           copy->address, line->writer);
      line->under_way = true;
    }
  memset (qs_emulation_get_shared () + copy->address, POISON, n);
  copies.push_back (*copy);
}

static void
read_map (BulkCopy              *copy,
          const QsCudaTensorMap *map,
          bool                   is_windowed,
          unsigned               n_dims)
{
  if (reinterpret_cast<gsize> (map) % 64 != 0)
    qs_emulation_fail ("a tensor map is not aligned to 64 bytes");
  if (!qs_emulated_tensor_map_read (map, &copy->map))
    qs_emulation_fail ("a tensor map was not made by the driver");
  if (copy->map.is_windowed != is_windowed || copy->map.n_dims != n_dims)
    qs_emulation_fail ("a tensor map of %u dimensions does not fit the bulk copy", copy->map.n_dims);
}

void
qs_bulk_load (unsigned               address,
              const QsCudaTensorMap *map,
              int                    x,
              int                    y,
              unsigned               barrier)
{
  BulkCopy copy = { {}, address, qs_barrier_use (barrier), { x, y, 0, 0 }, { 0, 0 } };

  read_map (&copy, map, false, 2);
  start_bulk_copy (&copy);
}

void
qs_bulk_load_windows (unsigned               address,
                      const QsCudaTensorMap *map,
                      int                    channel,
                      int                    w,
                      int                    h,
                      int                    n,
                      unsigned               w_offset,
                      unsigned               h_offset,
                      unsigned               barrier)
{
  BulkCopy copy = { {}, address, qs_barrier_use (barrier), { channel, w, h, n },
                    { w_offset, h_offset } };

  read_map (&copy, map, true, 4);
  if (w_offset > 255 || h_offset > 255)
    qs_emulation_fail ("offsets %u and %u in a window do not fit into 8 bits", w_offset, h_offset);
  start_bulk_copy (&copy);
}

/* One line of a box: @at says where it starts in the tensor; zeros outside of it. */
static bool
copy_line (const QsEmulatedTensorMap *map,
           const gint64               at[4],
           unsigned                   to)
{
  const unsigned size = map->element_size;
  bool inside = true;
  guint64 from = map->address;

  for (unsigned i = 1; i < map->n_dims; i++)
    {
      inside = inside && at[i] >= 0 && at[i] <= map->last[i];
      from += at[i] * map->strides[i - 1];
    }
  for (unsigned e = 0; e < map->box[0]; e++)
    {
      const unsigned address = qs_chunk_reorder (to + e * size + QS_WINDOW, map->span);
      char *place = qs_emulation_get_shared () + (address - QS_WINDOW);
      const gint64 x = at[0] + e;
      const void *source = reinterpret_cast<const void *> (from + x * size);

      if (!inside || x < 0 || x > map->last[0])
        memset (place, 0, size);
      else if (qs_emulation_is_allocated (source, size))
        memcpy (place, source, size);
      else
        return false;
    }
  return true;
}

static bool
run_tiled (const BulkCopy *copy)
{
  const QsEmulatedTensorMap *map = &copy->map;
  unsigned to = copy->address;
  bool ok = true;

  for (unsigned y = 0; ok && y < map->box[1]; y += map->steps[1])
    {
      const gint64 at[4] = { copy->at[0], copy->at[1] + y, 0, 0 };

      ok = copy_line (map, at, to);
      to += map->box[0] * map->element_size;
    }
  return ok;
}

/* Pixels one after another: along the width from corner to corner in steps, then along the height, then
 * to the next sample; the offsets move all of it (PTX ISA, "Im2col mode", figures). */
static bool
run_windowed (const BulkCopy *copy)
{
  const QsEmulatedTensorMap *map = &copy->map;
  gint64 w = copy->at[1], h = copy->at[2], n = copy->at[3];
  unsigned to = copy->address;
  bool ok = true;

  for (unsigned i = 0; ok && i < map->box[1]; i++)
    {
      const gint64 at[4] = { copy->at[0], w + copy->offset[0], h + copy->offset[1], n };

      ok = copy_line (map, at, to);
      to += map->box[0] * map->element_size;
      w += map->steps[1];
      if (w <= (gint64) map->last[1] + map->upper[0])
        continue;
      w = map->lower[0];
      h += map->steps[2];
      if (h <= (gint64) map->last[2] + map->upper[1])
        continue;
      h = map->lower[1];
      n++;
    }
  return ok;
}

static void
finish_bulk_copy (const BulkCopy *copy)
{
  const unsigned n = count_bytes (&copy->map);

  if (!(copy->map.is_windowed ? run_windowed (copy) : run_tiled (copy)))
    {
      qs_emulation_report ("a bulk copy reads outside of every allocation");
      return;
    }
  for (unsigned g = QS_LINE_OF (copy->address); g <= QS_LINE_OF (copy->address + n - 1); g++)
    {
      qs_lines[g].under_way = false;
      qs_lines[g].written = qs_lines[g].copied = true;
      qs_lines[g].barrier = copy->barrier;
      qs_lines[g].phase = qs_barrier_get_phase (copy->barrier) + 1;
      memset (qs_lines[g].reads, 0, sizeof qs_lines[g].reads);
    }
  qs_emulation_set_written (copy->address, n);
  qs_barrier_take_bytes (copy->barrier, n);
}

/* Which one follows from a fixed sequence of random numbers. */
bool
qs_bulk_copies_advance (void)
{
  BulkCopy copy;
  unsigned i;

  if (copies.empty ())
    return false;

  random_state = random_state * 1664525u + 1013904223u;
  i = (random_state >> 16) % copies.size ();
  copy = copies[i];
  copies.erase (copies.begin () + i);
  finish_bulk_copy (&copy);
  return true;
}

void
qs_bulk_copies_start (void)
{
  copies.clear ();
  random_state = 1;
}

char *
qs_bulk_copies_end (void)
{
  return copies.empty () ? NULL : g_strdup ("the block has ended with bulk copies under way");
}
